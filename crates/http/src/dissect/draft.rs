//! A message as it takes shape: what its head said, until its content is over.

use std::ops::Range;

use http::StatusCode;
use toynet_machine::Time;
use toynet_record::Side;
use toynet_record::dissect::{Carried, Message, Note, Role};

use super::line::{Line, octets};

/// A message whose head was read.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub exchange: u64,
    pub by: Side,
    pub role: Role,
    pub began: Time,
    pub failed: bool,
    pub faults: Vec<String>,
    pub notes: Vec<Note>,
    pub words: Words,
    /// All that it carries, where that was asked for.
    pub carried: Option<Box<Carried>>,
}

/// What is said of a message: the size of its content comes between these parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// Start line and host.
    pub opening: Line,
    /// ` text/html`, when there is a Content-Type.
    media_type: Line,
    /// Fields that say more about it.
    pub closing: Line,
}

/// A message's fields, as (name, value).
pub(super) type Fields<'a> = [(&'a [u8], &'a [u8])];

impl Draft {
    /// The message, once all of it was seen: `content` octets of content in `octets` on the wire.
    pub fn finish(self, ended: Time, content: u64, octets: u64) -> Message {
        let line = self.words.line(content);
        Message {
            exchange: self.exchange,
            by: self.by,
            role: self.role,
            time: self.began,
            lasted: ended - self.began,
            summary: line.text,
            secrets: line.secrets,
            failed: self.failed,
            faults: self.faults,
            notes: self.notes,
            octets,
            carried: self.carried,
        }
    }

    /// So many octets of its content are missing; of 0 nobody knows how many.
    pub fn miss(&mut self, octets: u64) {
        self.carried.iter_mut().for_each(|carried| carried.miss(octets));
    }

    /// More messages of its exchange follow on it.
    pub fn goes_on(&mut self) {
        self.carried.iter_mut().for_each(|carried| carried.goes_on = true);
    }

    /// Notes what broke the message.
    pub fn fail(&mut self, fault: impl ToString) {
        self.failed = true;
        self.faults.push(fault.to_string());
    }
}

impl Words {
    /// `GET /index.html (www.shop.test)`.
    pub fn of_request(method: &[u8], target: &[u8], host: Option<&[u8]>, fields: &Fields<'_>) -> Self {
        let mut opening = Line::default();
        opening.quote(method);
        opening.say(" ");
        quote_target(&mut opening, target);
        if let Some(host) = host.filter(|host| !host.is_empty()) {
            opening.say(" (");
            opening.quote(host);
            opening.say(")");
        }
        Self { opening, media_type: media_type(fields), closing: closing(fields, &OF_REQUEST) }
    }

    /// `200 OK`; without a reason the code's usual one.
    pub fn of_answer(code: u16, reason: &[u8], fields: &Fields<'_>) -> Self {
        let mut opening = Line::default();
        opening.say(&code.to_string());
        let usual = || StatusCode::from_u16(code).ok().and_then(|code| code.canonical_reason()).unwrap_or_default();
        let reason = if reason.is_empty() { usual().as_bytes() } else { reason };
        if !reason.is_empty() {
            opening.say(" ");
            opening.quote(reason);
        }
        Self { opening, media_type: media_type(fields), closing: closing(fields, &OF_ANSWER) }
    }

    /// Words of ours, and what little came over the wire.
    pub fn of_broken(words: &str, octets: &[u8]) -> Self {
        let mut opening = Line::default();
        opening.say(words);
        opening.quote(octets);
        Self { opening, ..Self::default() }
    }

    fn line(&self, content: u64) -> Line {
        let mut line = self.opening.clone();
        line.append(&self.media_type);
        if content > 0 {
            line.say(" ");
            line.say(&octets(content));
        }
        line.append(&self.closing);
        line
    }
}

fn quote_target(line: &mut Line, target: &[u8]) {
    let text = String::from_utf8_lossy(target);
    match user_information(&text) {
        Some(user) => {
            line.quote(&text.as_bytes()[..user.start]);
            line.hide(&text.as_bytes()[user.clone()]);
            line.quote(&text.as_bytes()[user.end..]);
        }
        None => line.quote(target),
    }
}

/// Where the user information stands in a target: it is a secret (RFC 9110 4.2.4).
pub(super) fn user_information(target: &str) -> Option<Range<usize>> {
    let from = target.find("://")? + 3;
    let end = target[from..].find(['/', '?', '#']).map_or(target.len(), |end| from + end);
    target[from..end].rfind('@').map(|at| from..from + at)
}

fn media_type(fields: &Fields<'_>) -> Line {
    let mut line = Line::default();
    if let Some(value) = values(fields, "content-type").next() {
        line.say(" ");
        let essence = value.split(|octet| *octet == b';').next().unwrap_or_default();
        line.quote(essence.trim_ascii());
    }
    line
}

fn closing(fields: &Fields<'_>, shown: &[(&str, Shown)]) -> Line {
    let mut line = Line::default();
    for (name, shown) in shown {
        for value in values(fields, &name.to_ascii_lowercase()) {
            line.say(", ");
            line.say(name);
            line.say(": ");
            show(&mut line, value, *shown);
        }
    }
    line
}

fn show(line: &mut Line, value: &[u8], shown: Shown) {
    let scheme = match shown {
        Shown::Openly => return line.quote(value),
        Shown::Hidden => 0,
        Shown::SchemeOnly => value.iter().position(|octet| *octet == b' ').map_or(0, |space| space + 1),
        Shown::NameOnly => value.iter().position(|octet| *octet == b'=').map_or(0, |equals| equals + 1),
    };
    let (scheme, secret) = value.split_at(scheme);
    line.quote(scheme);
    line.hide(secret);
}

fn values<'a>(fields: &Fields<'a>, name: &str) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| *value)
}

/// How a field's value stands in a summary.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    Openly,
    Hidden,
    /// `Basic •••`
    SchemeOnly,
    /// `session=•••`
    NameOnly,
}

pub(super) const OF_REQUEST: [(&str, Shown); 4] = [
    ("Range", Shown::Openly),
    ("Authorization", Shown::SchemeOnly),
    ("Proxy-Authorization", Shown::SchemeOnly),
    ("Cookie", Shown::Hidden),
];
pub(super) const OF_ANSWER: [(&str, Shown); 4] = [
    ("Location", Shown::Openly),
    ("Content-Range", Shown::Openly),
    ("WWW-Authenticate", Shown::Openly),
    ("Set-Cookie", Shown::NameOnly),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_in_one_line() {
        let fields: [(&[u8], &[u8]); 2] = [(b"Content-Type", b"text/plain; charset=utf-8"), (b"Range", b"bytes=0-1")];
        let words = Words::of_request(b"PUT", b"/a", Some(b"www.shop.test"), &fields);
        assert_eq!(words.line(1024).text, "PUT /a (www.shop.test) text/plain 1,024 octets, Range: bytes=0-1");
    }

    #[test]
    fn secrets_are_marked_and_nothing_else() {
        let fields: [(&[u8], &[u8]); 2] = [(b"authorization", b"Basic abc="), (b"cookie", b"id=1")];
        let words = Words::of_request(b"GET", b"http://me:pw@a.test/x@y", None, &fields);
        assert_eq!(shown(&words), "GET http://•@a.test/x@y, Authorization: Basic •, Cookie: •");
        let fields: [(&[u8], &[u8]); 2] = [(b"set-cookie", b"id=1; Path=/"), (b"location", b"/b")];
        assert_eq!(shown(&Words::of_answer(302, b"", &fields)), "302 Found, Location: /b, Set-Cookie: id=•");
    }

    fn shown(words: &Words) -> String {
        let line = words.line(0);
        let mut text = line.text.clone();
        for secret in line.secrets.iter().rev() {
            text.replace_range(secret.clone(), "•");
        }
        text
    }
}
