//! Names as people write them, with the escapes of master files (RFC 1035 5.1).

use std::fmt;
use std::str::FromStr;

use super::{MAX_LABEL, MAX_NAME, Name};

/// Why a text or some octets are no domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing stands there.
    #[error("a name is empty")]
    Empty,
    /// Two dots meet, or the name begins with one.
    #[error("a label is empty")]
    EmptyLabel,
    /// A label is over 63 octets (RFC 1035 2.3.4).
    #[error("a label takes more than 63 octets")]
    LabelLength,
    /// The name is over 255 octets (RFC 1035 2.3.4).
    #[error("the name takes more than 255 octets")]
    NameLength,
    /// A backslash ends the text, or its three digits are over 255.
    #[error("an escape is neither \\X nor \\DDD up to \\255")]
    Escape,
    /// The name is relative and there is nothing that it is relative to.
    #[error("the name is relative, and no origin is known")]
    NoOrigin,
    /// Octets are no name in wire form.
    #[error("the octets are no uncompressed name")]
    Wire,
}

/// Reads a name; one without a final dot is relative to `origin`, and `@` is `origin` itself.
///
/// # Errors
/// As [`NameError`] tells.
pub fn read_text(text: &[u8], origin: Option<&Name>) -> Result<Name, NameError> {
    match text {
        b"" => return Err(NameError::Empty),
        b"." => return Ok(Name::root()),
        b"@" => return origin.cloned().ok_or(NameError::NoOrigin),
        _ => {}
    }
    let (mut wire, absolute) = read_labels(text)?;
    match (absolute, origin) {
        (true, _) => wire.push(0),
        (false, Some(origin)) => wire.extend_from_slice(origin.wire()),
        (false, None) => return Err(NameError::NoOrigin),
    }
    if wire.len() > MAX_NAME {
        return Err(NameError::NameLength);
    }
    Ok(Name(wire.into()))
}

/// The labels in wire form, and whether a dot ends the text.
fn read_labels(text: &[u8]) -> Result<(Vec<u8>, bool), NameError> {
    let mut wire = vec![0];
    let mut start = 0;
    let mut rest = text;
    while let Some(Octet { value: octet, plain, after }) = next_octet(rest)? {
        rest = after;
        if octet == b'.' && plain {
            close_label(&mut wire, start)?;
            if rest.is_empty() {
                return Ok((wire, true));
            }
            start = wire.len();
            wire.push(0);
        } else {
            wire.push(octet);
        }
    }
    close_label(&mut wire, start)?;
    Ok((wire, false))
}

fn close_label(wire: &mut [u8], start: usize) -> Result<(), NameError> {
    let length = wire.len() - start - 1;
    match length {
        0 => Err(NameError::EmptyLabel),
        1..=MAX_LABEL => {
            wire[start] = length as u8;
            Ok(())
        }
        _ => Err(NameError::LabelLength),
    }
}

/// An octet of a text with escapes.
pub(crate) struct Octet<'a> {
    pub value: u8,
    /// Whether it stood there without an escape.
    pub plain: bool,
    /// What follows it.
    pub after: &'a [u8],
}

/// The next octet of a text with escapes.
pub(crate) fn next_octet(text: &[u8]) -> Result<Option<Octet<'_>>, NameError> {
    match text {
        [] => Ok(None),
        [b'\\', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => {
            let value = [a, b, c].iter().fold(0_u16, |value, digit| value * 10 + u16::from(**digit - b'0'));
            let octet = u8::try_from(value).map_err(|_| NameError::Escape)?;
            Ok(Some(Octet { value: octet, plain: false, after: rest }))
        }
        [b'\\', b'0'..=b'9', ..] | [b'\\'] => Err(NameError::Escape),
        [b'\\', octet, rest @ ..] => Ok(Some(Octet { value: *octet, plain: false, after: rest })),
        [octet, rest @ ..] => Ok(Some(Octet { value: *octet, plain: true, after: rest })),
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// Reads an absolute name; its final dot may be left out.
    fn from_str(text: &str) -> Result<Self, NameError> {
        read_text(text.as_bytes(), Some(&Name::root()))
    }
}

/// A name in wire form, shown as text with its final dot.
pub struct Shown<'a>(pub &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == [0] {
            return f.write_str(".");
        }
        let mut rest = self.0;
        while let [length @ 1..=255, after @ ..] = rest {
            let Some((label, after)) = after.split_at_checked(usize::from(*length)) else { break };
            label.iter().try_for_each(|octet| show_octet(f, *octet))?;
            f.write_str(".")?;
            rest = after;
        }
        Ok(())
    }
}

fn show_octet(f: &mut fmt::Formatter<'_>, octet: u8) -> fmt::Result {
    match octet {
        b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => write!(f, "\\{}", char::from(octet)),
        0x21..=0x7e => write!(f, "{}", char::from(octet)),
        _ => write!(f, "\\{octet:03}"),
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Shown(self.wire()), f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Shown(self.wire()), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_come_back_as_they_were() {
        for text in [".", r"a\.b.test.", r"\000\255.test.", r"a\;b\(\)\@\$\\.x.", r"sp\032ace.test."] {
            assert_eq!(text.parse::<Name>().unwrap().to_string(), text);
        }
        assert_eq!(r"\097\.b.test".parse::<Name>().unwrap().wire(), b"\x03a.b\x04test\x00");
    }

    #[test]
    fn a_relative_name_ends_in_the_origin() {
        let origin: Name = "shop.test".parse().unwrap();
        assert_eq!(read_text(b"www", Some(&origin)).unwrap().to_string(), "www.shop.test.");
        assert_eq!(read_text(b"@", Some(&origin)).unwrap(), origin);
        assert_eq!(read_text(b"www", None), Err(NameError::NoOrigin));
    }

    #[test]
    fn what_is_no_name_says_why() {
        let read = |text: &str| text.parse::<Name>().unwrap_err();
        assert_eq!(read(""), NameError::Empty);
        assert_eq!(read("a..b"), NameError::EmptyLabel);
        assert_eq!(read(".a"), NameError::EmptyLabel);
        assert_eq!(read(&"a".repeat(64)), NameError::LabelLength);
        assert_eq!(read(&"a.".repeat(128)), NameError::NameLength);
        assert_eq!(read(r"a\256"), NameError::Escape);
        assert_eq!(read("a\\"), NameError::Escape);
    }
}
