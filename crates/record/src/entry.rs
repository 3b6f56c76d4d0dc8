//! One thing that was seen.
//!
//! - `bytes`: as bytes and back; `field`: the fields of those

mod bytes;
mod field;

use std::net::SocketAddr;

use toynet_machine::Time;

use crate::{Cause, Closing, Direction, EndId, Side, Transport};

/// Something that one end of a flow saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Who saw it.
    pub end: EndId,
    /// When. Entries of one batch share one time.
    pub time: Time,
    /// Its place among all that the worker saw; settles what equal times leave open.
    pub order: u64,
    /// What.
    pub seen: Seen<'a>,
}

/// What an end can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<'a> {
    /// The end came to be. A socket that serves datagrams names no peer: it is `0.0.0.0:0`.
    Opened {
        /// Which side of the flow this end is.
        side: Side,
        /// What carries it.
        transport: Transport,
        /// Which stream of its connection it is (RFC 9000 section 2.1), where it is one of QUIC.
        stream: Option<u64>,
        /// The lab address of this end.
        local: SocketAddr,
        /// The lab address of the other end, or an address outside the lab.
        peer: SocketAddr,
        /// Why, when another exchange was the reason.
        cause: Option<Cause>,
    },
    /// The end is there still, though the entry that opened it was forgotten.
    Again {
        /// Which side of the flow this end is.
        side: Side,
        /// What carries it.
        transport: Transport,
        /// Which stream of its connection it is.
        stream: Option<u64>,
        /// The lab address of this end.
        local: SocketAddr,
        /// The address of the other end.
        peer: SocketAddr,
    },
    /// Octets of a stream, or one datagram of a flow with one peer.
    Octets {
        /// Which way they went.
        direction: Direction,
        /// Their number in that direction, from 1.
        number: u64,
        /// The octets.
        octets: &'a [u8],
    },
    /// One datagram at a socket that serves many peers.
    Datagram {
        /// Which way it went.
        direction: Direction,
        /// From or to whom.
        peer: SocketAddr,
        /// Received: its number from 1. Sent: the number of the datagram that it answers.
        number: u64,
        /// The octets.
        octets: &'a [u8],
    },
    /// Octets that passed and were not kept.
    Hole {
        /// Which way they went.
        direction: Direction,
        /// How many.
        length: u64,
    },
    /// An exchange at this end, an initiator's, was begun for the sake of another.
    Because {
        /// The exchange at this end, from 1.
        exchange: u64,
        /// What it was for.
        cause: Cause,
    },
    /// The lab did something to this end's octets on purpose.
    Fault {
        /// Which way they went.
        direction: Direction,
        /// The number of the octets concerned in that direction, or of those that come next.
        number: u64,
        /// What was done, in a word or two.
        what: &'a str,
    },
    /// From here on octets are clear text inside TLS.
    Secured {
        /// Protocol version, cipher suite, ALPN protocol and server name, one line; empty where another stream of the same
        /// connection has them.
        terms: &'a str,
    },
    /// TLS was expected and did not come to be, or was given up.
    Unsecured {
        /// Sent when this end would not have it, received when the other would not.
        direction: Direction,
        /// Why, with the alert's name.
        why: &'a str,
    },
    /// From here on octets are TLS records of which nobody here has the clear text.
    Shut {
        /// What of its terms shows from outside, and why it is not opened, one line.
        terms: &'a str,
    },
    /// A line of the TLS key log (draft-ietf-tls-keylogfile) that opens this flow.
    Secret {
        /// The line, without its end.
        line: &'a str,
    },
    /// The TLS records that carried the octets so far, by length.
    Sealed {
        /// Which way they went.
        direction: Direction,
        /// Octets on the wire since the last such entry.
        length: u64,
    },
    /// A host has come to the lab, or was given an address. It is no end's.
    Named {
        /// An address of it; its port means nothing.
        address: SocketAddr,
        /// Its name.
        host: &'a str,
    },
    /// The end is no more.
    Closed {
        /// How it ended.
        how: Closing,
    },
}

impl Seen<'_> {
    /// How many octets of payload or text the entry carries.
    #[inline]
    pub(crate) fn payload(&self) -> usize {
        match self {
            Seen::Octets { octets, .. } | Seen::Datagram { octets, .. } => octets.len(),
            Seen::Fault { what: text, .. }
            | Seen::Secured { terms: text }
            | Seen::Shut { terms: text }
            | Seen::Unsecured { why: text, .. }
            | Seen::Named { host: text, .. }
            | Seen::Secret { line: text } => text.len(),
            Seen::Opened { .. }
            | Seen::Again { .. }
            | Seen::Hole { .. }
            | Seen::Because { .. }
            | Seen::Sealed { .. }
            | Seen::Closed { .. } => 0,
        }
    }
}
