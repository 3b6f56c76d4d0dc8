//! What is shown of a WebSocket: a message is a line, or for programs an event of JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use toynet_machine::Time;
use toynet_net::Clock;
use toynet_service::{Ending, Errand, How};

use crate::client::answer::AnswerHead;
use crate::client::failure::Failure;
use crate::client::url::Url;
use crate::wire::websocket::{Message, Violation, code};

/// Shows a conversation, and says how it ended.
pub(super) struct Talk {
    errand: Errand,
    clock: Clock,
    began: Time,
    said: u64,
    heard: u64,
}

/// How a conversation ended.
pub(super) enum Closed {
    /// Both sides have said that it is over; why the server did.
    Agreed { why: Option<(u16, String)>, by_client: bool },
    /// The server broke a rule.
    Broken(Violation),
    /// The connection ended without a word.
    Lost,
    /// The server did not agree to end it.
    Unanswered,
}

impl Talk {
    pub fn new(errand: &Errand) -> Self {
        let clock = errand.host().clock();
        Self { errand: errand.clone(), clock, began: clock.now(), said: 0, heard: 0 }
    }

    pub fn opened(&self, head: &AnswerHead, url: &Url) {
        let protocol = head.text("sec-websocket-protocol");
        let detail = json!({
            "v": 1, "url": url.to_string(), "version": head.version, "status": head.status, "subprotocol": protocol,
        });
        self.tell("opened", detail);
    }

    /// There is no WebSocket, but an answer.
    pub fn refused(&self, head: &AnswerHead) -> Ending {
        let reason = http::StatusCode::from_u16(head.status).ok().and_then(|code| code.canonical_reason());
        let mut why =
            format!("the server opens no WebSocket: it answered {} {}", head.status, reason.unwrap_or_default());
        if let Some(version) = head.text("sec-websocket-version") {
            let version: String = version.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
            why += &format!(" (it knows version {version})");
        }
        self.tell("refused", json!({ "v": 1, "version": head.version, "status": head.status, "error": why }));
        self.ending(Ending::refused(why))
    }

    /// There is no WebSocket, and no answer.
    pub fn failed(&self, failure: &Failure) -> Ending {
        self.tell("failed", json!({ "v": 1, "error": failure.to_string() }));
        self.ending(Ending::unanswered(failure.to_string()))
    }

    pub fn said(&mut self, message: &Message) {
        self.said += 1;
        self.tell("said", content(message));
    }

    /// Shows what the server says; false when nobody reads it any more.
    pub fn heard(&mut self, message: &Message) -> bool {
        if let Message::Text(_) | Message::Binary(_) = message {
            self.heard += 1;
        }
        if self.errand.json {
            return self.tell("heard", content(message));
        }
        match message {
            Message::Text(text) => self.errand.print(format!("{text}\n")),
            Message::Binary(octets) => self.errand.print(format!("{}\n", dump(octets))),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => true,
        }
    }

    pub fn ended(&self, how: Closed) -> Ending {
        let (code, reason, by) = match &how {
            Closed::Agreed { why, by_client } => {
                let (code, reason) = why.clone().unwrap_or((1005, String::new()));
                (code, reason, Some(if *by_client { "client" } else { "server" }))
            }
            Closed::Broken(violation) => (violation.code(), violation.to_string(), Some("client")),
            Closed::Lost | Closed::Unanswered => (1006, String::new(), None),
        };
        let meaning = code::meaning(code);
        self.tell("closed", json!({ "by": by, "code": code, "meaning": meaning, "reason": reason }));
        let why = match reason.is_empty() {
            true => format!("{code} ({meaning})"),
            false => format!("{code} ({meaning}): {}", printable(&reason)),
        };
        let outcome = format!("closed with {why}; {} said, {} heard", self.said, self.heard);
        self.ending(match how {
            Closed::Agreed { .. } if code::is_failure(code) => {
                Ending { how: How::Refused, outcome, remark: Some(format!("the server closed it with {why}")) }
            }
            Closed::Agreed { by_client: true, .. } => Ending::done(outcome),
            Closed::Agreed { .. } => {
                Ending { how: How::Done, outcome, remark: Some(format!("the server closed it with {why}")) }
            }
            Closed::Broken(violation) => Ending::unanswered(format!("the server breaks a rule: {violation}")),
            Closed::Lost => Ending::unanswered("the connection ended without a close frame: 1006 (RFC 6455 7.1.5)"),
            Closed::Unanswered => Ending::unanswered("the server did not answer the close frame (RFC 6455 5.5.1)"),
        })
    }

    /// What is said in JSON need not be said again.
    fn ending(&self, ending: Ending) -> Ending {
        if self.errand.json { ending.quietly() } else { ending }
    }

    fn tell(&self, event: &str, detail: Value) -> bool {
        if !self.errand.json {
            return true;
        }
        let seconds = (self.clock.now() - self.began).as_micros() as f64 / 1e6;
        let mut line = json!({ "event": event, "seconds": seconds });
        if let (Value::Object(line), Value::Object(detail)) = (&mut line, detail) {
            line.extend(detail);
        }
        self.errand.print(format!("{line}\n"))
    }
}

fn content(message: &Message) -> Value {
    let of = |kind: &str, octets: &[u8]| match std::str::from_utf8(octets) {
        Ok(text) => json!({ "type": kind, "text": text }),
        Err(_) => json!({ "type": kind, "base64": STANDARD.encode(octets) }),
    };
    match message {
        Message::Text(text) => json!({ "type": "text", "text": text }),
        Message::Binary(octets) => json!({ "type": "binary", "base64": STANDARD.encode(octets) }),
        Message::Ping(octets) => of("ping", octets),
        Message::Pong(octets) => of("pong", octets),
        Message::Close(_) => json!({ "type": "close" }),
    }
}

/// Octets for a person: how many, and the first of them.
fn dump(octets: &[u8]) -> String {
    let shown: Vec<_> = octets.iter().take(DUMPED).map(|octet| format!("{octet:02x}")).collect();
    let more = if octets.len() > DUMPED { " …" } else { "" };
    let unit = if octets.len() == 1 { "octet" } else { "octets" };
    format!("[{} {unit}] {}{more}", octets.len(), shown.join(" "))
}

fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

/// What fits a line.
const DUMPED: usize = 64;
/// Long enough for any list of versions that makes sense.
const LONGEST: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_shown_as_far_as_a_line_goes() {
        assert_eq!(dump(&[0, 255]), "[2 octets] 00 ff");
        assert!(dump(&[7; 65]).ends_with("07 07 …"));
    }
}
