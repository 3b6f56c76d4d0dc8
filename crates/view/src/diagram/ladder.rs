//! For a terminal: lifelines go down, each arrow is a line.
//!
//! - `columns`: where the lifelines stand, and how names are written above them
//! - `canvas`: a row of characters

mod canvas;
mod columns;

use super::wrap::wrap;
use super::{Arrow, ArrowKind, Diagram, Loop, Note, Remark, Step, Tone, label};
use crate::paint::{Colour, Paint};
use crate::words::{clock, day};
use canvas::{Row, width};
use columns::Columns;

pub(super) fn write(diagram: &Diagram, columns: usize, colour: bool) -> String {
    let mut ladder = Ladder {
        diagram,
        columns: Columns::of(diagram, gutter(diagram), columns),
        active: vec![0; diagram.participants.len()],
        loops: 0,
        paint: Paint(colour),
        out: String::new(),
    };
    ladder.head();
    ladder.steps(&diagram.steps);
    ladder.foot();
    ladder.out
}

struct Ladder<'a> {
    diagram: &'a Diagram,
    columns: Columns,
    /// How many bars each participant has.
    active: Vec<usize>,
    /// How many loops are open.
    loops: usize,
    paint: Paint,
    out: String,
}

/// The number of an arrow and when it was: `12  +1.2 ms  `.
fn gutter(diagram: &Diagram) -> usize {
    number_width(diagram) + 2 + OFFSET + 2
}

fn number_width(diagram: &Diagram) -> usize {
    diagram.arrows().map(|arrow| arrow.number).max().unwrap_or(0).to_string().len().max(2)
}

impl Ladder<'_> {
    fn head(&mut self) {
        let Diagram { title, .. } = self.diagram;
        if !title.is_empty() {
            let begins = self.diagram.begins();
            self.plain_line(&format!("{title}, {} {} UTC", day(begins), clock(begins)), None);
        }
        if let Some(left_out) = label::left_out(self.diagram) {
            self.plain_line(&format!("… {left_out}"), Some(Colour::Notice));
        }
        for line in self.columns.legend.clone() {
            self.plain_line(&line, None);
        }
        for line in 0..self.columns.names.iter().map(Vec::len).max().unwrap_or(0) {
            let mut row = Row::new(self.columns.width);
            for (name, at) in self.columns.names.iter().zip(&self.columns.at) {
                // Names stand on their lifelines, whatever their height.
                let missing = self.columns.height.saturating_sub(name.len());
                let text = line.checked_sub(missing).and_then(|line| name.get(line)).map_or("", String::as_str);
                row.put(at.saturating_sub(width(text) / 2), text, Some(Colour::Protocol));
            }
            self.push(row);
        }
    }

    fn foot(&mut self) {
        let row = self.lifelines();
        self.push(row);
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Arrow(arrow) => self.arrow(arrow),
                Step::Note(note) => self.note(note),
                Step::Loop(repeated) => self.repeat(repeated),
            }
        }
    }

    fn arrow(&mut self, arrow: &Arrow) {
        let (from, to) = (self.columns.at[arrow.from], self.columns.at[arrow.to]);
        let (left, right) = (from.min(to), from.max(to));
        let colour = if arrow.failed || arrow.lost { Some(Colour::Failure) } else { None };
        let needed = width(&label::line(arrow)) + SHAFT;
        let fits = from != to && needed < right - left;
        let texts = if fits || from == to { vec![] } else { self.texts_above(arrow, left) };
        let above = texts.len();
        for (start, text) in texts {
            let mut row = self.lifelines();
            self.put_label(&mut row, start, &text, arrow, colour);
            self.push(row);
        }
        if arrow.opens {
            self.active[arrow.to] += 1;
        }
        if from == to {
            self.own(arrow, from, colour);
        } else {
            let mut row = self.lifelines();
            self.number(&mut row, arrow);
            self.shaft(&mut row, arrow, (left, right), colour);
            if above == 0 {
                self.put_label(&mut row, left + 2, &format!(" {} ", label::line(arrow)), arrow, colour);
            }
            self.push(row);
        }
        if arrow.closes {
            self.active[arrow.from] = self.active[arrow.from].saturating_sub(1);
        }
        arrow.remarks.iter().for_each(|remark| self.remark(remark, left));
    }

    /// Where the lines of a text begin that does not fit on its arrow.
    fn texts_above(&self, arrow: &Arrow, left: usize) -> Vec<(usize, String)> {
        let text = label::line(arrow);
        let start =
            (left + 2).min(self.columns.width.saturating_sub(width(&text).min(LEAST)).max(self.columns.gutter + 1));
        let room = self.columns.width.saturating_sub(start).max(LEAST / 2);
        wrap(&text, room, LINES, width).into_iter().map(|line| (start, line)).collect()
    }

    fn put_label(&self, row: &mut Row, start: usize, text: &str, arrow: &Arrow, colour: Option<Colour>) {
        row.put(start, text, colour);
        let tag = label::tag(arrow).map(|tag| format!("{tag}:")).unwrap_or_default();
        if !tag.is_empty() && text.trim_start().starts_with(&tag) {
            let lead = text.len() - text.trim_start().len();
            row.put(start + lead, &tag, Some(Colour::Protocol));
        }
    }

    fn number(&self, row: &mut Row, arrow: &Arrow) {
        let digits = number_width(self.diagram);
        if arrow.number > 0 {
            row.put(0, &format!("{:>digits$}", arrow.number), None);
        }
        let offset = label::offset(self.diagram.begins(), arrow.at);
        row.put(digits + 2, &format!("{offset:>OFFSET$}"), Some(Colour::Aside));
    }

    fn shaft(&self, row: &mut Row, arrow: &Arrow, (left, right): (usize, usize), colour: Option<Colour>) {
        let shaft = if arrow.kind == ArrowKind::Reply { "╌" } else { "─" };
        let leads_right = arrow.from < arrow.to;
        for at in left + 1..right {
            row.put(at, shaft, colour);
        }
        match (arrow.lost, leads_right) {
            (false, true) => row.put(right - 1, ">", colour),
            (false, false) => row.put(left + 1, "<", colour),
            (true, true) => row.put(right.saturating_sub(3), "x  ", colour),
            (true, false) => row.put(left + 1, "  x", colour),
        }
    }

    /// To oneself.
    fn own(&mut self, arrow: &Arrow, at: usize, colour: Option<Colour>) {
        let text = label::line(arrow);
        let beside = self.columns.width.saturating_sub(at + 5) >= width(&text).min(LEAST);
        let start =
            if beside { at + 5 } else { self.columns.width.saturating_sub(width(&text)).max(self.columns.gutter) };
        let mut lines = wrap(&text, self.columns.width.saturating_sub(start).max(LEAST / 2), LINES, width).into_iter();
        if !beside {
            for line in lines.by_ref() {
                let mut row = self.lifelines();
                self.put_label(&mut row, start, &line, arrow, colour);
                self.push(row);
            }
        }
        let mut row = self.lifelines();
        row.put(at + 1, "──╮", colour);
        self.put_label(&mut row, start, &lines.next().unwrap_or_default(), arrow, colour);
        self.push(row);
        let mut row = self.lifelines();
        self.number(&mut row, arrow);
        row.put(at + 1, "<─╯", colour);
        row.put(start, &lines.next().unwrap_or_default(), colour);
        self.push(row);
        for line in lines {
            let mut row = self.lifelines();
            row.put(start, &line, colour);
            self.push(row);
        }
    }

    fn remark(&mut self, remark: &Remark, left: usize) {
        let colour = if remark.wrong { Colour::Notice } else { Colour::Aside };
        let start = (left + 4).min(self.columns.width.saturating_sub(LEAST));
        let room = self.columns.width.saturating_sub(start).max(LEAST);
        for line in wrap(&label::remark(remark), room, LINES, width) {
            let mut row = self.lifelines();
            row.put(start, &line, Some(colour));
            self.push(row);
        }
    }

    fn note(&mut self, note: &Note) {
        let colour = match note.tone {
            Tone::Plain => Colour::Aside,
            Tone::Fault => Colour::Notice,
            Tone::Failure => Colour::Failure,
        };
        let mark = match note.tone {
            Tone::Plain => "·",
            Tone::Fault => "⚡",
            Tone::Failure => "x",
        };
        let text = format!("{mark} {}", note.text);
        let start = (self.columns.at[note.over.0] + 2).min(self.columns.width.saturating_sub(width(&text).min(LEAST)));
        for line in wrap(&text, self.columns.width.saturating_sub(start).max(LEAST / 2), LINES, width) {
            let mut row = self.lifelines();
            row.put(start, &line, Some(colour));
            self.push(row);
        }
    }

    fn repeat(&mut self, repeated: &Loop) {
        let top = format!("╔═ {} ", label::repeats(repeated));
        self.border(&top, "═");
        self.loops += 1;
        self.steps(&repeated.steps);
        self.loops -= 1;
        self.border("╚", "═");
    }

    fn border(&mut self, begin: &str, line: &str) {
        let mut row = self.lifelines();
        let (start, end) = (self.columns.gutter - 1 + self.loops, self.columns.last() + 3);
        for at in start..end {
            row.put(at, line, Some(Colour::Aside));
        }
        row.put(start, begin, Some(Colour::Aside));
        self.push(row);
    }

    fn lifelines(&self) -> Row {
        let mut row = Row::new(self.columns.width);
        for (at, active) in self.columns.at.iter().zip(&self.active) {
            if *active > 0 {
                row.put(*at, "┃", Some(Colour::Protocol));
            } else {
                row.put(*at, "│", Some(Colour::Aside));
            }
        }
        for depth in 0..self.loops {
            row.put(self.columns.gutter - 1 + depth, "║", Some(Colour::Aside));
        }
        row
    }

    fn plain_line(&mut self, text: &str, colour: Option<Colour>) {
        let mut row = Row::new(width(text));
        row.put(0, text, colour);
        self.push(row);
    }

    fn push(&mut self, row: Row) {
        row.write(self.paint, &mut self.out);
    }
}

/// `+12 min 5 s` is rare; `+999 ms` is not.
const OFFSET: usize = 8;
/// Of an arrow with its text inside: ends, head and blanks.
const SHAFT: usize = 6;
/// A text is squeezed into no less.
const LEAST: usize = 40;
/// Of one text.
const LINES: usize = 4;
