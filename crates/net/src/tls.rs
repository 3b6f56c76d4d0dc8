//! TLS on a stream, at either side and at any moment of a conversation.
//!
//! The record gets the clear text, the lengths on the wire and the secrets of each connection. The
//! secrets also go to the file that SSLKEYLOGFILE names, if that is set.

mod anyone;
mod keylog;
pub mod trust;
mod wire;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use toynet_record::Direction;

use crate::stream::Io;
pub(crate) use keylog::Secrets;
use wire::Wire;

pub use anyone::with_anyone;
pub use rustls::{ClientConfig, ServerConfig};
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
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.version, self.suite)?;
        self.alpn.iter().try_for_each(|alpn| write!(f, " {alpn}"))?;
        self.name.iter().try_for_each(|name| write!(f, " for {name}"))
    }
}

pub(crate) async fn accept(io: Io, config: &ServerConfig) -> io::Result<Session> {
    let secrets = Arc::new(Secrets::default());
    let mut config = config.clone();
    config.key_log = Arc::clone(&secrets) as Arc<_>;
    let stream = tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(Wire::new(io)).await?;
    let terms = terms(stream.get_ref().1, stream.get_ref().1.server_name());
    Ok(Session { io: Side::Server(Box::new(stream)), terms, secrets })
}

pub(crate) async fn connect(io: Io, config: &ClientConfig, name: &str) -> io::Result<Session> {
    let secrets = Arc::new(Secrets::default());
    let mut config = config.clone();
    config.key_log = Arc::clone(&secrets) as Arc<_>;
    let server =
        ServerName::try_from(name.to_owned()).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(server, Wire::new(io)).await?;
    let terms = terms(stream.get_ref().1, Some(name));
    Ok(Session { io: Side::Client(Box::new(stream)), terms, secrets })
}

fn terms<D>(connection: &rustls::ConnectionCommon<D>, name: Option<&str>) -> Terms {
    let version = match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        Some(_) | None => "TLS",
    };
    let suite = connection.negotiated_cipher_suite();
    Terms {
        version,
        suite: suite.and_then(|suite| suite.suite().as_str()).unwrap_or("an unnamed suite").to_owned(),
        alpn: connection.alpn_protocol().map(|alpn| String::from_utf8_lossy(alpn).into_owned()),
        name: name.map(str::to_owned),
    }
}

impl Session {
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The key log lines since the last call.
    pub fn take_secrets(&self) -> Vec<String> {
        self.secrets.take()
    }

    /// Octets that went over the wire since the last call.
    pub fn take_sealed(&mut self) -> impl Iterator<Item = (Direction, u64)> + use<> {
        let wire = match &mut self.io {
            Side::Client(stream) => stream.get_mut().0,
            Side::Server(stream) => stream.get_mut().0,
        };
        wire.take_lengths().into_iter().filter(|(_, length)| *length > 0)
    }
}

impl AsyncRead for Session {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().io {
            Side::Client(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
            Side::Server(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
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
