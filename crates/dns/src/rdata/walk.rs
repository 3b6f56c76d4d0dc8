//! Steps through a record's data: where its names are, and whether it is whole.

use super::{Field, bitmap, fields, location, service};
use crate::codes::RecordType;
use crate::name;

/// A name inside a record's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameIn {
    /// Where it stands in the data.
    pub range: std::ops::Range<usize>,
    /// Whether a message may compress it (RFC 3597 4).
    pub compressible: bool,
}

/// The names inside a record's uncompressed data.
pub fn names(kind: RecordType, rdata: &[u8]) -> Vec<NameIn> {
    let mut found = Vec::new();
    let mut at = 0;
    for field in fields(kind).unwrap_or_default() {
        let Some(length) = length_of(*field, &rdata[at..]) else { break };
        if matches!(field, Field::Name | Field::PlainName) {
            found.push(NameIn { range: at..at + length, compressible: *field == Field::Name });
        }
        at += length;
    }
    found
}

/// Octets before the names that messages may compress, and how many such names follow one another;
/// nothing for types without such names.
#[inline]
pub fn compressible_names(kind: RecordType) -> Option<(usize, usize)> {
    match kind {
        RecordType::NS | RecordType::CNAME | RecordType::PTR => Some((0, 1)),
        RecordType::SOA | RecordType::MINFO => Some((0, 2)),
        RecordType::MX => Some((2, 1)),
        RecordType::MD | RecordType::MF | RecordType::MB | RecordType::MG | RecordType::MR => Some((0, 1)),
        _ => None,
    }
}

/// Whether uncompressed data has all the parts of its type and nothing after them.
pub fn is_valid(kind: RecordType, rdata: &[u8]) -> bool {
    let Some(fields) = fields(kind) else { return true };
    let end = fields.iter().try_fold(0, |at, field| Some(at + length_of(*field, &rdata[at..])?));
    end == Some(rdata.len())
}

/// The length of each character string of which `octets` consist; nothing if they don't.
pub fn text_lengths(octets: &[u8]) -> Option<Vec<usize>> {
    let mut lengths = Vec::new();
    let mut rest = octets;
    while let [length, after @ ..] = rest {
        rest = after.get(usize::from(*length)..)?;
        lengths.push(usize::from(*length));
    }
    Some(lengths)
}

/// How many octets a field takes at the start of `rdata`; nothing if it does not fit.
pub(crate) fn length_of(field: Field, rdata: &[u8]) -> Option<usize> {
    let length = match field {
        Field::U8 | Field::Algorithm => 1,
        Field::U16 | Field::Type | Field::Certificate => 2,
        Field::U32 | Field::Span | Field::Moment | Field::A => 4,
        Field::Aaaa => 16,
        Field::Eui48 => 6,
        Field::Eui64 | Field::Locator => 8,
        Field::Name | Field::PlainName => name::length(rdata)?,
        Field::Text | Field::Salt => 1 + usize::from(*rdata.first()?),
        Field::Tag | Field::Base32 => 1 + usize::from(*rdata.first().filter(|length| **length > 0)?),
        Field::Texts => text_lengths(rdata).filter(|texts| !texts.is_empty()).map(|_| rdata.len())?,
        Field::Rest | Field::Hex | Field::Base64 => rdata.len(),
        Field::Types => bitmap::read(rdata).map(|_| rdata.len())?,
        Field::Location => rdata.first_chunk().filter(|octets| location::is_on_earth(octets)).map(|_| 16)?,
        Field::AddressList => super::address_list::read(rdata).map(|_| rdata.len())?,
        Field::Parameters => service::read(rdata).map(|_| rdata.len())?,
    };
    (length <= rdata.len()).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_stand() {
        let found = names(RecordType::SRV, b"\0\x01\0\x02\0\x03\x01a\x00");
        assert_eq!(found, [NameIn { range: 6..9, compressible: false }]);
        assert_eq!(names(RecordType::MX, b"\0\x0a\x01a\0")[0].range, 2..5);
        assert_eq!(names(RecordType::A, &[1, 2, 3, 4]), []);
    }

    #[test]
    fn data_that_is_short_or_long_is_not_valid() {
        assert!(is_valid(RecordType::A, &[1, 2, 3, 4]));
        assert!(!is_valid(RecordType::A, &[1, 2, 3]));
        assert!(!is_valid(RecordType::A, &[1, 2, 3, 4, 5]));
        assert!(!is_valid(RecordType::TXT, &[]));
        assert!(is_valid(RecordType(65280), &[]));
        // Neither is a place beyond the poles, nor one of a version that nobody knows.
        assert!(!is_valid(RecordType::LOC, &[0; 16]));
        assert!(!is_valid(RecordType::LOC, &[1; 16]));
    }
}
