//! The list of types in NSEC, NSEC3 and CSYNC: windows of bits (RFC 4034 4.1.2).

use crate::codes::RecordType;

/// Reads the windows; nothing if they are out of order or cut.
pub fn read(octets: &[u8]) -> Option<Vec<RecordType>> {
    let mut types = Vec::new();
    let mut rest = octets;
    let mut last = None;
    while let [window, length @ 1..=32, after @ ..] = rest {
        let (bits, after) = after.split_at_checked(usize::from(*length))?;
        if last >= Some(*window) {
            return None;
        }
        last = Some(*window);
        types.extend(types_of(*window, bits));
        rest = after;
    }
    rest.is_empty().then_some(types)
}

fn types_of(window: u8, bits: &[u8]) -> impl Iterator<Item = RecordType> {
    let all = (0_u16..).zip(bits).flat_map(|(index, octet)| (0..8_u16).map(move |bit| (index * 8 + bit, octet << bit)));
    all.filter(|(_, shifted)| shifted & 0x80 != 0).map(move |(low, _)| RecordType(u16::from(window) << 8 | low))
}

/// Writes the windows of `types`.
pub fn write(types: &[RecordType]) -> Vec<u8> {
    let mut sorted = types.to_vec();
    sorted.sort_unstable();
    let mut octets = Vec::new();
    for window in sorted.chunk_by(|one, next| one.0 >> 8 == next.0 >> 8) {
        let mut bits = [0_u8; 32];
        for kind in window {
            let low = usize::from(kind.0 & 0xff);
            bits[low / 8] |= 0x80 >> (low % 8);
        }
        let used = usize::from(window[window.len() - 1].0 & 0xff) / 8 + 1;
        octets.extend_from_slice(&[(window[0].0 >> 8) as u8, used as u8]);
        octets.extend_from_slice(&bits[..used]);
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_4034_holds() {
        let types = [RecordType::A, RecordType::MX, RecordType::RRSIG, RecordType::NSEC, RecordType(1234)];
        let octets = write(&types);
        assert_eq!(octets[..8], [0, 6, 0x40, 0x01, 0, 0, 0, 0x03]);
        assert_eq!(octets[8..10], [4, 27]);
        assert_eq!(read(&octets).unwrap(), types);
        assert_eq!(read(&[0, 1]), None);
        assert_eq!(read(&[1, 1, 0x80, 0, 1, 0x80]), None);
    }
}
