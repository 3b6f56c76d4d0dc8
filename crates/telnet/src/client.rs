//! The client's side of a connection, as a machine: options, what the server shows, what a person types.

mod negotiation;

use std::collections::VecDeque;

use toynet_machine::{Machine, Time};

use crate::codes::{Signal, TelnetOption, Verb};
use crate::nvt::write_text;
use crate::option::Side;
use crate::wire::{Decoder, Element};
use negotiation::Negotiation;

/// What the terminal is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// To be shown, as it stands. Lines end with CR LF.
    Output(Vec<u8>),
    /// Whether the server echoes from here on; if not, the terminal does.
    ServerEchoes(bool),
    /// A step of negotiation, of the server or of this side.
    Negotiated {
        /// Whether it is the server's.
        by_server: bool,
        /// What is wanted or agreed to.
        verb: Verb,
        /// Of which option.
        option: TelnetOption,
    },
    /// A command of the server: the end of its turn (GA), of a prompt (EOR), or that it is there (NOP).
    Signal(Signal),
    /// The server answered a request for a timing mark, and whether with one (RFC 860).
    TimingMark(bool),
    /// Which options the server believes to be on (RFC 859).
    Status(Vec<(Verb, TelnetOption)>),
    /// The server has no more to say.
    Ended,
}

/// What the person at the terminal decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Send what was typed. Lines end with `\n`.
    Type(Vec<u8>),
    /// Send a command.
    Signal(Signal),
    /// The window has this size from here on, in characters.
    Resize(u16, u16),
    /// Ask for an option to be on or off at the server (`DO`, `DONT`) or here (`WILL`, `WONT`).
    Ask(Verb, TelnetOption),
    /// Ask which options are on; the server must have agreed to STATUS.
    AskStatus,
    /// Hang up.
    Close,
}

/// The terminal in front of which the person sits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its kind, such as `xterm`.
    pub kind: String,
    /// Characters in a line; 0 where there is no window, whose size is then not told.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
    /// The account that the person wants to enter, where the server may know (RFC 1572).
    pub user: Option<String>,
}

/// How keys are sent, as follows from what was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// Each by itself; the server shows them (RFC 857 and RFC 858 together).
    Keys,
    /// Line by line; the terminal shows and edits them.
    Lines,
    /// Line by line, and nobody shows them: the server said that it would, and does not, as for a password.
    HiddenLines,
}

/// The client's machine. It offers nothing by itself: servers that are no Telnet servers are left in peace.
#[derive(Debug)]
pub struct ClientMachine {
    decoder: Decoder,
    negotiation: Negotiation,
    after_cr: bool,
    over: bool,
    events: VecDeque<Event>,
    outgoing: Vec<u8>,
}

impl Default for Terminal {
    fn default() -> Self {
        Self { kind: "xterm".to_owned(), columns: 80, rows: 24, user: None }
    }
}

impl ClientMachine {
    /// A machine for a connection that was made.
    pub fn new(terminal: Terminal) -> Self {
        Self {
            decoder: Decoder::default(),
            negotiation: Negotiation::new(terminal),
            after_cr: false,
            over: false,
            events: VecDeque::new(),
            outgoing: Vec::new(),
        }
    }

    /// How keys are to be sent.
    pub fn typing(&self) -> Typing {
        self.negotiation.typing()
    }

    /// Whether what the server sends is under BINARY.
    pub fn hears_binary(&self) -> bool {
        self.negotiation.hears_binary()
    }

    /// Whether anything was negotiated: the other side knows Telnet.
    pub fn is_telnet(&self) -> bool {
        self.negotiation.is_telnet()
    }

    /// All options that are on.
    pub fn all_on(&self) -> impl Iterator<Item = (Side, TelnetOption)> {
        self.negotiation.all_on()
    }

    fn take(&mut self, element: Element) {
        match element {
            Element::Data(octet) => self.show(octet),
            Element::Signal(signal) => self.events.push_back(Event::Signal(signal)),
            Element::Negotiate(verb, option) => {
                self.negotiation.receive(verb, option, &mut self.outgoing, &mut self.events);
            }
            Element::Subnegotiate(option, said) => {
                self.events.extend(self.negotiation.subnegotiate(option, &said, &mut self.outgoing));
            }
            Element::Broken(_) | Element::Stray(_) => {}
        }
    }

    /// The NUL behind a CR that ends no line is not shown (RFC 854).
    fn show(&mut self, octet: u8) {
        let after_cr = std::mem::replace(&mut self.after_cr, octet == b'\r');
        if after_cr && octet == 0 {
            return;
        }
        match self.events.back_mut() {
            Some(Event::Output(shown)) => shown.push(octet),
            Some(_) | None => self.events.push_back(Event::Output(vec![octet])),
        }
    }
}

impl Machine for ClientMachine {
    type Event = Event;
    type Order = Order;

    fn receive(&mut self, _now: Time, bytes: &[u8]) {
        let mut elements = Vec::new();
        self.decoder.receive(bytes, &mut elements);
        elements.into_iter().for_each(|element| self.take(element));
    }

    fn receive_end(&mut self, _now: Time) {
        if !self.over {
            self.over = true;
            self.events.push_back(Event::Ended);
        }
    }

    fn order(&mut self, _now: Time, order: Order) {
        match order {
            Order::Type(text) => write_text(&text, self.negotiation.is_binary(), &mut self.outgoing),
            Order::Signal(signal) => Element::Signal(signal).write(&mut self.outgoing),
            Order::Resize(columns, rows) => self.negotiation.resize(columns, rows, &mut self.outgoing),
            Order::Ask(verb, option) => {
                self.negotiation.ask(verb, option, &mut self.outgoing, &mut self.events);
            }
            Order::AskStatus => self.negotiation.ask_status(&mut self.outgoing),
            Order::Close => self.over = true,
        }
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    fn deadline(&self) -> Option<Time> {
        None
    }

    fn expire(&mut self, _now: Time) {}

    fn is_over(&self) -> bool {
        self.over
    }
}

#[cfg(test)]
mod tests;
