//! What a server does wrong on purpose while QUIC begins: faults of TLS in the form that they have there.
//!
//! A handshake of TLS ends with an alert, which is an error code of QUIC (RFC 9001 4.8). There is no TLS before 1.3
//! and no reset: a server that knows only older ones says so by its alert, and one that resets takes no connection.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicServerConfig;
use quinn::crypto::{
    self, ExportKeyingMaterialError, HeaderKey, KeyPair, Keys, PacketKey, Session, UnsupportedVersion,
};
use quinn::{ConnectionError, ConnectionId, Incoming, ServerConfig, Side, TransportErrorCode};
use quinn_proto::TransportError;
use quinn_proto::transport_parameters::TransportParameters;

use super::limits::{BUFFER, MOST_ARRIVING, SIGN_OF_LIFE, transport};
use crate::Clock;
use crate::tls::Secrets;
use crate::tls::fault::{TlsFault, Wrong};
use crate::tls::{Server, Spoilt};

/// How the server of an endpoint begins, and how it can go wrong.
#[derive(Debug)]
pub(super) struct Handshakes {
    tls: Server,
    secrets: Arc<Secrets>,
}

/// Why there is no connection.
pub(super) enum Failed {
    /// As QUIC says.
    Quic(ConnectionError),
    /// The server did this.
    OnPurpose(&'static str),
}

impl Handshakes {
    pub fn new(tls: Server, secrets: Arc<Secrets>) -> Self {
        Self { tls, secrets }
    }

    /// As they ought to be.
    ///
    /// # Errors
    /// When TLS 1.3 is not spoken.
    pub fn right(&self) -> io::Result<ServerConfig> {
        Ok(configured(Arc::new(self.crypto(None)?)))
    }

    fn crypto(&self, spoilt: Option<Spoilt>) -> io::Result<QuicServerConfig> {
        let too_old = || io::Error::new(io::ErrorKind::InvalidInput, "QUIC needs TLS 1.3");
        let mut config = self.tls.for_quic(spoilt).ok_or_else(too_old)?;
        config.key_log = Arc::clone(&self.secrets) as Arc<_>;
        QuicServerConfig::try_from(config).map_err(io::Error::other)
    }

    /// Has a client meet `fault`.
    pub async fn go_wrong(
        &self,
        incoming: Incoming,
        fault: &TlsFault,
        clock: Clock,
    ) -> Result<quinn::Connection, Failed> {
        clock.sleep(fault.delay).await;
        match fault.wrong {
            None => Ok(incoming.await?),
            Some(Wrong::Shows(spoilt)) => {
                let crypto = self.crypto(Some(spoilt)).map_err(|_| Failed::OnPurpose(NOTHING_TO_SHOW))?;
                Ok(incoming.accept_with(Arc::new(configured(Arc::new(crypto))))?.await?)
            }
            Some(Wrong::Alert(alert)) => self.alert(incoming, alert).await,
            Some(Wrong::Old) => self.alert(incoming, PROTOCOL_VERSION).await,
            Some(Wrong::Reset) => {
                incoming.refuse();
                Err(Failed::OnPurpose("the connection is refused at the client's hello"))
            }
            Some(Wrong::Close) => {
                let mut connecting = incoming.accept()?;
                connecting.handshake_data().await?;
                Err(Failed::OnPurpose("the connection ends after the server's hello"))
            }
            Some(Wrong::Silence) => {
                clock.sleep(PATIENCE).await;
                incoming.ignore();
                Err(Failed::OnPurpose("the server says nothing to the client's hello"))
            }
        }
    }

    async fn alert(&self, incoming: Incoming, alert: u8) -> Result<quinn::Connection, Failed> {
        let crypto = self.crypto(None).map_err(|_| Failed::OnPurpose(NOTHING_TO_SHOW))?;
        let crypto = Alerting { right: Arc::new(crypto), alert };
        Ok(incoming.accept_with(Arc::new(configured(Arc::new(crypto))))?.await?)
    }
}

impl From<ConnectionError> for Failed {
    fn from(error: ConnectionError) -> Self {
        Failed::Quic(error)
    }
}

fn configured(crypto: Arc<dyn crypto::ServerConfig>) -> ServerConfig {
    let mut server = ServerConfig::with_crypto(crypto);
    server.max_incoming(MOST_ARRIVING).incoming_buffer_size(BUFFER);
    server.incoming_buffer_size_total(16 * BUFFER);
    let mut transport = transport();
    transport.keep_alive_interval(Some(SIGN_OF_LIFE));
    server.transport_config(Arc::new(transport));
    server
}

/// Answers every client's hello with one alert.
struct Alerting {
    right: Arc<QuicServerConfig>,
    alert: u8,
}

impl crypto::ServerConfig for Alerting {
    fn initial_keys(&self, version: u32, to: &ConnectionId) -> Result<Keys, UnsupportedVersion> {
        self.right.initial_keys(version, to)
    }

    fn retry_tag(&self, version: u32, to: &ConnectionId, packet: &[u8]) -> [u8; 16] {
        self.right.retry_tag(version, to, packet)
    }

    fn start_session(self: Arc<Self>, version: u32, parameters: &TransportParameters) -> Box<dyn Session> {
        let right = Arc::clone(&self.right).start_session(version, parameters);
        Box::new(AlertingSession { right, alert: self.alert })
    }
}

struct AlertingSession {
    right: Box<dyn Session>,
    alert: u8,
}

impl Session for AlertingSession {
    fn read_handshake(&mut self, _: &[u8]) -> Result<bool, TransportError> {
        Err(TransportError { code: TransportErrorCode::crypto(self.alert), frame: None, reason: ON_PURPOSE.to_owned() })
    }

    fn initial_keys(&self, to: &ConnectionId, side: Side) -> Keys {
        self.right.initial_keys(to, side)
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        self.right.handshake_data()
    }

    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        self.right.peer_identity()
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        self.right.early_crypto()
    }

    fn early_data_accepted(&self) -> Option<bool> {
        self.right.early_data_accepted()
    }

    fn is_handshaking(&self) -> bool {
        self.right.is_handshaking()
    }

    fn transport_parameters(&self) -> Result<Option<TransportParameters>, TransportError> {
        self.right.transport_parameters()
    }

    fn write_handshake(&mut self, out: &mut Vec<u8>) -> Option<Keys> {
        self.right.write_handshake(out)
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        self.right.next_1rtt_keys()
    }

    fn is_valid_retry(&self, to: &ConnectionId, header: &[u8], payload: &[u8]) -> bool {
        self.right.is_valid_retry(to, header, payload)
    }

    fn export_keying_material(
        &self,
        out: &mut [u8],
        label: &[u8],
        context: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        self.right.export_keying_material(out, label, context)
    }
}

/// RFC 8446 6.2.
const PROTOCOL_VERSION: u8 = 70;
const ON_PURPOSE: &str = "on purpose";
const NOTHING_TO_SHOW: &str = "the certificate cannot be made";
/// Clients have given up by then, or begun anew; it is less than a server takes for a handshake.
const PATIENCE: Duration = Duration::from_secs(20);
