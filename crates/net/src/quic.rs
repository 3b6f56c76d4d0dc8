//! QUIC (RFC 9000) over a lab's datagrams; each stream is a flow of its own, recorded in clear.

mod runtime;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use toynet_machine::Random;
use toynet_record::{Side, Transport};

use crate::Host;
use crate::datagrams::Datagrams;
use crate::stream::{Io, Stream};
use crate::tap::{Opening, Tap};
use crate::tls::{ClientConfig, Secrets, ServerConfig};
use runtime::LocalTime;
use socket::Socket;

/// A QUIC endpoint on a host's socket.
#[derive(Debug)]
pub struct Endpoint {
    inner: quinn::Endpoint,
    host: Host,
    port: u16,
    secrets: Arc<Secrets>,
}

/// A connection, on which both sides open streams.
#[derive(Debug)]
pub struct Connection {
    inner: quinn::Connection,
    host: Host,
    local: SocketAddr,
    secrets: Arc<Secrets>,
}

/// The two directions of a stream.
#[derive(Debug)]
pub(crate) struct Pair {
    send: SendStream,
    receive: RecvStream,
}

impl Endpoint {
    /// Accepts connections on `datagrams`. TLS 1.3 must be among the versions of `config`.
    ///
    /// # Errors
    /// When `config` cannot be used for QUIC.
    pub fn server(datagrams: Datagrams, config: &ServerConfig) -> io::Result<Self> {
        let secrets = Arc::new(Secrets::default());
        let mut config = config.clone();
        config.key_log = Arc::clone(&secrets) as Arc<_>;
        let crypto = QuicServerConfig::try_from(config).map_err(io::Error::other)?;
        Self::new(datagrams, Some(quinn::ServerConfig::with_crypto(Arc::new(crypto))), secrets)
    }

    /// Connects from `datagrams`. TLS 1.3 must be among the versions of `config`.
    ///
    /// # Errors
    /// When `config` cannot be used for QUIC.
    pub fn client(datagrams: Datagrams, config: &ClientConfig) -> io::Result<Self> {
        let secrets = Arc::new(Secrets::default());
        let mut config = config.clone();
        config.key_log = Arc::clone(&secrets) as Arc<_>;
        let crypto = QuicClientConfig::try_from(config).map_err(io::Error::other)?;
        let mut endpoint = Self::new(datagrams, None, secrets)?;
        endpoint.inner.set_default_client_config(quinn::ClientConfig::new(Arc::new(crypto)));
        Ok(endpoint)
    }

    fn new(datagrams: Datagrams, server: Option<quinn::ServerConfig>, secrets: Arc<Secrets>) -> io::Result<Self> {
        let (host, port) = (datagrams.host().clone(), datagrams.port());
        let mut config = quinn::EndpointConfig::default();
        config.rng_seed(Some(seed(host.random("quic"))));
        let runtime = Arc::new(LocalTime);
        let inner = quinn::Endpoint::new_with_abstract_socket(config, server, Socket::start(datagrams), runtime)?;
        Ok(Self { inner, host, port, secrets })
    }

    /// The next connection; nothing once the endpoint is closed.
    pub async fn accept(&self) -> Option<io::Result<Connection>> {
        let incoming = self.inner.accept().await?;
        let connected = incoming.await.map_err(io::Error::from);
        Some(connected.and_then(|inner| self.connection(inner)))
    }

    /// Connects to the server called `name` at `to`.
    ///
    /// # Errors
    /// As QUIC says; also when the certificate is not one for `name`.
    pub async fn connect(&self, to: SocketAddr, name: &str) -> io::Result<Connection> {
        let connecting = self.inner.connect(to, name).map_err(io::Error::other)?;
        self.connection(connecting.await?)
    }

    fn connection(&self, inner: quinn::Connection) -> io::Result<Connection> {
        let peer = canonical(inner.remote_address());
        // A stranger's address may be of a family that the host lacks.
        let ip = self.host.address_like(peer.ip()).unwrap_or(peer.ip());
        let local = SocketAddr::new(ip, self.port);
        Ok(Connection { inner, host: self.host.clone(), local, secrets: Arc::clone(&self.secrets) })
    }
}

impl Connection {
    /// The lab address of the other side.
    pub fn peer(&self) -> SocketAddr {
        canonical(self.inner.remote_address())
    }

    /// Opens a stream that both sides can write.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn open(&self) -> io::Result<Stream> {
        let (send, receive) = self.inner.open_bi().await?;
        Ok(self.stream(Side::Initiator, Pair { send, receive }))
    }

    /// The next stream that the other side opens. It shows when something was written to it.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn accept(&self) -> io::Result<Stream> {
        let (send, receive) = self.inner.accept_bi().await?;
        Ok(self.stream(Side::Acceptor, Pair { send, receive }))
    }

    /// Ends the connection in good order.
    pub async fn close(self) {
        self.inner.close(0_u32.into(), b"");
        self.inner.closed().await;
    }

    fn stream(&self, side: Side, pair: Pair) -> Stream {
        let (local, peer) = (self.local, self.peer());
        let cause = if side == Side::Initiator { self.host.cause } else { None };
        let opening = Opening { side, transport: Transport::Quic, local, peer, cause };
        let tap = Tap::open(self.host.network.recorder(), self.host.strip, opening);
        tap.secured("TLS 1.3 in QUIC", &self.secrets.take());
        Stream::new(Io::Quic(pair), tap, local, peer)
    }
}

/// IPv4 addresses travel inside IPv6 ones, since an endpoint has one socket for both families.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn seed(mut random: Random) -> [u8; 32] {
    let mut seed = [0; 32];
    seed.chunks_exact_mut(8).for_each(|part| part.copy_from_slice(&random.u64().to_le_bytes()));
    seed
}

impl AsyncRead for Pair {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        AsyncRead::poll_read(Pin::new(&mut self.get_mut().receive), cx, buffer)
    }
}

impl AsyncWrite for Pair {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.get_mut().send), cx, octets)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.get_mut().send), cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_shutdown(Pin::new(&mut self.get_mut().send), cx)
    }
}
