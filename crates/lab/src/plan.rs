//! What follows from a lab file: the complete and checked description of what runs.
//!
//! In the order in which it is made:
//! - `roster`: the hosts, written and derived, with what their services mean for others
//! - `tree`: which zones there are, who serves them, which name servers must be derived for that
//! - `number`: each host's number and addresses
//! - `reverse`: the zones in which addresses are names
//! - `fill`: the records of each derived zone; `extra`: those that the lab file adds
//! - `zone`: a derived zone as master-file text
//! - `links`: what happens between which hosts; `faults`: what services do wrong on purpose
//! - `show`: all of it, for a person or a program
//!
//! What is written by hand wins over what would be derived: a zone file as a whole, an address, a
//! name server. The name servers that are derived for a lab with a host `www.shop.test`:
//!
//! | host | serves |
//! |---|---|
//! | `a.root-servers.test`, `b.root-servers.test` | the root and `root-servers.test` |
//! | `a.nic.test` | `test`; each top-level domain has such a server |
//! | `a.nic.arpa` | `arpa` and, delegated from there to itself, the zones of the lab's addresses |
//! | `ns.shop.test` | `shop.test`, unless a name server in that domain is written |
//! | `resolver.test` | nothing; it answers recursive queries, unless a written host does |

mod extra;
mod faults;
mod fill;
mod links;
mod number;
mod reverse;
mod roster;
mod show;
mod tree;
mod zone;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use toynet_machine::Time;
use toynet_net::topology::{GUEST, Topology, TopologyHost};
use toynet_service::{Config, Doors, Files, HostName, Mistake, Place, Protocol, Spot, ZoneText};

use crate::authority::Authority;
use crate::spec::{self, Spec};
pub use faults::{FaultPlace, PlannedFault};
pub use links::Link;
pub use number::Numbers;
use roster::Roster;
pub(crate) use show::{services, services_json};
use tree::Tree;

/// A whole lab, ready to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The lab's name.
    pub name: String,
    /// What all chance in the lab grows from.
    pub seed: u64,
    /// How many workers serve, where the file says so.
    pub workers: Option<u16>,
    /// The time to live of derived records, in seconds.
    pub ttl: u32,
    /// The hosts: those of the file in its order, then the derived ones.
    pub hosts: Vec<PlannedHost>,
    /// The zones, parents before children.
    pub zones: Vec<PlannedZone>,
    /// What happens between hosts.
    pub links: Vec<Link>,
    /// What services do wrong on purpose.
    pub faults: Vec<PlannedFault>,
    /// The root's name servers and their addresses.
    pub hints: Arc<Vec<(HostName, Vec<IpAddr>)>>,
}

/// What is around a lab on the machine.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Where its addresses are reached from outside it.
    pub outside: Arc<Doors>,
    /// The files that its lab file can name.
    pub files: Arc<dyn Files>,
    /// Who vouches for its certificates.
    pub authority: Authority,
    /// The folder for what must outlive it; without one nothing does.
    pub state: Option<PathBuf>,
}

/// A host with everything that it needs to run.
#[derive(Clone, Debug)]
pub struct PlannedHost {
    /// Its number: unique in the lab, from 1, below 32768.
    pub number: u16,
    /// Its name.
    pub name: HostName,
    /// Its addresses inside the lab, at least one.
    pub addresses: Vec<IpAddr>,
    /// Where it is from.
    pub origin: Origin,
    /// Further names that lead to it.
    pub aliases: Vec<String>,
    /// Its services.
    pub services: Vec<PlannedService>,
    /// The zones that it serves.
    pub zones: Vec<Arc<ZoneText>>,
    /// Whether it answers recursive queries: the others' resolver.
    pub resolves: bool,
}

/// Why a host is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The lab file names it here.
    Written(Range<usize>),
    /// It is needed for this.
    Derived(String),
}

/// One service of a host.
#[derive(Clone, Debug)]
pub struct PlannedService {
    /// Its protocol.
    pub protocol: &'static Protocol,
    /// What the lab file says of it.
    pub config: Arc<dyn Config>,
}

/// A zone and who serves it.
#[derive(Clone, Debug)]
pub struct PlannedZone {
    /// The zone.
    pub zone: Arc<ZoneText>,
    /// Its name servers.
    pub servers: Vec<HostName>,
}

/// Makes the plan of the lab file `text`; `name` is the lab's unless the file has one. Hosts whose numbers are
/// `known` keep them.
///
/// # Errors
/// Everything that is wrong with the file and those that it names, in order.
pub fn plan(
    text: &str,
    name: &str,
    files: &dyn Files,
    protocols: &[&'static Protocol],
    known: &Numbers,
) -> Result<Plan, Vec<Mistake>> {
    let reading = spec::read(text, protocols);
    let mut mistakes = reading.mistakes;
    let plan = reading.is_toml.then(|| derive(reading.spec, name, files, (protocols, known), &mut mistakes));
    mistakes.sort_by_key(place_in_order);
    mistakes.dedup();
    match plan {
        Some(plan) if mistakes.is_empty() => Ok(plan),
        Some(_) | None => Err(mistakes),
    }
}

fn derive(
    spec: Spec,
    name: &str,
    files: &dyn Files,
    (protocols, known): (&[&'static Protocol], &Numbers),
    mistakes: &mut Vec<Mistake>,
) -> Plan {
    let ttl = spec.lab.ttl.map_or(DEFAULT_TTL, |ttl| *ttl.get_ref());
    let mut roster = Roster::new(spec.hosts, mistakes);
    roster.check_files(files, mistakes);
    let mut tree = Tree::default();
    if let Some(dns) = protocols.iter().find(|protocol| protocol.name == "dns") {
        tree = tree::grow(&mut roster, &tree::Servers::of(dns), mistakes);
    }
    roster.check_aliases(mistakes);
    number::assign(&mut roster.hosts, known, mistakes);
    reverse::grow(&mut tree, &roster.hosts);
    let zones = fill::texts(&tree, &roster.hosts, ttl, files, mistakes);
    let links = links::one_way(spec.links, &roster, mistakes);
    let faults = faults::check(spec.faults, &roster, mistakes);
    Plan {
        name: spec.lab.name.map_or_else(|| name.to_owned(), toml::Spanned::into_inner),
        seed: spec.lab.seed.unwrap_or(DEFAULT_SEED),
        workers: spec.lab.workers.map(toml::Spanned::into_inner),
        ttl,
        hints: Arc::new(hints(&tree, &roster)),
        zones: planned_zones(&tree, &roster, &zones),
        hosts: planned_hosts(roster, &tree, &zones),
        links,
        faults,
    }
}

fn hints(tree: &Tree, roster: &Roster) -> Vec<(HostName, Vec<IpAddr>)> {
    let servers = tree.zone("").map(|root| root.servers.as_slice()).unwrap_or_default();
    let hosts = servers.iter().map(|server| &roster.hosts[*server]);
    hosts.map(|host| (host.name.clone(), host.addresses.clone())).collect()
}

fn planned_zones(tree: &Tree, roster: &Roster, texts: &[Arc<ZoneText>]) -> Vec<PlannedZone> {
    let name = |server: &usize| roster.hosts[*server].name.clone();
    let pairs = tree.zones.iter().zip(texts);
    pairs
        .map(|(zone, text)| PlannedZone { zone: text.clone(), servers: zone.servers.iter().map(name).collect() })
        .collect()
}

fn planned_hosts(roster: Roster, tree: &Tree, texts: &[Arc<ZoneText>]) -> Vec<PlannedHost> {
    let mut hosts: Vec<PlannedHost> = roster.hosts.into_iter().map(roster::Draft::plan).collect();
    for (zone, text) in tree.zones.iter().zip(texts) {
        for server in &zone.servers {
            hosts[*server].zones.push(text.clone());
        }
    }
    hosts
}

impl Plan {
    /// The host of this name.
    pub fn host(&self, name: &str) -> Option<&PlannedHost> {
        self.hosts.iter().find(|host| host.name.as_str() == name)
    }

    /// The first written host without a service: somebody sits there.
    pub fn workstation(&self) -> Option<&PlannedHost> {
        self.hosts.iter().find(|host| host.is_written() && host.services.is_empty())
    }

    /// Reads a fault for this lab, written as a table `[[fault]]` without that line.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read_fault(&self, text: &str, protocols: &[&'static Protocol]) -> Result<PlannedFault, Vec<Mistake>> {
        let names = |host: &PlannedHost| host.services.iter().map(|service| service.protocol.name).collect();
        let speaks = self.hosts.iter().map(|host| (host.name.clone(), names(host))).collect();
        let spec = spec::read_fault(text, speaks, protocols)?;
        let hosts: Vec<_> = self.hosts.iter().map(faults::Known::new).collect();
        let mut mistakes = Vec::new();
        faults::planned(spec, &hosts, &mut mistakes).ok_or(mistakes)
    }

    /// The hosts that answer recursive queries.
    pub fn resolvers(&self) -> impl Iterator<Item = &PlannedHost> {
        self.hosts.iter().filter(|host| host.resolves)
    }

    /// The servers outside the lab that its file names.
    pub fn externals(&self) -> BTreeSet<SocketAddr> {
        let services = self.hosts.iter().flat_map(|host| &host.services);
        services.filter_map(|service| service.config.facts().external).collect()
    }

    /// The hosts and links as the network takes them, for a lab that begins at `began`.
    pub fn topology(&self, began: Time) -> Topology {
        let links = toynet_net::link::Links::new(self.links.iter().map(Link::rule).collect(), began);
        Topology::new(self.topology_hosts(), links, self.resolver(), self.seed)
    }

    /// The hosts as the network takes them, and the guest.
    pub(crate) fn topology_hosts(&self) -> Vec<TopologyHost> {
        self.hosts.iter().map(topology_host).chain(self.guest()).collect()
    }

    /// The numbers of the hosts.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (HostName, u16)> {
        self.hosts.iter().map(|host| (host.name.clone(), host.number))
    }

    /// As whom a person's own programs act when they do not say: a workstation, otherwise the guest.
    pub fn visitor(&self) -> Option<TopologyHost> {
        self.workstation().map(topology_host).or_else(|| self.guest())
    }

    /// The guest's number, if the lab has one.
    pub(crate) fn guest_number(&self) -> Option<u16> {
        self.guest().map(|guest| guest.number)
    }

    /// Who joins a running lab as none of its hosts, unless the lab has given that name or address away.
    fn guest(&self) -> Option<TopologyHost> {
        let addresses = number::derived(number::GUEST.into()).to_vec();
        let is_taken = |host: &PlannedHost| {
            host.name.as_str() == GUEST || host.addresses.iter().any(|address| addresses.contains(address))
        };
        let is_free = !self.hosts.iter().any(is_taken);
        is_free.then(|| TopologyHost { name: GUEST.to_owned(), number: number::GUEST, addresses })
    }

    /// Where hosts send their recursive queries.
    pub fn resolver(&self) -> Option<SocketAddr> {
        let host = self.resolvers().next()?;
        let dns = host.services.iter().find(|service| service.config.facts().resolves)?;
        let port = dns.config.endpoints().first()?.port;
        host.addresses.first().map(|address| SocketAddr::new(*address, port))
    }

    /// What the services of `host` may know of the lab, in these surroundings.
    pub fn place(&self, host: &PlannedHost, around: &Surroundings) -> Place {
        Place {
            host: host.name.clone(),
            addresses: host.addresses.clone(),
            zones: host.zones.clone(),
            hints: self.hints.clone(),
            outside: Arc::clone(&around.outside),
            files: Arc::clone(&around.files),
            certificates: Arc::new(around.authority.clone()),
            state: around.state.as_ref().map(|folder| folder.join(host.name.as_str())),
            seed: self.seed,
        }
    }
}

impl PlannedHost {
    /// Whether the lab file names it.
    pub fn is_written(&self) -> bool {
        matches!(self.origin, Origin::Written(_))
    }
}

fn topology_host(host: &PlannedHost) -> TopologyHost {
    TopologyHost { name: host.name.to_string(), number: host.number, addresses: host.addresses.clone() }
}

fn place_in_order(mistake: &Mistake) -> (usize, String, usize, usize) {
    match &mistake.spot {
        Spot::Lab(span) => (0, String::new(), span.start, span.end),
        Spot::File { file, line, column } => (1, file.clone(), *line, *column),
    }
}

/// Long enough that a resolver's cache shows, short enough to see an entry end.
const DEFAULT_TTL: u32 = 300;
/// The same lab is the same on every machine.
const DEFAULT_SEED: u64 = 1;

#[cfg(test)]
mod tests;
