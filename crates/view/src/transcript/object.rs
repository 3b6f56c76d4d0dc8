//! A transcript for programs: one object for each portion of octets and each mark.
//!
//! | field | meaning |
//! |---|---|
//! | `v`, `kind` | 1; `octets` or `event` |
//! | `time`, `flow`, `from`, `to` | as in the log |
//! | `text` | the octets, where they are UTF-8; secrets are `•••` |
//! | `hex` | the octets, where they are not; secrets are `••` each |
//! | `event`, `what` | as in the log |

use serde::Serialize;
use toynet_record::{Flow, Side};

use super::{Mark, Octets, Part, Transcript};
use crate::json::write_line;
use crate::told::{acceptor_name, initiator_name};
use crate::words::rfc3339;

pub(super) fn write(transcript: &Transcript, out: &mut String) {
    write_parts(&transcript.flow, &transcript.parts, out);
}

pub(super) fn write_parts(flow: &Flow, parts: &[Part], out: &mut String) {
    for part in parts {
        match part {
            Part::Octets(octets) => write_line(&octets_object(flow, octets), out),
            Part::Mark(mark) => write_line(&mark_object(flow, mark), out),
            Part::Explained(_) => {}
        }
    }
}

#[derive(Default, Serialize)]
struct Object {
    v: u32,
    kind: &'static str,
    time: String,
    flow: u64,
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
}

fn octets_object(flow: &Flow, octets: &Octets) -> Object {
    let text = text(octets);
    let hex = text.is_none().then(|| hex(octets));
    Object { text, hex, ..object("octets", flow, octets.by, rfc3339(octets.time)) }
}

fn mark_object(flow: &Flow, mark: &Mark) -> Object {
    let (event, what) = (Some(mark.what.name()), Some(mark.what.words(flow).into_owned()));
    Object { event, what, ..object("event", flow, mark.by, rfc3339(mark.time)) }
}

fn object(kind: &'static str, flow: &Flow, by: Side, time: String) -> Object {
    let (initiator, acceptor) = (initiator_name(flow).into_owned(), acceptor_name(flow).into_owned());
    let (from, to) = if by == Side::Initiator { (initiator, acceptor) } else { (acceptor, initiator) };
    Object { v: 1, kind, time, flow: flow.id.0, from, to, ..Object::default() }
}

fn text(octets: &Octets) -> Option<String> {
    let mut shown = String::new();
    let mut at = 0;
    for hidden in &octets.hidden {
        shown.push_str(std::str::from_utf8(&octets.octets[at..hidden.start]).ok()?);
        shown.push_str("•••");
        at = hidden.end;
    }
    shown.push_str(std::str::from_utf8(&octets.octets[at..]).ok()?);
    Some(shown)
}

fn hex(octets: &Octets) -> String {
    let shown = octets.octets.iter().enumerate().map(|(at, octet)| {
        let is_hidden = octets.hidden.iter().any(|hidden| hidden.contains(&at));
        if is_hidden { "••".to_owned() } else { format!("{octet:02x}") }
    });
    shown.collect()
}
