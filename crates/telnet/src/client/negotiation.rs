//! What client and server agree on, and what follows from it.

use super::{Event, Terminal};
use crate::codes::{TelnetOption, Verb};
use crate::option::{Options, Side};
use crate::server::{send, status};
use crate::subnegotiation::Subnegotiation;

/// The client's options.
#[derive(Debug)]
pub(super) struct Negotiation {
    options: Options,
    terminal: Terminal,
}

impl Negotiation {
    pub fn new(terminal: Terminal) -> Self {
        Self { options: Options::new(accepts), terminal }
    }

    /// Takes a step of the server.
    pub fn receive(&mut self, verb: Verb, option: TelnetOption, out: &mut Vec<u8>) -> Option<Event> {
        if option == TelnetOption::TIMING_MARK {
            return self.timing_mark(verb, out);
        }
        let outcome = self.options.receive(verb, option);
        send(outcome.answer, out);
        match outcome.turned? {
            (Side::Us, TelnetOption::NAWS, true) => {
                self.window_size().element().write(out);
                None
            }
            (Side::Him, TelnetOption::ECHO, on) => Some(Event::ServerEchoes(on)),
            _ => None,
        }
    }

    /// It is an event and no state: each one is answered, and none is on afterwards (RFC 860).
    fn timing_mark(&self, verb: Verb, out: &mut Vec<u8>) -> Option<Event> {
        match verb {
            Verb::Do => {
                send(Some((Verb::Will, TelnetOption::TIMING_MARK)), out);
                None
            }
            Verb::Dont => None,
            Verb::Will => Some(Event::TimingMark(true)),
            Verb::Wont => Some(Event::TimingMark(false)),
        }
    }

    /// Takes what the server says of an option.
    pub fn subnegotiate(&mut self, option: TelnetOption, said: &[u8], out: &mut Vec<u8>) -> Option<Event> {
        let is_on = |option| self.options.is_on(Side::Us, option);
        match Subnegotiation::read(option, said)? {
            Subnegotiation::SendTerminalType if is_on(TelnetOption::TTYPE) => {
                Subnegotiation::TerminalType(self.terminal.kind.clone()).element().write(out);
                None
            }
            Subnegotiation::SendStatus if is_on(TelnetOption::STATUS) => {
                status(&self.options).element().write(out);
                None
            }
            Subnegotiation::Status(list) => Some(Event::Status(list)),
            Subnegotiation::SendTerminalType
            | Subnegotiation::SendStatus
            | Subnegotiation::TerminalType(_)
            | Subnegotiation::WindowSize(..) => None,
        }
    }

    pub fn resize(&mut self, columns: u16, rows: u16, out: &mut Vec<u8>) {
        (self.terminal.columns, self.terminal.rows) = (columns, rows);
        if self.options.is_on(Side::Us, TelnetOption::NAWS) {
            self.window_size().element().write(out);
        }
    }

    pub fn ask(&mut self, verb: Verb, option: TelnetOption, out: &mut Vec<u8>) {
        if option == TelnetOption::TIMING_MARK {
            return send(Some((verb, option)), out);
        }
        let (side, on) = match verb {
            Verb::Will => (Side::Us, true),
            Verb::Wont => (Side::Us, false),
            Verb::Do => (Side::Him, true),
            Verb::Dont => (Side::Him, false),
        };
        send(self.options.ask(side, option, on), out);
    }

    pub fn ask_status(&self, out: &mut Vec<u8>) {
        if self.options.is_on(Side::Him, TelnetOption::STATUS) {
            Subnegotiation::SendStatus.element().write(out);
        }
    }

    /// Whether what is sent is under BINARY.
    pub fn is_binary(&self) -> bool {
        self.options.is_on(Side::Us, TelnetOption::BINARY)
    }

    fn window_size(&self) -> Subnegotiation {
        Subnegotiation::WindowSize(self.terminal.columns, self.terminal.rows)
    }
}

fn accepts(side: Side, option: TelnetOption) -> bool {
    match side {
        Side::Us => {
            [TelnetOption::BINARY, TelnetOption::SGA, TelnetOption::STATUS, TelnetOption::TTYPE, TelnetOption::NAWS]
                .contains(&option)
        }
        Side::Him => {
            [TelnetOption::BINARY, TelnetOption::ECHO, TelnetOption::SGA, TelnetOption::STATUS, TelnetOption::EOR]
                .contains(&option)
        }
    }
}
