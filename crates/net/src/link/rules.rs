//! Which links have which conditions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toynet_machine::{Random, Time};

use super::live::{self, Live};
use super::{
    Condition, Corrupt, Cut, DEFAULT_WINDOW, Duplicate, Garble, HalfClose, Jitter, Latency, Link, Loss, Rate, Reorder,
    Reset, Slice, Window,
};
use crate::fault::Faults;
use crate::topology::GUEST;

/// The conditions of a link, as the lab file has them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// Delay of everything.
    pub latency: Duration,
    /// Further delay of up to so much.
    pub jitter: Duration,
    /// Probability, from 0 to 1, that a packet is lost.
    pub loss: f64,
    /// Octets a second.
    pub rate: Option<u64>,
    /// When nothing passes.
    pub cut: Vec<Window>,
    /// Probability that a datagram arrives twice.
    pub duplicate: f64,
    /// Probability that a datagram is overtaken.
    pub reorder: f64,
    /// Probability that a bit of a datagram is turned over.
    pub corrupt: f64,
    /// One octet of a stream in so many is wrong.
    pub garble: Option<u64>,
    /// A stream comes in pieces of at most so many octets.
    pub slice: Option<usize>,
    /// A stream is reset after so many octets.
    pub reset: Option<u64>,
    /// A stream ends this way after so many octets.
    pub half_close: Option<u64>,
    /// Octets of a stream that may be under way at once.
    pub window: Option<usize>,
}

/// One side of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pattern {
    /// This host.
    Host(String),
    /// Any host, and anyone outside.
    Any,
    /// Anyone but these hosts.
    Not(Vec<String>),
    /// Anyone who is no host of the lab, and its guest.
    Outside,
}

/// Conditions for what goes from one side to the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Who sends.
    pub from: Pattern,
    /// Who receives.
    pub to: Pattern,
    /// What happens on the way.
    pub conditions: Conditions,
}

/// All rules of a lab and the links that they have made so far.
#[derive(Debug, Default)]
pub struct Links {
    rules: Vec<Rule>,
    began: Time,
    /// What goes wrong for a time: each a [`Bend`](super::Bend).
    faults: Faults,
    made: Mutex<BTreeMap<Ends, Arc<Link>>>,
}

/// From whom to whom; nothing is anyone outside.
type Ends = (Option<String>, Option<String>);

impl Links {
    /// Links by these rules, in a lab that began at `began`. Where several rules fit a link, the one
    /// that names more hosts holds, then the earlier one.
    pub fn new(rules: Vec<Rule>, began: Time) -> Self {
        Self { rules, began, faults: Faults::default(), made: Mutex::default() }
    }

    pub(crate) fn rules(&self) -> (&[Rule], Time) {
        (&self.rules, self.began)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The same rules, on links that also do wrong what `faults` say.
    pub(crate) fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    pub(crate) fn touch(&self, host: &str) -> bool {
        self.rules.iter().any(|rule| rule.from.fits(Some(host)) || rule.to.fits(Some(host)))
    }

    pub(crate) fn between(&self, from: Option<&str>, to: Option<&str>, seed: u64) -> Option<Arc<Link>> {
        let rule = self.rule(from, to);
        if rule.is_none() && !live::touch(&self.faults, from, to) {
            return None;
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (from.map(str::to_owned), to.map(str::to_owned));
        let link = made.entry(key).or_insert_with(|| {
            let who = format!("link {} -> {}", from.unwrap_or("*"), to.unwrap_or("*"));
            let link = rule.map(|rule| rule.conditions.link(&who, seed, self.began)).unwrap_or_default();
            Arc::new(link.with(Live::new(from, to, seed, self.faults.clone())))
        });
        Some(Arc::clone(link))
    }

    fn rule(&self, from: Option<&str>, to: Option<&str>) -> Option<&Rule> {
        let fitting = self.rules.iter().filter(|rule| rule.from.fits(from) && rule.to.fits(to));
        fitting.min_by_key(|rule| rule.from.vagueness() + rule.to.vagueness())
    }
}

impl Pattern {
    pub(super) fn fits(&self, host: Option<&str>) -> bool {
        match self {
            Pattern::Host(name) => host == Some(name),
            Pattern::Any => true,
            Pattern::Not(names) => host.is_none_or(|host| names.iter().all(|name| name != host)),
            Pattern::Outside => host.is_none_or(|host| host == GUEST),
        }
    }

    fn vagueness(&self) -> u8 {
        match self {
            Pattern::Host(_) | Pattern::Outside => 0,
            Pattern::Any | Pattern::Not(_) => 1,
        }
    }
}

impl Conditions {
    fn link(&self, who: &str, seed: u64, began: Time) -> Link {
        Link::new(self.window.unwrap_or(DEFAULT_WINDOW), self.list(who, seed, began))
    }

    /// Delays come in the order of a packet's way; what settles its fate comes last.
    pub(super) fn list(&self, who: &str, seed: u64, began: Time) -> Vec<Box<dyn Condition>> {
        let mut list: Vec<Box<dyn Condition>> = Vec::new();
        if !self.cut.is_empty() {
            list.push(Box::new(Cut::new(self.cut.clone(), began)));
        }
        if self.loss > 0.0 {
            list.push(Box::new(Loss::new(self.loss, Random::new(seed, who, "loss"))));
        }
        if let Some(rate) = self.rate {
            list.push(Box::new(Rate::new(rate)));
        }
        if !self.latency.is_zero() {
            list.push(Box::new(Latency(self.latency)));
        }
        if !self.jitter.is_zero() {
            list.push(Box::new(Jitter::new(self.jitter, Random::new(seed, who, "jitter"))));
        }
        if self.duplicate > 0.0 {
            list.push(Box::new(Duplicate::new(self.duplicate, Random::new(seed, who, "duplicate"))));
        }
        if self.reorder > 0.0 {
            list.push(Box::new(Reorder::new(self.reorder, Random::new(seed, who, "reorder"))));
        }
        if self.corrupt > 0.0 {
            list.push(Box::new(Corrupt::new(self.corrupt, Random::new(seed, who, "corrupt"))));
        }
        list.extend(self.garble.map(|octets| Box::new(Garble(octets)) as Box<dyn Condition>));
        list.extend(self.slice.map(|octets| Box::new(Slice(octets)) as Box<dyn Condition>));
        list.extend(self.half_close.map(|octets| Box::new(HalfClose(octets)) as Box<dyn Condition>));
        list.extend(self.reset.map(|octets| Box::new(Reset(octets)) as Box<dyn Condition>));
        list
    }
}
