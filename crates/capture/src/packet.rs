//! Octets become packets: an IP header, and one of TCP or UDP, with checksums that hold.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// From where to where. Both addresses are of one family: where one is not, both are written as IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    from: SocketAddr,
    to: SocketAddr,
}

/// What a segment says besides its octets (RFC 9293 section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// SYN, ACK and the others.
    pub flags: u8,
    /// The number of the first octet.
    pub sequence: u32,
    /// The number of the octet that is expected next.
    pub acknowledged: u32,
}

impl Path {
    /// A path between two addresses.
    pub fn new(from: SocketAddr, to: SocketAddr) -> Self {
        let mapped = |address: SocketAddr| match address.ip() {
            IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
            IpAddr::V6(_) => address,
        };
        if from.is_ipv4() == to.is_ipv4() { Self { from, to } } else { Self { from: mapped(from), to: mapped(to) } }
    }

    /// The way back.
    pub fn reversed(self) -> Self {
        Self { from: self.to, to: self.from }
    }

    /// Octets of a segment without options that fit into a packet of Ethernet, 1,500 octets.
    pub fn most_in_a_segment(self) -> usize {
        if self.from.is_ipv4() { ETHERNET - IPV4 - TCP } else { ETHERNET - IPV6 - TCP }
    }

    /// A packet with a TCP segment. The octets fit into [`Path::most_in_a_segment`].
    pub fn tcp(self, segment: Segment, octets: &[u8]) -> Vec<u8> {
        let options = self.options(segment);
        let mut packet = self.ip(PROTOCOL_TCP, TCP + options.len() + octets.len());
        let begin = packet.len();
        packet.extend(self.from.port().to_be_bytes());
        packet.extend(self.to.port().to_be_bytes());
        packet.extend(segment.sequence.to_be_bytes());
        packet.extend(segment.acknowledged.to_be_bytes());
        packet.push((((TCP + options.len()) / 4) << 4) as u8);
        packet.push(segment.flags);
        packet.extend(WINDOW.to_be_bytes());
        packet.extend([0; 4]);
        packet.extend(options);
        packet.extend(octets);
        let sum = self.checksum(PROTOCOL_TCP, &packet[begin..]);
        packet[begin + 16..begin + 18].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    /// A packet with a datagram; nothing when the datagram is longer than one can be.
    pub fn udp(self, octets: &[u8]) -> Option<Vec<u8>> {
        let length = u16::try_from(UDP + octets.len()).ok().filter(|length| usize::from(*length) + IPV6 <= LONGEST)?;
        let mut packet = self.ip(PROTOCOL_UDP, usize::from(length));
        let begin = packet.len();
        packet.extend(self.from.port().to_be_bytes());
        packet.extend(self.to.port().to_be_bytes());
        packet.extend(length.to_be_bytes());
        packet.extend([0; 2]);
        packet.extend(octets);
        // A sum of zero would say that there is none (RFC 768).
        let sum = match self.checksum(PROTOCOL_UDP, &packet[begin..]) {
            0 => u16::MAX,
            sum => sum,
        };
        packet[begin + 6..begin + 8].copy_from_slice(&sum.to_be_bytes());
        Some(packet)
    }

    /// What the system of `from` tells it of a packet that no way was found for (RFC 792, RFC 4443 section 3.1).
    pub fn unreachable(self, packet: &[u8]) -> Vec<u8> {
        let own = Self { from: self.from, to: self.from };
        let (protocol, kind, most) = match self.from {
            SocketAddr::V4(_) => (PROTOCOL_ICMP, [3, 1], IPV4 + 8),
            SocketAddr::V6(_) => (PROTOCOL_ICMPV6, [1, 0], packet.len()),
        };
        let quoted = &packet[..packet.len().min(most)];
        let mut out = own.ip(protocol, ICMP + quoted.len());
        let begin = out.len();
        out.extend(kind);
        out.extend([0; 6]);
        out.extend(quoted);
        let checksum = match self.from {
            SocketAddr::V4(_) => fold(sum(&out[begin..])),
            SocketAddr::V6(_) => own.checksum(PROTOCOL_ICMPV6, &out[begin..]),
        };
        out[begin + 2..begin + 4].copy_from_slice(&checksum.to_be_bytes());
        out
    }

    fn ip(self, protocol: u8, length: usize) -> Vec<u8> {
        match (self.from.ip(), self.to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => ipv4(from, to, protocol, length),
            (from, to) => ipv6(as_ipv6(from), as_ipv6(to), protocol, length),
        }
    }

    /// What a SYN offers: the largest segment, and windows in units of 128 octets (RFC 7323 section 2).
    fn options(self, segment: Segment) -> Vec<u8> {
        if segment.flags & SYN == 0 {
            return Vec::new();
        }
        let [high, low] = (self.most_in_a_segment() as u16).to_be_bytes();
        vec![2, 4, high, low, 1, 3, 3, WINDOW_SHIFT]
    }

    /// The checksum of TCP and UDP, over the addresses too (RFC 9293 section 3.1, RFC 8200 section 8.1).
    fn checksum(self, protocol: u8, octets: &[u8]) -> u16 {
        let addresses = [self.from.ip(), self.to.ip()].map(|ip| match ip {
            IpAddr::V4(ip) => sum(&ip.octets()),
            IpAddr::V6(ip) => sum(&ip.octets()),
        });
        let length = octets.len() as u64;
        fold(addresses.iter().sum::<u64>() + u64::from(protocol) + length + sum(octets))
    }
}

fn ipv4(from: Ipv4Addr, to: Ipv4Addr, protocol: u8, length: usize) -> Vec<u8> {
    let total = ((IPV4 + length) as u16).to_be_bytes();
    let mut header = vec![0x45, 0, total[0], total[1], 0, 0, DO_NOT_FRAGMENT, 0, HOPS, protocol, 0, 0];
    header.extend(from.octets());
    header.extend(to.octets());
    let sum = fold(sum(&header)).to_be_bytes();
    header[10..12].copy_from_slice(&sum);
    header.reserve(length);
    header
}

fn ipv6(from: Ipv6Addr, to: Ipv6Addr, protocol: u8, length: usize) -> Vec<u8> {
    let [high, low] = (length as u16).to_be_bytes();
    let mut header = vec![0x60, 0, 0, 0, high, low, protocol, HOPS];
    header.extend(from.octets());
    header.extend(to.octets());
    header.reserve(length);
    header
}

fn as_ipv6(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

/// The sum of the octets as numbers of 16 bits.
fn sum(octets: &[u8]) -> u64 {
    let pairs = octets.chunks_exact(2);
    let rest = pairs.remainder().first().map_or(0, |last| u64::from(*last) << 8);
    pairs.map(|pair| u64::from(pair[0]) << 8 | u64::from(pair[1])).sum::<u64>() + rest
}

/// The ones' complement of a sum (RFC 1071).
fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

/// The sender has said all that it will.
pub const FIN: u8 = 1;
/// The connection begins.
pub const SYN: u8 = 2;
/// The connection is torn down.
pub const RST: u8 = 4;
/// The octets are to be handed on at once.
pub const PSH: u8 = 8;
/// The number of acknowledgement counts.
pub const ACK: u8 = 16;

pub(crate) const PROTOCOL_TCP: u8 = 6;
pub(crate) const PROTOCOL_UDP: u8 = 17;
const PROTOCOL_ICMP: u8 = 1;
const PROTOCOL_ICMPV6: u8 = 58;
const ICMP: usize = 8;
const ETHERNET: usize = 1500;
const IPV4: usize = 20;
const IPV6: usize = 40;
const TCP: usize = 20;
const UDP: usize = 8;
/// A packet's length has 16 bits.
const LONGEST: usize = 65_535;
/// With the shift 8 MiB: no receiver of ours is ever full.
const WINDOW: u16 = u16::MAX;
const WINDOW_SHIFT: u8 = 7;
const DO_NOT_FRAGMENT: u8 = 0x40;
/// The Internet's usual beginning (RFC 1340, page 64).
const HOPS: u8 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_over_header_and_its_checksum_is_nothing() {
        for (from, to) in [("198.18.0.1:1", "198.18.0.2:2"), ("[2001:db8::1]:1", "[2001:db8::2]:2")] {
            let path = Path::new(from.parse().unwrap(), to.parse().unwrap());
            let header = if from.starts_with('[') { IPV6 } else { IPV4 };
            for octets in [&b""[..], b"odd", b"even"] {
                let udp = path.udp(octets).unwrap();
                assert_eq!(path.checksum(PROTOCOL_UDP, &udp[header..]), 0);
                let tcp = path.tcp(Segment { flags: SYN, ..Segment::default() }, octets);
                assert_eq!(path.checksum(PROTOCOL_TCP, &tcp[header..]), 0);
                if header == IPV4 {
                    assert_eq!(fold(sum(&tcp[..IPV4])), 0);
                }
            }
        }
    }

    #[test]
    fn addresses_of_two_families_meet_in_ipv6() {
        let path = Path::new("127.0.0.1:1".parse().unwrap(), "[2001:db8::2]:2".parse().unwrap());
        let packet = path.udp(b"x").unwrap();
        assert_eq!(&packet[8..24], Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets());
    }

    #[test]
    fn no_packet_is_longer_than_it_can_say() {
        let path = Path::new("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        assert!(path.udp(&[0; 65_536]).is_none());
    }
}
