//! What server and client agree on, and what follows from it.

use super::Event;
use crate::codes::{Signal, TelnetOption, Verb};
use crate::editor::Echo;
use crate::option::{Options, Side, State};
use crate::subnegotiation::environ::VariableName;
use crate::subnegotiation::{Subnegotiation, choose_charset};
use crate::wire::Element;

/// The server's options.
#[derive(Debug)]
pub(super) struct Negotiation {
    options: Options,
    /// Whether the kind of terminal was asked for. Once: clients go on inventing kinds for as long as they are asked.
    asked_terminal: bool,
    /// Whether the name of the account was asked for. Once, and nothing else: what a client's environment holds is its own.
    asked_user: bool,
}

impl Negotiation {
    /// Offers and asks for all that the server can use.
    pub fn open(out: &mut Vec<u8>) -> Self {
        let mut options = Options::new(accepts);
        let wanted = WE_OFFER.iter().map(|option| (Side::Us, *option));
        for (side, option) in wanted.chain(WE_WANT.iter().map(|option| (Side::Him, *option))) {
            send(options.ask(side, option, true), out);
        }
        Self { options, asked_terminal: false, asked_user: false }
    }

    /// Takes a step of the client.
    pub fn receive(&mut self, verb: Verb, option: TelnetOption, out: &mut Vec<u8>) {
        if option == TelnetOption::TIMING_MARK {
            // It is an event and no state: each one is answered, and none is on afterwards (RFC 860).
            return match verb {
                Verb::Do => send(Some((Verb::Will, option)), out),
                Verb::Will | Verb::Wont | Verb::Dont => {}
            };
        }
        let outcome = self.options.receive(verb, option);
        send(outcome.answer, out);
        match outcome.turned {
            Some((Side::Him, TelnetOption::TTYPE, true)) if !self.asked_terminal => {
                self.asked_terminal = true;
                Subnegotiation::SendTerminalType.element().write(out);
            }
            Some((Side::Him, TelnetOption::NEW_ENVIRON, true)) if !self.asked_user => {
                self.asked_user = true;
                Subnegotiation::SendEnvironment(vec![VariableName::user()]).element().write(out);
            }
            _ => {}
        }
    }

    /// Takes what the client says of an option.
    pub fn subnegotiate(&mut self, option: TelnetOption, said: &[u8], out: &mut Vec<u8>) -> Option<Event> {
        match Subnegotiation::read(option, said)? {
            Subnegotiation::WindowSize(columns, rows) => Some(Event::WindowSize(columns, rows)),
            Subnegotiation::TerminalType(name) => Some(Event::TerminalType(name)),
            Subnegotiation::SendStatus => {
                if self.options.is_on(Side::Us, TelnetOption::STATUS) {
                    status(&self.options).element().write(out);
                }
                None
            }
            Subnegotiation::Environment(variables) => {
                let user = variables.into_iter().find(|variable| variable.name == VariableName::user());
                user.and_then(|user| user.value).filter(|name| !name.is_empty()).map(Event::User)
            }
            Subnegotiation::CharsetRequest(offered) => {
                let has_charset = [Side::Us, Side::Him].iter().any(|side| self.options.is_on(*side, option));
                if has_charset {
                    choose_charset(&offered).element().write(out);
                }
                None
            }
            Subnegotiation::SendTerminalType
            | Subnegotiation::SendEnvironment(_)
            | Subnegotiation::CharsetAccepted(_)
            | Subnegotiation::CharsetRejected
            | Subnegotiation::Status(_) => None,
        }
    }

    /// Whether what is sent is under BINARY.
    pub fn is_binary(&self) -> bool {
        self.options.is_on(Side::Us, TelnetOption::BINARY)
    }

    /// Who echoes. Until the client has agreed that we do, it does.
    pub fn echo(&self, secret: bool) -> Echo {
        match (self.options.is_on(Side::Us, TelnetOption::ECHO), secret) {
            (true, false) => Echo::Shown,
            (true, true) => Echo::Hidden,
            (false, false) => Echo::Theirs,
            (false, true) => Echo::TheirsHidden,
        }
    }

    /// Gives the turn to a client that insists on turns (RFC 858). One that has not answered knows of none.
    pub fn go_ahead(&self, out: &mut Vec<u8>) {
        if self.options.state(Side::Us, TelnetOption::SGA) == State::No {
            Element::Signal(Signal::Ga).write(out);
        }
    }
}

/// All options that are on, each as the verb that we would send for it (RFC 859).
pub(crate) fn status(options: &Options) -> Subnegotiation {
    let verb = |side| if side == Side::Us { Verb::Will } else { Verb::Do };
    Subnegotiation::Status(options.all_on().map(|(side, option)| (verb(side), option)).collect())
}

/// Appends a step of negotiation, if there is one to send.
pub(crate) fn send(step: Option<(Verb, TelnetOption)>, out: &mut Vec<u8>) {
    if let Some((verb, option)) = step {
        Element::Negotiate(verb, option).write(out);
    }
}

fn accepts(side: Side, option: TelnetOption) -> bool {
    match side {
        Side::Us => WE_OFFER.contains(&option) || WE_CAN.contains(&option),
        Side::Him => WE_WANT.contains(&option) || [TelnetOption::BINARY, TelnetOption::CHARSET].contains(&option),
    }
}

/// With both of them on, each key is sent at once and shown by us.
const WE_OFFER: [TelnetOption; 2] = [TelnetOption::ECHO, TelnetOption::SGA];
const WE_CAN: [TelnetOption; 3] = [TelnetOption::STATUS, TelnetOption::BINARY, TelnetOption::CHARSET];
/// LINEMODE (RFC 1184) is not among them and is refused: lines are edited here, where history and completion are.
const WE_WANT: [TelnetOption; 4] =
    [TelnetOption::SGA, TelnetOption::NAWS, TelnetOption::TTYPE, TelnetOption::NEW_ENVIRON];
