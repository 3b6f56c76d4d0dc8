//! Whom a client believes, and why it does not.

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::server::{LabTime, MODERN};
use super::{ClientConfig, provider};
use crate::Clock;

/// Whose certificates a client takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that one of these authorities has signed: certificates in PEM.
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
        let mut config = match self {
            Trust::Authorities(pem) => builder.with_root_certificates(authorities(pem)?).with_no_client_auth(),
            Trust::System => builder.with_root_certificates(of_system()?).with_no_client_auth(),
            Trust::Anybody => {
                let verifier = Arc::new(Believing(provider()));
                builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
            }
        };
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(config)
    }
}

/// Why a client's handshake failed, in words for the person who wanted the connection.
pub fn why(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(why)) => format!("the certificate is not accepted: {}", of_certificate(why)),
        Some(Error::AlertReceived(alert)) => format!("the server refused with the alert {alert:?} (RFC 8446 6.2)"),
        Some(Error::InvalidMessage(_)) => "the server does not speak TLS there".to_owned(),
        Some(Error::NoApplicationProtocol) => "no application protocol suits both (RFC 7301 3.2)".to_owned(),
        Some(other) => other.to_string(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "the server broke off the handshake".to_owned(),
        None => error.to_string(),
    }
}

fn of_certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        CertificateError::Revoked => "it was revoked".to_owned(),
        CertificateError::UnknownIssuer => "no authority that is trusted has signed it".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            format!("it is for {}, and not for {}", presented.join(", "), expected.to_str())
        }
        CertificateError::NotValidForName => "it is for another name".to_owned(),
        other => other.to_string(),
    }
}

fn authorities(pem: &str) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| io::Error::other(format!("no certificate in PEM: {error}")))?;
        roots.add(certificate).map_err(io::Error::other)?;
    }
    if roots.is_empty() { Err(io::Error::other("there is no certificate in it")) } else { Ok(roots) }
}

/// What the machine trusts: SSL_CERT_FILE and SSL_CERT_DIR count.
fn of_system() -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // Among a system's authorities there may be odd ones, which no other program minds either.
    roots.add_parsable_certificates(found.certs);
    match found.errors.into_iter().next() {
        Some(error) if roots.is_empty() => Err(io::Error::other(error)),
        _ => Ok(roots),
    }
}

/// Takes any certificate whose holder has its key.
#[derive(Debug)]
struct Believing(Arc<CryptoProvider>);

impl ServerCertVerifier for Believing {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
