//! A record's data from the words of a master file (RFC 1035 5.1, RFC 3597 5).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Field, address_list, base, bitmap, fields, is_valid, location, service};
use crate::calendar;
use crate::codes::RecordType;
use crate::dnssec;
use crate::name::{Name, NameError, read_text};

/// One word of a master file: its octets with their escapes, without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// As it stands in the file.
    pub raw: &'a [u8],
    /// Whether quotes stood around it.
    pub quoted: bool,
    /// Its line, from 1.
    pub line: usize,
    /// Its first octet's column, from 1.
    pub column: usize,
}

/// What is wrong with a word, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The index of the word; one past the last when one is missing.
    pub word: usize,
    /// What is wrong.
    pub what: String,
    /// What to write instead, or nothing.
    pub advice: String,
}

/// Reads the data of a record of `kind`; names without a final dot are relative to `origin`.
///
/// # Errors
/// The first mistake.
pub fn parse(kind: RecordType, words: &[Word<'_>], origin: Option<&Name>) -> Result<Vec<u8>, Mistake> {
    let mut reader = Reader { words, next: 0, origin, out: Vec::new() };
    if words.first().is_some_and(|word| word.raw == b"\\#" && !word.quoted) {
        return reader.generic(kind);
    }
    let Some(fields) = fields(kind) else {
        return Err(reader.mistake(format!("{kind} has no text form"), r"write its octets: \# LENGTH HEX (RFC 3597 5)"));
    };
    fields.iter().try_for_each(|field| reader.field(*field))?;
    if reader.next < words.len() {
        return Err(reader.mistake(format!("{kind} has no further field"), "remove it, or quote text with blanks"));
    }
    if reader.out.len() > usize::from(u16::MAX) {
        reader.next = 0;
        return Err(reader.mistake("the data takes more than 65535 octets", "shorten it"));
    }
    Ok(reader.out)
}

pub(super) struct Reader<'a> {
    words: &'a [Word<'a>],
    next: usize,
    origin: Option<&'a Name>,
    pub(super) out: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn field(&mut self, field: Field) -> Result<(), Mistake> {
        match field {
            Field::U8 => self.number::<u8>("a number up to 255").map(|value| self.out.push(value)),
            Field::U16 => self.number::<u16>("a number up to 65535").map(|value| self.u16(value)),
            Field::U32 => self.number::<u32>("a number up to 4294967295").map(|value| self.u32(value)),
            Field::Span => self.mapped("a time in seconds, or as 1h30m", read_span).map(|value| self.u32(value)),
            Field::Moment => self.mapped("a time as YYYYMMDDHHmmSS", read_moment).map(|value| self.u32(value)),
            Field::A => {
                let octets = self.number::<Ipv4Addr>("an IPv4 address")?.octets();
                self.put(&octets)
            }
            Field::Aaaa => {
                let octets = self.number::<Ipv6Addr>("an IPv6 address")?.octets();
                self.put(&octets)
            }
            Field::Name | Field::PlainName => self.name(),
            Field::Text => self.text("a text"),
            Field::Texts => self.texts(),
            Field::Rest => self.unescaped().and_then(|octets| self.put(&octets)),
            Field::Hex => self.encoded("hexadecimal digits", base::read_hex),
            Field::Base64 => self.encoded("base 64", base::read_base64),
            Field::Salt => self.mapped("hexadecimal digits or -", read_salt).and_then(|octets| self.counted(&octets)),
            Field::Base32 => self.mapped("base 32", base::read_base32).and_then(|octets| self.counted(&octets)),
            Field::Types => self.types(),
            Field::Type => self.number::<RecordType>("a record type").map(|kind| self.u16(kind.0)),
            Field::Algorithm => self.mapped("an algorithm", read_algorithm).map(|value| self.out.push(value)),
            Field::Certificate => self.mapped("a certificate type", read_certificate).map(|value| self.u16(value)),
            Field::Tag => self.tag(),
            Field::Eui48 => self
                .mapped("six octets as 00-00-5e-00-53-2a", |text| read_groups(text, b'-', 1, 6))
                .and_then(|octets| self.put(&octets)),
            Field::Eui64 => self
                .mapped("eight octets as 00-00-5e-ef-10-00-00-2a", |text| read_groups(text, b'-', 1, 8))
                .and_then(|octets| self.put(&octets)),
            Field::Locator => self
                .mapped("four groups as 0014:4fff:ff20:ee64", |text| read_groups(text, b':', 2, 4))
                .and_then(|octets| self.put(&octets)),
            Field::Location => location::parse(self),
            Field::AddressList => address_list::parse(self),
            Field::Parameters => service::parse(self),
        }
    }

    /// The next word, if there is one.
    pub(super) fn word(&mut self) -> Option<&'a Word<'a>> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    /// A mistake at the word that would come next.
    pub(super) fn mistake(&self, what: impl Into<String>, advice: impl Into<String>) -> Mistake {
        Mistake { word: self.next, what: what.into(), advice: advice.into() }
    }

    /// A mistake at the word that was just taken.
    pub(super) fn not(&self, expected: &str) -> Mistake {
        let word = self.next.saturating_sub(1);
        let shown = self.words.get(word).map(|word| String::from_utf8_lossy(word.raw).into_owned()).unwrap_or_default();
        Mistake { word, what: format!("`{shown}` is not {expected}"), advice: String::new() }
    }

    /// The next word, which must be there.
    pub(super) fn expect(&mut self, expected: &str) -> Result<&'a [u8], Mistake> {
        match self.word() {
            Some(word) => Ok(word.raw),
            None => Err(self.mistake(format!("{expected} is missing"), "")),
        }
    }

    /// The next word as `read` understands it.
    pub(super) fn mapped<T>(&mut self, expected: &str, read: impl Fn(&[u8]) -> Option<T>) -> Result<T, Mistake> {
        let raw = self.expect(expected)?;
        read(raw).ok_or_else(|| self.not(expected))
    }

    fn number<T: std::str::FromStr>(&mut self, expected: &str) -> Result<T, Mistake> {
        self.mapped(expected, |raw| std::str::from_utf8(raw).ok()?.parse().ok())
    }

    fn u16(&mut self, value: u16) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    fn put(&mut self, octets: &[u8]) -> Result<(), Mistake> {
        self.out.extend_from_slice(octets);
        Ok(())
    }

    fn counted(&mut self, octets: &[u8]) -> Result<(), Mistake> {
        let length = u8::try_from(octets.len()).map_err(|_| self.not("at most 255 octets"))?;
        self.out.push(length);
        self.put(octets)
    }

    fn name(&mut self) -> Result<(), Mistake> {
        let raw = self.expect("a name")?;
        match read_text(raw, self.origin) {
            Ok(name) => self.put(name.wire()),
            Err(error) => Err(Mistake { advice: name_advice(error).into(), ..self.not(&format!("a name: {error}")) }),
        }
    }

    fn unescaped(&mut self) -> Result<Vec<u8>, Mistake> {
        let raw = self.expect("a text")?;
        unescape(raw)
            .ok_or_else(|| self.not(r"a text: a backslash goes before three digits up to 255 or another character"))
    }

    fn text(&mut self, expected: &str) -> Result<(), Mistake> {
        let octets = self.unescaped()?;
        if octets.len() > 255 {
            let advice = "cut it into several quoted strings";
            return Err(Mistake { advice: advice.into(), ..self.not(&format!("{expected} of at most 255 octets")) });
        }
        self.counted(&octets)
    }

    fn texts(&mut self) -> Result<(), Mistake> {
        self.text("a text")?;
        while self.next < self.words.len() {
            self.text("a text")?;
        }
        Ok(())
    }

    fn tag(&mut self) -> Result<(), Mistake> {
        let tag = self.mapped("a tag of letters and digits", |raw| {
            (!raw.is_empty() && raw.iter().all(u8::is_ascii_alphanumeric)).then(|| raw.to_vec())
        })?;
        self.counted(&tag)
    }

    fn types(&mut self) -> Result<(), Mistake> {
        let mut types = Vec::new();
        while self.next < self.words.len() {
            types.push(self.number::<RecordType>("a record type")?);
        }
        self.put(&bitmap::write(&types))
    }

    /// The words that are left, joined, as `read` understands them.
    fn encoded(&mut self, expected: &str, read: fn(&[u8]) -> Option<Vec<u8>>) -> Result<(), Mistake> {
        let first = self.next;
        let joined: Vec<u8> = self.words[first..].iter().flat_map(|word| word.raw).copied().collect();
        self.next = (first + 1).min(self.words.len());
        let octets = read(&joined).ok_or_else(|| self.not(expected))?;
        self.next = self.words.len();
        self.put(&octets)
    }

    /// `\# LENGTH HEX`, for any type (RFC 3597 5).
    fn generic(mut self, kind: RecordType) -> Result<Vec<u8>, Mistake> {
        self.next = 1;
        let length = self.number::<u16>("a length up to 65535")?;
        let at = self.next;
        self.encoded("hexadecimal digits", base::read_hex)?;
        if self.out.len() != usize::from(length) {
            let what = format!("the data has {} octets, not {length}", self.out.len());
            return Err(Mistake { word: 1, what, advice: format!("write {} as its length", self.out.len()) });
        }
        if !is_valid(kind, &self.out) {
            return Err(Mistake { word: at, what: format!("the octets are no data of {kind}"), advice: String::new() });
        }
        Ok(self.out)
    }
}

fn name_advice(error: NameError) -> &'static str {
    match error {
        NameError::NoOrigin => "end it with a dot, or set $ORIGIN",
        NameError::EmptyLabel => "remove the dot that is too many",
        _ => "",
    }
}

/// A text without its escapes; nothing when one is wrong.
pub(crate) fn unescape(raw: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(octet) = crate::name::next_octet(rest).ok()? {
        octets.push(octet.value);
        rest = octet.after;
    }
    Some(octets)
}

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
fn read_moment(text: &[u8]) -> Option<u32> {
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

fn read_salt(text: &[u8]) -> Option<Vec<u8>> {
    if text == b"-" { Some(Vec::new()) } else { base::read_hex(text) }
}

fn read_algorithm(text: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(text).ok()?;
    dnssec::algorithm_number(text).or_else(|| text.parse().ok())
}

fn read_certificate(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text).ok()?;
    let named = CERTIFICATES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(value, _)| *value);
    named.or_else(|| text.parse().ok())
}

/// `groups` groups of `size` octets each, in hexadecimal, with `between` between them.
fn read_groups(text: &[u8], between: u8, size: usize, groups: usize) -> Option<Vec<u8>> {
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
