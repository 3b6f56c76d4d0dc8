//! What lies around an IP packet on a line (the list of LINKTYPE values at tcpdump.org).

/// The IP packet in a frame, perhaps with octets after it.
pub(super) fn ip(link: u32, frame: &[u8]) -> Option<&[u8]> {
    match link {
        ETHERNET => ethernet(frame),
        // The family is a number of the system that wrote it; the packet says better what it is.
        NULL | LOOP => frame.get(4..),
        RAW | RAW_BSD | RAW_OPENBSD | IPV4 | IPV6 => Some(frame),
        LINUX_COOKED => typed(two(frame, 14)?, frame.get(16..)?),
        LINUX_COOKED_2 => typed(two(frame, 0)?, frame.get(20..)?),
        _ => None,
    }
}

fn ethernet(frame: &[u8]) -> Option<&[u8]> {
    typed(two(frame, 12)?, frame.get(14..)?)
}

/// What follows an EtherType, with VLAN tags (IEEE 802.1Q) taken off.
fn typed(mut kind: u16, mut rest: &[u8]) -> Option<&[u8]> {
    for _ in 0..MOST_TAGS {
        match kind {
            TYPE_IPV4 | TYPE_IPV6 => return Some(rest),
            VLAN | PROVIDER_VLAN | OLD_PROVIDER_VLAN => {
                kind = two(rest, 2)?;
                rest = rest.get(4..)?;
            }
            PPPOE => return rest.get(8..).filter(|_| matches!(two(rest, 6), Some(PPP_IPV4 | PPP_IPV6))),
            _ => return None,
        }
    }
    None
}

fn two(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|pair| u16::from_be_bytes(*pair))
}

const NULL: u32 = 0;
const ETHERNET: u32 = 1;
const RAW_BSD: u32 = 12;
const RAW_OPENBSD: u32 = 14;
const RAW: u32 = 101;
const LOOP: u32 = 108;
const LINUX_COOKED: u32 = 113;
const IPV4: u32 = 228;
const IPV6: u32 = 229;
const LINUX_COOKED_2: u32 = 276;
const TYPE_IPV4: u16 = 0x0800;
const TYPE_IPV6: u16 = 0x86dd;
const VLAN: u16 = 0x8100;
const PROVIDER_VLAN: u16 = 0x88a8;
const OLD_PROVIDER_VLAN: u16 = 0x9100;
const PPPOE: u16 = 0x8864;
const PPP_IPV4: u16 = 0x0021;
const PPP_IPV6: u16 = 0x0057;
/// A provider's and a customer's, and two to spare.
const MOST_TAGS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ip_is_found_under_every_link() {
        let packet = [0x45, 1, 2, 3];
        let after = |head: &[u8]| [head, &packet].concat();
        let frames = [
            (ETHERNET, after(&[&[0; 12][..], &[8, 0]].concat())),
            (ETHERNET, after(&[&[0; 12][..], &[0x81, 0, 0, 5, 8, 0]].concat())),
            (ETHERNET, after(&[&[0; 12][..], &[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0]].concat())),
            (NULL, after(&[2, 0, 0, 0])),
            (LOOP, after(&[0, 0, 0, 2])),
            (RAW, after(&[])),
            (LINUX_COOKED, after(&[&[0; 14][..], &[8, 0]].concat())),
            (LINUX_COOKED_2, after(&[&[8, 0][..], &[0; 18]].concat())),
        ];
        for (link, frame) in frames {
            assert_eq!(ip(link, &frame), Some(&packet[..]), "{link}");
            (0..frame.len() - 4)
                .for_each(|length| assert!(ip(link, &frame[..length]).is_none_or(|rest| rest.len() < 4)));
        }
        assert_eq!(ip(ETHERNET, &after(&[&[0; 12][..], &[8, 6]].concat())), None, "ARP");
        assert_eq!(ip(147, &packet), None);
    }
}
