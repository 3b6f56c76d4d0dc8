//! The server: any number of sites on one port.
//!
//! - [`handler`]: from a request to a response; [`sites`]: which handler a request is for
//! - [`route`]: what stands before a site's files: redirects, proxies, applications
//! - `connection`: one connection, in either version, to its end; `watch` ends those that stand still
//! - `exchange`: one request and its answer; [`content`]: what a request carries
//! - `gate`: what answers at a port that only leads to TLS, or where TLS should have been spoken
//! - [`body`]: a response's content on its way out; [`tunnel`]: what may follow it; `first`: octets that were read to tell the
//!   versions apart

pub mod body;
mod connection;
pub mod content;
mod exchange;
mod first;
mod gate;
pub mod handler;
pub mod route;
pub mod sites;
pub mod tunnel;
mod watch;

use std::io;
use std::rc::Rc;

use tokio::task::{JoinError, JoinSet};
use toynet_net::{Host, Listener, tls};
use toynet_service::{LocalFuture, Server};

pub use body::Outgoing;
pub(crate) use connection::Local;
pub use content::{Connected, Content};
pub use handler::{Answer, Handler};
pub use route::Routes;
pub use sites::Sites;
pub use tunnel::{Enter, Tunnel};

/// Serves the same sites on some ports, HTTP/1.x and HTTP/2 alike: over TLS as agreed by ALPN (RFC 7301), in
/// clear by prior knowledge (RFC 9113 3.3).
#[derive(Clone, Debug)]
pub struct HttpServer {
    sites: Rc<Sites>,
    ports: Vec<(u16, Way)>,
}

/// What is spoken at a port.
#[derive(Clone, Debug)]
pub enum Way {
    /// HTTP in clear.
    Clear,
    /// HTTP in clear, to lead everyone to this port, where TLS is.
    ToTls(u16),
    /// HTTP over TLS.
    Tls(tls::Server),
}

/// The application protocols that are agreed by ALPN (RFC 7301), best first.
pub const ALPN: &[&str] = &["h2", "http/1.1", "http/1.0"];

impl HttpServer {
    /// A server of `sites` that will listen on `port`, in clear.
    pub fn new(port: u16, sites: Sites) -> Self {
        Self::of(sites).on(port, Way::Clear)
    }

    /// A server of `sites` that has no port yet.
    pub fn of(sites: Sites) -> Self {
        Self { sites: Rc::new(sites), ports: Vec::new() }
    }

    /// With one port more.
    #[must_use]
    pub fn on(mut self, port: u16, way: Way) -> Self {
        self.ports.push((port, way));
        self
    }
}

impl Server for HttpServer {
    fn start(&self, host: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>> {
        let Self { sites, ports } = self.clone();
        Box::pin(async move {
            let mut doors = JoinSet::new();
            let mut listening = Vec::new();
            for (port, way) in ports {
                listening.push((host.listen(port).await?, Door::new(way, &sites)));
            }
            for (listener, door) in listening {
                doors.spawn_local(accept(listener, host.clone(), Rc::new(door)));
            }
            Ok(Box::pin(first_to_end(doors)) as LocalFuture<_>)
        })
    }
}

/// A port as its connections need it.
#[derive(Debug)]
struct Door {
    sites: Rc<Sites>,
    tls: Option<tls::Server>,
}

impl Door {
    fn new(way: Way, sites: &Rc<Sites>) -> Self {
        match way {
            Way::Clear => Self { sites: Rc::clone(sites), tls: None },
            Way::ToTls(port) => {
                let gate: Rc<dyn Handler> = Rc::new(gate::ToTls(port));
                Self { sites: Rc::new(sites.all_as(&gate)), tls: None }
            }
            Way::Tls(server) => Self { sites: Rc::clone(sites), tls: Some(server) },
        }
    }
}

/// Runs all doors until one of them breaks.
async fn first_to_end(mut doors: JoinSet<io::Result<()>>) -> io::Result<()> {
    match doors.join_next().await {
        None => Ok(()),
        Some(Ok(ended)) => ended,
        Some(Err(error)) => Err(io::Error::other(error)),
    }
}

/// Serves connections until the listener breaks; they end when this is dropped.
async fn accept(mut listener: Listener, host: Host, door: Rc<Door>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let has_room = connections.len() < MOST_CONNECTIONS;
        tokio::select! {
            biased;
            Some(ended) = connections.join_next() => report(&host, &ended),
            stream = listener.accept(), if has_room => {
                connections.spawn_local(connection::serve(stream?, host.clone(), Rc::clone(&door)));
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

/// Of each port. A connection that waits takes some 20 KiB, so these take 80 MiB of a worker at most; further ones wait
/// in the system's queue until one ends. No browser opens more than a few, and load generators that
/// open a thousand still fit.
const MOST_CONNECTIONS: usize = 4096;
