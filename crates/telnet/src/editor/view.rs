//! What is seen of a line: the part around the cursor that fits, drawn with nothing but characters and backspaces, so that
//! it works on all terminals. The cursor never stands between a character and its marks.

use unicode_width::UnicodeWidthChar;

/// What stands on the terminal behind the prompt.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    cells: Vec<char>,
    cursor: usize,
    /// How many characters of the line stand to the left of what is seen.
    left: usize,
}

impl View {
    /// Shows `line` with the cursor at `at` in `room` columns; what a terminal must be sent for it is added to `shown`.
    pub fn show(&mut self, line: &[char], at: usize, room: usize, shown: &mut String) {
        let left = self.left_for(line, at, room);
        let cells = fitting(&line[left..], room);
        let cursor = (at - left).min(cells.len());
        if cells != self.cells {
            let same = cells.iter().zip(&self.cells).take_while(|(one, other)| one == other).count();
            // A mark stands on the character before it, which is drawn with it.
            let parts = |from: &usize| !is_mark(cells.get(*from)) && !is_mark(self.cells.get(*from));
            let from = (0..=same).rev().find(parts).unwrap_or(0);
            self.go(from, shown);
            let gone = columns(&self.cells[from.min(self.cells.len())..]);
            shown.extend(&cells[from..]);
            let surplus = gone.saturating_sub(columns(&cells[from..]));
            shown.extend(std::iter::repeat_n(' ', surplus));
            back(surplus, shown);
            (self.cursor, self.cells) = (cells.len(), cells);
        }
        self.go(cursor, shown);
        self.left = left;
    }

    /// How many columns are taken.
    pub fn width(&self) -> usize {
        columns(&self.cells)
    }

    fn go(&mut self, to: usize, shown: &mut String) {
        let to = to.min(self.cells.len());
        match to.checked_sub(self.cursor) {
            Some(_) => shown.extend(&self.cells[self.cursor..to]),
            None => back(columns(&self.cells[to..self.cursor]), shown),
        }
        self.cursor = to;
    }

    /// The view stays where it is for as long as the cursor is in it, and then moves by half of it.
    fn left_for(&self, line: &[char], at: usize, room: usize) -> usize {
        if columns(line) <= room {
            return 0;
        }
        if self.left <= at && columns(&line[self.left..at]) <= room {
            return self.left;
        }
        let fits = |left: &usize| !is_mark(line.get(*left)) && columns(&line[*left..at]) <= room / 2;
        (0..=at).find(fits).unwrap_or(at)
    }
}

/// Whether a character stands on the one before it, as accents can.
pub(super) fn is_mark(character: Option<&char>) -> bool {
    character.is_some_and(|character| width(*character) == 0)
}

/// How many columns a text takes.
pub fn columns(text: &[char]) -> usize {
    text.iter().map(|character| width(*character)).sum()
}

fn width(character: char) -> usize {
    character.width().unwrap_or(0)
}

fn fitting(line: &[char], room: usize) -> Vec<char> {
    let mut left = room;
    let fits = |character: &&char| {
        let rest = left.checked_sub(width(**character));
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    line.iter().take_while(fits).copied().collect()
}

fn back(columns: usize, shown: &mut String) {
    shown.extend(std::iter::repeat_n('\x08', columns));
}
