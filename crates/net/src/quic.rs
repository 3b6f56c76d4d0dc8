//! QUIC (RFC 9000) over a lab's datagrams; each stream is a flow of its own, recorded in clear.
//!
//! - here: endpoints and connections; `pair`: streams; `fault`: what goes wrong on purpose while one begins
//! - `socket`, `runtime`: datagrams, time and tasks as quinn wants them

mod fault;
mod pair;
mod runtime;
mod socket;

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{HandshakeData, QuicClientConfig};
use quinn::{ConnectionError, IdleTimeout, TransportConfig, VarInt};
use toynet_machine::Random;
use toynet_record::alert::in_words;
use toynet_record::{Direction, Side, Transport};

use crate::Host;
use crate::datagrams::Datagrams;
use crate::stream::Stream;
use crate::stream::carried::Io;
use crate::tap::{Opening, Tap};
use crate::tls::fault::{TlsFault, Wrong};
use crate::tls::{ClientConfig, Secrets, Server};
use fault::{Failed, Handshakes};
pub use pair::GivenUp;
pub(crate) use pair::Pair;
use pair::varint;
use runtime::LocalTime;
use socket::Socket;

/// A QUIC endpoint on a host's socket. When it is dropped its connections are closed, and soon after that its
/// socket.
#[derive(Debug)]
pub struct Endpoint {
    inner: quinn::Endpoint,
    socket: Arc<Socket>,
    host: Host,
    port: u16,
    secrets: Arc<Secrets>,
    /// Of one that serves.
    handshakes: Option<Rc<Handshakes>>,
}

/// A client that has said its first words.
#[derive(Debug)]
pub struct Arriving {
    incoming: quinn::Incoming,
    host: Host,
    local: SocketAddr,
    secrets: Arc<Secrets>,
    handshakes: Option<Rc<Handshakes>>,
}

/// A connection, on which both sides open streams. Clones are the same connection.
#[derive(Clone, Debug)]
pub struct Connection {
    inner: quinn::Connection,
    host: Host,
    local: SocketAddr,
    secrets: Arc<Secrets>,
    /// Whether a stream has told the record what was agreed.
    is_told: Rc<Cell<bool>>,
    /// What a client called its server.
    name: Option<String>,
    /// What went wrong on purpose while it began, until a stream has told the record.
    struck: Rc<RefCell<Option<String>>>,
}

impl Endpoint {
    /// Accepts connections on `datagrams`. TLS 1.3 must be among the versions of `tls`.
    ///
    /// # Errors
    /// When `tls` cannot be used for QUIC.
    pub fn server(datagrams: Datagrams, tls: &Server) -> io::Result<Self> {
        Self::server_after(datagrams, tls, None)
    }

    /// The same once somebody has spoken QUIC there: until then it is no more than a socket, of which a lab may
    /// have thousands. Other datagrams are passed over.
    ///
    /// # Errors
    /// When `tls` cannot be used for QUIC; as the socket says.
    pub async fn server_when_asked(datagrams: Datagrams, tls: &Server) -> io::Result<Self> {
        let mut first = [0; socket::LARGEST];
        loop {
            let (length, from) = datagrams.take(&mut first).await?;
            if length >= SHORTEST_INITIAL && first[0] & LONG_HEADER == LONG_HEADER {
                return Self::server_after(datagrams, tls, Some((&first[..length], from)));
            }
        }
    }

    fn server_after(datagrams: Datagrams, tls: &Server, first: Option<(&[u8], SocketAddr)>) -> io::Result<Self> {
        let secrets = Arc::new(Secrets::default());
        let handshakes = Handshakes::new(tls.clone(), Arc::clone(&secrets));
        let mut endpoint = Self::new(datagrams, Some(handshakes.right()?), secrets)?;
        endpoint.handshakes = Some(Rc::new(handshakes));
        first.into_iter().for_each(|(octets, from)| endpoint.socket.arrived(octets.to_vec(), from));
        Ok(endpoint)
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
        let mut config = quinn::ClientConfig::new(Arc::new(crypto));
        config.transport_config(Arc::new(transport()));
        endpoint.inner.set_default_client_config(config);
        Ok(endpoint)
    }

    fn new(datagrams: Datagrams, server: Option<quinn::ServerConfig>, secrets: Arc<Secrets>) -> io::Result<Self> {
        let (host, port) = (datagrams.host().clone(), datagrams.port());
        let mut config = quinn::EndpointConfig::default();
        config.rng_seed(Some(seed(host.random("quic"))));
        let runtime = Arc::new(LocalTime);
        let socket = Socket::start(datagrams);
        let inner = quinn::Endpoint::new_with_abstract_socket(config, server, Arc::clone(&socket) as Arc<_>, runtime)?;
        Ok(Self { inner, socket, host, port, secrets, handshakes: None })
    }

    /// The next connection; nothing once the endpoint is closed. While it is made no other is accepted: see
    /// [`Endpoint::arrival`].
    pub async fn accept(&self) -> Option<io::Result<Connection>> {
        Some(self.arrival().await?.connect().await)
    }

    /// The next client; nothing once the endpoint is closed.
    pub async fn arrival(&self) -> Option<Arriving> {
        let incoming = self.inner.accept().await?;
        let local = self.local(canonical(incoming.remote_address()));
        let (host, secrets) = (self.host.clone(), Arc::clone(&self.secrets));
        Some(Arriving { incoming, host, local, secrets, handshakes: self.handshakes.clone() })
    }

    /// Connects to the server called `name` at `to`.
    ///
    /// # Errors
    /// As QUIC says; also when the certificate is not one for `name`.
    pub async fn connect(&self, to: SocketAddr, name: &str) -> io::Result<Connection> {
        let connecting = self.inner.connect(to, name).map_err(io::Error::other)?;
        let (host, local, secrets) = (self.host.clone(), self.local(to), Arc::clone(&self.secrets));
        let (name, struck) = (Some(name.to_owned()), Rc::default());
        match connecting.await {
            Ok(inner) => Ok(Connection { inner, host, local, secrets, is_told: Rc::default(), name, struck }),
            Err(error) => Err(failed(attempt(&host, Side::Initiator, local, to), error)),
        }
    }

    /// A stranger's address may be of a family that the host lacks.
    fn local(&self, peer: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.host.source(peer.ip()).unwrap_or(peer.ip()), self.port)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.inner.close(VarInt::from_u32(0), b"");
        self.socket.end_soon();
    }
}

impl Arriving {
    /// The lab address of the client.
    pub fn peer(&self) -> SocketAddr {
        canonical(self.incoming.remote_address())
    }

    /// Shakes hands.
    ///
    /// # Errors
    /// As QUIC and TLS say.
    pub async fn connect(self) -> io::Result<Connection> {
        let (peer, clock) = (self.peer(), self.host.clock());
        let struck = self.host.faults().strike(clock.now(), peer.ip(), |_: &TlsFault| true);
        let Self { incoming, host, local, secrets, handshakes } = self;
        let (Some(struck), Some(handshakes)) = (struck, handshakes) else {
            let inner = incoming.await.map_err(|error| failed(attempt(&host, Side::Acceptor, local, peer), error))?;
            return Ok(Connection {
                inner,
                host,
                local,
                secrets,
                is_told: Rc::default(),
                name: None,
                struck: Rc::default(),
            });
        };
        // Where there may be a connection its first stream tells.
        let may_be = matches!(struck.what.wrong, None | Some(Wrong::Shows(_)));
        let begin = || {
            let tap = attempt(&host, Side::Acceptor, local, peer);
            tap.fault(Direction::Sent, &struck.text);
            tap
        };
        let tap = (!may_be).then(begin);
        match handshakes.go_wrong(incoming, &struck.what, clock).await {
            Ok(inner) => {
                let struck = Rc::new(RefCell::new(may_be.then(|| struck.text.clone())));
                Ok(Connection { inner, host, local, secrets, is_told: Rc::default(), name: None, struck })
            }
            Err(Failed::Quic(error)) => Err(failed(tap.unwrap_or_else(begin), error)),
            Err(Failed::OnPurpose(why)) => {
                tap.unwrap_or_else(begin).unsecured(Direction::Sent, why);
                Err(io::Error::other(why))
            }
        }
    }

    /// Takes no further connection (RFC 9000 20.1).
    pub fn refuse(self) {
        self.incoming.refuse();
    }
}

impl Connection {
    /// The lab address of this side.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The lab address of the other side.
    pub fn peer(&self) -> SocketAddr {
        canonical(self.inner.remote_address())
    }

    /// What was agreed in the handshake, in words.
    pub fn terms(&self) -> String {
        let data = self.inner.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
        let (alpn, name) = data.map(|data| (data.protocol, data.server_name)).unwrap_or_default();
        let mut terms = "TLS 1.3 in QUIC".to_owned();
        if let Some(alpn) = alpn {
            terms += &format!(" {}", String::from_utf8_lossy(&alpn));
        }
        let name = name.as_ref().or(self.name.as_ref());
        name.into_iter().for_each(|name| terms += &format!(" for {name}"));
        terms
    }

    /// Opens a stream that both sides can write.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn open(&self) -> io::Result<Stream> {
        let (send, receive) = self.inner.open_bi().await?;
        Ok(self.stream(Pair { send: Some(send), receive: Some(receive) }))
    }

    /// Opens a stream that only this side writes.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn open_one_way(&self) -> io::Result<Stream> {
        let send = self.inner.open_uni().await?;
        Ok(self.stream(Pair { send: Some(send), receive: None }))
    }

    /// The next stream that the other side opens for both to write. It shows when something was written to it.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn accept(&self) -> io::Result<Stream> {
        let (send, receive) = self.inner.accept_bi().await?;
        Ok(self.stream(Pair { send: Some(send), receive: Some(receive) }))
    }

    /// The next stream that the other side opens to write alone.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn accept_one_way(&self) -> io::Result<Stream> {
        let receive = self.inner.accept_uni().await?;
        Ok(self.stream(Pair { send: None, receive: Some(receive) }))
    }

    /// Ends the connection at once, for a reason of the protocol on it (RFC 9000 10.2).
    pub fn end(&self, code: u64, why: &str) {
        self.inner.close(varint(code), why.as_bytes());
    }

    /// Waits for its end and says why it came.
    pub async fn ended(&self) -> io::Error {
        self.inner.closed().await.into()
    }

    /// Ends the connection in good order.
    pub async fn close(self) {
        self.end(0, "");
        self.inner.closed().await;
    }

    /// A connection's client is the initiator of all its streams, whoever opens them.
    fn stream(&self, pair: Pair) -> Stream {
        let side = match self.inner.side() {
            quinn::Side::Client => Side::Initiator,
            quinn::Side::Server => Side::Acceptor,
        };
        let (local, peer) = (self.local, self.peer());
        let cause = if side == Side::Initiator { self.host.cause } else { None };
        let opening = Opening { side, transport: Transport::Quic, stream: pair.number(), local, peer, cause };
        let tap = Tap::open(self.host.network.recorder(), self.host.strip, opening);
        // Once, and where a client of the lab's own tells the same: in a stream that the client has opened.
        let tells = pair.is_of_client() && !self.is_told.replace(true);
        tap.secured(&if tells { self.terms() } else { String::new() }, &self.secrets.take());
        if tells && let Some(struck) = self.struck.take() {
            tap.fault(Direction::Sent, &struck);
        }
        Stream::new(Io::Quic(pair), tap, local, peer)
    }
}

/// The record of a connection that does not come to be.
fn attempt(host: &Host, side: Side, local: SocketAddr, peer: SocketAddr) -> Tap {
    let cause = if side == Side::Initiator { host.cause } else { None };
    let opening = Opening { side, transport: Transport::Quic, stream: None, local, peer, cause };
    Tap::open(host.network.recorder(), host.strip, opening)
}

/// Writes down that there is no connection, and why.
fn failed(mut tap: Tap, error: ConnectionError) -> io::Error {
    let (refusal, error) = refused(error);
    refusal.into_iter().for_each(|(direction, why)| tap.unsecured(direction, &why));
    tap.failed(&error);
    error
}

/// Who would not have a connection and why, in words; and the error as it is for TLS on a stream.
fn refused(error: ConnectionError) -> (Option<(Direction, String)>, io::Error) {
    match error {
        ConnectionError::ConnectionClosed(close) => match alert(u64::from(close.error_code)) {
            Some(alert) => {
                let received = rustls::Error::AlertReceived(alert.into());
                let error = io::Error::new(io::ErrorKind::InvalidData, received);
                (Some((Direction::Received, in_words(alert))), error)
            }
            None => (Some((Direction::Received, close.to_string())), ConnectionError::ConnectionClosed(close).into()),
        },
        ConnectionError::TransportError(error) => {
            let why = alert(u64::from(error.code)).map(in_words);
            let why = why.map_or_else(|| error.to_string(), |alert| format!("{alert}: {}", error.reason));
            (Some((Direction::Sent, why)), io::Error::new(io::ErrorKind::InvalidData, error.reason))
        }
        other => (None, other.into()),
    }
}

/// The alert of TLS that an error code of QUIC is (RFC 9001 4.8).
fn alert(code: u64) -> Option<u8> {
    u8::try_from(code.checked_sub(0x100)?).ok()
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(MOST_STREAMS))
        .max_concurrent_uni_streams(VarInt::from_u32(MOST_ONE_WAY))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(WINDOW))
        .send_window(WINDOW.into())
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(SILENCE.as_millis() as u32))));
    transport
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

/// Header form and fixed bit of a packet that can be a client's first (RFC 9000 17.2).
const LONG_HEADER: u8 = 0xc0;
/// RFC 9000 14.1.
const SHORTEST_INITIAL: usize = 1200;
/// Handshakes that wait to be taken up: more than browsers begin at once, and each costs a signature.
const MOST_ARRIVING: usize = 256;
/// What a client may send before its handshake is taken up: a few packets.
const BUFFER: u64 = 16 * 1024;
/// RFC 9114 6.1 asks for 100 at least.
const MOST_STREAMS: u32 = 100;
/// HTTP/3 needs three (RFC 9114 6.2), and a few more show that unknown ones are passed over.
const MOST_ONE_WAY: u32 = 8;
/// What may be on its way in one stream: at a round trip of 10 ms some 25 MB a second.
const STREAM_WINDOW: u32 = 256 * 1024;
/// What may be on its way, or held, in all streams of a connection.
const WINDOW: u32 = 1024 * 1024;
/// As long as browsers wait for a sign of life.
const SILENCE: Duration = Duration::from_secs(30);
/// A server says that it is there while its client waits for an answer that takes long.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
