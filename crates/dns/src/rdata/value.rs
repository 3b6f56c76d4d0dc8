//! Values that take more than a number's digits, from their text.

use super::base;
use crate::calendar;
use crate::dnssec;

/// Seconds, or numbers with units: `1h30m`, `2W`.
pub(crate) fn read_span(text: &[u8]) -> Option<u32> {
    let mut total = 0_u64;
    let mut number: Option<u64> = None;
    for octet in text {
        match octet {
            b'0'..=b'9' => number = Some(number.unwrap_or(0) * 10 + u64::from(octet - b'0')).filter(|n| *n <= MOST),
            unit => total += number.take()? * unit_seconds(*unit)?,
        }
        if total > MOST {
            return None;
        }
    }
    let ends_plain = text.last()?.is_ascii_digit();
    let total = if ends_plain { total + number? } else { total };
    u32::try_from(total).ok()
}

fn unit_seconds(unit: u8) -> Option<u64> {
    match unit.to_ascii_lowercase() {
        b's' => Some(1),
        b'm' => Some(60),
        b'h' => Some(3600),
        b'd' => Some(86_400),
        b'w' => Some(604_800),
        _ => None,
    }
}

/// Fourteen digits of a date, or plain seconds (RFC 4034 3.2).
pub(super) fn read_moment(text: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|octet| octet.is_ascii_digit()))?;
    if digits.len() != 14 {
        return digits.parse().ok();
    }
    let part = |range: std::ops::Range<usize>| digits[range].parse::<u64>().ok();
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (hour, minute, second) = (part(8..10)?, part(10..12)?, part(12..14)?);
    if !(1970..=2200).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = calendar::days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    // The field wraps around (RFC 4034 3.1.5, RFC 1982).
    Some(seconds as u32)
}

pub(super) fn read_salt(text: &[u8]) -> Option<Vec<u8>> {
    if text == b"-" { Some(Vec::new()) } else { base::read_hex(text) }
}

pub(super) fn read_algorithm(text: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(text).ok()?;
    dnssec::algorithm_number(text).or_else(|| text.parse().ok())
}

pub(super) fn read_certificate(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text).ok()?;
    let named = CERTIFICATES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(value, _)| *value);
    named.or_else(|| text.parse().ok())
}

/// `groups` groups of `size` octets each, in hexadecimal, with `between` between them.
pub(super) fn read_groups(text: &[u8], between: u8, size: usize, groups: usize) -> Option<Vec<u8>> {
    let parts: Vec<&[u8]> = text.split(|octet| *octet == between).collect();
    let full = parts.len() == groups && parts.iter().all(|part| !part.is_empty() && part.len() <= 2 * size);
    let padded = |part: &&[u8]| [&b"0000"[..2 * size - part.len()], part].concat();
    if full { base::read_hex(&parts.iter().map(padded).collect::<Vec<_>>().concat()) } else { None }
}

const MOST: u64 = u32::MAX as u64;

/// Certificate types by mnemonic (RFC 4398 2.1).
const CERTIFICATES: &[(u16, &str)] = &[
    (1, "PKIX"),
    (2, "SPKI"),
    (3, "PGP"),
    (4, "IPKIX"),
    (5, "ISPKI"),
    (6, "IPGP"),
    (7, "ACPKIX"),
    (8, "IACPKIX"),
    (253, "URI"),
    (254, "OID"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units() {
        assert_eq!(read_span(b"3600"), Some(3600));
        assert_eq!(read_span(b"1h30M"), Some(5400));
        assert_eq!(read_span(b"1w2d"), Some(777_600));
        assert_eq!(read_span(b"h"), None);
        assert_eq!(read_span(b""), None);
        assert_eq!(read_span(b"4294967296"), None);
        assert_eq!(read_span(b"99999999999999999999w"), None);
    }

    #[test]
    fn moments_are_dates_or_seconds() {
        assert_eq!(read_moment(b"20000101000000"), Some(946_684_800));
        assert_eq!(read_moment(b"946684800"), Some(946_684_800));
        assert_eq!(read_moment(b"20040229120000"), Some(1_078_056_000));
        assert_eq!(read_moment(b"20001301000000"), None);
    }
}
