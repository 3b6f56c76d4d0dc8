//! The content of an HTTP/1.x message, taken piece by piece (RFC 9112 6 and 7).

use super::fault::{Fault, Rule};
use super::framing::Framing;
use super::head;

/// Follows the content of one message up to its end.
#[derive(Clone, Debug)]
pub struct Content {
    state: State,
    /// Octets of the message so far, head included.
    taken: u64,
    /// Octets of content so far, without what frames them.
    carried: u64,
    /// Where the line that is being gathered begins.
    line: u64,
    /// The lines of the trailers so far: no more than [`LONGEST_LINE`] octets.
    trailers: Vec<u8>,
}

#[derive(Clone, Debug)]
enum State {
    Done,
    Left(u64),
    UntilClose,
    /// The line with a chunk's size.
    Size(Vec<u8>),
    Data(u64),
    /// CR LF behind a chunk's data.
    DataEnd(Vec<u8>),
    /// A line of the trailers, and how many octets these have so far.
    Trailer(Vec<u8>, usize),
}

impl Content {
    /// The content that follows a head of `head` octets.
    pub fn new(framing: Framing, head: u64) -> Self {
        let state = match framing {
            Framing::Empty | Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Left(length),
            Framing::Chunked => State::Size(Vec::new()),
            Framing::UntilClose | Framing::Tunnel => State::UntilClose,
        };
        Self { state, taken: head, carried: 0, line: head, trailers: Vec::new() }
    }

    /// Whether the message is complete.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Whether the connection's end is the content's.
    pub fn ends_with_connection(&self) -> bool {
        matches!(self.state, State::UntilClose)
    }

    /// Octets of content so far, without sizes of chunks and trailers.
    pub fn carried(&self) -> u64 {
        self.carried
    }

    /// Octets of the message so far, head included.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The fields behind the last chunk, as far as they were taken: names and values (RFC 9112 7.1.2).
    pub fn trailers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let lines = self.trailers.split(|octet| *octet == b'\n');
        lines.filter_map(|line| {
            let colon = line.iter().position(|octet| *octet == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }

    /// Takes what belongs to the message from the front of `octets`, and says how many those are.
    ///
    /// # Errors
    /// When the chunks break a rule: nobody can tell where the message ends.
    pub fn take(&mut self, octets: &[u8]) -> Result<usize, Fault> {
        let mut rest = octets;
        while !rest.is_empty() && !self.is_done() {
            let count = self.step(rest)?;
            rest = &rest[count..];
            self.taken += count as u64;
        }
        Ok(octets.len() - rest.len())
    }

    /// Takes one piece from the front of `octets`: how long it is, and whether it is content and not what
    /// frames it.
    ///
    /// # Errors
    /// As for [`Content::take`].
    pub fn take_one(&mut self, octets: &[u8]) -> Result<(usize, bool), Fault> {
        let is_content = matches!(self.state, State::Left(_) | State::UntilClose | State::Data(_));
        let count = self.step(octets)?;
        self.taken += count as u64;
        Ok((count, is_content))
    }

    /// Steps over octets that nobody kept, as far as the length of the content is known, and says how
    /// many those are. Fewer than `length` means: the message is done, or lost.
    pub fn skip(&mut self, length: u64) -> u64 {
        let count = match &self.state {
            State::Left(left) | State::Data(left) => length.min(*left),
            State::UntilClose => length,
            State::Done | State::Size(_) | State::DataEnd(_) | State::Trailer(..) => 0,
        };
        self.carry(count);
        self.taken += count;
        count
    }

    fn step(&mut self, octets: &[u8]) -> Result<usize, Fault> {
        match &mut self.state {
            State::Done => Ok(0),
            State::UntilClose => {
                self.carry(octets.len() as u64);
                Ok(octets.len())
            }
            State::Left(left) | State::Data(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(octets.len());
                self.carry(count as u64);
                Ok(count)
            }
            State::Size(_) | State::DataEnd(_) | State::Trailer(..) => self.line(octets),
        }
    }

    fn carry(&mut self, count: u64) {
        self.carried += count;
        self.state = match std::mem::replace(&mut self.state, State::Done) {
            State::Left(left) if left == count => State::Done,
            State::Left(left) => State::Left(left - count),
            State::Data(left) if left == count => State::DataEnd(Vec::new()),
            State::Data(left) => State::Data(left - count),
            other => other,
        };
    }

    /// Gathers a line, and turns to what it says once it is whole.
    fn line(&mut self, octets: &[u8]) -> Result<usize, Fault> {
        let end = octets.iter().position(|octet| *octet == b'\n');
        let count = end.map_or(octets.len(), |end| end + 1);
        let (State::Size(line) | State::DataEnd(line) | State::Trailer(line, _)) = &mut self.state else {
            return Ok(0);
        };
        if line.is_empty() {
            self.line = self.taken;
        }
        line.extend_from_slice(&octets[..count.min(LONGEST_LINE + 1)]);
        let gathered = line.len();
        let is_too_much = match &self.state {
            State::Size(line) => is_too_large(line),
            // Two octets stand behind a chunk: whatever else is there need not be waited for.
            State::DataEnd(_) => gathered >= 2,
            _ => false,
        };
        if end.is_some() || is_too_much || gathered > LONGEST_LINE {
            self.state = self.after_line()?;
        }
        Ok(count)
    }

    fn after_line(&mut self) -> Result<State, Fault> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Size(line) if is_too_large(&line) => Err(self.fault(Rule::ChunkSize)),
            State::Size(line) => self.chunk(&line),
            State::DataEnd(line) if line == b"\r\n" => Ok(State::Size(Vec::new())),
            State::DataEnd(_) => Err(self.fault(Rule::ChunkEnd)),
            State::Trailer(line, _) if line == b"\r\n" => Ok(State::Done),
            State::Trailer(line, before) => {
                self.check_line(&line)?;
                self.check_trailer(&line)?;
                let length = before + line.len();
                if length > LONGEST_LINE {
                    Err(self.fault(Rule::ChunkLine))
                } else {
                    self.trailers.extend_from_slice(&line);
                    Ok(State::Trailer(Vec::new(), length))
                }
            }
            other => Ok(other),
        }
    }

    fn chunk(&self, line: &[u8]) -> Result<State, Fault> {
        self.check_line(line)?;
        let digits = line.iter().position(|octet| !octet.is_ascii_hexdigit()).unwrap_or(line.len());
        let (digits, extensions) = line.split_at(digits);
        let is_size = matches!(extensions.trim_ascii_start().first(), None | Some(b';'));
        let size = std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
        match size.filter(|_| is_size).ok_or(self.fault(Rule::ChunkSize))? {
            0 => Ok(State::Trailer(Vec::new(), 0)),
            size => Ok(State::Data(size)),
        }
    }

    fn check_line(&self, line: &[u8]) -> Result<(), Fault> {
        if line.len() > LONGEST_LINE {
            Err(self.fault(Rule::ChunkLine))
        } else if !line.ends_with(b"\r\n") {
            Err(self.fault(Rule::BareLf))
        } else if line[..line.len() - 2].contains(&b'\r') {
            Err(self.fault(Rule::BareCr))
        } else if line[..line.len() - 2].iter().any(|octet| head::is_forbidden(*octet)) {
            Err(self.fault(Rule::FieldValue))
        } else {
            Ok(())
        }
    }

    /// RFC 9112 7.1.2: trailers are fields.
    fn check_trailer(&self, line: &[u8]) -> Result<(), Fault> {
        let colon = line.iter().position(|octet| *octet == b':').ok_or(self.fault(Rule::NoColon))?;
        let is_name = colon > 0 && line[..colon].iter().all(|octet| head::is_token_octet(*octet));
        if is_name { Ok(()) } else { Err(self.fault(Rule::FieldName)) }
    }

    fn fault(&self, rule: Rule) -> Fault {
        Fault { at: self.line, rule }
    }
}

/// Whether a size has begun that fits into no 64 bits, wherever it ends.
fn is_too_large(line: &[u8]) -> bool {
    let zeros = line.iter().take_while(|octet| **octet == b'0').count();
    line[zeros..].iter().take(17).take_while(|octet| octet.is_ascii_hexdigit()).count() > 16
}

/// Extensions of a chunk and trailers are rare and short; hyper reads as much of them.
const LONGEST_LINE: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_is_counted_down() {
        let mut content = Content::new(Framing::Length(5), 10);
        assert_eq!(content.take(b"abc"), Ok(3));
        assert!(!content.is_done());
        assert_eq!(content.take(b"deGET /"), Ok(2));
        assert_eq!((content.is_done(), content.carried(), content.taken()), (true, 5, 15));
    }

    #[test]
    fn chunks_end_with_their_trailers() {
        let text = b"4;name=value\r\nWiki\r\n00A \r\n0123456789\r\n0\r\nExpires: never\r\n\r\nrest";
        let mut content = Content::new(Framing::Chunked, 0);
        assert_eq!(content.take(text), Ok(text.len() - 4));
        assert_eq!((content.is_done(), content.carried()), (true, 14));
        assert_eq!(content.trailers().collect::<Vec<_>>(), [(&b"Expires"[..], &b"never"[..])]);
    }

    #[test]
    fn broken_chunks_are_named_by_their_rule() {
        let long = format!("4;{}\r\n", "x".repeat(LONGEST_LINE));
        for (text, rule) in [
            ("x\r\n", Rule::ChunkSize),
            ("\r\n", Rule::ChunkSize),
            ("-1\r\n", Rule::ChunkSize),
            ("0x4\r\n", Rule::ChunkSize),
            ("4 4\r\n", Rule::ChunkSize),
            ("11111111111111111\r\n", Rule::ChunkSize),
            ("FFFFFFFFFFFFFFFFF", Rule::ChunkSize),
            ("00F0000000000000000;", Rule::ChunkSize),
            ("4\nWiki\n", Rule::BareLf),
            ("4\r\nWikipedia\r\n", Rule::ChunkEnd),
            ("4\r\nWiki\n\n", Rule::ChunkEnd),
            ("0\r\nA: b\n\r\n", Rule::BareLf),
            (&long, Rule::ChunkLine),
        ] {
            let error = Content::new(Framing::Chunked, 0).take(text.as_bytes()).expect_err(text);
            assert_eq!(error.rule, rule);
        }
    }

    #[test]
    fn a_hole_is_bridged_where_the_length_is_known() {
        let mut known = Content::new(Framing::Length(100), 0);
        assert_eq!((known.skip(150), known.is_done()), (100, true));
        let mut chunked = Content::new(Framing::Chunked, 0);
        assert_eq!(chunked.skip(10), 0);
        assert_eq!(chunked.take(b"64\r\n"), Ok(4));
        assert_eq!((chunked.skip(40), chunked.skip(100), chunked.is_done()), (40, 60, false));
        assert_eq!(Content::new(Framing::UntilClose, 0).skip(1 << 40), 1 << 40);
    }

    proptest! {
        #[test]
        fn pieces_say_the_same_as_the_whole(text in "([0-3]\r\n|[a-z]{0,3}\r\n|\n){0,9}", cuts in proptest::collection::vec(1..5usize, 0..20)) {
            let mut whole = Content::new(Framing::Chunked, 0);
            let expected = whole.take(text.as_bytes());
            let mut pieces = Content::new(Framing::Chunked, 0);
            let mut rest = text.as_bytes();
            let mut taken = Ok(0);
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                rest = after;
                taken = taken.and_then(|before| pieces.take(piece).map(|count| before + count));
            }
            prop_assert_eq!(taken, expected);
            if expected.is_ok() {
                prop_assert_eq!(pieces.carried(), whole.carried());
            }
        }
    }
}
