//! What one host's server takes from its clients.

use std::time::Duration;

/// How much and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many octets a request's head may have, and the field list of an HTTP/2 request.
    pub header: usize,
    /// How long a head may take from its first octet to its last.
    pub header_time: Duration,
    /// How many octets of content a request may carry to whatever reads it whole.
    pub body: u64,
    /// How long the server waits for content of which nothing comes. All of it may take as much longer as it
    /// needs at [`SLOWEST`](Self::SLOWEST).
    pub body_time: Duration,
    /// How long a client may leave unread what is sent to it.
    pub write_time: Duration,
    /// How long a connection may stand still.
    pub idle_time: Duration,
    /// How many connections may be open at once.
    pub connections: usize,
}

impl Limits {
    /// Octets a second below which content only comes to keep a connection busy (Apache httpd's MinRate).
    pub const SLOWEST: u64 = 500;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Four times what browsers take for the fields of a request; larger ones are attacks or mistakes.
            header: 64 * 1024,
            // A head is one packet as a rule; a person who types it into a terminal needs some seconds.
            header_time: Duration::from_secs(10),
            // Forms and queries are far smaller, and nobody stores files here.
            body: 1024 * 1024,
            // nginx's, which nearly all clients of the world know.
            body_time: Duration::from_secs(60),
            // The same, for the same reason.
            write_time: Duration::from_secs(60),
            // What other servers allow, and more than the round trip of any link that makes sense.
            idle_time: Duration::from_secs(75),
            // A connection that waits takes 10 to 30 KiB, so these take 240 MiB at most. No browser opens more than
            // a few, and load generators that open some thousands still fit.
            connections: 8192,
        }
    }
}
