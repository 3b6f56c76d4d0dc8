//! From what is told to arrows, bars and notes.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use toynet_record::dissect::Role;
use toynet_record::{Closing, FlowCause, Roster, Side, Transport};

use super::{Arrow, ArrowKind, Built, Causes, Detail, Kind, Note, Participant, Remark, Step, Tone};
use crate::Source;
use crate::clean::clean;
use crate::log::Show;
use crate::select::Sieve;
use crate::thread::{Placed, Thread};
use crate::told::{Happening, Told, What};
use crate::words::rfc3339;

pub(super) fn build(source: &Source<'_>, show: &Show, detail: Detail, most: usize) -> Built {
    let blocks = blocks(source, show, |told| is_drawn(told, detail));
    let (told, left_out) = in_order(blocks, most);
    let mut draft =
        Draft { cast: Cast::new(source.roster, &told), bars: bars(&told), secrets: show.secrets, ..Draft::default() };
    told.iter().for_each(|told| draft.tell(told));
    Built { participants: draft.cast.participants, steps: draft.steps, left_out }
}

/// All that is selected, by cause.
pub(super) fn blocks(source: &Source<'_>, show: &Show, drawn: impl Fn(&Told) -> bool) -> Vec<Vec<Placed>> {
    let mut sieve = Sieve::new(show.select.clone(), show.secrets);
    sieve.remember_all();
    if sieve.needs_causes() {
        let mut story = source.story(false);
        source.journal.entries().for_each(|entry| story.read(&entry, |told| sieve.learn(&told)));
    }
    let (mut story, mut thread, mut blocks) = (source.story(show.explain), Thread::default(), Vec::new());
    let mut take = |told: Told| {
        if sieve.passes(&told) && drawn(&told) {
            let now = told.time;
            thread.take(told, now);
        }
    };
    source.journal.entries().for_each(|entry| story.read(&entry, &mut take));
    story.finish(&mut take);
    thread.finish(|block| blocks.push(block));
    blocks
}

fn is_drawn(told: &Told, detail: Detail) -> bool {
    match &told.what {
        _ if detail == Detail::Message || told.failed() => true,
        What::Message { message, .. } => told.exchange > 0 && message.role != Role::Interim,
        What::Happening(happening) => !matches!(happening, Happening::Secured { .. }),
    }
}

/// By time, so that nothing goes up the page; what happened at the same time stays as its causes order it. What does
/// not fit goes from the front, by whole trees.
fn in_order(blocks: Vec<Vec<Placed>>, most: usize) -> (Vec<Rc<Told>>, usize) {
    let all: usize = blocks.iter().map(Vec::len).sum();
    let mut room = most;
    let fits = blocks.iter().rev().take_while(|block| {
        let fits = block.len() <= room;
        room = room.saturating_sub(block.len());
        fits
    });
    let first = blocks.len() - fits.count().max(usize::from(!blocks.is_empty()));
    let mut told: Vec<Rc<Told>> = Vec::new();
    for block in blocks.into_iter().skip(first) {
        told.extend(block.into_iter().map(|placed| placed.told));
    }
    told.truncate(most);
    told.sort_by_key(|told| told.time);
    let left_out = all - told.len();
    (told, left_out)
}

/// Exchanges that are seen to begin and to end, which a bar can show.
fn bars(told: &[Rc<Told>]) -> BTreeSet<FlowCause> {
    let mut begun = BTreeSet::new();
    let mut bars = BTreeSet::new();
    for told in told {
        let Some(key) = told.key() else { continue };
        match role(told) {
            Some(Role::Request) if told.by == Side::Initiator => {
                begun.insert(key);
            }
            Some(Role::Answer) if told.by == Side::Acceptor && begun.contains(&key) => {
                bars.insert(key);
            }
            Some(Role::Request | Role::Interim | Role::Answer) | None => {}
        }
    }
    bars
}

/// What it is in its exchange. A reset answers whatever was asked.
fn role(told: &Told) -> Option<Role> {
    match &told.what {
        What::Message { message, .. } => Some(message.role),
        What::Happening(Happening::Closed { how: Closing::Reset }) => Some(Role::Answer),
        What::Happening(_) => None,
    }
}

/// Who takes part.
#[derive(Debug, Default)]
pub(super) struct Cast {
    pub participants: Vec<Participant>,
    places: BTreeMap<String, usize>,
}

impl Cast {
    pub fn new(roster: &Roster, told: &[Rc<Told>]) -> Self {
        let mut names = BTreeMap::new();
        for told in told {
            let (from, to) = told.names();
            let (from_host, to_host) = (&told.parties().0.host, &told.parties().1.host);
            for (name, is_host) in [(from, from_host.is_some()), (to, to_host.is_some())] {
                let kind = match (name.as_ref(), is_host) {
                    ("you", _) => Kind::You,
                    (_, true) => Kind::Host,
                    (_, false) => Kind::Stranger,
                };
                names.insert(name.into_owned(), kind);
            }
        }
        let order: BTreeMap<&str, usize> = roster.names().zip(0..).collect();
        let mut cast: Vec<_> = names.into_iter().map(|(name, kind)| Participant { name, kind }).collect();
        cast.sort_by_key(|one| (one.kind, order.get(one.name.as_str()).copied()));
        let places = cast.iter().enumerate().map(|(place, one)| (one.name.clone(), place)).collect();
        Self { participants: cast, places }
    }

    /// The places of who spoke and to whom.
    pub fn places(&self, told: &Told) -> (usize, usize) {
        let (from, to) = told.names();
        let place = |name: &str| self.places.get(name).copied().unwrap_or_default();
        (place(&from), place(&to))
    }
}

#[derive(Debug, Default)]
struct Draft {
    cast: Cast,
    bars: BTreeSet<FlowCause>,
    secrets: bool,
    steps: Vec<Step>,
    arrows: usize,
    /// The first arrow of each exchange.
    begun: Causes,
    /// Bars that have begun and not ended.
    open: BTreeSet<FlowCause>,
    /// Of which flows it was said what they are for.
    said: BTreeSet<(u64, FlowCause)>,
}

impl Draft {
    fn tell(&mut self, told: &Told) {
        match &told.what {
            What::Message { message, .. } => {
                let kind = match (message.role, told.by) {
                    (Role::Request, _) => ArrowKind::Call,
                    (Role::Answer, _) => ArrowKind::Reply,
                    (Role::Interim, Side::Acceptor) if told.exchange > 0 => ArrowKind::Reply,
                    (Role::Interim, _) => ArrowKind::Signal,
                };
                self.arrow(told, kind, false);
            }
            What::Happening(Happening::Closed { how }) => self.closed(told, *how),
            What::Happening(happening) => {
                self.lose(told, happening);
                self.note(told, happening);
            }
        }
    }

    fn closed(&mut self, told: &Told, how: Closing) {
        let whole = told.exchange == 0;
        match how {
            Closing::Reset => {
                // The word came from the acceptor, whoever told of it.
                let from_acceptor = Told { by: Side::Acceptor, ..told.clone() };
                self.arrow(&from_acceptor, ArrowKind::Reply, false);
            }
            Closing::Refused | Closing::TimedOut | Closing::Unreachable | Closing::Failed if whole => {
                self.arrow(told, ArrowKind::Call, true);
            }
            Closing::Finished | Closing::Refused | Closing::TimedOut | Closing::Unreachable | Closing::Failed => {
                let (from, _) = self.cast.places(told);
                let text = clean(&told.words(self.secrets), LONGEST);
                self.steps.push(Step::Note(Note { over: (from, from), tone: Tone::Failure, text, at: told.time }));
            }
        }
    }

    fn arrow(&mut self, told: &Told, kind: ArrowKind, lost: bool) {
        let (from, to) = self.cast.places(told);
        let key = told.key().filter(|key| self.bars.contains(key));
        let (opens, closes) = match role(told) {
            Some(Role::Request) => (key.is_some_and(|key| self.open.insert(key)), false),
            Some(Role::Answer) => (false, key.is_some_and(|key| self.open.remove(&key))),
            Some(Role::Interim) | None => (false, false),
        };
        let id = self.arrows;
        self.arrows += 1;
        let because = self.because(told, from);
        if let Some(key) = told.key() {
            self.begun.entry(key).or_insert(id);
        }
        self.steps.push(Step::Arrow(Arrow {
            number: told.number,
            id,
            from,
            to,
            kind,
            lost,
            failed: told.failed(),
            protocol: told.protocol,
            flow: told.flow.id.0,
            exchange: told.exchange,
            time: rfc3339(told.time),
            at: told.time,
            text: clean(&told.words(self.secrets), LONGEST),
            took_ms: told.took().map(|took| took.as_nanos() as f64 / 1e6),
            took: told.took(),
            opens,
            closes,
            because,
            remarks: remarks(told),
        }));
    }

    /// The arrow that caused this one, if that is worth saying: where it stands beside no bar of its cause.
    fn because(&mut self, told: &Told, from: usize) -> Option<u64> {
        let cause = told.cause.filter(|_| told.by == Side::Initiator)?;
        let is_first = self.said.insert((told.flow.id.0, cause));
        let begun = self.begun.get(&cause).copied().filter(|_| is_first)?;
        let beside = self.open.contains(&cause)
            && self
                .steps
                .iter()
                .any(|step| matches!(step, Step::Arrow(arrow) if arrow.id == begun && arrow.to == from));
        (!beside).then_some(begun as u64)
    }

    /// A datagram that nobody answered is as good as lost.
    fn lose(&mut self, told: &Told, happening: &Happening) {
        let Some(key) = told.key().filter(|_| told.flow.transport == Transport::Udp) else { return };
        let Some(begun) = self.begun.get(&key).filter(|_| *happening == Happening::Unanswered) else { return };
        for step in self.steps.iter_mut().rev() {
            if let Step::Arrow(arrow) = step
                && arrow.id == *begun
            {
                arrow.lost = true;
                return;
            }
        }
    }

    fn note(&mut self, told: &Told, happening: &Happening) {
        let (from, to) = self.cast.places(told);
        let over = (from.min(to), from.max(to));
        let (over, tone) = match happening {
            Happening::Fault { .. } => (over, Tone::Fault),
            Happening::Unanswered => ((from, from), Tone::Failure),
            Happening::Unsecured { .. } => (over, Tone::Failure),
            Happening::Abandoned => ((from, from), Tone::Plain),
            Happening::Closed { .. }
            | Happening::Secured { .. }
            | Happening::Shut { .. }
            | Happening::Hole { .. }
            | Happening::Passed { .. }
            | Happening::JoinedLate => (over, Tone::Plain),
        };
        let words = told.words(self.secrets);
        let text = match happening {
            Happening::Passed { .. } => format!("{}: {words}", told.protocol),
            _ => words.into_owned(),
        };
        self.steps.push(Step::Note(Note { over, tone, text: clean(&text, LONGEST), at: told.time }));
    }
}

fn remarks(told: &Told) -> Vec<Remark> {
    let notes = told.notes().iter().map(|note| Remark {
        text: clean(&note.text, LONGEST),
        rule: note.rule.as_ref().map(|rule| clean(rule, LONGEST)),
        wrong: false,
    });
    let faults = told.faults().iter().map(|fault| Remark { text: clean(fault, LONGEST), rule: None, wrong: true });
    notes.chain(faults).collect()
}

/// Characters of a text, whatever a peer sent.
const LONGEST: usize = 300;
