//! Entries become things to tell: ends are joined to flows, and each flow is heard by a dissector of its own.
//!
//! - `flows`: the flows that are live, how many at most
//! - `live`: one flow as it is heard

mod flows;
mod live;

use std::fmt;
use std::rc::Rc;

use toynet_machine::Time;
use toynet_record::dissect::FlowInfo;
use toynet_record::{Dissector, Entry, Event, Flow, FlowId, Journal, Reader, Roster};

use crate::told::{Told, What};
use flows::Flows;

/// Picks what can make sense of a flow: a protocol's name and a dissector; nothing when no protocol is
/// to be found there.
pub type Dissectors = Rc<dyn Fn(FlowInfo, &Flow) -> Option<(&'static str, Box<dyn Dissector>)>>;

/// A whole record, and what reads it.
#[derive(Clone)]
pub struct Source<'a> {
    /// What was seen.
    pub journal: &'a Journal,
    /// The hosts.
    pub roster: &'a Roster,
    /// What they speak.
    pub dissectors: Dissectors,
}

impl Source<'_> {
    /// A story of all of it, yet to be read.
    pub fn story(&self, explain: bool) -> Story {
        Story::new(self.roster.clone(), Rc::clone(&self.dissectors), explain)
    }

    /// A story in which only one flow is understood.
    pub fn story_of(&self, wanted: FlowId, explain: bool) -> Story {
        let dissectors = Rc::clone(&self.dissectors);
        let only = move |info: FlowInfo, flow: &Flow| if flow.id == wanted { dissectors(info, flow) } else { None };
        Story::new(self.roster.clone(), Rc::new(only), explain)
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("roster", &self.roster).finish_non_exhaustive()
    }
}

/// Tells what entries mean. Holds a bounded number of flows, however long it listens.
#[derive(Debug)]
pub struct Story {
    reader: Reader,
    flows: Flows,
    now: Time,
    /// Messages that were told.
    messages: u64,
}

impl Story {
    /// A story among these hosts, in which messages are explained if `explain` says so.
    pub fn new(roster: Roster, dissectors: Dissectors, explain: bool) -> Self {
        Self::with(Reader::new(roster), Flows::new(dissectors, explain, false))
    }

    /// A story among these hosts, in which messages are told with all that they carry.
    pub fn whole(roster: Roster, dissectors: Dissectors) -> Self {
        Self::with(Reader::new(roster), Flows::new(dissectors, false, true))
    }

    /// A story of the same kind that has yet to begin.
    pub fn again(&self) -> Self {
        Self::with(Reader::new(self.reader.roster().clone()), self.flows.again())
    }

    fn with(reader: Reader, flows: Flows) -> Self {
        Self { reader, flows, now: Time::default(), messages: 0 }
    }

    /// The hosts.
    pub fn roster(&self) -> &Roster {
        self.reader.roster()
    }

    /// Takes the next entry in the order of a [`Journal`] and tells what it brings.
    pub fn read(&mut self, entry: &Entry<'_>, tell: impl FnMut(Told)) {
        self.read_raw(entry, |_| {}, tell);
    }

    /// The same; `hear` learns before what the entry means as such.
    pub fn read_raw(&mut self, entry: &Entry<'_>, mut hear: impl FnMut(&Event<'_>), mut tell: impl FnMut(Told)) {
        self.pass(entry.time, &mut tell);
        let Self { reader, flows, messages, .. } = self;
        reader.read(entry, |event| {
            hear(&event);
            flows.hear(event, &mut |told| tell(numbered(told, messages)));
        });
    }

    /// Learns that it is `now`: strangers who were silent for long have gone.
    pub fn pass(&mut self, now: Time, mut tell: impl FnMut(Told)) {
        self.now = self.now.max(now);
        let Self { flows, messages, .. } = self;
        flows.pass(self.now, &mut |told| tell(numbered(told, messages)));
    }

    /// Tells what is unfinished in all flows, as it stands. Nothing may be read after it.
    pub fn finish(&mut self, mut tell: impl FnMut(Told)) {
        let Self { flows, messages, .. } = self;
        flows.finish(self.now, &mut |told| tell(numbered(told, messages)));
    }
}

fn numbered(told: Told, messages: &mut u64) -> Told {
    if !matches!(told.what, What::Message { .. }) {
        return told;
    }
    *messages += 1;
    Told { number: *messages, ..told }
}

#[cfg(test)]
mod tests;
