//! Conversations become entries of a journal.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use toynet_machine::Time;
use toynet_record::{Closing, Direction, EndId, Entry, Journal, Seen, Side, Transport};

use super::ip::Packet;
use super::tcp::{Piece, Segment, Way};
use crate::packet::{PROTOCOL_TCP, PROTOCOL_UDP};

/// All conversations.
#[derive(Debug, Default)]
pub(super) struct Flows {
    out: Out,
    streams: BTreeMap<Pair, Stream>,
    datagrams: BTreeMap<Pair, Datagrams>,
    now: Time,
    /// Octets of all streams that wait for earlier ones.
    held: usize,
}

/// Both addresses, the smaller one first.
type Pair = (SocketAddr, SocketAddr);

#[derive(Debug)]
struct Stream {
    end: EndId,
    initiator: SocketAddr,
    there: Way,
    back: Way,
    last: Time,
    answered: bool,
    over: bool,
}

#[derive(Debug)]
struct Datagrams {
    end: EndId,
    initiator: SocketAddr,
    last: Time,
}

/// The journal that is being written.
#[derive(Debug, Default)]
struct Out {
    octets: Vec<u8>,
    ends: u64,
    order: u64,
}

impl Flows {
    /// Takes a whole packet. Nothing when it is of no conversation, or broken.
    pub fn packet(&mut self, time: Time, packet: &Packet<'_>) -> Option<()> {
        // Several interfaces may have clocks of their own; a journal has one.
        self.now = self.now.max(time);
        match packet.protocol {
            PROTOCOL_TCP => self.segment(packet),
            PROTOCOL_UDP => self.datagram(packet),
            _ => None,
        }
    }

    /// The journal of all that was taken.
    pub fn finish(mut self) -> Journal {
        let mut pieces = Vec::new();
        for stream in self.streams.values_mut() {
            for by in [Side::Initiator, Side::Acceptor] {
                stream.way(by).give_up(&mut pieces);
                self.out.pieces(stream.end, by, self.now, &mut pieces);
            }
        }
        self.out.octets.into()
    }

    fn segment(&mut self, packet: &Packet<'_>) -> Option<()> {
        let segment = Segment::parse(packet.payload, packet.missing)?;
        let (from, to) =
            (SocketAddr::new(packet.from, segment.source), SocketAddr::new(packet.to, segment.destination));
        let key = pair(from, to);
        let known = self.streams.get_mut(&key);
        let begins_anew = segment.syn
            && segment.acknowledged.is_none()
            && !known.is_some_and(|known| known.is_same_syn(from, &segment));
        if begins_anew || !self.streams.contains_key(&key) {
            let Some(stream) = self.open(from, to, &segment) else { return Some(()) };
            self.make_room();
            if let Some(mut old) = self.streams.insert(key, stream) {
                self.close(&mut old, Closing::Finished);
            }
        }
        let mut stream = self.streams.remove(&key)?;
        self.hear(&mut stream, from, &segment);
        self.streams.insert(key, stream);
        Some(())
    }

    /// A conversation that a segment begins, or is the first to be seen of; nothing when it has nothing to tell.
    fn open(&mut self, from: SocketAddr, to: SocketAddr, segment: &Segment<'_>) -> Option<Stream> {
        let (late, initiator, acceptor) = match (segment.syn, segment.acknowledged) {
            (true, None) => (false, from, to),
            (true, Some(_)) => (false, to, from),
            // Servers have the smaller ports.
            (false, _) if from.port() < to.port() => (true, to, from),
            (false, _) => (true, from, to),
        };
        if late && segment.octets.is_empty() {
            return None;
        }
        let end = self.out.open(Transport::Tcp, initiator, acceptor, self.now, late);
        let (there, back) = (Way::default(), Way::default());
        Some(Stream { end, initiator, there, back, last: self.now, answered: late, over: false })
    }

    fn hear(&mut self, stream: &mut Stream, from: SocketAddr, segment: &Segment<'_>) {
        if stream.over {
            return;
        }
        stream.last = self.now;
        let by = if from == stream.initiator { Side::Initiator } else { Side::Acceptor };
        stream.answered |= by == Side::Acceptor && !segment.rst;
        let held = stream.held();
        let mut pieces = Vec::new();
        if let Some(number) = segment.acknowledged.filter(|_| !segment.rst) {
            stream.way(by.peer()).acknowledged(number, &mut pieces);
            self.out.pieces(stream.end, by.peer(), self.now, &mut pieces);
        }
        if segment.rst {
            let how = if stream.answered { Closing::Reset } else { Closing::Refused };
            self.close(stream, how);
        } else {
            stream.way(by).take(segment, &mut pieces);
            self.out.pieces(stream.end, by, self.now, &mut pieces);
            if stream.there.is_over() && stream.back.is_over() {
                self.close(stream, Closing::Finished);
            }
        }
        self.held = self.held.saturating_sub(held) + stream.held();
        if self.held > MOST_HELD {
            self.give_up();
        }
    }

    fn close(&mut self, stream: &mut Stream, how: Closing) {
        if std::mem::replace(&mut stream.over, true) {
            return;
        }
        let mut pieces = Vec::new();
        for by in [Side::Initiator, Side::Acceptor] {
            stream.way(by).give_up(&mut pieces);
            self.out.pieces(stream.end, by, self.now, &mut pieces);
        }
        self.out.write(stream.end, self.now, Seen::Closed { how });
    }

    fn datagram(&mut self, packet: &Packet<'_>) -> Option<()> {
        let (head, rest) = packet.payload.split_first_chunk::<8>()?;
        let two = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
        let (from, to) = (SocketAddr::new(packet.from, two(0)), SocketAddr::new(packet.to, two(2)));
        let length = usize::from(two(4)).checked_sub(8)?;
        let octets = rest.get(..length.min(rest.len()))?;
        let key = pair(from, to);
        let idle = self.datagrams.get(&key).filter(|known| self.now.since(known.last) >= IDLE);
        if let Some(end) = idle.map(|idle| idle.end) {
            self.out.write(end, self.now, Seen::Closed { how: Closing::Finished });
            self.datagrams.remove(&key);
        }
        if !self.datagrams.contains_key(&key) {
            self.make_room();
            // An answer whose question was not seen: it comes from a port that is a service's.
            let late = from.port() < FIRST_OF_CLIENTS && to.port() >= FIRST_OF_CLIENTS;
            let (initiator, acceptor) = if late { (to, from) } else { (from, to) };
            let end = self.out.open(Transport::Udp, initiator, acceptor, self.now, late);
            self.datagrams.insert(key, Datagrams { end, initiator, last: self.now });
        }
        let known = self.datagrams.get_mut(&key)?;
        known.last = self.now;
        let direction = if from == known.initiator { Direction::Sent } else { Direction::Received };
        self.out.write(known.end, self.now, Seen::Octets { direction, number: 1, octets });
        let missing = length - octets.len();
        if missing > 0 {
            self.out.write(known.end, self.now, Seen::Hole { direction, length: missing as u64 });
        }
        Some(())
    }

    /// Lets conversations go that are over, or that were silent longest.
    fn make_room(&mut self) {
        if self.datagrams.len() >= MOST_FLOWS {
            let (now, out) = (self.now, &mut self.out);
            for (_, old) in self.datagrams.extract_if(.., |_, known| now.since(known.last) >= IDLE) {
                out.write(old.end, now, Seen::Closed { how: Closing::Finished });
            }
        }
        if self.datagrams.len() >= MOST_FLOWS {
            self.datagrams.clear();
        }
        if self.streams.len() >= MOST_FLOWS {
            self.streams.retain(|_, stream| !stream.over);
        }
        if self.streams.len() >= MOST_FLOWS {
            self.give_up();
            let mut ages: Vec<_> = self.streams.iter().map(|(pair, stream)| (stream.last, *pair)).collect();
            ages.sort_unstable();
            ages.into_iter().take(MOST_FLOWS / 4).for_each(|(_, pair)| drop(self.streams.remove(&pair)));
        }
    }

    /// Waits for nothing any longer.
    fn give_up(&mut self) {
        let mut pieces = Vec::new();
        for stream in self.streams.values_mut() {
            for by in [Side::Initiator, Side::Acceptor] {
                stream.way(by).give_up(&mut pieces);
                self.out.pieces(stream.end, by, self.now, &mut pieces);
            }
        }
        self.held = 0;
    }
}

impl Stream {
    /// Whether a SYN is the one that this began with, sent again.
    fn is_same_syn(&self, from: SocketAddr, segment: &Segment<'_>) -> bool {
        from == self.initiator && !self.over && self.there.expects(segment.sequence.wrapping_add(1))
    }

    fn held(&self) -> usize {
        self.there.held() + self.back.held()
    }

    fn way(&mut self, by: Side) -> &mut Way {
        match by {
            Side::Initiator => &mut self.there,
            Side::Acceptor => &mut self.back,
        }
    }
}

impl Out {
    fn open(
        &mut self,
        transport: Transport,
        initiator: SocketAddr,
        acceptor: SocketAddr,
        now: Time,
        late: bool,
    ) -> EndId {
        self.ends += 1;
        let end = EndId::new(0, self.ends);
        let (side, local, peer) = (Side::Initiator, initiator, acceptor);
        let seen = if late {
            Seen::Again { side, transport, stream: None, local, peer }
        } else {
            Seen::Opened { side, transport, stream: None, local, peer, cause: None }
        };
        self.write(end, now, seen);
        end
    }

    fn pieces(&mut self, end: EndId, by: Side, now: Time, pieces: &mut Vec<Piece>) {
        let direction = if by == Side::Initiator { Direction::Sent } else { Direction::Received };
        for piece in pieces.drain(..) {
            let seen = match &piece {
                Piece::Octets(octets) => Seen::Octets { direction, number: 1, octets },
                Piece::Hole(length) => Seen::Hole { direction, length: *length },
            };
            self.write(end, now, seen);
        }
    }

    fn write(&mut self, end: EndId, time: Time, seen: Seen<'_>) {
        self.order += 1;
        Entry { end, time, order: self.order, seen }.write(&mut self.octets);
    }
}

fn pair(one: SocketAddr, other: SocketAddr) -> Pair {
    (one.min(other), one.max(other))
}

/// As the record counts (see the reader of entries).
const IDLE: Duration = Duration::from_secs(30);
/// Conversations of a kind at once, some 300 octets each.
const MOST_FLOWS: usize = 64 * 1024;
/// Of all streams together.
const MOST_HELD: usize = 64 * 1024 * 1024;
/// RFC 6335 section 6: ports below are for services.
const FIRST_OF_CLIENTS: u16 = 1024;
