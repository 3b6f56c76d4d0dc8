//! Lines of the client, and which of them are secrets.

use std::collections::VecDeque;

use toynet_machine::Time;
use toynet_record::dissect::{Note, Role};
use toynet_record::{Message, Side};

use crate::editor::{Done, Echo, Editor};
use crate::key::Keys;
use crate::screen::Screen;

/// What the client types, from keys to lines.
#[derive(Debug, Default)]
pub(super) struct Typing {
    keys: Keys,
    editor: Editor,
    begun: Option<Begun>,
    /// How many lines were typed.
    lines: u64,
    /// Lines whose exchange is not over, oldest first. Those that are told stand before those that are not.
    waiting: VecDeque<Typed>,
}

/// A line that is being typed.
#[derive(Debug)]
struct Begun {
    since: Time,
    octets: u64,
    prompt: String,
}

/// A line that was typed.
#[derive(Debug)]
pub(super) struct Typed {
    pub exchange: u64,
    /// What stood on the screen when it was begun.
    prompt: String,
    typed: String,
    since: Time,
    until: Time,
    octets: u64,
    is_told: bool,
    /// The line as it may be shown, and whether it must be hidden.
    told: String,
    secret: bool,
    notes: Vec<Note>,
}

impl Typing {
    /// Takes an octet of the client while the screen shows `screen`.
    pub fn take(&mut self, octet: u8, time: Time, screen: &Screen) {
        let begun = self.begun.get_or_insert_with(|| Begun { since: time, octets: 0, prompt: screen.text() });
        begun.octets += 1;
        let mut keys = Vec::new();
        self.keys.take(octet, &mut keys);
        if keys.is_empty() && self.editor.is_empty() && octet <= b'\n' {
            // The second half of a line end begins nothing.
            self.begun = None;
        }
        for key in keys {
            // Hidden, so that nothing is remembered: what came of the history is seen in the echo.
            match self.editor.press(key, Echo::TheirsHidden, &mut String::new()) {
                Some(Done::Line(text)) => self.end_line(text, time),
                Some(Done::Interrupted | Done::EndOfInput) => self.begun = None,
                None => {}
            }
        }
    }

    /// How many lines were typed.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Whether a line is being typed.
    pub fn has_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// Whether some line's exchange is not over.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether that is so of one line alone.
    pub fn waits_for_one(&self) -> bool {
        self.waiting.len() == 1
    }

    /// Adds what the last line means.
    pub fn explain_last(&mut self, note: Option<Note>) {
        if let Some(line) = self.waiting.back_mut().filter(|line| !line.is_told) {
            line.notes.extend(note);
        }
    }

    /// The oldest line that was told and whose exchange is not over.
    pub fn open(&self) -> Option<&Typed> {
        self.waiting.front().filter(|line| line.is_told)
    }

    /// The number of that exchange, or 0.
    pub fn exchange_open(&self) -> u64 {
        self.open().map_or(0, |line| line.exchange)
    }

    /// The oldest line that was not told.
    pub fn unconfirmed(&mut self) -> Option<&mut Typed> {
        self.waiting.iter_mut().find(|line| !line.is_told)
    }

    /// The exchange of [`Typing::open`] is over.
    pub fn end_open(&mut self) {
        if self.open().is_some() {
            self.waiting.pop_front();
        }
    }

    fn end_line(&mut self, typed: String, time: Time) {
        self.lines += 1;
        let (since, octets, prompt) =
            self.begun.take().map_or((time, 1, String::new()), |begun| (begun.since, begun.octets, begun.prompt));
        if self.waiting.len() >= MOST_WAITING {
            return;
        }
        self.waiting.push_back(Typed {
            exchange: self.lines,
            prompt,
            typed,
            since,
            until: time,
            octets,
            is_told: false,
            told: String::new(),
            secret: false,
            notes: Vec::new(),
        });
    }
}

impl Typed {
    /// Whether a line that the server showed is this one with a prompt before it.
    pub fn is_echoed_in(&self, shown: &str) -> bool {
        let follows_prompt = !self.prompt.is_empty() && shown.starts_with(&self.prompt);
        follows_prompt || (!self.typed.is_empty() && shown.ends_with(&self.typed))
    }

    /// Learns what the server shows where it echoes this line. What it does not show is a secret; what it shows is told
    /// as it is shown, since the server may have completed it.
    pub fn confirm(&mut self, shown: &str) {
        let echoed = match shown.strip_prefix(&self.prompt) {
            Some(echoed) if !self.prompt.is_empty() => echoed,
            _ if !self.typed.is_empty() && shown.ends_with(&self.typed) => &self.typed,
            Some(_) | None => "",
        };
        // Of a line that is wider than the window its end is seen.
        let is_its_end = echoed.chars().count() >= WIDE && self.typed.ends_with(echoed);
        let echoed = if is_its_end { &self.typed } else { echoed };
        let echoed = echoed.trim().to_owned();
        let is_hidden = echoed.chars().all(|character| character == '*');
        let asking = if self.prompt.is_empty() { shown } else { &self.prompt };
        match is_hidden || asks_for_secret(asking) {
            true => self.hide(),
            false => self.told = echoed,
        }
    }

    /// The client shows the line itself, and the server takes it up at `prompt`: only that tells whether it is a secret.
    pub fn confirm_without_echo(&mut self, prompt: &str) {
        match asks_for_secret(prompt) {
            true => self.hide(),
            false => self.told = self.typed.trim_end().to_owned(),
        }
    }

    /// It is a secret, or may be one.
    pub fn hide(&mut self) {
        self.told.clone_from(&self.typed);
        self.secret = true;
    }

    /// The line as the request of its exchange.
    pub fn message(&mut self) -> Message {
        self.is_told = true;
        let empty = self.told.is_empty();
        let summary = if empty { "(empty line)".to_owned() } else { std::mem::take(&mut self.told) };
        let whole = 0..summary.len();
        let secrets = Some(whole).filter(|_| self.secret && !empty).into_iter().collect();
        Message {
            secrets,
            notes: std::mem::take(&mut self.notes),
            octets: self.octets,
            lasted: self.until.since(self.since),
            exchange: self.exchange,
            role: Role::Request,
            ..Message::new(Side::Initiator, self.since, summary)
        }
    }
}

/// Whether a prompt asks for what nobody else may know.
pub(crate) fn asks_for_secret(prompt: &str) -> bool {
    let prompt = prompt.to_lowercase();
    SECRETS.iter().any(|word| prompt.contains(word))
}

const SECRETS: [&str; 5] = ["password", "passwd", "passphrase", "passcode", "pin:"];
/// Fewer characters may be the end of something else.
const WIDE: usize = 4;
/// Lines that a client may send ahead and still be paired with their answers.
const MOST_WAITING: usize = 256;
