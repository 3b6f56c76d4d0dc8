//! The flows that are live. Those that were silent longest are parked when there are too many: what is
//! said in them later is joined late. Of those that ended lately the other end's faults are still told.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use toynet_machine::Time;
use toynet_record::dissect::FlowInfo;
use toynet_record::{Event, Flow, FlowId};

use super::Dissectors;
use super::live::{Ear, Ended, Live, Parked, Passed, Start};
use crate::told::{Told, transport_name};

pub(super) struct Flows {
    dissectors: Dissectors,
    explain: bool,
    whole: bool,
    live: BTreeMap<FlowId, Live>,
    parked: BTreeMap<FlowId, Parked>,
    /// Oldest first.
    ended: VecDeque<Ended>,
    swept: Time,
}

impl Flows {
    pub fn new(dissectors: Dissectors, explain: bool, whole: bool) -> Self {
        let (live, parked, ended) = (BTreeMap::new(), BTreeMap::new(), VecDeque::new());
        Self { dissectors, explain, whole, live, parked, ended, swept: Time::default() }
    }

    pub fn again(&self) -> Self {
        Self::new(Rc::clone(&self.dissectors), self.explain, self.whole)
    }

    pub fn hear(&mut self, event: Event<'_>, tell: &mut impl FnMut(Told)) {
        match event {
            Event::Opened(flow) => {
                let (now, late) = (flow.opened, flow.joined_late);
                self.begin(Rc::new(flow), Start { exchanges: 0, now, late, secured: false }, tell);
            }
            Event::Because { flow, exchange, cause } => {
                self.live.get_mut(&flow).into_iter().for_each(|live| live.because(exchange, cause));
            }
            Event::Said { flow, by, time, octets } => {
                self.at(flow, time, tell).into_iter().for_each(|live| live.said(by, time, octets, tell));
            }
            Event::Hole { flow, by, time, length } => {
                self.at(flow, time, tell).into_iter().for_each(|live| live.hole(by, length, time, tell));
            }
            Event::Fault { flow, by, time, what } => match self.at(flow, time, tell) {
                Some(live) => live.fault(by, time, what, tell),
                None => {
                    let ended = self.ended.iter().rfind(|ended| ended.id() == flow);
                    ended.into_iter().for_each(|ended| tell(ended.fault(by, time, what)));
                }
            },
            Event::Secured { flow, time, terms } => {
                self.at(flow, time, tell).into_iter().for_each(|live| live.secured(time, terms, tell));
            }
            Event::Shut { flow, time, terms } => {
                self.at(flow, time, tell).into_iter().for_each(|live| live.shut(time, terms, tell));
            }
            Event::Unsecured { flow, by, time, why } => {
                self.at(flow, time, tell).into_iter().for_each(|live| live.unsecured(by, time, why, tell));
            }
            Event::Secret { .. } => {}
            Event::Closed { flow, time, how } => {
                self.parked.remove(&flow);
                if let Some(live) = self.live.remove(&flow) {
                    if self.ended.len() == ENDED {
                        self.ended.pop_front();
                    }
                    self.ended.push_back(live.closed(time, how, tell));
                }
            }
        }
    }

    /// Drops the flows of strangers who sent their last datagram long ago: nothing closes those.
    pub fn pass(&mut self, now: Time, tell: &mut impl FnMut(Told)) {
        if now.since(self.swept) < SWEEP {
            return;
        }
        self.swept = now;
        for (_, live) in
            self.live.extract_if(.., |_, live| live.is_a_stranger_s_past() && now.since(live.last()) >= IDLE)
        {
            live.fell_silent(now, tell);
        }
    }

    pub fn finish(&mut self, now: Time, tell: &mut impl FnMut(Told)) {
        for live in std::mem::take(&mut self.live).into_values() {
            live.broke_off(now, tell);
        }
        self.parked.clear();
    }

    /// The live flow of this number; a parked one comes back to life.
    fn at(&mut self, flow: FlowId, now: Time, tell: &mut impl FnMut(Told)) -> Option<&mut Live> {
        if let Some(Parked { flow, exchanges, secured }) = self.parked.remove(&flow) {
            self.begin(flow, Start { exchanges, now, late: true, secured }, tell);
        }
        self.live.get_mut(&flow)
    }

    fn begin(&mut self, flow: Rc<Flow>, start: Start, tell: &mut impl FnMut(Told)) {
        self.make_room();
        let info = FlowInfo {
            transport: flow.transport,
            stream: flow.stream,
            port: flow.acceptor.address.port(),
            joined_late: start.late,
            explain: self.explain,
            whole: self.whole,
        };
        let ear = match (self.dissectors)(info, &flow) {
            Some((protocol, dissector)) => Ear::Dissector { protocol, dissector, passed: Passed::default() },
            None => Ear::Counter { protocol: transport_name(flow.transport), passed: Passed::default() },
        };
        let id = flow.id;
        self.live.insert(id, Live::begin(flow, ear, start, tell));
    }

    fn make_room(&mut self) {
        if self.live.len() < LIVE {
            return;
        }
        let mut ages: Vec<_> = self.live.iter().map(|(id, live)| (live.last(), *id)).collect();
        ages.sort_unstable();
        for (_, id) in ages.into_iter().take(LIVE / 4) {
            self.parked.extend(self.live.remove(&id).map(|live| (id, live.park())));
        }
        while self.parked.len() > PARKED {
            self.parked.pop_first();
        }
    }
}

impl fmt::Debug for Flows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flows").field("live", &self.live).field("parked", &self.parked.len()).finish_non_exhaustive()
    }
}

/// Dissectors that hold state at once: each may hold a head of 64 KiB, few hold more than one.
pub(super) const LIVE: usize = 2 * 1024;
/// Parked flows, some 300 octets each.
const PARKED: usize = 16 * 1024;
/// Flows that ended, some 300 octets each: what their other ends tell later they tell at once.
const ENDED: usize = 1024;
/// After so long the next datagram of a stranger begins a flow of its own in the reader.
const IDLE: Duration = Duration::from_secs(30);
/// How often to look for the idle: nobody waits for them.
const SWEEP: Duration = Duration::from_secs(1);
