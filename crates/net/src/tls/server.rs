//! How a server speaks TLS.

use std::io;
use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::pki_types::UnixTime;
use rustls::server::{NoServerSessionStorage, ProducesTickets};
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};

use super::identity::{Shown, ShownSpoilt};
use super::{Identities, ServerConfig, Spoilt, provider};
use crate::Clock;

/// How a server speaks TLS. Clones are cheap and resume each other's sessions.
#[derive(Clone, Debug)]
pub struct Server(pub(super) How);

#[derive(Clone, Debug)]
pub(super) enum How {
    /// With whom it can show, where that is known.
    Modern(Arc<ServerConfig>, Option<Arc<dyn Identities>>),
    /// Answers as a server of twenty years ago, which no client of today accepts.
    Old,
}

/// The versions of TLS that a server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Versions {
    /// 1.2 and 1.3.
    #[default]
    Modern,
    /// 1.2 alone.
    OnlyTwo,
    /// 1.3 alone.
    OnlyThree,
    /// 1.0 alone: it agrees to that whatever it is offered, and gets no further.
    Old,
}

/// What sessions are resumed by. All workers of a lab share one, so that a client may come back to any.
#[derive(Clone, Debug)]
pub struct Tickets(Arc<dyn ProducesTickets>);

impl Tickets {
    /// Tickets of a key of their own.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new() -> io::Result<Self> {
        rustls::crypto::ring::Ticketer::new().map(Self).map_err(io::Error::other)
    }
}

impl Server {
    /// A server that shows `identities` and speaks these application protocols (RFC 7301), best first.
    ///
    /// # Errors
    /// When the versions cannot be had.
    pub fn new(
        identities: Arc<dyn Identities>,
        versions: Versions,
        alpn: &[&str],
        tickets: &Tickets,
        clock: Clock,
    ) -> io::Result<Self> {
        let Some(versions) = versions.supported() else { return Ok(Self(How::Old)) };
        let mut config = ServerConfig::builder_with_details(provider(), Arc::new(LabTime(clock)))
            .with_protocol_versions(versions)
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shown(Arc::clone(&identities))));
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config.ticketer = Arc::clone(&tickets.0);
        Ok(Self(How::Modern(Arc::new(config), Some(identities))))
    }

    /// `config` for one handshake in which a certificate is shown that is wrong. No session is taken up again in it:
    /// there none would be shown.
    pub(super) fn spoilt(config: &ServerConfig, identities: Option<Arc<dyn Identities>>, how: Spoilt) -> ServerConfig {
        let mut config = config.clone();
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.ticketer = Arc::new(NoTickets);
        config.send_tls13_tickets = 0;
        if let Some(identities) = identities {
            config.cert_resolver = Arc::new(ShownSpoilt(identities, how));
        }
        config
    }

    /// The same with other application protocols, for QUIC; nothing for one that is too old for that.
    pub fn speaking(&self, alpn: &[&str]) -> Option<Self> {
        let How::Modern(config, identities) = &self.0 else { return None };
        let mut config = ServerConfig::clone(config);
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Some(Self(How::Modern(Arc::new(config), identities.clone())))
    }

    /// What QUIC needs of it, where the certificate may be one that is wrong; nothing for one that is too old.
    pub(crate) fn for_quic(&self, spoilt: Option<Spoilt>) -> Option<ServerConfig> {
        let How::Modern(config, identities) = &self.0 else { return None };
        Some(match spoilt {
            Some(spoilt) => Self::spoilt(config, identities.clone(), spoilt),
            None => ServerConfig::clone(config),
        })
    }
}

impl From<ServerConfig> for Server {
    fn from(config: ServerConfig) -> Self {
        Self(How::Modern(Arc::new(config), None))
    }
}

impl Versions {
    fn supported(self) -> Option<&'static [&'static SupportedProtocolVersion]> {
        match self {
            Versions::Modern => Some(MODERN),
            Versions::OnlyTwo => Some(&MODERN[1..]),
            Versions::OnlyThree => Some(&MODERN[..1]),
            Versions::Old => None,
        }
    }
}

/// Of a server that takes up no session again.
#[derive(Debug)]
struct NoTickets;

impl ProducesTickets for NoTickets {
    fn enabled(&self) -> bool {
        false
    }

    fn lifetime(&self) -> u32 {
        0
    }

    fn encrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn decrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

/// Certificates hold, or do not, by the lab's clock.
#[derive(Debug)]
pub(super) struct LabTime(pub Clock);

impl TimeProvider for LabTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(self.0.now().since(toynet_machine::Time::default())))
    }
}

/// What a client offers, and a server unless it is told otherwise.
pub(super) static MODERN: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
