//! The lab as plain values: who has which addresses, and what lies between them.
//!
//! - `terrain`: all of it for another process

mod terrain;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use toynet_machine::Time;
use toynet_record::Roster;

use crate::fault::{Fault, Faults};
use crate::link::{self, Link, Links};
pub use terrain::Terrain;

/// A lab's hosts and links, shared by all workers. The hosts are as they are: when others come or go, every worker
/// is given [another value](Topology::with_hosts), which has the same links. Those may change.
#[derive(Debug, Default)]
pub struct Topology {
    hosts: Vec<Arc<TopologyHost>>,
    by_name: BTreeMap<String, usize>,
    by_address: BTreeMap<IpAddr, usize>,
    by_number: BTreeMap<u16, usize>,
    between: Arc<Between>,
    resolver: Option<SocketAddr>,
    seed: u64,
    played: BTreeSet<String>,
}

/// What lies between hosts.
#[derive(Debug, Default)]
struct Between {
    links: RwLock<Arc<Links>>,
    /// Whether there are any, so that asking for one costs nothing where there is none.
    bent: AtomicBool,
    /// What links do wrong on purpose, whatever the links are.
    faults: Faults,
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        let faults = Faults::default();
        let bent = AtomicBool::new(!links.is_empty());
        let links = RwLock::new(Arc::new(links.with_faults(faults.clone())));
        Self::of(hosts, Arc::new(Between { links, bent, faults }), resolver, seed)
    }

    /// These hosts in the place of those that there are, and this resolver; all else is the same and stays shared.
    #[must_use]
    pub fn with_hosts(&self, hosts: Vec<TopologyHost>, resolver: Option<SocketAddr>) -> Self {
        let others = Self::of(hosts, Arc::clone(&self.between), resolver, self.seed);
        Self { played: self.played.clone(), ..others }
    }

    fn of(hosts: Vec<TopologyHost>, between: Arc<Between>, resolver: Option<SocketAddr>, seed: u64) -> Self {
        let hosts: Vec<_> = hosts.into_iter().map(Arc::new).collect();
        let by_name = hosts.iter().enumerate().map(|(at, host)| (host.name.clone(), at)).collect();
        let pairs = hosts.iter().enumerate();
        let by_address = pairs.flat_map(|(at, host)| host.addresses.iter().map(move |ip| (*ip, at))).collect();
        let by_number = hosts.iter().enumerate().map(|(at, host)| (host.number, at)).collect();
        Self { hosts, by_name, by_address, by_number, between, resolver, seed, played: BTreeSet::new() }
    }

    /// The same, where programs that are none of ours act as the hosts of these names.
    #[must_use]
    pub fn played<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { played: names.into_iter().map(str::to_owned).collect(), ..self }
    }

    /// Puts other conditions between the hosts. A connection keeps those that it began with.
    pub fn relink(&self, links: Links) {
        let bent = !links.is_empty();
        let links = Arc::new(links.with_faults(self.link_faults().clone()));
        *self.between.links.write().unwrap_or_else(PoisonError::into_inner) = links;
        self.between.bent.store(bent, Ordering::Relaxed);
    }

    fn links(&self) -> Arc<Links> {
        Arc::clone(&self.between.links.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The hosts.
    pub fn hosts(&self) -> &[Arc<TopologyHost>] {
        &self.hosts
    }

    /// The host of this name.
    pub fn find(&self, name: &str) -> Option<&Arc<TopologyHost>> {
        self.by_name.get(name).map(|at| &self.hosts[*at])
    }

    /// The host with this address.
    pub fn at(&self, address: IpAddr) -> Option<&Arc<TopologyHost>> {
        self.by_address.get(&address).map(|at| &self.hosts[*at])
    }

    /// The host with this number.
    pub(crate) fn numbered(&self, number: u16) -> Option<&Arc<TopologyHost>> {
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
    pub(crate) fn link_out(&self, from: &TopologyHost, to: IpAddr) -> Option<Arc<Link>> {
        if !self.is_bent() || self.is_played(Some(from)) {
            return None;
        }
        self.link(Some(from), self.host_at(to))
    }

    /// The conditions that a host puts on what it receives, from someone who cannot: a stranger, or a
    /// host that is played by others.
    pub(crate) fn link_in(&self, from: IpAddr, to: &TopologyHost) -> Option<Arc<Link>> {
        if !self.is_bent() {
            return None;
        }
        let from = self.host_at(from);
        if from.is_none() || self.is_played(from) { self.link(from, Some(to)) } else { None }
    }

    /// The link from one host to another, where `None` is anyone outside; nothing when it has no conditions.
    pub(crate) fn link(&self, from: Option<&TopologyHost>, to: Option<&TopologyHost>) -> Option<Arc<Link>> {
        if !self.is_bent() {
            return None;
        }
        self.links().between(from.map(TopologyHost::name), to.map(TopologyHost::name), self.seed)
    }

    fn host_at(&self, address: IpAddr) -> Option<&TopologyHost> {
        self.at(address).map(|host| &**host)
    }

    fn is_played(&self, host: Option<&TopologyHost>) -> bool {
        host.is_some_and(|host| self.played.contains(&host.name))
    }

    /// Whether there are any conditions or faults of links.
    #[inline]
    fn is_bent(&self) -> bool {
        self.between.bent.load(Ordering::Relaxed) || !self.link_faults().is_empty()
    }

    /// Whether some link from or to this host has conditions.
    pub(crate) fn has_links(&self, host: &TopologyHost) -> bool {
        self.is_bent() && (!self.link_faults().is_empty() || self.links().touch(&host.name))
    }

    /// What links do wrong on purpose: each fault is a [`Bend`](crate::link::Bend).
    pub fn link_faults(&self) -> &Faults {
        &self.between.faults
    }

    /// The fault by which whoever has this address refuses all who come now.
    pub(crate) fn refusing(&self, address: IpAddr, now: Time) -> Option<Arc<Fault>> {
        link::refusing(self.link_faults(), &self.at(address)?.name, now)
    }

    /// Whether this host is one that may have to refuse whoever comes, and whether it is to now.
    pub(crate) fn refuses(&self, host: &TopologyHost, now: Time) -> Option<bool> {
        link::refuses(self.link_faults(), &host.name, now)
    }
}

impl TopologyHost {
    fn name(&self) -> &str {
        &self.name
    }

    /// The address of the family of `like` that it speaks from.
    pub fn address_like(&self, like: IpAddr) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|address| address.is_ipv4() == like.is_ipv4())
    }
}

/// The host as which a person's own programs speak who joins a lab as none of the hosts in its file.
pub const GUEST: &str = "you";
