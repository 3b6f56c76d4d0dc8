//! What differs between two plans: hosts and services.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::Reloaded;
use crate::plan::Plan;
use crate::run::ground::Needs;
use crate::run::prints::{Key, Prints, key};

/// What becomes of the services.
#[derive(Debug, Default)]
pub struct Change {
    unchanged: usize,
    changed: BTreeSet<Key>,
    added: BTreeSet<Key>,
    removed: BTreeSet<Key>,
}

impl Change {
    pub fn between(old: &Prints, new: &Prints) -> Self {
        let mut change = Self::default();
        for (key, print) in &new.services {
            match old.services.get(key) {
                Some(old) if old == print => change.unchanged += 1,
                Some(_) => drop(change.changed.insert(key.clone())),
                None => drop(change.added.insert(key.clone())),
            }
        }
        let gone = old.services.keys().filter(|key| !new.services.contains_key(*key));
        change.removed = gone.cloned().collect();
        change
    }

    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.removed.is_empty()
    }

    /// Those of the old plan that end before their successors begin: all of them where two cannot share a port.
    pub fn leaving(&self, old: &Plan, ports_are_shared: bool) -> BTreeSet<Key> {
        let services = old.hosts.iter().flat_map(|host| host.services.iter().map(move |service| (host, service)));
        let exclusive = services.filter(|(_, service)| !(ports_are_shared && service.config.may_overlap()));
        let ending = self.ending();
        exclusive.map(|(host, service)| key(host, service)).filter(|key| ending.contains(key)).collect()
    }

    pub fn entering(&self) -> BTreeSet<Key> {
        self.changed.union(&self.added).cloned().collect()
    }

    pub fn ending(&self) -> BTreeSet<Key> {
        self.changed.union(&self.removed).cloned().collect()
    }

    pub fn told(&self) -> Reloaded {
        let words = |keys: &BTreeSet<Key>| keys.iter().map(|(host, service)| format!("{service} on {host}")).collect();
        Reloaded {
            unchanged: self.unchanged,
            restarted: words(&self.changed),
            added: words(&self.added),
            removed: words(&self.removed),
            ..Reloaded::default()
        }
    }
}

/// What becomes of the hosts.
#[derive(Debug, Default)]
pub struct Hosts {
    /// Those that were not there before.
    pub arrived: Vec<String>,
    /// Those that have other addresses.
    pub moved: Vec<String>,
    /// Those that are no more.
    pub departed: Vec<String>,
    /// What was not needed for them before.
    pub new: Needs,
    /// What is needed no more.
    pub old: Needs,
}

impl Hosts {
    pub fn between(old: &Plan, new: &Plan) -> Self {
        let (before, after) = (addresses(old), addresses(new));
        let names = |keep: &dyn Fn(&str) -> bool, of: &BTreeMap<&str, &[IpAddr]>| {
            of.keys().filter(|name| keep(name)).map(|name| (*name).to_owned()).collect()
        };
        let differs = |name: &str| before.get(name).is_some_and(|old| after.get(name).is_some_and(|new| new != old));
        Self {
            arrived: names(&|name| !before.contains_key(name), &after),
            moved: names(&differs, &after),
            departed: names(&|name| !after.contains_key(name), &before),
            new: needs(new, old),
            old: needs(old, new),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.arrived.is_empty() && self.moved.is_empty() && self.departed.is_empty()
    }
}

/// What `of` needs and `than` does not.
fn needs(of: &Plan, than: &Plan) -> Needs {
    let addresses = |plan: &Plan| -> BTreeSet<IpAddr> {
        plan.hosts.iter().flat_map(|host| host.addresses.iter().copied()).collect()
    };
    Needs {
        addresses: addresses(of).difference(&addresses(than)).copied().collect(),
        ways_out: of.externals().difference(&than.externals()).copied().collect(),
    }
}

fn addresses(plan: &Plan) -> BTreeMap<&str, &[IpAddr]> {
    plan.hosts.iter().map(|host| (host.name.as_str(), host.addresses.as_slice())).collect()
}
