//! SOCKS 5 in front of HTTP, where a proxy leads to the server (RFC 1928).

use toynet_machine::Time;
use toynet_record::Side;
use toynet_record::dissect::{Message, Note, Said};

use crate::wire::socks::{self, NO_AUTHENTICATION, Place, Stage, USER, Word};

/// What both sides say until the way is open.
#[derive(Debug)]
pub(super) struct Socks {
    stage: Option<Stage>,
    explains: bool,
    client: Half,
    proxy: Half,
}

/// What one side has said and nobody has understood so far, and since when.
#[derive(Debug, Default)]
struct Half {
    octets: Vec<u8>,
    began: Time,
}

/// Where SOCKS has led.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Led {
    /// It goes on.
    On,
    /// To the server.
    Through,
    /// Nowhere.
    Nowhere,
}

impl Socks {
    pub fn new(explains: bool) -> Self {
        Self { stage: Some(Stage::Greeting), explains, client: Half::default(), proxy: Half::default() }
    }

    pub fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) -> Led {
        let half = self.half(said.by);
        if half.octets.is_empty() {
            half.began = said.time;
        }
        half.octets.extend_from_slice(said.octets);
        while let Some(stage) = self.stage {
            let by = if stage.is_clients() { Side::Initiator } else { Side::Acceptor };
            let half = self.half(by);
            let began = half.began;
            match stage.read(&half.octets) {
                Ok(None) if half.octets.len() <= LONGEST => return Led::On,
                Ok(Some((word, length))) => {
                    half.octets.drain(..length);
                    out.push(self.message(by, &word, length, began));
                    self.stage = word.next();
                    if matches!(word, Word::Reply(socks::SUCCEEDED, _)) {
                        return Led::Through;
                    }
                }
                Ok(None) | Err(socks::NotSocks) => return self.broken(by, began, out),
            }
        }
        Led::Nowhere
    }

    /// What was said to the server, and by it, already.
    pub fn rest(self) -> [(Side, Time, Vec<u8>); 2] {
        [(Side::Initiator, self.client), (Side::Acceptor, self.proxy)].map(|(by, half)| (by, half.began, half.octets))
    }

    fn half(&mut self, by: Side) -> &mut Half {
        match by {
            Side::Initiator => &mut self.client,
            Side::Acceptor => &mut self.proxy,
        }
    }

    fn broken(&mut self, by: Side, time: Time, out: &mut Vec<Message>) -> Led {
        self.stage = None;
        let faults = vec!["the octets are not those of SOCKS 5 (RFC 1928)".to_owned()];
        let octets = self.half(by).octets.len() as u64;
        let told = Message { octets, ..Message::new(by, time, "broken SOCKS") };
        out.push(Message { failed: true, faults, ..told });
        Led::Nowhere
    }

    fn message(&self, by: Side, word: &Word, length: usize, time: Time) -> Message {
        let mut told = Message { octets: length as u64, ..Message::new(by, time, summary(word)) };
        told.failed = matches!(word, Word::Status(1..) | Word::Reply(1.., _) | Word::Choice(NO_METHOD));
        if self.explains {
            told.notes.push(note(word));
        }
        told
    }
}

fn summary(word: &Word) -> String {
    match word {
        Word::Greeting(methods) => {
            let methods: Vec<_> = methods.iter().map(|method| self::method(*method)).collect();
            format!("SOCKS 5, login by {}", methods.join(" or "))
        }
        Word::Choice(NO_METHOD) => "SOCKS 5, no such login will do".to_owned(),
        Word::Choice(method) => format!("SOCKS 5, login by {}", self::method(*method)),
        Word::Password(user) => format!("SOCKS login as {user}"),
        Word::Status(0) => "SOCKS login accepted".to_owned(),
        Word::Status(_) => "SOCKS login refused".to_owned(),
        Word::Request(socks::CONNECT, place) => format!("SOCKS connect to {place}"),
        Word::Request(command, place) => format!("SOCKS command {command} for {place}"),
        Word::Reply(code, _) => format!("SOCKS reply {code}: {}", socks::in_words(*code)),
    }
}

fn method(method: u8) -> String {
    match method {
        NO_AUTHENTICATION => "nothing".to_owned(),
        1 => "GSSAPI".to_owned(),
        USER => "password".to_owned(),
        other => format!("method {other}"),
    }
}

fn note(word: &Word) -> Note {
    let (text, rule) = match word {
        Word::Greeting(_) => ("says in which ways it can log in".to_owned(), "RFC 1928 3"),
        Word::Choice(NO_METHOD) => ("takes none of these ways, and the connection ends".to_owned(), "RFC 1928 3"),
        Word::Choice(_) => ("chooses one of these ways".to_owned(), "RFC 1928 3"),
        Word::Password(_) => ("says name and password, which anybody on the way can read".to_owned(), "RFC 1929 2"),
        Word::Status(_) => ("0 is success, anything else ends the connection".to_owned(), "RFC 1929 2"),
        Word::Request(_, Place::Name(..)) => ("has the proxy look the name up".to_owned(), "RFC 1928 5"),
        Word::Request(_, Place::Address(_)) => ("has looked up the address by itself".to_owned(), "RFC 1928 5"),
        Word::Reply(socks::SUCCEEDED, from) => {
            (format!("all that follows is the server's, to whom the proxy speaks from {from}"), "RFC 1928 6")
        }
        Word::Reply(..) => ("the connection ends".to_owned(), "RFC 1928 6"),
    };
    Note::new(text, rule)
}

/// Of a proxy that chooses no method (RFC 1928 3).
const NO_METHOD: u8 = 0xff;
/// Name and password with their lengths, the longest word that there is (RFC 1929 2).
const LONGEST: usize = 3 + 2 * 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_told_from_greeting_to_reply_and_what_follows_is_the_servers() {
        let mut socks = Socks::new(true);
        let mut out = Vec::new();
        let to = Place::Name("www.shop.test".into(), 80);
        let client = [socks::greeting(true), socks::password("me", "secret"), socks::connect(&to), b"GET".to_vec()];
        // A client that does not wait.
        assert_eq!(said(&mut socks, Side::Initiator, &client.concat(), &mut out), Led::On);
        let proxy = [&[5, 2, 1, 0][..], &[5, 0, 0, 1, 127, 0, 0, 1, 0, 9]].concat();
        let led: Vec<_> = proxy.chunks(1).map(|part| said(&mut socks, Side::Acceptor, part, &mut out)).collect();
        assert_eq!(led.last(), Some(&Led::Through));
        let told: Vec<_> = out.iter().map(|message| message.summary.as_str()).collect();
        assert_eq!(
            told,
            [
                "SOCKS 5, login by nothing or password",
                "SOCKS 5, login by password",
                "SOCKS login as me",
                "SOCKS login accepted",
                "SOCKS connect to www.shop.test:80",
                "SOCKS reply 0: it leads there",
            ]
        );
        assert!(out.iter().all(|message| !message.failed && message.notes[0].rule.is_some()));
        assert_eq!(socks.rest().map(|(_, _, octets)| octets), [b"GET".to_vec(), Vec::new()]);
    }

    #[test]
    fn a_refusal_and_what_is_no_socks_lead_nowhere() {
        let mut out = Vec::new();
        let mut socks = Socks::new(false);
        assert_eq!(said(&mut socks, Side::Initiator, &[5, 1, 0], &mut out), Led::On);
        assert_eq!(said(&mut socks, Side::Acceptor, &[5, 255], &mut out), Led::Nowhere);
        assert!(out[1].failed && out[1].summary == "SOCKS 5, no such login will do");
        let mut socks = Socks::new(false);
        assert_eq!(said(&mut socks, Side::Initiator, &[5, 1, 0], &mut out), Led::On);
        assert_eq!(said(&mut socks, Side::Acceptor, b"HTTP/1.1 400", &mut out), Led::Nowhere);
        assert_eq!(out.last().unwrap().summary, "broken SOCKS");
    }

    fn said(socks: &mut Socks, by: Side, octets: &[u8], out: &mut Vec<Message>) -> Led {
        socks.said(Said { by, time: Time::default(), octets }, out)
    }
}
