//! LOC: where a host stands on Earth (RFC 1876).

use std::fmt;

use super::words::{Mistake, Reader};

/// Reads `d1 [m1 [s1]] N|S d2 [m2 [s2]] E|W alt [size [hp [vp]]]` (RFC 1876 3).
pub(super) fn parse(reader: &mut Reader<'_>) -> Result<(), Mistake> {
    let latitude = angle(reader, b'N', b'S', 90)?;
    let longitude = angle(reader, b'E', b'W', 180)?;
    let altitude = reader.mapped("an altitude in metres", metres)? + SEA_LEVEL;
    let altitude = u32::try_from(altitude).map_err(|_| reader.not("an altitude from -100000 to 42849672 metres"))?;
    let mut precisions = [0x12, 0x16, 0x13];
    for precision in &mut precisions {
        let Some(word) = reader.word() else { break };
        *precision = metres(word.raw).and_then(encode_size).ok_or_else(|| reader.not("a size in metres"))?;
    }
    reader.out.push(0);
    reader.out.extend_from_slice(&precisions);
    [latitude, longitude, altitude].iter().for_each(|part| reader.out.extend_from_slice(&part.to_be_bytes()));
    Ok(())
}

/// Degrees, minutes, seconds and a direction, in thousandths of a second from `EQUATOR`.
fn angle(reader: &mut Reader<'_>, plus: u8, minus: u8, most: i64) -> Result<u32, Mistake> {
    let expected = if plus == b'N' { "a latitude as 52 22 23.0 N" } else { "a longitude as 4 53 32.0 E" };
    let mut thousandths = 0;
    for unit in [3_600_000, 60_000, 1000] {
        let raw = reader.expect(expected)?;
        if let [direction] = raw
            && direction.is_ascii_alphabetic()
        {
            return settle(reader, *direction, (plus, minus), thousandths, expected);
        }
        let value = fixed(raw, 3).filter(|value| *value >= 0).ok_or_else(|| reader.not(expected))?;
        let limit = if unit == 3_600_000 { most * 1000 } else { 59_999 };
        if value > limit || (unit > 1000 && value % 1000 != 0) {
            return Err(reader.not(expected));
        }
        thousandths += value / 1000 * unit + if unit == 1000 { value % 1000 } else { 0 };
    }
    let raw = reader.expect(expected)?;
    let direction = raw.first().copied().filter(|_| raw.len() == 1).unwrap_or_default();
    settle(reader, direction, (plus, minus), thousandths, expected)
}

fn settle(reader: &Reader<'_>, direction: u8, ways: (u8, u8), value: i64, expected: &str) -> Result<u32, Mistake> {
    let from_equator = match direction.to_ascii_uppercase() {
        upper if upper == ways.0 => EQUATOR + value,
        upper if upper == ways.1 => EQUATOR - value,
        _ => return Err(reader.not(expected)),
    };
    u32::try_from(from_equator).map_err(|_| reader.not(expected))
}

/// Metres with two digits after the point, in centimetres.
fn metres(text: &[u8]) -> Option<i64> {
    fixed(text.strip_suffix(b"m").unwrap_or(text), 2)
}

/// A decimal number times ten to the power of `digits`.
fn fixed(text: &[u8], digits: usize) -> Option<i64> {
    let (negative, text) = text.strip_prefix(b"-").map_or((false, text), |text| (true, text));
    let (whole, part) = match text.iter().position(|octet| *octet == b'.') {
        Some(point) => (&text[..point], &text[point + 1..]),
        None => (text, &b""[..]),
    };
    let sound = !whole.is_empty() && whole.len() <= 10 && part.len() <= digits;
    if !sound || !whole.iter().chain(part).all(u8::is_ascii_digit) {
        return None;
    }
    let padding = std::iter::repeat_n(&b'0', digits - part.len());
    let value = whole.iter().chain(part).chain(padding).fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    Some(if negative { -value } else { value })
}

/// Centimetres as one digit and a power of ten, a half octet each (RFC 1876 2).
fn encode_size(centimetres: i64) -> Option<u8> {
    let mut mantissa = u64::try_from(centimetres).ok()?;
    let mut exponent = 0;
    while mantissa > 9 {
        mantissa /= 10;
        exponent += 1;
    }
    (exponent <= 9).then_some((mantissa as u8) << 4 | exponent)
}

/// Whether the data is of the one version that there is, with digits for digits, and names a place
/// between the poles (RFC 1876 2).
pub(super) fn is_on_earth(octets: &[u8; 16]) -> bool {
    let [version, precisions @ ..] = octets;
    let degrees = |at: usize| (part(&octets[4..], at) - EQUATOR).abs() / 3_600_000;
    let are_digits = precisions[..3].iter().all(|precision| precision >> 4 <= 9 && precision & 15 <= 9);
    *version == 0 && are_digits && degrees(0) <= 90 && degrees(4) <= 180
}

fn part(octets: &[u8], at: usize) -> i64 {
    octets[at..at + 4].iter().fold(0, |value, octet| value << 8 | i64::from(*octet))
}

/// Writes what [`parse`] reads.
pub(super) fn show(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    let [version, size, horizontal, vertical, rest @ ..] = octets else { return Err(fmt::Error) };
    if *version != 0 || rest.len() != 12 {
        return Err(fmt::Error);
    }
    show_angle(f, part(rest, 0), "N", "S")?;
    show_angle(f, part(rest, 4), "E", "W")?;
    show_metres(f, part(rest, 8) - SEA_LEVEL)?;
    for precision in [size, horizontal, vertical] {
        f.write_str(" ")?;
        show_metres(f, i64::from(precision >> 4) * 10_i64.pow(u32::from(precision & 15)))?;
    }
    Ok(())
}

fn show_angle(f: &mut fmt::Formatter<'_>, value: i64, plus: &str, minus: &str) -> fmt::Result {
    let (direction, angle) = if value >= EQUATOR { (plus, value - EQUATOR) } else { (minus, EQUATOR - value) };
    let (degrees, minutes) = (angle / 3_600_000, angle / 60_000 % 60);
    write!(f, "{degrees} {minutes} {}.{:03} {direction} ", angle / 1000 % 60, angle % 1000)
}

fn show_metres(f: &mut fmt::Formatter<'_>, centimetres: i64) -> fmt::Result {
    let sign = if centimetres < 0 { "-" } else { "" };
    let positive = centimetres.abs();
    write!(f, "{sign}{}.{:02}m", positive / 100, positive % 100)
}

/// The equator and the prime meridian (RFC 1876 2).
const EQUATOR: i64 = 1 << 31;
/// Altitudes count centimetres from 100,000 m below the WGS 84 spheroid (RFC 1876 2).
const SEA_LEVEL: i64 = 10_000_000;
