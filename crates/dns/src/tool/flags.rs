//! The words that begin with `+`: how to ask, and what to show. They are dig's, and may be shortened as there.
//!
//! - here: all that they say, and what holds where they say nothing
//! - `read`: from a word to a flag; `given`: whether it is on, off or has a value
//! - `table`: all flags, and what each sets

mod given;
mod read;
mod table;

use std::net::IpAddr;
use std::time::Duration;

use crate::codes::Opcode;
use crate::wire::SAFE_PAYLOAD;
pub use read::set;

/// All that flags say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flags {
    /// Over a stream, and not only when the answer is too long.
    pub tcp: bool,
    /// Whether a truncated answer is taken as it is.
    pub ignore: bool,
    /// Whether to walk down from the root.
    pub trace: bool,
    /// How long to wait for an answer.
    pub patience: Duration,
    /// How often to ask.
    pub tries: u32,
    /// The message's id, where chance is not to choose it.
    pub id: Option<u16>,
    /// What the message is for.
    pub opcode: Opcode,
    /// RD.
    pub recurse: bool,
    /// AA.
    pub aa: bool,
    /// AD.
    pub ad: bool,
    /// CD.
    pub cd: bool,
    /// The bit that is reserved.
    pub z: bool,
    /// Whether to leave the question out.
    pub header_only: bool,
    /// EDNS, if it is wanted.
    pub edns: Option<Edns>,
    /// What to show.
    pub show: Show,
}

/// What the OPT record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edns {
    /// The version.
    pub version: u8,
    /// The largest datagram that is taken.
    pub payload: u16,
    /// DO.
    pub dnssec: bool,
    /// Whether the server is to say who it is.
    pub nsid: bool,
    /// A cookie: of one's own, or a new one.
    pub cookie: Option<Cookie>,
    /// For whom is asked: address and prefix length.
    pub subnet: Option<(IpAddr, u8)>,
    /// Further options, by code.
    pub others: Vec<(u16, Vec<u8>)>,
}

/// A cookie to send (RFC 7873).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// One that chance makes.
    New,
    /// This one.
    Given(Vec<u8>),
}

/// What to show of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Show {
    /// The data of the answer section alone.
    pub short: bool,
    /// As JSON.
    pub json: bool,
    /// What was typed.
    pub cmd: bool,
    /// Headings, header and OPT.
    pub comments: bool,
    /// The question section.
    pub question: bool,
    /// The answer section.
    pub answer: bool,
    /// The authority section.
    pub authority: bool,
    /// The additional section.
    pub additional: bool,
    /// Who answered, when and how fast.
    pub stats: bool,
    /// The query too.
    pub query: bool,
    /// Records over several lines, with what their fields are.
    pub multiline: bool,
    /// The TTL of records.
    pub ttl: bool,
    /// TTLs with units.
    pub ttl_units: bool,
    /// The class of records.
    pub class: bool,
    /// Long data in pieces.
    pub split: bool,
    /// With `short`, who answered.
    pub identify: bool,
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            tcp: false,
            ignore: false,
            trace: false,
            patience: PATIENCE,
            tries: TRIES,
            id: None,
            opcode: Opcode::QUERY,
            recurse: true,
            aa: false,
            ad: false,
            cd: false,
            z: false,
            header_only: false,
            edns: Some(Edns::default()),
            show: Show::default(),
        }
    }
}

impl Default for Edns {
    fn default() -> Self {
        let (nsid, cookie, subnet, others) = (false, None, None, Vec::new());
        Self { version: 0, payload: SAFE_PAYLOAD, dnssec: false, nsid, cookie, subnet, others }
    }
}

impl Default for Show {
    fn default() -> Self {
        Self {
            short: false,
            json: false,
            cmd: true,
            comments: true,
            question: true,
            answer: true,
            authority: true,
            additional: true,
            stats: true,
            query: false,
            multiline: false,
            ttl: true,
            ttl_units: false,
            class: true,
            split: true,
            identify: false,
        }
    }
}

impl Flags {
    /// What OPT says; to say anything in it switches it on.
    fn edns(&mut self) -> &mut Edns {
        self.edns.get_or_insert_default()
    }
}

/// As dig: three times five seconds.
const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: u32 = 3;
