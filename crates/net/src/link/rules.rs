//! Which links have which conditions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toynet_machine::{Random, Time};

use super::{Condition, Cut, DEFAULT_WINDOW, Jitter, Latency, Link, Loss, Rate, Window};

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
    made: Mutex<BTreeMap<Ends, Arc<Link>>>,
}

/// From whom to whom; nothing is anyone outside.
type Ends = (Option<String>, Option<String>);

impl Links {
    /// Links by these rules, in a lab that began at `began`. Where several rules fit a link, the one
    /// that names more hosts holds, then the earlier one.
    pub fn new(rules: Vec<Rule>, began: Time) -> Self {
        Self { rules, began, made: Mutex::default() }
    }

    pub(crate) fn rules(&self) -> (&[Rule], Time) {
        (&self.rules, self.began)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(crate) fn touch(&self, host: &str) -> bool {
        self.rules.iter().any(|rule| rule.from.fits(Some(host)) || rule.to.fits(Some(host)))
    }

    pub(crate) fn between(&self, from: Option<&str>, to: Option<&str>, seed: u64) -> Option<Arc<Link>> {
        let rule = self.rule(from, to)?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (from.map(str::to_owned), to.map(str::to_owned));
        let link = made.entry(key).or_insert_with(|| {
            let who = format!("link {} -> {}", from.unwrap_or("*"), to.unwrap_or("*"));
            Arc::new(rule.conditions.link(&who, seed, self.began))
        });
        Some(Arc::clone(link))
    }

    fn rule(&self, from: Option<&str>, to: Option<&str>) -> Option<&Rule> {
        let fitting = self.rules.iter().filter(|rule| rule.from.fits(from) && rule.to.fits(to));
        fitting.min_by_key(|rule| rule.from.vagueness() + rule.to.vagueness())
    }
}

impl Pattern {
    fn fits(&self, host: Option<&str>) -> bool {
        match self {
            Pattern::Host(name) => host == Some(name),
            Pattern::Any => true,
        }
    }

    fn vagueness(&self) -> u8 {
        match self {
            Pattern::Host(_) => 0,
            Pattern::Any => 1,
        }
    }
}

impl Conditions {
    fn link(&self, who: &str, seed: u64, began: Time) -> Link {
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
        Link::new(self.window.unwrap_or(DEFAULT_WINDOW), list)
    }
}
