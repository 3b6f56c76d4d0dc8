//! What DNSSEC's records mean, as far as a reader needs it: algorithms, digests, key tags. Nothing is verified here.

/// The flag of a key that signs a zone (RFC 4034 2.1.1).
pub(crate) const ZONE_KEY: u16 = 0x0100;
/// The flag of a key that the zone above points to (RFC 4034 2.1.1).
pub(crate) const SECURE_ENTRY: u16 = 0x0001;

/// The number by which signatures and DS records call a key (RFC 4034 B).
pub(crate) fn key_tag(rdata: &[u8]) -> u16 {
    let sum: u32 = rdata
        .iter()
        .enumerate()
        .map(|(index, octet)| if index % 2 == 0 { u32::from(*octet) << 8 } else { u32::from(*octet) })
        .fold(0, u32::wrapping_add);
    (sum.wrapping_add(sum >> 16) & 0xffff) as u16
}

/// The mnemonic of an algorithm (the IANA registry dns-sec-alg-numbers).
pub(crate) fn algorithm(number: u8) -> Option<&'static str> {
    ALGORITHMS.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// The number of an algorithm.
pub(crate) fn algorithm_number(mnemonic: &str) -> Option<u8> {
    ALGORITHMS.iter().find(|(_, name)| name.eq_ignore_ascii_case(mnemonic)).map(|(number, _)| *number)
}

/// The name of a digest in DS records (the IANA registry ds-rr-types).
pub(crate) fn digest(number: u8) -> Option<&'static str> {
    match number {
        1 => Some("SHA-1"),
        2 => Some("SHA-256"),
        4 => Some("SHA-384"),
        _ => None,
    }
}

const ALGORITHMS: &[(u8, &str)] = &[
    (1, "RSAMD5"),
    (2, "DH"),
    (3, "DSA"),
    (5, "RSASHA1"),
    (6, "DSA-NSEC3-SHA1"),
    (7, "RSASHA1-NSEC3-SHA1"),
    (8, "RSASHA256"),
    (10, "RSASHA512"),
    (12, "ECC-GOST"),
    (13, "ECDSAP256SHA256"),
    (14, "ECDSAP384SHA384"),
    (15, "ED25519"),
    (16, "ED448"),
    (252, "INDIRECT"),
    (253, "PRIVATEDNS"),
    (254, "PRIVATEOID"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_rfc_4034_5_4_has_its_tag() {
        let key = "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvx\
            egXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==";
        let key = crate::rdata::read_base64(key.as_bytes()).unwrap();
        assert_eq!(key_tag(&[&[1, 0, 3, 5][..], &key].concat()), 60485);
    }

    #[test]
    fn algorithms_have_names_and_numbers() {
        assert_eq!((algorithm(13), algorithm_number("ed25519")), (Some("ECDSAP256SHA256"), Some(15)));
        assert_eq!((algorithm(99), digest(2)), (None, Some("SHA-256")));
    }
}
