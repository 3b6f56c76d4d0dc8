//! Lines from a pipe, and texts to be waited for.

use std::io;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, Stdin, stdin};
use toynet_machine::{Machine, Time};
use toynet_net::Clock;
use toynet_service::Ending;

use super::talk::Talk;
use crate::call::Call;
use crate::client::{Event, Order};

/// What a script does.
#[derive(Debug)]
pub(super) struct Script {
    /// In this order; without any, lines of standard input are sent.
    pub steps: Vec<Step>,
    /// How long each text may take to come.
    pub timeout: Duration,
    /// How long the server may be silent at the end.
    pub wait: Duration,
    pub clock: Clock,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Wait until this is shown.
    Expect(String),
    /// Send this line.
    Send(String),
}

impl Script {
    /// Runs it to its end.
    ///
    /// # Errors
    /// How it ended before.
    pub async fn run(self, call: &mut Call, talk: &mut Talk) -> Result<Ending, Ending> {
        let mut listener = Listener { call, talk, shown: Vec::new(), clock: self.clock };
        let ended =
            if self.steps.is_empty() { self.pipe(&mut listener).await } else { self.steps(&mut listener).await? };
        listener.talk.end_line();
        listener.talk.note("closed", json!({ "by_server": listener.is_over() }));
        match ended {
            Ok(()) if listener.is_over() => {
                listener.talk.remark("Connection closed by foreign host.");
                Ok(Ending::done("closed by the server"))
            }
            Ok(()) => Ok(Ending::done("closed by the client")),
            Err(error) => Err(Ending::unanswered(format!("the connection was lost: {error}"))),
        }
    }

    async fn steps(&self, listener: &mut Listener<'_>) -> Result<io::Result<()>, Ending> {
        for step in &self.steps {
            match step {
                Step::Send(line) => listener.send(line.as_bytes()),
                Step::Expect(text) => {
                    let deadline = self.clock.now() + self.timeout;
                    match listener.until(text, deadline).await {
                        Ok(true) => {}
                        Ok(false) => {
                            listener.talk.end_line();
                            return Err(Ending::refused(format!("the server did not say {text:?}")));
                        }
                        Err(error) => return Ok(Err(error)),
                    }
                }
            }
        }
        let is_finished = matches!(self.steps.last(), Some(Step::Expect(_)));
        Ok(if is_finished { Ok(()) } else { listener.until_silent(self.wait).await })
    }

    /// Sends what comes from standard input. A server that speaks first is heard first: it may have options to agree on.
    async fn pipe(&self, listener: &mut Listener<'_>) -> io::Result<()> {
        listener.greeting().await?;
        let mut input = Input { from: stdin(), line: Vec::new(), ended: false };
        while !input.ended && !listener.is_over() {
            tokio::select! {
                biased;
                events = listener.call.step() => listener.take(events?),
                lines = input.lines() => lines?.iter().for_each(|line| listener.send(line)),
            }
        }
        listener.until_silent(self.wait).await
    }
}

/// Hears the server and shows what it says.
struct Listener<'a> {
    call: &'a mut Call,
    talk: &'a mut Talk,
    /// Shown, and not passed by a text that was waited for.
    shown: Vec<u8>,
    clock: Clock,
}

impl Listener<'_> {
    fn is_over(&self) -> bool {
        self.call.machine().is_over()
    }

    fn send(&mut self, line: &[u8]) {
        self.talk.typed(&String::from_utf8_lossy(line));
        self.call.give(Order::Type([line, b"\n"].concat()));
    }

    fn take(&mut self, events: Vec<Event>) {
        for event in events {
            if let Event::Output(octets) = &event {
                self.shown.extend(octets);
            }
            self.talk.hear(&event, self.call.machine().hears_binary());
        }
        let surplus = self.shown.len().saturating_sub(MOST_SHOWN);
        self.shown.drain(..surplus);
    }

    /// Waits for a text; false when it does not come before the deadline or the server's end.
    async fn until(&mut self, text: &str, deadline: Time) -> io::Result<bool> {
        loop {
            let found = self.shown.windows(text.len().max(1)).position(|window| window == text.as_bytes());
            if let Some(at) = found {
                self.shown.drain(..at + text.len());
                return Ok(true);
            }
            if self.is_over() {
                return Ok(false);
            }
            match self.clock.until(deadline, self.call.step()).await {
                Ok(events) => self.take(events?),
                Err(_) => return Ok(false),
            }
        }
    }

    /// What a server says before it is told anything.
    async fn greeting(&mut self) -> io::Result<()> {
        let Ok(first) = self.clock.until(self.clock.now() + FIRST_WORD, self.call.step()).await else { return Ok(()) };
        self.take(first?);
        self.until_silent(BREATH).await
    }

    async fn until_silent(&mut self, span: Duration) -> io::Result<()> {
        while !self.is_over() {
            match self.clock.until(self.clock.now() + span, self.call.step()).await {
                Ok(events) => self.take(events?),
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }
}

/// Standard input line by line. What was read is not lost when waiting is given up.
struct Input {
    from: Stdin,
    line: Vec<u8>,
    ended: bool,
}

impl Input {
    /// The lines that are there, without their ends; at the end of input a last one may have none.
    async fn lines(&mut self) -> io::Result<Vec<Vec<u8>>> {
        let mut buffer = [0; BUFFER];
        let length = self.from.read(&mut buffer).await?;
        self.ended = length == 0;
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for octet in &buffer[..length] {
            self.line.push(*octet);
            if *octet == b'\n' || self.line.len() >= LONGEST_LINE {
                lines.push(std::mem::take(&mut self.line));
            }
        }
        if self.ended && !self.line.is_empty() {
            lines.push(std::mem::take(&mut self.line));
        }
        Ok(lines.iter().map(|line| without_end(line).to_vec()).collect())
    }
}

/// A line without what ends it.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A server that speaks first does so at once; on a slow link after a round trip or two.
const FIRST_WORD: Duration = Duration::from_millis(500);
/// Between the parts of a greeting: the time that agreeing on options takes.
const BREATH: Duration = Duration::from_millis(100);
const BUFFER: usize = 8 * 1024;
/// Longer lines are sent in pieces, as lines.
const LONGEST_LINE: usize = 64 * 1024;
/// What is kept to look for a text in: some thousand lines.
const MOST_SHOWN: usize = 256 * 1024;
