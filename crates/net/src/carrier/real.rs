//! The machine's own addresses and ports: a lab in a network of its own, a server that stands alone, a
//! client that goes anywhere.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use super::cross;
use super::ports::relay;
use crate::link::Link;
use crate::stream::Io;
use crate::{Clock, Host, socket};

/// Sockets whose addresses are what they say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Real;

/// A connection that is about to be made, from a socket that is bound.
#[derive(Debug)]
pub(crate) struct Dialing {
    socket: TcpSocket,
    to: SocketAddr,
    clock: Clock,
    there: Option<Arc<Link>>,
    back: Option<Arc<Link>>,
}

/// One listener for each of a host's addresses.
#[derive(Debug)]
pub(crate) struct Accepting {
    listeners: Vec<TcpListener>,
    /// Which is asked first, so that a busy one does not starve the others.
    next: usize,
}

impl Real {
    pub(crate) fn listen(self, host: &Host, port: u16) -> io::Result<Accepting> {
        let addresses = host.addresses().iter().map(|address| SocketAddr::new(*address, port));
        Ok(Accepting { listeners: addresses.map(socket::listen).collect::<io::Result<_>>()?, next: 0 })
    }

    /// A socket for each of the host's addresses, all on one port. A client's port is free on all of them.
    pub(crate) fn bind(self, host: &Host, port: u16) -> io::Result<(u16, Vec<UdpSocket>)> {
        let mut refused = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for _ in 0..if port == 0 { ATTEMPTS } else { 1 } {
            match bind_all(host.addresses(), port) {
                Ok(bound) => return Ok(bound),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    pub(crate) fn dial(self, host: &Host, to: SocketAddr) -> io::Result<(SocketAddr, Dialing)> {
        let own = SocketAddr::new(host.address_like(to.ip())?, 0);
        let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.bind(own)?;
        let (there, back) = (host.link_out(to.ip()), host.link_back(to.ip()));
        let local = socket.local_addr()?;
        Ok((local, Dialing { socket, to, clock: host.clock(), there, back }))
    }
}

fn bind_all(addresses: &[IpAddr], mut port: u16) -> io::Result<(u16, Vec<UdpSocket>)> {
    let server = port != 0;
    let mut sockets = Vec::with_capacity(addresses.len());
    for address in addresses {
        let socket = socket::bind(SocketAddr::new(*address, port), server)?;
        port = socket.local_addr()?.port();
        sockets.push(socket);
    }
    Ok((port, sockets))
}

impl Dialing {
    pub async fn connect(self, struck: &mut Vec<String>) -> io::Result<Io> {
        cross(self.clock, self.there.as_deref(), struck).await?;
        let stream = self.socket.connect(self.to).await?;
        stream.set_nodelay(true)?;
        cross(self.clock, self.back.as_deref(), struck).await?;
        // The other side's end puts its own conditions on what it sends.
        Ok(relay(stream, self.clock, self.there, None))
    }
}

impl Accepting {
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let count = self.listeners.len();
        for step in 0..count {
            let at = (self.next + step) % count;
            if let Poll::Ready(accepted) = self.listeners[at].poll_accept(cx) {
                self.next = at + 1;
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    }
}

/// Takes a datagram at whichever socket has one, and says which that was.
pub(crate) fn poll_receive(
    sockets: &[std::rc::Rc<UdpSocket>],
    cx: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<(usize, SocketAddr, SocketAddr)>> {
    for socket in sockets {
        let mut room = tokio::io::ReadBuf::new(buffer);
        if let Poll::Ready(from) = socket.poll_recv_from(cx, &mut room) {
            let length = room.filled().len();
            return Poll::Ready(Ok((length, from?, socket.local_addr()?)));
        }
    }
    Poll::Pending
}

/// The port that one family gives is taken in the other only by chance.
const ATTEMPTS: usize = 16;
