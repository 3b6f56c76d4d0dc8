//! The server: any number of sites on one port.
//!
//! - [`handler`]: from a request to a response; [`sites`]: which handler a request is for
//! - [`route`]: what stands before a site's files: redirects, proxies, applications
//! - `connection`: one connection, in either version, to its end; `watch` ends those that stand still
//! - `exchange`: one request and its answer; [`content`]: what a request carries
//! - [`body`]: a response's content on its way out; [`tunnel`]: what may follow it; `first`: octets that were read to tell the
//!   versions apart

pub mod body;
mod connection;
pub mod content;
mod exchange;
mod first;
pub mod handler;
pub mod route;
pub mod sites;
pub mod tunnel;
mod watch;

use std::io;
use std::rc::Rc;

use tokio::task::{JoinError, JoinSet};
use toynet_net::{Host, Listener};
use toynet_service::{LocalFuture, Server};

pub use body::Outgoing;
pub(crate) use connection::Local;
pub use content::{Connected, Content};
pub use handler::{Answer, Handler};
pub use route::Routes;
pub use sites::Sites;
pub use tunnel::{Enter, Tunnel};

/// Serves sites on one port, HTTP/1.x and HTTP/2 by prior knowledge alike (RFC 9113 3.3).
#[derive(Clone, Debug)]
pub struct HttpServer {
    port: u16,
    sites: Rc<Sites>,
}

impl HttpServer {
    /// A server of `sites` that will listen on `port`.
    pub fn new(port: u16, sites: Sites) -> Self {
        Self { port, sites: Rc::new(sites) }
    }
}

impl Server for HttpServer {
    fn start(&self, host: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>> {
        let Self { port, sites } = self.clone();
        Box::pin(async move {
            let listener = host.listen(port).await?;
            Ok(Box::pin(accept(listener, host, sites)) as LocalFuture<_>)
        })
    }
}

/// Serves connections until the listener breaks; they end when this is dropped.
async fn accept(mut listener: Listener, host: Host, sites: Rc<Sites>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let has_room = connections.len() < MOST_CONNECTIONS;
        tokio::select! {
            biased;
            Some(ended) = connections.join_next() => report(&host, &ended),
            stream = listener.accept(), if has_room => {
                connections.spawn_local(connection::serve(stream?, host.clone(), Rc::clone(&sites)));
            }
        }
    }
}

/// A connection says itself what went wrong with it, also when it panicked; here it is said where.
fn report(host: &Host, ended: &Result<(), JoinError>) {
    if ended.is_err() {
        tracing::error!(host = host.name(), "a connection was given up");
    }
}

/// A connection that waits takes some 20 KiB, so these take 80 MiB of a worker at most; further ones wait
/// in the system's queue until one ends. No browser opens more than a few, and load generators that
/// open a thousand still fit.
const MOST_CONNECTIONS: usize = 4096;
