//! Who connects by QUIC, and who is connected to.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use quinn::VarInt;
use quinn::crypto::rustls::QuicClientConfig;
use toynet_machine::Random;
use toynet_record::{Direction, Side};

use super::connection::Connection;
use super::fault::{Failed, Handshakes};
use super::limits::transport;
use super::marks::Marks;
use super::refusal::{Attempt, attempt, failed};
use super::runtime::LocalTime;
use super::socket::{self, Socket, canonical};
use crate::Host;
use crate::datagrams::{Datagrams, WayIn};
use crate::tls::fault::{TlsFault, Wrong};
use crate::tls::{ClientConfig, Secrets, Server};

/// A QUIC endpoint on a host's socket. When it is dropped its connections are closed, and soon after that its
/// socket.
#[derive(Debug)]
pub struct Endpoint {
    inner: quinn::Endpoint,
    socket: Arc<Socket>,
    host: Host,
    port: u16,
    secrets: Arc<Secrets>,
    marks: Rc<Marks>,
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
    marks: Rc<Marks>,
    handshakes: Option<Rc<Handshakes>>,
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
    pub async fn server_when_asked(mut datagrams: Datagrams, tls: &Server) -> io::Result<Self> {
        let mut first = [0; socket::LARGEST];
        loop {
            let (length, from, way_in) = datagrams.take(&mut first).await?;
            if length >= SHORTEST_INITIAL && first[0] & LONG_HEADER == LONG_HEADER {
                return Self::server_after(datagrams, tls, Some((&first[..length], from, way_in)));
            }
        }
    }

    fn server_after(datagrams: Datagrams, tls: &Server, first: Option<(&[u8], SocketAddr, WayIn)>) -> io::Result<Self> {
        let secrets = Arc::new(Secrets::default());
        let handshakes = Handshakes::new(tls.clone(), Arc::clone(&secrets));
        let mut endpoint = Self::new(datagrams, Some(handshakes.right()?), secrets)?;
        endpoint.handshakes = Some(Rc::new(handshakes));
        if let Some((octets, from, way_in)) = first {
            endpoint.socket.arrives(octets, from, way_in, &endpoint.marks);
        }
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
        let marks = Rc::new(Marks::new(host.clone(), port));
        let socket = Socket::start(datagrams, Rc::clone(&marks));
        let inner = quinn::Endpoint::new_with_abstract_socket(config, server, Arc::clone(&socket) as Arc<_>, runtime)?;
        Ok(Self { inner, socket, host, port, secrets, marks, handshakes: None })
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
        let (host, secrets, marks) = (self.host.clone(), Arc::clone(&self.secrets), Rc::clone(&self.marks));
        Some(Arriving { incoming, host, local, secrets, marks, handshakes: self.handshakes.clone() })
    }

    /// Connects to the server called `name` at `to`.
    ///
    /// # Errors
    /// As QUIC says; also when the certificate is not one for `name`.
    pub async fn connect(&self, to: SocketAddr, name: &str) -> io::Result<Connection> {
        let connecting = self.inner.connect(to, name).map_err(io::Error::other)?;
        let (host, local, secrets) = (self.host.clone(), self.local(to), Arc::clone(&self.secrets));
        let (name, struck) = (Some(name.to_owned()), Rc::default());
        let (attempt, marks) = (Attempt::begin(&host, &self.marks, local, to), Rc::clone(&self.marks));
        let connected = tokio::select! {
            biased;
            connected = connecting => connected,
            error = self.socket.undelivered(to) => {
                let fault = self.host.refusing(to, &error);
                return Err(attempt.refused(error, fault));
            }
        };
        let inner = match connected {
            Ok(inner) => inner,
            Err(error) => return Err(attempt.failed(error)),
        };
        attempt.succeeded();
        Ok(Connection { inner, host, local, secrets, marks, is_told: Rc::default(), name, struck })
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
        let Self { incoming, host, local, secrets, marks, handshakes } = self;
        let attempt = || {
            let tap = attempt(&host, Side::Acceptor, local, peer);
            marks.tell(peer, &tap);
            tap
        };
        let (Some(struck), Some(handshakes)) = (struck, handshakes) else {
            let inner = incoming.await.map_err(|error| failed(attempt(), error))?;
            let (is_told, struck) = Default::default();
            return Ok(Connection { inner, host, local, secrets, marks, is_told, name: None, struck });
        };
        // Where there may be a connection its first stream tells.
        let may_be = matches!(struck.what.wrong, None | Some(Wrong::Shows(_)));
        let begin = || {
            let tap = attempt();
            tap.fault(Direction::Sent, &struck.text);
            tap
        };
        let tap = (!may_be).then(begin);
        match handshakes.go_wrong(incoming, &struck.what, clock).await {
            Ok(inner) => {
                let struck = Rc::new(RefCell::new(may_be.then(|| struck.text.clone())));
                Ok(Connection { inner, host, local, secrets, marks, is_told: Rc::default(), name: None, struck })
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

fn seed(mut random: Random) -> [u8; 32] {
    let mut seed = [0; 32];
    seed.chunks_exact_mut(8).for_each(|part| part.copy_from_slice(&random.u64().to_le_bytes()));
    seed
}

/// Header form and fixed bit of a packet that can be a client's first (RFC 9000 17.2).
const LONG_HEADER: u8 = 0xc0;
/// RFC 9000 14.1.
const SHORTEST_INITIAL: usize = 1200;
