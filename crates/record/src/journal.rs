//! A whole record as one value, and the hosts that its addresses belong to.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use toynet_machine::Time;

use crate::{Batch, Entry, Piece, Seen, Side};

/// The hosts of a lab, in the lab's order, by address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    hosts: Vec<RosterHost>,
    #[serde(skip)]
    by_address: BTreeMap<IpAddr, usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RosterHost {
    name: String,
    addresses: Vec<IpAddr>,
}

impl Roster {
    /// Adds a host that is not there yet.
    pub fn add(&mut self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) {
        let addresses: Vec<_> = addresses.into_iter().collect();
        self.by_address.extend(addresses.iter().map(|address| (*address, self.hosts.len())));
        self.hosts.push(RosterHost { name: name.to_owned(), addresses });
    }

    /// Learns that a host, known or not, has an address. Whoever had it before has it no more.
    pub fn learn(&mut self, name: &str, address: IpAddr) {
        let at = self.hosts.iter().position(|host| host.name == name).unwrap_or_else(|| {
            self.add(name, []);
            self.hosts.len() - 1
        });
        if let Some(before) = self.by_address.insert(address, at) {
            self.hosts[before].addresses.retain(|known| *known != address);
        }
        self.hosts[at].addresses.push(address);
    }

    /// The host that an address belongs to.
    pub fn name(&self, address: IpAddr) -> Option<&str> {
        self.by_address.get(&address).map(|at| self.hosts[*at].name.as_str())
    }

    /// The address, of the family of `like`, of the host that has `address`; itself for a stranger.
    pub fn address_like(&self, address: IpAddr, like: IpAddr) -> IpAddr {
        let host = self.by_address.get(&address).map(|at| &self.hosts[*at]);
        let mut addresses = host.into_iter().flat_map(|host| host.addresses.iter().copied());
        let fits = |one: &IpAddr| one.is_ipv4() == like.is_ipv4();
        if fits(&address) { address } else { addresses.find(fits).unwrap_or(address) }
    }

    /// The host's name, or how the address of a stranger is written.
    pub fn name_or_stranger(&self, address: SocketAddr) -> &str {
        self.name(address.ip()).unwrap_or("you")
    }

    /// The names of all hosts, in the lab's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(|host| host.name.as_str())
    }

    /// All hosts with their addresses, in the lab's order.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, &[IpAddr])> {
        self.hosts.iter().map(|host| (host.name.as_str(), host.addresses.as_slice()))
    }

    /// Makes the look-up by address anew; needed after a roster was read from outside.
    pub fn index(&mut self) {
        let pairs = self.hosts.iter().enumerate();
        self.by_address =
            pairs.flat_map(|(at, host)| host.addresses.iter().map(move |address| (*address, at))).collect();
    }
}

/// All entries that some workers made, as bytes in the order in which things happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal(Vec<u8>);

impl Journal {
    /// Merges what was taken from the workers' ledgers.
    ///
    /// A send precedes its receipt, since a sender takes the time before it sends and a receiver
    /// after it received; the order within a worker settles equal times.
    pub fn merge<'a>(batches: impl IntoIterator<Item = &'a Batch>) -> Self {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        for batch in batches {
            for piece in &batch.pieces {
                let mut rest = &piece.octets[..];
                entries.extend(std::iter::from_fn(|| Entry::read(&mut rest)));
            }
        }
        entries.sort_by_key(|entry| (entry.time, entry.end.worker(), entry.order));
        let mut bytes = Vec::new();
        entries.iter().for_each(|entry| entry.write(&mut bytes));
        Self(bytes)
    }

    /// Parts what was seen up to `time` from what was seen later.
    pub fn split(self, time: Time) -> (Self, Self) {
        let (mut early, mut late) = (Vec::new(), Vec::new());
        for entry in self.entries() {
            entry.write(if entry.time <= time { &mut early } else { &mut late });
        }
        (Self(early), Self(late))
    }

    /// The journal in parts of whole entries, each of at most `octets` unless one entry is longer.
    pub fn parts(&self, octets: usize) -> impl Iterator<Item = Journal> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let part = rest;
            while Entry::read(&mut rest).is_some() {
                let mut after = rest;
                let fits = Entry::read(&mut after).is_some() && part.len() - after.len() <= octets;
                if !fits {
                    break;
                }
            }
            let taken = part.len() - rest.len();
            (taken > 0).then(|| Journal(part[..taken].to_vec()))
        })
    }

    /// The journal in which whoever accepted at the port `seen` did so at the address `told`.
    pub fn accepted_at(&self, seen: u16, told: SocketAddr) -> Self {
        let mut octets = Vec::with_capacity(self.0.len());
        for mut entry in self.entries() {
            if let Seen::Opened { side: Side::Acceptor, local, .. } | Seen::Again { side: Side::Acceptor, local, .. } =
                &mut entry.seen
                && local.port() == seen
            {
                *local = told;
            }
            entry.write(&mut octets);
        }
        Self(octets)
    }

    /// The journal as a batch, to be merged with others.
    pub fn into_batch(self) -> Batch {
        let entries = self.entries().count() as u64;
        Batch { pieces: vec![Piece { octets: self.0.into(), entries }], missed: 0 }
    }

    /// The journal as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The entries, in order.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || Entry::read(&mut rest))
    }
}

impl From<Vec<u8>> for Journal {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Direction, EndId};

    #[test]
    fn an_address_is_known_by_whoever_had_it_last() {
        let (old, new): (IpAddr, IpAddr) = ([198, 18, 1, 1].into(), [198, 18, 1, 2].into());
        let mut roster = Roster::default();
        roster.add("www.shop.test", [old]);
        roster.learn("www.shop.test", new);
        assert_eq!((roster.name(old), roster.name(new)), (Some("www.shop.test"), Some("www.shop.test")));
        roster.learn("www.club.test", old);
        assert_eq!((roster.name(old), roster.name(new)), (Some("www.club.test"), Some("www.shop.test")));
        let mut again = roster.clone();
        again.index();
        assert_eq!(again, roster);
    }

    #[test]
    fn who_stands_in_for_another_is_told_as_that_one() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let (transport, peer) = (crate::Transport::Tcp, address("127.0.0.1:50000"));
        let mut octets = Vec::new();
        for (order, (side, port)) in (0..).zip([(Side::Acceptor, 2525), (Side::Initiator, 2525), (Side::Acceptor, 80)])
        {
            let seen =
                Seen::Opened { side, transport, stream: None, local: ([127, 0, 0, 1], port).into(), peer, cause: None };
            Entry { end: EndId::new(0, order), time: Time::default(), order, seen }.write(&mut octets);
        }
        let moved = Journal::from(octets).accepted_at(2525, address("192.0.2.1:25"));
        let local = |entry: Entry<'_>| match entry.seen {
            Seen::Opened { local, .. } => local.to_string(),
            other => format!("{other:?}"),
        };
        let told: Vec<_> = moved.entries().map(local).collect();
        assert_eq!(told, ["192.0.2.1:25", "127.0.0.1:2525", "127.0.0.1:80"]);
    }

    #[test]
    fn parts_hold_whole_entries_and_all_of_them() {
        let mut octets = Vec::new();
        for order in 0..100 {
            let seen = Seen::Octets { direction: Direction::Sent, number: order, octets: &[7; 50] };
            Entry { end: EndId::new(0, 1), time: Time::from_nanos(order), order, seen }.write(&mut octets);
        }
        let journal = Journal::from(octets);
        for limit in [1, 200, 1_000, usize::MAX] {
            let parts: Vec<Journal> = journal.parts(limit).collect();
            let joined: Vec<u8> = parts.iter().flat_map(|part| part.as_bytes().to_vec()).collect();
            assert_eq!(joined, journal.as_bytes());
            assert!(parts.iter().all(|part| part.as_bytes().len() <= limit.max(90)), "{limit}");
        }
    }
}
