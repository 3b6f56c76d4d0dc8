//! An exchange that is held back.

use std::rc::Rc;

use toynet_record::FlowCause;

use crate::told::Told;

#[derive(Debug)]
pub(super) struct Exchange {
    pub under: Under,
    /// What it is known by: the first that was said in it. None while only what it caused was told.
    pub headline: Option<Rc<Told>>,
    pub parts: Vec<Part>,
    /// Whether nothing more is to come in it.
    pub over: bool,
}

/// Where an exchange stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Under {
    /// At the top, as the root of this number.
    Root(u64),
    Exchange(FlowCause),
}

/// What an exchange consists of, in order.
#[derive(Debug)]
pub(super) enum Part {
    /// Said in it.
    Own(Rc<Told>),
    /// Caused by it, and belonging to no exchange.
    Single(Rc<Told>),
    /// An exchange that it caused.
    Caused(FlowCause),
}

impl Exchange {
    pub fn expected(root: u64) -> Self {
        Self { under: Under::Root(root), headline: None, parts: Vec::new(), over: false }
    }

    /// Adds what was said in it. What was said first comes before all that it caused.
    pub fn add(&mut self, told: Rc<Told>) {
        self.over |= told.ends_exchange();
        let place = if self.headline.is_none() { 0 } else { self.parts.len() };
        self.headline.get_or_insert_with(|| Rc::clone(&told));
        self.parts.insert(place, Part::Own(told));
    }

    /// Its parts with their depths, when it stands at `depth`.
    pub fn into_parts(self, depth: usize) -> impl DoubleEndedIterator<Item = (usize, Part)> {
        // Without a line of its own it has nothing that the others could stand under.
        let below = if self.headline.is_some() { depth + 1 } else { depth };
        self.parts.into_iter().map(move |part| match part {
            Part::Own(_) => (depth, part),
            Part::Single(_) | Part::Caused(_) => (below, part),
        })
    }
}
