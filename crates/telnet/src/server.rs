//! The server's side of a connection, as a machine: options, line editing, echo, the idle limit.

mod negotiation;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use toynet_machine::{Machine, Time};

use crate::codes::Signal;
use crate::editor::{Done, Echo, Editor, Words, columns};
use crate::key::{Key, Keys};
use crate::nvt::write_text;
use crate::wire::{Decoder, Element};
use negotiation::Negotiation;
pub(crate) use negotiation::{send, status};

/// What the session is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A line was typed in answer to a prompt. Lines are numbered by their ends as they came over the
    /// wire, from 1: that is the exchange which the line begins in the record.
    Line {
        /// Its number.
        number: u64,
        /// What it says.
        text: String,
    },
    /// The person wants what is being done to stop, or the line that was begun to be forgotten.
    Interrupt,
    /// The person has no more to say.
    EndOfInput,
    /// The size of the window, in characters; 0 where the client does not say.
    WindowSize(u16, u16),
    /// The kind of terminal.
    TerminalType(String),
    /// The account that the client's program knows the person by (RFC 1572). Anyone can claim any.
    User(String),
}

/// What the session decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Show this. Lines end with `\n`.
    Print(String),
    /// Show this, whole lines, beside whatever is being typed.
    Notice(String),
    /// Ask for a line.
    Prompt {
        /// What to ask.
        text: String,
        /// Whether the answer must not be seen.
        secret: bool,
    },
    /// What can be completed at the prompts that follow, if anything.
    Words(Option<Arc<Words>>),
    /// How long a person may be silent from here on.
    Patience(Duration),
    /// Show this, then end.
    Close(String),
}

/// The server's machine.
///
/// A line is read when the session asks for one; what is typed before that waits, up to a limit. Nothing waits for
/// the answer to an option, so a client that knows none can talk at once.
#[derive(Debug)]
pub struct ServerMachine {
    name: String,
    decoder: Decoder,
    negotiation: Negotiation,
    keys: Keys,
    /// Typed and not yet read.
    ahead: VecDeque<Key>,
    editor: Editor,
    asked: Option<Asked>,
    words: Option<Arc<Words>>,
    /// Columns of the window; 0 where the client does not say.
    columns: usize,
    /// Whether the terminal is of a kind that clears its screen as ECMA-48 has it.
    clears: bool,
    /// Lines that have ended so far.
    lines: u64,
    /// Whether output is thrown away until the next prompt (AO).
    muted: bool,
    phase: Phase,
    patience: Duration,
    active: Time,
    events: VecDeque<Event>,
    outgoing: Vec<u8>,
}

/// A prompt that waits for its line.
#[derive(Debug)]
struct Asked {
    text: String,
    secret: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// The client sends no more; what it sent is still answered.
    HalfClosed,
    Over,
}

impl ServerMachine {
    /// A machine for a connection that was accepted at `now`, on a host called `name`. It gives up after
    /// `patience` without a key.
    pub fn new(now: Time, name: &str, patience: Duration) -> Self {
        let mut outgoing = Vec::new();
        Self {
            name: name.to_owned(),
            decoder: Decoder::default(),
            negotiation: Negotiation::open(&mut outgoing),
            keys: Keys::default(),
            ahead: VecDeque::new(),
            editor: Editor::default(),
            asked: None,
            words: None,
            columns: 0,
            clears: false,
            lines: 0,
            muted: false,
            phase: Phase::Open,
            patience,
            active: now,
            events: VecDeque::new(),
            outgoing,
        }
    }

    /// Answers the prompt in the person's place, as if they had typed `text`; whether there was a prompt, and nothing
    /// typed yet.
    pub fn answer(&mut self, text: &str) -> bool {
        let is_asked = self.asked.as_ref().is_some_and(|asked| !asked.secret);
        let is_silent = self.ahead.is_empty() && self.editor.text().is_empty();
        if is_asked && is_silent {
            self.asked = None;
            self.write(&format!("{text}\n"));
        }
        is_asked && is_silent
    }

    fn take(&mut self, element: Element) {
        match element {
            Element::Data(octet) => {
                let mut keys = Vec::new();
                self.keys.take(octet, &mut keys);
                keys.into_iter().for_each(|key| self.press(key));
            }
            Element::Signal(signal) => self.signal(signal),
            Element::Negotiate(verb, option) => self.negotiation.receive(verb, option, &mut self.outgoing),
            Element::Subnegotiate(option, said) => {
                let event = self.negotiation.subnegotiate(option, &said, &mut self.outgoing);
                match &event {
                    Some(Event::WindowSize(columns, _)) => {
                        self.columns = usize::from(*columns);
                        self.fit();
                    }
                    Some(Event::TerminalType(kind)) => self.clears = !MUTE.contains(&kind.to_lowercase().as_str()),
                    Some(_) | None => {}
                }
                self.events.extend(event);
            }
            Element::Broken(_) | Element::Stray(_) => {}
        }
    }

    fn signal(&mut self, signal: Signal) {
        match signal {
            Signal::Ip | Signal::Brk | Signal::Abort => self.press(Key::Interrupt),
            Signal::Ec => self.press(Key::Backspace),
            Signal::El => self.press(Key::KillLine),
            Signal::Eof => self.press(Key::EndOfInput),
            Signal::Ayt => self.notice(&format!("[{}: yes, I am here]\n", self.name)),
            Signal::Ao => {
                self.muted = self.asked.is_none();
                Element::Signal(Signal::Dm).write(&mut self.outgoing);
            }
            Signal::Nop | Signal::Dm | Signal::Ga | Signal::Eor | Signal::Susp => {}
        }
    }

    fn press(&mut self, key: Key) {
        if self.asked.is_none() && key == Key::Interrupt {
            self.forget_ahead();
            return self.events.push_back(Event::Interrupt);
        }
        if self.ahead.len() >= MOST_AHEAD {
            self.lines += u64::from(key == Key::Enter);
            return;
        }
        self.ahead.push_back(key);
        self.read();
    }

    /// What was typed ahead of an interrupt is not meant any more; its lines were on the wire and count.
    fn forget_ahead(&mut self) {
        self.lines += self.ahead.drain(..).filter(|key| *key == Key::Enter).count() as u64;
    }

    /// Reads keys for as long as there is a prompt.
    fn read(&mut self) {
        while let Some(asked) = &self.asked
            && let Some(key) = self.ahead.pop_front()
        {
            let echo = self.negotiation.echo(asked.secret);
            if echo == Echo::Shown && self.redraw(key) {
                continue;
            }
            let mut shown = String::new();
            self.lines += u64::from(key == Key::Enter);
            let done = self.editor.press(key, echo, &mut shown);
            self.write(&shown);
            let event = match done {
                None => continue,
                Some(Done::Line(text)) => Event::Line { number: self.lines, text },
                Some(Done::Interrupted) => Event::Interrupt,
                Some(Done::EndOfInput) => Event::EndOfInput,
            };
            self.asked = None;
            self.events.push_back(event);
        }
    }

    /// Does what a key does to the screen rather than to the line; whether it is such a key.
    fn redraw(&mut self, key: Key) -> bool {
        match (key, self.words.clone()) {
            (Key::Clear, _) if self.clears => {
                let mut shown = format!("{CLEAR}{}", self.asked.as_ref().map_or("", |asked| &asked.text));
                self.editor.draw(&mut shown);
                self.write(&shown);
            }
            (Key::Redraw | Key::Clear, _) => self.notice(""),
            (Key::Tab, Some(words)) => {
                let mut shown = String::new();
                let choice = self.editor.complete(&words, &mut shown);
                self.write(&shown);
                if !choice.is_empty() {
                    self.notice(&format!("{}\n", choice.join("  ")));
                }
            }
            _ => return false,
        }
        true
    }

    /// Keeps the line within the window; the last column stays free, where terminals differ.
    fn fit(&mut self) {
        let prompt: Vec<char> = self.asked.iter().flat_map(|asked| asked.text.chars()).collect();
        self.editor.fit(match self.columns {
            0 => usize::MAX,
            window => (window - 1).saturating_sub(columns(&prompt) % window),
        });
    }

    fn notice(&mut self, text: &str) {
        // Someone who only asks and never reads the answers gets fewer of them.
        if self.outgoing.len() > MOST_NOTICES {
            return;
        }
        let Some(asked) = &self.asked else { return self.write(text) };
        let mut shown = String::new();
        match self.negotiation.echo(asked.secret) {
            Echo::Shown => {
                let width = columns(&asked.text.chars().collect::<Vec<_>>()) + self.editor.width();
                shown.push('\r');
                shown.extend(std::iter::repeat_n(' ', width));
                shown = format!("{shown}\r{text}{}", asked.text);
                self.editor.draw(&mut shown);
            }
            // What the client shows of the line cannot be drawn again.
            Echo::Hidden | Echo::Theirs | Echo::TheirsHidden => shown = format!("\n{text}{}", asked.text),
        }
        self.write(&shown);
    }

    fn write(&mut self, text: &str) {
        write_text(text.as_bytes(), self.negotiation.is_binary(), &mut self.outgoing);
    }
}

impl Machine for ServerMachine {
    type Event = Event;
    type Order = Order;

    fn receive(&mut self, now: Time, bytes: &[u8]) {
        if self.phase == Phase::Over {
            return;
        }
        let mut elements = Vec::new();
        self.decoder.receive(bytes, &mut elements);
        // An option or a NOP that a program sends by itself is no sign of a person.
        let by_a_person = |element: &Element| match element {
            Element::Data(_) => true,
            Element::Signal(signal) => *signal != Signal::Nop,
            Element::Negotiate(..) | Element::Subnegotiate(..) | Element::Broken(_) | Element::Stray(_) => false,
        };
        if elements.iter().any(by_a_person) {
            self.active = now;
        }
        elements.into_iter().for_each(|element| self.take(element));
    }

    fn receive_end(&mut self, _now: Time) {
        if self.phase == Phase::Open {
            self.phase = Phase::HalfClosed;
        }
    }

    fn order(&mut self, now: Time, order: Order) {
        match order {
            Order::Print(text) if !self.muted => self.write(&text),
            Order::Print(_) => {}
            Order::Notice(text) => self.notice(&text),
            Order::Prompt { text, secret } => {
                self.muted = false;
                self.active = self.active.max(now);
                self.write(&text);
                self.negotiation.go_ahead(&mut self.outgoing);
                self.asked = Some(Asked { text, secret });
                self.fit();
                self.read();
            }
            Order::Words(words) => self.words = words,
            Order::Patience(patience) => self.patience = patience,
            Order::Close(text) => {
                self.write(&text);
                self.phase = Phase::Over;
            }
        }
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    fn deadline(&self) -> Option<Time> {
        (self.phase != Phase::Over).then(|| self.active + self.patience)
    }

    fn expire(&mut self, now: Time) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.write("\nNothing was typed for too long. Good-bye!\n");
            self.phase = Phase::Over;
        }
    }

    fn is_over(&self) -> bool {
        match self.phase {
            Phase::Open => false,
            // A prompt that nobody will answer.
            Phase::HalfClosed => self.asked.is_some() && self.events.is_empty(),
            Phase::Over => true,
        }
    }
}

/// Home, and erase the display (ECMA-48).
const CLEAR: &str = "\x1b[H\x1b[2J";
/// Kinds of terminals that know nothing of ECMA-48.
const MUTE: [&str; 4] = ["", "unknown", "dumb", "network"];
/// What a person can type blindly, or paste, while a command runs.
const MOST_AHEAD: usize = 8 * 1024;
/// Octets that may wait to be sent before notices are left out: a thousand lines.
const MOST_NOTICES: usize = 64 * 1024;

#[cfg(test)]
mod tests;
