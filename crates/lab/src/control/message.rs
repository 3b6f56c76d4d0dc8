//! The lines of the control socket.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toynet_machine::Time;
use toynet_net::fault::Hits;
use toynet_net::topology::Terrain;
use toynet_record::{Journal, Roster};

use crate::run::faults::FaultLine;
use crate::run::{NotReloaded, Reloaded};

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "lowercase")]
pub enum Ask {
    /// What runs, and where it is reached.
    Status,
    /// The record, from the oldest entry that is kept.
    Record {
        /// Whether to go on with what comes later.
        follow: bool,
    },
    /// To act as one of the hosts from another process. [`Ask::Seen`] follows, again and again.
    Join {
        /// As which; without one as a host that the lab keeps for guests.
        host: Option<String>,
    },
    /// What a process that has joined saw.
    Seen {
        /// Entries in the record's own form, in base 64, whose ends bear the worker's number that was given.
        octets: String,
        /// All that it saw up to this time, in nanoseconds since the epoch, is told herewith.
        up_to: Time,
        /// How often faults of links have struck there since it last told.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        struck: Vec<Hits>,
    },
    /// To change what services do wrong on purpose, and to tell what that is then.
    Fault {
        /// The change.
        order: FaultOrder,
    },
    /// To take the lab file anew.
    Reload,
    /// The end of the lab.
    Stop,
}

/// A change of what services do wrong on purpose. Without a number all faults are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "lowercase")]
pub enum FaultOrder {
    /// None.
    List,
    /// One more, written as a table `[[fault]]` of a lab file without that line.
    Add {
        /// The text.
        text: String,
    },
    /// One less.
    Clear {
        /// Which.
        number: Option<u64>,
    },
    /// One that may strike from here on, or may not.
    Turn {
        /// Which.
        number: Option<u64>,
        /// Whether it may.
        on: bool,
    },
}

/// What the lab answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "lowercase")]
pub enum Answer {
    /// To [`Ask::Status`].
    Status {
        /// The lab as a program reads it.
        status: Value,
    },
    /// The first line to [`Ask::Record`].
    Roster {
        /// The hosts by address.
        roster: Roster,
    },
    /// Further lines to [`Ask::Record`].
    Entries {
        /// Entries of a journal in the record's own form, in base 64 (RFC 4648 section 4).
        octets: String,
        /// How many entries before these were left out.
        left_out: u64,
    },
    /// To [`Ask::Join`].
    Joined(Box<Joined>),
    /// To [`Ask::Seen`], when hosts or links are others than before.
    Terrain {
        /// What they are.
        terrain: Box<Terrain>,
    },
    /// To [`Ask::Fault`].
    Faults {
        /// All that are set now.
        faults: Vec<FaultLine>,
    },
    /// To [`Ask::Reload`].
    Reloaded {
        /// What became of the services.
        reloaded: Reloaded,
    },
    /// To [`Ask::Reload`], when all is as before.
    NotReloaded {
        /// Why.
        why: NotReloaded,
    },
    /// To [`Ask::Stop`].
    Stopping,
    /// The line made no sense, or came from another version.
    Error {
        /// Why.
        why: String,
    },
}

/// What a process needs that acts as a host of a lab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Joined {
    /// The number under which it records.
    pub worker: u16,
    /// The host.
    pub host: String,
    /// All hosts and links.
    pub terrain: Terrain,
    /// Whether the lab's addresses are the machine's own.
    pub in_world: bool,
    /// The second octet of the lab's network on the loopback, or of its doors there; none where it has neither.
    pub net: Option<u8>,
    /// What is added to the ports of services.
    pub port_offset: u16,
    /// How far the lab's clock is ahead of the machine's, in nanoseconds.
    pub clock_ahead: i64,
    /// The certificate of the lab's authority, in PEM, where it has one.
    pub authority: Option<String>,
}

/// A line with its version.
#[derive(Debug, Serialize, Deserialize)]
struct Line<T> {
    v: u32,
    #[serde(flatten)]
    content: T,
}

/// A message as a line with its end.
///
/// # Panics
/// Never: the messages hold nothing that JSON cannot.
pub fn line<T: Serialize>(content: T) -> String {
    let mut text = serde_json::to_string(&Line { v: VERSION, content }).expect("messages are plain values");
    text.push('\n');
    text
}

/// A message from a line.
///
/// # Errors
/// Why the line is no message of this version.
pub fn parse<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("that is no JSON: {error}"))?;
    match value["v"].as_u64() {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => return Err(format!("version {version} is not spoken here, but version {VERSION} is")),
        None => return Err("the line has no version `v`".to_owned()),
    }
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// The entries of a journal as a message carries them.
pub fn entries(journal: &Journal, left_out: u64) -> Answer {
    Answer::Entries { octets: base64::Engine::encode(&BASE64, journal.as_bytes()), left_out }
}

/// Entries that a process which has joined saw, all up to a time, and how often faults of links struck meanwhile.
pub fn seen(journal: &Journal, up_to: Time, struck: Vec<Hits>) -> Ask {
    Ask::Seen { octets: base64::Engine::encode(&BASE64, journal.as_bytes()), up_to, struck }
}

/// The entries that a message carries; an empty journal when they are garbled.
pub fn journal(octets: &str) -> Journal {
    base64::Engine::decode(&BASE64, octets).unwrap_or_default().into()
}

const BASE64: base64::engine::GeneralPurpose = base64::engine::general_purpose::STANDARD;
/// The version of this protocol.
const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_as_it_was() {
        let join = Ask::Join { host: Some("www.shop.test".into()) };
        for ask in [Ask::Status, Ask::Record { follow: true }, join, Ask::Stop] {
            assert_eq!(parse::<Ask>(&line(&ask)), Ok(ask));
        }
        let answer = parse::<Answer>(&line(Answer::Error { why: "no".into() }));
        assert!(matches!(answer, Ok(Answer::Error { why }) if why == "no"));
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let refused = parse::<Ask>("{\"v\":7,\"ask\":\"stop\"}").unwrap_err();
        assert!(refused.contains("version 7"), "{refused}");
        assert!(parse::<Ask>("{\"ask\":\"stop\"}").is_err());
        assert!(parse::<Ask>("nonsense").is_err());
    }
}
