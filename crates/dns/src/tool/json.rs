//! A message as JSON, in the words of RFC 8427, with who said it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ask::Reply;
use super::words::Wish;
use crate::calendar;
use crate::codes::{Opcode, RecordType};
use crate::rdata::{Printed, hex};
use crate::record::Record;
use crate::wire::{Message, flag};

/// An answer, on one line.
pub fn reply(reply: &Reply) -> String {
    let message = &reply.decoded.message;
    let seconds = reply.at.nanos() / 1_000_000_000;
    let object = Object {
        server: format!("{}#{}", reply.server.address.ip(), reply.server.address.port()),
        server_name: reply.server.called.clone(),
        transport: if reply.stream { "tcp" } else { "udp" },
        msec: reply.took.as_micros() as f64 / 1000.0,
        broken: reply.decoded.broken.as_ref().map(ToString::to_string),
        date: date(seconds),
        seconds,
        length: reply.length,
        body: Body::of(message),
    };
    line(&object)
}

/// That there was no answer, on one line.
pub fn nothing(wish: &Wish, why: &str) -> String {
    line(&serde_json::json!({
        "error": why,
        "QNAME": wish.name.to_string(),
        "QTYPE": wish.kind.0,
        "QTYPEname": wish.kind.to_string(),
        "QCLASS": wish.class.0,
        "QCLASSname": wish.class.to_string(),
    }))
}

fn line(object: &impl Serialize) -> String {
    // These types hold nothing that JSON has no form for.
    serde_json::to_string(object).map_or_else(|_| String::new(), |text| text + "\n")
}

#[derive(Serialize)]
struct Object {
    server: String,
    #[serde(rename = "serverName")]
    server_name: String,
    transport: &'static str,
    msec: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<String>,
    #[serde(rename = "dateString")]
    date: String,
    #[serde(rename = "dateSeconds")]
    seconds: u64,
    #[serde(rename = "msgLength")]
    length: usize,
    #[serde(flatten)]
    body: Body,
}

/// RFC 8427 2.1 and 2.2.
#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct Body {
    id: u16,
    qr: u8,
    #[serde(rename = "Opcode")]
    opcode: u8,
    aa: u8,
    tc: u8,
    rd: u8,
    ra: u8,
    ad: u8,
    cd: u8,
    rcode: u16,
    #[serde(rename = "RCODEname")]
    rcode_name: String,
    qdcount: usize,
    ancount: usize,
    nscount: usize,
    arcount: usize,
    #[serde(flatten)]
    question: BTreeMap<&'static str, serde_json::Value>,
    #[serde(rename = "answerRRs")]
    answers: Vec<Rr>,
    #[serde(rename = "authorityRRs")]
    authority: Vec<Rr>,
    #[serde(rename = "additionalRRs")]
    additional: Vec<Rr>,
}

impl Body {
    fn of(message: &Message) -> Self {
        let bit = |bit| u8::from(message.has(bit));
        let Opcode(opcode) = message.opcode();
        let rcode = message.rcode();
        Self {
            id: message.id,
            qr: bit(flag::QR),
            opcode,
            aa: bit(flag::AA),
            tc: bit(flag::TC),
            rd: bit(flag::RD),
            ra: bit(flag::RA),
            ad: bit(flag::AD),
            cd: bit(flag::CD),
            rcode: rcode.0,
            rcode_name: rcode.to_string(),
            qdcount: message.questions.len(),
            ancount: message.answers.len(),
            nscount: message.authority.len(),
            arcount: message.additional.len(),
            question: question(message),
            answers: message.answers.iter().map(Rr::of).collect(),
            authority: message.authority.iter().map(Rr::of).collect(),
            additional: message.additional.iter().map(Rr::of).collect(),
        }
    }
}

fn question(message: &Message) -> BTreeMap<&'static str, serde_json::Value> {
    let Some(question) = message.questions.first() else { return BTreeMap::new() };
    BTreeMap::from([
        ("QNAME", question.name.to_string().into()),
        ("QTYPE", question.kind.0.into()),
        ("QTYPEname", question.kind.to_string().into()),
        ("QCLASS", question.class.0.into()),
        ("QCLASSname", question.class.to_string().into()),
    ])
}

/// RFC 8427 2.3.
#[derive(Serialize)]
struct Rr {
    #[serde(rename = "NAME")]
    name: String,
    #[serde(rename = "TYPE")]
    kind: u16,
    #[serde(rename = "TYPEname")]
    kind_name: String,
    #[serde(rename = "CLASS")]
    class: u16,
    #[serde(rename = "CLASSname", skip_serializing_if = "Option::is_none")]
    class_name: Option<String>,
    #[serde(rename = "TTL")]
    ttl: u32,
    /// `rdataA` and its like: the data as a master file has it.
    #[serde(flatten)]
    data: BTreeMap<String, String>,
    #[serde(rename = "RDLENGTH")]
    length: usize,
    #[serde(rename = "RDATAHEX")]
    octets: String,
}

impl Rr {
    fn of(record: &Record) -> Self {
        let Record { owner, kind, class, ttl, rdata } = record;
        let is_opt = *kind == RecordType::OPT;
        let text = (!is_opt).then(|| (format!("rdata{kind}"), Printed { kind: *kind, rdata }.to_string()));
        Self {
            name: owner.to_string(),
            kind: kind.0,
            kind_name: kind.to_string(),
            class: class.0,
            class_name: (!is_opt).then(|| class.to_string()),
            ttl: *ttl,
            data: text.into_iter().collect(),
            length: rdata.len(),
            octets: hex(rdata),
        }
    }
}

/// As RFC 3339 has it.
fn date(seconds: u64) -> String {
    let (year, month, day) = calendar::date(seconds / 86_400);
    let second = seconds % 86_400;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests;
