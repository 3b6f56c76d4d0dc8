//! Commands and options in words: those that come in one go are told in one line.

use toynet_machine::Time;
use toynet_record::dissect::Note;
use toynet_record::{Message, Side};

use crate::subnegotiation::Subnegotiation;
use crate::wire::Element;

/// What one side has said beside data.
#[derive(Debug)]
pub(super) struct Spoken {
    by: Side,
    time: Time,
    words: Vec<String>,
    faults: Vec<String>,
    notes: Vec<Note>,
    octets: u64,
}

impl Spoken {
    pub fn new(by: Side, time: Time) -> Self {
        Self { by, time, words: Vec::new(), faults: Vec::new(), notes: Vec::new(), octets: 0 }
    }

    pub fn add(&mut self, element: &Element) {
        let mut wire = Vec::new();
        element.write(&mut wire);
        self.octets += wire.len() as u64;
        match element {
            Element::Data(_) => {}
            Element::Signal(signal) => self.words.push(signal.to_string()),
            Element::Negotiate(verb, option) => self.words.push(format!("{verb} {option}")),
            Element::Subnegotiate(option, said) => self.words.push(match Subnegotiation::read(*option, said) {
                Some(said) => said.to_string(),
                None => format!("{option} subnegotiation of {} octets", said.len()),
            }),
            Element::Broken(option) => {
                self.words.push(format!("{option} subnegotiation, broken"));
                self.faults.push("A subnegotiation ends with IAC SE and stands alone until then (RFC 855).".to_owned());
            }
            Element::Stray(octet) => {
                self.words.push(format!("IAC {octet}"));
                self.faults.push(format!("{octet} is no command; an IAC in data is doubled (RFC 854)."));
            }
        }
    }

    /// What is wrong with it, seen beside what was said before.
    pub fn blame(&mut self, fault: Option<&str>) {
        self.faults.extend(fault.map(str::to_owned));
    }

    /// What it means.
    pub fn explain(&mut self, note: Option<Note>) {
        self.notes.extend(note.filter(|_| self.notes.len() < MOST_WORDS));
    }

    /// Tells what was said so far, if anything.
    pub fn tell(&mut self, out: &mut Vec<Message>) {
        if self.words.is_empty() {
            return;
        }
        let told = self.words.len().min(MOST_WORDS);
        let mut summary = self.words[..told].join(", ");
        if told < self.words.len() {
            summary.push_str(&format!(", and {} more", self.words.len() - told));
        }
        self.words.clear();
        let mut faults = std::mem::take(&mut self.faults);
        faults.truncate(MOST_FAULTS);
        let (octets, notes) = (std::mem::take(&mut self.octets), std::mem::take(&mut self.notes));
        out.push(Message { faults, octets, notes, ..Message::new(self.by, self.time, summary) });
    }
}

/// More than any client or server says in one go; what floods is cut.
const MOST_WORDS: usize = 40;
/// Those that follow say nothing new.
const MOST_FAULTS: usize = 4;
