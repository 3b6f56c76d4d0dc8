//! TLS as it passed: the handshake is followed from outside, and records are opened with the keys of a log.
//!
//! - here: whose record comes next, and what is told of the connection as a whole
//! - `way`: one side's records and keys

use std::mem;

use toynet_record::{Side, alert};

use super::handshake::{ClientHello, Message, ServerHello};
use super::keylog::KeyLog;
use super::keys::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Keys, Randoms};
use super::others;
use super::record::Next;
use super::suite::Suite;
use super::way::{Opened, Way};

/// One connection, from its client's first record on.
#[derive(Debug, Default)]
pub struct Follower {
    client: Way,
    server: Way,
    hello: Option<ClientHello>,
    agreed: Option<ServerHello>,
    /// The application protocol that the server chose.
    alpn: Option<String>,
    /// The names of the server's certificate, where that passes in clear.
    certificate: Vec<String>,
    has_certificate: bool,
    /// Whether the server wanted another hello.
    has_retried: bool,
    stage: Stage,
    /// All that passed until it is known whether it can be opened.
    passed: Vec<(Side, Passed)>,
    kept: usize,
    /// Octets of early data.
    early: u64,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Handshake,
    Open,
    Shut,
}

/// Something that one side sent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Passed {
    Octets(Vec<u8>),
    Hole(u64),
}

/// What is heard of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is open from here on: its terms, and the lines of the key log that open it.
    Secured {
        /// As [`Seen::Secured`](toynet_record::Seen) has them.
        terms: String,
        /// The lines.
        secrets: Vec<String>,
    },
    /// It is closed from here on, and what was said so far comes next as it passed.
    Shut {
        /// As [`Seen::Shut`](toynet_record::Seen) has them.
        terms: String,
    },
    /// Somebody would not have it, or broke it off.
    Refused {
        /// Who.
        by: Side,
        /// Why.
        why: String,
    },
    /// Clear text, or what passed where that is not known.
    Said {
        /// Whose.
        by: Side,
        /// What.
        octets: Vec<u8>,
    },
    /// So much is missing.
    Hole {
        /// Whose.
        by: Side,
        /// Octets.
        length: u64,
    },
}

impl Follower {
    /// Takes what one side sent.
    pub fn said(&mut self, by: Side, octets: &[u8], keys: &KeyLog, out: &mut Vec<Heard>) {
        if self.stage == Stage::Shut {
            return out.push(Heard::Said { by, octets: octets.to_vec() });
        }
        self.keep(by, Passed::Octets(octets.to_vec()), octets.len());
        self.way(by).records.push(octets);
        self.work(keys, out);
        if self.kept > LONGEST_HANDSHAKE {
            self.shut("its handshake is longer than any", out);
        }
    }

    /// Learns that a part of what one side sent is missing.
    pub fn hole(&mut self, by: Side, length: u64, keys: &KeyLog, out: &mut Vec<Heard>) {
        match self.stage {
            Stage::Shut => return out.push(Heard::Hole { by, length }),
            Stage::Open => {}
            Stage::Handshake => self.keep(by, Passed::Hole(length), 0),
        }
        if let Some(length) = self.way(by).hole(length).filter(|_| self.stage == Stage::Open) {
            out.push(Heard::Hole { by, length });
        }
        if !self.way(by).is_sealed() {
            return self.shut("a part of its handshake is missing", out);
        }
        self.work(keys, out);
    }

    /// Nothing more comes.
    pub fn closed(&mut self, out: &mut Vec<Heard>) {
        match (self.stage, &self.agreed) {
            (Stage::Handshake, Some(_)) => self.shut("it ended before anything was said in it", out),
            (Stage::Handshake, None) => self.shut("the server never agreed", out),
            (Stage::Open, _) => self.give_up_gaps(out),
            (Stage::Shut, _) => {}
        }
    }

    /// What is missing is so for good.
    fn give_up_gaps(&mut self, out: &mut Vec<Heard>) {
        for by in [Side::Initiator, Side::Acceptor] {
            let length = self.way(by).records.gap();
            out.extend((length > 0).then_some(Heard::Hole { by, length }));
        }
    }

    fn keep(&mut self, by: Side, passed: Passed, length: usize) {
        if self.stage == Stage::Handshake {
            self.passed.push((by, passed));
            self.kept += length;
        }
    }

    fn work(&mut self, keys: &KeyLog, out: &mut Vec<Heard>) {
        let mut goes_on = true;
        while goes_on && self.stage != Stage::Shut {
            goes_on = [Side::Initiator, Side::Acceptor].into_iter().any(|by| self.turn(by, keys, out));
        }
    }

    /// Takes the next record of a side; whether there was one.
    fn turn(&mut self, by: Side, keys: &KeyLog, out: &mut Vec<Heard>) -> bool {
        // What a client seals before the server has agreed can wait until it has.
        let is_early = |kind| !matches!(kind, HANDSHAKE | ALERT) && !self.has_retried;
        if by == Side::Initiator && self.agreed.is_none() && self.client.records.kind().is_some_and(is_early) {
            return false;
        }
        match self.way(by).records.next() {
            _ if self.stage == Stage::Shut => return false,
            Next::Nothing => return false,
            Next::Nonsense => self.shut("what follows is no record of TLS", out),
            Next::Record(record) => self.record(by, record.kind, &record.body, keys, out),
            Next::Perhaps(record, gap) => match self.way(by).open_behind(record.kind, &record.body, gap) {
                (Opened::Text(kind, text), length) => {
                    self.way(by).records.settle();
                    out.extend((self.stage == Stage::Open).then_some(Heard::Hole { by, length }));
                    self.content(by, kind, &text, keys, out);
                }
                (Opened::No, _) => self.way(by).records.reject(),
                (Opened::GivenUp, _) => self.shut("too much of it is missing to find its records again", out),
            },
        }
        true
    }

    fn record(&mut self, by: Side, kind: u8, body: &[u8], keys: &KeyLog, out: &mut Vec<Heard>) {
        let is_tls13 = self.agreed.as_ref().is_some_and(|agreed| agreed.version == TLS13);
        if !self.way(by).is_sealed() {
            return match kind {
                CHANGE_CIPHER_SPEC if is_tls13 || self.has_retried => {}
                CHANGE_CIPHER_SPEC => self.change(by, keys, out),
                APPLICATION_DATA => self.shut("a part of its handshake is missing", out),
                _ => self.content(by, kind, body, keys, out),
            };
        }
        // In TLS 1.3 it means nothing (RFC 8446 appendix D.4), and an alert may still be in clear.
        if is_tls13 && (kind == CHANGE_CIPHER_SPEC || kind == ALERT && body.len() == 2) {
            return self.content(by, kind, body, keys, out);
        }
        match self.way(by).open(kind, body) {
            Opened::Text(kind, text) => self.content(by, kind, &text, keys, out),
            Opened::No if self.is_early(by) => self.early += body.len() as u64,
            Opened::No if self.stage == Stage::Handshake && self.way(by).may_miss() => {}
            Opened::No | Opened::GivenUp => self.shut("its records do not open with the keys that are known", out),
        }
    }

    /// Whether a record that does not open may be early data (RFC 8446 section 4.2.10).
    fn is_early(&self, by: Side) -> bool {
        let offered = self.hello.as_ref().is_some_and(|hello| hello.early_data);
        by == Side::Initiator && offered && self.client.has_opened_nothing() && self.early < MOST_EARLY
    }

    /// What stands in a record, in clear.
    fn content(&mut self, by: Side, kind: u8, text: &[u8], keys: &KeyLog, out: &mut Vec<Heard>) {
        match kind {
            HANDSHAKE => {
                self.way(by).messages.push(text);
                while let Some(message) = self.way(by).messages.next() {
                    self.message(by, message, keys, out);
                }
                if self.way(by).messages.is_too_long() {
                    self.shut("a message of its handshake is longer than any", out);
                }
            }
            APPLICATION_DATA => {
                self.secure(keys, out);
                if !text.is_empty() {
                    out.push(Heard::Said { by, octets: text.to_vec() });
                }
            }
            ALERT => self.alert(by, text, out),
            _ => {}
        }
    }

    fn message(&mut self, by: Side, message: Message, keys: &KeyLog, out: &mut Vec<Heard>) {
        match message {
            Message::Client(_) if self.way(by).is_sealed() && self.agreed.is_some() => {
                self.shut("it is negotiated anew", out);
            }
            Message::Client(hello) if by == Side::Initiator => self.hello = Some(hello),
            Message::Server(hello) if by == Side::Acceptor && self.agreed.is_none() => self.agree(hello, keys, out),
            Message::Extensions(alpn) if by == Side::Acceptor => self.alpn = alpn,
            Message::Certificate(names) if by == Side::Acceptor => {
                self.has_certificate = true;
                self.certificate = names;
            }
            Message::Finished => {
                self.way(by).finish();
                if self.client.is_finished() && self.server.is_finished() {
                    self.secure(keys, out);
                }
            }
            Message::Retry => self.has_retried = true,
            Message::KeyUpdate => self.way(by).update(),
            Message::Client(_)
            | Message::Server(_)
            | Message::Extensions(_)
            | Message::Certificate(_)
            | Message::Other => {}
        }
    }

    fn agree(&mut self, hello: ServerHello, keys: &KeyLog, out: &mut Vec<Heard>) {
        self.alpn.clone_from(&hello.alpn);
        let (version, suite) = (hello.version, Suite::of_number(hello.suite));
        self.agreed = Some(hello);
        if version != TLS13 {
            return;
        }
        let Some(suite) = suite else { return self.shut(NO_SUITE, out) };
        let random = self.hello.as_ref().map(|hello| hello.random).unwrap_or_default();
        let secret = |label: &str| keys.find(&random, label);
        self.client.seal(suite, secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET"), secret("CLIENT_TRAFFIC_SECRET_0"));
        self.server.seal(suite, secret("SERVER_HANDSHAKE_TRAFFIC_SECRET"), secret("SERVER_TRAFFIC_SECRET_0"));
        if !self.client.is_sealed() || !self.server.is_sealed() {
            self.shut(NO_KEY, out);
        }
    }

    /// RFC 5246 section 7.1: what this side says from here on is sealed.
    fn change(&mut self, by: Side, keys: &KeyLog, out: &mut Vec<Heard>) {
        let (Some(hello), Some(agreed)) = (&self.hello, &self.agreed) else {
            return self.shut("a part of its handshake is missing", out);
        };
        let Some(suite) = Suite::of_number(agreed.suite).filter(|_| agreed.version == TLS12) else {
            return self.shut(NO_SUITE, out);
        };
        let randoms = Randoms { client: hello.random, server: agreed.random };
        let secret = keys.find(&hello.random, "CLIENT_RANDOM").filter(|secret| secret.len() == MASTER_SECRET);
        let both = secret.and_then(|secret| Keys::of_master_secret(suite, secret, &randoms));
        let Some([client, server]) = both else { return self.shut(NO_KEY, out) };
        self.way(by).seal_with(if by == Side::Initiator { client } else { server });
    }

    fn alert(&mut self, by: Side, text: &[u8], out: &mut Vec<Heard>) {
        let Some(number) = text.get(1).copied().filter(|number| *number != CLOSE_NOTIFY) else { return };
        if text[0] != FATAL && number != USER_CANCELED && self.stage == Stage::Open {
            return;
        }
        if self.stage == Stage::Handshake {
            self.shut("it was given up", out);
        }
        out.push(Heard::Refused { by, why: alert::in_words(number) });
    }

    fn secure(&mut self, keys: &KeyLog, out: &mut Vec<Heard>) {
        if self.stage != Stage::Handshake {
            return;
        }
        self.stage = Stage::Open;
        self.passed = Vec::new();
        self.kept = 0;
        let mut terms = self.terms();
        if self.is_resumed() {
            terms.push_str(", resumed");
        }
        if self.early > 0 {
            terms.push_str(&format!(", {} octets of early data not opened", self.early));
        }
        let random = self.hello.as_ref().map(|hello| hello.random).unwrap_or_default();
        out.push(Heard::Secured { terms, secrets: keys.lines(&random) });
    }

    fn shut(&mut self, why: &str, out: &mut Vec<Heard>) {
        if self.stage == Stage::Shut {
            return;
        }
        let was_open = self.stage == Stage::Open;
        self.stage = Stage::Shut;
        out.push(Heard::Shut { terms: format!("{}: closed, {why}{}", self.terms(), self.shows()) });
        for (by, passed) in mem::take(&mut self.passed) {
            out.push(match passed {
                Passed::Octets(octets) => Heard::Said { by, octets },
                Passed::Hole(length) => Heard::Hole { by, length },
            });
        }
        if was_open {
            self.give_up_gaps(out);
            for by in [Side::Initiator, Side::Acceptor] {
                let octets = self.way(by).records.rest();
                out.extend((!octets.is_empty()).then_some(Heard::Said { by, octets }));
            }
        }
    }

    /// `TLS 1.3 TLS_AES_128_GCM_SHA256 h2 for www.shop.test`, as far as it is known.
    fn terms(&self) -> String {
        let mut terms = match &self.agreed {
            Some(agreed) => format!("{} {}", version(agreed.version), others::name(agreed.suite)),
            None => "TLS".to_owned(),
        };
        let name = self.hello.as_ref().and_then(|hello| hello.name.as_ref());
        self.alpn.iter().for_each(|alpn| terms.push_str(&format!(" {alpn}")));
        name.into_iter().for_each(|name| terms.push_str(&format!(" for {name}")));
        terms
    }

    /// What else shows from outside.
    fn shows(&self) -> String {
        let offers = self.hello.as_ref().map(|hello| hello.offers.join(", ")).unwrap_or_default();
        let mut shows = String::new();
        if self.alpn.is_none() && !offers.is_empty() {
            shows.push_str(&format!("; offered {offers}"));
        }
        if !self.certificate.is_empty() {
            shows.push_str(&format!("; certificate of {}", self.certificate.join(", ")));
        }
        shows
    }

    fn is_resumed(&self) -> bool {
        let (Some(hello), Some(agreed)) = (&self.hello, &self.agreed) else { return false };
        let is_known = !hello.session.is_empty() && hello.session == agreed.session;
        // Who makes up a handshake takes the random for the session (see [`super::session`]).
        let is_known = is_known && hello.session != hello.random;
        agreed.is_resumed || agreed.version != TLS13 && is_known && !self.has_certificate
    }

    fn way(&mut self, by: Side) -> &mut Way {
        match by {
            Side::Initiator => &mut self.client,
            Side::Acceptor => &mut self.server,
        }
    }
}

fn version(number: u16) -> String {
    match number {
        0x0300 => "SSL 3.0".to_owned(),
        0x0301..=0x0304 => format!("TLS 1.{}", number - 0x0301),
        _ => format!("TLS 0x{number:04x}"),
    }
}

const NO_SUITE: &str = "what this suite seals is not opened here";
const NO_KEY: &str = "its keys are not known";
const TLS12: u16 = 0x0303;
const TLS13: u16 = 0x0304;
/// RFC 5246 section 8.1.
const MASTER_SECRET: usize = 48;
const FATAL: u8 = 2;
const CLOSE_NOTIFY: u8 = 0;
const USER_CANCELED: u8 = 90;
/// Both sides' handshake with the largest certificates, and early data: what is longer is none.
const LONGEST_HANDSHAKE: usize = 512 * 1024;
/// Servers take 16 KiB as a rule; whoever sends more than ten times as much sends no early data.
const MOST_EARLY: u64 = 256 * 1024;

#[cfg(test)]
mod tests;
