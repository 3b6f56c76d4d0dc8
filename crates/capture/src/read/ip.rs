//! IPv4 (RFC 791) and IPv6 (RFC 8200) packets, and fragments put together.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use toynet_machine::Time;

/// A packet, as far as it was kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub from: IpAddr,
    pub to: IpAddr,
    /// What the payload is (IANA's protocol numbers).
    pub protocol: u8,
    pub payload: &'a [u8],
    /// Octets of the payload that were not kept.
    pub missing: usize,
    pub fragment: Option<Fragment>,
}

/// Which part of a packet this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    number: u32,
    offset: usize,
    more: bool,
}

/// The packet at the beginning of `octets`, of whose frame so many octets more were not kept.
pub(super) fn parse(octets: &[u8], missing: usize) -> Option<Packet<'_>> {
    match octets.first()? >> 4 {
        4 => ipv4(octets, missing),
        6 => ipv6(octets, missing),
        _ => None,
    }
}

fn ipv4(octets: &[u8], cut: usize) -> Option<Packet<'_>> {
    let header = usize::from(octets.first()? & 15) * 4;
    let fixed: &[u8; 20] = octets.first_chunk().filter(|_| header >= 20)?;
    let two = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
    // A card that cuts into segments itself leaves the length to be filled in.
    let total = if two(2) == 0 { octets.len() + cut } else { usize::from(two(2)) };
    let kept = octets.get(header..total.min(octets.len()))?;
    let (flags, offset) = (two(6) >> 13, usize::from(two(6) & 0x1fff) * 8);
    let more = flags & 1 != 0;
    let fragment = (more || offset > 0).then(|| Fragment { number: two(4).into(), offset, more });
    let address = |at: usize| IpAddr::V4(Ipv4Addr::new(fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]));
    let missing = total.saturating_sub(header + kept.len());
    Some(Packet { from: address(12), to: address(16), protocol: fixed[9], payload: kept, missing, fragment })
}

fn ipv6(octets: &[u8], cut: usize) -> Option<Packet<'_>> {
    let (fixed, rest) = octets.split_first_chunk::<40>()?;
    let length = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
    let length = if length == 0 { rest.len() + cut } else { length };
    let mut kept = rest.get(..length.min(rest.len()))?;
    let missing = length - kept.len();
    let address = |at: usize| Some(IpAddr::V6(Ipv6Addr::from(*fixed.get(at..)?.first_chunk::<16>()?)));
    let (mut protocol, mut fragment) = (fixed[6], None);
    for _ in 0..MOST_HEADERS {
        let after = match protocol {
            HOP_BY_HOP | ROUTING | DESTINATION => (usize::from(*kept.get(1)?) + 1) * 8,
            AUTHENTICATION => (usize::from(*kept.get(1)?) + 2) * 4,
            FRAGMENT => {
                let head: &[u8; 8] = kept.first_chunk()?;
                let place = u16::from_be_bytes([head[2], head[3]]);
                let (offset, more) = (usize::from(place & !7), place & 1 != 0);
                let number = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
                // RFC 6946: a fragment that is the whole needs no others.
                fragment = (more || offset > 0).then_some(Fragment { number, offset, more });
                8
            }
            _ => break,
        };
        protocol = *kept.first()?;
        kept = kept.get(after..)?;
        if fragment.is_some() {
            break;
        }
    }
    Some(Packet { from: address(8)?, to: address(24)?, protocol, payload: kept, missing, fragment })
}

/// Packets of which parts are missing.
#[derive(Debug, Default)]
pub(super) struct Fragments(BTreeMap<Key, Parts>);

type Key = (IpAddr, IpAddr, u8, u32);

#[derive(Debug)]
struct Parts {
    since: Time,
    parts: BTreeMap<usize, Vec<u8>>,
    /// Where the packet ends, once that is known.
    end: Option<usize>,
}

impl Fragments {
    /// Adds a part; the whole payload when nothing is missing any more. Of parts that overlap the first to
    /// arrive counts.
    pub fn add(&mut self, packet: &Packet<'_>, fragment: Fragment, now: Time) -> Option<Vec<u8>> {
        let key = (packet.from, packet.to, packet.protocol, fragment.number);
        self.make_room(&key, now);
        let parts = self.0.entry(key).or_insert_with(|| Parts { since: now, parts: BTreeMap::new(), end: None });
        let end = fragment.offset + packet.payload.len();
        if packet.missing > 0 || end > LONGEST || parts.parts.len() >= MOST_PARTS {
            self.0.remove(&key);
            return None;
        }
        if !fragment.more {
            parts.end = Some(end);
        }
        parts.parts.entry(fragment.offset).or_insert_with(|| packet.payload.to_vec());
        let whole = parts.whole()?;
        self.0.remove(&key);
        Some(whole)
    }

    fn make_room(&mut self, key: &Key, now: Time) {
        if self.0.len() < MOST_PACKETS || self.0.contains_key(key) {
            return;
        }
        self.0.retain(|_, parts| now.since(parts.since) < PATIENCE);
        if self.0.len() >= MOST_PACKETS {
            self.0.clear();
        }
    }
}

impl Parts {
    fn whole(&self) -> Option<Vec<u8>> {
        let end = self.end?;
        let mut whole = Vec::with_capacity(end);
        for (offset, part) in &self.parts {
            let known = whole.len().checked_sub(*offset)?;
            whole.extend(part.get(known..).unwrap_or_default());
        }
        whole.truncate(end);
        (whole.len() == end).then_some(whole)
    }
}

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;
/// RFC 8200 section 4.1 names seven.
const MOST_HEADERS: usize = 8;
/// A payload's length has 16 bits.
const LONGEST: usize = 65_535;
/// Of one packet: a payload in parts of 64 octets.
const MOST_PARTS: usize = 1024;
/// Packets in parts at once: 16 MiB at most.
const MOST_PACKETS: usize = 256;
/// RFC 8200 section 4.5 gives a packet a minute.
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_any_order_make_the_whole() {
        let payload: Vec<u8> = (0..100).collect();
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut fragments = Fragments::default();
            let mut whole = None;
            for part in order {
                let (from, to) = [(0, 40), (32, 80), (80, 100)][part];
                let octets = v4_fragment(from, to < 100, &payload[from..to]);
                let packet = parse(&octets, 0).unwrap();
                whole = whole.or(fragments.add(&packet, packet.fragment.unwrap(), Time::default()));
            }
            assert_eq!(whole.as_ref(), Some(&payload), "{order:?}");
            assert!(fragments.0.is_empty());
        }
    }

    #[test]
    fn a_flood_of_first_parts_takes_bounded_room() {
        let mut fragments = Fragments::default();
        for number in 0..10_000 {
            let mut octets = v4_fragment(0, true, &[0; 8]);
            octets[4..6].copy_from_slice(&(number as u16).to_be_bytes());
            let packet = parse(&octets, 0).unwrap();
            fragments.add(&packet, packet.fragment.unwrap(), Time::default());
        }
        assert!(fragments.0.len() <= MOST_PACKETS);
    }

    #[test]
    fn headers_of_ipv6_are_passed_over() {
        let mut octets = [&[0x60, 0, 0, 0, 0, 20, HOP_BY_HOP, 64][..], &[1; 16], &[2; 16]].concat();
        octets.extend([DESTINATION, 0, 1, 4, 0, 0, 0, 0]);
        octets.extend([17, 0, 1, 4, 0, 0, 0, 0]);
        octets.extend(b"data");
        let packet = parse(&octets, 0).unwrap();
        assert_eq!((packet.protocol, packet.payload), (17, &b"data"[..]));
        assert!((0..40).all(|length| parse(&octets[..length], 0).is_none()));
    }

    #[test]
    fn what_was_not_kept_is_counted_and_padding_is_not() {
        let octets = [&[0x45, 0, 0, 30, 0, 0, 0, 0, 64, 17, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2][..], b"12345"].concat();
        assert_eq!(parse(&octets, 5).unwrap().missing, 5);
        let padded = [&octets[..], &[0; 20]].concat();
        let packet = parse(&padded, 0).unwrap();
        assert_eq!((packet.payload.len(), packet.missing), (10, 0));
    }

    fn v4_fragment(offset: usize, more: bool, octets: &[u8]) -> Vec<u8> {
        let total = ((20 + octets.len()) as u16).to_be_bytes();
        let place = (u16::from(more) << 13 | (offset / 8) as u16).to_be_bytes();
        let head = [0x45, 0, total[0], total[1], 0, 7, place[0], place[1], 64, 17, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
        [&head[..], octets].concat()
    }
}
