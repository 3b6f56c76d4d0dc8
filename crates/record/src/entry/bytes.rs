//! An entry as bytes and back: a fixed head (kind, end, time, order) and what its kind adds, all numbers in little
//! endian, so that writing one is a handful of stores and one copy.

use toynet_machine::Time;

use super::field::{
    Input, closing_code, closing_of, put_address, put_cause, put_octets, put_transport, side_code, side_of,
};
use super::{Entry, Seen};
use crate::{Direction, EndId};

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
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::{Cause, Closing, Side, Transport};

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
