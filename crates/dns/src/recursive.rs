//! What a recursive server says: from its cache in place, or from a look-up that has ended.

use toynet_machine::Time;

use crate::answer::chaos;
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
        None if query.asked.class == Class::CH => chaos(identity, query, &mut reply),
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
        (Class::IN, _) | (Class::CH, RecordType::TXT) => None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;
    use crate::record::Record;
    use crate::wire::message::write_query;
    use crate::wire::option::NSID;
    use crate::wire::{Flags, Message, Question};

    #[test]
    fn the_cache_answers_with_what_is_left_of_the_ttl_and_without_authority() {
        let message = said(&ask("www.shop.test", RecordType::A, flag::RD, None), 20);
        assert_eq!(message.answers[0].to_string(), "www.shop.test. 40 IN A 198.18.0.5");
        assert!(message.has(flag::RA) && message.has(flag::RD) && !message.has(flag::AA));
    }

    #[test]
    fn aliases_in_the_cache_are_followed() {
        let message = said(&ask("alias.shop.test", RecordType::A, flag::RD, None), 0);
        let lines: Vec<String> = message.answers.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["alias.shop.test. 60 IN CNAME www.shop.test.", "www.shop.test. 60 IN A 198.18.0.5"]);
    }

    #[test]
    fn what_the_cache_lacks_is_looked_up_only_for_who_desires_it() {
        let mut out = [0; 512];
        let unknown = ask("mail.shop.test", RecordType::A, flag::RD, None);
        assert_eq!(answer(&unknown, 0, &mut out), AtOnce::Unknown);
        let message = said(&ask("mail.shop.test", RecordType::A, 0, None), 0);
        assert_eq!((message.rcode(), message.answers.len()), (Rcode::REFUSED, 0));
    }

    #[test]
    fn what_is_never_looked_up_is_refused_at_once() {
        for (kind, rcode) in [
            (RecordType::AXFR, Rcode::REFUSED),
            (RecordType::IXFR, Rcode::REFUSED),
            (RecordType::MAILB, Rcode::NOTIMP),
            (RecordType::OPT, Rcode::NOTIMP),
        ] {
            assert_eq!(said(&ask("www.shop.test", kind, flag::RD, None), 0).rcode(), rcode, "{kind}");
        }
    }

    #[test]
    fn a_resolver_says_who_it_is() {
        let mut request = ask("www.shop.test", RecordType::A, flag::RD, Some((1232, false)));
        let end = request.len();
        request[end - 1] = 4;
        request.extend_from_slice(&[0, NSID as u8, 0, 0]);
        let message = said(&request, 0);
        assert_eq!(message.edns().unwrap().option(NSID), Some(&b"resolver"[..]));

        let mut request = ask("id.server", RecordType::TXT, 0, None);
        *request.last_mut().unwrap() = 3;
        let message = said(&request, 0);
        assert_eq!((message.rcode(), &*message.answers[0].rdata), (Rcode::NOERROR, &b"\x08resolver"[..]));
    }

    fn ask(name: &str, kind: RecordType, bits: u16, edns: Option<(u16, bool)>) -> Vec<u8> {
        write_query(7, bits, &Question { name: name.parse().unwrap(), kind, class: Class::IN }, edns)
    }

    /// Answers from a cache that knows two names of `shop.test` since second 0.
    fn answer(request: &[u8], seconds: u64, out: &mut [u8]) -> AtOnce {
        let mut cache = Cache::default();
        let (www, alias): (Name, Name) = ("www.shop.test".parse().unwrap(), "alias.shop.test".parse().unwrap());
        for record in [
            Record::new(www.clone(), 60, RecordType::A, [198, 18, 0, 5]),
            Record::new(alias, 60, RecordType::CNAME, www.wire()),
        ] {
            cache.put(Time::from_secs(0), &[&record], Trust::Answer);
        }
        let identity = Identity { nsid: b"resolver".to_vec(), version: String::new() };
        let query = Query::read(Flags::read(request).unwrap(), request).unwrap();
        answer_at_once(&cache, Time::from_secs(seconds), &identity, Limits::UDP, &query, out)
    }

    fn said(request: &[u8], seconds: u64) -> Message {
        let mut out = [0; 512];
        match answer(request, seconds, &mut out) {
            AtOnce::Said(length) => Message::read(&out[..length]).unwrap(),
            other => panic!("{other:?}"),
        }
    }
}
