//! One mail on a connection: its commands, with or without waiting for each answer (RFC 2920).

use std::collections::VecDeque;
use std::time::Duration;

use super::Letter;
use crate::client::limits;
use crate::fate::{Delivery, Fate, Trouble};
use crate::wire::reply::{Outcome, Reply};
use crate::wire::{Body, Command, Content, Extensions, MailParameters, RcptParameters, data};

/// A mail that is being delivered.
#[derive(Debug)]
pub(super) struct Mailing {
    letter: Letter,
    server: String,
    extensions: Extensions,
    /// What is still to be said.
    ahead: VecDeque<Line>,
    /// What was said and not answered, oldest first.
    open: VecDeque<Line>,
    /// For each recipient; none yet where the answer to RCPT was good or has not come.
    fates: Vec<Option<Fate>>,
    /// Recipients that the server will take the mail for.
    accepted: usize,
    /// What ended the mail for all.
    refused: Option<Fate>,
}

/// What is said, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Mail,
    Rcpt(usize),
    Data,
    Content,
    Rset,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Step {
    /// An answer, within so long.
    Wait(Duration),
    /// Nothing: this became of it.
    Done(Vec<Fate>),
}

/// Why a letter cannot be sent to a server with these extensions.
pub(super) fn obstacle(letter: &Letter, extensions: &Extensions, server: &str) -> Option<Trouble> {
    let largest = extensions.size.filter(|size| *size > 0);
    if needs_smtputf8(letter) && !extensions.smtputf8 {
        return Some(Trouble::PeerLacksSmtputf8(server.to_owned()));
    }
    if !letter.content.is_seven_bit() && !extensions.eight_bit_mime {
        return Some(Trouble::PeerLacksEightBit(server.to_owned()));
    }
    let too_large = largest.filter(|largest| letter.content.octets().len() as u64 > *largest);
    too_large.map(|largest| Trouble::PeerTooSmall(server.to_owned(), largest))
}

impl Mailing {
    pub fn new(letter: Letter, extensions: Extensions, server: &str) -> Self {
        let recipients = 0..letter.to.len();
        let fates = recipients.clone().map(|_| None).collect();
        let ahead = [Line::Mail].into_iter().chain(recipients.map(Line::Rcpt)).chain([Line::Data]).collect();
        let (open, server) = (VecDeque::new(), server.to_owned());
        Self { letter, server, extensions, ahead, open, fates, accepted: 0, refused: None }
    }

    pub fn begin(&mut self, out: &mut Vec<u8>) -> Step {
        self.say_more(out);
        self.step()
    }

    /// Takes the answer to the oldest line.
    pub fn hear(&mut self, reply: Reply, out: &mut Vec<u8>) -> Step {
        match self.open.pop_front() {
            Some(Line::Mail) if !reply.is_completed() => self.refuse("MAIL", reply),
            Some(Line::Rcpt(number)) => self.hear_recipient(number, reply),
            Some(Line::Data) => self.hear_data(reply, out),
            Some(Line::Content) => self.hear_content(reply),
            Some(Line::Mail | Line::Rset) | None => {}
        }
        self.say_more(out);
        self.step()
    }

    /// What became of it when nothing more is heard.
    pub fn break_off(&mut self, trouble: &Trouble) -> Vec<Fate> {
        let refused = self.refused.take().unwrap_or_else(|| Fate::Deferred(trouble.clone()));
        self.fates.iter_mut().map(|fate| fate.take().unwrap_or_else(|| refused.clone())).collect()
    }

    fn hear_recipient(&mut self, number: usize, reply: Reply) {
        if reply.is_completed() {
            self.accepted += 1;
        } else if self.refused.is_none() {
            self.fates[number] = Some(Fate::of_reply(&self.server, "RCPT", reply));
        }
        if self.accepted == 0 && self.ahead.front() == Some(&Line::Data) {
            self.ahead = VecDeque::from([Line::Rset]);
        }
    }

    /// A server that asks for content though it took no recipient gets an empty one (RFC 2920 3.1).
    fn hear_data(&mut self, reply: Reply, out: &mut Vec<u8>) {
        if reply.outcome() != Outcome::Intermediate {
            if self.accepted > 0 {
                self.refuse("DATA", reply);
            }
            return self.ahead.push_back(Line::Rset);
        }
        let nothing = Content::from_text("").ok();
        let content = if self.accepted > 0 { Some(&self.letter.content) } else { nothing.as_ref() };
        content.into_iter().for_each(|content| data::write(content, out));
        self.open.push_back(Line::Content);
    }

    fn hear_content(&mut self, reply: Reply) {
        let fate = match reply.outcome() {
            Outcome::Completed => Fate::Delivered(Delivery::Relayed { reply, notifies: self.extensions.dsn }),
            _ => Fate::of_reply(&self.server, "the message", reply),
        };
        for open in self.fates.iter_mut().filter(|open| open.is_none()) {
            *open = Some(fate.clone());
        }
    }

    /// The mail is refused for all that were not refused already.
    fn refuse(&mut self, to: &'static str, reply: Reply) {
        let fate = Fate::of_reply(&self.server, to, reply);
        self.refused.get_or_insert(fate);
        self.ahead.clear();
    }

    fn say_more(&mut self, out: &mut Vec<u8>) {
        let window = if self.extensions.pipelining { usize::MAX } else { 1 };
        while self.open.len() < window
            && let Some(line) = self.ahead.pop_front()
        {
            out.extend_from_slice(format!("{}\r\n", self.command(line)).as_bytes());
            self.open.push_back(line);
        }
    }

    fn command(&self, line: Line) -> Command {
        match line {
            Line::Mail => Command::Mail(self.letter.from.clone(), self.parameters()),
            Line::Rcpt(number) => Command::Rcpt(self.letter.to[number].clone(), self.wish(number)),
            Line::Data => Command::Data,
            Line::Content | Line::Rset => Command::Rset,
        }
    }

    /// Only what the server announced.
    fn parameters(&self) -> MailParameters {
        let content = &self.letter.content;
        MailParameters {
            size: self.extensions.size.map(|_| content.octets().len() as u64),
            body: (!content.is_seven_bit()).then_some(Body::EightBitMime),
            smtputf8: needs_smtputf8(&self.letter),
            ret: self.letter.dsn.ret.filter(|_| self.extensions.dsn),
            envid: self.letter.dsn.envid.clone().filter(|_| self.extensions.dsn),
            auth: None,
        }
    }

    fn wish(&self, number: usize) -> RcptParameters {
        let wish = self.letter.dsn.wishes.get(number).filter(|_| self.extensions.dsn);
        wish.cloned().unwrap_or_default()
    }

    fn step(&mut self) -> Step {
        match self.open.front() {
            Some(Line::Mail) => Step::Wait(limits::MAIL),
            Some(Line::Rcpt(_)) => Step::Wait(limits::RCPT),
            Some(Line::Data) => Step::Wait(limits::DATA),
            Some(Line::Content) => Step::Wait(limits::CONTENT),
            Some(Line::Rset) => Step::Wait(limits::RCPT),
            None => Step::Done(self.break_off(&Trouble::PeerLeft(self.server.clone()))),
        }
    }
}

fn needs_smtputf8(letter: &Letter) -> bool {
    letter.smtputf8 || !letter.from.is_ascii() || !letter.to.iter().all(|to| to.is_ascii())
}
