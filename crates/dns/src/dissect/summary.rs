//! A message in one line.

use crate::codes::{Class, Opcode, Rcode, RecordType};
use crate::name::Name;
use crate::rdata::Printed;
use crate::record::Record;
use crate::wire::message::Decoded;
use crate::wire::{Message, flag};

/// What is told of a message.
pub struct Telling {
    pub summary: String,
    pub failed: bool,
}

/// Tells a message: what is asked for, or what came of it.
pub fn tell(decoded: &Decoded) -> Telling {
    let message = &decoded.message;
    let what = if message.is_response() { response(message) } else { request(message) };
    let failed_code = matches!(message.rcode(), Rcode::SERVFAIL | Rcode::REFUSED | Rcode::FORMERR | Rcode::NOTIMP);
    match &decoded.broken {
        Some(broken) => {
            let before = if message.questions.is_empty() { String::new() } else { format!("{what}; ") };
            Telling { summary: format!("{before}broken: {broken}"), failed: true }
        }
        None => Telling { summary: what, failed: message.is_response() && failed_code },
    }
}

fn request(message: &Message) -> String {
    let opcode = if message.opcode() == Opcode::QUERY { String::new() } else { format!("{} ", message.opcode()) };
    let questions: Vec<String> = message
        .questions
        .iter()
        .map(|question| {
            let class = if question.class == Class::IN { String::new() } else { format!("{} ", question.class) };
            format!("{class}{} {}", question.kind, short(&question.name))
        })
        .collect();
    let asked = if questions.is_empty() { "no question".to_owned() } else { questions.join(", ") };
    format!("{opcode}{asked}")
}

fn response(message: &Message) -> String {
    let mut parts = vec![match message.rcode() {
        Rcode::NOERROR => found(message),
        rcode => denied(rcode, message),
    }];
    let authoritative = message.has(flag::AA);
    let telling = message.rcode() == Rcode::NOERROR || message.rcode() == Rcode::NXDOMAIN;
    if authoritative && telling {
        parts.push("aa".into());
    }
    if message.has(flag::TC) {
        parts.push("tc".into());
    }
    parts.join(" ")
}

fn found(message: &Message) -> String {
    if !message.answers.is_empty() {
        let asked = message.questions.first().map(|question| question.kind);
        let shown: Vec<String> = message.answers.iter().take(MOST_SHOWN).map(|record| answer(record, asked)).collect();
        let more = message.answers.len().saturating_sub(MOST_SHOWN);
        let more = if more > 0 { format!(", {more} more") } else { String::new() };
        return format!("NOERROR {}{more}", shown.join(", "));
    }
    let servers: Vec<&Record> = message.authority.iter().filter(|record| record.kind == RecordType::NS).collect();
    match servers.first() {
        Some(first) if !message.has(flag::AA) => {
            let names: Vec<String> =
                servers.iter().filter_map(|record| record.as_target()).map(|name| short(&name)).collect();
            format!("referral to {} ({})", short(&first.owner), names.join(", "))
        }
        _ if message.has(flag::TC) => "NOERROR truncated".into(),
        _ => denied_data("NOERROR no data", message),
    }
}

fn denied(rcode: Rcode, message: &Message) -> String {
    denied_data(&rcode.to_string(), message)
}

/// With the zone whose SOA record says so.
fn denied_data(what: &str, message: &Message) -> String {
    let soa = message.authority.iter().find(|record| record.kind == RecordType::SOA);
    soa.map_or_else(|| what.to_owned(), |soa| format!("{what} {} SOA", short(&soa.owner)))
}

/// The data alone when its type is what was asked for.
fn answer(record: &Record, asked: Option<RecordType>) -> String {
    let data = Printed { kind: record.kind, rdata: &record.rdata }.to_string();
    let mut data = match record.as_target() {
        Some(target) => short(&target),
        None => data,
    };
    if data.chars().count() > LONGEST {
        data = data.chars().take(LONGEST).chain(['…']).collect();
    }
    if asked == Some(record.kind) { data } else { format!("{} {data}", record.kind) }
}

/// A name as people say it, without its final dot.
fn short(name: &Name) -> String {
    let text = name.to_string();
    if name.is_root() { text } else { text.trim_end_matches('.').to_owned() }
}

/// A line has room for about so many addresses.
const MOST_SHOWN: usize = 4;
/// And for so much of a text.
const LONGEST: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::answer as answer_request;
    use crate::reply::{Identity, Limits};
    use crate::wire::Question;
    use crate::wire::message::write_query;
    use crate::zone::{Zone, Zones};

    #[test]
    fn responses_are_told_in_one_line() {
        let told = [
            ("www", RecordType::A),
            ("ftp", RecordType::A),
            ("no", RecordType::A),
            ("www", RecordType::MX),
            ("a.sub", RecordType::A),
        ];
        let lines: Vec<String> = told.iter().map(|(name, kind)| line(name, *kind)).collect();
        assert_eq!(
            lines,
            [
                "NOERROR 198.18.0.5 aa",
                "NOERROR CNAME www.shop.test, 198.18.0.5 aa",
                "NXDOMAIN shop.test SOA aa",
                "NOERROR no data shop.test SOA aa",
                "referral to sub.shop.test (ns.shop.test)",
            ]
        );
    }

    fn line(name: &str, kind: RecordType) -> String {
        let text =
            b"$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns\nns A 198.18.0.2\nwww A 198.18.0.5\nftp CNAME www\nsub NS ns\n";
        let origin: Name = "shop.test".parse().unwrap();
        let records = crate::zonefile::read("z", text, Some(&origin), &mut |_, _| Err(String::new())).records();
        let zones = Zones::new(vec![std::sync::Arc::new(Zone::compile(&origin, &records).unwrap())]);
        let question = Question { name: format!("{name}.shop.test").parse().unwrap(), kind, class: Class::IN };
        let mut out = [0; 512];
        let length =
            answer_request(&zones, &Identity::default(), Limits::UDP, &write_query(7, 0, &question, None), &mut out)
                .unwrap();
        tell(&Message::decode(&out[..length])).summary
    }
}
