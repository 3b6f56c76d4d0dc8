//! One thing that was seen, as bytes and back.
//!
//! An entry is a fixed head (kind, end, time, order) and what its kind adds, all numbers in little
//! endian, so that writing one is a handful of stores and one copy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use toynet_machine::Time;

use crate::{Cause, Closing, Direction, EndId, Side, Transport};

/// Something that one end of a flow saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Who saw it.
    pub end: EndId,
    /// When. Entries of one batch share one time.
    pub time: Time,
    /// Its place among all that the worker saw; settles what equal times leave open.
    pub order: u64,
    /// What.
    pub seen: Seen<'a>,
}

/// What an end can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<'a> {
    /// The end came to be. A socket that serves datagrams names no peer: it is `0.0.0.0:0`.
    Opened {
        /// Which side of the flow this end is.
        side: Side,
        /// What carries it.
        transport: Transport,
        /// Which stream of its connection it is (RFC 9000 section 2.1), where it is one of QUIC.
        stream: Option<u64>,
        /// The lab address of this end.
        local: SocketAddr,
        /// The lab address of the other end, or an address outside the lab.
        peer: SocketAddr,
        /// Why, when another exchange was the reason.
        cause: Option<Cause>,
    },
    /// The end is there still, though the entry that opened it was forgotten.
    Again {
        /// Which side of the flow this end is.
        side: Side,
        /// What carries it.
        transport: Transport,
        /// Which stream of its connection it is.
        stream: Option<u64>,
        /// The lab address of this end.
        local: SocketAddr,
        /// The address of the other end.
        peer: SocketAddr,
    },
    /// Octets of a stream, or one datagram of a flow with one peer.
    Octets {
        /// Which way they went.
        direction: Direction,
        /// Their number in that direction, from 1.
        number: u64,
        /// The octets.
        octets: &'a [u8],
    },
    /// One datagram at a socket that serves many peers.
    Datagram {
        /// Which way it went.
        direction: Direction,
        /// From or to whom.
        peer: SocketAddr,
        /// Received: its number from 1. Sent: the number of the datagram that it answers.
        number: u64,
        /// The octets.
        octets: &'a [u8],
    },
    /// Octets that passed and were not kept.
    Hole {
        /// Which way they went.
        direction: Direction,
        /// How many.
        length: u64,
    },
    /// An exchange at this end, an initiator's, was begun for the sake of another.
    Because {
        /// The exchange at this end, from 1.
        exchange: u64,
        /// What it was for.
        cause: Cause,
    },
    /// The lab did something to this end's octets on purpose.
    Fault {
        /// Which way they went.
        direction: Direction,
        /// The number of the octets concerned in that direction, or of those that come next.
        number: u64,
        /// What was done, in a word or two.
        what: &'a str,
    },
    /// From here on octets are clear text inside TLS.
    Secured {
        /// Protocol version, cipher suite, ALPN protocol and server name, one line; empty where another stream of the same
        /// connection has them.
        terms: &'a str,
    },
    /// TLS was expected and did not come to be, or was given up.
    Unsecured {
        /// Sent when this end would not have it, received when the other would not.
        direction: Direction,
        /// Why, with the alert's name.
        why: &'a str,
    },
    /// From here on octets are TLS records of which nobody here has the clear text.
    Shut {
        /// What of its terms shows from outside, and why it is not opened, one line.
        terms: &'a str,
    },
    /// A line of the TLS key log (draft-ietf-tls-keylogfile) that opens this flow.
    Secret {
        /// The line, without its end.
        line: &'a str,
    },
    /// The TLS records that carried the octets so far, by length.
    Sealed {
        /// Which way they went.
        direction: Direction,
        /// Octets on the wire since the last such entry.
        length: u64,
    },
    /// A host has come to the lab, or was given an address. It is no end's.
    Named {
        /// An address of it; its port means nothing.
        address: SocketAddr,
        /// Its name.
        host: &'a str,
    },
    /// The end is no more.
    Closed {
        /// How it ended.
        how: Closing,
    },
}

impl<'a> Entry<'a> {
    /// Octets that [`Entry::write`] appends for the largest entry without octets or text of its own.
    pub const HEAD: usize = 96;

    /// Appends the entry to `out`. Octets and texts may hold up to 2^32 - 1 octets.
    #[inline]
    pub fn write(&self, out: &mut impl bytes::BufMut) {
        out.put_u8(self.seen.kind());
        out.put_u64_le(self.end.bits());
        out.put_u64_le(self.time.nanos());
        out.put_u64_le(self.order);
        self.seen.write(out);
    }

    /// Takes one entry off the front of `from`; nothing when `from` ends inside it or makes no sense.
    pub fn read(from: &mut &'a [u8]) -> Option<Self> {
        let mut input = Input(from);
        let kind = input.u8()?;
        let (end, time, order) = (input.u64()?, input.u64()?, input.u64()?);
        let seen = Seen::read(kind, &mut input)?;
        *from = input.0;
        Some(Self { end: EndId::from_bits(end), time: Time::from_nanos(time), order, seen })
    }
}

impl<'a> Seen<'a> {
    fn kind(&self) -> u8 {
        match self {
            Seen::Opened { .. } => 1,
            Seen::Octets { direction: Direction::Sent, .. } => 2,
            Seen::Octets { direction: Direction::Received, .. } => 3,
            Seen::Datagram { direction: Direction::Sent, .. } => 4,
            Seen::Datagram { direction: Direction::Received, .. } => 5,
            Seen::Hole { direction: Direction::Sent, .. } => 6,
            Seen::Hole { direction: Direction::Received, .. } => 7,
            Seen::Because { .. } => 8,
            Seen::Fault { direction: Direction::Sent, .. } => 9,
            Seen::Fault { direction: Direction::Received, .. } => 10,
            Seen::Secured { .. } => 11,
            Seen::Secret { .. } => 12,
            Seen::Sealed { direction: Direction::Sent, .. } => 13,
            Seen::Sealed { direction: Direction::Received, .. } => 14,
            Seen::Closed { .. } => 15,
            Seen::Again { .. } => 16,
            Seen::Unsecured { direction: Direction::Sent, .. } => 17,
            Seen::Unsecured { direction: Direction::Received, .. } => 18,
            Seen::Named { .. } => 19,
            Seen::Shut { .. } => 20,
        }
    }

    #[inline]
    fn write(&self, out: &mut impl bytes::BufMut) {
        match self {
            Seen::Opened { side, transport, stream, local, peer, cause } => {
                out.put_u8(side_code(*side));
                put_transport(out, *transport, *stream);
                put_address(out, *local);
                put_address(out, *peer);
                out.put_u8(u8::from(cause.is_some()));
                if let Some(cause) = cause {
                    put_cause(out, *cause);
                }
            }
            Seen::Again { side, transport, stream, local, peer } => {
                out.put_u8(side_code(*side));
                put_transport(out, *transport, *stream);
                put_address(out, *local);
                put_address(out, *peer);
            }
            Seen::Octets { number, octets, .. } => {
                out.put_u64_le(*number);
                put_octets(out, octets);
            }
            Seen::Datagram { peer, number, octets, .. } => {
                put_address(out, *peer);
                out.put_u64_le(*number);
                put_octets(out, octets);
            }
            Seen::Hole { length, .. } | Seen::Sealed { length, .. } => out.put_u64_le(*length),
            Seen::Because { exchange, cause } => {
                out.put_u64_le(*exchange);
                put_cause(out, *cause);
            }
            Seen::Fault { number, what, .. } => {
                out.put_u64_le(*number);
                put_octets(out, what.as_bytes());
            }
            Seen::Secured { terms: text }
            | Seen::Shut { terms: text }
            | Seen::Secret { line: text }
            | Seen::Unsecured { why: text, .. } => {
                put_octets(out, text.as_bytes());
            }
            Seen::Named { address, host } => {
                put_address(out, *address);
                put_octets(out, host.as_bytes());
            }
            Seen::Closed { how } => out.put_u8(closing_code(*how)),
        }
    }

    fn read(kind: u8, input: &mut Input<'a>) -> Option<Self> {
        let direction = if matches!(kind, 2 | 4 | 6 | 9 | 13 | 17) { Direction::Sent } else { Direction::Received };
        Some(match kind {
            1 => {
                let (side, (transport, stream)) = (side_of(input.u8()?)?, input.transport()?);
                let (local, peer) = (input.address()?, input.address()?);
                let cause = match input.u8()? {
                    0 => None,
                    _ => Some(input.cause()?),
                };
                Seen::Opened { side, transport, stream, local, peer, cause }
            }
            2 | 3 => Seen::Octets { direction, number: input.u64()?, octets: input.octets()? },
            4 | 5 => {
                Seen::Datagram { direction, peer: input.address()?, number: input.u64()?, octets: input.octets()? }
            }
            6 | 7 => Seen::Hole { direction, length: input.u64()? },
            8 => Seen::Because { exchange: input.u64()?, cause: input.cause()? },
            9 | 10 => Seen::Fault { direction, number: input.u64()?, what: input.text()? },
            11 => Seen::Secured { terms: input.text()? },
            12 => Seen::Secret { line: input.text()? },
            13 | 14 => Seen::Sealed { direction, length: input.u64()? },
            15 => Seen::Closed { how: closing_of(input.u8()?)? },
            16 => {
                let (side, (transport, stream)) = (side_of(input.u8()?)?, input.transport()?);
                Seen::Again { side, transport, stream, local: input.address()?, peer: input.address()? }
            }
            17 | 18 => Seen::Unsecured { direction, why: input.text()? },
            19 => Seen::Named { address: input.address()?, host: input.text()? },
            20 => Seen::Shut { terms: input.text()? },
            _ => return None,
        })
    }

    /// How many octets of payload or text the entry carries.
    #[inline]
    pub(crate) fn payload(&self) -> usize {
        match self {
            Seen::Octets { octets, .. } | Seen::Datagram { octets, .. } => octets.len(),
            Seen::Fault { what: text, .. }
            | Seen::Secured { terms: text }
            | Seen::Shut { terms: text }
            | Seen::Unsecured { why: text, .. }
            | Seen::Named { host: text, .. }
            | Seen::Secret { line: text } => text.len(),
            Seen::Opened { .. }
            | Seen::Again { .. }
            | Seen::Hole { .. }
            | Seen::Because { .. }
            | Seen::Sealed { .. }
            | Seen::Closed { .. } => 0,
        }
    }
}

#[inline]
fn put_octets(out: &mut impl bytes::BufMut, octets: &[u8]) {
    out.put_u32_le(octets.len() as u32);
    out.put_slice(octets);
}

#[inline]
fn put_address(out: &mut impl bytes::BufMut, address: SocketAddr) {
    match address.ip() {
        IpAddr::V4(ip) => {
            out.put_u8(4);
            out.put_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            out.put_u8(6);
            out.put_slice(&ip.octets());
        }
    }
    out.put_u16_le(address.port());
}

fn put_transport(out: &mut impl bytes::BufMut, transport: Transport, stream: Option<u64>) {
    match stream {
        None => out.put_u8(transport_code(transport)),
        Some(stream) => {
            out.put_u8(STREAM);
            out.put_u64_le(stream);
        }
    }
}

fn put_cause(out: &mut impl bytes::BufMut, cause: Cause) {
    out.put_u64_le(cause.end.bits());
    out.put_u64_le(cause.exchange);
}

/// What is left of the bytes that are being read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn octets(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.array()?);
        self.take(length as usize)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.octets()?).ok()
    }

    fn address(&mut self) -> Option<SocketAddr> {
        let ip = match self.u8()? {
            4 => IpAddr::V4(Ipv4Addr::from(self.array::<4>()?)),
            6 => IpAddr::V6(Ipv6Addr::from(self.array::<16>()?)),
            _ => return None,
        };
        Some(SocketAddr::new(ip, u16::from_le_bytes(self.array()?)))
    }

    fn transport(&mut self) -> Option<(Transport, Option<u64>)> {
        match self.u8()? {
            STREAM => Some((Transport::Quic, Some(self.u64()?))),
            code => Some((transport_of(code)?, None)),
        }
    }

    fn cause(&mut self) -> Option<Cause> {
        Some(Cause { end: EndId::from_bits(self.u64()?), exchange: self.u64()? })
    }
}

fn side_code(side: Side) -> u8 {
    match side {
        Side::Initiator => 0,
        Side::Acceptor => 1,
    }
}

fn side_of(code: u8) -> Option<Side> {
    [Side::Initiator, Side::Acceptor].get(usize::from(code)).copied()
}

fn transport_code(transport: Transport) -> u8 {
    match transport {
        Transport::Tcp => 0,
        Transport::Udp => 1,
        Transport::Quic => 2,
        Transport::Command => 3,
    }
}

fn transport_of(code: u8) -> Option<Transport> {
    [Transport::Tcp, Transport::Udp, Transport::Quic, Transport::Command].get(usize::from(code)).copied()
}

fn closing_code(how: Closing) -> u8 {
    match how {
        Closing::Finished => 0,
        Closing::Reset => 1,
        Closing::Refused => 2,
        Closing::TimedOut => 3,
        Closing::Unreachable => 4,
        Closing::Failed => 5,
    }
}

fn closing_of(code: u8) -> Option<Closing> {
    [Closing::Finished, Closing::Reset, Closing::Refused, Closing::TimedOut, Closing::Unreachable, Closing::Failed]
        .get(usize::from(code))
        .copied()
}

/// The code of a transport that is QUIC and whose stream's number follows.
const STREAM: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_entry_comes_back_as_it_was() {
        let mut bytes = Vec::new();
        let entries: Vec<_> = all_kinds().into_iter().zip(0..).map(|(seen, order)| entry(order, seen)).collect();
        entries.iter().for_each(|entry| entry.write(&mut bytes));

        let mut rest = bytes.as_slice();
        let back: Vec<_> = std::iter::from_fn(|| Entry::read(&mut rest)).collect();

        assert_eq!(back, entries);
        assert!(rest.is_empty());
    }

    #[test]
    fn a_cut_entry_is_nothing_and_takes_nothing() {
        for seen in all_kinds() {
            let mut bytes = Vec::new();
            entry(1, seen).write(&mut bytes);
            for length in 0..bytes.len() {
                let mut cut = &bytes[..length];
                assert_eq!(Entry::read(&mut cut), None);
                assert_eq!(cut.len(), length);
            }
        }
    }

    fn entry(order: u64, seen: Seen<'_>) -> Entry<'_> {
        Entry { end: EndId::new(3, 9), time: Time::from_nanos(77), order, seen }
    }

    fn all_kinds() -> Vec<Seen<'static>> {
        let cause = Cause { end: EndId::new(1, 2), exchange: 3 };
        let v4 = SocketAddr::from(([198, 18, 0, 1], 53));
        let v6 = SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 4000));
        let (side, transport) = (Side::Initiator, Transport::Udp);
        let mut kinds = vec![
            Seen::Opened { side, transport, stream: None, local: v4, peer: v6, cause: None },
            Seen::Opened {
                side: Side::Acceptor,
                transport: Transport::Quic,
                stream: Some(4),
                local: v6,
                peer: v4,
                cause: Some(cause),
            },
            Seen::Again { side, transport, stream: None, local: v6, peer: v4 },
            Seen::Again { side, transport: Transport::Quic, stream: Some(1 << 40), local: v6, peer: v4 },
            Seen::Because { exchange: 4, cause },
            Seen::Secured { terms: "TLS 1.3" },
            Seen::Shut { terms: "TLS 1.2 for a.test: closed" },
            Seen::Secret { line: "LABEL aa bb" },
            Seen::Named { address: v6, host: "www.shop.test" },
            Seen::Closed { how: Closing::Unreachable },
        ];
        for direction in [Direction::Sent, Direction::Received] {
            kinds.extend([
                Seen::Octets { direction, number: 1, octets: b"GET" },
                Seen::Datagram { direction, peer: v6, number: 2, octets: b"\0\x01" },
                Seen::Hole { direction, length: 1 << 40 },
                Seen::Fault { direction, number: 7, what: "lost" },
                Seen::Sealed { direction, length: 1400 },
                Seen::Unsecured { direction, why: "alert unknown_ca" },
            ]);
        }
        kinds
    }
}
