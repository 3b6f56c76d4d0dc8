//! What one side said in one go, as rows: lines of text, and octets in hex from where it is none.

use std::ops::Range;

use toynet_machine::Time;
use toynet_record::Side;

use super::{Octets, Part};
use crate::clean::is_safe;

/// Consecutive octets of one side.
#[derive(Debug)]
pub(super) struct Turn {
    pub by: Side,
    octets: Vec<u8>,
    hidden: Vec<Range<usize>>,
    /// From which octet on they were seen when.
    times: Vec<(usize, Time)>,
}

/// One row of a transcript.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub time: Time,
    /// It begins with the first octet that was seen at that time.
    pub is_first: bool,
    pub content: String,
}

impl Turn {
    /// Takes a turn off the front of `parts`; datagrams stay apart.
    pub fn take(parts: &[Part], datagrams: bool) -> Option<(Self, &[Part])> {
        let (Part::Octets(first), mut rest) = parts.split_first()? else { return None };
        let mut turn = Self { by: first.by, octets: vec![], hidden: vec![], times: vec![] };
        turn.add(first);
        while let (false, Some((Part::Octets(next), after))) = (datagrams, rest.split_first())
            && next.by == turn.by
        {
            turn.add(next);
            rest = after;
        }
        Some((turn, rest))
    }

    fn add(&mut self, more: &Octets) {
        let at = self.octets.len();
        self.times.push((at, more.time));
        self.octets.extend_from_slice(&more.octets);
        self.hidden.extend(more.hidden.iter().map(|range| range.start + at..range.end + at));
    }

    /// The rows of it. A datagram is text as a whole or not at all.
    pub fn rows(&self, datagrams: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut from = 0;
        while from < self.octets.len() {
            let line = line_end(&self.octets, from);
            let looked_at = if datagrams { &self.octets[..] } else { &self.octets[from..line] };
            if !is_text(looked_at, datagrams) {
                break;
            }
            rows.push(self.row(from..line, self.text(from..line)));
            from = line;
        }
        for begin in (from..self.octets.len()).step_by(HEX_ROW) {
            let end = (begin + HEX_ROW).min(self.octets.len());
            rows.push(self.row(begin..end, self.hex(begin..end, begin - from)));
        }
        rows
    }

    fn row(&self, range: Range<usize>, content: String) -> Row {
        let seen = self.times.partition_point(|(at, _)| *at <= range.start).saturating_sub(1);
        let before = self.times.partition_point(|(at, _)| *at < range.start).saturating_sub(1);
        let is_first = range.start == 0 || seen != before || self.times[seen].0 == range.start;
        Row { time: self.times[seen].1, is_first, content }
    }

    fn text(&self, range: Range<usize>) -> String {
        let end = range.start + self.octets[range.clone()].trim_ascii_end_of_line().len();
        let mut shown = String::new();
        let mut at = range.start;
        for hidden in self.hidden.iter().filter(|hidden| hidden.start < end && hidden.end > range.start) {
            escape(&self.octets[at..hidden.start.max(at)], &mut shown);
            shown.push_str("•••");
            at = hidden.end.clamp(at, end);
        }
        escape(&self.octets[at..end], &mut shown);
        shown
    }

    fn hex(&self, range: Range<usize>, offset: usize) -> String {
        let mut row = format!("{offset:04x} ");
        let mut letters = String::new();
        for at in range.clone() {
            let octet = self.octets[at];
            let is_hidden = self.hidden.iter().any(|hidden| hidden.contains(&at));
            let shown = if is_hidden { "••".to_owned() } else { format!("{octet:02x}") };
            let gap = if (at - range.start).is_multiple_of(8) { "  " } else { " " };
            row = row + gap + &shown;
            let is_graphic = (b' '..0x7f).contains(&octet) && !is_hidden;
            letters.push(if is_hidden { '•' } else { char::from(if is_graphic { octet } else { b'.' }) });
        }
        let missing = HEX_ROW - range.len();
        let blank = missing * 3 + usize::from(missing >= 8);
        format!("{row}{:blank$}  {letters}", "")
    }
}

trait Line {
    fn trim_ascii_end_of_line(&self) -> &[u8];
}

impl Line for [u8] {
    fn trim_ascii_end_of_line(&self) -> &[u8] {
        let line = self.strip_suffix(b"\n").unwrap_or(self);
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

fn line_end(octets: &[u8], from: usize) -> usize {
    octets[from..].iter().position(|octet| *octet == b'\n').map_or(octets.len(), |at| from + at + 1)
}

/// Whether it reads better as text: Telnet's commands may stand among words, but no words among pictures.
fn is_text(octets: &[u8], wholly: bool) -> bool {
    let mut strange = 0;
    for chunk in octets.utf8_chunks() {
        strange += chunk.invalid().len();
        strange +=
            chunk.valid().chars().filter(|one| !is_safe(*one) && !matches!(one, '\r' | '\n' | '\t' | '\x1b')).count();
    }
    strange == 0 || !wholly && strange * 4 <= octets.len()
}

fn escape(octets: &[u8], out: &mut String) {
    for chunk in octets.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_safe(character) {
                out.push(character);
            } else {
                out.extend(character.escape_default());
            }
        }
        chunk.invalid().iter().for_each(|octet| out.push_str(&format!("\\x{octet:02x}")));
    }
}

/// As other tools dump: two groups of eight.
const HEX_ROW: usize = 16;
