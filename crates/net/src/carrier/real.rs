//! The machine's own addresses and ports: a lab in a network of its own, a server that stands alone, a
//! client that goes anywhere.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use toynet_record::Direction;

use super::ports::Ports;
use super::{Struck, cross, nobody};
use crate::doors::Doors;
use crate::link::Link;
use crate::socket::Role;
use crate::stream::carried::Io;
use crate::{Clock, Host, socket};

/// Sockets whose addresses are what they say.
#[derive(Clone, Debug, Default)]
pub struct Real {
    /// Where servers are reached from outside as well, when these addresses are those of a network of its own.
    pub doors: Option<Doors>,
    /// Whether there is nobody besides the lab's hosts in that network.
    pub alone: bool,
}

/// A connection that is about to be made, from a socket that is bound.
#[derive(Debug)]
pub(crate) struct Dialing {
    socket: TcpSocket,
    to: SocketAddr,
    clock: Clock,
    there: Option<Arc<Link>>,
    back: Option<Arc<Link>>,
}

/// One listener for each of a host's addresses, and its door.
#[derive(Debug)]
pub(crate) struct Accepting {
    listeners: Vec<(TcpListener, Option<Ports>)>,
    /// Which is asked first, so that a busy one does not starve the others.
    next: usize,
}

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub stream: TcpStream,
    pub peer: SocketAddr,
    /// By whose names its addresses go when it came in by a door.
    pub door: Option<Ports>,
}

/// A host's sockets for datagrams at one port.
#[derive(Debug)]
pub(crate) struct Bound {
    pub port: u16,
    /// One for each of its addresses.
    pub sockets: Vec<UdpSocket>,
    /// What its door is, and by whose names that goes.
    pub door: Option<(UdpSocket, Ports)>,
}

impl Real {
    pub(crate) fn listen(&self, host: &Host, port: u16) -> io::Result<Accepting> {
        let addresses = host.addresses().iter().map(|address| SocketAddr::new(*address, port));
        let own = addresses.map(|address| Ok((socket::listen(address)?, None)));
        let door = self
            .doors
            .iter()
            .filter_map(|doors| Some(doors.listen(host, port)?.map(|listener| (listener, Some(doors.ports())))));
        Ok(Accepting { listeners: own.chain(door).collect::<io::Result<_>>()?, next: 0 })
    }

    /// A socket for each of the host's addresses, all on one port. A client's port is free on all of them, and has no
    /// door.
    pub(crate) fn bind(&self, host: &Host, port: u16) -> io::Result<Bound> {
        let mut refused = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for _ in 0..if port == 0 { ATTEMPTS } else { 1 } {
            match bind_all(host.addresses(), port) {
                Ok((bound, sockets)) => {
                    let door = self
                        .doors
                        .as_ref()
                        .filter(|_| port != 0)
                        .and_then(|doors| Some(doors.bind(host, port)?.map(|socket| (socket, doors.ports()))));
                    return Ok(Bound { port: bound, sockets, door: door.transpose()? });
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    pub(crate) fn dial(&self, host: &Host, to: SocketAddr) -> io::Result<(SocketAddr, Dialing)> {
        if self.alone && !host.is_inside(to.ip()) {
            return Err(nobody(to));
        }
        let own = SocketAddr::new(host.address_like(to.ip())?, 0);
        let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.bind(own)?;
        let (there, back) = (host.link_out(to.ip()), host.link_back(to.ip()));
        let local = SocketAddr::new(host.source(to.ip())?, socket.local_addr()?.port());
        Ok((local, Dialing { socket, to, clock: host.clock(), there, back }))
    }
}

fn bind_all(addresses: &[IpAddr], mut port: u16) -> io::Result<(u16, Vec<UdpSocket>)> {
    let role = if port == 0 { Role::Client } else { Role::Server };
    let mut sockets = Vec::with_capacity(addresses.len());
    for address in addresses {
        let socket = socket::bind(SocketAddr::new(*address, port), role)?;
        port = socket.local_addr()?.port();
        sockets.push(socket);
    }
    Ok((port, sockets))
}

impl Dialing {
    pub async fn connect(self, struck: &mut Struck) -> io::Result<Io> {
        cross(self.clock, self.there.as_deref(), Direction::Sent, struck).await?;
        let stream = self.socket.connect(self.to).await?;
        stream.set_nodelay(true)?;
        cross(self.clock, self.back.as_deref(), Direction::Received, struck).await?;
        // The other side's end puts its own conditions on what it sends.
        Ok(Io::over(stream, self.clock, self.there, None))
    }
}

impl Accepting {
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let count = self.listeners.len();
        for step in 0..count {
            let at = (self.next + step) % count;
            let (listener, door) = &self.listeners[at];
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                self.next = at + 1;
                return Poll::Ready(accepted.map(|(stream, peer)| Accepted { stream, peer, door: *door }));
            }
        }
        Poll::Pending
    }
}

/// The port that one family gives is taken in the other only by chance.
const ATTEMPTS: usize = 16;
