//! What is said in HTTP/2, in words.

use toynet_machine::Time;
use toynet_record::Side;
use toynet_record::dissect::{Carried, Message, Note, Role};

use super::frames::Frame;
use super::{Draft, Words};
use crate::dissect::carried;
use crate::dissect::notes::{self, Asked};
use crate::wire::hpack::Field;
use crate::wire::{Kind, fields, frame};

/// A message by its fields; nothing of them when they were lost.
pub(in crate::dissect) fn draft(by: Side, exchange: u64, began: Time, list: Option<&[Field]>) -> Draft {
    let (words, role, failed) = match (by, list) {
        (Side::Initiator, Some(fields)) => (request(fields), Role::Request, false),
        (Side::Acceptor, Some(fields)) => answer(fields),
        (Side::Initiator, None) => {
            (Words::of_broken("a request whose fields cannot be read", b""), Role::Request, false)
        }
        (Side::Acceptor, None) => (Words::of_broken("an answer whose fields cannot be read", b""), Role::Answer, false),
    };
    let kind = if by == Side::Initiator { Kind::Request } else { Kind::Answer };
    let faults = list.map(|list| fields::faults(list, kind)).unwrap_or_default();
    let faults = faults.into_iter().map(str::to_owned).collect();
    Draft { exchange, by, role, began, failed, faults, notes: Vec::new(), words, carried: None }
}

/// All fields of a message in this version of HTTP.
pub(in crate::dissect) fn carried(version: &str, list: &[Field]) -> Box<Carried> {
    carried::of(&[(":version", version.as_bytes())], &pairs(list), 0)
}

/// Fields behind a content.
pub(in crate::dissect) fn trailers(list: &[Field]) -> Vec<toynet_record::dissect::Field> {
    carried::trailers(pairs(list).into_iter())
}

/// What the fields of a message mean, behind a first note. A request leaves behind what its answer's notes need to know.
pub(in crate::dissect) fn notes(by: Side, first: Note, list: Option<&[Field]>, asked: &mut Asked) -> Vec<Note> {
    let Some(list) = list else { return Vec::new() };
    let fields = pairs(list);
    match by {
        Side::Initiator => {
            *asked = Asked::of(value(list, ":method").unwrap_or_default(), &fields);
            notes::of_request_in_frames(first, &fields)
        }
        Side::Acceptor => {
            let digits = value(list, ":status").and_then(|digits| std::str::from_utf8(digits).ok());
            let code = digits.and_then(|digits| digits.parse().ok()).unwrap_or_default();
            notes::of_answer_in_frames(first, code, &fields, asked)
        }
    }
}

/// A frame that is told for what can be learned from it.
pub(super) fn explained(by: Side, time: Time, frame: &Frame, summary: &str, notes: Vec<Note>) -> Message {
    Message { notes, ..connection(by, time, summary, false, frame.on_wire()) }
}

/// What ends a stream before its time.
pub(super) fn reset(by: Side, exchange: u64, time: Time, code: u32, octets: u64) -> Message {
    let role = if by == Side::Acceptor { Role::Answer } else { Role::Interim };
    let summary = format!("RST_STREAM {}", frame::error_name(code));
    Message { exchange, role, ..connection(by, time, &summary, code != 0, octets) }
}

/// What ends the connection (RFC 9113 6.8).
pub(super) fn go_away(by: Side, time: Time, frame: &Frame) -> Message {
    let last = frame::number(&frame.payload, 0).unwrap_or_default();
    let code = frame::number(&frame.payload, 4).unwrap_or_default();
    let summary = format!("GOAWAY {}, last stream {last}", frame::error_name(code));
    connection(by, time, &summary, code != 0, frame.on_wire())
}

/// A frame where only CONTINUATION may stand: nothing after it can be read.
pub(super) fn intruder(by: Side, time: Time, frame: &Frame) -> Message {
    let fault = "a frame stands inside a header block (RFC 9113 6.10)".to_owned();
    Message { faults: vec![fault], ..connection(by, time, "broken header block", true, frame.on_wire()) }
}

/// A message that belongs to no exchange.
fn connection(by: Side, time: Time, summary: &str, failed: bool, octets: u64) -> Message {
    Message { failed, octets, ..Message::new(by, time, summary) }
}

fn request(fields: &[Field]) -> Words {
    let host = value(fields, ":authority").or_else(|| value(fields, "host"));
    let method = value(fields, ":method").unwrap_or(b"?");
    let mut words = match value(fields, ":path") {
        Some(path) => Words::of_request(method, path, host, &pairs(fields)),
        // CONNECT names no path (RFC 9113 8.5).
        None => Words::of_request(method, host.unwrap_or(b"?"), None, &pairs(fields)),
    };
    // RFC 8441 4.
    if let Some(protocol) = value(fields, ":protocol") {
        words.opening.say(" for ");
        words.opening.quote(protocol);
    }
    words
}

fn answer(fields: &[Field]) -> (Words, Role, bool) {
    let digits = value(fields, ":status").and_then(|digits| std::str::from_utf8(digits).ok());
    let Some(code) = digits.and_then(|digits| digits.parse::<u16>().ok()) else {
        return (Words::of_broken("an answer without status", b""), Role::Answer, true);
    };
    let role = if (100..200).contains(&code) { Role::Interim } else { Role::Answer };
    (Words::of_answer(code, b"", &pairs(fields)), role, code >= 400)
}

fn value<'a>(fields: &'a [Field], name: &str) -> Option<&'a [u8]> {
    fields.iter().find(|field| field.name == name.as_bytes()).map(|field| field.value.as_slice())
}

fn pairs(fields: &[Field]) -> Vec<(&[u8], &[u8])> {
    fields.iter().map(|field| (field.name.as_slice(), field.value.as_slice())).collect()
}
