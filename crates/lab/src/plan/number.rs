//! Each host's number, and the addresses that follow from it.
//!
//! Derived hosts are 1 to 255 and so have addresses in 198.18.0, written hosts count from 257, which
//! is 198.18.1.1 and 2001:db8::101. A host that is added at the end of a file changes no other's
//! number. A host with a written address has only what is written. A number whose addresses are
//! written for another host is left out. In a lab that runs, a host that had a number keeps it wherever it
//! stands in the file, and nobody is given that of one that is gone: the record knows it by its addresses.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use toynet_service::{HostName, Mistake};

use super::roster::Draft;

/// The numbers of hosts by name: those of a lab that runs, and those that it had before.
pub type Numbers = BTreeMap<HostName, u16>;

/// Gives every host its number and addresses; those in `known` keep their number where they can.
pub(super) fn assign(hosts: &mut [Draft], known: &Numbers, mistakes: &mut Vec<Mistake>) {
    let taken = written(hosts, mistakes);
    let held: HashSet<u32> = known.values().map(|number| u32::from(*number)).collect();
    let is_unwritten = |number: &u32| !derived(*number).iter().any(|address| taken.contains_key(address));
    let is_free = |number: &u32| is_unwritten(number) && !held.contains(number);
    let mut small = (1..FIRST_WRITTEN - 1).filter(is_free);
    let mut large = (FIRST_WRITTEN..).filter(is_free);
    let mut beyond = None;
    let (first, rest): (Vec<&mut Draft>, Vec<&mut Draft>) = hosts.iter_mut().partition(|host| host.is_written());
    let numbered = first.into_iter().map(|host| (host, true)).chain(rest.into_iter().map(|host| (host, false)));
    for (host, is_written) in numbered {
        let keeps = |number: &u32| !host.written_addresses.is_empty() || is_unwritten(number);
        let kept = known.get(&host.name).map(|number| u32::from(*number)).filter(keeps);
        let number = kept.or_else(|| if is_written { None } else { small.next() }).or_else(|| large.next());
        match number.and_then(|number| u16::try_from(number).ok()).filter(|number| *number <= LAST) {
            Some(number) => give(host, number),
            None => {
                beyond.get_or_insert(host.span());
            }
        }
    }
    if let Some(span) = beyond {
        let what = format!("this lab has more than the {LAST} hosts that fit into a lab");
        mistakes.push(Mistake::new(span, what).advise("name servers count too: one for each domain"));
    }
}

fn give(host: &mut Draft, number: u16) {
    host.number = number;
    host.addresses = match host.written_addresses.as_slice() {
        [] => derived(number.into()).to_vec(),
        written => written.iter().map(|address| *address.get_ref()).collect(),
    };
}

fn written(hosts: &[Draft], mistakes: &mut Vec<Mistake>) -> HashMap<IpAddr, Range<usize>> {
    let mut taken = HashMap::new();
    for address in hosts.iter().flat_map(|host| &host.written_addresses) {
        match taken.get(address.get_ref()) {
            None => {
                taken.insert(*address.get_ref(), address.span());
            }
            Some(first) => {
                let what = format!("the address {} is given twice", address.get_ref());
                let advice = "each address belongs to one host; leave it out to be given one";
                let mistake = Mistake::new(address.span(), what).against(Range::clone(first), "first here");
                mistakes.push(mistake.advise(advice));
            }
        }
    }
    taken
}

/// The addresses of a number, from the blocks set aside for tests (RFC 2544) and for documentation (RFC 3849).
pub(super) fn derived(number: u32) -> [IpAddr; 2] {
    let v4 = Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + number);
    let v6 = Ipv6Addr::from(u128::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0)) + u128::from(number));
    [v4.into(), v6.into()]
}

const FIRST_WRITTEN: u32 = 257;
/// Half of the 2^16 addresses that a lab leases where it has no network of its own, but one.
const LAST: u16 = GUEST - 1;
/// The last number is the guest's.
pub(super) const GUEST: u16 = 32_767;
