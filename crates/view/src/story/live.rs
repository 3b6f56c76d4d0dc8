//! One flow as it is heard: what its dissector makes of it, which exchanges are open, and why they were begun.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use toynet_machine::Time;
use toynet_record::dissect::{Message, Role, Said, Taken};
use toynet_record::{Closing, Dissector, Flow, FlowCause, FlowId, Side, Transport};

use crate::told::{Happening, Told, What};

pub(super) struct Live {
    flow: Rc<Flow>,
    ear: Ear,
    /// Exchanges without an answer.
    open: BTreeMap<u64, Open>,
    /// Why exchanges were begun, where it is not why the flow was opened.
    causes: BTreeMap<u64, FlowCause>,
    /// Octets that were not kept, until the next that were.
    hole: Option<Hole>,
    start: Start,
    newest: u64,
    last: Time,
    secured: bool,
    /// Why there is no TLS was told, and with that why the flow ended.
    refused: bool,
}

/// What must be kept of a flow while nobody listens.
#[derive(Debug)]
pub(super) struct Parked {
    pub flow: Rc<Flow>,
    /// Its newest exchange.
    pub exchanges: u64,
    pub secured: bool,
}

/// A flow that has closed. What happened at its other end may be heard of after that.
#[derive(Debug)]
pub(super) struct Ended {
    flow: Rc<Flow>,
    protocol: &'static str,
    secured: bool,
}

impl Ended {
    pub fn id(&self) -> FlowId {
        self.flow.id
    }

    pub fn fault(&self, by: Side, time: Time, what: &str) -> Told {
        let Ended { flow, protocol, secured } = self;
        let what = What::Happening(Happening::Fault { what: what.to_owned() });
        let (flow, protocol, secured, cause) = (Rc::clone(flow), *protocol, *secured, flow.cause);
        Told { number: 0, flow, protocol, secured, exchange: 0, cause, time, by, what }
    }
}

/// Who listens.
pub(super) enum Ear {
    Dissector { protocol: &'static str, dissector: Box<dyn Dissector>, passed: Passed },
    Counter { protocol: &'static str, passed: Passed },
}

/// How many octets went each way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed {
    there: u64,
    back: u64,
}

/// How a flow comes to be heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// Exchanges that were told before; those of the dissector are counted on from there.
    pub exchanges: u64,
    pub now: Time,
    pub late: bool,
    pub secured: bool,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    since: Time,
    /// Who had the last word.
    last: Side,
}

#[derive(Clone, Copy, Debug)]
struct Hole {
    by: Side,
    since: Time,
    length: u64,
}

impl Live {
    pub fn begin(flow: Rc<Flow>, ear: Ear, start: Start, tell: &mut impl FnMut(Told)) -> Self {
        let (open, causes) = (BTreeMap::new(), BTreeMap::new());
        let (newest, last, secured) = (start.exchanges, start.now, start.secured);
        let live = Self { flow, ear, open, causes, hole: None, start, newest, last, secured, refused: false };
        if start.late {
            tell(live.happening(0, Side::Initiator, start.now, Happening::JoinedLate));
        }
        live
    }

    /// When it was last heard.
    pub fn last(&self) -> Time {
        self.last
    }

    /// Datagrams of an address outside the lab, which nobody will close.
    pub fn is_a_stranger_s_past(&self) -> bool {
        self.flow.transport == Transport::Udp && self.flow.initiator.host.is_none()
    }

    pub fn park(self) -> Parked {
        Parked { flow: self.flow, exchanges: self.newest, secured: self.secured }
    }

    pub fn because(&mut self, exchange: u64, cause: FlowCause) {
        self.causes.insert(exchange, cause);
        if self.causes.len() > EXCHANGES {
            self.causes.pop_first();
        }
    }

    pub fn said(&mut self, by: Side, time: Time, octets: &[u8], tell: &mut impl FnMut(Told)) {
        self.end_hole(tell);
        self.last = time;
        self.count(by, octets.len() as u64);
        self.dissect(tell, |dissector, out| dissector.said(Said { by, time, octets }, out));
    }

    pub fn hole(&mut self, by: Side, length: u64, time: Time, tell: &mut impl FnMut(Told)) {
        if self.hole.is_some_and(|hole| hole.by != by) {
            self.end_hole(tell);
        }
        self.last = time;
        self.count(by, length);
        self.hole.get_or_insert(Hole { by, since: time, length: 0 }).length += length;
        self.dissect(tell, |dissector, out| dissector.hole(by, length, time, out));
    }

    pub fn fault(&mut self, by: Side, time: Time, what: &str, tell: &mut impl FnMut(Told)) {
        tell(self.happening(self.current(), by, time, Happening::Fault { what: what.to_owned() }));
    }

    /// Without terms they are those of another stream of the same connection, and were told there.
    pub fn secured(&mut self, time: Time, terms: &str, tell: &mut impl FnMut(Told)) {
        self.secured = true;
        if terms.is_empty() {
            return;
        }
        let secured = self.happening(0, Side::Initiator, time, Happening::Secured { terms: terms.to_owned() });
        tell(Told { protocol: "tls", ..secured });
    }

    /// Nobody understands what is said from here on.
    pub fn shut(&mut self, time: Time, terms: &str, tell: &mut impl FnMut(Told)) {
        self.end_hole(tell);
        self.dissect(tell, |dissector, out| dissector.closed(time, out));
        self.open.clear();
        let shut = self.happening(0, Side::Initiator, time, Happening::Shut { terms: terms.to_owned() });
        tell(Told { protocol: "tls", ..shut });
        self.ear = Ear::Counter { protocol: "tls", passed: Passed::default() };
    }

    pub fn unsecured(&mut self, by: Side, time: Time, why: &str, tell: &mut impl FnMut(Told)) {
        let unsecured = self.happening(0, by, time, Happening::Unsecured { why: why.to_owned() });
        tell(Told { protocol: "tls", ..unsecured });
        self.refused = true;
    }

    pub fn closed(mut self, time: Time, how: Closing, tell: &mut impl FnMut(Told)) -> Ended {
        self.wind_up(time, tell);
        let end = match how {
            Closing::Finished => Happening::Unanswered,
            how => Happening::Closed { how },
        };
        if self.open.is_empty() && how != Closing::Finished && !self.refused {
            tell(self.happening(0, Side::Initiator, time, end.clone()));
        }
        self.leave_open(time, &end, tell);
        Ended { protocol: self.protocol(), secured: self.secured, flow: self.flow }
    }

    /// Nothing was said for long, and nothing will close it.
    pub fn fell_silent(mut self, now: Time, tell: &mut impl FnMut(Told)) {
        self.wind_up(now, tell);
        self.leave_open(now, &Happening::Unanswered, tell);
    }

    /// The record ends before the flow does: what it would have said nobody knows.
    pub fn broke_off(mut self, now: Time, tell: &mut impl FnMut(Told)) {
        self.wind_up(now, tell);
    }

    fn wind_up(&mut self, now: Time, tell: &mut impl FnMut(Told)) {
        self.dissect(tell, |dissector, out| dissector.closed(now, out));
        self.end_hole(tell);
        if let Some(Passed { there, back }) = self.ear.not_understood()
            && there + back > 0
        {
            tell(self.happening(0, Side::Initiator, self.flow.opened, Happening::Passed { there, back }));
        }
    }

    fn leave_open(&mut self, now: Time, end: &Happening, tell: &mut impl FnMut(Told)) {
        for (exchange, open) in std::mem::take(&mut self.open) {
            let is_left = *end == Happening::Unanswered && open.last == Side::Acceptor;
            let end = if is_left { Happening::Abandoned } else { end.clone() };
            tell(self.happening(exchange, Side::Initiator, now, end));
        }
    }

    fn end_hole(&mut self, tell: &mut impl FnMut(Told)) {
        if let Some(Hole { by, since, length }) = self.hole.take() {
            tell(self.happening(self.current(), by, since, Happening::Hole { length }));
        }
    }

    fn count(&mut self, by: Side, octets: u64) {
        let (Ear::Dissector { passed, .. } | Ear::Counter { passed, .. }) = &mut self.ear;
        match by {
            Side::Initiator => passed.there += octets,
            Side::Acceptor => passed.back += octets,
        }
    }

    fn dissect(&mut self, tell: &mut impl FnMut(Told), hear: impl FnOnce(&mut dyn Dissector, &mut Vec<Message>)) {
        let Ear::Dissector { dissector, .. } = &mut self.ear else { return };
        let mut messages = Vec::new();
        hear(dissector.as_mut(), &mut messages);
        messages.into_iter().for_each(|message| tell(self.message(message)));
    }

    fn message(&mut self, mut message: Message) -> Told {
        if message.exchange > 0 {
            message.exchange += self.start.exchanges;
        }
        shorten(&mut message);
        self.newest = self.newest.max(message.exchange);
        let took = match message.role {
            Role::Request => {
                self.ask(message.exchange, message.time);
                None
            }
            Role::Interim => {
                self.open.entry(message.exchange).and_modify(|open| open.last = message.by);
                None
            }
            Role::Answer => {
                let asked = self.open.remove(&message.exchange);
                asked.map(|asked| (message.time + message.lasted).since(asked.since))
            }
        };
        self.told(message.exchange, message.by, message.time, What::Message { message, took })
    }

    fn ask(&mut self, exchange: u64, time: Time) {
        if exchange > 0 {
            self.open.entry(exchange).or_insert(Open { since: time, last: Side::Initiator });
        }
        if self.open.len() > EXCHANGES {
            self.open.pop_first();
        }
    }

    /// The exchange during which something happens, as far as one can tell.
    fn current(&self) -> u64 {
        self.open.last_key_value().map_or(0, |(exchange, _)| *exchange)
    }

    fn happening(&self, exchange: u64, by: Side, time: Time, happening: Happening) -> Told {
        self.told(exchange, by, time, What::Happening(happening))
    }

    fn told(&self, exchange: u64, by: Side, time: Time, what: What) -> Told {
        let cause = self.causes.get(&exchange).copied().or(self.flow.cause);
        let (flow, protocol, secured) = (Rc::clone(&self.flow), self.protocol(), self.secured);
        Told { number: 0, flow, protocol, secured, exchange, cause, time, by, what }
    }

    fn protocol(&self) -> &'static str {
        match &self.ear {
            Ear::Dissector { protocol, dissector, .. } => match dissector.takes_for() {
                Taken::For(protocol) => protocol,
                Taken::Given | Taken::Unknown => protocol,
            },
            Ear::Counter { protocol, .. } => protocol,
        }
    }
}

impl Ear {
    /// What passed, where nobody knows what it was.
    fn not_understood(&self) -> Option<Passed> {
        match self {
            Ear::Dissector { dissector, passed, .. } => {
                Some(*passed).filter(|_| dissector.takes_for() == Taken::Unknown)
            }
            Ear::Counter { passed, .. } => Some(*passed),
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("flow", &self.flow).field("open", &self.open).finish_non_exhaustive()
    }
}

/// Keeps what one message may hold in memory within bounds, whatever its dissector does.
fn shorten(message: &mut Message) {
    let end = message.summary.floor_char_boundary(SUMMARY);
    message.summary.truncate(end);
    message.secrets.retain(|secret| secret.start < end);
    message.faults.truncate(FAULTS);
    message.notes.truncate(NOTES);
    for text in message.faults.iter_mut().chain(message.notes.iter_mut().map(|note| &mut note.text)) {
        text.truncate(text.floor_char_boundary(SUMMARY));
    }
}

/// Exchanges of one flow that may be open, or have a cause of their own: ten times what a client that asks
/// for many things at once leaves open (RFC 9113 6.5.2 advises servers to allow 100).
const EXCHANGES: usize = 1000;
/// Octets of a summary: no line of a log is longer.
const SUMMARY: usize = 2048;
/// Notes on one message: more than any header section has fields that are worth a word.
const NOTES: usize = 64;
/// Faults of one message: who breaks more rules is understood by then.
const FAULTS: usize = 16;
