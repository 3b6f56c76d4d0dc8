//! What each command does (RFC 5321 4.1.1, 4.1.4).

use super::content::Chunk;
use super::{Client, Ending, Event, Mail, Question, ServerMachine, Stage};
use crate::server::say;
use crate::wire::{Command, DataReader, Extensions, ForwardPath, MailParameters, RcptParameters, Reply, ReversePath};

impl ServerMachine {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Ehlo(name) => self.greet(name, true),
            Command::Helo(name) => self.greet(name, false),
            Command::Mail(from, parameters) => self.begin(from, parameters),
            Command::Rcpt(to, parameters) => self.add(to, parameters),
            Command::Data => self.begin_data(),
            Command::Bdat { octets, last } => self.begin_chunk(octets, last),
            Command::StartTls => self.start_tls(),
            Command::Auth(mechanism, response) => self.authenticate(&mechanism, response),
            Command::Rset => {
                self.abandon();
                self.say(&say::done());
            }
            Command::Noop => self.say(&say::done()),
            Command::Vrfy(_) => self.say(&say::cannot_verify()),
            Command::Expn(_) => self.mistake(&say::no_lists()),
            Command::Help => self.say(&say::help()),
            Command::Quit => {
                self.say(&say::bye());
                self.end(Ending::Quit);
            }
        }
    }

    /// A second greeting gives up the mail, as RSET does (RFC 5321 4.1.4).
    fn greet(&mut self, name: String, extended: bool) {
        self.abandon();
        let greeting = format!("{} greets {name}", self.name);
        let reply = match extended {
            true => self.extensions().reply(greeting),
            false => Reply::plain(250, greeting),
        };
        self.client = Some(Client { name, extended });
        self.say(&reply);
    }

    fn extensions(&self) -> Extensions {
        let has_auth = self.offer.has_auth() && !self.authenticated;
        Extensions {
            starttls: self.offer.starttls,
            auth_plain: has_auth,
            auth_login: has_auth,
            recipients: Some(self.limits.recipients as u64),
            ..Extensions::ours(self.limits.message)
        }
    }

    /// RFC 3207 section 4.
    fn start_tls(&mut self) {
        if self.offer.secured {
            return self.mistake(&say::out_of_order("TLS has begun already"));
        }
        if self.mail.is_some() {
            return self.mistake(&say::out_of_order("a mail has begun; end it first"));
        }
        if !self.offer.starttls {
            return self.say(&say::no_tls());
        }
        self.say(&say::begin_tls());
        self.stage = Stage::Securing;
    }

    fn begin(&mut self, from: ReversePath, parameters: MailParameters) {
        let Some(client) = self.client.clone() else {
            return self.mistake(&say::out_of_order("say EHLO first"));
        };
        if self.mail.is_some() {
            return self.mistake(&say::out_of_order("a mail has begun already"));
        }
        if parameters.size.is_some_and(|size| size > self.limits.message) {
            return self.say(&say::too_large(self.limits.message));
        }
        if !parameters.smtputf8 && !from.is_ascii() {
            return self.mistake(&say::needs_smtputf8(550));
        }
        self.mail = Some(Mail { parameters: parameters.clone(), ..Mail::default() });
        let exchange = self.exchanges.current();
        self.ask(Question::Sender, Event::Sender { from, parameters, client, exchange });
    }

    fn add(&mut self, to: ForwardPath, parameters: RcptParameters) {
        match &self.mail {
            None => self.mistake(&say::out_of_order("say MAIL first")),
            Some(Mail { chunks: Some(_), .. }) => self.mistake(&say::out_of_order("the content has begun already")),
            Some(mail) if mail.recipients >= self.limits.recipients => self.say(&say::too_many_recipients()),
            Some(mail) if !mail.parameters.smtputf8 && !to.is_ascii() => self.mistake(&say::needs_smtputf8(553)),
            Some(_) => self.ask(Question::Recipient, Event::Recipient(to, parameters)),
        }
    }

    fn begin_data(&mut self) {
        match &self.mail {
            None => self.mistake(&say::out_of_order("say MAIL and RCPT first")),
            Some(Mail { chunks: Some(_), .. }) => {
                self.mistake(&say::out_of_order("the content comes in chunks already (RFC 3030 section 2)"));
            }
            Some(Mail { recipients: 0, .. }) => self.mistake(&say::no_recipients()),
            Some(_) => {
                self.say(&say::go_on());
                self.stage = Stage::Data { reader: DataReader::new(self.limits.message), progress: 0 };
            }
        }
    }

    /// The octets of a chunk follow at once, so they are read even when they are refused (RFC 3030 section 2).
    fn begin_chunk(&mut self, octets: u64, last: bool) {
        let refused = match &self.mail {
            None => Some(say::out_of_order("say MAIL and RCPT first")),
            Some(Mail { recipients: 0, .. }) => Some(say::no_recipients()),
            Some(mail) => {
                let before = mail.chunks.as_ref().map_or(0, |chunks| chunks.len() as u64);
                let fits = octets <= self.limits.message.saturating_sub(before);
                if fits { None } else { Some(say::too_large(self.limits.message)) }
            }
        };
        self.stage = Stage::Chunk(Chunk { octets, left: octets, last, refused, progress: 0 });
    }
}
