//! The contract of what turns a flow's octets into messages that a person can read.
//!
//! Dissecting happens in whoever reads the record, never where it is made. A dissector is pure: the
//! same octets at the same times give the same messages. It meets anything, finished or broken, and
//! never panics; a broken message is shown up to the octet where it breaks.

use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toynet_machine::Time;

use crate::{Side, Transport};

/// Turns the octets of one flow into messages.
pub trait Dissector {
    /// Takes what one side said; for datagrams, exactly one datagram. Finished messages are pushed to `out`.
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>);

    /// Octets passed that were not kept.
    fn hole(&mut self, by: Side, length: u64, time: Time, out: &mut Vec<Message>);

    /// The flow ended: what is unfinished is pushed as it stands.
    fn closed(&mut self, time: Time, out: &mut Vec<Message>);

    /// What it takes the flow for.
    fn takes_for(&self) -> Taken {
        Taken::Given
    }
}

/// What a dissector takes its flow for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// What it was made for.
    Given,
    /// It listens, and what is spoken has not shown.
    Unknown,
    /// It listened, and this is spoken.
    For(&'static str),
}

/// What both sides of a flow said first, as far as it was heard.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// What carries the flow.
    pub transport: Transport,
    /// What the initiator said; of datagrams the first.
    pub initiator: &'a [u8],
    /// What the acceptor said; of datagrams the first.
    pub acceptor: &'a [u8],
}

/// Whether a flow's opening is one of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// It is none.
    No,
    /// It may become one, or one of another protocol.
    Perhaps,
    /// It is one, and none of any other that is known.
    Yes,
}

/// What a dissector knows of the flow when it is made.
#[derive(Clone, Copy, Debug)]
pub struct FlowInfo {
    /// What carries the flow.
    pub transport: Transport,
    /// Which stream of its connection it is (RFC 9000 section 2.1), where it is one of QUIC.
    pub stream: Option<u64>,
    /// The acceptor's port.
    pub port: u16,
    /// Whether the flow's beginning is missing.
    pub joined_late: bool,
    /// Whether messages are to be explained in [`Message::notes`], which costs time.
    pub explain: bool,
    /// Whether messages are to hand over all that they carry in [`Message::carried`], which takes memory.
    pub whole: bool,
}

/// Octets of one side.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Who spoke.
    pub by: Side,
    /// When.
    pub time: Time,
    /// What.
    pub octets: &'a [u8],
}

/// One message as a person would tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The exchange that it belongs to, from 1; a banner or other message outside any is in 0.
    pub exchange: u64,
    /// Who said it.
    pub by: Side,
    /// What it is in its exchange.
    pub role: Role,
    /// When its first octet was seen.
    pub time: Time,
    /// From its first to its last octet.
    pub lasted: Duration,
    /// One line without line ends: `A www.shop.test`, `200 OK text/html 1,024 octets`.
    pub summary: String,
    /// The parts of `summary` that are secrets, as ranges of octets, in order and apart.
    pub secrets: Vec<Range<usize>>,
    /// Whether it reports a failure: `NXDOMAIN` does not, `SERVFAIL` and `500` do.
    pub failed: bool,
    /// What breaks a rule in it, if anything does, each in one sentence with the section of the RFC.
    pub faults: Vec<String>,
    /// What it means, part by part in the order of the wire, where that was asked for.
    pub notes: Vec<Note>,
    /// How many octets it took on the wire, in clear.
    pub octets: u64,
    /// What it carries in full, where that was asked for and the message carries anything that others take out of it.
    #[serde(skip)]
    pub carried: Option<Box<Carried>>,
}

/// What a message carries, without what frames it on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// What it says before its content, in the order of the wire. What is no field there, such as the parts of a start
    /// line, has a name that begins with a colon, as in HTTP/2 (RFC 9113 8.3).
    pub fields: Vec<Field>,
    /// How many octets these took, where they stand by themselves in front of the content; otherwise 0.
    pub head: u64,
    /// The beginning of its content up to the first octet that is missing, [`Carried::MOST`] octets at most.
    pub content: Vec<u8>,
    /// How many octets the content had, as far as anybody knows.
    pub length: u64,
    /// Whether nothing of the content is missing.
    pub is_whole: bool,
    /// What it says behind its content, as `fields`.
    pub trailers: Vec<Field>,
    /// Of an answer: whether its exchange goes on behind it, up to the end of the flow.
    pub goes_on: bool,
}

/// A name and its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// As it was written.
    pub name: String,
    /// Without the blanks around it. What is no UTF-8 is replaced.
    pub value: String,
    /// The parts of `value` that are secrets, as ranges of octets, in order and apart.
    pub secrets: Vec<Range<usize>>,
}

impl Carried {
    /// How much content is kept of one message: more than mail servers take (25 MiB is usual), and than browsers' tools
    /// write down (10 MiB).
    pub const MOST: usize = 32 * 1024 * 1024;

    /// These fields, and no content so far.
    pub fn new(fields: Vec<Field>, head: u64) -> Self {
        Self { fields, head, is_whole: true, ..Self::default() }
    }

    /// Adds to the content.
    pub fn add(&mut self, octets: &[u8]) {
        self.length += octets.len() as u64;
        if self.is_whole {
            let room = Self::MOST - self.content.len();
            self.content.extend_from_slice(&octets[..octets.len().min(room)]);
            self.is_whole = octets.len() <= room;
        }
    }

    /// So many octets of the content are missing here; of 0 nobody knows how many.
    pub fn miss(&mut self, octets: u64) {
        self.length += octets;
        self.is_whole = false;
    }

    /// The first value of this name, in any case of letters.
    pub fn value(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        field.map(|field| field.value.as_str())
    }

    /// All values of this name, in any case of letters.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value.as_str())
    }
}

impl Field {
    /// The value with each secret replaced by `•••`.
    pub fn redacted(&self) -> String {
        redacted(&self.value, &self.secrets)
    }
}

/// A part of a message in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// One sentence without line ends and without secrets: `asks for the IPv4 addresses (A) of www.shop.test`.
    pub text: String,
    /// What rules this part: `RFC 1035 3.2.2`.
    pub rule: Option<String>,
}

impl Note {
    /// A note on what `rule` has made.
    pub fn new(text: impl Into<String>, rule: &str) -> Self {
        Self { text: text.into(), rule: Some(rule.to_owned()).filter(|rule| !rule.is_empty()) }
    }
}

/// What a message is in its exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It asks; the first of its exchange.
    Request,
    /// It belongs to an exchange that it neither begins nor ends: `100 Continue`, `354`.
    Interim,
    /// It ends the exchange.
    Answer,
}

impl Message {
    /// One outside any exchange that was said at once, breaks no rule, and of whose octets nobody has told yet.
    pub fn new(by: Side, time: Time, summary: impl Into<String>) -> Self {
        Self {
            exchange: 0,
            by,
            role: Role::Interim,
            time,
            lasted: Duration::ZERO,
            summary: summary.into(),
            secrets: Vec::new(),
            failed: false,
            faults: Vec::new(),
            notes: Vec::new(),
            octets: 0,
            carried: None,
        }
    }

    /// The summary with each secret replaced by `•••`.
    pub fn redacted(&self) -> String {
        redacted(&self.summary, &self.secrets)
    }
}

fn redacted(text: &str, secrets: &[Range<usize>]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for secret in secrets {
        let end = secret.end.min(text.len());
        shown.push_str(text.get(from..secret.start).unwrap_or_default());
        shown.push_str("•••");
        from = end;
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let message = Message::new(Side::Initiator, Time::default(), "AUTH PLAIN abc then def.");
        let message = Message { secrets: vec![11..14, 20..23], ..message };
        assert_eq!(message.redacted(), "AUTH PLAIN ••• then •••.");
    }

    #[test]
    fn content_is_kept_up_to_what_is_missing() {
        let mut carried = Carried::new(Vec::new(), 0);
        carried.add(b"ab");
        assert!(carried.is_whole);
        carried.miss(2);
        carried.add(b"ef");
        assert_eq!((carried.content.as_slice(), carried.length, carried.is_whole), (&b"ab"[..], 6, false));
    }
}
