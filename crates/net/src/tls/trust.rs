//! Whom a client believes, and why it does not.
//!
//! - `roots`: authorities that are trusted; `believing`: nobody is asked for; `words`: why a server is not believed

mod believing;
mod roots;
mod words;

use std::io;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;

use believing::Believing;
use roots::Roots;
pub use words::why;

use super::server::{LabTime, MODERN};
use super::{ClientConfig, provider};
use crate::Clock;

/// Whose certificates a client takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that one of these authorities has signed, and their own: certificates in PEM.
    Authorities(String),
    /// Those that the machine's own authorities have signed.
    System,
    /// Anybody's: the connection is secret, but nobody knows who is at its other end. For those who would
    /// otherwise speak in clear (opportunistic security, RFC 7435).
    Anybody,
}

impl Trust {
    /// A client that trusts so and speaks these application protocols (RFC 7301), best first. Certificates
    /// are judged by the time of `clock`.
    ///
    /// # Errors
    /// When there is no authority, or one cannot be read.
    pub fn client(&self, alpn: &[&str], clock: Clock) -> io::Result<ClientConfig> {
        let builder = ClientConfig::builder_with_details(provider(), Arc::new(LabTime(clock)))
            .with_protocol_versions(MODERN)
            .map_err(io::Error::other)?;
        let verifier: Arc<dyn ServerCertVerifier> = match self {
            Trust::Authorities(pem) => Arc::new(Roots::read(pem)?.verifier()?),
            Trust::System => Arc::new(Roots::of_system()?.verifier()?),
            Trust::Anybody => Arc::new(Believing(provider())),
        };
        let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(config)
    }
}
