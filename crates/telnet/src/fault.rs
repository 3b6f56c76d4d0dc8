//! What a Telnet server can do wrong on purpose. Nothing else in this crate knows of it but the edge of a session.
//!
//! - [`words`]: the words for it in a lab file
//! - `edge`: what a session hears and says, spoilt

mod edge;
mod words;

use std::time::Duration;

use serde::Deserialize;
use toynet_service::FaultWords;

pub(crate) use edge::Edge;

/// The words that a lab file has for it.
pub const WORDS: FaultWords = FaultWords { read: words::read, kinds: words::KINDS, tls: false };

/// Something that is done wrong, in the whole of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct TelnetFault {
    /// How late all is that is said.
    delay: Duration,
    wrong: Option<Wrong>,
}

/// What is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// Nothing is said at all.
    Silence,
    Options(Options),
    /// An IAC stands alone before a letter.
    LoneIac,
    /// A subnegotiation begins and never ends: what follows is a part of it.
    Endless,
    Drop(Moment),
}

/// What becomes of the negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Options {
    /// The server offers nothing and refuses everything.
    Refuse,
    /// What the client asks for is never answered.
    Ignore,
    /// The server changes its mind each time that the client agrees.
    Loop,
}

/// When a connection is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Moment {
    /// Before a word is said.
    Connect,
    /// When a line was typed: the name.
    Login,
}
