//! An exchange comes with all that it caused: below its request and before its answer.
//!
//! What is told is held until the exchange that began it all is over, so that others do not come in between. Who
//! watches does not wait forever: after [`PATIENCE`] what is there is shown, and what comes later is shown by itself and
//! names what it belongs to.
//!
//! - `exchange`: an exchange that is held back
//! - `shown`: exchanges that were shown, to be named by what comes later

mod exchange;
mod shown;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use toynet_machine::Time;
use toynet_record::FlowCause;

use crate::told::Told;
use exchange::{Exchange, Part, Under};
use shown::Shown;

/// Sorts what is told by cause. Whoever shows it takes it as blocks: whole trees, in the order in
/// which they began.
#[derive(Debug, Default)]
pub struct Thread {
    held: BTreeMap<FlowCause, Exchange>,
    roots: BTreeMap<u64, Root>,
    began: u64,
    /// How much that was told is in `held` and `roots`.
    waiting: usize,
    shown: Shown,
}

/// One thing told, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// How many exchanges of its block it lies under.
    pub depth: usize,
    /// What.
    pub told: Rc<Told>,
    /// What was shown before it in another block, if it belongs to that.
    pub belongs: Option<Belongs>,
}

/// Why a block cannot stand where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// It is part of an exchange that began with this.
    To(Rc<Told>),
    /// It was caused by an exchange that began with this.
    Under(Rc<Told>),
}

#[derive(Debug)]
struct Root {
    since: Time,
    top: Part,
    belongs: Option<Belongs>,
}

impl Thread {
    /// Holds what is told at `now`.
    pub fn take(&mut self, told: Told, now: Time) {
        let told = Rc::new(told);
        self.waiting += 1;
        match told.key() {
            Some(key) => self.take_part(key, told, now),
            None => self.take_single(told, now),
        }
    }

    /// Shows all trees that are over and all that were held for [`PATIENCE`].
    pub fn tick(&mut self, now: Time, mut show: impl FnMut(Vec<Placed>)) {
        let due = |root: &Root| now.since(root.since) >= PATIENCE;
        self.show_if(|thread, root| due(root) || thread.is_over(root), &mut show);
    }

    /// Shows trees before their time when too much is held: those that are over, then the oldest.
    pub fn make_room(&mut self, mut show: impl FnMut(Vec<Placed>)) {
        if self.waiting <= HELD {
            return;
        }
        self.show_if(Self::is_over, &mut show);
        while self.waiting > HELD / 2
            && let Some((_, oldest)) = self.roots.pop_first()
        {
            show(self.block(oldest));
        }
    }

    /// Shows all that is held.
    pub fn finish(&mut self, mut show: impl FnMut(Vec<Placed>)) {
        while let Some((_, root)) = self.roots.pop_first() {
            show(self.block(root));
        }
    }

    fn take_part(&mut self, key: FlowCause, told: Rc<Told>, now: Time) {
        if !self.held.contains_key(&key) {
            if let Some(headline) = self.shown.get(key) {
                return self.add_root(Part::Own(told), Some(Belongs::To(headline)), now);
            }
            self.expect(key, now);
        }
        let Some(exchange) = self.held.get_mut(&key) else { return };
        let cause = told.cause;
        let is_first = exchange.headline.is_none();
        exchange.add(told);
        if is_first {
            self.settle(key, cause, now);
        }
    }

    fn take_single(&mut self, told: Rc<Told>, now: Time) {
        let Some(cause) = told.cause else { return self.add_root(Part::Own(told), None, now) };
        if let Some(headline) = self.shown.get(cause) {
            return self.add_root(Part::Own(told), Some(Belongs::Under(headline)), now);
        }
        self.expect(cause, now);
        self.held.entry(cause).and_modify(|exchange| exchange.parts.push(Part::Single(told)));
    }

    /// Makes room for an exchange of which nothing was told. What it causes may be told first: a request
    /// is told when its last octet was seen.
    fn expect(&mut self, key: FlowCause, now: Time) {
        if !self.held.contains_key(&key) {
            self.held.insert(key, Exchange::expected(self.began));
            self.add_root(Part::Caused(key), None, now);
        }
    }

    /// Puts an exchange that was expected, and stands alone, under its cause.
    fn settle(&mut self, key: FlowCause, cause: Option<FlowCause>, now: Time) {
        let Some(cause) = cause.filter(|cause| !self.is_too_deep(*cause, key)) else { return };
        let Some(Under::Root(number)) = self.held.get(&key).map(|exchange| exchange.under) else { return };
        if let Some(headline) = self.shown.get(cause) {
            self.roots.entry(number).and_modify(|root| root.belongs = Some(Belongs::Under(headline)));
            return;
        }
        self.expect(cause, now);
        self.roots.remove(&number);
        self.held.entry(key).and_modify(|exchange| exchange.under = Under::Exchange(cause));
        self.held.entry(cause).and_modify(|exchange| exchange.parts.push(Part::Caused(key)));
    }

    /// Whether `key` cannot be put under `cause`, since that lies under `key` itself or under too many others.
    fn is_too_deep(&self, cause: FlowCause, key: FlowCause) -> bool {
        let mut above = cause;
        for _ in 0..DEPTH {
            if above == key {
                return true;
            }
            match self.held.get(&above).map(|exchange| exchange.under) {
                Some(Under::Exchange(next)) => above = next,
                Some(Under::Root(_)) | None => return false,
            }
        }
        true
    }

    fn add_root(&mut self, top: Part, belongs: Option<Belongs>, now: Time) {
        self.roots.insert(self.began, Root { since: now, top, belongs });
        self.began += 1;
    }

    fn show_if(&mut self, chosen: impl Fn(&Self, &Root) -> bool, show: &mut impl FnMut(Vec<Placed>)) {
        let numbers: Vec<u64> =
            self.roots.iter().filter(|(_, root)| chosen(self, root)).map(|(number, _)| *number).collect();
        for number in numbers {
            if let Some(root) = self.roots.remove(&number) {
                show(self.block(root));
            }
        }
    }

    fn is_over(&self, root: &Root) -> bool {
        let mut rest = vec![&root.top];
        while let Some(part) = rest.pop() {
            if let Part::Caused(key) = part
                && let Some(exchange) = self.held.get(key)
            {
                if !exchange.over {
                    return false;
                }
                rest.extend(&exchange.parts);
            }
        }
        true
    }

    /// Lets a tree go, as lines in order.
    fn block(&mut self, root: Root) -> Vec<Placed> {
        let mut block = Vec::new();
        let mut rest = vec![(0, root.top)];
        while let Some((depth, part)) = rest.pop() {
            match part {
                Part::Own(told) | Part::Single(told) => block.push(Placed { depth, told, belongs: None }),
                Part::Caused(key) => {
                    let Some(exchange) = self.held.remove(&key) else { continue };
                    if let Some(headline) = &exchange.headline {
                        self.shown.add(key, Rc::clone(headline));
                    }
                    rest.extend(exchange.into_parts(depth).rev());
                }
            }
        }
        self.waiting = self.waiting.saturating_sub(block.len());
        if let Some(first) = block.first_mut() {
            first.belongs = root.belongs;
        }
        block
    }
}

/// How long an exchange is held back for its answer: most have one by then, and who watches has not begun
/// to wonder (a second is where the flow of thought breaks: Miller, 1968).
pub const PATIENCE: Duration = Duration::from_millis(400);
/// Messages that may be held; some 500 octets each.
const HELD: usize = 8 * 1024;
/// How deep exchanges nest. A look-up that needs another goes three or four deep; a loop is cut here.
const DEPTH: usize = 32;

#[cfg(test)]
mod tests;
