//! What a client shows of a conversation: as text, or as events of JSON, one a line.

use serde_json::{Value, json};
use toynet_machine::Time;
use toynet_net::Clock;
use toynet_service::Errand;

use crate::client::Event;
use crate::dissect::asks_for_secret;
use crate::subnegotiation::Subnegotiation;

/// Shows a conversation.
#[derive(Debug)]
pub(super) struct Talk {
    errand: Errand,
    clock: Clock,
    began: Time,
    /// Whether lines end as files have them, not as the network has them.
    plain: bool,
    after_cr: bool,
    /// The end of what was shown, where a prompt stands.
    tail: Vec<u8>,
    /// Whether steps of negotiation are shown in text too.
    pub shows_options: bool,
}

impl Talk {
    pub fn new(errand: &Errand, plain: bool) -> Self {
        let clock = errand.host().clock();
        let began = clock.now();
        let errand = errand.clone();
        Self { errand, clock, began, plain, after_cr: false, tail: Vec::new(), shows_options: false }
    }

    /// Shows what the client itself has to say; whole lines.
    pub fn remark(&self, text: &str) {
        if !self.errand.json {
            self.errand.print(format!("{text}\n"));
        }
    }

    /// Shows a prompt of the client itself.
    pub fn prompt(&self, text: &str) {
        self.errand.print(text);
    }

    /// Ends a line that the server has left open, such as a prompt that nobody answers.
    pub fn end_line(&self) {
        if self.tail.last().is_some_and(|last| *last != b'\n') {
            self.remark("");
        }
    }

    /// Notes where the client stands: `trying`, `connected`, `closed`.
    pub fn note(&self, event: &str, detail: Value) {
        self.tell(event, detail);
    }

    /// Notes a line that was sent.
    pub fn typed(&self, line: &str) {
        let prompt = String::from_utf8_lossy(&self.tail);
        let prompt = prompt.lines().last().unwrap_or_default();
        let shown = if asks_for_secret(prompt) { "•••" } else { line };
        self.tell("typed", json!({ "text": shown }));
    }

    /// Shows what came of the server; `binary` octets as they stand.
    pub fn hear(&mut self, event: &Event, binary: bool) {
        match event {
            Event::Output(octets) => self.show(octets, binary),
            Event::Negotiated { by_server, verb, option } => {
                let by = if *by_server { "server" } else { "client" };
                self.tell("option", json!({ "by": by, "verb": verb.to_string(), "option": option.to_string() }));
                if self.shows_options {
                    self.remark(&format!("{} {verb} {option}", if *by_server { "RCVD" } else { "SENT" }));
                }
            }
            Event::Signal(signal) => self.tell("signal", json!({ "name": signal.to_string() })),
            Event::TimingMark(is_one) => self.tell("timing-mark", json!({ "agreed": is_one })),
            Event::Status(list) => {
                let told = Subnegotiation::Status(list.clone()).to_string();
                self.remark(&told);
                self.tell("status", json!({ "text": told }));
            }
            Event::ServerEchoes(_) | Event::Ended => {}
        }
    }

    fn show(&mut self, octets: &[u8], binary: bool) {
        self.tail.extend(octets);
        let surplus = self.tail.len().saturating_sub(LONGEST_PROMPT);
        self.tail.drain(..surplus);
        match (self.errand.json, self.plain && !binary) {
            (true, _) => self.tell("shown", json!({ "text": String::from_utf8_lossy(octets) })),
            (false, true) => {
                let plain = self.without_returns(octets);
                self.errand.print(plain);
            }
            (false, false) => {
                self.errand.print(octets);
            }
        }
    }

    /// CR LF as LF. A CR at the end waits for what follows.
    fn without_returns(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut plain = Vec::with_capacity(octets.len());
        for octet in octets {
            let after_cr = std::mem::replace(&mut self.after_cr, *octet == b'\r');
            if after_cr && *octet != b'\n' {
                plain.push(b'\r');
            }
            if *octet != b'\r' {
                plain.push(*octet);
            }
        }
        plain
    }

    fn tell(&self, event: &str, detail: Value) {
        if !self.errand.json {
            return;
        }
        let seconds = (self.clock.now() - self.began).as_micros() as f64 / 1e6;
        let mut line = json!({ "event": event, "seconds": seconds });
        if let (Value::Object(line), Value::Object(detail)) = (&mut line, detail) {
            line.extend(detail);
        }
        self.errand.print(format!("{line}\n"));
    }
}

/// More than any prompt has.
const LONGEST_PROMPT: usize = 256;
