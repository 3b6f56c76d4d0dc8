//! A connection as TCP segments, as a network card would have seen them (RFC 9293).
//!
//! The record keeps what was said and no segments, so these are made: a handshake, segments of the size
//! that Ethernet takes, an acknowledgement for every second one of them (RFC 9293 section 3.8.6.3) and an end.

use std::net::SocketAddr;

use toynet_record::{Closing, Side};

use crate::packet::{ACK, FIN, PSH, Path, RST, SYN, Segment};

/// One connection.
#[derive(Debug)]
pub struct Stream {
    path: Path,
    state: State,
    initiator: Way,
    acceptor: Way,
    /// At which end it was recorded.
    seen_by: Side,
}

/// A packet and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Whose.
    pub by: Side,
    /// The packet, from its IP header on.
    pub octets: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The initiator has sent a SYN.
    Asked,
    Open,
    Over,
}

/// What one side has sent.
#[derive(Clone, Copy, Debug)]
struct Way {
    next: u32,
    /// Segments that the other side has not acknowledged.
    unacknowledged: u32,
}

impl Stream {
    /// A connection that the initiator asks for. `number` sets the first sequence numbers.
    pub fn open(initiator: SocketAddr, acceptor: SocketAddr, seen_by: Side, number: u64) -> (Self, Sent) {
        let mut stream = Self::joined_late(initiator, acceptor, seen_by, number);
        stream.state = State::Asked;
        let syn = stream.segment(Side::Initiator, SYN, &[]);
        (stream, syn)
    }

    /// A connection whose beginning nobody saw.
    pub fn joined_late(initiator: SocketAddr, acceptor: SocketAddr, seen_by: Side, number: u64) -> Self {
        let way = |salt: u64| Way { next: (number + salt).wrapping_mul(SPREAD) as u32, unacknowledged: 0 };
        let (path, state) = (Path::new(initiator, acceptor), State::Open);
        Self { path, state, initiator: way(0), acceptor: way(FAR), seen_by }
    }

    /// Octets of one side. The last packet is the one that ends with their last.
    pub fn said(&mut self, by: Side, octets: &[u8]) -> Vec<Sent> {
        let mut sent = self.establish();
        if self.state == State::Over {
            return sent;
        }
        let parts = octets.chunks(self.path.most_in_a_segment());
        let last = parts.len();
        for (number, part) in (1..).zip(parts) {
            if self.way(by).unacknowledged >= SEGMENTS_WITHOUT_AN_ACK {
                sent.push(self.segment(by.peer(), ACK, &[]));
            }
            let flags = if number == last { ACK | PSH } else { ACK };
            sent.push(self.segment(by, flags, part));
        }
        sent
    }

    /// Octets of one side that are not there: their numbers pass, and no segment holds them.
    pub fn hole(&mut self, by: Side, length: u64) -> Vec<Sent> {
        let sent = self.establish();
        let way = self.way_mut(by);
        way.next = way.next.wrapping_add(length as u32);
        sent
    }

    /// The handshake is over, if it was not before.
    pub fn establish(&mut self) -> Vec<Sent> {
        if self.state != State::Asked {
            return Vec::new();
        }
        self.state = State::Open;
        vec![self.segment(Side::Acceptor, SYN | ACK, &[]), self.segment(Side::Initiator, ACK, &[])]
    }

    /// The end. Who closed first is not recorded: the initiator does here.
    pub fn closed(&mut self, how: Closing) -> Vec<Sent> {
        let (asked, peer) = (self.state == State::Asked, self.seen_by.peer());
        let sent = match how {
            Closing::Finished => self.finished(),
            Closing::Refused => vec![self.segment(Side::Acceptor, RST | ACK, &[])],
            Closing::Unreachable if asked => vec![self.unreachable()],
            Closing::TimedOut if asked => vec![self.asked_again()],
            Closing::Reset => self.torn_down(peer),
            Closing::TimedOut | Closing::Unreachable | Closing::Failed => self.torn_down(self.seen_by),
        };
        self.state = State::Over;
        sent
    }

    fn finished(&mut self) -> Vec<Sent> {
        let mut sent = self.establish();
        for (by, flags) in [(Side::Initiator, FIN | ACK), (Side::Acceptor, FIN | ACK), (Side::Initiator, ACK)] {
            sent.push(self.segment(by, flags, &[]));
        }
        sent
    }

    fn torn_down(&mut self, by: Side) -> Vec<Sent> {
        let mut sent = self.establish();
        sent.push(self.segment(by, RST | ACK, &[]));
        sent
    }

    /// Its own system tells the initiator that no way leads there.
    fn unreachable(&mut self) -> Sent {
        Sent { by: Side::Initiator, octets: self.path.unreachable(&self.first_syn()) }
    }

    fn asked_again(&mut self) -> Sent {
        Sent { by: Side::Initiator, octets: self.first_syn() }
    }

    fn first_syn(&self) -> Vec<u8> {
        let sequence = self.initiator.next.wrapping_sub(1);
        self.path.tcp(Segment { flags: SYN, sequence, acknowledged: 0 }, &[])
    }

    fn segment(&mut self, by: Side, flags: u8, octets: &[u8]) -> Sent {
        let acknowledged = if flags & ACK == 0 { 0 } else { self.way(by.peer()).next };
        if flags & ACK != 0 {
            self.way_mut(by.peer()).unacknowledged = 0;
        }
        let way = self.way_mut(by);
        let segment = Segment { flags, sequence: way.next, acknowledged };
        let counted = octets.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        way.next = way.next.wrapping_add(counted);
        way.unacknowledged += u32::from(!octets.is_empty());
        let path = if by == Side::Initiator { self.path } else { self.path.reversed() };
        Sent { by, octets: path.tcp(segment, octets) }
    }

    fn way(&self, by: Side) -> &Way {
        match by {
            Side::Initiator => &self.initiator,
            Side::Acceptor => &self.acceptor,
        }
    }

    fn way_mut(&mut self, by: Side) -> &mut Way {
        match by {
            Side::Initiator => &mut self.initiator,
            Side::Acceptor => &mut self.acceptor,
        }
    }
}

const SEGMENTS_WITHOUT_AN_ACK: u32 = 2;
/// Knuth's multiplicative hash: neighbours in number lie far apart.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// So that the two sides' numbers differ.
const FAR: u64 = 1 << 32 | 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_opened_acknowledged_and_closed() {
        let (mut stream, syn) = open();
        let mut seen = vec![syn];
        seen.extend(stream.said(Side::Initiator, b"GET /"));
        seen.extend(stream.said(Side::Acceptor, &[b'x'; 5000]));
        seen.extend(stream.closed(Closing::Finished));
        let told: Vec<_> = seen.iter().map(in_words).collect();
        assert_eq!(
            told,
            [
                "> S 0", "< SA 0", "> A 0", "> AP 5", "< A 1460", "< A 1460", "> A 0", "< A 1460", "< AP 620",
                "> AF 0", "< AF 0", "> A 0"
            ]
        );
    }

    #[test]
    fn numbers_go_on_from_segment_to_segment_and_over_holes() {
        let (mut stream, syn) = open();
        let first = number(&syn);
        stream.said(Side::Initiator, b"12345");
        stream.hole(Side::Initiator, 100);
        let sent = stream.said(Side::Initiator, b"x");
        assert_eq!(number(&sent[0]), first.wrapping_add(1 + 5 + 100));
    }

    #[test]
    fn nobody_there_is_a_reset_or_word_from_the_own_system() {
        for (how, told) in
            [(Closing::Refused, "< AR 0"), (Closing::TimedOut, "> S 0"), (Closing::Unreachable, "> icmp")]
        {
            let (mut stream, _) = open();
            let sent = stream.closed(how);
            assert_eq!(sent.iter().map(in_words).collect::<Vec<_>>(), [told], "{how:?}");
        }
    }

    #[test]
    fn after_the_end_nothing_is_sent() {
        let (mut stream, _) = open();
        stream.closed(Closing::Reset);
        assert!(stream.said(Side::Acceptor, b"late").is_empty());
    }

    fn open() -> (Stream, Sent) {
        let address = |text: &str| text.parse().unwrap();
        Stream::open(address("198.18.0.1:40000"), address("198.18.0.2:80"), Side::Initiator, 7)
    }

    fn number(sent: &Sent) -> u32 {
        u32::from_be_bytes(sent.octets[24..28].try_into().unwrap())
    }

    fn in_words(sent: &Sent) -> String {
        let way = if sent.by == Side::Initiator { '>' } else { '<' };
        if sent.octets[9] == 1 {
            return format!("{way} icmp");
        }
        let flags = [(SYN, 'S'), (ACK, 'A'), (PSH, 'P'), (FIN, 'F'), (RST, 'R')];
        let set: String = flags.iter().filter(|(flag, _)| sent.octets[33] & flag != 0).map(|(_, name)| name).collect();
        let header = usize::from(sent.octets[32] >> 4) * 4;
        format!("{way} {set} {}", sent.octets.len() - 20 - header)
    }
}
