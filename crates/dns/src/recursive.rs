//! What a recursive server says: from its cache in place, or from a look-up that has ended.

use toynet_machine::Time;

use crate::cache::{Cache, Hit, Trust};
use crate::codes::{Class, Rcode, RecordType};
use crate::lookup::{MOST_LINKS, Outcome};
use crate::name::Key;
use crate::reply::{Identity, Limits, Owner, Reply, Section};
use crate::wire::{Full, Query, flag};

/// What can be said at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtOnce {
    /// A response of this length was written.
    Said(usize),
    /// A look-up is needed.
    Unknown,
    /// There is no room for a response.
    Silent,
}

/// Answers what needs no look-up: what the cache knows, and what is not looked up for anyone.
///
/// A client that desires no recursion gets no look-up: what the cache lacks is refused.
pub fn answer_at_once(
    cache: &Cache,
    now: Time,
    identity: &Identity,
    limits: Limits,
    query: &Query<'_>,
    out: &mut [u8],
) -> AtOnce {
    let Some(mut reply) = Reply::begin(query, identity, limits, out) else { return AtOnce::Silent };
    reply.set_bits(flag::RA);
    let rcode = match refusal(query) {
        Some(rcode) => rcode,
        None => match from_cache(cache, now, query, &mut reply) {
            Some(rcode) => rcode,
            None if query.flags.recursion_desired() => return AtOnce::Unknown,
            None => return said(refused(query, identity, limits, out)),
        },
    };
    said(reply.finish(rcode))
}

fn said(length: Option<usize>) -> AtOnce {
    length.map_or(AtOnce::Silent, AtOnce::Said)
}

fn refused(query: &Query<'_>, identity: &Identity, limits: Limits, out: &mut [u8]) -> Option<usize> {
    let mut reply = Reply::begin(query, identity, limits, out)?;
    reply.set_bits(flag::RA);
    reply.finish(Rcode::REFUSED)
}

/// What is said without looking.
fn refusal(query: &Query<'_>) -> Option<Rcode> {
    if query.edns.is_some_and(|edns| edns.version > 0) {
        return Some(Rcode::BADVERS);
    }
    match (query.asked.class, query.asked.kind) {
        (Class::IN, RecordType::AXFR | RecordType::IXFR) => Some(Rcode::REFUSED),
        (Class::IN, RecordType::ANY) => None,
        (Class::IN, kind) if kind.is_meta() => Some(Rcode::NOTIMP),
        (Class::IN, _) => None,
        _ => Some(Rcode::REFUSED),
    }
}

/// Writes what the cache knows, aliases included; nothing when something is missing.
fn from_cache(cache: &Cache, now: Time, query: &Query<'_>, reply: &mut Reply<'_, '_>) -> Option<Rcode> {
    let mut target: Option<Key> = None;
    for _ in 0..MOST_LINKS {
        let name = target.as_ref().unwrap_or(&query.asked.name);
        let owner = target.as_ref().map_or(Owner::Asked, |name| Owner::Named(name.wire()));
        let (rcode, written) = match cache.find(now, name.wire(), query.asked.kind, Trust::Answer) {
            Some(Hit::Records(set, ttl)) => (Rcode::NOERROR, put(reply, owner, query.asked.kind, ttl, set)),
            Some(Hit::Denied(denied, ttl)) => {
                let rcode = if denied.whole_name { Rcode::NXDOMAIN } else { Rcode::NOERROR };
                let owner = Owner::Named(denied.soa.owner.wire());
                (rcode, reply.record(Section::Authority, owner, RecordType::SOA, ttl, &denied.soa.rdata))
            }
            None => {
                let Hit::Records(alias, ttl) = cache.find(now, name.wire(), RecordType::CNAME, Trust::Answer)? else {
                    return None;
                };
                if put(reply, owner, RecordType::CNAME, ttl, alias).is_ok() {
                    target = Some(Key::read(alias.first()?)?);
                    continue;
                }
                (Rcode::NOERROR, Err(Full))
            }
        };
        if written.is_err() {
            reply.set_bits(flag::TC);
        }
        return Some(rcode);
    }
    None
}

/// Writes a set as far as it fits; TC says when that is not all of it.
fn put(reply: &mut Reply<'_, '_>, owner: Owner<'_>, kind: RecordType, ttl: u32, set: &[Box<[u8]>]) -> Result<(), Full> {
    set.iter().try_for_each(|data| reply.record(Section::Answer, owner, kind, ttl, data))
}

/// Writes the response to `query` from a look-up that has ended; a failed one is SERVFAIL.
pub fn answer_found(
    outcome: &Outcome,
    identity: &Identity,
    limits: Limits,
    query: &Query<'_>,
    out: &mut [u8],
) -> Option<usize> {
    let mut reply = Reply::begin(query, identity, limits, out)?;
    reply.set_bits(flag::RA);
    let Outcome::Answered(answer) = outcome else { return reply.finish(Rcode::SERVFAIL) };
    let written = answer.records.iter().try_for_each(|record| {
        let owner = if crate::name::same(record.owner.wire(), query.asked.name.wire()) {
            Owner::Asked
        } else {
            Owner::Named(record.owner.wire())
        };
        reply.record(Section::Answer, owner, record.kind, record.ttl, &record.rdata)
    });
    let written = written.and_then(|()| match &answer.soa {
        Some(soa) => reply.record(Section::Authority, Owner::Named(soa.owner.wire()), soa.kind, soa.ttl, &soa.rdata),
        None => Ok(()),
    });
    if written.is_err() {
        reply.set_bits(flag::TC);
    }
    reply.finish(answer.rcode)
}
