//! TLS on a stream, at either side and at any moment of a conversation.
//!
//! The record gets the clear text, the lengths on the wire and the secrets of each connection. The
//! secrets also go to the file that SSLKEYLOGFILE names, if that is set.
//!
//! - `server`: how a server speaks TLS; [`trust`]: how a client does, and whom it believes; `identity`: certificates, and which of them is shown
//! - [`fault`]: what a server does wrong on purpose while TLS begins
//! - `hello`: what a client says first; `alert`: why a handshake failed; `old`: a server that no client of today accepts
//! - `replay`: what was read to see whether TLS is spoken; `wire`: what lies under it; `keylog`: its secrets

mod alert;
pub mod fault;
mod hello;
mod identity;
mod keylog;
mod old;
mod replay;
mod server;
pub mod trust;
mod wire;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{HandshakeKind, ProtocolVersion};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use toynet_record::Direction;

use crate::Clock;
use crate::fault::Fault;
use crate::link::Link;
use crate::stream::carried::Io;
pub(crate) use alert::Refusal;
pub(crate) use keylog::Secrets;
pub(crate) use replay::Replay;
use server::How;
use wire::Wire;

pub use hello::{First, Hello};
pub use identity::{BadIdentity, Identities, Identity, Spoilt, certificates};
pub use keylog::key_log_file;
pub use rustls::pki_types::{CertificateDer, PrivateKeyDer};
pub use rustls::{ClientConfig, ServerConfig};
pub use server::{Server, Tickets, Versions};
pub use toynet_record::alert::number as alert_number;
pub use trust::Trust;

/// A TLS connection over whatever carries a stream.
#[derive(Debug)]
pub(crate) struct Session {
    io: Side,
    terms: Terms,
    secrets: Arc<Secrets>,
}

#[derive(Debug)]
enum Side {
    Client(Box<tokio_rustls::client::TlsStream<Wire>>),
    Server(Box<tokio_rustls::server::TlsStream<Wire>>),
}

/// What was agreed in a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// `TLS 1.3`.
    pub version: &'static str,
    /// The cipher suite's name in the IANA registry.
    pub suite: String,
    /// The application protocol (RFC 7301), if one was agreed.
    pub alpn: Option<String>,
    /// The server name that the client sent (RFC 6066 section 3), if it did.
    pub name: Option<String>,
    /// Whether an earlier session was taken up again.
    pub is_resumed: bool,
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.version, self.suite)?;
        self.alpn.iter().try_for_each(|alpn| write!(f, " {alpn}"))?;
        self.name.iter().try_for_each(|name| write!(f, " for {name}"))?;
        if self.is_resumed { f.write_str(", resumed") } else { Ok(()) }
    }
}

/// Why there is no session.
pub(crate) struct Failed {
    pub error: io::Error,
    pub refusal: Refusal,
}

impl Failed {
    fn new(error: io::Error, sent: Option<u8>) -> Self {
        let refusal = Refusal::of(&error, sent);
        Self { error, refusal }
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::new(error, None)
    }
}

/// Waits for what a client says first.
pub(crate) async fn first_octets(io: Io) -> Result<Replay, Failed> {
    let first = tokio::time::timeout(LONGEST_HANDSHAKE, Replay::begin(io)).await;
    Ok(first.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?)
}

/// Why the other side wants no more TLS, when `error` is its alert.
pub(crate) fn refusal(error: &io::Error) -> Option<Refusal> {
    alert::received_alert(error).map(|_| Refusal::of(error, None))
}

async fn accept(begun: Replay, server: &Server) -> Result<Session, Failed> {
    let is_outdated = begun.is_outdated();
    let io = Io::Replay(Box::new(begun));
    let handshake = async {
        match &server.0 {
            How::Old => Err(refuse(old::refuse, io).await),
            How::Modern(..) if is_outdated => Err(refuse(old::refuse_version, io).await),
            How::Modern(config, _) => accept_with(io, config).await,
        }
    };
    in_time(handshake).await
}

pub(crate) async fn accept_as(
    begun: Replay,
    server: &Server,
    fault: Option<(&fault::TlsFault, Clock)>,
) -> Result<Session, Failed> {
    match fault {
        None => accept(begun, server).await,
        Some((fault, clock)) => fault::accept_badly(begun, server, fault, clock).await,
    }
}

pub(crate) async fn connect(io: Io, config: &ClientConfig, name: &str) -> Result<Session, Failed> {
    in_time(connect_with(io, config, name)).await
}

async fn in_time(handshake: impl Future<Output = Result<Session, Failed>>) -> Result<Session, Failed> {
    let outcome = tokio::time::timeout(LONGEST_HANDSHAKE, handshake).await;
    outcome.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

async fn accept_with(io: Io, config: &ServerConfig) -> Result<Session, Failed> {
    let secrets = Arc::new(Secrets::default());
    let mut config = config.clone();
    config.key_log = Arc::clone(&secrets) as Arc<_>;
    let accept = tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(Wire::new(io));
    let stream = accept.into_fallible().await.map_err(|(error, wire)| Failed::new(error, wire.alert()))?;
    let terms = terms(stream.get_ref().1, stream.get_ref().1.server_name());
    Ok(Session { io: Side::Server(Box::new(stream)), terms, secrets })
}

async fn connect_with(io: Io, config: &ClientConfig, name: &str) -> Result<Session, Failed> {
    let secrets = Arc::new(Secrets::default());
    let mut config = config.clone();
    config.key_log = Arc::clone(&secrets) as Arc<_>;
    let server =
        ServerName::try_from(name.to_owned()).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let connect = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(server, Wire::new(io));
    let stream = connect.into_fallible().await.map_err(|(error, wire)| Failed::new(error, wire.alert()))?;
    let terms = terms(stream.get_ref().1, Some(name));
    Ok(Session { io: Side::Client(Box::new(stream)), terms, secrets })
}

async fn refuse(how: impl AsyncFn(&mut Io) -> io::Result<Refusal>, mut io: Io) -> Failed {
    match how(&mut io).await {
        Ok(refusal) => Failed { error: io::Error::new(io::ErrorKind::InvalidData, refusal.why.clone()), refusal },
        Err(error) => error.into(),
    }
}

fn terms<D>(connection: &rustls::ConnectionCommon<D>, name: Option<&str>) -> Terms {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        Some(_) | None => "TLS",
    };
    let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    Terms {
        version,
        // rustls tells the suites of TLS 1.3 apart by a name of its own.
        suite: suite.unwrap_or("an unnamed suite").replacen("TLS13_", "TLS_", 1),
        alpn: connection.alpn_protocol().map(|alpn| String::from_utf8_lossy(alpn).into_owned()),
        name: name.map(str::to_owned),
        is_resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
    }
}

/// The cryptography that all TLS here is made of.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())))
}

impl Session {
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Breaks off the connection below.
    pub fn reset(&mut self) {
        self.wire().reset();
    }

    /// Puts conditions on what carries it.
    pub fn bend(&mut self, clock: Clock, out: Option<Arc<Link>>, back: Option<Arc<Link>>) {
        self.wire().bend(clock, out, back);
    }

    /// What links did wrong on purpose below since the last call.
    pub fn take_struck(&mut self) -> Vec<(Direction, Arc<Fault>)> {
        self.wire().take_struck()
    }

    /// The key log lines since the last call.
    pub fn take_secrets(&self) -> Vec<String> {
        self.secrets.take()
    }

    /// Octets that went over the wire since the last call.
    pub fn take_sealed(&mut self) -> impl Iterator<Item = (Direction, u64)> + use<> {
        self.wire().take_lengths().into_iter().filter(|(_, length)| *length > 0)
    }

    fn wire(&mut self) -> &mut Wire {
        match &mut self.io {
            Side::Client(stream) => stream.get_mut().0,
            Side::Server(stream) => stream.get_mut().0,
        }
    }
}

impl AsyncRead for Session {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().io {
            Side::Client(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
            Side::Server(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer).map(without_farewell),
        }
    }
}

impl AsyncWrite for Session {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().io {
            Side::Client(stream) => Pin::new(stream.as_mut()).poll_write(cx, octets),
            Side::Server(stream) => Pin::new(stream.as_mut()).poll_write(cx, octets),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().io {
            Side::Client(stream) => Pin::new(stream.as_mut()).poll_write_vectored(cx, slices),
            Side::Server(stream) => Pin::new(stream.as_mut()).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().io {
            Side::Client(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Side::Server(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().io {
            Side::Client(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            Side::Server(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

/// Many clients go away without closing TLS (RFC 8446 6.1). Whoever serves them loses nothing by that: every
/// protocol here says itself where a request ends.
fn without_farewell(read: io::Result<()>) -> io::Result<()> {
    read.or_else(|error| if error.kind() == io::ErrorKind::UnexpectedEof { Ok(()) } else { Err(error) })
}

/// A handshake takes two round trips at most; this leaves room for links as slow as make sense.
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(30);
