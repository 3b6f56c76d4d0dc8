//! Octets as lines and columns, and back.

use std::ops::Range;

use toynet_service::Spot;

/// A line and a column in characters, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
}

pub(super) fn place_of(text: &str, octet: usize) -> Place {
    let before = text.get(..octet.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.bytes().filter(|octet| *octet == b'\n').count() + 1;
    Place { line, column: before[line_start..].chars().count() + 1 }
}

/// The octets that a spot names in its file's text.
pub(super) fn span(text: &str, spot: &Spot) -> Range<usize> {
    match spot {
        Spot::Lab(span) => span.start.min(text.len())..span.end.min(text.len()),
        Spot::File { line, column, .. } => word_at(text, *line, *column),
    }
}

/// The word that begins in this line at this column.
fn word_at(text: &str, line: usize, column: usize) -> Range<usize> {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text[start..].lines().next().unwrap_or_default();
    let skipped: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    let length = rest[skipped..].find(char::is_whitespace).unwrap_or(rest.len() - skipped);
    start + skipped..start + skipped + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_places_and_back() {
        let text = "one\ntwö three\n";
        assert_eq!(place_of(text, text.find("three").unwrap()), Place { line: 2, column: 5 });
        let spot = Spot::File { file: String::new(), line: 2, column: 5 };
        assert_eq!(&text[span(text, &spot)], "three");
    }

    #[test]
    fn places_outside_the_text_are_its_end() {
        let spot = Spot::File { file: String::new(), line: 9, column: 9 };
        assert_eq!(span("one\n", &spot), 4..4);
        assert_eq!(span("", &Spot::Lab(3..9)), 0..0);
    }
}
