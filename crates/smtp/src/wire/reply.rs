//! Replies (RFC 5321 4.2), with enhanced status codes (RFC 2034, RFC 3463).

use std::fmt;

use super::line::{LineFault, LineReader};

/// What a server says to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, of which the first says what comes of it: from 200 to 559.
    pub code: u16,
    /// What exactly happened, where it is said.
    pub enhanced: Option<Enhanced>,
    /// At least one line of text, without codes.
    pub lines: Vec<String>,
}

/// An enhanced status code: class, subject, detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enhanced(pub u8, pub u16, pub u16);

/// What comes of a command, by the first digit of the reply (RFC 5321 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 2yz: it was done.
    Completed,
    /// 3yz: it will be done when more has come.
    Intermediate,
    /// 4yz: not this time.
    TransientFailure,
    /// 5yz: not ever.
    PermanentFailure,
}

impl Reply {
    /// A reply of one line with an enhanced code.
    pub fn new(code: u16, enhanced: Enhanced, text: impl Into<String>) -> Self {
        Self { code, enhanced: Some(enhanced), lines: vec![text.into()] }
    }

    /// A reply without one: greetings and 3yz have none (RFC 2034 section 4).
    pub fn plain(code: u16, text: impl Into<String>) -> Self {
        Self { code, enhanced: None, lines: vec![text.into()] }
    }

    /// What comes of the command.
    pub fn outcome(&self) -> Outcome {
        match self.code / 100 {
            2 => Outcome::Completed,
            3 => Outcome::Intermediate,
            4 => Outcome::TransientFailure,
            _ => Outcome::PermanentFailure,
        }
    }

    /// Whether the command was done.
    pub fn is_completed(&self) -> bool {
        self.outcome() == Outcome::Completed
    }

    /// Appends it as it goes over the wire. Lines that would be longer than 512 octets are cut, and
    /// octets that end lines, or are beyond printing, do not come through.
    pub fn write(&self, out: &mut Vec<u8>) {
        let enhanced = self.enhanced.map(|enhanced| format!("{enhanced} ")).unwrap_or_default();
        for (number, line) in (1..).zip(&self.lines) {
            let mark = if number == self.lines.len() { ' ' } else { '-' };
            let mut text = format!("{:03}{mark}{enhanced}", self.code);
            let room = LONGEST - 2 - text.len();
            text.extend(fitting(line, room).chars().map(|char| if char.is_control() { '?' } else { char }));
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
}

fn fitting(text: &str, room: usize) -> &str {
    &text[..text.floor_char_boundary(room)]
}

/// On one line: `550 5.1.1 no such mailbox`.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} ", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, "{enhanced} ")?;
        }
        f.write_str(&self.lines.join(" "))
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Enhanced {
    /// Reads `5.1.1`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| {
            let is_number = (1..=3).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit());
            if is_number { part.parse::<u16>().ok() } else { None }
        });
        let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
        let class = u8::try_from(class).ok().filter(|class| [2, 4, 5].contains(class))?;
        if parts.next().is_none() { Some(Self(class, subject, detail)) } else { None }
    }
}

/// Puts replies together from what arrives.
#[derive(Debug)]
pub struct ReplyReader {
    lines: LineReader,
    begun: Option<Reply>,
}

/// What no server may say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyFault {
    /// A line is malformed.
    #[error(transparent)]
    Line(#[from] LineFault),
    /// A line does not begin with a code and a space or hyphen.
    #[error("a reply begins with three digits, not with {0:?}")]
    Code(String),
    /// Lines of one reply have different codes.
    #[error("a reply has two codes: {0} and {1}")]
    TwoCodes(u16, u16),
    /// It has too many lines.
    #[error("a reply has more than {MOST_LINES} lines")]
    TooManyLines,
}

impl Default for ReplyReader {
    fn default() -> Self {
        Self { lines: LineReader::new(LONGEST_TAKEN), begun: None }
    }
}

impl ReplyReader {
    /// Takes octets up to the end of a line, says how many, and the reply if it is whole.
    pub fn take(&mut self, octets: &[u8]) -> (usize, Option<Result<Reply, ReplyFault>>) {
        let taken = self.lines.take(octets);
        let reply =
            taken.line.and_then(|line| line.map_err(ReplyFault::from).and_then(|line| self.add(&line)).transpose());
        (taken.count, reply)
    }

    fn add(&mut self, line: &[u8]) -> Result<Option<Reply>, ReplyFault> {
        let line = String::from_utf8_lossy(line);
        let (code, is_last, text) = split(&line).ok_or_else(|| ReplyFault::Code(line.chars().take(8).collect()))?;
        let (enhanced, text) = enhanced(code, text);
        match &mut self.begun {
            Some(reply) if reply.code != code => return Err(ReplyFault::TwoCodes(reply.code, code)),
            Some(reply) if reply.lines.len() == MOST_LINES => return Err(ReplyFault::TooManyLines),
            Some(reply) => reply.lines.push(text.to_owned()),
            None => self.begun = Some(Reply { code, enhanced, lines: vec![text.to_owned()] }),
        }
        Ok(if is_last { self.begun.take() } else { None })
    }
}

/// Code, whether it is the last line, and text (RFC 5321 4.2: `Reply-code = %x32-35 %x30-35 %x30-39`).
fn split(line: &str) -> Option<(u16, bool, &str)> {
    let code = line.get(..3).filter(|code| code.bytes().all(|octet| octet.is_ascii_digit()))?;
    let code = code.parse().ok().filter(|code| (200..=559).contains(code) && code / 10 % 10 <= 5)?;
    match line.as_bytes().get(3) {
        None => Some((code, true, "")),
        Some(b' ') => Some((code, true, &line[4..])),
        Some(b'-') => Some((code, false, &line[4..])),
        Some(_) => None,
    }
}

/// An enhanced code belongs to its reply when the classes agree (RFC 2034 section 4).
fn enhanced(code: u16, text: &str) -> (Option<Enhanced>, &str) {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match Enhanced::parse(word) {
        Some(enhanced) if u16::from(enhanced.0) == code / 100 => (Some(enhanced), rest),
        Some(_) | None => (None, text),
    }
}

/// RFC 5321 4.5.3.1.5, line end included.
const LONGEST: usize = 512;
/// Some servers say more; what they say is still worth hearing.
const LONGEST_TAKEN: usize = 2048;
/// The longest in use are answers to EHLO, of some twenty lines.
const MOST_LINES: usize = 100;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reply_of_several_lines_is_one_reply() {
        let reply = read(b"250-mail.shop.test\r\n250-SIZE 10\r\n250 HELP\r\n").unwrap();
        assert_eq!(
            reply,
            Reply { code: 250, enhanced: None, lines: vec!["mail.shop.test".into(), "SIZE 10".into(), "HELP".into()] }
        );
    }

    #[test]
    fn an_enhanced_code_is_one_only_where_the_classes_agree() {
        assert_eq!(
            read(b"550 5.1.1 no such mailbox\r\n").unwrap(),
            Reply::new(550, Enhanced(5, 1, 1), "no such mailbox")
        );
        assert_eq!(read(b"250 5.1.1 odd\r\n").unwrap(), Reply::plain(250, "5.1.1 odd"));
        assert_eq!(read(b"250\r\n").unwrap(), Reply::plain(250, ""));
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        assert_eq!(read(b"hello\r\n"), Err(ReplyFault::Code("hello".into())));
        assert_eq!(read(b"199 x\r\n"), Err(ReplyFault::Code("199 x".into())));
        assert_eq!(read(b"250_x\r\n"), Err(ReplyFault::Code("250_x".into())));
        assert_eq!(read(b"250-a\r\n251 b\r\n"), Err(ReplyFault::TwoCodes(250, 251)));
        assert_eq!(read(b"250 a\n"), Err(ReplyFault::Line(LineFault::BareLf)));
        assert_eq!(read(&b"250-a\r\n".repeat(MOST_LINES + 1)), Err(ReplyFault::TooManyLines));
    }

    #[test]
    fn a_line_is_cut_at_512_octets_and_carries_no_line_end() {
        let mut out = Vec::new();
        Reply::new(500, Enhanced(5, 5, 2), format!("a\r\nb{}", "é".repeat(600))).write(&mut out);
        assert!(out.len() <= 512);
        assert!(out.starts_with(b"500 5.5.2 a??b") && out.ends_with("é\r\n".as_bytes()));
    }

    proptest! {
        #[test]
        fn a_reply_is_read_as_it_was_written(
            code in (2u16..=5, 0u16..=5, 0u16..=9).prop_map(|(first, second, third)| first * 100 + second * 10 + third),
            lines in prop::collection::vec("[a-z][ -~]{0,80}", 1..5),
        ) {
            let enhanced = [2, 4, 5].contains(&(code / 100)).then_some(Enhanced((code / 100) as u8, 1, 255));
            let reply = Reply { code, enhanced, lines };
            let mut out = Vec::new();
            reply.write(&mut out);
            prop_assert_eq!(read(&out), Ok(reply));
        }
    }

    fn read(mut octets: &[u8]) -> Result<Reply, ReplyFault> {
        let mut reader = ReplyReader::default();
        loop {
            let (count, reply) = reader.take(octets);
            octets = &octets[count..];
            if let Some(reply) = reply {
                return reply;
            }
        }
    }
}
