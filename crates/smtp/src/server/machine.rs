//! One connection of a server.
//!
//! - `commands`: what each command does
//! - `content`: what comes after DATA and BDAT
//! - `login`: the dialogue of AUTH

mod commands;
mod content;
mod login;

use std::collections::VecDeque;

use toynet_machine::{Machine, Time};

use super::limits::{BLOCK, Limits};
use super::offer::Offer;
use super::say;
use crate::wire::auth::Credentials;
use crate::wire::exchange::Exchanges;
use crate::wire::reply::Reply;
use crate::wire::{Command, Content, ForwardPath, LineReader, MailParameters, RcptParameters, ReversePath, command};
use content::Chunk;
use login::Login;

/// The server's side of one connection. The session decides with one [`Order`] on each
/// [`Event::Sender`], [`Event::Recipient`] and [`Event::Message`]; until it has, nothing more is read.
#[derive(Debug)]
pub struct ServerMachine {
    name: String,
    limits: Limits,
    offer: Offer,
    authenticated: bool,
    /// What has arrived and was not looked at yet.
    input: Vec<u8>,
    peer_ended: bool,
    lines: LineReader,
    stage: Stage,
    client: Option<Client>,
    mail: Option<Mail>,
    exchanges: Exchanges,
    mistakes: u32,
    events: VecDeque<Event>,
    outgoing: Vec<u8>,
    deadline: Option<Time>,
}

/// Something that the session should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A mail begins: shall it be taken from this sender?
    Sender {
        /// Whom it is from.
        from: ReversePath,
        /// What is said of it.
        parameters: MailParameters,
        /// Who delivers it.
        client: Client,
        /// The exchange that this mail is, from 1.
        exchange: u64,
    },
    /// Shall the mail be taken for this recipient?
    Recipient(ForwardPath, RcptParameters),
    /// Is it this user?
    Login(Credentials),
    /// The mail is here: is it in your care?
    Message(Content),
    /// The mail that had begun is given up.
    Abandoned,
    /// Nothing more will come.
    Ended(Ending),
}

/// What the session decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// The answer to the last question. What is completed is accepted; 421 ends the connection too.
    Answer(Reply),
    /// TLS has started on the connection, which was paused for it.
    Secured,
    /// The server stops: the client is told why and to try again (RFC 5321 3.8).
    Stop(&'static str),
}

/// Who delivers a mail, by its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The name that it gave.
    pub name: String,
    /// Whether it said EHLO.
    pub extended: bool,
}

/// Why a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client said QUIT.
    Quit,
    /// The client went away without.
    PeerLeft,
    /// The client took too long.
    PeerTooSlow,
    /// The client made too many mistakes.
    PeerMistakes,
    /// The session wanted it so.
    Stopped,
}

/// What the octets that come next are.
#[derive(Debug)]
enum Stage {
    Commands,
    Data {
        reader: crate::wire::DataReader,
        progress: u64,
    },
    Chunk(Chunk),
    Login(Login),
    /// 220 was said to STARTTLS: what the client sends next is no SMTP.
    Securing,
    /// Not looked at before the session has decided.
    Deciding(Question),
    Over,
}

#[derive(Clone, Copy, Debug)]
enum Question {
    Sender,
    Recipient,
    Login,
    Message,
}

/// A mail whose sender was accepted.
#[derive(Debug, Default)]
struct Mail {
    parameters: MailParameters,
    recipients: usize,
    /// What has come of its content in chunks.
    chunks: Option<Vec<u8>>,
}

impl ServerMachine {
    /// The machine of a connection that was accepted at `now` by the host called `name`.
    pub fn new(now: Time, name: &str, limits: Limits, offer: Offer) -> Self {
        let mut machine = Self {
            name: name.to_owned(),
            limits,
            offer,
            authenticated: false,
            input: Vec::new(),
            peer_ended: false,
            lines: LineReader::new(command::LONGEST_AUTH),
            stage: Stage::Commands,
            client: None,
            mail: None,
            exchanges: Exchanges::default(),
            mistakes: 0,
            events: VecDeque::new(),
            outgoing: Vec::new(),
            deadline: Some(now + limits.patience),
        };
        machine.say(&Reply::plain(220, format!("{name} ESMTP toynet")));
        machine
    }

    /// What was sent after STARTTLS and before TLS: a client must not send any (RFC 3207 section 4).
    pub fn unread(&self) -> &[u8] {
        &self.input
    }

    fn say(&mut self, reply: &Reply) {
        reply.write(&mut self.outgoing);
    }

    /// Looks at what has arrived, as far as it can be looked at.
    fn proceed(&mut self, now: Time) {
        let input = std::mem::take(&mut self.input);
        let mut rest = &input[..];
        loop {
            let count = match &mut self.stage {
                Stage::Commands | Stage::Login(_) if !rest.is_empty() => self.read_line(now, rest),
                Stage::Data { reader, .. } if !rest.is_empty() => {
                    let count = reader.take(rest);
                    self.read_data(now, count);
                    count
                }
                // A chunk may have no octets at all.
                Stage::Chunk(chunk) if !rest.is_empty() || chunk.left == 0 => self.read_chunk(now, rest),
                Stage::Commands
                | Stage::Data { .. }
                | Stage::Chunk(_)
                | Stage::Login(_)
                | Stage::Securing
                | Stage::Deciding(_)
                | Stage::Over => break,
            };
            rest = &rest[count..];
        }
        self.input = rest.to_vec();
        if self.peer_ended && !matches!(self.stage, Stage::Deciding(_) | Stage::Securing | Stage::Over) {
            self.end(Ending::PeerLeft);
        }
    }

    fn read_line(&mut self, now: Time, octets: &[u8]) -> usize {
        let taken = self.lines.take(octets);
        if let Some(line) = taken.line {
            self.deadline = Some(now + self.limits.patience);
            match (std::mem::replace(&mut self.stage, Stage::Commands), line) {
                (Stage::Login(login), Ok(line)) => self.go_on(login, &line),
                (Stage::Login(_), Err(fault)) => self.break_off(&say::line_fault(fault)),
                (_, Ok(line)) => self.read_command(&line),
                (_, Err(fault)) => {
                    self.exchanges.command(None);
                    self.mistake(&say::line_fault(fault));
                }
            }
        }
        taken.count
    }

    fn read_command(&mut self, line: &[u8]) {
        let command = Command::parse(line);
        self.exchanges.command(command.as_ref().ok());
        match command {
            Ok(command) => self.obey(command),
            Err(fault) => self.mistake(&fault.reply()),
        }
    }

    fn mistake(&mut self, reply: &Reply) {
        self.say(reply);
        self.count_mistake();
    }

    fn count_mistake(&mut self) {
        self.mistakes += 1;
        if self.mistakes >= self.limits.mistakes {
            self.say(&say::too_many_mistakes());
            self.end(Ending::PeerMistakes);
        }
    }

    fn ask(&mut self, question: Question, event: Event) {
        self.events.push_back(event);
        self.stage = Stage::Deciding(question);
        self.deadline = None;
    }

    fn abandon(&mut self) {
        if self.mail.take().is_some() {
            self.events.push_back(Event::Abandoned);
        }
    }

    fn end(&mut self, ending: Ending) {
        self.abandon();
        self.events.push_back(Event::Ended(ending));
        self.stage = Stage::Over;
        self.input = Vec::new();
        self.deadline = None;
    }

    fn answer(&mut self, now: Time, question: Question, reply: &Reply) {
        self.say(reply);
        self.stage = Stage::Commands;
        self.deadline = Some(now + self.limits.patience);
        match (question, &mut self.mail) {
            (Question::Sender, _) if !reply.is_completed() => self.mail = None,
            (Question::Recipient, Some(mail)) if reply.is_completed() => mail.recipients += 1,
            (Question::Message, _) => self.mail = None,
            (Question::Login, _) => self.authenticated = reply.is_completed(),
            (Question::Sender | Question::Recipient, _) => {}
        }
        if reply.code == 421 {
            self.end(Ending::Stopped);
        }
        if matches!(question, Question::Login) && !reply.is_completed() {
            self.count_mistake();
        }
    }

    /// All that was said in clear is forgotten, the client's name too (RFC 3207 section 4.2).
    fn be_secured(&mut self, now: Time) {
        self.offer.starttls = false;
        self.offer.secured = true;
        self.client = None;
        self.stage = Stage::Commands;
        self.deadline = Some(now + self.limits.patience);
    }
}

impl Machine for ServerMachine {
    type Event = Event;
    type Order = Order;

    fn receive(&mut self, now: Time, bytes: &[u8]) {
        if !self.is_over() {
            self.input.extend_from_slice(bytes);
            self.proceed(now);
        }
    }

    fn receive_end(&mut self, now: Time) {
        self.peer_ended = true;
        self.proceed(now);
    }

    fn order(&mut self, now: Time, order: Order) {
        match (order, &self.stage) {
            (_, Stage::Over) => {}
            (Order::Answer(reply), Stage::Deciding(question)) => {
                self.answer(now, *question, &reply);
                self.proceed(now);
            }
            (Order::Secured, Stage::Securing) => self.be_secured(now),
            // Nothing was asked.
            (Order::Answer(_) | Order::Secured, _) => {}
            (Order::Stop(why), _) => {
                self.say(&say::closing(why));
                self.end(Ending::Stopped);
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
        self.deadline
    }

    fn expire(&mut self, now: Time) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.say(&say::too_slow());
            self.end(Ending::PeerTooSlow);
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    fn is_paused(&self) -> bool {
        matches!(self.stage, Stage::Securing)
    }
}

#[cfg(test)]
mod tests;
