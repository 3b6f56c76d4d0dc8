//! `+trace`: from the root's servers down to whoever answers, step by step.

use std::fmt::Write;

use toynet_service::{Ending, Errand};

use super::ask::{self, NoAnswer, Reply, Server};
use super::told::{ending, print, unanswered};
use super::words::Wish;
use super::{json, show};
use crate::codes::{Class, Rcode, RecordType};
use crate::name::Name;
use crate::record::Record;
use crate::wire::{Message, flag};

/// Walks. The first question, who serves the root, goes to `start`; so do those for servers without glue.
pub async fn walk(errand: &Errand, wish: &Wish, start: &[Server]) -> Ending {
    match descend(errand, wish, start).await {
        Ok(ending) => ending,
        Err(Stuck::NoAnswer(no_answer)) => unanswered(errand, wish, &no_answer.to_string()),
        Err(Stuck::Nobody(zone)) => unanswered(errand, wish, &format!("no server of {zone} has an address")),
        Err(Stuck::NoRoot(server)) => {
            let advice = "ask one that does, or one of the root's own servers";
            unanswered(errand, wish, &format!("{server} names no servers of the root: {advice}"))
        }
        Err(Stuck::Astray(server, zone)) => {
            let lame = "which leads no further (a lame delegation, RFC 1912 2.8)";
            Ending::refused(format!("{server} neither answers nor knows who does below {zone}, {lame}"))
        }
    }
}

/// Why a walk cannot go on.
enum Stuck {
    NoAnswer(NoAnswer),
    Nobody(Name),
    NoRoot(String),
    Astray(String, Name),
}

async fn descend(errand: &Errand, wish: &Wish, start: &[Server]) -> Result<Ending, Stuck> {
    let to_root = Wish { name: Name::root(), kind: RecordType::NS, class: Class::IN, ..wish.clone() };
    let reply = ask::any(errand, &to_root, start).await.map_err(Stuck::NoAnswer)?;
    tell(errand, wish, &reply, &reply.decoded.message.answers);
    let is_root = |record: &&Record| record.kind == RecordType::NS && record.owner.is_root();
    if !reply.decoded.message.answers.iter().any(|record| is_root(&record)) {
        return Err(Stuck::NoRoot(reply.server.called));
    }
    let mut message = reply.decoded.message;
    let mut delegation: Vec<Record> = message.answers.iter().filter(is_root).cloned().collect();
    let mut zone = Name::root();
    for _ in 0..MOST_STEPS {
        let servers =
            servers(errand, wish, start, &delegation, &message).await.ok_or_else(|| Stuck::Nobody(zone.clone()))?;
        let mut step = wish.clone();
        step.flags.recurse = false;
        let reply = ask::any(errand, &step, &servers).await.map_err(Stuck::NoAnswer)?;
        let referral = referral(&reply.decoded.message, &zone, &wish.name);
        let Some((next, servers)) = referral else {
            let told = [&reply.decoded.message.answers[..], &reply.decoded.message.authority].concat();
            tell(errand, wish, &reply, &told);
            return end(&reply, &zone);
        };
        tell(errand, wish, &reply, &reply.decoded.message.authority);
        (zone, delegation, message) = (next, servers, reply.decoded.message);
    }
    Err(Stuck::Astray(start[0].called.clone(), zone))
}

fn end(reply: &Reply, zone: &Name) -> Result<Ending, Stuck> {
    let message = &reply.decoded.message;
    let answers = message.has(flag::AA) || !message.answers.is_empty() || message.rcode() != Rcode::NOERROR;
    if answers || reply.decoded.broken.is_some() {
        Ok(ending(reply))
    } else {
        Err(Stuck::Astray(reply.server.called.clone(), zone.clone()))
    }
}

/// The zone below `zone` on the way to `name` that a message refers to, with its NS records.
fn referral(message: &Message, zone: &Name, name: &Name) -> Option<(Name, Vec<Record>)> {
    if message.rcode() != Rcode::NOERROR || message.has(flag::AA) || !message.answers.is_empty() {
        return None;
    }
    let leads_on = |owner: &Name| owner != zone && owner.is_within(zone) && name.is_within(owner);
    let first = message.authority.iter().find(|record| record.kind == RecordType::NS && leads_on(&record.owner))?;
    let set = message.authority.iter().filter(|record| record.kind == RecordType::NS && record.owner == first.owner);
    Some((first.owner.clone(), set.cloned().collect()))
}

/// The servers of a delegation: by their glue, or by asking for the address of the first that has one.
async fn servers(
    errand: &Errand,
    wish: &Wish,
    start: &[Server],
    delegation: &[Record],
    message: &Message,
) -> Option<Vec<Server>> {
    let names: Vec<Name> = delegation.iter().filter_map(Record::as_target).collect();
    let glue = |name: &Name| addresses(&message.additional, name, wish);
    let known: Vec<Server> = names.iter().flat_map(glue).collect();
    if !known.is_empty() {
        return Some(known);
    }
    for name in names {
        for kind in [RecordType::A, RecordType::AAAA] {
            let mut address = Wish { name: name.clone(), kind, class: Class::IN, ..wish.clone() };
            address.flags.recurse = true;
            let Ok(reply) = ask::any(errand, &address, start).await else { continue };
            // An alias is none of a server's names (RFC 2181 10.3), but many follow it all the same.
            let answers = &reply.decoded.message.answers;
            let found: Vec<Server> = answers.iter().filter_map(|record| server(record, &name, wish)).collect();
            if !found.is_empty() {
                return Some(found);
            }
        }
    }
    None
}

fn addresses(records: &[Record], name: &Name, wish: &Wish) -> Vec<Server> {
    records.iter().filter(|record| record.owner == *name).filter_map(|record| server(record, name, wish)).collect()
}

fn server(record: &Record, name: &Name, wish: &Wish) -> Option<Server> {
    let address = record.as_address().filter(|address| ask::fits(*address, wish.family))?;
    let called = name.to_string();
    let called = called.strip_suffix('.').filter(|called| !called.is_empty()).unwrap_or(&called).to_owned();
    Some(Server { called, address: (address, wish.port).into() })
}

/// Prints what one step brought.
fn tell(errand: &Errand, wish: &Wish, reply: &Reply, records: &[Record]) {
    let show = &wish.flags.show;
    if show.json {
        errand.print(json::reply(reply));
        return;
    }
    let shown: String = records.iter().map(|record| show::record(record, show)).collect();
    let mut text = if show.short { String::new() } else { shown };
    if show.comments && !show.short {
        let (ip, port) = (reply.server.address.ip(), reply.server.address.port());
        let (rcode, length, took) = (reply.decoded.message.rcode(), reply.length, reply.took.as_millis());
        let code = if rcode == Rcode::NOERROR { String::new() } else { format!(" ({rcode})") };
        let _ =
            writeln!(text, ";; Received {length} bytes from {ip}#{port}({}) in {took} ms{code}\n", reply.server.called);
    }
    if show.short {
        text = reply
            .decoded
            .message
            .answers
            .iter()
            .filter(|record| !record.owner.is_root())
            .map(|record| show::record(record, show))
            .collect();
    }
    print(errand, &text);
}

/// No name has more labels than this that anyone delegates.
const MOST_STEPS: usize = 32;
