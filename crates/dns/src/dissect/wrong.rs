//! What breaks a rule in a message that can be read, each in one sentence with the section that it breaks.

use crate::codes::{Opcode, Rcode, RecordType};
use crate::name::Name;
use crate::record::Record;
use crate::wire::message::Decoded;
use crate::wire::{MIN_PAYLOAD, Message, Question, Section, flag, option};

/// What of a request its answer is measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    question: Option<Question>,
    /// The largest datagram that the client takes, if it said so with EDNS.
    payload: Option<u16>,
    whole: bool,
}

impl Asked {
    /// What matters of a request.
    pub fn of(request: &Decoded) -> Self {
        let message = &request.message;
        let question = message.questions.first().filter(|_| message.questions.len() == 1).cloned();
        Self { question, payload: message.edns().map(|edns| edns.payload), whole: request.broken.is_none() }
    }
}

/// The rules that a message breaks; `datagram` is its length if it came in one, `asked` what it answers.
pub fn faults(decoded: &Decoded, datagram: Option<usize>, asked: Option<&Asked>) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(broken) = &decoded.broken {
        faults.push(format!(
            "The message breaks at octet {} ({}): {}.",
            broken.at,
            rule(broken.section, broken.what),
            broken.what
        ));
    }
    let message = &decoded.message;
    header(message, &mut faults);
    opt(message, &mut faults);
    if message.is_response() {
        sets(message, &mut faults);
        if decoded.broken.is_none() && message.opcode() == Opcode::QUERY && !message.has(flag::TC) {
            answer(message, &mut faults);
        }
        if let Some(asked) = asked.filter(|asked| asked.whole) {
            against(message, datagram, asked, &mut faults);
        }
    }
    faults
}

/// The section that a broken message breaks.
fn rule(section: Section, what: &str) -> &'static str {
    match section {
        _ if what.contains("pointer") => "RFC 1035 4.1.4",
        _ if what.contains("255") => "RFC 1035 2.3.4",
        _ if what.contains("label") => "RFC 1035 4.1.4",
        Section::Header => "RFC 1035 4.1.1",
        Section::Question => "RFC 1035 4.1.2",
        Section::Answer | Section::Authority | Section::Additional => "RFC 1035 4.1.3",
        Section::End => "RFC 1035 4.1",
    }
}

fn header(message: &Message, faults: &mut Vec<String>) {
    if message.bits & RESERVED != 0 {
        faults.push("The reserved bit Z is set, which must be zero (RFC 1035 4.1.1).".into());
    }
    if message.opcode() == Opcode::QUERY && message.questions.len() > 1 {
        faults.push("A query has one question, this has more (RFC 9619 4).".into());
    }
}

fn opt(message: &Message, faults: &mut Vec<String>) {
    let is_opt = |record: &&Record| record.kind == RecordType::OPT;
    let opts: Vec<&Record> = message.additional.iter().filter(is_opt).collect();
    if opts.len() > 1 {
        faults.push("OPT is there twice, and may be there once (RFC 6891 6.1.1).".into());
    }
    if message.answers.iter().chain(&message.authority).any(|record| is_opt(&record)) {
        faults.push("OPT stands outside the additional section (RFC 6891 6.1.1).".into());
    }
    for opt in opts {
        if !opt.owner.is_root() {
            faults.push(format!("OPT belongs to {}, and must belong to the root (RFC 6891 6.1.2).", opt.owner));
        }
        if !option::are_whole(&opt.rdata) {
            faults.push("An option in OPT is longer than the record (RFC 6891 6.1.2).".into());
        }
        let bad_cookie = |(code, value): (u16, &[u8])| code == option::COOKIE && !matches!(value.len(), 8 | 16..=40);
        if option::each(&opt.rdata).any(bad_cookie) {
            faults.push("A cookie has 8 or 16 to 40 octets, this one has not (RFC 7873 5.2.2).".into());
        }
    }
}

/// Records of one name, class and type have one TTL.
fn sets(message: &Message, faults: &mut Vec<String>) {
    for records in [&message.answers, &message.authority, &message.additional] {
        let records = &records[..records.len().min(MOST_RECORDS)];
        let odd = records.iter().enumerate().find(|(index, record)| {
            let before = records[..*index]
                .iter()
                .find(|other| other.kind == record.kind && other.class == record.class && other.owner == record.owner);
            // Signatures of one name cover different sets.
            record.kind != RecordType::RRSIG
                && !record.kind.is_meta()
                && before.is_some_and(|other| other.ttl != record.ttl)
        });
        if let Some((_, record)) = odd {
            let what = format!("The {} records of {} have different TTLs", record.kind, record.owner);
            faults.push(format!("{what}, and are to have one (RFC 2181 5.2)."));
        }
        if let Some(record) = records.iter().find(|record| !record.kind.is_meta() && record.ttl > i32::MAX as u32) {
            faults.push(format!("The TTL of {} has its highest bit set, and counts as 0 (RFC 2181 8).", record.owner));
        }
    }
}

fn answer(message: &Message, faults: &mut Vec<String>) {
    let [asked] = message.questions.as_slice() else { return };
    if matches!(asked.kind, RecordType::AXFR | RecordType::IXFR) {
        return;
    }
    if let Some(stray) = stray(message, &asked.name) {
        let what = format!("The answer section holds {} of {}", stray.kind, stray.owner);
        faults.push(format!(
            "{what}, which is not the name asked for nor one that aliases lead to (RFC 1034 3.7, RFC 2181 5.4.1)."
        ));
    }
    if let Some(alias) =
        message.answers.iter().find(|record| record.kind == RecordType::CNAME && is_accompanied(message, record))
    {
        faults.push(format!("{} is an alias and has other records too (RFC 1034 3.6.2).", alias.owner));
    }
    let servers = message.authority.iter().find(|record| record.kind == RecordType::NS);
    let leads_away = |servers: &&Record| {
        message.answers.is_empty() && !message.has(flag::AA) && !asked.name.is_within(&servers.owner)
    };
    if let Some(Record { owner: zone, .. }) = servers.filter(leads_away) {
        let name = &asked.name;
        faults.push(format!(
            "A referral to {zone} helps nobody who asks for {name}, which is not below it (RFC 1034 4.3.2)."
        ));
    }
    let denies = message.has(flag::AA)
        && (message.rcode() == Rcode::NXDOMAIN || message.rcode() == Rcode::NOERROR && message.answers.is_empty());
    if denies && !message.authority.iter().any(|record| record.kind == RecordType::SOA) {
        faults.push(
            "A denial with authority lacks the zone's SOA record, so that nobody may keep it (RFC 2308 3).".into(),
        );
    }
}

/// A record of the answer section that has nothing to do with the question.
fn stray<'m>(message: &'m Message, asked: &Name) -> Option<&'m Record> {
    let answers = &message.answers[..message.answers.len().min(MOST_RECORDS)];
    let mut names = vec![asked.clone()];
    for record in answers.iter().filter(|record| record.kind == RecordType::CNAME) {
        names.extend(record.as_target());
    }
    answers.iter().find(|record| {
        let renames = record.kind == RecordType::DNAME || record.kind == RecordType::RRSIG;
        let belongs = |name: &Name| *name == record.owner || renames && name.is_within(&record.owner);
        !names.iter().any(belongs)
    })
}

fn is_accompanied(message: &Message, alias: &Record) -> bool {
    let beside = |kind| matches!(kind, RecordType::CNAME | RecordType::RRSIG | RecordType::NSEC);
    let answers = message.answers.iter().take(MOST_RECORDS);
    answers.filter(|record| record.owner == alias.owner).any(|record| !beside(record.kind))
}

fn against(message: &Message, datagram: Option<usize>, asked: &Asked, faults: &mut Vec<String>) {
    let told = message.questions.first();
    if let (Some(question), Some(told)) = (&asked.question, told)
        && question != told
    {
        let (name, kind) = (&told.name, told.kind);
        faults.push(format!("It answers a question for {kind} of {name}, which was not asked (RFC 5452 9.1)."));
    }
    if asked.payload.is_none() && message.edns().is_some() {
        faults.push("OPT answers a query that had none (RFC 6891 7).".into());
    }
    let most = asked.payload.map_or(MIN_PAYLOAD, |payload| usize::from(payload).max(MIN_PAYLOAD));
    if let Some(length) = datagram.filter(|length| *length > most) {
        let rule = if asked.payload.is_some() { "RFC 6891 6.2.3" } else { "RFC 1035 4.2.1" };
        faults.push(format!("The datagram has {length} octets, and the client takes {most} ({rule})."));
    }
}

/// The bit between RA and AD.
const RESERVED: u16 = 0x0040;
/// Comparing each with each takes time that a log does not have; what breaks rules mostly does so early.
const MOST_RECORDS: usize = 100;

#[cfg(test)]
mod tests;
