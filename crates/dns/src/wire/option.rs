//! The options inside an OPT record (RFC 6891 6.1.2).

use std::fmt;
use std::net::IpAddr;

/// A request for the server's name (RFC 5001).
pub const NSID: u16 = 3;
/// The client's network (RFC 7871).
pub const SUBNET: u16 = 8;
/// How long a zone's copy is good (RFC 7314).
pub const EXPIRE: u16 = 9;
/// A cookie (RFC 7873).
pub const COOKIE: u16 = 10;
/// How long a connection may stay idle (RFC 7828).
pub const KEEPALIVE: u16 = 11;
/// Octets that hide a message's length (RFC 7830).
pub const PADDING: u16 = 12;
/// Why an answer is as it is (RFC 8914).
pub const EXTENDED_ERROR: u16 = 15;
/// Whom to tell of errors (RFC 9567).
pub const REPORT_CHANNEL: u16 = 18;

/// Each option with its code; what is cut at the end is left out.
pub fn each(options: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = options;
    std::iter::from_fn(move || {
        let [c1, c2, l1, l2, after @ ..] = rest else { return None };
        let (value, after) = after.split_at_checked(usize::from(u16::from_be_bytes([*l1, *l2])))?;
        rest = after;
        Some((u16::from_be_bytes([*c1, *c2]), value))
    })
}

/// Whether options fill their record to its last octet.
pub fn are_whole(options: &[u8]) -> bool {
    each(options).map(|(_, value)| 4 + value.len()).sum::<usize>() == options.len()
}

/// The name of an option, if it has one.
pub fn name(code: u16) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// What the info code of an extended error means (RFC 8914 4).
pub fn extended_error(code: u16) -> &'static str {
    ERRORS.get(usize::from(code)).copied().unwrap_or("Unknown Code")
}

/// `198.18.0.0/24/0`: address, prefix asked with, prefix that the answer goes for (RFC 7871 6).
pub fn subnet(value: &[u8]) -> Option<String> {
    let [0, family, source, scope, address @ ..] = value else { return None };
    let mut octets = [0; 16];
    octets.get_mut(..address.len())?.copy_from_slice(address);
    let address = match family {
        1 if address.len() <= 4 => IpAddr::from([octets[0], octets[1], octets[2], octets[3]]).to_string(),
        2 => IpAddr::from(octets).to_string(),
        _ => return None,
    };
    Some(format!("{address}/{source}/{scope}"))
}

/// Option octets as text, with dots for what is none.
pub struct Readable<'a>(pub &'a [u8]);

impl fmt::Display for Readable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |octet: &u8| if (0x20..=0x7e).contains(octet) { char::from(*octet) } else { '.' };
        self.0.iter().try_for_each(|octet| write!(f, "{}", shown(octet)))
    }
}

const NAMES: &[(u16, &str)] = &[
    (1, "LLQ"),
    (2, "UL"),
    (NSID, "NSID"),
    (5, "DAU"),
    (6, "DHU"),
    (7, "N3U"),
    (SUBNET, "CLIENT-SUBNET"),
    (EXPIRE, "EXPIRE"),
    (COOKIE, "COOKIE"),
    (KEEPALIVE, "TCP-KEEPALIVE"),
    (PADDING, "PADDING"),
    (13, "CHAIN"),
    (14, "KEY-TAG"),
    (EXTENDED_ERROR, "EDE"),
    (REPORT_CHANNEL, "REPORT-CHANNEL"),
    (19, "ZONEVERSION"),
];

/// The registry of extended error codes, from 0 on.
const ERRORS: [&str; 31] = [
    "Other",
    "Unsupported DNSKEY Algorithm",
    "Unsupported DS Digest Type",
    "Stale Answer",
    "Forged Answer",
    "DNSSEC Indeterminate",
    "DNSSEC Bogus",
    "Signature Expired",
    "Signature Not Yet Valid",
    "DNSKEY Missing",
    "RRSIGs Missing",
    "No Zone Key Bit Set",
    "NSEC Missing",
    "Cached Error",
    "Not Ready",
    "Blocked",
    "Censored",
    "Filtered",
    "Prohibited",
    "Stale NXDomain Answer",
    "Not Authoritative",
    "Not Supported",
    "No Reachable Authority",
    "Network Error",
    "Invalid Data",
    "Signature Expired before Valid",
    "Too Early",
    "Unsupported NSEC3 Iterations Value",
    "Unable to conform to policy",
    "Synthesized",
    "Invalid Query Type",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_one_after_the_other() {
        let octets = [0, 3, 0, 2, b'n', b's', 0, 12, 0, 0];
        assert_eq!(each(&octets).collect::<Vec<_>>(), [(NSID, &b"ns"[..]), (PADDING, &b""[..])]);
        assert!(are_whole(&octets) && are_whole(&[]));
        assert!(!are_whole(&octets[..9]) && !are_whole(&[0, 3, 0, 5, 1]));
    }
}
