//! What links do wrong on purpose, for a time.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use toynet_machine::Time;

use super::{Condition, Conditions, Down, Parcel, Pattern, Verdict};
use crate::fault::{Fault, Faults};

/// What a fault of links is: the ways that it lies on, and what happens there. It is the `what` of a [`Fault`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bend {
    /// From whom to whom.
    pub ways: Vec<Way>,
    /// What happens there.
    pub conditions: Conditions,
    /// Nothing arrives at all.
    pub down: Option<Down>,
}

/// One way between hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// Who sends.
    pub from: Pattern,
    /// Who receives.
    pub to: Pattern,
}

impl Bend {
    /// Whether all of it happens to datagrams alone.
    pub fn is_of_datagrams(&self) -> bool {
        let Conditions { duplicate, reorder, corrupt, .. } = self.conditions;
        let some = duplicate > 0.0 || reorder > 0.0 || corrupt > 0.0;
        let only = Conditions { duplicate, reorder, corrupt, ..Conditions::default() };
        some && self.down.is_none() && self.conditions == only
    }

    fn touches(&self, from: Option<&str>, to: Option<&str>) -> bool {
        self.ways.iter().any(|way| way.from.fits(from) && way.to.fits(to))
    }

    fn list(&self, who: &str, seed: u64, began: Time) -> Vec<Box<dyn Condition>> {
        let down = self.down.map(|down| Box::new(down) as Box<dyn Condition>);
        down.into_iter().chain(self.conditions.list(who, seed, began)).collect()
    }
}

/// The faults of one link.
#[derive(Debug, Default)]
pub(crate) struct Live {
    from: Option<String>,
    to: Option<String>,
    seed: u64,
    faults: Faults,
    met: Mutex<Vec<Met>>,
}

/// A fault that this link has met, with the state of its conditions here.
#[derive(Debug)]
struct Met {
    fault: Arc<Fault>,
    conditions: Vec<Box<dyn Condition>>,
}

impl Live {
    pub fn new(from: Option<&str>, to: Option<&str>, seed: u64, faults: Faults) -> Self {
        let own = |name: Option<&str>| name.map(str::to_owned);
        Self { from: own(from), to: own(to), seed, faults, met: Mutex::default() }
    }

    /// Adds to the verdict what the faults of this time do, and tells `note` of those that do something: they have
    /// struck. Each parcel is an occasion.
    pub fn judge(&self, parcel: &Parcel, verdict: &mut Verdict, note: &mut dyn FnMut(&Arc<Fault>)) {
        if self.faults.is_empty() {
            return;
        }
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.retain(|met| self.faults.has(&met.fault));
        self.faults.each(|fault, bend: &Bend| {
            if bend.touches(self.from.as_deref(), self.to.as_deref()) && fault.has_turn(parcel.now) {
                let at = met.iter().position(|met| Arc::ptr_eq(&met.fault, fault)).unwrap_or_else(|| {
                    met.push(Met { fault: Arc::clone(fault), conditions: self.meet(fault, bend) });
                    met.len() - 1
                });
                let before = *verdict;
                met[at].conditions.iter_mut().for_each(|condition| condition.judge(parcel, verdict));
                if *verdict != before {
                    note(fault);
                }
            }
        });
    }

    fn meet(&self, fault: &Fault, bend: &Bend) -> Vec<Box<dyn Condition>> {
        let (from, to) = (self.from.as_deref().unwrap_or("*"), self.to.as_deref().unwrap_or("*"));
        bend.list(&format!("link {from} -> {to}: {}", fault.text()), self.seed, fault.began())
    }
}

/// Whether a fault lies on this way, be it its time or not.
pub(super) fn touch(faults: &Faults, from: Option<&str>, to: Option<&str>) -> bool {
    let mut found = false;
    faults.each(|_, bend: &Bend| found = found || bend.touches(from, to));
    found
}

/// Whether this host is one that may have to refuse whoever comes, and whether it is to now.
pub(crate) fn refuses(faults: &Faults, host: &str, now: Time) -> Option<bool> {
    let mut found = None;
    each_refusing(faults, host, |fault| found = Some(found.unwrap_or(false) || fault.is_its_time(now)));
    found
}

/// The fault by which this host refuses whoever comes now.
pub(crate) fn refusing(faults: &Faults, host: &str, now: Time) -> Option<Arc<Fault>> {
    let mut found = None;
    each_refusing(faults, host, |fault| {
        found = found.take().or_else(|| fault.is_its_time(now).then(|| Arc::clone(fault)));
    });
    found
}

fn each_refusing(faults: &Faults, host: &str, mut hear: impl FnMut(&Arc<Fault>)) {
    faults.each(|fault, bend: &Bend| {
        if bend.down == Some(Down::Refuse) && bend.touches(None, Some(host)) {
            hear(fault);
        }
    });
}
