//! The line of a terminal on which the cursor stands: what a person sees of octets with backspaces and returns.

use unicode_width::UnicodeWidthChar;

/// One line of a terminal.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    cells: Vec<Cell>,
    at: usize,
    escape: Escape,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    /// A character with the marks on it.
    Text(char, String),
    /// The second half of a wide one.
    Half,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Begun,
    Sequence,
}

impl Screen {
    /// Shows a character; one that ends the line gives that line and begins a new one.
    pub fn put(&mut self, character: char) -> Option<String> {
        match (self.escape, character) {
            (_, '\n') => return Some(self.end_line()),
            (Escape::None, '\x1b') => self.escape = Escape::Begun,
            (Escape::Begun, '[') => self.escape = Escape::Sequence,
            (Escape::Begun, _) => self.escape = Escape::None,
            (Escape::Sequence, '@'..='~') => self.end_sequence(character),
            (Escape::Sequence, _) => {}
            (Escape::None, '\r') => self.at = 0,
            (Escape::None, '\x08') => self.at = self.at.saturating_sub(1),
            (Escape::None, '\t') => self.show(' '),
            (Escape::None, character) if character.is_control() => {}
            (Escape::None, character) => self.show(character),
        }
        None
    }

    /// What stands on the line.
    pub fn text(&self) -> String {
        let texts = self.cells.iter().filter_map(|cell| match cell {
            Cell::Text(character, marks) => Some(std::iter::once(*character).chain(marks.chars())),
            Cell::Half => None,
        });
        texts.flatten().collect()
    }

    fn end_line(&mut self) -> String {
        let line = self.text();
        *self = Self::default();
        line
    }

    fn show(&mut self, character: char) {
        let width = character.width().unwrap_or(0);
        match width {
            0 => self.mark(character),
            width if self.at + width <= WIDEST => {
                let blank = Cell::Text(' ', String::new());
                self.cells.resize(self.cells.len().max(self.at + width), blank);
                self.cells[self.at] = Cell::Text(character, String::new());
                self.cells[self.at + 1..self.at + width].fill(Cell::Half);
                self.at += width;
            }
            _ => {}
        }
    }

    /// A mark stands on the character before the cursor.
    fn mark(&mut self, mark: char) {
        let at = self.at.min(self.cells.len());
        for cell in self.cells[..at].iter_mut().rev() {
            if let Cell::Text(_, marks) = cell {
                if marks.len() < MOST_MARKS {
                    marks.push(mark);
                }
                return;
            }
        }
    }

    /// Erasing to the end of the line and moving by one are all that shells need for a line.
    fn end_sequence(&mut self, last: char) {
        self.escape = Escape::None;
        match last {
            'K' => self.cells.truncate(self.at),
            'H' => self.at = 0,
            'J' => self.cells.clear(),
            'C' => self.at = (self.at + 1).min(self.cells.len()),
            'D' => self.at = self.at.saturating_sub(1),
            _ => {}
        }
    }
}

/// Longer lines are shown up to here: more than fits on any terminal's line, with a prompt and the longest input.
const WIDEST: usize = 1024;
/// Octets of the marks on one character: four marks of the longest.
const MOST_MARKS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_character_in_a_place_is_seen() {
        assert_eq!(shown("abc\x08\x08X\rY\n"), ["YXc"]);
        assert_eq!(shown("> abc\r\x1b[Knew\r\n> \n"), ["new", "> "]);
        assert_eq!(shown("\x1b[1;31mred\x1b[0m\x07\n"), ["red"]);
    }

    #[test]
    fn a_wide_character_has_two_columns_and_a_mark_none() {
        assert_eq!(shown("数\x08\x08ab\n"), ["ab"]);
        assert_eq!(shown("e\u{301}f\x08g\n"), ["e\u{301}g"]);
        assert_eq!(shown("old\x1b[H\x1b[2Jnew\n"), ["new"]);
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let mut screen = Screen::default();
        (0..100_000).for_each(|_| drop(screen.put('x')));
        assert_eq!(screen.text().len(), WIDEST);
    }

    fn shown(text: &str) -> Vec<String> {
        let mut screen = Screen::default();
        text.chars().filter_map(|character| screen.put(character)).collect()
    }
}
