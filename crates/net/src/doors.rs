//! Doors on the machine's loopback to a lab that has a network of its own.
//!
//! A socket belongs to the network in which it was made, whoever holds it. So the lab serves its doors itself, at
//! sockets that somebody outside has bound for it: nothing is handed on, and a peer is who it is.

use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket as StdSocket};
use std::sync::Arc;

use tokio::net::{TcpListener, UdpSocket};
use toynet_record::Transport;

use crate::Host;
use crate::carrier::ports::Ports;
use crate::socket::{self, Owned};

/// Binds a socket in the machine's own network, for connections or for datagrams. It does not block, does not listen
/// yet and shares its port (SO_REUSEPORT).
pub type Bind = Arc<dyn Fn(Transport, SocketAddr) -> io::Result<Owned> + Send + Sync>;

/// Where a lab's doors are, and who opens them, if it is this process that serves there.
#[derive(Clone)]
pub struct Doors {
    ports: Ports,
    bind: Option<Bind>,
}

impl Doors {
    /// Doors where `ports` has them, opened by `bind`.
    pub fn opened_by(ports: Ports, bind: Bind) -> Self {
        Self { ports, bind: Some(bind) }
    }

    /// Doors of somebody else.
    pub fn known(ports: Ports) -> Self {
        Self { ports, bind: None }
    }

    /// Where they are.
    pub fn ports(&self) -> Ports {
        self.ports
    }

    pub(crate) fn listen(&self, host: &Host, port: u16) -> Option<io::Result<TcpListener>> {
        let bound = self.bind.as_ref()?(Transport::Tcp, self.ports.at(host, port));
        Some(bound.and_then(|bound| socket::listen_at(bound.into())))
    }

    pub(crate) fn bind(&self, host: &Host, port: u16) -> Option<io::Result<UdpSocket>> {
        let bound = self.bind.as_ref()?(Transport::Udp, self.ports.at(host, port));
        Some(bound.and_then(|bound| {
            let socket = StdSocket::from(bound);
            socket::widen(&socket);
            UdpSocket::from_std(socket)
        }))
    }
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doors").field("ports", &self.ports).finish_non_exhaustive()
    }
}
