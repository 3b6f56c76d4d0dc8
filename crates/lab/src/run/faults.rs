//! The faults of a running lab: those of its file and those that are set while it runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use toynet_machine::{Random, Time};
use toynet_net::fault::{Fault, Faults, Meant, What};

use crate::plan::{FaultPlace, Plan, PlannedFault};

/// All faults of a lab, shared by its workers.
#[derive(Debug, Default)]
pub struct FaultBook {
    seed: u64,
    services: Mutex<BTreeMap<(String, &'static str), Faults>>,
    links: Faults,
    set: Mutex<Vec<Set>>,
}

#[derive(Debug)]
struct Set {
    number: u64,
    /// The host, or the links.
    place: String,
    /// The service, or `link`.
    service: &'static str,
    /// Those that it is one of.
    among: Faults,
    fault: Arc<Fault>,
    /// Whether the lab file has it.
    is_written: bool,
}

/// A fault as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultLine {
    /// By which it is turned off and taken away.
    pub number: u64,
    /// The host whose service commits it, or the links that do.
    pub host: String,
    /// The service, or `link`.
    pub service: String,
    /// What, when and for whom.
    pub text: String,
    /// Whether it may strike.
    pub on: bool,
    /// How often it has.
    pub hits: u64,
}

impl FaultBook {
    /// The faults of `plan` in a lab that began at `began`, where `links` are those of its links.
    pub fn new(plan: &Plan, began: Time, links: &Faults) -> Self {
        let book = Self { seed: plan.seed, links: links.clone(), ..Self::default() };
        book.write(plan, began);
        book
    }

    /// Puts the faults of `plan` in the place of those that came from a lab file; their time begins now.
    pub fn rewrite(&self, plan: &Plan, now: Time) {
        self.remove(|set| set.is_written);
        self.write(plan, now);
    }

    /// Takes away those of services that `plan` does not have.
    pub fn keep_to(&self, plan: &Plan) {
        let speaks = |set: &Set| {
            let host = plan.host(&set.place);
            host.is_some_and(|host| host.services.iter().any(|service| service.protocol.name == set.service))
        };
        self.remove(|set| set.service != LINK && !speaks(set));
    }

    fn write(&self, plan: &Plan, now: Time) {
        for fault in &plan.faults {
            self.put(fault.clone(), now, true);
        }
    }

    /// Those of one service.
    pub fn of(&self, host: &str, service: &'static str) -> Faults {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        services.entry((host.to_owned(), service)).or_default().clone()
    }

    /// Sets one more, whose time begins now, and tells its number.
    pub fn add(&self, fault: PlannedFault, now: Time) -> u64 {
        self.put(fault, now, false)
    }

    fn put(&self, fault: PlannedFault, now: Time, is_written: bool) -> u64 {
        let PlannedFault { place, when, text } = fault;
        let (place, service, among, meant, what) = match place {
            FaultPlace::Service { host, service, meant, what } => {
                let host = host.to_string();
                let among = self.of(&host, service);
                (host, service, among, meant, what)
            }
            FaultPlace::Links { name, bend } => (name, LINK, self.links.clone(), Meant::All, Arc::new(bend) as What),
        };
        let mut set = self.set();
        let number = set.last().map_or(1, |last| last.number + 1);
        let random = Random::new(self.seed, &place, &format!("fault {number}"));
        let text = format!("{text}{}", timing(&when));
        let fault = Fault::new(text, meant, when, what, now, random);
        among.add(Arc::clone(&fault));
        set.push(Set { number, place, service, among, fault, is_written });
        number
    }

    /// All that are set.
    pub fn list(&self) -> Vec<FaultLine> {
        let line = |set: &Set| FaultLine {
            number: set.number,
            host: set.place.clone(),
            service: set.service.to_owned(),
            text: set.fault.text().to_owned(),
            on: set.fault.is_on(),
            hits: set.fault.hits(),
        };
        self.set().iter().map(line).collect()
    }

    /// Takes one away, or all; says how many those were.
    pub fn clear(&self, number: Option<u64>) -> usize {
        self.remove(|one| number.is_none_or(|number| number == one.number))
    }

    fn remove(&self, goes: impl Fn(&Set) -> bool) -> usize {
        let mut set = self.set();
        let before = set.len();
        set.retain(|one| !(goes(one) && one.among.remove(&one.fault)));
        before - set.len()
    }

    /// Turns one on or off, or all; says how many those were.
    pub fn turn(&self, number: Option<u64>, on: bool) -> usize {
        let set = self.set();
        let meant = set.iter().filter(|one| number.is_none_or(|number| number == one.number));
        let turn = |one: &Set| {
            one.fault.turn(on);
            one.among.touch();
        };
        meant.map(turn).count()
    }

    fn set(&self) -> MutexGuard<'_, Vec<Set>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What stands for a service where links are meant.
const LINK: &str = "link";

/// `, after 5s, for 10s, every 3`.
fn timing(when: &toynet_net::fault::When) -> String {
    let mut words = String::new();
    if !when.after.is_zero() {
        words += &format!(", at {:?}", when.after);
    }
    words += &when.lasts.map(|lasts| format!(", for {lasts:?}")).unwrap_or_default();
    words += &when.nth.map(|nth| format!(", nth {nth}")).unwrap_or_default();
    words += &when.every.map(|every| format!(", every {every}")).unwrap_or_default();
    words + &when.probability.map(|share| format!(", probability {share}")).unwrap_or_default()
}
