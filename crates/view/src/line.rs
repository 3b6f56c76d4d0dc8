//! One line for people: `TIME  #FLOW  who → whom  PROTO  what  how long`.
//!
//! Times are in UTC; a line with the date stands where the day changes. What belongs under an exchange is indented. The
//! columns widen as longer names come by, and keep their width.

use std::time::Duration;

use time::Date;
use toynet_record::Transport;

use crate::clean::clean;
use crate::paint::{Colour, Paint};
use crate::thread::{Belongs, Placed};
use crate::told::{Happening, Told, What};
use crate::words::{clock, day, grouped, span};

/// Writes lines.
#[derive(Debug)]
pub struct Lines {
    paint: Paint,
    columns: Option<usize>,
    secrets: bool,
    flow: usize,
    parties: usize,
    protocol: usize,
    day: Option<Date>,
}

impl Lines {
    /// A writer of lines that are cut to `columns`, if any are given, or else only when they are very long.
    pub fn new(colour: bool, columns: Option<usize>, secrets: bool) -> Self {
        Self { paint: Paint(colour), columns, secrets, flow: FLOW, parties: PARTIES.0, protocol: PROTOCOL, day: None }
    }

    /// Cuts to so many columns from here on.
    pub fn set_columns(&mut self, columns: Option<usize>) {
        self.columns = columns;
    }

    /// Appends a block.
    pub fn write(&mut self, block: &[Placed], out: &mut String) {
        let parties: Vec<String> = block.iter().map(parties).collect();
        self.widen(block, &parties);
        for (placed, parties) in block.iter().zip(&parties) {
            self.write_day(placed, out);
            self.write_line(placed, parties, out);
            self.write_notes(&placed.told, out);
            self.write_faults(&placed.told, out);
        }
    }

    fn widen(&mut self, block: &[Placed], parties: &[String]) {
        let numbers = block.iter().map(|placed| width(&flow(&placed.told))).max();
        self.flow = self.flow.max(numbers.unwrap_or(0));
        let widest = parties.iter().map(|parties| width(parties)).filter(|width| *width <= PARTIES.1).max();
        self.parties = self.parties.max(widest.unwrap_or(0));
        let longest = block.iter().map(|placed| width(&placed.told.spoken())).max();
        self.protocol = self.protocol.max(longest.unwrap_or(0));
    }

    fn write_day(&mut self, placed: &Placed, out: &mut String) {
        let today = day(placed.told.time);
        if self.day.replace(today).is_some_and(|before| before != today) {
            self.paint.add(Some(Colour::Aside), &format!("— {today} —"), out);
            out.push('\n');
        }
    }

    fn write_line(&self, placed: &Placed, parties: &str, out: &mut String) {
        let told = &placed.told;
        let tail = self.tail(placed);
        let used = self.start().max(width(parties) + self.start() - self.parties) + width(&tail);
        let room = self.columns.map_or(LONGEST, |columns| columns.saturating_sub(used).clamp(SHORTEST, LONGEST));
        let beginning = format!("{}  {:flow$}", clock(told.time), flow(told), flow = self.flow);
        self.paint.add(Some(Colour::Aside), &beginning, out);
        out.push_str(&format!("  {parties:width$}  ", width = self.parties));
        self.paint.add(Some(Colour::Protocol), &format!("{:width$}", told.spoken(), width = self.protocol), out);
        out.push_str("  ");
        self.paint.add(colour(told), &clean(&told.words(self.secrets), room), out);
        self.paint.add(Some(Colour::Aside), &tail, out);
        out.push('\n');
    }

    fn write_notes(&self, told: &Told, out: &mut String) {
        for note in told.notes() {
            out.push_str(&" ".repeat(self.start()));
            out.push_str(&clean(&note.text, LONGEST));
            let rule = note.rule.as_ref().map(|rule| format!("  {}", clean(rule, LONGEST)));
            self.paint.add(Some(Colour::Aside), &rule.unwrap_or_default(), out);
            out.push('\n');
        }
    }

    fn write_faults(&self, told: &Told, out: &mut String) {
        for fault in told.faults() {
            out.push_str(&" ".repeat(self.start()));
            self.paint.add(Some(Colour::Notice), &format!("! {}", clean(fault, LONGEST)), out);
            out.push('\n');
        }
    }

    /// How long it took, and what it belongs to when that is not just above.
    fn tail(&self, placed: &Placed) -> String {
        let took = placed.told.took().map(took).unwrap_or_default();
        let headline = |told: &Told| clean(&told.words(self.secrets), HEADLINE);
        let belongs = match &placed.belongs {
            Some(Belongs::To(told)) => format!("  (to {})", headline(told)),
            Some(Belongs::Under(told)) => format!("  (for {})", headline(told)),
            None => String::new(),
        };
        took + &belongs
    }

    /// The column in which the words begin.
    fn start(&self) -> usize {
        CLOCK + 2 + self.flow + 2 + self.parties + 2 + self.protocol + 2
    }
}

/// The line that says how many messages were left out.
pub fn left_out(messages: u64) -> String {
    format!("… {} {} left out\n", grouped(messages), if messages == 1 { "message" } else { "messages" })
}

/// The line that says how many entries of the record were gone before they were read.
pub fn missed(entries: u64) -> String {
    let entries = grouped(entries);
    format!(
        "… {entries} entries of the record were gone before they could be read; flows after them are numbered anew\n"
    )
}

/// Datagrams that were answered in one batch share one time.
fn took(took: Duration) -> String {
    if took.is_zero() { "  at once".to_owned() } else { format!("  {}", span(took)) }
}

/// The flow as `--flow` takes it, with a mark.
fn flow(told: &Told) -> String {
    format!("#{}", told.flow.id)
}

fn parties(placed: &Placed) -> String {
    let (from, to) = placed.told.names();
    let indent = "  ".repeat(placed.depth.min(INDENTS));
    // What a person typed is said to nobody else.
    match placed.told.flow.transport {
        Transport::Command => format!("{indent}{}", clean(&from, NAME)),
        Transport::Tcp | Transport::Udp | Transport::Quic => {
            format!("{indent}{} → {}", clean(&from, NAME), clean(&to, NAME))
        }
    }
}

fn colour(told: &Told) -> Option<Colour> {
    match &told.what {
        _ if told.failed() => Some(Colour::Failure),
        What::Message { .. } => None,
        What::Happening(Happening::Fault { .. }) => Some(Colour::Notice),
        What::Happening(_) => Some(Colour::Aside),
    }
}

/// Columns that a text takes, where each character takes one.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// `12:04:05.123`.
const CLOCK: usize = 12;
/// `#999`.
const FLOW: usize = 4;
/// The column of who and whom at first and at most: two names of 20 leave 32 columns of 100 for words.
const PARTIES: (usize, usize) = (32, 44);
/// `http`.
const PROTOCOL: usize = 4;
/// Words are cut no shorter, even if the line gets too long.
const SHORTEST: usize = 24;
/// Words are cut no longer: five lines of a terminal.
const LONGEST: usize = 400;
/// Of what a line belongs to.
const HEADLINE: usize = 40;
/// A domain name is never longer (RFC 1035 2.3.4).
const NAME: usize = 255;
/// Deeper exchanges are not indented further.
const INDENTS: usize = 8;

#[cfg(test)]
mod tests;
