//! Why there is no whole answer.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use toynet_net::tls::trust;

use super::url::UrlError;
use crate::wire::Fault;
use crate::wire::socks::{self, Place};

/// Why there is no whole answer, by who or what is at fault.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A redirection leads nowhere.
    #[error("the answer leads to no place that can be fetched: {0}")]
    PeerLocation(#[from] UrlError),
    /// More redirections than were allowed.
    #[error("more than {0} redirections follow one another")]
    PeerRedirects(u32),
    /// The name has no address, or nobody could say.
    #[error("{}", not_found(.name, .error))]
    Name {
        /// Whose address was wanted.
        name: String,
        /// Why there is none.
        error: io::Error,
    },
    /// Nobody there takes connections.
    #[error("{to} takes no connection: {}", in_words(.error))]
    Connect {
        /// The last address that was tried.
        to: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// There is no TLS with the server.
    #[error("no TLS with {name}: {}", trust::why(.error))]
    Tls {
        /// Whose certificate was wanted.
        name: String,
        /// What the handshake said.
        error: io::Error,
    },
    /// The proxy opens no tunnel: the status of its answer.
    #[error("the proxy opens no tunnel: {}", status_in_words(*.0))]
    PeerProxy(u16),
    /// The proxy that speaks SOCKS leads nowhere.
    #[error("the proxy leads nowhere: {0}")]
    PeerSocks(#[from] Refused),
    /// The proxy went away without a word.
    #[error("the proxy closed the connection without an answer")]
    PeerSilent,
    /// Octets of its own, where the client speaks first.
    #[error("the proxy says something before the server was asked")]
    PeerTunnel,
    /// The version that is wanted is not for such a URL.
    #[error("{0}")]
    LocalVersion(&'static str),
    /// The machine's or the given authorities cannot be read.
    #[error("the authorities cannot be read: {0}")]
    LocalTrust(io::Error),
    /// What is to be sent cannot be read.
    #[error("the content cannot be read: {0}")]
    LocalContent(io::Error),
    /// The connection was lost.
    #[error("the connection broke off: {}", in_words(.0))]
    Network(#[source] io::Error),
    /// The server went away without a word.
    #[error("the server closed the connection without an answer")]
    Silent,
    /// The answer's end did not come.
    #[error("the server closed the connection before the answer's end, after {0} octets of content")]
    Cut(u64),
    /// The answer breaks a rule, so that nobody can tell what it says.
    #[error("the answer is no HTTP: {0}")]
    Peer(Fault),
    /// HTTP/2 or HTTP/3 failed.
    #[error("the server broke off: {0}")]
    PeerTwo(String),
    /// There is an answer, and no WebSocket.
    #[error("the server opens no WebSocket: {0}")]
    PeerWebSocket(&'static str),
    /// Of what was half there the rest does not come.
    #[error("the rest does not come: {0}")]
    PeerRest(String),
    /// The content is not coded as the answer says.
    #[error("the content is no {0}: {1}")]
    PeerCoding(&'static str, String),
    /// The time allowed is over.
    #[error("no {what} within {}", in_seconds(.limit))]
    Late {
        /// What had not come.
        what: &'static str,
        /// What was allowed.
        limit: Duration,
    },
}

/// Why a proxy that speaks SOCKS leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It speaks something else.
    #[error("it does not speak SOCKS 5{}", if *.0 { ", but HTTP: say -x http://HOST:PORT" } else { "" })]
    NotSocks(bool),
    /// It takes none of the methods that were offered.
    #[error("it wants to know who asks: say -U USER:PASSWORD (RFC 1928 3)")]
    NoUser,
    /// Not even a password will do.
    #[error("it takes neither a password nor none (RFC 1928 3)")]
    NoMethod,
    /// It is the wrong one.
    #[error("it does not accept the name and password (RFC 1929 2)")]
    Password,
    /// The server is not reached: where, and the code.
    #[error("{}: {} ({}) (RFC 1928 6)", .0, socks::in_words(*.1), .1)]
    Reply(Place, u8),
}

impl Failure {
    /// What hyper says, as one sentence.
    pub(super) fn of_two(error: &hyper::Error) -> Self {
        let source = std::error::Error::source(error);
        let why = source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
        Self::PeerTwo(why)
    }
}

fn not_found(name: &str, error: &io::Error) -> String {
    let why = in_words(error);
    if why.starts_with(name) { why } else { format!("{name} was not found: {why}") }
}

/// What the system says, without its number.
fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

fn status_in_words(status: u16) -> String {
    let code = http::StatusCode::from_u16(status).ok();
    let reason = code.and_then(|code| code.canonical_reason()).unwrap_or("for a reason of its own");
    let advice = if status == 407 { "; say -U USER:PASSWORD" } else { "" };
    format!("{status} {reason}{advice}")
}

fn in_seconds(limit: &Duration) -> String {
    let seconds = limit.as_secs_f64();
    if seconds == 1.0 { "1 second".to_owned() } else { format!("{seconds} seconds") }
}
