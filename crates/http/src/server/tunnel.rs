//! What becomes of a connection that leaves HTTP.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use toynet_service::LocalFuture;

use super::watch::Watch;

/// Octets both ways, under whatever protocol was agreed.
pub type Tunnel = Pin<Box<dyn Duplex>>;

/// What can be read and written.
pub trait Duplex: AsyncRead + AsyncWrite {}

impl<T: AsyncRead + AsyncWrite> Duplex for T {}

/// What goes on in a tunnel. It limits its own time: the connection's limits end where HTTP does.
pub type Enter = Box<dyn FnOnce(Tunnel) -> LocalFuture<()>>;

/// Where the connection of an HTTP/1.1 exchange finds what comes after HTTP.
#[derive(Clone, Default)]
pub(super) struct Next(Rc<Cell<Option<Enter>>>);

impl Next {
    pub fn set(&self, enter: Enter) {
        self.0.set(Some(enter));
    }

    pub fn take(&self) -> Option<Enter> {
        self.0.take()
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
            watch.handler_begins();
            enter(Box::pin(TokioIo::new(stream))).await;
            watch.handler_ends();
        }
    });
}
