//! What a message means, part by part in the order of the wire.
//!
//! - here: start lines, framing, persistence, and what a condition has led to
//! - `fields`: each field by its name; `values`: those whose value says more
//! - `status`: status codes; `frames`: the frames of HTTP/2; `three`: streams and frames of HTTP/3; `websocket`: messages

mod fields;
pub(super) mod frames;
mod status;
pub(super) mod three;
mod values;
pub(super) mod websocket;

use toynet_record::dissect::Note;

use super::draft::Fields;
use super::line::{Line, octets};
use crate::target::Target;
use crate::wire::Framing;

/// What an answer's meaning depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    method: Vec<u8>,
    /// The names of conditions that the request had, in lower case.
    conditions: Vec<&'static str>,
    has_range: bool,
}

impl Asked {
    /// What an answer needs to know of a request.
    pub fn of(method: &[u8], fields: &Fields<'_>) -> Self {
        let has = |name: &str| value(fields, name).is_some();
        Self {
            method: method.to_vec(),
            conditions: CONDITIONS.into_iter().filter(|name| has(name)).collect(),
            has_range: has("range"),
        }
    }
}

/// A request of HTTP/1.x.
pub(super) fn of_request(
    method: &[u8],
    target: &[u8],
    version: (u8, u8),
    fields: &Fields<'_>,
    framing: Option<Framing>,
) -> Vec<Note> {
    let mut notes = vec![of_method(method), of_target(method, target), of_version(version)];
    notes.extend(fields::of_fields(fields));
    notes.push(of_framing(framing, fields, "request"));
    notes.push(of_persistence(version, fields));
    notes
}

/// An answer of HTTP/1.x.
pub(super) fn of_answer(
    code: u16,
    version: (u8, u8),
    fields: &Fields<'_>,
    framing: Option<Framing>,
    asked: &Asked,
) -> Vec<Note> {
    let mut notes = vec![of_version(version), status::of(code)];
    notes.extend(of_condition(code, fields, asked));
    notes.extend(fields::of_fields(fields));
    if asked.method == b"HEAD" {
        notes.push(Note::new("an answer to HEAD ends with its head, whatever it says of content", "RFC 9110 9.3.2"));
    } else {
        notes.push(of_framing(framing, fields, "answer"));
    }
    notes.extend(values::freshness(fields));
    if code >= 200 {
        notes.push(of_persistence(version, fields));
    }
    notes
}

/// A request of HTTP/2 by its fields, pseudo-headers and all.
pub(super) fn of_request_in_frames(first: Note, list: &Fields<'_>) -> Vec<Note> {
    let mut notes = vec![first];
    for (name, value) in list.iter().filter(|(name, _)| name.starts_with(b":")) {
        notes.push(match *name {
            b":method" => of_method(value),
            b":path" => of_target(b"", value),
            b":scheme" => quoted("the URL's scheme is ", value, "", "RFC 9113 8.3.1"),
            b":authority" => {
                quoted("the request is for the host ", value, ": what Host says in HTTP/1.1", "RFC 9113 8.3.1")
            }
            b":protocol" => quoted("the stream is to carry ", value, "", "RFC 8441 4"),
            other => quoted("nobody knows the pseudo-header ", other, "", "RFC 9113 8.3"),
        });
    }
    notes.extend(fields::of_fields(&without_pseudo(list)));
    notes
}

/// An answer of HTTP/2 or HTTP/3, behind a first note.
pub(super) fn of_answer_in_frames(first: Note, code: u16, list: &Fields<'_>, asked: &Asked) -> Vec<Note> {
    let fields = without_pseudo(list);
    let mut notes = vec![first, status::of(code)];
    notes.extend(of_condition(code, &fields, asked));
    notes.extend(fields::of_fields(&fields));
    notes.extend(values::freshness(&fields));
    notes
}

/// What rules HTTP/2 by the sections that rule HTTP/3 in the same way.
pub(super) fn as_in_three(text: &str) -> String {
    const SECTIONS: [(&str, &str); 9] = [
        ("RFC 9113 8.2.1", "RFC 9114 4.2"),
        ("RFC 9113 8.2.2", "RFC 9114 4.2"),
        ("RFC 9113 8.3.1", "RFC 9114 4.3.1"),
        ("RFC 9113 8.3.2", "RFC 9114 4.3.2"),
        ("RFC 9113 8.3", "RFC 9114 4.3"),
        ("RFC 9113 8.5", "RFC 9114 4.4"),
        ("RFC 9113 8.6", "RFC 9114 4.5"),
        ("RFC 9113 8.1", "RFC 9114 4.3"),
        ("RFC 8441 4", "RFC 9220 3"),
    ];
    let section = SECTIONS.iter().find(|(two, _)| text.contains(two));
    section.map_or_else(|| text.to_owned(), |(two, three)| text.replace(two, three))
}

/// The first value of a field.
fn value<'a>(fields: &Fields<'a>, name: &str) -> Option<&'a [u8]> {
    fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| *value)
}

/// The words of a list, in lower case.
fn words<'a>(fields: &'a Fields<'a>, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let values = fields.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name.as_bytes()));
    values
        .flat_map(|(_, value)| value.split(|octet| *octet == b','))
        .map(|word| clean(word.trim_ascii()).to_lowercase())
}

/// What came over the wire, in one line and not too long.
fn clean(octets: &[u8]) -> String {
    let mut line = Line::default();
    line.quote(octets);
    line.text
}

fn quoted(before: &str, value: &[u8], after: &str, rule: &str) -> Note {
    Note::new(format!("{before}{}{after}", clean(value)), rule)
}

fn without_pseudo<'a>(list: &Fields<'a>) -> Vec<(&'a [u8], &'a [u8])> {
    list.iter().filter(|(name, _)| !name.starts_with(b":")).copied().collect()
}

fn of_method(method: &[u8]) -> Note {
    let known: (&str, &str) = match method {
        b"GET" => ("GET asks for what is there, and changes nothing", "RFC 9110 9.3.1"),
        b"HEAD" => ("HEAD asks for what GET would say, without the content", "RFC 9110 9.3.2"),
        b"POST" => ("POST hands over content, to be dealt with as the resource sees fit", "RFC 9110 9.3.3"),
        b"PUT" => ("PUT asks that the content be what is there from now on", "RFC 9110 9.3.4"),
        b"DELETE" => ("DELETE asks that what is there be no more", "RFC 9110 9.3.5"),
        b"CONNECT" => ("CONNECT asks for a tunnel to another host", "RFC 9110 9.3.6"),
        b"OPTIONS" => ("OPTIONS asks what can be done", "RFC 9110 9.3.7"),
        b"TRACE" => ("TRACE asks for the request as it arrives, to see who changed it on the way", "RFC 9110 9.3.8"),
        b"PATCH" => ("PATCH asks for a change of what is there, which the content describes", "RFC 5789 2"),
        other => return quoted("", other, " is a method that HTTP itself does not define", "RFC 9110 9.1"),
    };
    Note::new(known.0, known.1)
}

fn of_target(method: &[u8], target: &[u8]) -> Note {
    let text = std::str::from_utf8(target).unwrap_or_default();
    match Target::parse(&String::from_utf8_lossy(method), text) {
        Ok(Target::Origin { path, query }) => {
            let query = query.map(|query| format!(", with the query {}", clean(query.as_bytes()))).unwrap_or_default();
            Note::new(
                format!("the path {}{query}: the target in origin-form", clean(path.as_bytes())),
                "RFC 9112 3.2.1",
            )
        }
        Ok(Target::Absolute { authority, path, .. }) => {
            let host = authority.rsplit('@').next().unwrap_or_default();
            let what = format!("the path {} at {}", clean(path.as_bytes()), clean(host.as_bytes()));
            Note::new(
                format!("{what}: the target in absolute-form, as proxies are asked; it wins over Host"),
                "RFC 9112 3.2.2",
            )
        }
        Ok(Target::Authority(authority)) => {
            quoted("to ", authority.as_bytes(), ": the target in authority-form, for CONNECT alone", "RFC 9112 3.2.3")
        }
        Ok(Target::Asterisk) => Note::new("*: the server as a whole, for OPTIONS alone", "RFC 9112 3.2.4"),
        Err(_) => quoted("", target, " has no form that a target may have with this method", "RFC 9112 3.2"),
    }
}

fn of_version((major, minor): (u8, u8)) -> Note {
    let (text, rule) = match (major, minor) {
        (1, 0) => ("the sender speaks HTTP/1.0: no chunks, and a connection serves once unless agreed", "RFC 1945 3.1"),
        (1, 1) => ("the sender speaks HTTP/1.1", "RFC 9112 2.3"),
        _ => ("the sender names a version that this syntax does not belong to", "RFC 9112 2.3"),
    };
    Note::new(text, rule)
}

fn of_framing(framing: Option<Framing>, fields: &Fields<'_>, what: &str) -> Note {
    match framing {
        None => Note::new("nobody can tell where the content ends: the connection cannot be used on", "RFC 9112 6.3"),
        Some(Framing::Empty) => {
            Note::new(format!("the {what} ends with its head: there is no content"), "RFC 9112 6.3")
        }
        Some(Framing::Length(0)) => Note::new("the content has no octets, as Content-Length says", "RFC 9112 6.2"),
        Some(Framing::Length(length)) => {
            Note::new(format!("the content is {} long, as Content-Length says", octets(length)), "RFC 9112 6.2")
        }
        Some(Framing::Chunked) if value(fields, "content-length").is_some() => Note::new(
            "the content comes in chunks, and a Content-Length beside that must not be believed: it may be an attack",
            "RFC 9112 6.1",
        ),
        Some(Framing::Chunked) => Note::new(
            "the content comes in chunks, each behind its length in hexadecimal; one of length 0 ends it",
            "RFC 9112 7.1",
        ),
        Some(Framing::UntilClose) => {
            Note::new("the content ends where the connection does: nobody can tell whether it is whole", "RFC 9112 6.3")
        }
        Some(Framing::Tunnel) => Note::new("from here on the connection carries something else", "RFC 9110 7.8"),
    }
}

fn of_persistence(version: (u8, u8), fields: &Fields<'_>) -> Note {
    let says = |option: &str| words(fields, "connection").any(|word| word == option);
    let text = match version {
        _ if says("close") => "the sender closes the connection after this exchange",
        (1, 0) if says("keep-alive") => "the connection is to stay open for more, as an old sender says it",
        (1, 0) => "the connection ends with this exchange, as it does in HTTP/1.0",
        _ => "the connection stays open for more, as nothing else is said",
    };
    Note::new(text, "RFC 9112 9.3")
}

/// What the conditions and the range of a request have led to.
fn of_condition(code: u16, fields: &Fields<'_>, asked: &Asked) -> Option<Note> {
    let names = asked.conditions.iter().map(|name| fields::spelled(name)).collect::<Vec<_>>().join(" and ");
    let note = |text: String, rule: &str| Some(Note::new(text, rule));
    match code {
        304 if !names.is_empty() => {
            note(format!("{names} held: the client's copy is still good, and no content is sent"), "RFC 9110 13.2.2")
        }
        412 if !names.is_empty() => note(format!("{names} did not hold: nothing was done"), "RFC 9110 13.2.2"),
        206 if asked.has_range => {
            let of_several =
                value(fields, "content-type").is_some_and(|kind| kind.starts_with(b"multipart/byteranges"));
            let text = if of_several {
                "the Range was heeded: several parts, each with its own head"
            } else {
                "the Range was heeded"
            };
            note(text.to_owned(), "RFC 9110 15.3.7")
        }
        416 if asked.has_range => note("the Range lies outside what is there".to_owned(), "RFC 9110 15.5.17"),
        200 if asked.conditions == ["if-range"] => note(
            "If-Range did not hold, so all of it is sent: the client's part is of another version".to_owned(),
            "RFC 9110 13.1.5",
        ),
        200 if asked.has_range && asked.method == b"GET" => {
            note("the Range was not heeded, which a server may do".to_owned(), "RFC 9110 14.2")
        }
        200 if !names.is_empty() => {
            note(format!("{names} did not keep the answer back: what is there is new to the client"), "RFC 9110 13.2.2")
        }
        _ => None,
    }
}

const CONDITIONS: [&str; 5] = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"];

#[cfg(test)]
mod tests;
