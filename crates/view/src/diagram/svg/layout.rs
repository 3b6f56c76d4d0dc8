//! Where the lifelines stand, and how wide texts are.

use super::HEAD;
use crate::diagram::{Diagram, Kind, label};

#[derive(Debug)]
pub(super) struct Layout {
    /// The lifelines.
    pub at: Vec<i32>,
    /// Where they begin.
    pub top: i32,
    /// Where remarks stand.
    pub remarks: i32,
    /// How wide it all is.
    pub wide: i32,
}

impl Layout {
    pub fn of(diagram: &Diagram) -> Self {
        let boxes: Vec<i32> = diagram.participants.iter().map(|one| box_width(&one.name, one.kind)).collect();
        let mut gaps: Vec<i32> = boxes.windows(2).map(|pair| (pair[0] + pair[1]) / 2 + BETWEEN).collect();
        let most = match boxes.len() {
            0..=4 => 360,
            _ => 300,
        };
        let mut beyond = 0;
        for (span, first, needed) in needs(diagram, most) {
            match gaps.get_mut(first..first + span) {
                Some(gaps) => widen(gaps, needed),
                None => beyond = beyond.max(needed),
            }
        }
        let mut x = TIMES + boxes.first().copied().unwrap_or(0) / 2;
        let mut at = vec![x];
        for gap in gaps {
            x += gap;
            at.push(x);
        }
        at.truncate(boxes.len().max(1));
        let right = x + (boxes.last().copied().unwrap_or(0) / 2).max(beyond).max(MARGIN);
        let has_remarks = diagram.arrows().any(|arrow| !arrow.remarks.is_empty());
        let remarks = right + 30;
        let wide = if has_remarks { remarks + REMARK } else { right } + MARGIN;
        let title = MARGIN + measure(&diagram.title, 19) + MARGIN;
        Self { at, top: TITLE + HEAD, remarks, wide: wide.max(title).max(LEAST_WIDTH) }
    }

    /// Makes room for what ends here.
    pub fn reach(&mut self, right: i32) {
        self.wide = self.wide.max(right + MARGIN);
    }
}

/// How many gaps which room is needed over, from which on; short spans first.
fn needs(diagram: &Diagram, most: i32) -> Vec<(usize, usize, i32)> {
    let mut needs: Vec<_> = diagram
        .arrows()
        .map(|arrow| {
            let text = measure(&label::line(arrow), SIZE);
            let first = arrow.from.min(arrow.to);
            match arrow.from.abs_diff(arrow.to) {
                0 => (1, first, text.min(OWN_TEXT) + OWN_TURN + 24),
                span => (span, first, (text + BESIDE_TEXT + 4).min(most)),
            }
        })
        .collect();
    needs.sort_unstable();
    needs
}

fn widen(gaps: &mut [i32], needed: i32) {
    let missing = needed - gaps.iter().sum::<i32>();
    if missing > 0 {
        let each = missing / gaps.len() as i32 + 1;
        gaps.iter_mut().for_each(|gap| *gap += each);
    }
}

/// The width of a participant's box or name.
pub(super) fn box_width(name: &str, kind: Kind) -> i32 {
    let text = measure(name, SIZE);
    if kind == Kind::You { text.max(40) } else { (text + 24).max(72) }
}

/// How wide a text is at so many pixels of type, rather too much than too little: which typeface there will be is
/// not known, and of the common ones DejaVu Sans is the widest.
pub(super) fn measure(text: &str, size: i32) -> i32 {
    let thousandths: i32 = text.chars().map(advance).sum();
    (thousandths * size + 999) / 1000
}

/// Thousandths of the type's size.
fn advance(character: char) -> i32 {
    match character {
        'i' | 'j' | 'l' | '\'' | '|' => 290,
        ' ' | '\u{a0}' | '.' | ',' | ':' | ';' | '!' | 'I' | '/' | '\\' => 330,
        'f' | 't' | 'r' | '-' | '(' | ')' | '[' | ']' | '`' => 400,
        's' | 'c' | 'k' | 'v' | 'x' | 'y' | 'z' | '?' | '"' | '_' => 560,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '—' => 980,
        '<' | '>' | '=' | '+' | '#' | '~' | '&' | '→' | 'G' | 'O' | 'Q' => 840,
        'A'..='Z' => 710,
        _ if character.is_ascii() => 640,
        _ => unicode_width::UnicodeWidthChar::width(character).unwrap_or(0) as i32 * 640,
    }
}

/// Type of names and labels, and of notes and remarks.
pub(super) const SIZE: i32 = 13;
pub(super) const SMALL: i32 = 12;
/// Around everything.
pub(super) const MARGIN: i32 = 18;
/// Left of the first participant: the times.
const TIMES: i32 = 92;
/// Above the participants: title and date.
const TITLE: i32 = 76;
/// Between two boxes.
const BETWEEN: i32 = 26;
/// Of an arrow, what its text cannot have: number, head, and a little air.
pub(super) const BESIDE_TEXT: i32 = 44;
/// A label is squeezed into no less.
pub(super) const LEAST_TEXT: i32 = 110;
/// Labels of what somebody says to himself, and where the arrow turns.
pub(super) const OWN_TEXT: i32 = 240;
pub(super) const OWN_TURN: i32 = 36;
/// A note over one participant.
pub(super) const NOTE: i32 = 190;
/// The column of remarks.
pub(super) const REMARK: i32 = 360;
/// Enough for the line below the title.
const LEAST_WIDTH: i32 = 380;
