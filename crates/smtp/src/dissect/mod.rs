//! SMTP on the wire as a person would tell it.
//!
//! - here: whose turn it is, and which reply belongs to what
//! - `client`: commands and content; `server`: replies; `line`: what one side has said of a line
//! - `carried`: envelope and content, for those who want a mail in full
//! - `summary`: a message's header in a few words; `notes`: everything in more words
//! - [`opening`]: how SMTP is known by what is said first

mod carried;
mod client;
mod line;
mod notes;
pub mod opening;
mod server;
mod summary;

use std::collections::VecDeque;

use toynet_machine::Time;
use toynet_record::dissect::{FlowInfo, Role, Said};
use toynet_record::{Dissector, Message, Side};

use crate::wire::exchange::Exchanges;
pub(crate) use carried::REVERSE_PATH;
use client::Client;
use server::Server;

/// Dissects one connection. A mail is one exchange, from MAIL to the reply to its content; any other
/// command is one of its own.
#[derive(Debug)]
pub struct SmtpDissector {
    client: Client,
    server: Server,
    talk: Talk,
}

/// What both sides know of each other.
#[derive(Debug)]
struct Talk {
    exchanges: Exchanges,
    joined_late: bool,
    /// What the server has not answered yet, oldest first: no more than was said.
    open: VecDeque<Asked>,
    /// Messages get notes.
    explain: bool,
    /// Messages carry envelope and content.
    whole: bool,
    /// What passes is TLS, of which only others know the clear text.
    sealed: bool,
}

/// Something that needs a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    exchange: u64,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// The connection itself.
    Greeting,
    /// A command outside a mail.
    Command,
    /// EHLO.
    Hello,
    /// AUTH, or a line of its dialogue (RFC 4954).
    Auth,
    /// STARTTLS (RFC 3207).
    StartTls,
    /// MAIL, or a chunk that is not the last.
    InMail,
    /// A command that does not decide a mail: RCPT, NOOP and the like.
    Aside,
    Data,
    /// RSET in a mail, or its whole content.
    Final,
}

/// What a client does next because of a reply, where that is not to say commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Content,
    Secret,
    Tls,
}

impl SmtpDissector {
    /// The dissector of one flow.
    pub fn new(flow: FlowInfo) -> Self {
        let greeting = Asked { exchange: 0, what: What::Greeting };
        let open = if flow.joined_late { VecDeque::new() } else { VecDeque::from([greeting]) };
        let FlowInfo { joined_late, explain, whole, .. } = flow;
        let talk = Talk { exchanges: Exchanges::default(), joined_late, open, explain, whole, sealed: false };
        Self { client: Client::new(flow.joined_late), server: Server::new(flow.joined_late), talk }
    }
}

impl Dissector for SmtpDissector {
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        match said.by {
            Side::Initiator => {
                self.server.is_interrupted();
                self.client.said(said, &mut self.talk, out);
            }
            Side::Acceptor => {
                self.client.is_interrupted(&mut self.talk, out);
                for next in self.server.said(said, &mut self.talk, out) {
                    self.client.go_on(next, self.talk.whole);
                }
            }
        }
    }

    fn hole(&mut self, by: Side, length: u64, _: Time, _: &mut Vec<Message>) {
        match by {
            Side::Initiator => self.client.hole(length),
            Side::Acceptor => self.server.hole(length),
        }
    }

    fn closed(&mut self, _: Time, out: &mut Vec<Message>) {
        self.client.closed(&mut self.talk, out);
        self.server.closed(&mut self.talk, out);
    }
}

impl Talk {
    /// An exchange's number as it is told: nobody knows it when the beginning is missing.
    fn number(&self, exchange: u64) -> u64 {
        if self.joined_late { 0 } else { exchange }
    }

    /// What a reply is for, and what it is in its exchange.
    fn answered(&mut self, code: u16) -> (u64, Role, What) {
        let asked = self.open.pop_front();
        let asked = asked.unwrap_or(Asked { exchange: self.exchanges.current(), what: What::Aside });
        let others = self.open.iter().any(|open| open.exchange == asked.exchange);
        let is_last = match asked.what {
            What::Greeting | What::Aside => false,
            What::Command | What::Hello | What::Auth | What::StartTls | What::Final => true,
            What::InMail | What::Data => code >= 400 && !others,
        };
        let role = if is_last && !(300..400).contains(&code) { Role::Answer } else { Role::Interim };
        (self.number(asked.exchange), role, asked.what)
    }
}

#[cfg(test)]
mod tests;
