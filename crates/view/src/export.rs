//! A record in a form of others: whole exchanges of one protocol, handed to what writes that form.
//!
//! - here: which exchanges are written, and when
//! - `open`: one that is not over, and how much of it is kept
//! - `lookups`: which looking up of names was for its sake

mod lookups;
mod open;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::fmt;
use std::rc::Rc;

use toynet_machine::Time;
use toynet_record::dissect::{Message, Role};
use toynet_record::export::{Account, Exchange};
use toynet_record::{Entry, Event, Flow, FlowCause, FlowId, Journal, Roster};

use crate::select::{Select, Sieve};
use crate::story::{Dissectors, Story};
use crate::told::{Happening, Told, What};
use lookups::Lookups;
use open::Open;

/// Turns entries into a file of another's form, a portion at a time.
///
/// Live: [`feed`](Export::feed) each entry, and [`take`](Export::take) what is ready. A whole record:
/// [`feed_journal`](Export::feed_journal). Then [`finish`](Export::finish).
pub struct Export {
    story: Story,
    teller: Teller,
}

/// Gathers exchanges until they are over.
struct Teller {
    protocol: &'static str,
    form: Box<dyn toynet_record::Export>,
    sieve: Sieve,
    open: BTreeMap<FlowCause, Open>,
    /// Octets in `open`.
    held: usize,
    secured: BTreeMap<FlowId, Time>,
    /// What names are looked up in.
    names: Option<&'static str>,
    lookups: Lookups,
    out: Vec<u8>,
    left_out: u64,
}

impl Export {
    /// An export of what is spoken in `protocol` among these hosts, as far as it is selected: an exchange is, when
    /// any message of it is.
    pub fn new(
        roster: Roster,
        dissectors: Dissectors,
        protocol: &'static str,
        form: Box<dyn toynet_record::Export>,
        select: Select,
    ) -> Self {
        let story = Story::whole(roster, dissectors);
        let (open, secured, out) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let sieve = Sieve::new(select, false);
        let (names, lookups) = (None, Lookups::default());
        Self {
            story,
            teller: Teller { protocol, form, sieve, open, held: 0, secured, names, lookups, out, left_out: 0 },
        }
    }

    /// The same, in which exchanges are told with the looking up of names that went before them, in the protocol `names`.
    #[must_use]
    pub fn with_lookups(mut self, names: &'static str) -> Self {
        self.teller.names = Some(names);
        self
    }

    /// Takes the next entry, in the order of a [`Journal`].
    pub fn feed(&mut self, entry: &Entry<'_>) {
        let Self { story, teller } = self;
        let (mut ended, mut told) = (Vec::new(), Vec::new());
        story.read_raw(
            entry,
            |event| match event {
                Event::Secured { flow, time, .. } => drop(teller.secured.insert(*flow, *time)),
                Event::Closed { flow, .. } => ended.push(*flow),
                _ => {}
            },
            |one| told.push(one),
        );
        told.into_iter().for_each(|one| teller.take(one));
        ended.into_iter().for_each(|flow| teller.close(flow));
    }

    /// Takes a whole record, of which also that is known which comes later.
    pub fn feed_journal(&mut self, journal: &Journal) {
        self.teller.sieve.remember_all();
        if self.teller.sieve.needs_causes() {
            let mut story = self.story.again();
            journal.entries().for_each(|entry| story.read(&entry, |told| self.teller.sieve.learn(&told)));
        }
        journal.entries().for_each(|entry| self.feed(&entry));
    }

    /// Writes what is unfinished, as it stands. Nothing may be fed after it.
    pub fn finish(&mut self) {
        let Self { story, teller } = self;
        story.finish(|told| teller.take(told));
        for (_, open) in std::mem::take(&mut teller.open) {
            teller.write(&open, open.unanswered("the record ends before its answer"));
        }
        teller.form.finish(&mut teller.out);
    }

    /// Takes what is ready.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.teller.out)
    }

    /// What became of the exchanges so far. Those whose beginning is gone count as left out.
    pub fn account(&self) -> Account {
        let account = self.teller.form.account();
        Account { left_out: account.left_out + self.teller.left_out, ..account }
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export").field("protocol", &self.teller.protocol).finish_non_exhaustive()
    }
}

impl Teller {
    fn take(&mut self, told: Told) {
        let is_wanted = self.sieve.passes(&told);
        if Some(told.protocol) == self.names {
            self.lookups.hear(&told);
        }
        if told.protocol != self.protocol {
            return;
        }
        let Some(key) = told.key() else {
            self.left_out += u64::from(is_wanted && is_request(&told));
            return;
        };
        let is_failure = matches!(told.what, What::Happening(_)) && told.ends_exchange();
        let failure = failure(&told);
        if let What::Message { message, .. } = told.what {
            let Some(open) = self.open(key, told.flow, told.cause, &message) else { return };
            open.is_wanted |= is_wanted;
            self.held += open.add(message);
        }
        // An answer may be over before its request is.
        if is_failure || self.open.get(&key).is_some_and(Open::is_over) {
            self.end(key, failure.as_deref());
        }
        self.make_room();
    }

    /// The exchange that a message belongs to. What follows on its end belongs to none that could be written.
    fn open(
        &mut self,
        key: FlowCause,
        flow: Rc<Flow>,
        cause: Option<FlowCause>,
        message: &Message,
    ) -> Option<&mut Open> {
        match self.open.entry(key) {
            Slot::Occupied(open) => Some(open.into_mut()),
            Slot::Vacant(_) if message.role == Role::Interim => None,
            Slot::Vacant(slot) => {
                let looked_up = (key.exchange == 1).then(|| self.lookups.before(cause, flow.opened)).flatten();
                Some(slot.insert(Open::new(flow, looked_up)))
            }
        }
    }

    fn end(&mut self, key: FlowCause, failure: Option<&str>) {
        if self.open.get(&key).is_some_and(|open| open.has(Role::Request))
            && let Some(open) = self.open.remove(&key)
        {
            self.write(&open, failure);
        }
    }

    /// Of a flow that is over nothing more comes.
    fn close(&mut self, flow: FlowId) {
        let left: Vec<FlowCause> = self.open.keys().filter(|key| key.flow == flow).copied().collect();
        for open in left.into_iter().filter_map(|key| self.open.remove(&key)).collect::<Vec<_>>() {
            self.write(&open, open.unanswered("the connection ended"));
        }
        self.secured.remove(&flow);
    }

    fn write(&mut self, open: &Open, failure: Option<&str>) {
        self.held -= open.held;
        if !open.is_wanted {
            return;
        }
        if !open.has(Role::Request) {
            self.left_out += 1;
            return;
        }
        let secured = self.secured.get(&open.flow.id).copied();
        let Open { flow, messages, looked_up, left_out, .. } = open;
        let (looked_up, left_out) = (*looked_up, *left_out);
        let exchange = Exchange { flow, secured, looked_up, messages, left_out, failure };
        self.form.exchange(&exchange, &mut self.out);
    }

    /// Too much waits for its end: what began first is written as it stands.
    fn make_room(&mut self) {
        while self.held > HELD
            && let Some((_, open)) = self.open.pop_first()
        {
            self.write(&open, Some(open.unanswered("it had no answer for long").unwrap_or("it went on for long")));
        }
    }
}

fn is_request(told: &Told) -> bool {
    matches!(&told.what, What::Message { message, .. } if message.role == Role::Request)
}

fn failure(told: &Told) -> Option<String> {
    match &told.what {
        What::Message { .. } => None,
        What::Happening(Happening::Abandoned) => Some("it was given up".to_owned()),
        What::Happening(happening) => Some(happening.words(&told.flow).into_owned()),
    }
}

/// Octets that wait for the end of their exchange: several of the largest contents that are kept.
const HELD: usize = 256 * 1024 * 1024;
