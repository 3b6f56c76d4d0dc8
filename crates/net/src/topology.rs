//! The lab as plain values: who has which addresses, and what lies between them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use toynet_machine::Time;
use toynet_record::Roster;

use crate::fault::Faults;
use crate::link::{self, Link, Links, Rule};

/// A lab's hosts and links, shared by all workers. While they run the hosts stay as they are; links may change.
#[derive(Debug, Default)]
pub struct Topology {
    hosts: Vec<TopologyHost>,
    by_name: BTreeMap<String, usize>,
    by_address: BTreeMap<IpAddr, usize>,
    by_number: BTreeMap<u16, usize>,
    links: RwLock<Arc<Links>>,
    /// Whether there are any, so that asking for one costs nothing where there is none.
    bent: AtomicBool,
    /// What links do wrong on purpose, whatever the links are.
    faults: Faults,
    resolver: Option<SocketAddr>,
    seed: u64,
    played: Option<usize>,
}

/// A topology as plain values, for another process that acts as one of its hosts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Terrain {
    hosts: Vec<TopologyHost>,
    rules: Vec<Rule>,
    began: Time,
    resolver: Option<SocketAddr>,
    seed: u64,
    played: Option<String>,
}

impl From<Terrain> for Topology {
    fn from(terrain: Terrain) -> Self {
        let Terrain { hosts, rules, began, resolver, seed, played } = terrain;
        Self::new(hosts, Links::new(rules, began), resolver, seed).played(played.as_deref())
    }
}

/// A host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TopologyHost {
    /// Its name.
    pub name: String,
    /// Its number in the lab, from 1 to 32,767: its place in a carrier's own addresses.
    pub number: u16,
    /// Its addresses, of which the first of each family is the one that it speaks from.
    pub addresses: Vec<IpAddr>,
}

impl Topology {
    /// A lab of these hosts, whose chance comes from `seed`.
    pub fn new(hosts: Vec<TopologyHost>, links: Links, resolver: Option<SocketAddr>, seed: u64) -> Self {
        let by_name = hosts.iter().enumerate().map(|(at, host)| (host.name.clone(), at)).collect();
        let pairs = hosts.iter().enumerate();
        let by_address = pairs.flat_map(|(at, host)| host.addresses.iter().map(move |ip| (*ip, at))).collect();
        let by_number = hosts.iter().enumerate().map(|(at, host)| (host.number, at)).collect();
        let (bent, faults) = (AtomicBool::new(!links.is_empty()), Faults::default());
        let links = RwLock::new(Arc::new(links.with_faults(faults.clone())));
        Self { hosts, by_name, by_address, by_number, links, bent, faults, resolver, seed, played: None }
    }

    /// The same, where programs that are none of ours act as the host of this name.
    #[must_use]
    pub fn played(self, name: Option<&str>) -> Self {
        Self { played: name.and_then(|name| self.find(name)), ..self }
    }

    /// Puts other conditions between the hosts. A connection keeps those that it began with.
    pub fn relink(&self, links: Links) {
        let bent = !links.is_empty();
        let links = Arc::new(links.with_faults(self.faults.clone()));
        *self.links.write().unwrap_or_else(PoisonError::into_inner) = links;
        self.bent.store(bent, Ordering::Relaxed);
    }

    fn links(&self) -> Arc<Links> {
        Arc::clone(&self.links.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same as plain values.
    pub fn terrain(&self) -> Terrain {
        let links = self.links();
        let (rules, began) = links.rules();
        let (hosts, rules) = (self.hosts.clone(), rules.to_vec());
        let played = self.name_of(self.played).map(str::to_owned);
        Terrain { hosts, rules, began, resolver: self.resolver, seed: self.seed, played }
    }

    /// The hosts.
    pub fn hosts(&self) -> &[TopologyHost] {
        &self.hosts
    }

    /// The place of a host in [`Topology::hosts`] by its name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The place of the host with this address.
    pub fn at(&self, address: IpAddr) -> Option<usize> {
        self.by_address.get(&address).copied()
    }

    /// The host with this number.
    pub(crate) fn numbered(&self, number: u16) -> Option<&TopologyHost> {
        self.by_number.get(&number).map(|at| &self.hosts[*at])
    }

    /// Where hosts send their recursive queries.
    pub fn resolver(&self) -> Option<SocketAddr> {
        self.resolver
    }

    /// The lab's seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Hosts by address, for those who read the record.
    pub fn roster(&self) -> Roster {
        let mut roster = Roster::default();
        self.hosts.iter().for_each(|host| roster.add(&host.name, host.addresses.iter().copied()));
        roster
    }

    /// The conditions that a host puts on what it sends. What is sent in the name of a host that is played by
    /// others gets them where it arrives.
    pub(crate) fn link_out(&self, from: usize, to: Option<usize>) -> Option<Arc<Link>> {
        if self.played == Some(from) { None } else { self.link(Some(from), to) }
    }

    /// The conditions that a host puts on what it receives, from someone who cannot: a stranger, or a
    /// host that is played by others.
    pub(crate) fn link_in(&self, from: Option<usize>, to: usize) -> Option<Arc<Link>> {
        if from.is_none() || self.played == from { self.link(from, Some(to)) } else { None }
    }

    /// The link from one host to another, where `None` is anyone outside; nothing when it has no conditions.
    pub(crate) fn link(&self, from: Option<usize>, to: Option<usize>) -> Option<Arc<Link>> {
        if !self.is_bent() {
            return None;
        }
        self.links().between(self.name_of(from), self.name_of(to), self.seed)
    }

    /// Whether there are any conditions or faults of links.
    #[inline]
    fn is_bent(&self) -> bool {
        self.bent.load(Ordering::Relaxed) || !self.faults.is_empty()
    }

    /// Whether some link from or to this host has conditions.
    pub(crate) fn has_links(&self, host: usize) -> bool {
        self.is_bent() && (!self.faults.is_empty() || self.links().touch(&self.hosts[host].name))
    }

    /// What links do wrong on purpose: each fault is a [`Bend`](crate::link::Bend).
    pub fn link_faults(&self) -> &Faults {
        &self.faults
    }

    /// Whether this host is one that may have to refuse connections, and whether it is to now.
    pub(crate) fn refuses(&self, host: usize, now: Time) -> Option<bool> {
        link::refuses(self.link_faults(), &self.hosts[host].name, now)
    }

    fn name_of(&self, host: Option<usize>) -> Option<&str> {
        host.map(|at| self.hosts[at].name.as_str())
    }
}

impl TopologyHost {
    /// The address of the family of `like` that it speaks from.
    pub fn address_like(&self, like: IpAddr) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|address| address.is_ipv4() == like.is_ipv4())
    }
}

/// The host as which a person's own programs speak who joins a lab as none of the hosts in its file.
pub const GUEST: &str = "you";
