//! A carrier's socket for datagrams, with the links' conditions on what it sends.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::Ready;
use tokio::net::UdpSocket;

use crate::carrier::memory::{Fabric, Inbox};
use crate::carrier::ports::Ports;
use crate::carrier::real::Bound;
use crate::fault::Fault;
use crate::link::Parcel;
use crate::socket::Role;
use crate::socket::undelivered::{self, Taken};
use crate::{Carrier, Host};

#[derive(Clone, Debug)]
pub(super) enum Socket {
    Memory {
        fabric: Rc<Fabric>,
        inbox: Rc<Inbox>,
    },
    Ports {
        ports: Ports,
        port: u16,
        four: Rc<UdpSocket>,
        six: Option<Rc<UdpSocket>>,
    },
    Real {
        port: u16,
        sockets: Rc<[Rc<UdpSocket>]>,
        door: Option<(Rc<UdpSocket>, Ports)>,
    },
    /// There is none, so that the system refuses what is sent to it.
    Closed,
}

/// What a link did to a datagram.
#[derive(Debug, Default)]
pub(crate) struct Crossed {
    /// Why it is lost, if it is.
    pub lost: Option<&'static str>,
    /// Whether its sender hears that nobody takes it.
    pub refused: bool,
    /// The faults that struck.
    pub struck: Vec<Arc<Fault>>,
}

impl Crossed {
    /// Counts the hits where there is nothing to write them down in.
    pub fn count(&self) {
        self.struck.iter().for_each(|fault| fault.hit());
    }
}

impl Socket {
    pub fn bind(host: &Host, port: u16) -> io::Result<Self> {
        match host.network.carrier() {
            Carrier::Memory(fabric) => Ok(Self::Memory { fabric: Rc::clone(fabric), inbox: fabric.bind(host, port)? }),
            Carrier::Ports(ports) if port == 0 => Self::bind_client(*ports, host),
            Carrier::Ports(ports) => {
                let four = Rc::new(ports.bind(host, port, false, Role::Server)?);
                Ok(Self::Ports { ports: *ports, port, four, six: None })
            }
            Carrier::Real(real) => {
                let Bound { port, sockets, door } = real.bind(host, port)?;
                let door = door.map(|(socket, ports)| (Rc::new(socket), ports));
                Ok(Self::Real { port, sockets: sockets.into_iter().map(Rc::new).collect(), door })
            }
        }
    }

    /// A client speaks from the address of the family that it speaks to, and from the same port of both.
    fn bind_client(ports: Ports, host: &Host) -> io::Result<Self> {
        let mut refused = io::ErrorKind::AddrInUse.into();
        for _ in 0..ATTEMPTS {
            let four = ports.bind(host, 0, false, Role::Client)?;
            let port = ports.own_port(&four)?;
            match ports.bind(host, port, true, Role::Client) {
                Ok(six) => return Ok(Self::Ports { ports, port, four: Rc::new(four), six: Some(Rc::new(six)) }),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    pub fn port(&self) -> Option<u16> {
        match self {
            Socket::Memory { inbox, .. } => Some(inbox.port),
            Socket::Ports { port, .. } | Socket::Real { port, .. } => Some(*port),
            Socket::Closed => None,
        }
    }

    /// Sends over the link to `to`.
    pub async fn send(&self, host: &Host, octets: &[u8], to: SocketAddr) -> io::Result<Crossed> {
        let Some(link) = host.link_out(to.ip()) else {
            return self.put(host, octets, to).await.map(|()| Crossed::default());
        };
        let (length, mut crossed) = (octets.len() + HEADERS, Crossed::default());
        let parcel = Parcel { length, now: host.clock().now(), stream: false, sent: None };
        let verdict = link.judge_noting(&parcel, &mut |fault| crossed.struck.push(Arc::clone(fault)));
        if verdict.lost.is_some() {
            return Ok(Crossed { lost: verdict.lost, refused: verdict.refused, ..crossed });
        }
        let octets = verdict.spoil(octets);
        for _ in 0..=verdict.copies {
            match verdict.delay.is_zero() {
                true => self.put(host, &octets, to).await?,
                false => self.put_later(host, &octets, to, verdict.delay),
            }
        }
        Ok(crossed)
    }

    fn put_later(&self, host: &Host, octets: &[u8], to: SocketAddr, delay: Duration) {
        let (socket, host, octets) = (self.clone(), host.clone(), octets.to_vec());
        tokio::task::spawn_local(async move {
            host.clock().sleep(delay).await;
            // On the far side of a slow link nobody is left to hear of a failure.
            let _ = socket.put(&host, &octets, to).await;
        });
    }

    async fn put(&self, host: &Host, octets: &[u8], to: SocketAddr) -> io::Result<()> {
        match self {
            Socket::Memory { fabric, inbox } => {
                let from = SocketAddr::new(host.address_like(to.ip())?, inbox.port);
                if !fabric.deliver(from, to, octets) {
                    inbox.refused(to);
                }
                Ok(())
            }
            Socket::Ports { ports, four, six, .. } => {
                let real = if host.is_inside(to.ip()) { ports.real(host, to)? } else { to };
                let socket = if to.is_ipv6() { six.as_ref().unwrap_or(four) } else { four };
                send(socket, octets, real).await
            }
            // Inside nobody speaks from the loopback: who does is outside the door.
            Socket::Real { door: Some((door, _)), .. } if to.ip().is_loopback() => send(door, octets, to).await,
            Socket::Real { sockets, .. } => {
                let speaks = host.addresses().iter().position(|address| address.is_ipv4() == to.is_ipv4());
                let socket = speaks.and_then(|at| sockets.get(at)).ok_or(io::ErrorKind::AddrNotAvailable)?;
                send(socket, octets, to).await
            }
            Socket::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// What arrives, and from whom.
    ///
    /// # Errors
    /// As the socket says; an [`Undelivered`] for what was sent and did not arrive.
    pub async fn receive(&self, host: &Host, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.receive_at(host, buffer).await.map(|(length, from, _)| (length, from))
    }

    /// Also says to which of the host's addresses it was sent.
    pub async fn receive_at(&self, host: &Host, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr, SocketAddr)> {
        match self {
            Socket::Memory { inbox, .. } => {
                let datagram = poll_fn(|cx| inbox.poll_take(cx)).await?;
                let length = datagram.octets.len().min(buffer.len());
                buffer[..length].copy_from_slice(&datagram.octets[..length]);
                Ok((length, datagram.from, datagram.to))
            }
            Socket::Ports { ports, port, four, six } => {
                let both = [Some(four), six.as_ref()];
                let (taken, at) = take_of(|| both.into_iter().flatten(), buffer).await?;
                let named = |real| ports.lab_addresses(host, *port, real, !Rc::ptr_eq(at, four));
                let (length, (to, from)) =
                    taken.arrived(|real| named(real).1).map(|(length, real)| (length, named(real)))?;
                Ok((length, from, to))
            }
            Socket::Real { port, sockets, door } => {
                let all = || sockets.iter().chain(door.iter().map(|(door, _)| door));
                let (taken, at) = take_of(all, buffer).await?;
                let (length, from) = taken.arrived(|to| to)?;
                match door {
                    Some((door, ports)) if Rc::ptr_eq(door, at) => {
                        let (to, from) = ports.lab_addresses(host, *port, from, false);
                        Ok((length, from, to))
                    }
                    Some(_) | None => Ok((length, from, at.local_addr()?)),
                }
            }
            Socket::Closed => std::future::pending().await,
        }
    }
}

/// What became of a datagram before this one the system tells first, once; [`Socket::receive`] tells it too.
async fn send(socket: &UdpSocket, octets: &[u8], to: SocketAddr) -> io::Result<()> {
    let sent = match socket.send_to(octets, to).await {
        Err(error) if undelivered::is_of_one(&error) => socket.send_to(octets, to).await,
        sent => sent,
    };
    sent.map(drop)
}

/// What arrives first at one of the sockets, and at which.
async fn take_of<'a, S: Iterator<Item = &'a Rc<UdpSocket>>>(
    sockets: impl Fn() -> S,
    buffer: &mut [u8],
) -> io::Result<(Taken, &'a Rc<UdpSocket>)> {
    loop {
        for socket in sockets() {
            if let Some(taken) = undelivered::take(socket, buffer)? {
                return Ok((taken, socket));
            }
        }
        any_ready(sockets()).await?;
    }
}

async fn any_ready<'a>(sockets: impl Iterator<Item = &'a Rc<UdpSocket>>) -> io::Result<()> {
    type Wait<'a> = Pin<Box<dyn Future<Output = io::Result<Ready>> + 'a>>;
    let mut waits: Vec<Wait<'a>> =
        sockets.map(|socket| Box::pin(socket.ready(undelivered::NEWS)) as Wait<'a>).collect();
    poll_fn(|cx| {
        let ready = waits.iter_mut().find_map(|wait| match wait.as_mut().poll(cx) {
            Poll::Ready(ready) => Some(ready.map(drop)),
            Poll::Pending => None,
        });
        ready.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// The other family's port is taken only by another client of the same host.
const ATTEMPTS: usize = 16;
/// The headers of IPv4 and UDP: what every datagram weighs besides its octets.
const HEADERS: usize = 28;
/// What a socket that serves everyone has for a peer.
pub(super) const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
