//! From what a walk found to the sections of the response.

use super::walk::{Found, walk};
use crate::codes::{Rcode, RecordType};
use crate::name::{self, Key, MAX_NAME, key};
use crate::reply::{Owner, Reply, Section};
use crate::wire::{Full, Query, flag};
use crate::zone::{APEX, Home, NodeId, Set, Zone, Zones};

/// Answers a question of class IN.
#[inline]
pub fn respond(zones: &Zones, query: &Query<'_>, kind: RecordType, reply: &mut Reply<'_, '_>) -> Rcode {
    let Some(home) = zones.home(&query.asked.name) else { return Rcode::REFUSED };
    let zone = zone_for(home, &query.asked.name, kind);
    match step(zone, &query.asked.name, Owner::Asked, kind, reply) {
        Step::Done(rcode) => rcode,
        Step::Follow(next) => follow(zones, *next, &query.asked.name, kind, reply),
    }
}

/// The parent's zone for DS, where the server has it.
#[inline]
fn zone_for<'z>(home: Home<'z>, name: &Key, kind: RecordType) -> &'z Zone {
    let at_apex = kind == RecordType::DS && name.depth() == home.zone.start().0;
    if at_apex { home.above.unwrap_or(home.zone) } else { home.zone }
}

/// What follows once a name was looked up.
enum Step {
    Done(Rcode),
    /// An alias leads on to another name.
    Follow(Box<Key>),
}

/// Follows aliases through all zones of the server; out of them the client must find its way itself.
#[cold]
fn follow(zones: &Zones, first: Key, asked: &Key, kind: RecordType, reply: &mut Reply<'_, '_>) -> Rcode {
    let mut seen = [0; MOST_LINKS];
    seen[0] = whole_hash(asked);
    let mut name = first;
    for link in 1..MOST_LINKS {
        let hash = whole_hash(&name);
        let Some(home) = zones.home(&name).filter(|_| !seen[..link].contains(&hash)) else { break };
        seen[link] = hash;
        match step(zone_for(home, &name, kind), &name, Owner::Named(name.wire()), kind, reply) {
            Step::Done(rcode) => return rcode,
            Step::Follow(next) => name = *next,
        }
    }
    Rcode::NOERROR
}

#[inline]
fn step(zone: &Zone, name: &Key, owner: Owner<'_>, kind: RecordType, reply: &mut Reply<'_, '_>) -> Step {
    match walk(zone, name, kind) {
        Found::Node(node) => at_node(zone, node, owner, kind, reply),
        Found::Cut(cut) => Step::Done(refer(zone, cut, reply)),
        Found::Renamed(node, depth) => rename(zone, (node, depth), name, owner, kind, reply),
        Found::Nothing => {
            reply.set_bits(flag::AA);
            deny(zone, reply);
            Step::Done(Rcode::NXDOMAIN)
        }
    }
}

#[inline]
fn at_node(zone: &Zone, node: NodeId, owner: Owner<'_>, kind: RecordType, reply: &mut Reply<'_, '_>) -> Step {
    reply.set_bits(flag::AA);
    // One set is enough for ANY (RFC 8482 4.1).
    let set = if kind == RecordType::ANY { zone.sets(node).first() } else { zone.set(node, kind) };
    if let Some(set) = set {
        match reply.set(Section::Answer, owner, zone, set) {
            Ok(()) => add_targets(zone, set, reply),
            Err(Full) => reply.set_bits(flag::TC),
        }
        return Step::Done(Rcode::NOERROR);
    }
    match zone.set(node, RecordType::CNAME).filter(|_| leads_on(kind)) {
        Some(alias) => lead_on(zone, alias, owner, reply),
        None => {
            deny(zone, reply);
            Step::Done(Rcode::NOERROR)
        }
    }
}

/// Whether a CNAME is followed for this type: not for those that stand beside it (RFC 4034 2.5).
fn leads_on(kind: RecordType) -> bool {
    !matches!(kind, RecordType::NSEC | RecordType::RRSIG | RecordType::KEY)
}

#[cold]
fn lead_on(zone: &Zone, alias: &Set, owner: Owner<'_>, reply: &mut Reply<'_, '_>) -> Step {
    if reply.set(Section::Answer, owner, zone, alias).is_err() {
        reply.set_bits(flag::TC);
        return Step::Done(Rcode::NOERROR);
    }
    let target = zone.each(alias).next().and_then(|(_, data)| Key::read(data));
    target.map_or(Step::Done(Rcode::NOERROR), |key| Step::Follow(Box::new(key)))
}

/// Writes the DNAME and the CNAME that follows from it (RFC 6672 3.1).
#[cold]
fn rename(
    zone: &Zone,
    at: (NodeId, usize),
    name: &Key,
    owner: Owner<'_>,
    kind: RecordType,
    reply: &mut Reply<'_, '_>,
) -> Step {
    let (node, depth) = at;
    reply.set_bits(flag::AA);
    let Some(dname) = zone.set(node, RecordType::DNAME) else { return Step::Done(Rcode::SERVFAIL) };
    let Some((record, target)) = zone.each(dname).next() else { return Step::Done(Rcode::SERVFAIL) };
    if reply.set(Section::Answer, Owner::Named(zone.name(node)), zone, dname).is_err() {
        reply.set_bits(flag::TC);
        return Step::Done(Rcode::NOERROR);
    }
    let kept = name.wire().len() - name.suffix(depth).len();
    let mut renamed = [0; 2 * MAX_NAME];
    renamed[..kept].copy_from_slice(&name.wire()[..kept]);
    renamed[kept..kept + target.len()].copy_from_slice(target);
    let renamed = &renamed[..kept + target.len()];
    let Some(key) = Key::read(renamed).filter(|_| renamed.len() <= MAX_NAME) else {
        return Step::Done(Rcode::YXDOMAIN);
    };
    let ttl = crate::wire::u32_at(record, 4).unwrap_or(0);
    match reply.record(Section::Answer, owner, RecordType::CNAME, ttl, renamed) {
        // Who asks for the CNAME has it.
        Ok(()) if kind == RecordType::CNAME => Step::Done(Rcode::NOERROR),
        Ok(()) => Step::Follow(Box::new(key)),
        Err(Full) => {
            reply.set_bits(flag::TC);
            Step::Done(Rcode::NOERROR)
        }
    }
}

/// Names the servers of a delegated zone, with the addresses that this zone has of them.
fn refer(zone: &Zone, cut: NodeId, reply: &mut Reply<'_, '_>) -> Rcode {
    let Some(servers) = zone.set(cut, RecordType::NS) else { return Rcode::SERVFAIL };
    if reply.set(Section::Authority, Owner::Named(zone.name(cut)), zone, servers).is_err() {
        reply.set_bits(flag::TC);
        return Rcode::NOERROR;
    }
    let below = |target: &NodeId| name::is_within(zone.name(*target), zone.name(cut));
    let targets = zone.targets(servers);
    for target in targets.iter().filter(|target| below(target)) {
        // Without these addresses nobody can follow the referral (RFC 9471 3.1).
        if add_addresses(zone, *target, reply).is_err() {
            reply.set_bits(flag::TC);
        }
    }
    for target in targets.iter().filter(|target| !below(target)) {
        let _optional = add_addresses(zone, *target, reply);
    }
    Rcode::NOERROR
}

/// The SOA record that says how long a denial holds (RFC 2308 3).
fn deny(zone: &Zone, reply: &mut Reply<'_, '_>) {
    let soa = zone.set(APEX, RecordType::SOA).and_then(|set| zone.each(set).next());
    let Some((_, data)) = soa else { return };
    let owner = Owner::Named(zone.name(APEX));
    if reply.record(Section::Authority, owner, RecordType::SOA, zone.negative_ttl(), data).is_err() {
        reply.set_bits(flag::TC);
    }
}

/// Adds the addresses that will be asked for next; what does not fit is left out without a word (RFC 2181 9).
#[inline]
fn add_targets(zone: &Zone, set: &Set, reply: &mut Reply<'_, '_>) {
    let targets = zone.targets(set);
    for (index, target) in targets.iter().enumerate() {
        if !targets[..index].contains(target) {
            let _optional = add_addresses(zone, *target, reply);
        }
    }
}

fn add_addresses(zone: &Zone, target: NodeId, reply: &mut Reply<'_, '_>) -> Result<(), Full> {
    let owner = Owner::Named(zone.name(target));
    for kind in [RecordType::A, RecordType::AAAA] {
        if let Some(set) = zone.set(target, kind) {
            reply.set(Section::Additional, owner, zone, set)?;
        }
    }
    Ok(())
}

fn whole_hash(name: &Key) -> u64 {
    (1..=name.depth()).fold(key::ROOT, |hash, depth| name.hash(depth, hash))
}

/// Resolvers give up after 11 (Unbound) to 17 (BIND) aliases, so no more are of use.
const MOST_LINKS: usize = 17;
