//! Serves datagrams.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use toynet_machine::Time;
use toynet_record::{Cause, Direction, EndId, Seen, Side, StripId, Transport};

use super::socket::{NOBODY, Socket};
use super::{Answer, Arrived, Datagrams, Pending, WayIn};
use crate::carrier::ports::Ports;
use crate::fault::Fault;
use crate::socket::Batch;
use crate::{Host, Recorder};

impl Datagrams {
    /// Calls `answer` for each datagram for as long as the socket works. The second argument is
    /// room for an answer. While the host refuses whoever comes there is no socket.
    ///
    /// # Errors
    /// As the socket says when it is broken.
    pub async fn serve(mut self, mut answer: impl FnMut(Arrived<'_>, &mut [u8]) -> Answer) -> io::Result<()> {
        let mut served = Served::new(&self);
        loop {
            tokio::select! {
                biased;
                ended = served.until_broken(&mut answer) => return ended,
                () = self.refusing() => {}
            }
            served.socket = Socket::Closed;
            self.rest().await;
            served.socket = self.socket.clone();
        }
    }
}

/// A socket that is being served.
struct Served {
    host: Host,
    socket: Socket,
    mark: Mark,
    /// The number of the datagram that came last.
    number: u64,
    waiting: Rc<Cell<usize>>,
}

/// How real addresses become those of the lab.
#[derive(Clone, Copy)]
enum Names {
    /// By the carrier, at this port.
    Ports(Ports, u16),
    /// They are the same; this is the socket's own.
    Real(SocketAddr),
}

impl Names {
    fn real(socket: &UdpSocket) -> Self {
        Names::Real(socket.local_addr().unwrap_or(NOBODY))
    }

    /// The addresses of this end and of the peer.
    #[inline]
    fn lab_addresses(self, host: &Host, peer: SocketAddr) -> (SocketAddr, SocketAddr) {
        match self {
            Names::Ports(ports, port) => ports.lab_addresses(host, port, peer, false),
            Names::Real(local) => (local, peer),
        }
    }
}

/// The place of a socket at which something has arrived. The one at `first` is asked first.
async fn readable(sockets: &[(Rc<UdpSocket>, Names)], first: usize) -> io::Result<usize> {
    if let [(only, _)] = sockets {
        return only.readable().await.map(|()| 0);
    }
    poll_fn(|cx| {
        for step in 0..sockets.len() {
            let at = (first + step) % sockets.len();
            if let Poll::Ready(ready) = sockets[at].0.poll_recv_ready(cx) {
                return Poll::Ready(ready.map(|()| at));
            }
        }
        Poll::Pending
    })
    .await
}

/// Writes down what passes at the socket.
#[derive(Clone)]
struct Mark {
    recorder: Recorder,
    strip: StripId,
    end: EndId,
    local: SocketAddr,
    /// Where in the record it stands what this end is.
    stated: Rc<Cell<u64>>,
}

impl Mark {
    fn open(host: &Host, port: u16) -> Self {
        let recorder = host.network.recorder().clone();
        let ip = host.addresses().first().copied().unwrap_or(NOBODY.ip());
        let (end, local) = (recorder.new_end(), SocketAddr::new(ip, port));
        let stated = Rc::new(Cell::new(recorder.position(host.strip)));
        let (side, transport, peer) = (Side::Acceptor, Transport::Udp, NOBODY);
        recorder.write(
            host.strip,
            end,
            recorder.now(),
            Seen::Opened { side, transport, stream: None, local, peer, cause: None },
        );
        Self { recorder, strip: host.strip, end, local, stated }
    }

    #[inline]
    fn datagram(&self, direction: Direction, peer: SocketAddr, number: u64, time: Time, octets: &[u8]) {
        if self.recorder.is_forgotten(self.strip, self.stated.get()) {
            self.state_again(time);
        }
        self.recorder.write(self.strip, self.end, time, Seen::Datagram { direction, peer, number, octets });
    }
}

impl Mark {
    /// Sends the answer to the datagram of this number. One that cannot be sent is lost, as any datagram may be.
    async fn sends(&self, socket: &Socket, host: &Host, octets: &[u8], to: SocketAddr, number: u64) {
        let crossed = socket.send(host, octets, to).await.unwrap_or_default();
        self.struck(Direction::Sent, number, &crossed.struck);
    }

    /// Writes down which faults of a link struck the datagram of this number, or the answer to it, and counts them.
    #[inline]
    fn struck(&self, direction: Direction, number: u64, struck: &[Arc<Fault>]) {
        for fault in struck {
            fault.hit();
            let seen = Seen::Fault { direction, number, what: fault.text() };
            self.recorder.write(self.strip, self.end, self.recorder.now(), seen);
        }
    }

    #[cold]
    fn state_again(&self, time: Time) {
        let (side, transport, local, peer) = (Side::Acceptor, Transport::Udp, self.local, NOBODY);
        self.stated.set(self.recorder.position(self.strip));
        self.recorder.write(self.strip, self.end, time, Seen::Again { side, transport, stream: None, local, peer });
    }
}

impl Served {
    fn new(datagrams: &Datagrams) -> Self {
        let (host, port) = (datagrams.host.clone(), datagrams.port());
        let mark = Mark::open(&host, port);
        Self { socket: datagrams.socket.clone(), mark, number: 0, waiting: Rc::default(), host }
    }

    async fn until_broken(&mut self, answer: &mut impl FnMut(Arrived<'_>, &mut [u8]) -> Answer) -> io::Result<()> {
        let sockets: Vec<_> = match &self.socket {
            Socket::Ports { ports, port, four, six: None } => vec![(Rc::clone(four), Names::Ports(*ports, *port))],
            Socket::Real { port, sockets, door } => {
                let own = sockets.iter().map(|socket| (Rc::clone(socket), Names::real(socket)));
                let door = door.iter().map(|(door, ports)| (Rc::clone(door), Names::Ports(*ports, *port)));
                own.chain(door).collect()
            }
            Socket::Ports { .. } | Socket::Memory { .. } | Socket::Closed => return self.one_by_one(answer).await,
        };
        self.in_batches(&sockets, answer).await
    }

    async fn in_batches(
        &mut self,
        sockets: &[(Rc<UdpSocket>, Names)],
        answer: &mut impl FnMut(Arrived<'_>, &mut [u8]) -> Answer,
    ) -> io::Result<()> {
        let mut first = 0;
        loop {
            let at = readable(sockets, first).await?;
            // A busy one must not starve the others.
            first = at + 1;
            let (socket, names) = &sockets[at];
            let Some(sent) = self.one_batch(*names, socket, answer) else { continue };
            if sent.is_err() {
                // What is left of the batch is dropped, as a full queue drops it.
                socket.writable().await?;
            }
        }
    }

    /// Answers what has arrived; nothing when that was nothing after all.
    fn one_batch(
        &mut self,
        names: Names,
        socket: &UdpSocket,
        answer: &mut impl FnMut(Arrived<'_>, &mut [u8]) -> Answer,
    ) -> Option<io::Result<()>> {
        // The buffers are the worker's: nobody else uses them while this runs.
        let buffers = self.host.network.batch();
        let mut batch = buffers.borrow_mut();
        let count = socket.try_io(Interest::READABLE, || batch.receive(socket)).ok()?;
        self.answer_batch(names, &mut batch, count, answer);
        Some(batch.send(socket))
    }

    fn answer_batch(
        &mut self,
        names: Names,
        batch: &mut Batch,
        count: usize,
        answer: &mut impl FnMut(Arrived<'_>, &mut [u8]) -> Answer,
    ) {
        let time = self.mark.recorder.now();
        let may_be_bent = self.host.network.topology().has_links(&self.host.me);
        for at in 0..count {
            let slot = batch.slot(at);
            let (to, from) = names.lab_addresses(&self.host, slot.from);
            let bent = may_be_bent && self.is_bent(from);
            let WayIn { verdict: way_in, struck } =
                if bent { WayIn::of(&self.host, from, slot.octets.len()) } else { WayIn::default() };
            if way_in.lost.is_some() {
                self.note_lost(from, slot.octets, time, &struck);
                continue;
            }
            if bent {
                for copy in 0..=way_in.copies {
                    let octets = way_in.spoil(slot.octets);
                    let struck = if copy == 0 { &struck[..] } else { &[] };
                    let arrived = Received { from, to, octets: &octets, time, struck };
                    let length = self.answer_one(arrived, slot.answer, answer);
                    // The delay of a stranger's link is added to that of the answer.
                    length.into_iter().for_each(|length| {
                        self.send_apart(slot.answer[..length].to_vec(), from, way_in.delay);
                    });
                }
            } else if let Some(length) =
                self.answer_one(Received { from, to, octets: slot.octets, time, struck: &[] }, slot.answer, answer)
            {
                batch.ready(at, length);
            }
        }
    }

    /// Whether a link to or from this peer has conditions, which this end must apply.
    fn is_bent(&self, peer: SocketAddr) -> bool {
        self.host.link_out(peer.ip()).is_some() || self.host.link_in(peer.ip()).is_some()
    }

    /// Of a stranger's datagram that a fault took away nobody else would know.
    fn note_lost(&mut self, from: SocketAddr, octets: &[u8], time: Time, struck: &[Arc<Fault>]) {
        if !struck.is_empty() {
            self.number += 1;
            self.mark.datagram(Direction::Received, from, self.number, time, octets);
            self.mark.struck(Direction::Received, self.number, struck);
        }
    }

    fn send_apart(&self, octets: Vec<u8>, to: SocketAddr, delay: Duration) {
        let (socket, host, mark, number) = (self.socket.clone(), self.host.clone(), self.mark.clone(), self.number);
        tokio::task::spawn_local(async move {
            host.clock().sleep(delay).await;
            mark.sends(&socket, &host, &octets, to, number).await;
        });
    }

    async fn one_by_one(&mut self, answer: &mut impl FnMut(Arrived<'_>, &mut [u8]) -> Answer) -> io::Result<()> {
        let mut octets = vec![0; LARGEST];
        let mut room = vec![0; LARGEST];
        loop {
            let (length, from, to) = self.socket.receive_at(&self.host, &mut octets).await?;
            let time = self.mark.recorder.now();
            let arrived = Received { from, to, octets: &octets[..length], time, struck: &[] };
            if let Some(length) = self.answer_one(arrived, &mut room, answer) {
                self.mark.sends(&self.socket, &self.host, &room[..length], from, self.number).await;
            }
        }
    }

    /// Records a datagram, has it answered and records the answer, whose length it returns.
    #[inline]
    fn answer_one(
        &mut self,
        Received { from, to, octets, time, struck }: Received<'_>,
        room: &mut [u8],
        answer: &mut impl FnMut(Arrived<'_>, &mut [u8]) -> Answer,
    ) -> Option<usize> {
        self.number += 1;
        let number = self.number;
        self.mark.datagram(Direction::Received, from, number, time, octets);
        self.mark.struck(Direction::Received, number, struck);
        let cause = Cause { end: self.mark.end, exchange: number };
        let outside = !self.host.is_inside(from.ip());
        match answer(Arrived { from, to, octets, time, cause, outside }, room) {
            Answer::Now(length) => {
                self.mark.datagram(Direction::Sent, from, number, time, &room[..length]);
                Some(length)
            }
            Answer::Later(pending) => {
                self.answer_later(pending, from, number);
                None
            }
            Answer::Silent => None,
        }
    }

    fn answer_later(&self, pending: Pending, to: SocketAddr, number: u64) {
        if self.waiting.get() >= MOST_WAITING {
            return;
        }
        self.waiting.set(self.waiting.get() + 1);
        let (socket, host, mark) = (self.socket.clone(), self.host.clone(), self.mark.clone());
        let waiting = Waiting(Rc::clone(&self.waiting));
        tokio::task::spawn_local(async move {
            let _waiting = waiting;
            if let Some(octets) = pending.await {
                mark.datagram(Direction::Sent, to, number, mark.recorder.now(), &octets);
                mark.sends(&socket, &host, &octets, to, number).await;
            }
        });
    }
}

/// A datagram as its link lets it arrive.
struct Received<'a> {
    from: SocketAddr,
    to: SocketAddr,
    octets: &'a [u8],
    time: Time,
    struck: &'a [Arc<Fault>],
}

/// Counts a pending answer for as long as it lives, however it ends.
struct Waiting(Rc<Cell<usize>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Each holds a task and a socket of its own; the default limit of descriptors is 1,024 and rarely above 1,048,576.
const MOST_WAITING: usize = 4096;
/// The largest datagram that UDP carries.
const LARGEST: usize = 65_536;
