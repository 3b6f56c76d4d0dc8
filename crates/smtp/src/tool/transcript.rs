//! What is shown of a conversation: as swaks shows it.
//!
//! `===` is what we do, `***` what goes wrong, ` ->` what we say, `<-` what is answered, `<**` where
//! that is a no; with `~` for `-` under TLS.

use std::net::{IpAddr, SocketAddr};

use toynet_net::Stream;
use toynet_service::Errand;

use super::way::Way;
use crate::fate::Fate;
use crate::wire::{Content, Reply};

/// Shows a conversation, or nothing at all.
#[derive(Debug)]
pub(super) struct Transcript {
    errand: Errand,
    is_silent: bool,
    shows_data: bool,
}

impl Transcript {
    pub fn new(errand: Errand, is_silent: bool, shows_data: bool) -> Self {
        Self { errand, is_silent, shows_data }
    }

    pub fn way(&self, way: &Way) {
        if let (false, Ok(servers)) = (way.domain.is_empty(), &way.servers) {
            self.show("===", &format!("Mail for {} goes to {}", way.domain, servers.join(", then to ")));
        }
    }

    pub fn trying(&self, server: &str, address: SocketAddr) {
        match server.parse::<IpAddr>() {
            Ok(ip) if address.ip() == ip => self.show("===", &format!("Trying {address}...")),
            _ => self.show("===", &format!("Trying {server} at {address}...")),
        }
    }

    pub fn connected(&self, server: &str) {
        self.show("===", &format!("Connected to {server}."));
    }

    pub fn left(&self, stream: &Stream) {
        let terms = if stream.tls().is_some() { " under TLS" } else { "" };
        self.show("===", &format!("Connection closed{terms}."));
    }

    pub fn secured(&self, stream: &Stream) {
        let terms = stream.tls().map(ToString::to_string).unwrap_or_default();
        self.show("===", &format!("TLS started: {terms}"));
    }

    /// Says what went wrong, and hands it on.
    pub fn broken(&self, fate: &Fate) -> Fate {
        let text = fate.to_string();
        let text = text.split_once(": ").map_or(text.as_str(), |(_, trouble)| trouble);
        self.show("***", text);
        fate.clone()
    }

    /// A line that we say, as it may be shown.
    pub fn said(&self, is_secured: bool, line: &str) {
        self.show(if is_secured { " ~>" } else { " ->" }, line);
    }

    pub fn said_content(&self, is_secured: bool, content: &Content) {
        if !self.shows_data {
            return self.said(is_secured, &format!("({} octets)", content.octets().len()));
        }
        let text = String::from_utf8_lossy(content.octets());
        text.lines().for_each(|line| self.said(is_secured, line));
    }

    pub fn heard(&self, is_secured: bool, reply: &Reply) {
        let mark = match (reply.code < 400, is_secured) {
            (true, false) => "<- ",
            (true, true) => "<~ ",
            (false, false) => "<**",
            (false, true) => "<~*",
        };
        let mut octets = Vec::new();
        reply.write(&mut octets);
        String::from_utf8_lossy(&octets).lines().for_each(|line| self.show(mark, line));
    }

    fn show(&self, mark: &str, text: &str) {
        if !self.is_silent {
            // Who sees it has a terminal that obeys control characters.
            let text: String =
                text.chars().map(|char| if char.is_control() && char != '\t' { '�' } else { char }).collect();
            self.errand.print(format!("{mark} {text}\n"));
        }
    }
}
