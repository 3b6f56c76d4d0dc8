//! What the server says: replies.

use toynet_machine::Time;
use toynet_record::dissect::Said;
use toynet_record::{Message, Side};

use super::line::{Line, Lines};
use super::{Next, Talk, What, notes};

#[derive(Debug)]
pub(super) struct Server {
    lines: Lines,
    begun: Option<Begun>,
    last: Time,
    /// Octets are missing: a line begins when the client has spoken.
    lost: bool,
}

/// A reply as far as it was said.
#[derive(Debug)]
struct Begun {
    code: u16,
    /// Its lines, without the code.
    text: Vec<String>,
    began: Time,
    octets: u64,
    faults: Vec<String>,
}

impl Server {
    pub fn new(joined_late: bool) -> Self {
        Self { lines: Lines::default(), begun: None, last: Time::default(), lost: joined_late }
    }

    /// Takes octets, and says what the replies that they finish make the client do.
    pub fn said(&mut self, said: Said<'_>, talk: &mut Talk, out: &mut Vec<Message>) -> Vec<Next> {
        self.last = said.time;
        if talk.sealed {
            return Vec::new();
        }
        let (mut rest, mut all) = (said.octets, Vec::new());
        while !self.lost && !rest.is_empty() {
            let (count, line) = self.lines.take(said.time, rest);
            rest = &rest[count..];
            all.extend(line.and_then(|line| self.line(&line, talk, out)));
        }
        all
    }

    /// The client speaks, so that a reply begins with what comes next.
    pub fn is_interrupted(&mut self) {
        self.lost = false;
    }

    pub fn hole(&mut self, length: u64) {
        if length > 0 {
            self.lines.forget();
            self.begun = None;
            self.lost = true;
        }
    }

    pub fn closed(&mut self, talk: &mut Talk, out: &mut Vec<Message>) {
        if let Some(line) = self.lines.finish() {
            self.line(&line, talk, out);
        }
        if let Some(begun) = self.begun.take() {
            self.tell(begun, talk, out);
        }
    }

    fn line(&mut self, line: &Line, talk: &mut Talk, out: &mut Vec<Message>) -> Option<Next> {
        let text = line.text();
        let (code, is_last, rest) = split(&text);
        let begun = self.begun.get_or_insert(Begun {
            code,
            text: Vec::new(),
            began: line.began,
            octets: 0,
            faults: Vec::new(),
        });
        begun.octets += line.length;
        begun.faults.extend(line.fault.map(str::to_owned));
        if code == 0 {
            begun.faults.push("A reply begins with three digits (RFC 5321 4.2).".to_owned());
        } else if begun.code != code {
            begun.faults.push("A reply has one code on all its lines (RFC 5321 4.2.1).".to_owned());
        }
        begun.text.push(rest.to_owned());
        if !is_last && begun.text.len() < MOST_LINES {
            return None;
        }
        let begun = self.begun.take()?;
        self.tell(begun, talk, out)
    }

    fn tell(&self, begun: Begun, talk: &mut Talk, out: &mut Vec<Message>) -> Option<Next> {
        let (exchange, role, what) = talk.answered(begun.code);
        let text = begun.text.join(", ");
        let notes = if talk.explain { notes::reply(what, begun.code, &begun.text) } else { Vec::new() };
        out.push(Message {
            exchange,
            by: Side::Acceptor,
            role,
            time: begun.began,
            lasted: self.last.since(begun.began),
            summary: if begun.code == 0 { text } else { format!("{} {text}", begun.code).trim_end().to_owned() },
            secrets: Vec::new(),
            failed: begun.code >= 400 || !begun.faults.is_empty(),
            faults: begun.faults,
            notes,
            octets: begun.octets,
            carried: None,
        });
        match (begun.code, what) {
            (354, What::Data) => Some(Next::Content),
            (334, What::Auth) => Some(Next::Secret),
            (220, What::StartTls) => Some(Next::Tls),
            _ => None,
        }
    }
}

/// Code, whether it is the last line, and text; a line without a code is all text.
fn split(text: &str) -> (u16, bool, &str) {
    let code = text.get(..3).filter(|code| code.bytes().all(|octet| octet.is_ascii_digit()));
    match (code.and_then(|code| code.parse().ok()), text.as_bytes().get(3)) {
        (Some(code), Some(b'-')) => (code, false, &text[4..]),
        (Some(code), Some(b' ')) => (code, true, &text[4..]),
        (Some(code), None) => (code, true, ""),
        _ => (0, true, text),
    }
}

/// Longer ones are told in parts.
const MOST_LINES: usize = 100;
