//! What is said in a WebSocket, in the fields that Chromium's tools add to HAR for it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use toynet_record::dissect::{Carried, Message as Told};
use toynet_record::{Side, export::Exchange};

use super::body::Room;
use crate::dissect::carried::OPCODE;

/// A conversation behind the handshake.
#[derive(Debug)]
pub(super) struct Conversation {
    pub messages: Vec<Message>,
    /// What a reader should know of it.
    pub comment: Option<String>,
}

/// A message, or what broke the conversation.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Seconds since 1970, when all of it was there.
    time: f64,
    /// RFC 6455 5.2; -1 of what is no message.
    opcode: i8,
    /// A text as it is, anything else in base64.
    data: String,
}

impl Conversation {
    pub fn of(exchange: &Exchange<'_>, room: &mut Room) -> Self {
        let mut said = exchange.messages.iter().filter_map(Message::of).peekable();
        let mut messages = Vec::new();
        while let Some(message) = said.next_if(|message| room.take(message.data.len())) {
            messages.push(message);
        }
        let left_out = said.count() as u64 + exchange.left_out;
        let is_cut = exchange.messages.iter().any(|told| payload(told).is_some_and(|carried| !carried.is_whole));
        let left_out = (left_out > 0).then(|| left_out_in_words(left_out));
        let cut = is_cut.then(|| "of the longest messages only the beginning is kept".to_owned());
        let failure = exchange.failure.map(|why| format!("what follows is left out: {why}"));
        let comment = [left_out, cut, failure].into_iter().flatten().reduce(|one, other| format!("{one}; {other}"));
        Self { messages, comment }
    }
}

impl Message {
    /// Nothing of what belongs to the handshake.
    fn of(told: &Told) -> Option<Self> {
        let kind = if told.by == Side::Initiator { "send" } else { "receive" };
        let time = ((told.time + told.lasted).nanos() / 1000) as f64 / 1e6;
        if let Some(carried) = payload(told) {
            let opcode = carried.value(OPCODE)?.parse().ok()?;
            let data = match opcode {
                TEXT => String::from_utf8_lossy(&carried.content).into_owned(),
                _ => STANDARD.encode(&carried.content),
            };
            return Some(Self { kind, time, opcode, data });
        }
        let why = if told.faults.is_empty() { told.summary.clone() } else { told.faults.join("; ") };
        (told.carried.is_none() && told.failed).then_some(Self { kind: "error", time, opcode: -1, data: why })
    }
}

fn payload(told: &Told) -> Option<&Carried> {
    told.carried.as_deref().filter(|carried| carried.value(OPCODE).is_some())
}

fn left_out_in_words(count: u64) -> String {
    let messages = if count == 1 { "1 message is".to_owned() } else { format!("{count} messages are") };
    format!("{messages} left out behind these: it is more than one file should hold of it")
}

const TEXT: i8 = 1;
