//! WebSocket, once HTTP/1.1 has agreed on it (RFC 6455).

use std::time::Duration;

use toynet_machine::Time;
use toynet_record::Side;
use toynet_record::dissect::{Message, Role};

use super::line::{Line, octets};
use crate::wire::websocket::{self, Reader, Sender};

/// What one side says, in the exchange that the upgrade was agreed in.
#[derive(Clone, Debug)]
pub(super) struct WebSocket {
    exchange: u64,
    by: Side,
    reader: Reader,
    /// The message that is being heard: since when, and its octets so far.
    began: Option<Time>,
    length: u64,
    is_broken: bool,
}

impl WebSocket {
    pub fn new(exchange: u64, by: Side) -> Self {
        let sender = if by == Side::Initiator { Sender::Client } else { Sender::Server };
        // No more is gathered than was recorded.
        let reader = Reader::new(sender, usize::MAX);
        Self { exchange, by, reader, began: None, length: 0, is_broken: false }
    }

    pub fn said(&mut self, time: Time, mut rest: &[u8], out: &mut Vec<Message>) {
        while !rest.is_empty() && !self.is_broken {
            let began = *self.began.get_or_insert(time);
            let before = rest.len();
            let next = self.reader.next(&mut rest);
            self.length += (before - rest.len()) as u64;
            match next {
                Ok(None) => {}
                Ok(Some(message)) => out.push(self.message(words(&message), began, time)),
                Err(violation) => {
                    self.is_broken = true;
                    let mut line = Line::default();
                    line.say("broken WebSocket frame");
                    let told = self.message(line, began, time);
                    out.push(Message { failed: true, faults: vec![violation.to_string()], ..told });
                }
            }
        }
    }

    /// Where the next frame begins is not known any more.
    pub fn lose(&mut self) {
        self.is_broken = true;
    }

    fn message(&mut self, line: Line, began: Time, ended: Time) -> Message {
        self.began = None;
        Message {
            exchange: self.exchange,
            by: self.by,
            role: Role::Interim,
            time: began,
            lasted: if ended > began { ended - began } else { Duration::ZERO },
            summary: line.text,
            secrets: line.secrets,
            failed: false,
            faults: Vec::new(),
            notes: Vec::new(),
            octets: std::mem::take(&mut self.length),
            carried: None,
        }
    }
}

fn words(message: &websocket::Message) -> Line {
    let mut line = Line::default();
    line.say("WebSocket ");
    match message {
        websocket::Message::Text(text) => {
            line.say(&format!("text {}: ", octets(text.len() as u64)));
            line.quote(text.as_bytes());
        }
        websocket::Message::Binary(binary) => line.say(&format!("binary {}", octets(binary.len() as u64))),
        websocket::Message::Ping(said) => line.say(&format!("ping {}", octets(said.len() as u64))),
        websocket::Message::Pong(said) => line.say(&format!("pong {}", octets(said.len() as u64))),
        websocket::Message::Close(None) => line.say("close"),
        websocket::Message::Close(Some((code, why))) => {
            line.say(&format!("close {code} "));
            line.quote(why.as_bytes());
        }
    }
    line.text.truncate(line.text.trim_end().len());
    line
}
