//! HTTP/3 as octets (RFC 9114), of which each stream has its own.
//!
//! - here: numbers, and what can be wrong
//! - [`frame`]: the frames of a stream
//! - [`one_way`]: the streams that one side alone writes: control, and QPACK's
//! - [`message`]: a request or an answer: which frames may follow which

pub mod frame;
pub mod message;
pub mod one_way;

use std::fmt;

pub use frame::{Frames, Kind, Piece};
pub use message::{Message, Part};
pub use one_way::{OneWay, Streams};

/// Why a stream or a connection is given up (RFC 9114 8.1, RFC 9204 6).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(pub u64);

/// A rule that the other side has broken, for which the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Broken {
    /// By what code that is said.
    pub code: Code,
    /// In one sentence, with the section.
    pub why: &'static str,
}

/// Reads a number of 1, 2, 4 or 8 octets off the front of `octets` (RFC 9000 16); nothing when it is cut.
pub fn number(octets: &mut &[u8]) -> Option<u64> {
    let first = *octets.first()?;
    let (bytes, rest) = octets.split_at_checked(1 << (first >> 6))?;
    *octets = rest;
    Some(bytes[1..].iter().fold(u64::from(first & 0x3f), |number, octet| number << 8 | u64::from(*octet)))
}

/// Writes a number of 62 bits in as few octets as it takes.
pub fn put_number(out: &mut Vec<u8>, number: u64) {
    match number {
        0..=0x3f => out.push(number as u8),
        0x40..=0x3fff => out.extend_from_slice(&(number as u16 | 0x4000).to_be_bytes()),
        0x4000..=0x3fff_ffff => out.extend_from_slice(&(number as u32 | 0x8000_0000).to_be_bytes()),
        _ => out.extend_from_slice(&(number | 0xc000_0000_0000_0000).to_be_bytes()),
    }
}

impl Code {
    /// Nothing is wrong.
    pub const NO_ERROR: Self = Self(0x100);
    /// Something broke on this side.
    pub const INTERNAL_ERROR: Self = Self(0x102);
    /// A stream that should not be.
    pub const STREAM_CREATION_ERROR: Self = Self(0x103);
    /// A stream ended that must not.
    pub const CLOSED_CRITICAL_STREAM: Self = Self(0x104);
    /// A frame where it may not stand.
    pub const FRAME_UNEXPECTED: Self = Self(0x105);
    /// A frame that is not laid out as it should be.
    pub const FRAME_ERROR: Self = Self(0x106);
    /// More than anyone would send.
    pub const EXCESSIVE_LOAD: Self = Self(0x107);
    /// An identifier that is used as it may not.
    pub const ID_ERROR: Self = Self(0x108);
    /// A setting that may not be.
    pub const SETTINGS_ERROR: Self = Self(0x109);
    /// No SETTINGS where they come first.
    pub const MISSING_SETTINGS: Self = Self(0x10a);
    /// A request that was not looked at.
    pub const REQUEST_REJECTED: Self = Self(0x10b);
    /// A request or its answer that is wanted no more.
    pub const REQUEST_CANCELLED: Self = Self(0x10c);
    /// A request whose end did not come.
    pub const REQUEST_INCOMPLETE: Self = Self(0x10d);
    /// A malformed request or answer.
    pub const MESSAGE_ERROR: Self = Self(0x10e);
    /// Fields that cannot be decompressed.
    pub const QPACK_DECOMPRESSION_FAILED: Self = Self(0x200);
    /// An instruction of the encoder that makes no sense.
    pub const QPACK_ENCODER_STREAM_ERROR: Self = Self(0x201);
    /// An instruction of the decoder that makes no sense.
    pub const QPACK_DECODER_STREAM_ERROR: Self = Self(0x202);

    fn name(self) -> Option<&'static str> {
        const NAMES: [&str; 17] = [
            "H3_NO_ERROR",
            "H3_GENERAL_PROTOCOL_ERROR",
            "H3_INTERNAL_ERROR",
            "H3_STREAM_CREATION_ERROR",
            "H3_CLOSED_CRITICAL_STREAM",
            "H3_FRAME_UNEXPECTED",
            "H3_FRAME_ERROR",
            "H3_EXCESSIVE_LOAD",
            "H3_ID_ERROR",
            "H3_SETTINGS_ERROR",
            "H3_MISSING_SETTINGS",
            "H3_REQUEST_REJECTED",
            "H3_REQUEST_CANCELLED",
            "H3_REQUEST_INCOMPLETE",
            "H3_MESSAGE_ERROR",
            "H3_CONNECT_ERROR",
            "H3_VERSION_FALLBACK",
        ];
        match self {
            Self::QPACK_DECOMPRESSION_FAILED => Some("QPACK_DECOMPRESSION_FAILED"),
            Self::QPACK_ENCODER_STREAM_ERROR => Some("QPACK_ENCODER_STREAM_ERROR"),
            Self::QPACK_DECODER_STREAM_ERROR => Some("QPACK_DECODER_STREAM_ERROR"),
            Self(code) => NAMES.get(usize::try_from(code.checked_sub(0x100)?).ok()?).copied(),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Broken {
    pub(crate) const fn new(code: Code, why: &'static str) -> Self {
        Self { code, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_rfc_9000_a_1() {
        for (octets, value) in [
            (&[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c][..], 151_288_809_941_952_652),
            (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
            (&[0x7b, 0xbd], 15_293),
            (&[0x25], 37),
        ] {
            assert_eq!(number(&mut &octets[..]), Some(value));
            assert_eq!(number(&mut &octets[..octets.len() - 1]), None);
            let mut written = Vec::new();
            put_number(&mut written, value);
            assert_eq!(written, octets);
        }
    }

    #[test]
    fn codes_have_names() {
        assert_eq!(Code(0x10e).to_string(), "H3_MESSAGE_ERROR");
        assert_eq!(Code(0x33).to_string(), "0x33");
    }
}
