//! What a response means for a question put to the servers of a zone.

use std::net::IpAddr;

use toynet_machine::Time;

use super::Complaint;
use crate::cache::{Cache, Trust, credible_ttl};
use crate::codes::{Rcode, RecordType};
use crate::name::{Name, suffixes};
use crate::record::Record;
use crate::wire::{Message, flag};

/// What is to be made of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The records asked for.
    Records(Vec<Record>),
    /// The name is an alias: the records that say so, and where it leads.
    Alias(Vec<Record>, Name),
    /// The name or the type does not exist; the SOA record that says for how long.
    Denied(Rcode, Option<Record>),
    /// The servers of a zone further down, with their addresses as far as told.
    Referral(Name, Vec<(Name, Vec<IpAddr>)>),
    /// It did not fit.
    Truncated,
    /// Another server must be asked.
    Complaint(Complaint),
}

/// Judges a response of a server of `zone` to the question for `kind` at `name`.
///
/// Only records within `zone` count: the server has no say in others (RFC 5452 6).
pub fn judge(message: &Message, zone: &Name, name: &Name, kind: RecordType) -> Verdict {
    if message.has(flag::TC) {
        return Verdict::Truncated;
    }
    match message.rcode() {
        Rcode::NOERROR | Rcode::NXDOMAIN | Rcode::YXDOMAIN => {}
        rcode => return Verdict::Complaint(Complaint::Code(rcode)),
    }
    let authoritative = message.has(flag::AA);
    let answers: Vec<&Record> = message.answers.iter().filter(|record| record.owner.is_within(zone)).collect();
    if authoritative && let Some(verdict) = from_answers(&answers, name, kind) {
        return verdict;
    }
    if let Some(verdict) = referral(message, zone, name) {
        return verdict;
    }
    let soa = message
        .authority
        .iter()
        .find(|record| record.kind == RecordType::SOA && record.owner.is_within(zone) && name.is_within(&record.owner));
    if authoritative && (message.answers.is_empty() || message.rcode() != Rcode::NOERROR) {
        return Verdict::Denied(message.rcode(), soa.cloned());
    }
    Verdict::Complaint(Complaint::NotServed)
}

fn from_answers(answers: &[&Record], name: &Name, kind: RecordType) -> Option<Verdict> {
    let of = |kind: RecordType| answers.iter().filter(move |record| record.owner == *name && record.kind == kind);
    let records: Vec<Record> = match kind {
        RecordType::ANY => answers.iter().filter(|record| record.owner == *name).copied().cloned().collect(),
        kind => of(kind).copied().cloned().collect(),
    };
    if !records.is_empty() {
        return Some(Verdict::Records(records));
    }
    if let Some(dname) = answers.iter().find(|record| record.kind == RecordType::DNAME && is_above(&record.owner, name))
    {
        return Some(match renamed(dname, name) {
            Some((records, target)) => Verdict::Alias(records, target),
            None => Verdict::Denied(Rcode::YXDOMAIN, None),
        });
    }
    let alias = of(RecordType::CNAME).next()?;
    Some(Verdict::Alias(vec![(*alias).clone()], alias.as_target()?))
}

fn is_above(owner: &Name, name: &Name) -> bool {
    name != owner && name.is_within(owner)
}

/// The CNAME that follows from a DNAME is made here: a server may leave it out, and need not be believed (RFC 6672 3.4).
pub fn renamed(dname: &Record, name: &Name) -> Option<(Vec<Record>, Name)> {
    let kept = name.wire().len().checked_sub(dname.owner.wire().len())?;
    let target = Name::from_wire(&[&name.wire()[..kept], &dname.rdata].concat()).ok()?;
    let alias = Record::new(name.clone(), dname.ttl, RecordType::CNAME, target.wire());
    Some((vec![dname.clone(), alias], target))
}

/// The DNAME above a name, as the cache knows it.
pub fn known_dname(cache: &Cache, now: Time, name: &Name) -> Option<Record> {
    let above = suffixes(name.wire()).skip(1).filter_map(|wire| Name::from_wire(wire).ok());
    above.filter_map(|owner| cache.records(now, &owner, RecordType::DNAME, Trust::Answer)).flatten().next()
}

/// The servers of a zone between `zone` and `name`; no zone leads to itself or upwards.
fn referral(message: &Message, zone: &Name, name: &Name) -> Option<Verdict> {
    let below = |owner: &Name| is_above(zone, owner) && name.is_within(owner);
    let first = message.authority.iter().find(|record| record.kind == RecordType::NS && below(&record.owner))?;
    let set = message.authority.iter().filter(|record| record.kind == RecordType::NS && record.owner == first.owner);
    let servers = set.filter_map(Record::as_target).map(|server| {
        let glue = message.additional.iter().filter(|record| record.owner == server && record.owner.is_within(zone));
        let addresses = glue.filter_map(Record::as_address).collect();
        (server, addresses)
    });
    Some(Verdict::Referral(first.owner.clone(), servers.collect()))
}

/// Lowers the TTLs of a response to what is believed, so that a first answer is told as later ones are.
pub fn temper(message: &mut Message) {
    let sections = [&mut message.answers, &mut message.authority, &mut message.additional];
    let records = sections.into_iter().flatten().filter(|record| !record.kind.is_meta());
    records.for_each(|record| record.ttl = credible_ttl(record.ttl));
}

/// Keeps what a response of a server of `zone` says, each section as far as it is trusted.
pub fn keep(cache: &mut Cache, now: Time, message: &Message, zone: &Name, authoritative: bool) {
    // A referral's answer section, if there is one, was not given with authority (RFC 2181 5.4.1).
    let (answers, authority) =
        if authoritative { (message.answers.as_slice(), Trust::Authority) } else { (&[][..], Trust::Referral) };
    let sections =
        [(answers, Trust::Answer), (&message.authority, authority), (&message.additional, Trust::Additional)];
    for (records, trust) in sections {
        // Negative answers are kept with what they deny, not by their SOA record.
        let may_keep = |record: &&Record| {
            is_plain(record, zone)
                && (trust == Trust::Answer || record.kind != RecordType::SOA)
                && !(record.kind == RecordType::CNAME && is_made(record, &message.answers))
        };
        let mut left: Vec<&Record> = records.iter().filter(may_keep).collect();
        while let Some(first) = left.first().copied() {
            let (set, others) =
                left.into_iter().partition(|other| other.owner == first.owner && other.kind == first.kind);
            let set: Vec<&Record> = set;
            cache.put(now, &set, trust);
            left = others;
        }
    }
}

/// Whether an alias follows from a DNAME beside it: it is made again whenever it is told, together with that.
fn is_made(alias: &Record, answers: &[Record]) -> bool {
    answers.iter().any(|record| record.kind == RecordType::DNAME && is_above(&record.owner, &alias.owner))
}

fn is_plain(record: &Record, zone: &Name) -> bool {
    record.owner.is_within(zone) && !record.kind.is_meta()
}
