//! The parameters of SVCB and HTTPS records (RFC 9460 2.1, 7, 8, RFC 9461).

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::base;
use super::words::{Mistake, Reader, show_quoted, unescape};

/// Reads the parameters; nothing when they are cut or not in strictly rising order (RFC 9460 2.2).
pub(super) fn read(octets: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let mut parameters: Vec<(u16, &[u8])> = Vec::new();
    let mut rest = octets;
    while let [k1, k2, l1, l2, after @ ..] = rest {
        let key = u16::from_be_bytes([*k1, *k2]);
        let (value, after) = after.split_at_checked(usize::from(u16::from_be_bytes([*l1, *l2])))?;
        if parameters.last().is_some_and(|(last, _)| *last >= key) {
            return None;
        }
        parameters.push((key, value));
        rest = after;
    }
    rest.is_empty().then_some(parameters)
}

/// Reads `key=value` words up to the end, in any order.
pub(super) fn parse(reader: &mut Reader<'_>) -> Result<(), Mistake> {
    let mut parameters = BTreeMap::new();
    while let Some(word) = reader.word() {
        let (name, value) = split(word.raw);
        // `key="a b"` is one word in RFC 9460 2.1, but a quote ends a word of RFC 1035.
        let value = match value {
            Some(b"") => reader.word().filter(|word| word.quoted).map(|word| word.raw),
            value => value,
        };
        let key = key_of(name).ok_or_else(|| reader.not("a parameter"))?;
        let octets = encode(key, value).ok_or_else(|| reader.not(&format!("a value of {}", key_name(key))))?;
        if parameters.insert(key, octets).is_some() {
            return Err(reader.not("a parameter that was not yet given"));
        }
    }
    for (key, octets) in &parameters {
        let length = u16::try_from(octets.len()).map_err(|_| reader.not("at most 65535 octets"))?;
        reader.out.extend_from_slice(&key.to_be_bytes());
        reader.out.extend_from_slice(&length.to_be_bytes());
        reader.out.extend_from_slice(octets);
    }
    Ok(())
}

/// The key, and the value without the quotes around it if an equals sign follows the key.
fn split(raw: &[u8]) -> (&[u8], Option<&[u8]>) {
    match raw.iter().position(|octet| *octet == b'=') {
        Some(equals) => {
            let value = &raw[equals + 1..];
            let inner = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
            (&raw[..equals], Some(inner.unwrap_or(value)))
        }
        None => (raw, None),
    }
}

fn key_of(name: &[u8]) -> Option<u16> {
    let name = std::str::from_utf8(name).ok()?;
    let known = (0..).zip(KEYS).find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(key, _)| key);
    known.or_else(|| name.strip_prefix("key")?.parse().ok())
}

fn key_name(key: u16) -> String {
    KEYS.get(usize::from(key)).map_or_else(|| format!("key{key}"), ToString::to_string)
}

fn encode(key: u16, raw: Option<&[u8]>) -> Option<Vec<u8>> {
    let value = unescape(raw.unwrap_or_default())?;
    match key {
        MANDATORY => {
            let mut keys = value.split(|octet| *octet == b',').map(key_of).collect::<Option<Vec<u16>>>()?;
            keys.sort_unstable();
            Some(keys.iter().flat_map(|key| key.to_be_bytes()).collect())
        }
        ALPN => items(&value)?.iter().map(|item| counted(item)).collect::<Option<Vec<_>>>().map(|all| all.concat()),
        NO_DEFAULT_ALPN | OHTTP => value.is_empty().then(Vec::new),
        PORT => Some(text(&value)?.parse::<u16>().ok()?.to_be_bytes().to_vec()),
        IPV4HINT => list(&value, |part| Some(part.parse::<Ipv4Addr>().ok()?.octets().to_vec())),
        IPV6HINT => list(&value, |part| Some(part.parse::<Ipv6Addr>().ok()?.octets().to_vec())),
        ECH => base::read_base64(&value),
        _ => Some(value),
    }
}

fn text(octets: &[u8]) -> Option<&str> {
    std::str::from_utf8(octets).ok().filter(|text| !text.is_empty())
}

fn list(value: &[u8], read: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    text(value)?.split(',').map(read).collect::<Option<Vec<_>>>().map(|all| all.concat())
}

/// A comma-separated list in which a backslash keeps a comma (RFC 9460 A.1).
fn items(value: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut items = vec![Vec::new()];
    let mut octets = value.iter();
    while let Some(octet) = octets.next() {
        match octet {
            b',' => items.push(Vec::new()),
            b'\\' => items.last_mut()?.push(*octets.next()?),
            _ => items.last_mut()?.push(*octet),
        }
    }
    Some(items)
}

fn counted(item: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(item.len()).ok().filter(|length| *length > 0)?;
    Some([&[length], item].concat())
}

/// Writes what [`parse`] reads.
pub(super) fn show(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    for (index, (key, value)) in read(octets).unwrap_or_default().into_iter().enumerate() {
        let before = if index > 0 { " " } else { "" };
        write!(f, "{before}{}", key_name(key))?;
        match decode(key, value) {
            _ if value.is_empty() => {}
            Some(text) if key == MANDATORY => write!(f, "={}", String::from_utf8_lossy(&text))?,
            Some(text) => {
                f.write_str("=")?;
                show_quoted(f, &text)?;
            }
            None => {
                f.write_str("=")?;
                show_quoted(f, value)?;
            }
        }
    }
    Ok(())
}

fn decode(key: u16, value: &[u8]) -> Option<Vec<u8>> {
    let text = match key {
        MANDATORY => pairs(value)?.map(key_name).collect::<Vec<_>>().join(","),
        PORT => pairs(value)?.next()?.to_string(),
        IPV4HINT => addresses::<4, Ipv4Addr>(value),
        IPV6HINT => addresses::<16, Ipv6Addr>(value),
        ECH => base::base64(value),
        ALPN => return alpn(value),
        _ => return None,
    };
    Some(text.into_bytes())
}

fn pairs(value: &[u8]) -> Option<impl Iterator<Item = u16>> {
    let whole = value.len().is_multiple_of(2);
    whole.then(|| value.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])))
}

fn addresses<const N: usize, T: From<[u8; N]> + fmt::Display>(value: &[u8]) -> String {
    let each = value.chunks(N).filter_map(|octets| <[u8; N]>::try_from(octets).ok());
    each.map(|octets| T::from(octets).to_string()).collect::<Vec<_>>().join(",")
}

fn alpn(value: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut rest = value;
    while let [length, after @ ..] = rest {
        let (item, after) = after.split_at_checked(usize::from(*length))?;
        if !text.is_empty() {
            text.push(b',');
        }
        for octet in item {
            if matches!(octet, b',' | b'\\') {
                text.push(b'\\');
            }
            text.push(*octet);
        }
        rest = after;
    }
    Some(text)
}

const MANDATORY: u16 = 0;
const ALPN: u16 = 1;
const NO_DEFAULT_ALPN: u16 = 2;
const PORT: u16 = 3;
const IPV4HINT: u16 = 4;
const ECH: u16 = 5;
const IPV6HINT: u16 = 6;
const OHTTP: u16 = 8;

/// The names of the keys from zero on (RFC 9460 14.3.2, RFC 9461, RFC 9540).
const KEYS: [&str; 9] =
    ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"];
