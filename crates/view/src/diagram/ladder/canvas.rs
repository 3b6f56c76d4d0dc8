//! A row of characters of a terminal, some of which are coloured.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::paint::{Colour, Paint};

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// What is put later covers what was there.
pub(super) struct Row(Vec<Cell>);

#[derive(Clone, Copy)]
struct Cell {
    /// None is the second half of a wide character.
    character: Option<char>,
    colour: Option<Colour>,
}

impl Row {
    pub fn new(width: usize) -> Self {
        Self(vec![BLANK; width])
    }

    pub fn put(&mut self, at: usize, text: &str, colour: Option<Colour>) {
        let mut at = at;
        for character in text.chars() {
            let wide = character.width().unwrap_or(0);
            if wide == 0 {
                continue;
            }
            let character = if character == '\u{a0}' { ' ' } else { character };
            if self.0.len() < at + wide {
                self.0.resize(at + wide, BLANK);
            }
            self.0[at] = Cell { character: Some(character), colour };
            for half in 1..wide {
                self.0[at + half] = Cell { character: None, colour };
            }
            at += wide;
        }
        // A wide character that lost its second half is none.
        if let Some(cell) = self.0.get_mut(at).filter(|cell| cell.character.is_none()) {
            *cell = BLANK;
        }
    }

    pub fn write(&self, paint: Paint, out: &mut String) {
        let end = self.0.iter().rposition(|cell| cell.character != Some(' ')).map_or(0, |at| at + 1);
        let mut rest = &self.0[..end];
        while let Some(first) = rest.first() {
            let same = |cell: &&Cell| cell.colour.map(Colour::code) == first.colour.map(Colour::code);
            let length = rest.iter().take_while(same).count();
            let text: String = rest[..length].iter().filter_map(|cell| cell.character).collect();
            paint.add(first.colour, &text, out);
            rest = &rest[length..];
        }
        out.push('\n');
    }
}

const BLANK: Cell = Cell { character: Some(' '), colour: None };
