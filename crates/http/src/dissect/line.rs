//! The one line that a message becomes, with its secrets marked.

use std::ops::Range;

/// A line under construction. Whatever came over the wire is quoted: no line end, no control character,
/// no more than [`LONGEST`] characters a piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub text: String,
    pub secrets: Vec<Range<usize>>,
}

impl Line {
    /// A line that begins with words of ours.
    pub fn of(words: &str) -> Self {
        Self { text: words.to_owned(), secrets: Vec::new() }
    }

    /// Adds words of ours.
    pub fn say(&mut self, words: &str) {
        self.text.push_str(words);
    }

    /// Adds what came over the wire.
    pub fn quote(&mut self, octets: &[u8]) {
        // More octets than characters that are shown need not be looked at.
        let text = String::from_utf8_lossy(&octets[..octets.len().min(4 * LONGEST)]);
        for (place, character) in text.chars().enumerate() {
            match character {
                _ if place == LONGEST => return self.text.push('…'),
                character if character.is_control() => self.text.extend(character.escape_default()),
                character => self.text.push(character),
            }
        }
    }

    /// Adds what came over the wire and is a secret.
    pub fn hide(&mut self, octets: &[u8]) {
        let start = self.text.len();
        self.quote(octets);
        if self.text.len() > start {
            self.secrets.push(start..self.text.len());
        }
    }

    /// Adds a line to the end of this one.
    pub fn append(&mut self, other: &Line) {
        let by = self.text.len();
        self.text.push_str(&other.text);
        self.secrets.extend(other.secrets.iter().map(|secret| secret.start + by..secret.end + by));
    }
}

/// `number` with a comma between thousands, and what it counts.
pub(super) fn octets(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text.push_str(if number == 1 { " octet" } else { " octets" });
    text
}

/// Long enough for any target that a person can read, short enough for a terminal.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        for (number, text) in [
            (0, "0 octets"),
            (1, "1 octet"),
            (999, "999 octets"),
            (1024, "1,024 octets"),
            (1_234_567, "1,234,567 octets"),
        ] {
            assert_eq!(octets(number), text);
        }
    }

    #[test]
    fn what_came_over_the_wire_stays_on_its_line() {
        let mut line = Line::default();
        line.quote(b"a\r\n\x1b[31m\xff");
        assert_eq!(line.text, "a\\r\\n\\u{1b}[31m\u{fffd}");
        let mut long = Line::default();
        long.quote(&[b'x'; 100_000]);
        assert_eq!(long.text.chars().count(), LONGEST + 1);
    }

    #[test]
    fn secrets_move_with_their_text() {
        let mut line = Line::default();
        line.say("Cookie: ");
        let mut value = Line::default();
        value.hide(b"id=1");
        line.append(&value);
        assert_eq!(line.secrets.first(), Some(&(8..12)));
    }
}
