//! A person at a terminal.

use std::collections::VecDeque;
use std::io;

use serde_json::json;
use tokio::io::{AsyncReadExt, Stdin, stdin};
use toynet_machine::Machine;
use toynet_service::Ending;

use super::command::{Command, HELP, Habit, Sent};
use super::talk::Talk;
use super::terminal::{self, Signals, Terminal};
use crate::call::Call;
use crate::client::{Event, Order, Typing};
use crate::codes::Signal;
use crate::option::Side;

/// A conversation with a person.
#[derive(Debug)]
pub(super) struct Interactive {
    call: Call,
    talk: Talk,
    name: String,
    escape: Option<u8>,
    terminal: Option<Terminal>,
    /// Whether Enter is sent as CR LF.
    crlf: bool,
    typing: Typing,
    /// Typed and not yet looked at.
    ahead: VecDeque<u8>,
    /// What is typed of a line for the client itself, while its prompt is there.
    command: Option<Vec<u8>>,
    input: Stdin,
    signals: Signals,
}

enum Next {
    Said(Vec<Event>),
    Typed(usize),
    Signal(terminal::Signal),
}

impl Interactive {
    /// # Errors
    /// When the system hands out no signals.
    pub fn new(call: Call, talk: Talk, name: &str, escape: Option<u8>) -> Result<Self, String> {
        let signals = Signals::listen().map_err(|error| format!("no signals: {error}"))?;
        let terminal = Terminal::of_stdin(escape);
        let typing = call.machine().typing();
        Ok(Self {
            call,
            talk,
            name: name.to_owned(),
            escape,
            terminal,
            crlf: false,
            typing,
            ahead: VecDeque::new(),
            command: None,
            input: stdin(),
            signals,
        })
    }

    /// Talks until one side hangs up.
    ///
    /// # Errors
    /// How it ended before.
    pub async fn run(mut self) -> Result<Ending, Ending> {
        self.follow_typing();
        let mut buffer = [0; BUFFER];
        while !self.call.machine().is_over() {
            let next = self.next(&mut buffer).await;
            match next.map_err(|error| self.lost(&error))? {
                Next::Said(events) => self.hear(&events),
                Next::Typed(0) => self.end_of_input(),
                Next::Typed(length) => {
                    self.ahead.extend(&buffer[..length]);
                    self.read();
                }
                Next::Signal(signal) => self.obey_signal(signal),
            }
        }
        Ok(self.goodbye())
    }

    /// The server is not heard while the client's own prompt is there.
    async fn next(&mut self, buffer: &mut [u8]) -> io::Result<Next> {
        tokio::select! {
            biased;
            signal = self.signals.next() => Ok(Next::Signal(signal)),
            length = self.input.read(buffer) => length.map(Next::Typed),
            events = self.call.step(), if self.command.is_none() => events.map(Next::Said),
        }
    }

    fn hear(&mut self, events: &[Event]) {
        let binary = self.call.machine().hears_binary();
        events.iter().for_each(|event| self.talk.hear(event, binary));
        self.follow_typing();
    }

    fn follow_typing(&mut self) {
        self.typing = self.call.machine().typing();
        if let Some(terminal) = self.terminal.as_ref().filter(|_| self.command.is_none()) {
            terminal.follow(self.typing);
        }
    }

    /// Reads what was typed, for the server or for the client itself.
    fn read(&mut self) {
        let mut text = Vec::new();
        while let Some(octet) = self.ahead.pop_front() {
            match &mut self.command {
                Some(line) if octet == b'\r' || octet == b'\n' => {
                    let line = String::from_utf8_lossy(&std::mem::take(line)).into_owned();
                    self.obey(&line);
                }
                Some(line) => line.push(octet),
                None if self.escape == Some(octet) => {
                    self.send(&std::mem::take(&mut text));
                    self.ask();
                }
                None => text.push(octet),
            }
            if self.call.machine().is_over() {
                return;
            }
        }
        self.send(&text);
    }

    fn send(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        let text = match (self.typing, self.crlf) {
            (Typing::Keys, true) => text.iter().map(|octet| if *octet == b'\r' { b'\n' } else { *octet }).collect(),
            (Typing::Keys, false) | (Typing::Lines | Typing::HiddenLines, _) => text.to_vec(),
        };
        self.call.give(Order::Type(text));
    }

    /// Shows the client's own prompt.
    fn ask(&mut self) {
        self.command = Some(Vec::new());
        if let Some(terminal) = &self.terminal {
            terminal.restore();
        }
        self.talk.prompt("\ntelnet> ");
    }

    fn obey(&mut self, line: &str) {
        self.command = None;
        match Command::parse(line) {
            Ok(Command::Resume) => {}
            Ok(Command::Quit) => self.call.give(Order::Close),
            Ok(Command::Status) => self.talk.remark(&self.status()),
            Ok(Command::Display) => self.talk.remark(&self.display()),
            Ok(Command::Suspend) => self.suspend(),
            Ok(Command::Help) => self.talk.remark(HELP),
            Ok(Command::Explain(text)) => self.talk.remark(text),
            Ok(Command::Send(sent)) => self.send_beside_text(&sent),
            Ok(Command::Toggle(habit)) => self.toggle(habit),
            Err(wrong) => self.talk.remark(&wrong),
        }
        self.follow_typing();
    }

    fn send_beside_text(&mut self, sent: &Sent) {
        match sent {
            Sent::Signal(signal) => self.call.give(Order::Signal(*signal)),
            // The mark alone: the urgent notification of RFC 854 is TCP's, which a stream in a lab does not carry.
            Sent::Synch => self.call.give(Order::Signal(Signal::Dm)),
            Sent::Escape => self.call.give(Order::Type(self.escape.into_iter().collect())),
            Sent::GetStatus => self.call.give(Order::AskStatus),
            Sent::Ask(verb, option) => self.call.give(Order::Ask(*verb, *option)),
        }
    }

    fn toggle(&mut self, habit: Habit) {
        match habit {
            Habit::Options => self.talk.shows_options = !self.talk.shows_options,
            Habit::Crlf => self.crlf = !self.crlf,
        }
        self.talk.remark(&self.display());
    }

    fn status(&self) -> String {
        let mode = match self.typing {
            Typing::Keys => "Keys are sent one by one, and the server echoes them.",
            Typing::Lines => "Lines are edited here and sent whole.",
            Typing::HiddenLines => "Lines are edited here, unseen, and sent whole.",
        };
        let on = |of| {
            let names =
                self.call.machine().all_on().filter(|(side, _)| *side == of).map(|(_, option)| option.to_string());
            Some(names.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty()).unwrap_or("none".to_owned())
        };
        let escape = self.escape.map_or("There is no escape character.".to_owned(), |escape| {
            format!("Escape character is '{}'.", caret(escape))
        });
        let (ours, theirs) = (on(Side::Us), on(Side::Him));
        format!("Connected to {}.\n{mode}\nOptions here: {ours}. At the server: {theirs}.\n{escape}", self.name)
    }

    fn display(&self) -> String {
        let options = if self.talk.shows_options { "is shown" } else { "is not shown" };
        let enter = if self.crlf { "CR LF" } else { "CR NUL" };
        format!("The negotiation of options {options}.\nEnter is sent as {enter} where keys are sent one by one.")
    }

    fn resize(&mut self) {
        if let Some((columns, rows)) = terminal::window() {
            self.call.give(Order::Resize(columns, rows));
        }
    }

    /// ^C in a line: a Telnet host is asked to interrupt, any other server is left.
    fn interrupt(&mut self) {
        match (&self.command, self.call.machine().is_telnet()) {
            (Some(_), _) => self.obey(""),
            (None, true) => self.call.give(Order::Signal(Signal::Ip)),
            (None, false) => self.call.give(Order::Close),
        }
    }

    /// ^D at the beginning of a line.
    fn end_of_input(&mut self) {
        match (&self.command, self.call.machine().is_telnet() && self.terminal.is_some()) {
            (Some(_), _) => self.call.give(Order::Close),
            (None, true) => self.call.give(Order::Signal(Signal::Eof)),
            (None, false) => self.call.give(Order::Close),
        }
    }

    fn obey_signal(&mut self, signal: terminal::Signal) {
        match signal {
            terminal::Signal::Window => self.resize(),
            terminal::Signal::Interrupt => self.interrupt(),
            terminal::Signal::Stop => self.suspend(),
            terminal::Signal::End => self.call.give(Order::Close),
        }
    }

    fn suspend(&mut self) {
        if let Some(terminal) = &self.terminal {
            terminal.suspend();
        }
        self.resize();
        self.follow_typing();
    }

    fn lost(&self, error: &io::Error) -> Ending {
        self.talk.note("lost", json!({}));
        Ending::unanswered(format!("the connection was lost: {error}"))
    }

    fn goodbye(mut self) -> Ending {
        // What is said from here on is said on a terminal as it was found.
        self.terminal = None;
        let by_server = self.call.has_ended();
        self.talk.note("closed", json!({ "by_server": by_server }));
        self.talk.remark(if by_server { "Connection closed by foreign host." } else { "Connection closed." });
        Ending::done(if by_server { "closed by the server" } else { "closed by the client" })
    }
}

/// A character as people write it: `^]`.
pub(super) fn caret(octet: u8) -> String {
    match octet {
        0..0x20 => format!("^{}", char::from(octet + 0x40)),
        octet => char::from(octet).to_string(),
    }
}

/// Far more than anybody types in one go; a paste comes in pieces.
const BUFFER: usize = 4 * 1024;
