//! Text as the network virtual terminal has it (RFC 854): where a line ends, both ways.

use crate::codes::IAC;

/// Finds line ends in data. CR LF, CR NUL, CR alone and LF alone are one each: RFC 854 allows the first
/// two, old and careless clients send the others, and in BINARY (RFC 856) Enter is CR alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineEnds {
    after_cr: bool,
}

/// An octet of text, or the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// An octet as it stands, with all its bits.
    Octet(u8),
    /// The line ends.
    LineEnd,
}

impl LineEnds {
    /// Takes an octet of data. A line ends at its CR: nobody waits for what may follow.
    pub fn take(&mut self, octet: u8) -> Option<Typed> {
        let after_cr = std::mem::replace(&mut self.after_cr, octet == b'\r');
        match octet {
            b'\n' | 0 if after_cr => None,
            b'\r' | b'\n' => Some(Typed::LineEnd),
            octet => Some(Typed::Octet(octet)),
        }
    }
}

/// Appends text in which lines end with `\n`. They end with CR LF on the wire; a CR that ends none is
/// followed by NUL, but in BINARY by nothing (RFC 854, RFC 856); an octet 255 is doubled.
pub fn write_text(text: &[u8], binary: bool, out: &mut Vec<u8>) {
    for octet in text {
        match *octet {
            b'\n' => out.extend(b"\r\n"),
            b'\r' if !binary => out.extend(b"\r\0"),
            IAC => out.extend([IAC, IAC]),
            octet => out.push(octet),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{Decoder, Element};

    #[test]
    fn each_of_the_four_line_ends_is_one() {
        assert_eq!(lines(b"a\r\nb\r\0c\rd\ne"), ["a", "b", "c", "d", "e"]);
        assert_eq!(lines(b"\r\r\n\n\n\r\0"), ["", "", "", "", "", ""]);
        assert_eq!(lines(b"a\0b"), ["a\0b"]);
    }

    #[test]
    fn line_ends_are_written_for_a_terminal() {
        let mut out = Vec::new();
        write_text(b"a\nb\rc\xff", false, &mut out);
        assert_eq!(out, b"a\r\nb\r\0c\xff\xff");
        out.clear();
        write_text(b"b\rc", true, &mut out);
        assert_eq!(out, b"b\rc");
    }

    proptest! {
        #[test]
        fn text_with_any_octets_comes_back(text in prop::collection::vec(prop_oneof![
            Just(b'\n'), Just(255u8), any::<u8>()
        ], 0..100)) {
            let text: Vec<u8> = text.into_iter().filter(|octet| *octet != b'\r').collect();
            let mut octets = Vec::new();
            write_text(&text, false, &mut octets);
            let mut elements = Vec::new();
            Decoder::default().receive(&octets, &mut elements);
            let mut ends = LineEnds::default();
            let back: Vec<u8> = elements.into_iter().filter_map(|element| match element {
                Element::Data(octet) => ends.take(octet),
                _ => None,
            }).map(|typed| match typed {
                Typed::Octet(octet) => octet,
                Typed::LineEnd => b'\n',
            }).collect();
            prop_assert_eq!(back, text);
        }
    }

    fn lines(octets: &[u8]) -> Vec<String> {
        let mut ends = LineEnds::default();
        let mut lines = vec![String::new()];
        for octet in octets {
            match ends.take(*octet) {
                Some(Typed::Octet(octet)) => lines.last_mut().unwrap().push(char::from(octet)),
                Some(Typed::LineEnd) => lines.push(String::new()),
                None => {}
            }
        }
        lines
    }
}
