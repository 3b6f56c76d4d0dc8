//! The dialogue of AUTH (RFC 4954 section 4).

use super::{Event, Question, ServerMachine, Stage};
use crate::server::say;
use crate::wire::Reply;
use crate::wire::auth::{Credentials, Mechanism, Secret, decoded};

/// What the next line says.
#[derive(Debug)]
pub(super) enum Login {
    /// All, in the message of PLAIN.
    Message,
    /// The name.
    Name,
    /// The password of this name.
    Password(Vec<u8>),
}

impl ServerMachine {
    pub(super) fn authenticate(&mut self, mechanism: &str, response: Option<Secret>) {
        if let Some(refusal) = self.obstacle() {
            return self.mistake(&refusal);
        }
        let Some(mechanism) = Mechanism::of(mechanism) else { return self.mistake(&say::unknown_mechanism()) };
        let login = match mechanism {
            Mechanism::Plain => Login::Message,
            Mechanism::Login => Login::Name,
        };
        match response {
            Some(Secret(line)) => self.go_on(login, &line),
            None => self.challenge(login),
        }
    }

    /// Takes a line of the dialogue.
    pub(super) fn go_on(&mut self, login: Login, line: &[u8]) {
        if line == b"*" {
            return self.break_off(&say::login_cancelled());
        }
        let Some(octets) = decoded(line) else { return self.break_off(&say::no_base64()) };
        let credentials = match login {
            Login::Message => Credentials::of_plain(&octets),
            Login::Name => return self.challenge(Login::Password(octets)),
            Login::Password(name) => Credentials::new(&name, &octets),
        };
        match credentials {
            Some(credentials) => self.ask(Question::Login, Event::Login(credentials)),
            None => self.break_off(&say::no_credentials()),
        }
    }

    /// The dialogue is over without anybody being known.
    pub(super) fn break_off(&mut self, reply: &Reply) {
        self.stage = Stage::Commands;
        self.mistake(reply);
    }

    fn challenge(&mut self, login: Login) {
        self.say(&say::challenge(match login {
            Login::Message => "",
            Login::Name => "Username:",
            Login::Password(_) => "Password:",
        }));
        self.stage = Stage::Login(login);
    }

    fn obstacle(&self) -> Option<Reply> {
        if self.client.is_none() {
            Some(say::out_of_order("say EHLO first"))
        } else if self.authenticated {
            Some(say::out_of_order("you have said who you are already"))
        } else if self.mail.is_some() {
            Some(say::out_of_order("a mail has begun; end it first"))
        } else if self.offer.has_auth() {
            None
        } else {
            Some(if self.offer.auth.is_some() { say::auth_needs_tls() } else { say::no_users() })
        }
    }
}
