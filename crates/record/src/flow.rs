//! The words of the record.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One end of a flow, as whoever holds that end recorded it: a worker's number and a count.
///
/// A socket that serves datagrams is one end for all its peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EndId(u64);

impl EndId {
    /// The end number `count` that `worker` made. A worker can make 2^48 of them.
    pub const fn new(worker: u16, count: u64) -> Self {
        Self((worker as u64) << 48 | count)
    }

    /// The end with this value.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The end as one value.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The worker that recorded this end.
    pub const fn worker(self) -> u16 {
        (self.0 >> 48) as u16
    }
}

/// A flow, numbered from 1 by the reader that joined its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FlowId(pub u64);

impl fmt::Display for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why another flow was opened: the exchange that was being answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// The end at which the exchange was received.
    pub end: EndId,
    /// Its number: at the end of a connection the protocol's own count from 1; at a socket that
    /// serves datagrams the number of the datagram that asked, from 1 too.
    pub exchange: u64,
}

/// Who opened a flow and who was there to accept it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The client's side.
    Initiator,
    /// The server's side.
    Acceptor,
}

impl Side {
    /// The other side.
    pub const fn peer(self) -> Self {
        match self {
            Side::Initiator => Side::Acceptor,
            Side::Acceptor => Side::Initiator,
        }
    }
}

/// Which way bytes went, seen from the end that recorded them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Out of this end.
    Sent,
    /// Into this end.
    Received,
}

impl Direction {
    /// Who spoke, when the end that saw it stood on `side`.
    pub const fn speaker(self, side: Side) -> Side {
        match self {
            Direction::Sent => side,
            Direction::Received => side.peer(),
        }
    }
}

/// What carries a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// A byte stream.
    Tcp,
    /// Datagrams.
    Udp,
    /// One stream of a QUIC connection (RFC 9000 section 2).
    Quic,
    /// Nothing: a person typed a command, and what it did is because of that.
    Command,
}

/// How a flow ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Closing {
    /// Both sides had said all they had to say, or this end let go in good order.
    Finished,
    /// The connection was reset.
    Reset,
    /// Nobody listened.
    Refused,
    /// The peer was not reached in time or fell silent.
    TimedOut,
    /// No way leads to the address.
    Unreachable,
    /// Any other failure of the connection.
    Failed,
}
