//! Telnet as a person would tell it: options in words, lines as they were typed, lines as they were shown.
//!
//! An exchange is a typed line with all that is shown until the next prompt. What a server does not show of a line, and
//! all that is typed at a prompt for a password, is a secret.
//!
//! - `typed`: lines of the client, and which of them are secrets
//! - `spoken`: commands and options in words; `agreed`: which of them answers which; `notes`: what they mean
//! - [`opening`]: how Telnet is known by what is said first

mod agreed;
mod notes;
pub mod opening;
mod spoken;
mod typed;

use toynet_machine::Time;
use toynet_record::dissect::{FlowInfo, Role, Said};
use toynet_record::{Dissector, Message, Side};

use crate::codes::{TelnetOption, Verb};
use crate::screen::Screen;
use crate::utf8::Utf8;
use crate::wire::{Decoder, Element};
use agreed::Agreements;
use spoken::Spoken;
use typed::Typing;
#[cfg(feature = "io")]
pub(crate) use typed::asks_for_secret;

/// Dissects one flow of Telnet.
#[derive(Debug)]
pub struct TelnetDissector {
    /// The beginning is missing: which exchange is which, and who echoes, is not known.
    late: bool,
    /// Messages are explained.
    explain: bool,
    decoders: [Decoder; 2],
    agreements: Agreements,
    echo: EchoAgreed,
    typing: Typing,
    /// The server's line as far as it has come.
    screen: Screen,
    utf8: Utf8,
    shown_since: Option<Time>,
    shown_octets: u64,
    /// Whether the server has shown anything.
    has_shown: bool,
    /// The prompt on which the screen's line began.
    asked: String,
    /// A whole line of output: it is the last of its exchange if a prompt follows.
    last: Option<Shown>,
}

/// The server offered to echo, and the client agreed.
#[derive(Clone, Copy, Debug, Default)]
struct EchoAgreed {
    will: bool,
    does: bool,
}

#[derive(Debug)]
struct Shown {
    exchange: u64,
    text: String,
    since: Time,
    until: Time,
    octets: u64,
}

impl TelnetDissector {
    /// A dissector for one flow.
    pub fn new(flow: FlowInfo) -> Self {
        Self {
            late: flow.joined_late,
            explain: flow.explain,
            decoders: Default::default(),
            agreements: Agreements::default(),
            echo: EchoAgreed::default(),
            typing: Typing::default(),
            screen: Screen::default(),
            utf8: Utf8::default(),
            shown_since: None,
            shown_octets: 0,
            has_shown: false,
            asked: String::new(),
            last: None,
        }
    }

    /// Whether what the client types is shown by the server.
    fn server_echoes(&self) -> bool {
        self.late || (self.echo.will && self.echo.does)
    }

    fn note_echo(&mut self, by: Side, verb: Verb, option: TelnetOption) {
        match (by, verb) {
            _ if option != TelnetOption::ECHO => {}
            (Side::Acceptor, Verb::Will) => self.echo.will = true,
            (Side::Acceptor, Verb::Wont) => self.echo.will = false,
            (Side::Initiator, Verb::Do) => self.echo.does = true,
            (Side::Initiator, Verb::Dont) => self.echo.does = false,
            (Side::Acceptor, Verb::Do | Verb::Dont) | (Side::Initiator, Verb::Will | Verb::Wont) => {}
        }
    }

    /// Takes an octet of the client; `next` is the one behind it, if that has come.
    fn typed(&mut self, octet: u8, next: Option<u8>, time: Time, out: &mut Vec<Message>) {
        let before = self.typing.lines();
        self.typing.take(octet, time, &self.screen);
        if self.explain && self.typing.lines() > before {
            self.typing.explain_last(Some(notes::echo(self.server_echoes())));
            self.typing.explain_last(notes::line_end(octet, next));
        }
        // A line that was typed ahead, perhaps of the first word of the server, is told when its prompt is there.
        let is_next = self.typing.waits_for_one() && self.has_shown;
        if self.typing.lines() > before && is_next && !self.server_echoes() {
            let prompt = self.screen.text();
            self.tell_without_echo(&prompt, out);
            // The terminal went to its next line by itself.
            (self.screen, self.shown_since, self.shown_octets) = (Screen::default(), None, 0);
            self.asked.clear();
        }
    }

    /// Nobody will show the line again: it is told as it came.
    fn tell_without_echo(&mut self, prompt: &str, out: &mut Vec<Message>) {
        if let Some(line) = self.typing.unconfirmed() {
            line.confirm_without_echo(prompt);
            let message = line.message();
            self.push(message, out);
        }
    }

    fn shown(&mut self, octet: u8, time: Time, out: &mut Vec<Message>) {
        self.has_shown = true;
        self.shown_since.get_or_insert(time);
        self.shown_octets += 1;
        let mut characters = Vec::new();
        self.utf8.take(octet, &mut characters);
        for character in characters {
            if let Some(text) = self.screen.put(character) {
                let since = self.shown_since.take().unwrap_or(time);
                let octets = std::mem::take(&mut self.shown_octets);
                self.line_shown(Shown { exchange: 0, text, since, until: time, octets }, out);
            }
        }
    }

    fn line_shown(&mut self, mut shown: Shown, out: &mut Vec<Message>) {
        let asked = std::mem::take(&mut self.asked);
        let is_busy = self.typing.open().is_some();
        let echoes = self.server_echoes();
        let line = self.typing.unconfirmed().filter(|line| echoes && (!is_busy || line.is_echoed_in(&shown.text)));
        if let Some(line) = line {
            line.confirm(&shown.text);
            let message = line.message();
            if is_busy {
                self.end_exchange(shown.since, out);
            }
            return self.push(message, out);
        }
        // A line that was typed ahead and not echoed leaves its prompt alone.
        if let Some(answer) = shown.text.strip_prefix(&asked) {
            shown.text = answer.to_owned();
        }
        if shown.text.trim().is_empty() {
            // A blank line tells nothing; its octets count for the next.
            self.shown_octets += shown.octets;
            return;
        }
        shown.text = shown.text.trim().to_owned();
        self.flush(Role::Interim, out);
        let exchange = self.typing.exchange_open();
        self.last = Some(Shown { exchange, ..shown });
        if exchange == 0 {
            self.flush(Role::Interim, out);
        }
    }

    /// The server has said what it had to say for the time being. If it has asked for more, an exchange is over.
    fn paused(&mut self, time: Time, out: &mut Vec<Message>) {
        let text = self.screen.text();
        let prompt = text.strip_prefix(&self.asked).unwrap_or(&text).trim();
        if !prompt.ends_with(PROMPTS) {
            return;
        }
        let shown = self.prompt(prompt, time);
        self.asked.clone_from(&text);
        if self.typing.open().is_some() {
            self.last.get_or_insert(shown);
            self.end_exchange(time, out);
        } else if self.typing.lines() == 0 && !self.typing.has_begun() {
            // Who is asked for a name has typed nothing that the prompt could answer.
            self.last = Some(shown);
            self.flush(Role::Interim, out);
        }
        if !self.server_echoes() {
            self.tell_without_echo(&text, out);
        }
    }

    fn prompt(&self, text: &str, time: Time) -> Shown {
        let exchange = self.typing.exchange_open();
        let since = self.shown_since.unwrap_or(time);
        Shown { exchange, text: text.trim_end().to_owned(), since, until: time, octets: self.shown_octets }
    }

    /// The oldest exchange is over; the last line that was shown ends it.
    fn end_exchange(&mut self, time: Time, out: &mut Vec<Message>) {
        let exchange = self.typing.exchange_open();
        if self.last.as_ref().is_none_or(|last| last.exchange != exchange) {
            self.flush(Role::Interim, out);
            let text = "(nothing)".to_owned();
            self.last = Some(Shown { exchange, text, since: time, until: time, octets: 0 });
        }
        self.flush(Role::Answer, out);
        self.typing.end_open();
    }

    /// A line whose echo was never seen is not told as if it had been.
    fn tell_unconfirmed(&mut self, out: &mut Vec<Message>) {
        if let Some(line) = self.typing.unconfirmed() {
            line.hide();
            let message = line.message();
            self.push(message, out);
        }
    }

    fn flush(&mut self, role: Role, out: &mut Vec<Message>) {
        if let Some(shown) = self.last.take() {
            let role = if shown.exchange == 0 { Role::Interim } else { role };
            let message = Message {
                exchange: shown.exchange,
                role,
                octets: shown.octets,
                lasted: shown.until.since(shown.since),
                ..Message::new(Side::Acceptor, shown.since, shown.text)
            };
            self.push(message, out);
        }
    }

    /// What is wrong with an element, given what was said before, and what it means.
    fn judge(&mut self, by: Side, element: &Element, spoken: &mut Spoken) {
        let note = match element {
            Element::Data(_) => return,
            Element::Signal(signal) => notes::signal(by, *signal),
            Element::Negotiate(verb, option) => {
                self.note_echo(by, *verb, *option);
                let step = self.agreements.take(by, *verb, *option);
                spoken.blame(step.fault().filter(|_| !self.late));
                notes::negotiation(by, *verb, *option, step)
            }
            Element::Subnegotiate(option, said) => {
                notes::subnegotiation(by, *option, said, self.late || self.agreements.is_on(*option))
            }
            Element::Broken(option) => notes::broken(by, *option),
            Element::Stray(octet) => notes::stray(by, *octet),
        };
        // Of a flow whose beginning is missing nobody knows what answers what.
        spoken.explain(Some(note).filter(|_| self.explain && !self.late));
    }

    /// What was begun and never ended, and what was asked and never answered.
    fn left_open(&mut self, time: Time, out: &mut Vec<Message>) {
        for by in [Side::Initiator, Side::Acceptor] {
            if !self.decoders[index(by)].is_between() {
                let faults = vec!["A command is not whole when the flow ends (RFC 854, RFC 855).".to_owned()];
                out.push(Message { faults, ..Message::new(by, time, "IAC, unfinished") });
            }
            let unanswered = self.agreements.unanswered(by);
            // One who never negotiates is met every day; it is told to those alone who want to know all.
            if self.explain && !self.late && !unanswered.is_empty() {
                let wishes: Vec<_> = unanswered.iter().map(|(verb, option)| format!("{verb} {option}")).collect();
                let summary = format!("no answer to {}", wishes.join(", "));
                let faults = vec!["A wish for an option must be granted or refused (RFC 854).".to_owned()];
                out.push(Message { faults, ..Message::new(by.peer(), time, summary) });
            }
        }
    }

    fn push(&self, mut message: Message, out: &mut Vec<Message>) {
        if self.late {
            message.exchange = 0;
            message.role = Role::Interim;
        }
        out.push(message);
    }
}

impl Dissector for TelnetDissector {
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        let mut elements = Vec::new();
        self.decoders[index(said.by)].receive(said.octets, &mut elements);
        let mut spoken = Spoken::new(said.by, said.time);
        for (at, element) in elements.iter().enumerate() {
            let Element::Data(octet) = element else {
                spoken.add(element);
                self.judge(said.by, element, &mut spoken);
                continue;
            };
            spoken.tell(out);
            match (said.by, elements.get(at + 1)) {
                (Side::Initiator, Some(Element::Data(next))) => self.typed(*octet, Some(*next), said.time, out),
                (Side::Initiator, _) => self.typed(*octet, None, said.time, out),
                (Side::Acceptor, _) => self.shown(*octet, said.time, out),
            }
        }
        spoken.tell(out);
        if said.by == Side::Acceptor {
            self.paused(said.time, out);
        }
    }

    fn hole(&mut self, by: Side, length: u64, time: Time, out: &mut Vec<Message>) {
        if length == 0 {
            return;
        }
        self.decoders[index(by)] = Decoder::default();
        match by {
            Side::Acceptor => (self.screen, self.shown_since, self.shown_octets) = (Screen::default(), None, 0),
            // How many lines were in it, nobody knows.
            Side::Initiator => {
                self.closed(time, out);
                self.late = true;
            }
        }
    }

    fn closed(&mut self, time: Time, out: &mut Vec<Message>) {
        let unfinished = self.screen.text();
        while self.typing.is_waiting() {
            match self.typing.open() {
                Some(_) => self.end_exchange(time, out),
                None => self.tell_unconfirmed(out),
            }
        }
        let unfinished = unfinished.strip_prefix(&self.asked).unwrap_or(&unfinished).trim();
        if !unfinished.is_empty() && self.typing.lines() == 0 {
            self.last = Some(self.prompt(unfinished, time));
            self.flush(Role::Interim, out);
        }
        self.left_open(time, out);
    }
}

fn index(side: Side) -> usize {
    match side {
        Side::Initiator => 0,
        Side::Acceptor => 1,
    }
}

/// What a line ends with that waits for an answer: of our shell, of logins, of Unix shells, of routers.
const PROMPTS: [char; 8] = ['>', ':', '?', '$', '#', '%', '|', ']'];

#[cfg(test)]
mod tests;
