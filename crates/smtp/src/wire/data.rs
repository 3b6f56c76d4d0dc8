//! Content on its way through DATA (RFC 5321 4.1.1.4, 4.5.2).
//!
//! Only CR LF . CR LF ends it. Whatever some servers take for an end besides (LF . LF, LF . CR LF,
//! CR LF . CR CR LF, CR . CR) is content here, and content that is refused: it would let one message
//! pass for two elsewhere.

use super::content::{Content, ContentFault, LONGEST_LINE};

/// Appends content with a dot before every line that begins with one, and the end.
pub fn write(content: &Content, out: &mut Vec<u8>) {
    let octets = content.octets();
    out.reserve(octets.len() + octets.len() / 64 + END.len());
    let mut rest = octets;
    while !rest.is_empty() {
        if rest[0] == b'.' {
            out.push(b'.');
        }
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        out.extend_from_slice(&rest[..end]);
        rest = &rest[end..];
    }
    out.extend_from_slice(END);
}

/// Reads content up to its end.
#[derive(Debug)]
pub struct DataReader {
    content: Vec<u8>,
    /// How much of the content is kept.
    kept: usize,
    largest: u64,
    state: State,
    /// The octets so far, without stuffed dots and the end.
    size: u64,
    line: u64,
    line_length: usize,
    fault: Option<ContentFault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// After CR LF, or at the beginning.
    LineStart,
    /// After a dot at the start of a line.
    Dot,
    /// After that dot and CR.
    DotCr,
    /// Within a line.
    Text,
    /// After CR within a line.
    Cr,
    Done,
}

impl DataReader {
    /// A reader of content of up to `largest` octets. What is larger, or not well-formed, is read to
    /// its end all the same, but not kept.
    pub fn new(largest: u64) -> Self {
        let (content, kept, state) = (Vec::new(), usize::MAX, State::LineStart);
        Self { content, kept, largest, state, size: 0, line: 1, line_length: 0, fault: None }
    }

    /// A reader for those who only look on: content of any size, of which the first octets are kept.
    pub fn glancing(kept: usize) -> Self {
        Self { kept, ..Self::new(u64::MAX) }
    }

    /// Takes octets, up to the end if they have it, and says how many.
    pub fn take(&mut self, octets: &[u8]) -> usize {
        let mut at = 0;
        while at < octets.len() && self.state != State::Done {
            if self.state == State::Text {
                let end = memchr::memchr2(b'\r', b'\n', &octets[at..]).map_or(octets.len(), |end| at + end);
                self.keep(&octets[at..end]);
                at = end;
            }
            let Some(octet) = octets.get(at) else { break };
            self.step(*octet);
            at += 1;
        }
        at
    }

    /// Whether the end has come.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The content, once [`DataReader::is_done`].
    ///
    /// # Errors
    /// What it may not be.
    pub fn finish(self) -> Result<Content, ContentFault> {
        self.fault.map_or_else(|| Ok(Content::judged(self.content)), Err)
    }

    /// What was seen: the first octets, how many there are so far, and what is wrong with them.
    pub fn glance(self) -> (Vec<u8>, u64, Option<ContentFault>) {
        (self.content, self.size, self.fault)
    }

    fn step(&mut self, octet: u8) {
        self.state = match (self.state, octet) {
            (State::LineStart, b'.') => State::Dot,
            (State::Dot, b'\r') => State::DotCr,
            (State::DotCr, b'\n') => State::Done,
            (State::Cr, b'\n') => self.end_line(),
            (State::DotCr | State::Cr, b'\r') => self.fail(ContentFault::BareCr(self.line), State::Cr),
            (State::DotCr | State::Cr, _) => self.fail(ContentFault::BareCr(self.line), State::Text),
            (_, b'\n') => self.fail(ContentFault::BareLf(self.line), State::Text),
            (_, b'\r') => State::Cr,
            (_, _) => {
                self.keep(&[octet]);
                State::Text
            }
        };
    }

    fn end_line(&mut self) -> State {
        if self.line_length > LONGEST_LINE - 2 {
            self.fail(ContentFault::LongLine(self.line), State::LineStart);
        }
        self.keep(b"\r\n");
        self.line += 1;
        self.line_length = 0;
        State::LineStart
    }

    fn keep(&mut self, octets: &[u8]) {
        self.size += octets.len() as u64;
        self.line_length += octets.len();
        if self.size > self.largest {
            self.fail(ContentFault::TooLarge(self.largest), State::Text);
        }
        let room = self.kept - self.content.len();
        if self.fault.is_none() {
            self.content.extend_from_slice(&octets[..octets.len().min(room)]);
        }
    }

    /// The first fault counts.
    fn fail(&mut self, fault: ContentFault, next: State) -> State {
        self.fault.get_or_insert(fault);
        if self.kept == usize::MAX {
            self.content = Vec::new();
        }
        next
    }
}

const END: &[u8] = b".\r\n";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_dot_at_the_start_of_a_line_is_doubled_and_halved() {
        let content = Content::from_text(".\n..\na.b\n.c\n").unwrap();
        let mut wire = Vec::new();
        write(&content, &mut wire);
        assert_eq!(wire, b"..\r\n...\r\na.b\r\n..c\r\n.\r\n");
        assert_eq!(read(&wire), Some((wire.len(), Ok(content))));
    }

    #[test]
    fn an_empty_message_is_a_dot() {
        assert_eq!(read(b".\r\n"), Some((3, Content::new(vec![]))));
    }

    #[test]
    fn nothing_but_cr_lf_dot_cr_lf_ends_a_message_and_what_looks_like_it_is_refused() {
        for (smuggled, fault) in [
            ("\n.\n", ContentFault::BareLf(1)),
            ("\n.\r\n", ContentFault::BareLf(1)),
            ("\r\n.\n", ContentFault::BareLf(2)),
            ("\r.\r", ContentFault::BareCr(1)),
            ("\r\n.\r", ContentFault::BareCr(2)),
            ("\r.\r\n", ContentFault::BareCr(1)),
            ("\r\n.\r\r\n", ContentFault::BareCr(2)),
            ("\r\r\n.\r\r\n", ContentFault::BareCr(1)),
            ("\r\n\0.\r\n\n", ContentFault::BareLf(3)),
        ] {
            let wire = format!("a{smuggled}MAIL FROM:<x@y.test>\r\n.\r\n");
            assert_eq!(read(wire.as_bytes()), Some((wire.len(), Err(fault))), "{smuggled:?}");
        }
    }

    #[test]
    fn what_is_too_large_is_read_to_its_end() {
        let wire = format!("{}\r\n.\r\nQUIT", "a\r\n".repeat(40));
        assert_eq!(read(wire.as_bytes()), Some((wire.len() - 4, Err(ContentFault::TooLarge(100)))));
    }

    #[test]
    fn a_line_may_have_1000_octets() {
        let wire = |length: usize| [&vec![b'a'; length][..], b"\r\n.\r\n"].concat();
        assert!(matches!(read_up_to(2000, &wire(998)), Some((_, Ok(_)))));
        assert!(matches!(read_up_to(2000, &wire(999)), Some((_, Err(ContentFault::LongLine(1))))));
    }

    proptest! {
        #[test]
        fn content_comes_back_as_it_was(text in "([.a\n]{0,40}\n)?") {
            let content = Content::from_text(&text).unwrap();
            let mut wire = Vec::new();
            write(&content, &mut wire);
            prop_assert_eq!(read(&wire), Some((wire.len(), Ok(content))));
        }

        #[test]
        fn the_end_is_where_the_five_octets_are_and_content_is_clean(octets in "[.a\r\n]{0,60}") {
            let whole = format!("\r\n{octets}");
            let end = whole.find("\r\n.\r\n").map(|at| at + 3);
            let found = read(octets.as_bytes());
            prop_assert_eq!(found.as_ref().map(|(count, _)| *count), end);
            if let Some((_, Ok(content))) = found {
                prop_assert_eq!(Content::new(content.octets().to_vec()), Ok(content));
            }
        }
    }

    fn read(octets: &[u8]) -> Option<(usize, Result<Content, ContentFault>)> {
        read_up_to(100, octets)
    }

    /// Whole and octet by octet, which must be the same.
    fn read_up_to(largest: u64, octets: &[u8]) -> Option<(usize, Result<Content, ContentFault>)> {
        let read = |size: usize| {
            let (mut reader, mut count) = (DataReader::new(largest), 0);
            octets.chunks(size).for_each(|piece| count += reader.take(piece));
            if reader.is_done() { Some((count, reader.finish())) } else { None }
        };
        let whole = read(octets.len().max(1));
        assert_eq!(whole, read(1));
        whole
    }
}
