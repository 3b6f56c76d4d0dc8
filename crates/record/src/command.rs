//! A command that a person typed, as a flow: the line is its request, what became of it the answer.

use toynet_machine::Time;

use crate::Side;
use crate::dissect::{Dissector, Message, Role, Said};

/// Reads the flow of a typed command (see [`Transport::Command`](crate::Transport::Command)).
#[derive(Debug, Default)]
pub struct CommandDissector;

impl Dissector for CommandDissector {
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        let text = String::from_utf8_lossy(said.octets);
        let (role, failed) = match said.by {
            Side::Initiator => (Role::Request, false),
            Side::Acceptor => (Role::Answer, text.starts_with(FAILED)),
        };
        let summary = text.trim_start_matches(FAILED).replace(['\r', '\n'], " ");
        let octets = said.octets.len() as u64;
        out.push(Message { exchange: 1, role, failed, octets, ..Message::new(said.by, said.time, summary) });
    }

    fn hole(&mut self, _: Side, _: u64, _: Time, _: &mut Vec<Message>) {}

    fn closed(&mut self, _: Time, _: &mut Vec<Message>) {}
}

/// What begins the outcome of a command that failed.
pub const FAILED: char = '!';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_asks_and_its_outcome_answers() {
        let mut out = Vec::new();
        for (by, octets) in [(Side::Initiator, &b"toynet dns query a.test"[..]), (Side::Acceptor, b"!no answer")] {
            CommandDissector.said(Said { by, time: Time::default(), octets }, &mut out);
        }
        let told: Vec<_> = out.iter().map(|message| (message.role, message.summary.as_str(), message.failed)).collect();
        let (asked, answered) = ((Role::Request, "toynet dns query a.test", false), (Role::Answer, "no answer", true));
        assert_eq!(told, [asked, answered]);
    }
}
