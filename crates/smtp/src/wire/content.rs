//! A message's content: lines of octets (RFC 5321 2.3.1, 4.5.3.1.6).

use std::fmt;

/// Content that can be sent as it stands: every line ends with CR LF, and neither stands alone.
///
/// Clones share the octets: a message may wait for many recipients at once.
#[derive(Clone, PartialEq, Eq)]
pub struct Content(std::sync::Arc<[u8]>);

/// What content may not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentFault {
    /// LF without CR, where another server may see the end of the message.
    #[error("line {0} has LF without CR; another server might see the end of the message there")]
    BareLf(u64),
    /// CR without LF.
    #[error("line {0} has CR without LF; another server might see the end of the message there")]
    BareCr(u64),
    /// A line of more than 1,000 octets, its end included.
    #[error("line {0} has more than 998 octets")]
    LongLine(u64),
    /// More octets than are taken.
    #[error("the message has more than {0} octets")]
    TooLarge(u64),
}

impl Content {
    /// Takes content whose every line is well ended; the last one is ended if it is not.
    ///
    /// # Errors
    /// The first line that is not as it must be.
    pub fn new(mut octets: Vec<u8>) -> Result<Self, ContentFault> {
        let mut number = 1;
        let mut rest = &octets[..];
        while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
            match (rest[at], rest.get(at + 1)) {
                (b'\r', Some(b'\n')) if at > LONGEST_LINE - 2 => return Err(ContentFault::LongLine(number)),
                (b'\r', Some(b'\n')) => rest = &rest[at + 2..],
                (b'\r', _) => return Err(ContentFault::BareCr(number)),
                _ => return Err(ContentFault::BareLf(number)),
            }
            number += 1;
        }
        if rest.len() > LONGEST_LINE - 2 {
            return Err(ContentFault::LongLine(number));
        }
        if !rest.is_empty() {
            octets.extend_from_slice(b"\r\n");
        }
        Ok(Self(octets.into()))
    }

    /// Takes text whose lines end as they do on this machine.
    ///
    /// # Errors
    /// When a line is too long.
    pub fn from_text(text: &str) -> Result<Self, ContentFault> {
        Self::new(text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n").into_bytes())
    }

    /// Content that a [`DataReader`](super::DataReader) has judged already.
    pub(super) fn judged(octets: Vec<u8>) -> Self {
        Self(octets.into())
    }

    /// The octets, without dot-stuffing.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is nothing beyond ASCII.
    pub fn is_seven_bit(&self) -> bool {
        self.0.is_ascii()
    }

    /// The header section, with the empty line if there is one (RFC 5322 2.1).
    pub fn header(&self) -> &[u8] {
        if self.0.starts_with(b"\r\n") {
            return &self.0[..2];
        }
        let end = memchr::memmem::find(&self.0, b"\r\n\r\n");
        &self.0[..end.map_or(self.0.len(), |end| end + 4)]
    }

    /// The same with these lines before it.
    ///
    /// # Errors
    /// When the lines are no content.
    pub fn with_trace(&self, lines: &str) -> Result<Self, ContentFault> {
        let trace = Self::new(lines.as_bytes().to_vec())?;
        Ok(Self([trace.octets(), self.octets()].concat().into()))
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} octets)", self.0.len())
    }
}

/// RFC 5321 4.5.3.1.6, line end included.
pub(super) const LONGEST_LINE: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_are_content() {
        assert_eq!(Content::new(b"a\r\nb\r\n".to_vec()).unwrap().octets(), b"a\r\nb\r\n");
        assert_eq!(Content::new(b"a\r\nb".to_vec()).unwrap().octets(), b"a\r\nb\r\n");
        assert_eq!(Content::new(vec![]).unwrap().octets(), b"");
        assert_eq!(Content::new(b"a\r\nb\nc".to_vec()), Err(ContentFault::BareLf(2)));
        assert_eq!(Content::new(b"a\r\r\n".to_vec()), Err(ContentFault::BareCr(1)));
        assert_eq!(Content::new(vec![b'a'; 999]), Err(ContentFault::LongLine(1)));
        assert_eq!(Content::from_text("a\nb\r\n").unwrap().octets(), b"a\r\nb\r\n");
    }

    #[test]
    fn the_header_ends_with_the_empty_line() {
        assert_eq!(Content::from_text("A: b\n\nc\n\nd").unwrap().header(), b"A: b\r\n\r\n");
        assert_eq!(Content::from_text("\na").unwrap().header(), b"\r\n");
        assert_eq!(Content::from_text("A: b\n").unwrap().header(), b"A: b\r\n");
    }
}
