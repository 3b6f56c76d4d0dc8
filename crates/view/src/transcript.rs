//! One conversation as it went over the wire: every line both ways, with times.
//!
//! - `follow`: it as it grows
//! - `hide`: which octets are secrets
//! - `turn`: what one side said in one go, as lines of text and, where it is none, of octets in hex
//! - `text`, `object`: it for people and for programs

mod follow;
mod hide;
mod object;
mod text;
mod turn;

use std::ops::Range;

use toynet_machine::Time;
use toynet_record::dissect::{Message, Note};
use toynet_record::{Event, Flow, FlowId, Side};

use crate::Source;
use crate::log::Format;
use crate::told::{Happening, Told, What};

pub use follow::Following;

/// Everything that passed in one flow.
#[derive(Debug)]
pub struct Transcript {
    flow: Flow,
    protocol: &'static str,
    parts: Vec<Part>,
}

/// One after the other.
#[derive(Debug)]
enum Part {
    Octets(Octets),
    Mark(Mark),
    /// What was just said, in words.
    Explained(Vec<Explained>),
}

/// What was seen of one side at once.
#[derive(Clone, Debug)]
struct Octets {
    by: Side,
    time: Time,
    octets: Vec<u8>,
    /// Which of them are secrets, in order and apart.
    hidden: Vec<Range<usize>>,
}

/// Something that happened.
#[derive(Debug)]
struct Mark {
    by: Side,
    time: Time,
    what: Happening,
}

#[derive(Debug)]
struct Explained {
    headline: String,
    notes: Vec<Note>,
    faults: Vec<String>,
}

impl Transcript {
    /// The transcript of a flow of a record; nothing when the record has none of this number. Secrets are
    /// hidden unless `secrets`, also those that were written in another way than a dissector tells them.
    pub fn of(source: &Source<'_>, flow: FlowId, secrets: bool, explain: bool) -> Option<Self> {
        let mut listener = Listener::new(flow, secrets);
        let mut story = source.story_of(flow, explain);
        for entry in source.journal.entries() {
            let mut told = Vec::new();
            story.read_raw(&entry, |event| listener.hear(event), |one| told.push(one));
            listener.tell(told);
        }
        let mut told = Vec::new();
        story.finish(|one| told.push(one));
        listener.tell(told);
        let Listener { found, protocol, mut parts, messages, .. } = listener;
        if !secrets {
            hide::hide(&mut parts, &messages);
        }
        found.map(|flow| Self { flow, protocol, parts })
    }

    /// It as text or JSON.
    pub fn write(&self, format: Format, out: &mut String) {
        match format {
            Format::Text { colour, .. } => text::write(self, colour, out),
            Format::Json => object::write(self, out),
        }
    }
}

/// Gathers what belongs to one flow.
struct Listener {
    wanted: FlowId,
    secrets: bool,
    found: Option<Flow>,
    protocol: &'static str,
    parts: Vec<Part>,
    messages: Vec<Message>,
}

impl Listener {
    fn new(wanted: FlowId, secrets: bool) -> Self {
        Self { wanted, secrets, found: None, protocol: "", parts: vec![], messages: vec![] }
    }

    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Opened(flow) if flow.id == self.wanted => self.found = Some(flow.clone()),
            Event::Said { flow, by, time, octets } if *flow == self.wanted => {
                self.parts.push(Part::Octets(Octets { by: *by, time: *time, octets: octets.to_vec(), hidden: vec![] }));
            }
            Event::Hole { flow, by, time, length } if *flow == self.wanted => self.hole(*by, *time, *length),
            Event::Closed { flow, time, how } if *flow == self.wanted => {
                self.mark(Side::Initiator, *time, Happening::Closed { how: *how });
            }
            Event::Opened(_)
            | Event::Said { .. }
            | Event::Hole { .. }
            | Event::Because { .. }
            | Event::Fault { .. }
            | Event::Secret { .. }
            | Event::Secured { .. }
            | Event::Shut { .. }
            | Event::Unsecured { .. }
            | Event::Closed { .. } => {}
        }
    }

    fn hole(&mut self, by: Side, time: Time, length: u64) {
        match self.parts.last_mut() {
            Some(Part::Mark(Mark { by: before, what: Happening::Hole { length: so_far }, .. })) if *before == by => {
                *so_far += length;
            }
            Some(_) | None => self.mark(by, time, Happening::Hole { length }),
        }
    }

    fn mark(&mut self, by: Side, time: Time, what: Happening) {
        self.parts.push(Part::Mark(Mark { by, time, what }));
    }

    fn tell(&mut self, told: Vec<Told>) {
        let mut explained = Vec::new();
        for told in told {
            if told.flow.id != self.wanted {
                continue;
            }
            let of_tls = |what: &Happening| {
                matches!(what, Happening::Secured { .. } | Happening::Shut { .. } | Happening::Unsecured { .. })
            };
            if !matches!(&told.what, What::Happening(what) if of_tls(what)) {
                self.protocol = told.protocol;
            }
            let headline = told.words(self.secrets).into_owned();
            match told.what {
                What::Message { message, .. } => {
                    explained.push(Explained {
                        headline,
                        notes: message.notes.clone(),
                        faults: message.faults.clone(),
                    });
                    self.messages.push(message);
                }
                What::Happening(
                    what @ (Happening::Fault { .. }
                    | Happening::Secured { .. }
                    | Happening::Shut { .. }
                    | Happening::Unsecured { .. }
                    | Happening::JoinedLate),
                ) => self.mark(told.by, told.time, what),
                // These are known from the octets, or from how the flow closed.
                What::Happening(
                    Happening::Closed { .. }
                    | Happening::Unanswered
                    | Happening::Abandoned
                    | Happening::Hole { .. }
                    | Happening::Passed { .. },
                ) => {}
            }
        }
        explained.retain(|explained| !explained.notes.is_empty() || !explained.faults.is_empty());
        if !explained.is_empty() {
            self.parts.push(Part::Explained(explained));
        }
    }
}

#[cfg(test)]
mod tests;
