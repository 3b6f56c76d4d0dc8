//! A record's data from the words of a master file (RFC 1035 5.1, RFC 3597 5).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::value::{read_algorithm, read_certificate, read_groups, read_moment, read_salt, read_span};
use super::words::{Mistake, Reader, Word};
use super::{Field, address_list, base, bitmap, fields, is_valid, location, service};
use crate::codes::RecordType;
use crate::name::{Name, NameError, read_text};

/// Reads the data of a record of `kind`; names without a final dot are relative to `origin`.
///
/// # Errors
/// The first mistake.
pub fn parse(kind: RecordType, words: &[Word<'_>], origin: Option<&Name>) -> Result<Vec<u8>, Mistake> {
    let mut reader = Reader::new(words, origin);
    if words.first().is_some_and(|word| word.raw == b"\\#" && !word.quoted) {
        return reader.generic(kind);
    }
    let Some(fields) = fields(kind) else {
        return Err(reader.mistake(format!("{kind} has no text form"), r"write its octets: \# LENGTH HEX (RFC 3597 5)"));
    };
    fields.iter().try_for_each(|field| reader.field(*field))?;
    if reader.has_more() {
        return Err(reader.mistake(format!("{kind} has no further field"), "remove it, or quote text with blanks"));
    }
    if reader.out.len() > usize::from(u16::MAX) {
        let what = "the data takes more than 65535 octets".into();
        return Err(Mistake { word: 0, what, advice: "shorten it".into() });
    }
    Ok(reader.out)
}

impl Reader<'_> {
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

    fn name(&mut self) -> Result<(), Mistake> {
        let raw = self.expect("a name")?;
        match read_text(raw, self.origin) {
            Ok(name) => self.put(name.wire()),
            Err(error) => Err(Mistake { advice: name_advice(error).into(), ..self.not(&format!("a name: {error}")) }),
        }
    }

    fn tag(&mut self) -> Result<(), Mistake> {
        let tag = self.mapped("a tag of letters and digits", |raw| {
            (!raw.is_empty() && raw.iter().all(u8::is_ascii_alphanumeric)).then(|| raw.to_vec())
        })?;
        self.counted(&tag)
    }

    fn types(&mut self) -> Result<(), Mistake> {
        let mut types = Vec::new();
        while self.has_more() {
            types.push(self.number::<RecordType>("a record type")?);
        }
        self.put(&bitmap::write(&types))
    }

    /// `\# LENGTH HEX`, for any type (RFC 3597 5).
    fn generic(mut self, kind: RecordType) -> Result<Vec<u8>, Mistake> {
        self.expect(r"\#")?;
        let length = self.number::<u16>("a length up to 65535")?;
        let at = self.taken();
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
