//! A message in words, part by part, for who learns: what it says, and which section rules it.
//!
//! - `records`: what a record of each type says
//! - `edns`: the OPT record and its options

mod edns;
mod records;

use toynet_record::dissect::Note;

use crate::codes::{Class, Opcode, Rcode, RecordType};
use crate::name::Name;
use crate::record::Record;
use crate::spans::in_words;
use crate::wire::message::Decoded;
use crate::wire::{Message, Question, flag};

/// Says what a message means, in the order of the wire.
pub fn notes(decoded: &Decoded) -> Vec<Note> {
    let message = &decoded.message;
    let mut notes = header(message);
    notes.extend(message.questions.iter().map(question));
    if message.is_response() && message.opcode() == Opcode::QUERY {
        notes.extend(outcome(message));
    }
    for (section, records) in
        [("answer", &message.answers), ("authority", &message.authority), ("additional", &message.additional)]
    {
        notes.extend(records.iter().take(MOST_RECORDS).flat_map(|record| of_record(section, record)));
        if let Some(more @ 1..) = records.len().checked_sub(MOST_RECORDS) {
            notes.push(Note::new(format!("{section}: {more} records more"), "RFC 1035 4.1"));
        }
    }
    notes
}

fn header(message: &Message) -> Vec<Note> {
    let id = message.id;
    let mut notes = vec![match message.is_response() {
        true => Note::new(format!("id {id}: answers the query with this id (QR is set)"), "RFC 1035 4.1.1"),
        false => {
            Note::new(format!("id {id}: a query (QR is clear); its answer will carry the same id"), "RFC 1035 4.1.1")
        }
    }];
    notes.extend(opcode(message.opcode()));
    let flags = if message.is_response() { RESPONSE_FLAGS } else { QUERY_FLAGS };
    notes.extend(flags.iter().filter(|(bit, ..)| message.has(*bit)).map(|(_, text, rule)| Note::new(*text, rule)));
    if message.is_response() {
        let (text, rule) = rcode(message.rcode());
        notes.push(Note::new(format!("{}: {text}", message.rcode()), rule));
    }
    notes
}

fn opcode(opcode: Opcode) -> Option<Note> {
    let (text, rule) = match opcode.0 {
        0 => return None,
        1 => ("asks backwards, from data to a name; nobody answers that any more", "RFC 3425 3"),
        2 => ("asks for the server's status", "RFC 1035 4.1.1"),
        4 => ("tells a secondary server that the zone has changed", "RFC 1996 3"),
        5 => ("asks for changes to the zone's records", "RFC 2136 2"),
        _ => ("is of a kind that has no meaning", "RFC 6895 2.2"),
    };
    Some(Note::new(format!("{opcode}: {text}"), rule))
}

fn rcode(rcode: Rcode) -> (&'static str, &'static str) {
    match rcode {
        Rcode::NOERROR => ("nothing went wrong, which does not say that there is data", "RFC 1035 4.1.1"),
        Rcode::FORMERR => ("the server could not read the query", "RFC 1035 4.1.1"),
        Rcode::SERVFAIL => ("the server could not find out; another may, or the same one later", "RFC 1035 4.1.1"),
        Rcode::NXDOMAIN => ("the name does not exist, with no type at all", "RFC 1035 4.1.1, RFC 2308 2.1"),
        Rcode::NOTIMP => ("the server does not know this kind of query", "RFC 1035 4.1.1"),
        Rcode::REFUSED => {
            ("the server will not answer: it does not serve this zone, or not this client", "RFC 1035 4.1.1")
        }
        Rcode::YXDOMAIN => {
            ("a name exists that should not, or a DNAME made one that is too long", "RFC 2136 2.2, RFC 6672 2.2")
        }
        Rcode::YXRRSET => ("records exist that should not", "RFC 2136 2.2"),
        Rcode::NXRRSET => ("records that should exist do not", "RFC 2136 2.2"),
        Rcode::NOTAUTH => {
            ("the server has no authority over the zone, or the signature does not hold", "RFC 2136 2.2, RFC 8945 5.2")
        }
        Rcode::NOTZONE => ("a name lies outside the zone that is to be changed", "RFC 2136 2.2"),
        Rcode::BADVERS => ("the server does not know this version of EDNS, or the signature is bad", "RFC 6891 6.1.3"),
        Rcode::BADCOOKIE => ("the server wants its cookie back before it answers", "RFC 7873 5.3"),
        _ => ("a code with a meaning of its own", "RFC 6895 2.3"),
    }
}

fn question(question: &Question) -> Note {
    let Question { name, kind, class } = question;
    let class = match *class {
        Class::IN => String::new(),
        Class::CH => ", in class CH: about the server itself".to_owned(),
        class => format!(", in class {class}"),
    };
    let (what, rule) = records::purpose(*kind);
    Note::new(format!("asks for {what} ({kind}) of {}{class}", short(name)), rule)
}

/// What kind of answer this is, which no single field says.
fn outcome(message: &Message) -> Option<Note> {
    let asked = message.questions.first()?;
    let soa = message.authority.iter().find(|record| record.kind == RecordType::SOA);
    let holds = soa.map_or_else(
        || "; without a SOA record nobody may keep that".to_owned(),
        |soa| format!("; that may be kept for {}", in_words(crate::cache::negative_ttl(soa))),
    );
    let referred = message.authority.iter().find(|record| record.kind == RecordType::NS);
    let of_type = message.answers.iter().any(|record| record.kind == asked.kind || asked.kind == RecordType::ANY);
    Some(match (message.rcode(), referred) {
        (Rcode::NXDOMAIN, _) => Note::new(
            format!(
                "NXDOMAIN: neither {} nor any name below it exists{holds}",
                short(&last_name(message, &asked.name))
            ),
            "RFC 2308 2.1, RFC 8020 2",
        ),
        (Rcode::NOERROR, _) if message.has(flag::TC) && !of_type => {
            Note::new("truncated: what was asked for did not fit, and is to be asked for over TCP", "RFC 7766 5")
        }
        (Rcode::NOERROR, _) if of_type => {
            let aliases = message.answers.iter().filter(|record| record.kind == RecordType::CNAME).count();
            let by = if aliases > 0 && asked.kind != RecordType::CNAME { ", by way of an alias" } else { "" };
            Note::new(format!("an answer: the records that were asked for{by}"), "RFC 1034 4.3.2")
        }
        (Rcode::NOERROR, Some(ns)) if !message.has(flag::AA) && message.answers.is_empty() => Note::new(
            format!("a referral: the servers of {} are named, which know more", short(&ns.owner)),
            "RFC 1034 4.3.1, RFC 9499 4",
        ),
        (Rcode::NOERROR, _) if !message.answers.is_empty() => {
            let text = format!(
                "an alias that leads to {}, which is to be looked up next or has no such records{holds}",
                short(&last_name(message, &asked.name))
            );
            Note::new(if soa.is_some() { text } else { text.replace(&holds, "") }, "RFC 1034 3.6.2, RFC 2308 2.2")
        }
        (Rcode::NOERROR, _) => Note::new(
            format!("NODATA: {} exists, but has no records of type {}{holds}", short(&asked.name), asked.kind),
            "RFC 2308 2.2",
        ),
        _ => return None,
    })
}

/// Where the aliases in an answer lead.
fn last_name(message: &Message, asked: &Name) -> Name {
    let alias = |name: &Name| {
        let found = message.answers.iter().find(|record| record.kind == RecordType::CNAME && record.owner == *name);
        found.and_then(Record::as_target)
    };
    // No chain is longer than the records that it is made of, even one that is a circle.
    (0..message.answers.len()).try_fold(asked.clone(), |name, _| alias(&name).ok_or(name)).unwrap_or_else(|last| last)
}

fn of_record(section: &str, record: &Record) -> Vec<Note> {
    if record.kind == RecordType::OPT {
        return edns::notes(record);
    }
    let (says, rule) = records::says(record);
    let kept = match (record.kind, record.ttl) {
        // What is made for one message is not kept.
        (RecordType::TSIG | RecordType::TKEY | RecordType::SIG, _) => String::new(),
        (_, 0) => "; for this one use, not to be kept".to_owned(),
        (_, ttl) => format!("; may be kept for {}", in_words(ttl)),
    };
    vec![Note::new(format!("{section}: {says}{kept}"), rule)]
}

/// A name as people say it, without its final dot.
fn short(name: &Name) -> String {
    if name.is_root() { "the root".to_owned() } else { name.to_string().trim_end_matches('.').to_owned() }
}

const QUERY_FLAGS: &[(u16, &str, &str)] = &[
    (flag::RD, "RD: the server is to find out by itself, whoever knows (recursion desired)", "RFC 1035 4.1.1"),
    (flag::AD, "AD: the client understands this bit in the answer", "RFC 6840 5.7"),
    (flag::CD, "CD: the client checks signatures itself and wants data even if they fail", "RFC 4035 3.2.2"),
];
const RESPONSE_FLAGS: &[(u16, &str, &str)] = &[
    (flag::AA, "AA: the server has authority over the name asked for (authoritative answer)", "RFC 1035 4.1.1"),
    (flag::TC, "TC: the answer was too long and is cut; the client asks again over TCP", "RFC 2181 9, RFC 7766 5"),
    (flag::RD, "RD: copied from the query", "RFC 1035 4.1.1"),
    (flag::RA, "RA: the server would find out by itself for this client (recursion available)", "RFC 1035 4.1.1"),
    (flag::AD, "AD: the server has checked the signatures of all data (authentic data)", "RFC 4035 3.2.3"),
    (flag::CD, "CD: copied from the query", "RFC 4035 3.2.2"),
];
/// Of a transfer's thousands of records the first show what they are.
const MOST_RECORDS: usize = 30;

#[cfg(test)]
mod tests;
