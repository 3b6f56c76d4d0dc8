//! A topology for another process, and how that follows what becomes of it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use toynet_machine::{Random, Time};

use super::{Topology, TopologyHost};
use crate::fault::{Fault, Meant, When};
use crate::link::{Bend, Links, Rule};

/// A topology as plain values, for another process that acts as one of its hosts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Terrain {
    hosts: Vec<TopologyHost>,
    rules: Vec<Rule>,
    began: Time,
    faults: Vec<Wrong>,
    resolver: Option<SocketAddr>,
    seed: u64,
    played: BTreeSet<String>,
}

/// What links do wrong on purpose. In each process it counts occasions of its own; of its hits the lab is
/// [told](crate::fault::Faults::take_hits).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrong {
    id: u64,
    text: String,
    bend: Bend,
    when: When,
    began: Time,
    on: bool,
}

impl Topology {
    /// The same as plain values.
    pub fn terrain(&self) -> Terrain {
        let links = self.links();
        let (rules, began) = links.rules();
        let hosts = self.hosts.iter().map(|host| TopologyHost::clone(host)).collect();
        let (rules, played) = (rules.to_vec(), self.played.clone());
        let faults = self.wrongs().into_iter().map(|(_, wrong)| wrong).collect();
        Terrain { hosts, rules, began, faults, resolver: self.resolver, seed: self.seed, played }
    }

    /// The hosts of `terrain`, between which lies what lies there; connections that stand meet it too.
    #[must_use]
    pub fn following(&self, terrain: Terrain) -> Self {
        if self.links().rules() != (&terrain.rules[..], terrain.began) {
            self.relink(Links::new(terrain.rules, terrain.began));
        }
        let known = self.wrongs();
        for (fault, wrong) in &known {
            match terrain.faults.iter().find(|one| one.id == wrong.id) {
                Some(one) => fault.turn(one.on),
                None => drop(self.link_faults().remove(fault)),
            }
        }
        let is_new = |one: &&Wrong| !known.iter().any(|(_, wrong)| wrong.id == one.id);
        for wrong in terrain.faults.iter().filter(is_new) {
            self.link_faults().add(wrong.fault(self.seed));
        }
        self.with_hosts(terrain.hosts, terrain.resolver)
    }

    fn wrongs(&self) -> Vec<(Arc<Fault>, Wrong)> {
        let mut wrongs = Vec::new();
        self.link_faults().each(|fault, bend: &Bend| {
            let (text, bend) = (fault.text().to_owned(), bend.clone());
            let (id, when, began) = (fault.id(), fault.when(), fault.began());
            let wrong = Wrong { id, text, bend, when, began, on: fault.is_on() };
            wrongs.push((Arc::clone(fault), wrong));
        });
        wrongs
    }
}

impl From<Terrain> for Topology {
    fn from(terrain: Terrain) -> Self {
        let links = Links::new(terrain.rules, terrain.began);
        let topology = Self::new(terrain.hosts, links, terrain.resolver, terrain.seed);
        terrain.faults.iter().for_each(|wrong| topology.link_faults().add(wrong.fault(terrain.seed)));
        topology.played(terrain.played.iter().map(String::as_str))
    }
}

impl Wrong {
    fn fault(&self, seed: u64) -> Arc<Fault> {
        let random = Random::new(seed, &self.text, "fault of a guest");
        let what = Arc::new(self.bend.clone());
        let fault = Fault::called(self.id, self.text.clone(), Meant::All, self.when, what, self.began, random);
        fault.turn(self.on);
        fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Conditions, Parcel, Pattern, Way};

    #[test]
    fn another_process_follows_faults_that_come_and_go() {
        let lab = Topology::new(hosts(&["a.test", "b.test"]), Links::default(), None, 1);
        let guest = Topology::from(lab.terrain());
        assert!(between(&guest).is_none());
        let fault = slow();
        lab.link_faults().add(Arc::clone(&fault));
        let guest = guest.following(lab.terrain());
        let link = between(&guest).expect("a link with a fault");
        let parcel = Parcel { length: 1, now: Time::from_secs(10), stream: true, sent: Some(0) };
        assert_eq!(link.judge(&parcel).delay.as_secs(), 1);
        fault.turn(false);
        let guest = guest.following(lab.terrain());
        assert_eq!(link.judge(&parcel).delay.as_secs(), 0, "a connection that stands meets it too");
        fault.turn(true);
        let guest = guest.following(lab.terrain());
        let delay = |guest: &Topology| {
            let struck = |struck: &Arc<Fault>| struck.hit();
            between(guest).expect("a link").judge_noting(&parcel, &mut { struck }).delay.as_secs()
        };
        assert_eq!(delay(&guest), 1);
        // What strikes there is counted here, once.
        lab.link_faults().count(&guest.link_faults().take_hits());
        lab.link_faults().count(&guest.link_faults().take_hits());
        assert_eq!(fault.hits(), 1);
        lab.link_faults().remove(&fault);
        let lab = lab.with_hosts(hosts(&["b.test", "c.test"]), None);
        let guest = guest.following(lab.terrain());
        assert_eq!(link.judge(&parcel).delay.as_secs(), 0);
        assert!(guest.find("a.test").is_none() && guest.find("c.test").is_some());
    }

    fn between(topology: &Topology) -> Option<Arc<crate::link::Link>> {
        topology.link_out(topology.find("a.test")?, [198, 18, 1, 2].into())
    }

    fn slow() -> Arc<Fault> {
        let conditions = Conditions { latency: std::time::Duration::from_secs(1), ..Conditions::default() };
        let ways = vec![Way { from: Pattern::Any, to: Pattern::Any }];
        let bend = Bend { ways, conditions, down: None };
        let random = Random::new(1, "link", "fault");
        Fault::new("latency 1s".into(), Meant::All, When::default(), Arc::new(bend), Time::default(), random)
    }

    fn hosts(names: &[&str]) -> Vec<TopologyHost> {
        let host = |(number, name): (u16, &&str)| TopologyHost {
            name: (*name).to_owned(),
            number,
            addresses: vec![[198, 18, 1, number as u8].into()],
        };
        (1..).zip(names).map(host).collect()
    }
}
