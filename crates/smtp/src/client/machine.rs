//! One connection of a client.
//!
//! - `mailing`: one mail on it

mod mailing;

use std::collections::VecDeque;
use std::time::Duration;

use toynet_machine::{Machine, Time};

use super::limits;
use crate::fate::{Fate, Trouble};
use crate::wire::parameter::Xtext;
use crate::wire::reply::{Reply, ReplyReader};
use crate::wire::{Command, Content, Extensions, ForwardPath, RcptParameters, Returned, ReversePath};
use mailing::{Mailing, Step};

/// The client's side of one connection. It greets by itself; after [`Event::Ready`], and after each
/// [`Event::Done`], the session orders the next mail or the end.
#[derive(Debug)]
pub struct ClientMachine {
    /// Who we are.
    name: String,
    /// Who the server is, for reports.
    server: String,
    replies: ReplyReader,
    stage: Stage,
    extensions: Extensions,
    /// TLS is to be started if the server offers it.
    wants_tls: bool,
    /// What came after the reply to STARTTLS and before TLS.
    unread: Vec<u8>,
    events: VecDeque<Event>,
    outgoing: Vec<u8>,
    deadline: Option<Time>,
}

/// A mail for one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whom it is from.
    pub from: ReversePath,
    /// Whom it is for, at least one. A server need not take more than 100 (RFC 5321 4.5.3.1.8).
    pub to: Vec<ForwardPath>,
    /// What it says.
    pub content: Content,
    /// Whether its header goes beyond ASCII (RFC 6532).
    pub smtputf8: bool,
    /// Of what its sender would like to hear.
    pub dsn: Dsn,
}

/// Of what a sender would like to hear (RFC 3461). Servers that cannot tell them are not asked to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dsn {
    /// How much of the mail comes back.
    pub ret: Option<Returned>,
    /// What they call the mail.
    pub envid: Option<Xtext>,
    /// What they said of each recipient, in order; where there is nothing more, they said nothing.
    pub wishes: Vec<RcptParameters>,
}

/// Something that the session should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The server has introduced itself; a mail can be ordered.
    Ready(Extensions),
    /// What became of the mail, for each recipient in order.
    Done(Vec<Fate>),
    /// Nothing more will come.
    Ended(Ending),
}

/// What the session decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Deliver this. Only when the last mail is done.
    Deliver(Letter),
    /// TLS has started on the connection, which was paused for it.
    Secured,
    /// Say QUIT.
    Quit,
}

/// Why a conversation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Both sides were done.
    Quit,
    /// The server, or what lies between.
    Trouble(Fate),
}

#[derive(Debug)]
enum Stage {
    Greeting,
    /// EHLO, or HELO after that, was said.
    Hello {
        extended: bool,
    },
    /// STARTTLS was said.
    StartTls,
    /// 220 was the answer to it: what the server sends next is no SMTP.
    Securing,
    Idle,
    Mailing(Box<Mailing>),
    Quitting,
    Over,
}

impl ClientMachine {
    /// The machine of a connection that was opened at `now` by the host called `name` to `server`.
    pub fn new(now: Time, name: &str, server: &str) -> Self {
        Self {
            name: name.to_owned(),
            server: server.to_owned(),
            replies: ReplyReader::default(),
            stage: Stage::Greeting,
            extensions: Extensions::default(),
            wants_tls: false,
            unread: Vec::new(),
            events: VecDeque::new(),
            outgoing: Vec::new(),
            deadline: Some(now + limits::GREETING),
        }
    }

    /// The same, and TLS is started where the server offers it (RFC 7435, RFC 3207).
    #[must_use]
    pub fn with_tls(self) -> Self {
        Self { wants_tls: true, ..self }
    }

    /// What came after the reply to STARTTLS and before TLS: a server must not send any.
    pub fn unread(&self) -> &[u8] {
        &self.unread
    }

    fn say(&mut self, now: Time, command: &Command, patience: Duration) {
        self.outgoing.extend_from_slice(format!("{command}\r\n").as_bytes());
        self.deadline = Some(now + patience);
    }

    fn hear(&mut self, now: Time, reply: Reply) {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Greeting if reply.is_completed() => self.hello(now, true),
            Stage::Greeting => self.end(Ending::Trouble(self.said("the connection", reply))),
            Stage::Hello { extended } => self.be_ready(now, extended, reply),
            Stage::StartTls if reply.code == 220 => {
                self.stage = Stage::Securing;
                self.deadline = None;
            }
            // It has changed its mind, and mail in clear is better than none.
            Stage::StartTls => self.become_idle(),
            Stage::Mailing(mailing) => self.go_on(now, mailing, reply),
            Stage::Quitting => self.end(Ending::Quit),
            // Servers that stop say 421 unasked (RFC 5321 3.8).
            Stage::Idle => self.end(Ending::Trouble(self.said("nothing", reply))),
            Stage::Securing | Stage::Over => {}
        }
    }

    fn said(&self, to: &'static str, reply: Reply) -> Fate {
        Fate::of_reply(&self.server, to, reply)
    }

    fn hello(&mut self, now: Time, extended: bool) {
        let name = self.name.clone();
        let command = if extended { Command::Ehlo(name) } else { Command::Helo(name) };
        self.say(now, &command, limits::GREETING);
        self.stage = Stage::Hello { extended };
    }

    /// A server that does not know EHLO is greeted with HELO (RFC 5321 3.2).
    fn be_ready(&mut self, now: Time, extended: bool, reply: Reply) {
        if reply.is_completed() {
            self.extensions = if extended { Extensions::read(&reply) } else { Extensions::default() };
            if self.wants_tls && self.extensions.starttls {
                self.wants_tls = false;
                self.say(now, &Command::StartTls, limits::GREETING);
                self.stage = Stage::StartTls;
            } else {
                self.become_idle();
            }
        } else if extended && [500, 501, 502, 504].contains(&reply.code) {
            self.hello(now, false);
        } else {
            let fate = self.said(if extended { "EHLO" } else { "HELO" }, reply);
            self.end(Ending::Trouble(fate));
        }
    }

    fn become_idle(&mut self) {
        self.rest();
        self.events.push_back(Event::Ready(self.extensions));
    }

    fn rest(&mut self) {
        self.stage = Stage::Idle;
        self.deadline = None;
    }

    fn deliver(&mut self, now: Time, letter: Letter) {
        if let Some(trouble) = mailing::obstacle(&letter, &self.extensions, &self.server) {
            let fates = letter.to.iter().map(|_| Fate::Failed(trouble.clone())).collect();
            return self.events.push_back(Event::Done(fates));
        }
        let mut mailing = Box::new(Mailing::new(letter, self.extensions, &self.server));
        let step = mailing.begin(&mut self.outgoing);
        self.take_step(now, mailing, step);
    }

    fn go_on(&mut self, now: Time, mut mailing: Box<Mailing>, reply: Reply) {
        let is_leaving = reply.code == 421;
        let step = mailing.hear(reply, &mut self.outgoing);
        if is_leaving {
            let trouble = Trouble::PeerLeft(self.server.clone());
            self.events.push_back(Event::Done(mailing.break_off(&trouble)));
            return self.end(Ending::Trouble(Fate::Deferred(trouble)));
        }
        self.take_step(now, mailing, step);
    }

    fn take_step(&mut self, now: Time, mailing: Box<Mailing>, step: Step) {
        match step {
            Step::Wait(patience) => {
                self.deadline = Some(now + patience);
                self.stage = Stage::Mailing(mailing);
            }
            Step::Done(fates) => {
                self.rest();
                self.events.push_back(Event::Done(fates));
            }
        }
    }

    fn break_off(&mut self, trouble: Trouble) {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Over => {}
            Stage::Quitting => self.end(Ending::Quit),
            Stage::Mailing(mut mailing) => {
                self.events.push_back(Event::Done(mailing.break_off(&trouble)));
                self.end(Ending::Trouble(Fate::Deferred(trouble)));
            }
            Stage::Greeting | Stage::Hello { .. } | Stage::StartTls | Stage::Securing | Stage::Idle => {
                self.end(Ending::Trouble(Fate::Deferred(trouble)))
            }
        }
    }

    fn end(&mut self, ending: Ending) {
        self.events.push_back(Event::Ended(ending));
        self.stage = Stage::Over;
        self.deadline = None;
    }
}

impl Machine for ClientMachine {
    type Event = Event;
    type Order = Order;

    fn receive(&mut self, now: Time, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() && !self.is_over() {
            if self.is_paused() {
                return self.unread.extend_from_slice(rest);
            }
            let (count, reply) = self.replies.take(rest);
            rest = &rest[count..];
            match reply {
                Some(Ok(reply)) => self.hear(now, reply),
                Some(Err(fault)) => self.break_off(Trouble::PeerNonsense { by: self.server.clone(), fault }),
                None => {}
            }
        }
    }

    fn receive_end(&mut self, _: Time) {
        self.break_off(Trouble::PeerLeft(self.server.clone()));
    }

    fn order(&mut self, now: Time, order: Order) {
        match (order, &self.stage) {
            (Order::Deliver(letter), Stage::Idle) => self.deliver(now, letter),
            (Order::Quit, Stage::Idle) => {
                self.say(now, &Command::Quit, limits::GREETING);
                self.stage = Stage::Quitting;
            }
            // All that was said in clear is forgotten (RFC 3207 section 4.2).
            (Order::Secured, Stage::Securing) => self.hello(now, true),
            // It is over already, and the session has heard or will hear why.
            (Order::Deliver(_) | Order::Secured | Order::Quit, _) => {}
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
            self.break_off(Trouble::PeerTooSlow(self.server.clone()));
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
