//! What client and server agree on, and what follows from it.

use std::collections::VecDeque;

use super::{Event, Terminal, Typing};
use crate::codes::{TelnetOption, Verb};
use crate::option::{Options, Side};
use crate::server::{send, status};
use crate::subnegotiation::environ::{Variable, VariableName};
use crate::subnegotiation::{Subnegotiation, choose_charset};

/// The client's options.
#[derive(Debug)]
pub(super) struct Negotiation {
    options: Options,
    terminal: Terminal,
    is_telnet: bool,
}

impl Negotiation {
    pub fn new(terminal: Terminal) -> Self {
        Self { options: Options::new(accepts), terminal, is_telnet: false }
    }

    /// Takes a step of the server.
    pub fn receive(&mut self, verb: Verb, option: TelnetOption, out: &mut Vec<u8>, events: &mut VecDeque<Event>) {
        self.is_telnet = true;
        events.push_back(Event::Negotiated { by_server: true, verb, option });
        if option == TelnetOption::TIMING_MARK {
            return self.timing_mark(verb, out, events);
        }
        let side = if matches!(verb, Verb::Do | Verb::Dont) { Side::Us } else { Side::Him };
        let outcome = self.options.receive_if(verb, option, self.may(side, option));
        step(outcome.answer, out, events);
        match outcome.turned {
            Some((Side::Us, TelnetOption::NAWS, true)) => self.window_size().element().write(out),
            Some((Side::Him, TelnetOption::ECHO, on)) => events.push_back(Event::ServerEchoes(on)),
            _ => {}
        }
    }

    /// It is an event and no state: each one is answered, and none is on afterwards (RFC 860).
    fn timing_mark(&self, verb: Verb, out: &mut Vec<u8>, events: &mut VecDeque<Event>) {
        match verb {
            Verb::Do => step(Some((Verb::Will, TelnetOption::TIMING_MARK)), out, events),
            Verb::Dont => {}
            Verb::Will => events.push_back(Event::TimingMark(true)),
            Verb::Wont => events.push_back(Event::TimingMark(false)),
        }
    }

    /// Takes what the server says of an option.
    pub fn subnegotiate(&mut self, option: TelnetOption, said: &[u8], out: &mut Vec<u8>) -> Option<Event> {
        let is_on = |option| self.options.is_on(Side::Us, option);
        let answer = match Subnegotiation::read(option, said)? {
            Subnegotiation::SendTerminalType if is_on(TelnetOption::TTYPE) => {
                Subnegotiation::TerminalType(self.terminal.kind.clone())
            }
            Subnegotiation::SendStatus if is_on(TelnetOption::STATUS) => status(&self.options),
            Subnegotiation::SendEnvironment(wanted) if is_on(TelnetOption::NEW_ENVIRON) => self.environment(&wanted),
            Subnegotiation::CharsetRequest(offered) if self.has_charset() => choose_charset(&offered),
            Subnegotiation::Status(list) => return Some(Event::Status(list)),
            Subnegotiation::SendTerminalType
            | Subnegotiation::SendStatus
            | Subnegotiation::SendEnvironment(_)
            | Subnegotiation::Environment(_)
            | Subnegotiation::CharsetRequest(_)
            | Subnegotiation::CharsetAccepted(_)
            | Subnegotiation::CharsetRejected
            | Subnegotiation::TerminalType(_)
            | Subnegotiation::WindowSize(..) => return None,
        };
        answer.element().write(out);
        None
    }

    /// Of all variables the account's name alone is told: the others are nobody's business.
    fn environment(&self, wanted: &[VariableName]) -> Subnegotiation {
        let is_user = |name: &VariableName| *name == VariableName::user();
        let user = self.terminal.user.iter().map(|user| Variable::user(user));
        let told = user.filter(|_| wanted.is_empty() || wanted.iter().any(is_user));
        let others = wanted.iter().filter(|name| !is_user(name)).cloned();
        Subnegotiation::Environment(told.chain(others.map(|name| Variable { name, value: None })).collect())
    }

    pub fn resize(&mut self, columns: u16, rows: u16, out: &mut Vec<u8>) {
        (self.terminal.columns, self.terminal.rows) = (columns, rows);
        if self.options.is_on(Side::Us, TelnetOption::NAWS) {
            self.window_size().element().write(out);
        }
    }

    pub fn ask(&mut self, verb: Verb, option: TelnetOption, out: &mut Vec<u8>, events: &mut VecDeque<Event>) {
        if option == TelnetOption::TIMING_MARK {
            return step(Some((verb, option)), out, events);
        }
        let (side, on) = match verb {
            Verb::Will => (Side::Us, true),
            Verb::Wont => (Side::Us, false),
            Verb::Do => (Side::Him, true),
            Verb::Dont => (Side::Him, false),
        };
        step(self.options.ask(side, option, on), out, events);
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

    pub fn hears_binary(&self) -> bool {
        self.options.is_on(Side::Him, TelnetOption::BINARY)
    }

    pub fn is_telnet(&self) -> bool {
        self.is_telnet
    }

    pub fn all_on(&self) -> impl Iterator<Item = (Side, TelnetOption)> {
        self.options.all_on()
    }

    /// Keys go one by one where the server both echoes them and has given up turns (RFC 858).
    pub fn typing(&self) -> Typing {
        let does = |option| self.options.is_on(Side::Him, option);
        match (does(TelnetOption::ECHO), does(TelnetOption::SGA)) {
            (true, true) => Typing::Keys,
            (true, false) => Typing::HiddenLines,
            (false, _) => Typing::Lines,
        }
    }

    fn has_charset(&self) -> bool {
        [Side::Us, Side::Him].iter().any(|side| self.options.is_on(*side, TelnetOption::CHARSET))
    }

    /// What there is nothing to say about is not agreed to.
    fn may(&self, side: Side, option: TelnetOption) -> bool {
        match (side, option) {
            (Side::Us, TelnetOption::NAWS) => self.terminal.columns > 0,
            (Side::Us, TelnetOption::NEW_ENVIRON) => self.terminal.user.is_some(),
            (side, option) => accepts(side, option),
        }
    }

    fn window_size(&self) -> Subnegotiation {
        Subnegotiation::WindowSize(self.terminal.columns, self.terminal.rows)
    }
}

/// Sends a step of ours, if there is one.
fn step(step: Option<(Verb, TelnetOption)>, out: &mut Vec<u8>, events: &mut VecDeque<Event>) {
    send(step, out);
    events.extend(step.map(|(verb, option)| Event::Negotiated { by_server: false, verb, option }));
}

fn accepts(side: Side, option: TelnetOption) -> bool {
    match side {
        Side::Us => WE_MAY.contains(&option),
        Side::Him => THEY_MAY.contains(&option),
    }
}

const WE_MAY: [TelnetOption; 6] = [
    TelnetOption::BINARY,
    TelnetOption::SGA,
    TelnetOption::STATUS,
    TelnetOption::TTYPE,
    TelnetOption::NAWS,
    TelnetOption::CHARSET,
];
const THEY_MAY: [TelnetOption; 6] = [
    TelnetOption::BINARY,
    TelnetOption::ECHO,
    TelnetOption::SGA,
    TelnetOption::STATUS,
    TelnetOption::EOR,
    TelnetOption::CHARSET,
];
