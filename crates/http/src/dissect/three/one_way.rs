//! Streams that one side alone writes, told where they are to be explained, or break a rule.

use toynet_machine::Time;
use toynet_record::Side;
use toynet_record::dissect::{Message, Said};

use crate::dissect::notes::three as notes;
use crate::wire::three::one_way::Told;
use crate::wire::three::{OneWay as Wire, Streams};

/// One of them.
#[derive(Debug)]
pub(in super::super) struct OneWay {
    wire: Wire,
    streams: Streams,
    explains: bool,
    is_lost: bool,
}

impl OneWay {
    /// The stream of this number, whose first bit tells who opened it (RFC 9000 2.1).
    pub fn new(number: u64, explains: bool) -> Self {
        let streams = if number & 1 == 0 { Streams::of_client() } else { Streams::of_server() };
        Self { wire: Wire::default(), streams, explains, is_lost: false }
    }

    pub fn said(&mut self, Said { by, time, octets }: Said<'_>, out: &mut Vec<Message>) {
        if self.is_lost {
            return;
        }
        let length = octets.len() as u64;
        match self.wire.said(octets, &mut self.streams) {
            Ok(told) => out.extend(told.iter().filter_map(|told| self.message(told, by, time, length))),
            Err(broken) => {
                self.is_lost = true;
                let why = format!("{broken}: {}", broken.code);
                out.push(message(by, time, "a stream that breaks a rule", Some(why), length));
            }
        }
    }

    pub fn hole(&mut self, length: u64) {
        self.is_lost |= !self.wire.skip(length);
    }

    fn message(&self, told: &Told, by: Side, time: Time, octets: u64) -> Option<Message> {
        let (summary, notes) = notes::of(told);
        let is_told = self.explains || matches!(told, Told::GoAway(_));
        let notes = if self.explains { notes } else { Vec::new() };
        is_told.then(|| Message { notes, ..message(by, time, &summary, None, octets) })
    }
}

/// A message that belongs to no exchange.
pub(super) fn message(by: Side, time: Time, summary: &str, fault: Option<String>, octets: u64) -> Message {
    let failed = fault.is_some();
    Message { failed, faults: fault.into_iter().collect(), octets, ..Message::new(by, time, summary) }
}
