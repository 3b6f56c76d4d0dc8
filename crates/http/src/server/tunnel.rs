//! What becomes of a connection that leaves HTTP.

use std::cell::Cell;
use std::rc::Rc;

use http::{HeaderValue, Method, Request};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use toynet_net::Stream;
use toynet_service::LocalFuture;

use super::watch::Watch;
use crate::tunnel::Tunnel;

/// The protocol that an extended CONNECT of HTTP/2 or 3 asks for, as an extension of the request (RFC 8441 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectProtocol(pub HeaderValue);

impl ConnectProtocol {
    /// What `request` asks for, if it is such a CONNECT.
    pub fn of<B>(request: &Request<B>) -> Option<&HeaderValue> {
        let protocol = request.extensions().get::<Self>().filter(|_| request.method() == Method::CONNECT)?;
        Some(&protocol.0)
    }
}

/// What goes on in a tunnel. It limits its own time: the connection's limits end where HTTP does.
pub type Enter = Box<dyn FnOnce(Tunnel) -> LocalFuture<()>>;

/// What is written on a connection in place of an answer; gives it back if it shall be closed in good order.
pub type Seize = Box<dyn FnOnce(Stream) -> LocalFuture<Option<Stream>>>;

/// Where the connection of an HTTP/1.x exchange finds what comes after HTTP.
#[derive(Clone, Default)]
pub(super) struct Next {
    enter: Rc<Cell<Option<Enter>>>,
    seize: Rc<Cell<Option<Seize>>>,
}

impl Next {
    pub fn set(&self, enter: Enter) {
        self.enter.set(Some(enter));
    }

    pub fn take(&self) -> Option<Enter> {
        self.enter.take()
    }

    /// HTTP ends here and now.
    pub fn seize(&self, seize: Seize) {
        self.seize.set(Some(seize));
    }

    pub fn take_seizure(&self) -> Option<Seize> {
        self.seize.take()
    }
}

impl std::fmt::Debug for Next {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Next")
    }
}

/// Goes on in a stream of HTTP/2 once its answer is on its way.
pub(super) fn enter_stream(stream: OnUpgrade, enter: Enter, watch: Rc<Watch>) {
    tokio::task::spawn_local(async move {
        if let Ok(stream) = stream.await {
            let _working = watch.at_work();
            enter(Box::pin(TokioIo::new(stream))).await;
        }
    });
}
