//! Entries become things to tell: ends are joined to flows, and each flow is heard by a dissector of its own.
//!
//! - `flows`: the flows that are live, how many at most
//! - `live`: one flow as it is heard

mod flows;
mod live;

use toynet_machine::Time;
use toynet_record::dissect::FlowInfo;
use toynet_record::{Dissector, Entry, Flow, Reader, Roster};

use crate::told::Told;
use flows::Flows;

/// Picks what can make sense of a flow: a protocol's name and a dissector; nothing when no protocol is
/// to be found there.
pub type Dissectors = Box<dyn Fn(FlowInfo, &Flow) -> Option<(&'static str, Box<dyn Dissector>)>>;

/// Tells what entries mean. Holds a bounded number of flows, however long it listens.
#[derive(Debug)]
pub struct Story {
    reader: Reader,
    flows: Flows,
    now: Time,
}

impl Story {
    /// A story among these hosts.
    pub fn new(roster: Roster, dissectors: Dissectors) -> Self {
        Self { reader: Reader::new(roster), flows: Flows::new(dissectors), now: Time::default() }
    }

    /// Takes the next entry in the order of a [`Journal`](toynet_record::Journal) and tells what it brings.
    pub fn read(&mut self, entry: &Entry<'_>, mut tell: impl FnMut(Told)) {
        self.pass(entry.time, &mut tell);
        let Self { reader, flows, .. } = self;
        reader.read(entry, |event| flows.hear(event, &mut tell));
    }

    /// Learns that it is `now`: strangers who were silent for long have gone.
    pub fn pass(&mut self, now: Time, mut tell: impl FnMut(Told)) {
        self.now = self.now.max(now);
        self.flows.pass(self.now, &mut tell);
    }

    /// Tells what is unfinished in all flows, as it stands. Nothing may be read after it.
    pub fn finish(&mut self, mut tell: impl FnMut(Told)) {
        self.flows.finish(self.now, &mut tell);
    }
}

#[cfg(test)]
mod tests;
