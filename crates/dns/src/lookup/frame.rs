//! One name that is being looked up: the zone reached, its servers, and which to ask next.

use std::net::IpAddr;

use toynet_machine::{Random, Time};

use super::{Complaint, Failure, Pace, Roots};
use crate::cache::{Cache, Trust};
use crate::codes::RecordType;
use crate::name::{Name, suffixes};

/// How a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A datagram with EDNS.
    Edns,
    /// A datagram without: the server did not understand it.
    Plain,
    /// Over a stream: the answer was truncated.
    Tcp,
}

/// A look-up of one name.
pub struct Frame {
    pub name: Name,
    pub kind: RecordType,
    /// The zone whose servers are asked.
    pub zone: Name,
    servers: Vec<Server>,
    addresses: Vec<Address>,
    complaint: Option<Complaint>,
    entered: bool,
    /// For a server's address: the type that is sought; the name may have changed by aliases.
    seeks: Option<(Name, RecordType)>,
}

/// A server by name, and which of its address types were looked up.
struct Server {
    name: Name,
    sought: Vec<RecordType>,
}

struct Address {
    address: IpAddr,
    tries: u32,
    way: Way,
    /// It answered something of no use, and is not asked again.
    useless: bool,
}

/// Whom to ask next.
pub enum Next {
    /// This address, tried so many times before.
    Ask(IpAddr, Way, u32),
    /// Nobody before the address of this server is known.
    Seek(Name, RecordType),
    /// Nobody is left.
    Nobody(Failure),
}

impl Frame {
    pub fn new(name: Name, kind: RecordType, seeks: Option<RecordType>) -> Self {
        let seeks = seeks.map(|kind| (name.clone(), kind));
        let (servers, addresses) = (Vec::new(), Vec::new());
        Self { name, kind, zone: Name::root(), servers, addresses, complaint: None, entered: false, seeks }
    }

    /// An alias leads to another name, perhaps in another zone.
    pub fn rename(&mut self, target: Name) {
        let seeks = self.seeks.take();
        *self = Self::new(target, self.kind, None);
        self.seeks = seeks;
    }

    /// Begins at the lowest zone whose servers are known (RFC 1034 5.3.3, step 2).
    pub fn enter(&mut self, cache: &Cache, now: Time, roots: &Roots) {
        if self.entered {
            return;
        }
        self.entered = true;
        let lowest = suffixes(self.name.wire())
            // DS is known above the cut (RFC 4035 3.1.4.1).
            .skip(usize::from(self.kind == RecordType::DS && !self.name.is_root()))
            .filter_map(|wire| Name::from_wire(wire).ok())
            .find_map(|zone| known_servers(cache, now, &zone).map(|servers| (zone, servers)));
        let (zone, servers) = lowest.unwrap_or_else(|| (Name::root(), roots.0.clone()));
        self.descend(zone, servers);
    }

    /// Takes up the servers of a zone further down.
    pub fn descend(&mut self, zone: Name, servers: Vec<(Name, Vec<IpAddr>)>) {
        self.zone = zone;
        self.complaint = None;
        self.addresses.clear();
        self.servers.clear();
        for (name, addresses) in servers.into_iter().take(MOST_SERVERS) {
            self.add(&addresses);
            let sought = if addresses.is_empty() { Vec::new() } else { ADDRESSES.to_vec() };
            self.servers.push(Server { name, sought });
        }
    }

    fn add(&mut self, addresses: &[IpAddr]) {
        for address in addresses {
            if !self.addresses.iter().any(|known| known.address == *address) {
                self.addresses.push(Address { address: *address, tries: 0, way: Way::Edns, useless: false });
            }
        }
    }

    /// The address of a server was found.
    pub fn learned(&mut self, ended: &Frame, addresses: &[IpAddr]) {
        self.add(addresses);
        let Some((name, _)) = ended.seeks.as_ref().filter(|_| !addresses.is_empty()) else { return };
        if let Some(server) = self.servers.iter_mut().find(|server| server.name == *name) {
            server.sought = ADDRESSES.to_vec();
        }
    }

    /// The address that was tried least and answered fastest; between equals chance decides.
    pub fn next(&mut self, pace: &Pace, cache: &Cache, now: Time, random: &mut Random) -> Next {
        let left = self.addresses.iter_mut().filter(|address| !address.useless && address.tries < MOST_TRIES);
        let best = left.min_by_key(|address| (address.tries, pace.expected(address.address), random.u16()));
        let fresh = best.as_ref().is_some_and(|address| address.tries == 0);
        // An untried server is worth a look-up of its address before a silent one is asked again.
        if !fresh && let Some((server, kind)) = unsought(&mut self.servers) {
            if let Some(records) = cache.records(now, &server, kind, Trust::Additional) {
                let addresses: Vec<IpAddr> = records.iter().filter_map(|record| record.as_address()).collect();
                self.add(&addresses);
                return self.next(pace, cache, now, random);
            }
            return Next::Seek(server, kind);
        }
        match best {
            Some(address) => {
                address.tries += 1;
                Next::Ask(address.address, address.way, address.tries - 1)
            }
            None => Next::Nobody(self.failure()),
        }
    }

    fn failure(&self) -> Failure {
        match self.complaint {
            Some(complaint) => Failure::Lame(self.zone.clone(), complaint),
            None if self.addresses.is_empty() => Failure::NoAddress(self.zone.clone()),
            None => Failure::Silent(self.zone.clone()),
        }
    }

    /// Asks the same server once more in another way.
    pub fn retry(&mut self, server: IpAddr, way: Way) {
        if let Some(address) = self.of(server) {
            address.way = way;
            address.tries = address.tries.saturating_sub(1);
        }
    }

    /// The server did not answer; a stream that fails leaves the datagram's truncated answer useless too.
    pub fn went_silent(&mut self, server: IpAddr, way: Way) {
        if let Some(address) = self.of(server).filter(|_| way == Way::Tcp) {
            address.useless = true;
        }
    }

    /// The server's answer is of no use.
    pub fn complained(&mut self, server: IpAddr, complaint: Complaint) {
        self.complaint = Some(complaint);
        if let Some(address) = self.of(server) {
            address.useless = true;
        }
    }

    fn of(&mut self, server: IpAddr) -> Option<&mut Address> {
        self.addresses.iter_mut().find(|address| address.address == server)
    }
}

/// A server and an address type that was not looked up; it counts as looked up from then on.
fn unsought(servers: &mut [Server]) -> Option<(Name, RecordType)> {
    servers.iter_mut().find_map(|server| {
        let kind = ADDRESSES.into_iter().find(|kind| !server.sought.contains(kind))?;
        server.sought.push(kind);
        Some((server.name.clone(), kind))
    })
}

/// The servers of a zone as the cache knows them, unless none of them could be reached without the zone itself.
fn known_servers(cache: &Cache, now: Time, zone: &Name) -> Option<Vec<(Name, Vec<IpAddr>)>> {
    let set = cache.records(now, zone, RecordType::NS, Trust::Referral)?;
    let servers: Vec<_> = set
        .iter()
        .filter_map(|record| record.as_target())
        .map(|server| {
            let addresses = ADDRESSES.iter().filter_map(|kind| cache.records(now, &server, *kind, Trust::Additional));
            let addresses = addresses.flatten().filter_map(|record| record.as_address()).collect();
            (server, addresses)
        })
        .collect();
    let reachable = |(server, addresses): &(Name, Vec<IpAddr>)| !addresses.is_empty() || !server.is_within(zone);
    servers.iter().any(reachable).then_some(servers)
}

const ADDRESSES: [RecordType; 2] = [RecordType::A, RecordType::AAAA];
/// Each address is asked twice: one loss is chance, two are a habit.
const MOST_TRIES: u32 = 2;
/// The root has 13 servers; more than this is an attempt to make work.
const MOST_SERVERS: usize = 20;
