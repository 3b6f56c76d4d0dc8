//! The iterative resolver (RFC 1034 5.3.3) as a machine: it says whom to ask, hears answers and silence, and ends.
//!
//! - `judge`: what a response means for a question put to a zone's servers
//! - `frame`: one name that is being looked up: its zone, its servers, which to ask next
//! - [`Pace`]: how fast servers answered; [`Failures`]: which look-ups failed a moment ago
//!
//! It has no socket and no clock. One question is out at a time.

mod failures;
mod frame;
mod judge;
mod pace;

use std::net::IpAddr;
use std::sync::Arc;

use toynet_machine::{Random, Time};

use crate::cache::{Cache, Denied, Hit, Trust};
use crate::codes::{Class, Rcode, RecordType};
use crate::name::Name;
use crate::record::Record;
use crate::wire::message::write_query;
use crate::wire::{Message, Question, SAFE_PAYLOAD};
use frame::{Frame, Next, Way};
use judge::{Verdict, judge};

pub use failures::Failures;
pub use pace::Pace;

/// What a resolver remembers between look-ups.
#[derive(Default)]
pub struct Memory {
    /// Records.
    pub cache: Cache,
    /// How fast servers are.
    pub pace: Pace,
    /// What could not be found.
    pub failures: Failures,
}

/// The servers of the root, with their addresses: where every look-up can begin.
#[derive(Clone, Debug, Default)]
pub struct Roots(pub Vec<(Name, Vec<IpAddr>)>);

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The id in the message.
    pub id: u16,
    /// Whom to ask, at port 53.
    pub server: IpAddr,
    /// How.
    pub transport: Transport,
    /// What to send, without the length that goes before it on a stream.
    pub message: Vec<u8>,
    /// When to give up: then call [`Lookup::expire`].
    pub deadline: Time,
}

/// How a message goes to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// As a datagram.
    Udp,
    /// Over a stream.
    Tcp,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this and wait.
    Ask(Ask),
    /// The look-up is over.
    Done(Outcome),
}

/// How a look-up ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is an answer, if only that there is nothing.
    Answered(Answer),
    /// Nobody could tell.
    Failed(Failure),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// NOERROR, NXDOMAIN or YXDOMAIN.
    pub rcode: Rcode,
    /// Aliases in their order, then the records asked for.
    pub records: Vec<Record>,
    /// The SOA record behind a negative answer, with the seconds that it holds.
    pub soa: Option<Record>,
}

/// Why a look-up failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No server of the zone answered in time.
    #[error("no server of {0} answers")]
    Silent(Name),
    /// All servers of the zone that answered refused, failed or do not serve it.
    #[error("no server of {0} knows it: one said {1}")]
    Lame(Name, Complaint),
    /// None of the zone's servers has an address that can be found.
    #[error("no server of {0} has an address")]
    NoAddress(Name),
    /// Aliases lead in a circle, or through more names than [`MOST_LINKS`].
    #[error("aliases lead in a circle at {0}")]
    Loop(Name),
    /// More questions were needed than [`MOST_ASKS`].
    #[error("gave up after {MOST_ASKS} questions")]
    Limit,
}

/// What was wrong with a server's response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Complaint {
    /// It carries this code.
    #[error("{0}")]
    Code(Rcode),
    /// It is not authoritative and leads nowhere (a lame delegation, RFC 1912 2.8).
    #[error("that it does not serve the zone")]
    NotServed,
    /// It could not be read.
    #[error("what cannot be read")]
    Broken,
}

/// One look-up.
pub struct Lookup {
    kind: RecordType,
    roots: Arc<Roots>,
    random: Random,
    /// The name asked for at the bottom, above it the servers whose addresses are needed.
    frames: Vec<Frame>,
    records: Vec<Record>,
    links: usize,
    asks: usize,
    /// How many addresses of servers it has set out to find.
    seeks: usize,
    out: Option<Out>,
}

/// The question that is out.
struct Out {
    id: u16,
    server: IpAddr,
    way: Way,
    sent: Time,
}

/// What one move led to.
enum Turn {
    /// What its user has to do.
    Step(Step),
    /// There is more to do at once.
    Onward,
}

impl Turn {
    fn failed(failure: Failure) -> Self {
        Self::Step(Step::Done(Outcome::Failed(failure)))
    }
}

/// A zone's own chain is at most this long, as in [`answer`](crate::answer); BIND stops at 17 too.
pub const MOST_LINKS: usize = 17;
/// A look-up through four zones with an alias takes about ten questions; six times as many leave room for dead servers,
/// and bound what a hostile delegation can make a resolver send (CVE-2020-8616). No more addresses of servers are
/// looked for either: what the cache knows costs no question, but servers can be named by servers by the millions.
pub const MOST_ASKS: usize = 64;
/// Servers named in zones whose servers are named in other zones: nobody sane nests deeper.
const MOST_FRAMES: usize = 6;

impl Lookup {
    /// A look-up of class IN that begins at `roots`.
    pub fn new(name: Name, kind: RecordType, roots: Arc<Roots>, random: Random) -> Self {
        let frames = vec![Frame::new(name, kind, None)];
        Self { kind, roots, random, frames, records: Vec::new(), links: 0, asks: 0, seeks: 0, out: None }
    }

    /// The first step.
    pub fn start(&mut self, memory: &mut Memory, now: Time) -> Step {
        self.advance(memory, now)
    }

    /// Takes what arrived from `from`; nothing when it is no response to the question that is out.
    pub fn receive(&mut self, memory: &mut Memory, now: Time, from: IpAddr, octets: &[u8]) -> Option<Step> {
        let out = self.out.as_ref().filter(|out| out.server == from)?;
        let frame = self.frames.last_mut()?;
        let decoded = Message::decode(octets);
        let mut message = decoded.message;
        // RFC 5452 9.1: id, address and question must be those of what was asked.
        if octets.len() < crate::wire::HEADER || message.id != out.id || !message.is_response() {
            return None;
        }
        let asked = Question { name: frame.name.clone(), kind: frame.kind, class: Class::IN };
        // Only a server that could not read the question may leave it out.
        let told_nothing = message.questions.is_empty() && message.rcode() != Rcode::NOERROR;
        if message.questions != [asked] && !told_nothing {
            return None;
        }
        judge::temper(&mut message);
        memory.pace.answered(from, now.since(out.sent));
        let (server, way) = (out.server, out.way);
        self.out = None;
        let verdict = match decoded.broken {
            Some(_) if !message.has(crate::wire::flag::TC) => Verdict::Complaint(Complaint::Broken),
            _ => judge(&message, &frame.zone, &frame.name, frame.kind),
        };
        Some(match self.act(memory, now, server, way, verdict, &message) {
            Turn::Step(step) => step,
            Turn::Onward => self.advance(memory, now),
        })
    }

    /// Learns that the deadline has passed or that the server cannot be reached.
    pub fn expire(&mut self, memory: &mut Memory, now: Time) -> Step {
        if let (Some(out), Some(frame)) = (self.out.take(), self.frames.last_mut()) {
            memory.pace.silent(out.server);
            frame.went_silent(out.server, out.way);
        }
        self.advance(memory, now)
    }

    fn act(
        &mut self,
        memory: &mut Memory,
        now: Time,
        server: IpAddr,
        way: Way,
        verdict: Verdict,
        message: &Message,
    ) -> Turn {
        let Some(frame) = self.frames.last_mut() else { return Turn::Onward };
        match verdict {
            Verdict::Truncated if way != Way::Tcp => frame.retry(server, Way::Tcp),
            // A server from before EDNS (RFC 6891 7).
            Verdict::Complaint(Complaint::Code(Rcode::FORMERR | Rcode::NOTIMP | Rcode::BADVERS))
                if way == Way::Edns =>
            {
                frame.retry(server, Way::Plain);
            }
            Verdict::Truncated => frame.complained(server, Complaint::Broken),
            Verdict::Complaint(complaint) => frame.complained(server, complaint),
            Verdict::Referral(zone, servers) => {
                judge::keep(&mut memory.cache, now, message, &frame.zone, false);
                frame.descend(zone, servers);
            }
            Verdict::Records(records) => {
                judge::keep(&mut memory.cache, now, message, &frame.zone, true);
                return self.found(Rcode::NOERROR, records, None);
            }
            Verdict::Alias(records, target) => {
                judge::keep(&mut memory.cache, now, message, &frame.zone, true);
                return self.follow(records, target);
            }
            Verdict::Denied(rcode, soa) => {
                if let Some(soa) = &soa {
                    let denied = Denied { whole_name: rcode == Rcode::NXDOMAIN, soa: soa.clone() };
                    memory.cache.deny(now, &frame.name, frame.kind, denied);
                }
                let soa = soa.map(|soa| Record { ttl: crate::cache::negative_ttl(&soa), ..soa });
                return self.found(rcode, Vec::new(), soa);
            }
        }
        Turn::Onward
    }

    /// The top frame has its records, or knows that there are none.
    fn found(&mut self, rcode: Rcode, records: Vec<Record>, soa: Option<Record>) -> Turn {
        if self.frames.len() == 1 {
            self.records.extend(records);
            let records = std::mem::take(&mut self.records);
            return Turn::Step(Step::Done(Outcome::Answered(Answer { rcode, records, soa })));
        }
        let addresses: Vec<IpAddr> = records.iter().filter_map(Record::as_address).collect();
        let ended = self.frames.pop();
        if let (Some(ended), Some(frame)) = (ended, self.frames.last_mut()) {
            frame.learned(&ended, &addresses);
        }
        Turn::Onward
    }

    fn follow(&mut self, records: Vec<Record>, target: Name) -> Turn {
        self.links += 1;
        let circle = self
            .records
            .iter()
            .chain(&records)
            .any(|record| record.kind == RecordType::CNAME && record.owner == target);
        let at_bottom = self.frames.len() == 1;
        if self.links >= MOST_LINKS || (circle && at_bottom) {
            return Turn::failed(Failure::Loop(target));
        }
        if at_bottom {
            self.records.extend(records);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.rename(target);
        }
        Turn::Onward
    }

    /// Goes on until something must be asked or all is known.
    fn advance(&mut self, memory: &mut Memory, now: Time) -> Step {
        loop {
            if let Turn::Step(step) = self.turn(memory, now) {
                return step;
            }
        }
    }

    fn turn(&mut self, memory: &mut Memory, now: Time) -> Turn {
        let Some(frame) = self.frames.last() else { return Turn::failed(Failure::Limit) };
        if let Some(turn) = self.recall(memory, now, &frame.name.clone(), frame.kind) {
            return turn;
        }
        let nested = self.frames.len();
        let busy: Vec<Name> = self.frames.iter().map(|frame| frame.name.clone()).collect();
        let Some(frame) = self.frames.last_mut() else { return Turn::failed(Failure::Limit) };
        frame.enter(&memory.cache, now, &self.roots);
        match frame.next(&memory.pace, &memory.cache, now, &mut self.random) {
            Next::Ask(server, way, tries) => return Turn::Step(self.ask(memory, now, server, way, tries)),
            Next::Seek(..) if self.seeks >= MOST_ASKS => return Turn::failed(Failure::Limit),
            Next::Seek(server, kind) if nested < MOST_FRAMES && !busy.contains(&server) => {
                self.seeks += 1;
                self.frames.push(Frame::new(server, kind, Some(kind)));
            }
            Next::Seek(..) => {}
            Next::Nobody(failure) if nested == 1 => return Turn::failed(failure),
            Next::Nobody(_) => drop(self.frames.pop()),
        }
        Turn::Onward
    }

    fn recall(&mut self, memory: &Memory, now: Time, name: &Name, kind: RecordType) -> Option<Turn> {
        let wire = name.wire().to_ascii_lowercase();
        let (rcode, records, soa) = match memory.cache.find(now, &wire, kind, Trust::Answer) {
            Some(Hit::Records(..)) => (Rcode::NOERROR, memory.cache.records(now, name, kind, Trust::Answer)?, None),
            Some(Hit::Denied(denied, ttl)) => {
                let rcode = if denied.whole_name { Rcode::NXDOMAIN } else { Rcode::NOERROR };
                (rcode, Vec::new(), Some(Record { ttl, ..denied.soa.clone() }))
            }
            None if kind == RecordType::CNAME => return None,
            None => return self.recall_alias(&memory.cache, now, name),
        };
        Some(self.found(rcode, records, soa))
    }

    /// Follows a CNAME that the cache has, or makes one of a DNAME above the name.
    fn recall_alias(&mut self, cache: &Cache, now: Time, name: &Name) -> Option<Turn> {
        let (records, target) = match cache.records(now, name, RecordType::CNAME, Trust::Answer) {
            Some(alias) => {
                let target = alias.first()?.as_target()?;
                (alias, target)
            }
            None => judge::renamed(&judge::known_dname(cache, now, name)?, name)?,
        };
        Some(self.follow(records, target))
    }

    fn ask(&mut self, memory: &Memory, now: Time, server: IpAddr, way: Way, tries: u32) -> Step {
        self.asks += 1;
        let Some(frame) = self.frames.last().filter(|_| self.asks <= MOST_ASKS) else {
            return Step::Done(Outcome::Failed(Failure::Limit));
        };
        let question = Question { name: frame.name.clone(), kind: frame.kind, class: Class::IN };
        let id = self.random.u16();
        let edns = (way != Way::Plain).then_some((SAFE_PAYLOAD, false));
        let message = write_query(id, 0, &question, edns);
        let transport = if way == Way::Tcp { Transport::Tcp } else { Transport::Udp };
        let deadline = now + memory.pace.patience(server, transport, tries);
        self.out = Some(Out { id, server, way, sent: now });
        Step::Ask(Ask { id, server, transport, message, deadline })
    }

    /// The type that was asked for.
    pub fn kind(&self) -> RecordType {
        self.kind
    }

    /// How many questions it has put so far.
    pub fn asks(&self) -> usize {
        self.asks
    }
}
