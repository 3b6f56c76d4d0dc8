//! A socket for datagrams.
//!
//! A client sends and receives one by one ([`Datagrams::send_to`], [`Datagrams::receive`]). A server
//! hands over a function that is called for each datagram ([`Datagrams::serve`]): what it can answer
//! at once is answered in place, without a task, a lock, an allocation or a reading of the clock.

mod serve;
mod socket;

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use toynet_machine::Time;
use toynet_record::{Cause, Direction, Side, Transport};

use crate::Host;
use crate::fault::Fault;
use crate::link::{Parcel, Verdict};
use crate::socket::undelivered::Undelivered;
use crate::tap::{Opening, Tap};
pub(crate) use socket::Crossed;
use socket::Socket;

/// A socket of a host.
#[derive(Debug)]
pub struct Datagrams {
    host: Host,
    port: u16,
    /// Whether others know the port.
    serves: bool,
    socket: Socket,
    /// What a client has to do with, newest last.
    peers: RefCell<Vec<(SocketAddr, Tap)>>,
    /// Whom the last datagram of a client was for.
    asked: Cell<Option<SocketAddr>>,
    /// Whether a link has refused it.
    refused: Cell<bool>,
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

/// What a link does to a stranger's datagram, which its receiver must apply: a host of the lab bends what it sends
/// itself.
#[derive(Debug, Default)]
pub(crate) struct WayIn {
    pub verdict: Verdict,
    /// The faults that struck.
    pub struck: Vec<Arc<Fault>>,
}

impl WayIn {
    fn of(host: &Host, from: SocketAddr, length: usize) -> Self {
        let Some(link) = host.link_in(from.ip()) else { return Self::default() };
        let parcel = Parcel { length, now: host.clock().now(), stream: false, sent: None };
        let mut struck = Vec::new();
        let verdict = link.judge_noting(&parcel, &mut |fault| struck.push(Arc::clone(fault)));
        Self { verdict, struck }
    }
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
        let (serves, port) = (port != 0, socket.port().unwrap_or(port));
        let (peers, asked, refused) = (RefCell::default(), Cell::default(), Cell::default());
        Ok(Self { host, port, serves, socket, peers, asked, refused })
    }

    /// The port inside the lab.
    pub fn port(&self) -> u16 {
        self.port
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
        self.asked.set(Some(to));
        self.refused.set(crossed.refused);
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
    /// As the socket says; [`io::ErrorKind::ConnectionRefused`] when nobody takes datagrams where the last one was
    /// sent to (RFC 1122 4.1.3.3), as far as the system tells.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        loop {
            if let Some(to) = self.asked.get().filter(|_| self.refused.take()) {
                let error = Undelivered::error(to, io::ErrorKind::ConnectionRefused);
                self.failed(to, &error, None);
                return Err(error);
            }
            match self.socket.receive(&self.host, buffer).await {
                Ok((length, from)) => {
                    self.record(Direction::Received, from, &buffer[..length])?;
                    return Ok((length, from));
                }
                Err(error) => {
                    let to = Undelivered::of(&error);
                    to.into_iter().for_each(|to| self.failed(to, &error, self.host.refusing(to, &error)));
                    // Of one that was asked before nobody waits to hear.
                    if to.is_none() || to == self.asked.get() {
                        return Err(error);
                    }
                }
            }
        }
    }

    fn failed(&self, peer: SocketAddr, error: &io::Error, fault: Option<Arc<Fault>>) {
        let mut peers = self.peers.borrow_mut();
        let Some((_, tap)) = peers.iter_mut().find(|(known, _)| *known == peer) else { return };
        fault.into_iter().for_each(|fault| tap.struck(Direction::Sent, &fault));
        tap.failed(error);
    }

    /// Gives the port up while the host refuses whoever comes, so that the system tells them; longer if somebody else
    /// takes it meanwhile.
    async fn rest(&mut self) {
        self.socket = Socket::Closed;
        loop {
            self.host.until_refusing(false).await;
            if let Ok(socket) = Socket::bind(&self.host, self.port) {
                return self.socket = socket;
            }
            self.host.clock().sleep(AGAIN).await;
        }
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

    /// Sends without a record, to anyone: for what is recorded in clear further up, as is what links do to it.
    pub(crate) async fn put(&self, octets: &[u8], to: SocketAddr) -> io::Result<Crossed> {
        self.socket.send(&self.host, octets, to).await
    }

    /// Receives without a record, and says what a stranger's link does to it; nothing while the host refuses whoever
    /// comes.
    pub(crate) async fn take(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr, WayIn)> {
        loop {
            tokio::select! {
                biased;
                received = self.socket.receive(&self.host, buffer) => {
                    return received.map(|(length, from)| (length, from, WayIn::of(&self.host, from, length)));
                }
                () = self.refusing() => {}
            }
            self.rest().await;
        }
    }

    /// Comes back when the host is to refuse what is sent to this socket.
    async fn refusing(&self) {
        match &self.socket {
            Socket::Closed => {}
            Socket::Ports { .. } | Socket::Real { .. } if self.serves => self.host.until_refusing(true).await,
            // In memory the link itself refuses.
            Socket::Memory { .. } | Socket::Ports { .. } | Socket::Real { .. } => std::future::pending().await,
        }
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

/// How soon to ask again for a port that somebody took while it was free.
const AGAIN: Duration = Duration::from_secs(1);
/// A resolver's socket has one; more than some dozens would make the search for one slow.
const MOST_PEERS: usize = 64;
