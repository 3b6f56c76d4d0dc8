//! The server: any number of sites on one port.
//!
//! - [`handler`]: from a request to a response; [`sites`]: which handler a request is for
//! - [`route`]: what stands before a site's files: redirects, proxies, applications
//! - `connection`: one connection of HTTP/1.x or HTTP/2 to its end; `three`: those of HTTP/3; `watch` ends those that stand still; `tide`
//!   sees when a flood of them is over, or many are silent
//! - [`limits`]: what is taken from clients; [`access`]: the log of what they asked; `refuse`: the answer to what is
//!   no request
//! - `exchange`: one request and its answer; [`content`]: what a request carries, `carried`: over HTTP/3
//! - `accept`: who comes to a port; `room`: how many of them a host has
//! - `gate`: what answers at a port that only leads to TLS, where TLS should have been spoken, or where there is no room
//! - [`body`]: a response's content on its way out; [`tunnel`]: what may follow it; `first`: octets that were read to tell the
//!   versions apart; `guard`: the gate before either; `framed`: both directions of HTTP/2; `invitation`: who waits for
//!   `100 Continue` there; `sending`: an answer as long as it is sent; `parting`: the last word in HTTP/2

mod accept;
pub mod access;
pub mod body;
mod carried;
mod connection;
pub mod content;
mod exchange;
mod first;
mod framed;
mod gate;
mod guard;
pub mod handler;
mod invitation;
pub mod limits;
mod parting;
mod refuse;
mod room;
pub mod route;
mod sending;
pub mod sites;
mod three;
mod tide;
pub mod tunnel;
mod watch;

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::task::JoinSet;
use toynet_net::{Datagrams, Host, tls};
use toynet_service::{LocalFuture, Server};

use accept::accept;
use access::AccessLog;
use tide::Lull;

pub use body::Outgoing;
pub use content::{Connected, Content};
pub use handler::{Answer, Handler};
pub use limits::Limits;
pub(crate) use room::Room;
pub use route::Routes;
pub use sites::Sites;
pub use tunnel::{ConnectProtocol, Enter, Seize};

/// Serves the same sites on some ports, HTTP/1.x and HTTP/2 alike: over TLS as agreed by ALPN (RFC 7301), in
/// clear by prior knowledge (RFC 9113 3.3); and HTTP/3 on ports for QUIC, which answers over TLS then tell of
/// (RFC 7838).
#[derive(Clone, Debug)]
pub struct HttpServer {
    serving: Serving,
    ports: Vec<(u16, Way)>,
    quic: Vec<(u16, tls::Server)>,
}

/// What the connections of a server have in common.
#[derive(Clone, Debug)]
struct Serving {
    sites: Rc<Sites>,
    limits: Rc<Limits>,
    room: Arc<Room>,
    log: Option<Rc<AccessLog>>,
    /// Whether HTTP/3 is spoken too.
    has_three: bool,
    lull: Rc<Lull>,
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
/// That of HTTP/3, alone on QUIC.
pub const ALPN_THREE: &[&str] = &[crate::three::ALPN];

impl HttpServer {
    /// A server of `sites` that will listen on `port`, in clear.
    pub fn new(port: u16, sites: Sites) -> Self {
        Self::of(sites).on(port, Way::Clear)
    }

    /// A server of `sites` that has no port yet.
    pub fn of(sites: Sites) -> Self {
        let serving = Serving {
            sites: Rc::new(sites),
            limits: Rc::default(),
            room: Arc::default(),
            log: None,
            has_three: false,
            lull: Rc::default(),
        };
        Self { serving, ports: Vec::new(), quic: Vec::new() }
    }

    /// With other limits than usual.
    #[must_use]
    pub fn within(mut self, limits: Limits) -> Self {
        self.serving.limits = Rc::new(limits);
        self
    }

    /// With a count of connections that the host's other workers share.
    #[must_use]
    pub(crate) fn counting(mut self, room: Arc<Room>) -> Self {
        self.serving.room = room;
        self
    }

    /// With a log of what is asked.
    #[must_use]
    pub fn logging(mut self, log: AccessLog) -> Self {
        self.serving.log = Some(Rc::new(log));
        self
    }

    /// With one port more.
    #[must_use]
    pub fn on(mut self, port: u16, way: Way) -> Self {
        self.ports.push((port, way));
        self
    }

    /// With one port more, for HTTP/3. TLS 1.3 must be among the versions, and [`ALPN_THREE`] be agreed.
    #[must_use]
    pub fn on_quic(mut self, port: u16, tls: tls::Server) -> Self {
        self.quic.push((port, tls));
        self.serving.has_three = true;
        self
    }
}

impl Server for HttpServer {
    fn start(&self, host: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>> {
        let Self { serving, ports, quic } = self.clone();
        Box::pin(async move {
            let mut doors = JoinSet::new();
            let mut listening = Vec::new();
            for (port, way) in ports {
                listening.push((host.listen(port).await?, Door::new(way, &serving)));
            }
            let mut asked: Vec<(Datagrams, tls::Server)> = Vec::new();
            for (port, tls) in quic {
                asked.push((host.bind(port).await?, tls));
            }
            let serving = Rc::new(serving);
            for (datagrams, tls) in asked {
                doors.spawn_local(three::accept(datagrams, tls, host.clone(), Rc::clone(&serving)));
            }
            for (listener, door) in listening {
                doors.spawn_local(accept(listener, host.clone(), Rc::new(door)));
            }
            Ok(Box::pin(until_closed(doors)) as LocalFuture<_>)
        })
    }
}

/// A port as its connections need it.
#[derive(Debug)]
struct Door {
    serving: Rc<Serving>,
    tls: Option<tls::Server>,
}

impl Door {
    fn new(way: Way, serving: &Serving) -> Self {
        match way {
            Way::Clear => Self { serving: Rc::new(serving.clone()), tls: None },
            Way::ToTls(port) => {
                let gate: Rc<dyn Handler> = Rc::new(gate::ToTls(port));
                let sites = serving.sites.all_as(&gate);
                Self { serving: Rc::new(serving.of(sites)), tls: None }
            }
            Way::Tls(server) => Self { serving: Rc::new(serving.clone()), tls: Some(server) },
        }
    }

    /// The same port for whom there is no room.
    fn turning_away(&self) -> Rc<Self> {
        let serving = self.serving.of(Sites::for_all(Rc::new(gate::Full)));
        Rc::new(Self { serving: Rc::new(serving), tls: self.tls.clone() })
    }
}

impl Serving {
    /// The same of other sites.
    fn of(&self, sites: Sites) -> Self {
        Self { sites: Rc::new(sites), ..self.clone() }
    }
}

/// Runs all doors until one of them breaks, or all have closed.
async fn until_closed(mut doors: JoinSet<io::Result<()>>) -> io::Result<()> {
    while let Some(ended) = doors.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    Ok(())
}
