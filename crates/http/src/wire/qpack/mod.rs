//! Field compression of HTTP/3 (RFC 9204) by the static table alone.
//!
//! Nobody here grants a dynamic table, nor uses one that is granted: so nothing that is said in one stream
//! depends on another.
//!
//! - [`table`]: the static table

pub mod table;

use super::hpack::{Field, HpackError, Input, LONGEST_LIST};
use table::Found;

/// Why a field section cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QpackError {
    /// It points into a dynamic table, which was not granted.
    #[error("the fields point into a dynamic table that was not granted (RFC 9204 3.2.3)")]
    Dynamic,
    /// An index that the static table does not have.
    #[error("the fields name an index that the static table does not have (RFC 9204 3.1)")]
    Index,
    /// Its base lies before the beginning of any table.
    #[error("the base of the fields is negative (RFC 9204 4.5.1.2)")]
    Base,
    /// It ends inside a field, or a number or text in it makes no sense.
    #[error("the fields cannot be read: {0}")]
    Broken(#[from] HpackError),
    /// More octets of fields than anyone reads.
    #[error("the fields are too long to read (RFC 9114 4.2.2)")]
    TooLong,
}

/// Reads one encoded field section (RFC 9204 4.5) of at most `largest` octets of fields, where each counts for 32 more
/// than it has (RFC 9114 4.2.2).
///
/// # Errors
/// When it breaks a rule, or is longer.
pub fn decode(section: &[u8], largest: usize) -> Result<Vec<Field>, QpackError> {
    let mut input = Input(section);
    let required = input.number(8)?;
    // Beyond its sign the base means something for dynamic entries only.
    let is_negative = input.0.first().is_some_and(|first| first & 0x80 != 0);
    input.number(7)?;
    if required != 0 {
        return Err(QpackError::Dynamic);
    }
    if is_negative {
        return Err(QpackError::Base);
    }
    let (mut fields, mut length) = (Vec::new(), 0);
    while let Some(first) = input.0.first().copied() {
        let field = line(first, &mut input)?;
        length += field.size();
        if length > largest.min(LONGEST_LIST) {
            return Err(QpackError::TooLong);
        }
        fields.push(field);
    }
    Ok(fields)
}

/// Writes an encoded field section.
pub fn encode<'a>(fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    let mut out = vec![0, 0];
    for (name, value) in fields {
        match table::find(name, value) {
            Some(Found::Field(index)) => put_number(&mut out, 0xc0, 6, index),
            Some(Found::Name(index)) => {
                put_number(&mut out, 0x50, 4, index);
                put_text(&mut out, 0, 7, value);
            }
            None => {
                put_text(&mut out, 0x20, 3, name);
                put_text(&mut out, 0, 7, value);
            }
        }
    }
    out
}

/// One representation of RFC 9204 4.5.
fn line(first: u8, input: &mut Input<'_>) -> Result<Field, QpackError> {
    match first {
        0xc0.. => entry(input.number(6)?),
        0x80.. => Err(QpackError::Dynamic),
        0x50..=0x5f | 0x70..=0x7f => {
            let Field { name, .. } = entry(input.number(4)?)?;
            Ok(Field { name, value: input.text(7)? })
        }
        0x40.. => Err(QpackError::Dynamic),
        0x20.. => Ok(Field { name: input.text(3)?, value: input.text(7)? }),
        // What stands behind the base is in the dynamic table as well.
        _ => Err(QpackError::Dynamic),
    }
}

fn entry(index: usize) -> Result<Field, QpackError> {
    let (name, value) = table::field(index).ok_or(QpackError::Index)?;
    Ok(Field { name: name.as_bytes().to_vec(), value: value.as_bytes().to_vec() })
}

/// RFC 7541 5.1: `number` behind the bits of `first` that its prefix leaves.
fn put_number(out: &mut Vec<u8>, first: u8, prefix: u32, number: usize) {
    let most = (1_usize << prefix) - 1;
    if number < most {
        return out.push(first | number as u8);
    }
    out.push(first | most as u8);
    let mut rest = number - most;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Without Huffman's code: who reads the record wants to read it.
fn put_text(out: &mut Vec<u8>, first: u8, prefix: u32, text: &[u8]) {
    put_number(out, first, prefix, text.len());
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_section_is_that_of_appendix_b_1() {
        let section = [&[0, 0, 0x51, 0x0b][..], b"/index.html"].concat();
        let fields = [(&b":path"[..], &b"/index.html"[..])];
        assert_eq!(encode(fields), section);
        assert_eq!(decode(&section, 1000).map(|fields| fields[0].value.clone()), Ok(b"/index.html".to_vec()));
    }

    #[test]
    fn what_breaks_a_rule_is_an_error() {
        let long = encode([(&b"x"[..], &[b'a'; 200][..])]);
        for (section, error) in [
            (&[][..], QpackError::Broken(HpackError::Cut)),
            (&[2, 0, 0x80], QpackError::Dynamic),
            (&[0, 0, 0x80], QpackError::Dynamic),
            (&[0, 0x80, 0xd1], QpackError::Base),
            (&[0, 0, 0x10], QpackError::Dynamic),
            (&[0, 0, 0x40, 0], QpackError::Dynamic),
            (&[0, 0, 0xff, 0x7f], QpackError::Index),
            (&[0, 0, 0x51, 5, b'/'], QpackError::Broken(HpackError::Cut)),
            (&[0, 0, 0x51, 0x81, 0], QpackError::Broken(HpackError::Huffman)),
            (&long[..], QpackError::TooLong),
        ] {
            assert_eq!(decode(section, 200), Err(error), "{section:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(fields in proptest::collection::vec(("[a-z:-]{1,12}", "[ -~]{0,300}"), 0..8)) {
            let pairs = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            let read = decode(&encode(pairs), usize::MAX).unwrap();
            let read: Vec<_> = read.into_iter().map(|field| (field.name, field.value)).collect();
            let given: Vec<_> = fields.into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect();
            prop_assert_eq!(read, given);
        }

        #[test]
        fn any_section_is_read_or_refused(section in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&section, 4096);
        }
    }
}
