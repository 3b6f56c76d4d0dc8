//! What a session hears and says, spoilt.

use std::borrow::Cow;
use std::time::Duration;

use toynet_net::{Host, Stream};

use super::{Moment, Options, TelnetFault, Wrong};
use crate::codes::{IAC, SB, TelnetOption, Verb};
use crate::wire::{Decoder, Element};

/// Between a session and its stream. Without a fault octets pass as they are.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    delay: Duration,
    wrong: Option<Wrong>,
    heard: Decoder,
    said: Decoder,
    /// What is answered in the session's place.
    answers: Vec<u8>,
    /// Answers of a loop.
    rounds: u32,
    is_spoilt: bool,
    is_over: bool,
}

impl Edge {
    /// Asks the host's faults, once for the connection.
    pub fn new(host: &Host, stream: &Stream) -> Self {
        let struck = host.faults().strike(host.clock().now(), stream.peer().ip(), |_: &TelnetFault| true);
        let Some(struck) = struck else { return Self::default() };
        stream.fault(&struck.text);
        let TelnetFault { delay, wrong } = *struck.what;
        Self { delay, wrong, is_over: wrong == Some(Wrong::Drop(Moment::Connect)), ..Self::default() }
    }

    /// How late what is said goes out.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// Whether the connection is to end now.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// What the session is to hear of these octets.
    pub fn hear<'a>(&mut self, octets: &'a [u8]) -> Cow<'a, [u8]> {
        match self.wrong {
            Some(Wrong::Silence) => Cow::Borrowed(&[]),
            Some(Wrong::Drop(Moment::Login)) => {
                self.is_over = octets.iter().any(|octet| matches!(octet, b'\r' | b'\n'));
                octets.into()
            }
            Some(Wrong::Options(options)) => self.without_negotiation(octets, options).into(),
            Some(Wrong::LoneIac | Wrong::Endless | Wrong::Drop(Moment::Connect)) | None => octets.into(),
        }
    }

    /// What goes out of what the session says.
    pub fn say(&mut self, octets: Vec<u8>) -> Vec<u8> {
        let mut out = std::mem::take(&mut self.answers);
        match self.wrong {
            Some(Wrong::Silence | Wrong::Drop(Moment::Connect)) => {}
            Some(Wrong::Drop(Moment::Login)) if self.is_over => {}
            Some(Wrong::Options(Options::Refuse)) => {
                let elements = self.said(&octets).into_iter();
                let kept = elements.filter(|element| !matches!(element, Element::Negotiate(..)));
                kept.for_each(|element| element.write(&mut out));
            }
            Some(Wrong::LoneIac) if !octets.is_empty() => {
                if !std::mem::replace(&mut self.is_spoilt, true) {
                    out.extend([IAC, b'?']);
                }
                out.extend(octets);
            }
            Some(Wrong::Endless) => self.swallow(&octets, &mut out),
            _ => out.extend(octets),
        }
        out
    }

    fn said(&mut self, octets: &[u8]) -> Vec<Element> {
        let mut elements = Vec::new();
        self.said.receive(octets, &mut elements);
        elements
    }

    /// Text goes into a subnegotiation. A command would end it, so there is none but before its beginning.
    fn swallow(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        let (text, commands): (Vec<_>, Vec<_>) =
            self.said(octets).into_iter().partition(|element| matches!(element, Element::Data(_)));
        if text.is_empty() && !self.is_spoilt {
            return commands.iter().for_each(|command| command.write(out));
        }
        if !std::mem::replace(&mut self.is_spoilt, true) {
            commands.iter().for_each(|command| command.write(out));
            out.extend([IAC, SB, TelnetOption::TTYPE.0]);
        }
        text.iter().for_each(|octet| octet.write(out));
    }

    fn without_negotiation(&mut self, octets: &[u8], options: Options) -> Vec<u8> {
        let (mut elements, mut left) = (Vec::new(), Vec::new());
        self.heard.receive(octets, &mut elements);
        for element in elements {
            match element {
                Element::Negotiate(verb, option) => self.answer(verb, option, options),
                element => element.write(&mut left),
            }
        }
        left
    }

    fn answer(&mut self, verb: Verb, option: TelnetOption, options: Options) {
        let answer = match (options, verb) {
            (Options::Ignore, _) => None,
            (Options::Refuse, Verb::Will) => Some(Verb::Dont),
            (Options::Refuse, Verb::Do) => Some(Verb::Wont),
            (Options::Refuse, Verb::Wont | Verb::Dont) => None,
            (Options::Loop, _) if self.rounds == MOST_ROUNDS => None,
            (Options::Loop, Verb::Will) => Some(Verb::Dont),
            (Options::Loop, Verb::Wont) => Some(Verb::Do),
            (Options::Loop, Verb::Do) => Some(Verb::Wont),
            (Options::Loop, Verb::Dont) => Some(Verb::Will),
        };
        if let Some(verb) = answer {
            self.rounds += 1;
            Element::Negotiate(verb, option).write(&mut self.answers);
        }
    }
}

/// Enough to be seen as a loop, by a person and by a client that counts; then a client that does not is let go.
const MOST_ROUNDS: u32 = 50;
