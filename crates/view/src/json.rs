//! One JSON object on a line of its own for each message, for programs.
//!
//! The schema is version 1. Fields may be added to it; none is removed or changes its meaning.
//!
//! | field | type | meaning |
//! |---|---|---|
//! | `v` | number | 1 |
//! | `kind` | string | `message`, `event` or `gap` |
//! | `time` | string | RFC 3339, UTC, nanoseconds: the first octet |
//! | `flow` | number | the flow, from 1 |
//! | `exchange` | number | the exchange within the flow, from 1; 0 for what belongs to none |
//! | `proto` | string | what is spoken, or `tcp`, `udp`, `quic`, `tls` |
//! | `tls` | boolean | true for what went over TLS; otherwise it is not there |
//! | `from`, `to` | string | host names; `you` for a client outside the lab, an address for a server outside |
//! | `from_addr`, `to_addr` | string | address and port inside the lab, or a stranger's own |
//! | `role` | string | of a message: `request`, `interim` or `answer` |
//! | `event` | string | of an event: `refused`, `reset`, `timed_out`, `unreachable`, `failed`, `unanswered`, `abandoned`, `fault`, `secured`, `unsecured`, `hole`, `passed` or `joined_late` |
//! | `what` | string | it in words; secrets are `•••` unless asked for |
//! | `failed` | boolean | whether it reports a failure |
//! | `faults` | strings | what breaks a rule in it |
//! | `notes` | objects | what it means: `text`, and `rule` where one rules it; only if that was asked for |
//! | `octets` | number | of a message: its length, in clear |
//! | `took_ms` | number | of an answer: from the first octet of the request to the last of the answer |
//! | `cause` | object | `flow` and `exchange` for whose sake this exchange was begun, where there is one |
//!
//! A gap has `v`, `kind` and one of `left_out` (messages that the reader was too slow for) and
//! `missed_entries` (what the record forgot before it was read).

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::Serialize;
use serde_json::ser::Formatter;
use toynet_record::FlowCause;
use toynet_record::dissect::{Message, Note, Role};

use crate::clean::is_safe;
use crate::told::{Told, What};
use crate::words::rfc3339;

/// Appends what was told, as one line.
pub fn write(told: &Told, secrets: bool, out: &mut String) {
    let (from, to) = told.parties();
    let (from_name, to_name) = told.names();
    let message = message(told);
    let object = Object {
        v: VERSION,
        kind: if message.is_some() { "message" } else { "event" },
        time: rfc3339(told.time),
        flow: told.flow.id.0,
        exchange: told.exchange,
        proto: told.protocol,
        tls: told.secured,
        from: &from_name,
        to: &to_name,
        from_addr: from.address,
        to_addr: to.address,
        role: message.map(|message| message.role),
        event: event(told),
        what: &told.words(secrets),
        failed: told.failed(),
        faults: told.faults(),
        notes: told.notes(),
        octets: message.map(|message| message.octets),
        took_ms: told.took().map(|took| took.as_nanos() as f64 / 1e6),
        cause: told.cause,
    };
    write_line(&object, out);
}

/// The line that says how many messages were left out.
pub fn left_out(messages: u64) -> String {
    gap(Gap { left_out: Some(messages), ..Gap::default() })
}

/// The line that says how many entries of the record were gone before they were read.
pub fn missed(entries: u64) -> String {
    gap(Gap { missed_entries: Some(entries), ..Gap::default() })
}

fn gap(gap: Gap) -> String {
    let mut line = String::new();
    write_line(&Gap { v: VERSION, kind: "gap", ..gap }, &mut line);
    line
}

fn message(told: &Told) -> Option<&Message> {
    match &told.what {
        What::Message { message, .. } => Some(message),
        What::Happening(_) => None,
    }
}

fn event(told: &Told) -> Option<&'static str> {
    match &told.what {
        What::Message { .. } => None,
        What::Happening(happening) => Some(happening.name()),
    }
}

pub(crate) fn write_line(object: &impl Serialize, out: &mut String) {
    let mut line = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, Printable);
    object.serialize(&mut serializer).expect("the keys are strings and memory takes all");
    line.push(b'\n');
    out.push_str(&String::from_utf8(line).expect("JSON is UTF-8"));
}

#[derive(Serialize)]
struct Object<'a> {
    v: u32,
    kind: &'static str,
    time: String,
    flow: u64,
    exchange: u64,
    proto: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tls: bool,
    from: &'a str,
    to: &'a str,
    from_addr: SocketAddr,
    to_addr: SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    what: &'a str,
    failed: bool,
    faults: &'a [String],
    #[serde(skip_serializing_if = "<[Note]>::is_empty")]
    notes: &'a [Note],
    #[serde(skip_serializing_if = "Option::is_none")]
    octets: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<FlowCause>,
}

#[derive(Default, Serialize)]
struct Gap {
    v: u32,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missed_entries: Option<u64>,
}

/// Escapes what a terminal would obey too: the same text comes back when the JSON is read.
struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, unsafe_one)) = rest.char_indices().find(|(_, character)| !is_safe(*character)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in unsafe_one.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + unsafe_one.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use toynet_record::FlowId;

    use super::*;
    use crate::testing;

    #[test]
    fn an_answer_has_all_its_fields_in_order() {
        let mut told = testing::answer(3, 2, "NOERROR 198.18.0.1");
        told.cause = Some(FlowCause { flow: FlowId(1), exchange: 4 });
        let What::Message { took, .. } = &mut told.what else { panic!("an answer is a message") };
        *took = Some(Duration::from_micros(1500));
        let mut out = String::new();
        write(&told, false, &mut out);
        let expected = concat!(
            r#"{"v":1,"kind":"message","time":"1970-01-01T00:00:01.000000000Z","flow":3,"exchange":2,"proto":"dns","#,
            r#""from":"ns.shop.test","to":"you","from_addr":"198.18.0.2:53","to_addr":"127.0.0.1:5000","#,
            r#""role":"answer","what":"NOERROR 198.18.0.1","failed":false,"faults":[],"octets":18,"took_ms":1.5,"#,
            r#""cause":{"flow":1,"exchange":4}}"#,
            "\n"
        );
        assert_eq!(out, expected);
    }

    #[test]
    fn secrets_show_only_when_asked_for() {
        let mut told = testing::told(1, 1, "PASS hunter2");
        let What::Message { message, .. } = &mut told.what else { panic!("a request is a message") };
        message.secrets.push(5..12);
        let what = |secrets| {
            let mut out = String::new();
            write(&told, secrets, &mut out);
            let value: serde_json::Value = serde_json::from_str(&out).unwrap();
            value["what"].as_str().map(str::to_owned)
        };
        assert_eq!(what(false).as_deref(), Some("PASS •••"));
        assert_eq!(what(true).as_deref(), Some("PASS hunter2"));
    }

    #[test]
    fn no_object_speaks_to_the_terminal_and_none_loses_a_character() {
        let text = "\x1b[2J\u{9b}31m\u{202e}ok\u{e0041}\n";
        let mut out = String::new();
        write(&testing::told(1, 1, text), false, &mut out);
        assert!(out.trim_end_matches('\n').chars().all(is_safe));
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["what"], text);
    }

    #[test]
    fn gaps_are_objects_too() {
        assert_eq!(left_out(7), "{\"v\":1,\"kind\":\"gap\",\"left_out\":7}\n");
        assert_eq!(missed(9), "{\"v\":1,\"kind\":\"gap\",\"missed_entries\":9}\n");
    }
}
