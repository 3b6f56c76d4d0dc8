//! A socket for datagrams.
//!
//! A client sends and receives one by one ([`Datagrams::send_to`], [`Datagrams::receive`]). A server
//! hands over a function that is called for each datagram ([`Datagrams::serve`]): what it can answer
//! at once is answered in place, without a task, a lock, an allocation or a reading of the clock.

mod serve;
mod socket;

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use toynet_machine::Time;
use toynet_record::{Cause, Direction, Side, Transport};

use crate::Host;
use crate::tap::{Opening, Tap};
use socket::{Crossed, Socket};

/// A socket of a host.
#[derive(Debug)]
pub struct Datagrams {
    host: Host,
    socket: Socket,
    /// What a client has to do with, newest last.
    peers: RefCell<Vec<(SocketAddr, Tap)>>,
}

/// A datagram that a server is asked to answer.
#[derive(Debug)]
pub struct Arrived<'a> {
    /// Whose it is: a lab address, or a stranger's own.
    pub from: SocketAddr,
    /// The lab address that it was sent to.
    pub to: SocketAddr,
    /// What it says.
    pub octets: &'a [u8],
    /// When the batch that it came in was taken.
    pub time: Time,
    /// The cause of whatever is done to answer it.
    pub cause: Cause,
    /// Whether a stranger sent it, one that is no host of the lab.
    pub outside: bool,
}

/// What becomes of a datagram.
pub enum Answer {
    /// The answer is in the buffer and has this length.
    Now(usize),
    /// The answer comes when this is done; nothing is sent if there is none.
    Later(Pending),
    /// There is no answer.
    Silent,
}

/// An answer that takes time.
pub type Pending = Pin<Box<dyn Future<Output = Option<Vec<u8>>>>>;

impl Datagrams {
    pub(crate) fn bind(host: Host, port: u16) -> io::Result<Self> {
        let socket = Socket::bind(&host, port)?;
        Ok(Self { host, socket, peers: RefCell::default() })
    }

    /// The port inside the lab.
    pub fn port(&self) -> u16 {
        self.socket.port()
    }

    /// Sends one datagram. On a link with conditions it goes on its way and the call returns.
    ///
    /// # Errors
    /// [`io::ErrorKind::NetworkUnreachable`] when nobody has the address; as the socket says.
    pub async fn send_to(&self, octets: &[u8], to: SocketAddr) -> io::Result<()> {
        if self.host.network.carrier().is_closed() && !self.host.is_inside(to.ip()) {
            self.host.unreachable(Transport::Udp, to);
            return Err(crate::carrier::nobody(to));
        }
        self.record(Direction::Sent, to, octets)?;
        let crossed = self.socket.send(&self.host, octets, to).await?;
        self.note(to, &crossed);
        Ok(())
    }

    /// Writes down what a link did to what was just sent.
    fn note(&self, to: SocketAddr, crossed: &Crossed) {
        if crossed.lost.is_none() && crossed.struck.is_empty() {
            return;
        }
        let peers = self.peers.borrow();
        let Some((_, tap)) = peers.iter().find(|(peer, _)| *peer == to) else { return crossed.count() };
        crossed.struck.iter().for_each(|fault| tap.struck(Direction::Sent, fault));
        // Who took it away is told already where a fault did.
        let lost = crossed.lost.filter(|_| crossed.struck.is_empty());
        lost.into_iter().for_each(|why| tap.fault(Direction::Sent, why));
    }

    /// The next datagram: its length in `buffer` and whose it is. What does not fit is cut off.
    ///
    /// # Errors
    /// As the socket says.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (length, from) = self.socket.receive(&self.host, buffer).await?;
        self.record(Direction::Received, from, &buffer[..length])?;
        Ok((length, from))
    }

    /// Answers whoever sent something to the lab, be it a stranger. It is not for asking: nothing that a lab
    /// looks for lies outside.
    ///
    /// # Errors
    /// As the socket says.
    pub async fn answer_to(&self, octets: &[u8], peer: SocketAddr) -> io::Result<()> {
        self.record(Direction::Sent, peer, octets)?;
        let crossed = self.socket.send(&self.host, octets, peer).await?;
        self.note(peer, &crossed);
        Ok(())
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// Sends without a record, to anyone: for what is recorded in clear further up.
    pub(crate) async fn put(&self, octets: &[u8], to: SocketAddr) -> io::Result<()> {
        self.socket.send(&self.host, octets, to).await.map(|crossed| crossed.count())
    }

    /// Receives without a record.
    pub(crate) async fn take(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.receive(&self.host, buffer).await
    }

    fn record(&self, direction: Direction, peer: SocketAddr, octets: &[u8]) -> io::Result<()> {
        let mut peers = self.peers.borrow_mut();
        let at = match peers.iter().rposition(|(known, _)| *known == peer) {
            Some(at) => at,
            None => {
                if peers.len() == MOST_PEERS {
                    peers.remove(0);
                }
                peers.push((peer, self.open(peer)?));
                peers.len() - 1
            }
        };
        let tap = &mut peers[at].1;
        tap.octets(direction, tap.now(), octets);
        Ok(())
    }

    fn open(&self, peer: SocketAddr) -> io::Result<Tap> {
        let local = SocketAddr::new(self.host.source(peer.ip())?, self.port());
        let cause = self.host.cause;
        let opening = Opening { side: Side::Initiator, transport: Transport::Udp, stream: None, local, peer, cause };
        Ok(Tap::open(self.host.network.recorder(), self.host.strip, opening))
    }
}

/// A resolver's socket has one; more than some dozens would make the search for one slow.
const MOST_PEERS: usize = 64;
