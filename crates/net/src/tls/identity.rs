//! Who a server is: certificates with their keys, and which of them it shows.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};

use super::provider;

/// A chain of certificates, the server's own first, and the private key to that.
#[derive(Clone, Debug)]
pub struct Identity(Arc<CertifiedKey>);

/// Why certificates and a key are no identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadIdentity {
    /// There is no certificate among the text.
    NoCertificate,
    /// A certificate cannot be read.
    Certificate(String),
    /// There is no private key among the text.
    NoKey,
    /// The key is of a kind that is not known.
    Key(String),
    /// The key is that of another certificate.
    Mismatch,
}

/// Knows what a server shows to whoever asks for a name.
pub trait Identities: fmt::Debug + Send + Sync {
    /// The identity for the name that a client has sent (RFC 6066 section 3), in whatever case; without
    /// a name, or for one that is not here, what it shows then. Nothing ends the handshake.
    fn identity(&self, name: Option<&str>) -> Option<Identity>;

    /// One for that name with which something is wrong, from who can make such; otherwise the right one.
    fn spoilt(&self, name: Option<&str>, how: Spoilt) -> Option<Identity> {
        let _ = how;
        self.identity(name)
    }
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spoilt {
    /// It held until yesterday.
    Expired,
    /// It will hold in some months.
    NotYetValid,
    /// It is for another name.
    WrongName,
    /// It is signed by an authority that nobody knows.
    UnknownAuthority,
    /// It is signed by itself.
    SelfSigned,
}

impl Identity {
    /// An identity of certificates and a key in DER.
    ///
    /// # Errors
    /// When they do not fit each other, or are of a kind that is not known.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, BadIdentity> {
        if chain.is_empty() {
            return Err(BadIdentity::NoCertificate);
        }
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => BadIdentity::Mismatch,
            Error::InvalidCertificate(why) => BadIdentity::Certificate(format!("{why:?}")),
            other => BadIdentity::Key(other.to_string()),
        })?;
        Ok(Self(Arc::new(certified)))
    }

    /// An identity of texts in PEM (RFC 7468). Whatever else is in them is passed over, so that both
    /// may be one file.
    ///
    /// # Errors
    /// As for [`Identity::new`].
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, BadIdentity> {
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| BadIdentity::NoKey)?;
        Self::new(chain, key)
    }
}

/// The certificates of a text in PEM, at least one.
///
/// # Errors
/// When there is none, or one cannot be read.
pub fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, BadIdentity> {
    let found = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| BadIdentity::Certificate(error.to_string()))?;
    if found.is_empty() { Err(BadIdentity::NoCertificate) } else { Ok(found) }
}

/// One identity, whatever name is asked for.
impl Identities for Identity {
    fn identity(&self, _: Option<&str>) -> Option<Identity> {
        Some(self.clone())
    }
}

impl fmt::Display for BadIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadIdentity::NoCertificate => f.write_str("there is no certificate in it"),
            BadIdentity::Certificate(why) => write!(f, "its certificate cannot be read: {why}"),
            BadIdentity::NoKey => f.write_str("there is no private key in it"),
            BadIdentity::Key(why) => write!(f, "its private key cannot be used: {why}"),
            BadIdentity::Mismatch => f.write_str("the private key is not the one of the certificate"),
        }
    }
}

/// Shows identities to rustls.
#[derive(Debug)]
pub(super) struct Shown(pub Arc<dyn Identities>);

/// Shows what is wrong with them.
#[derive(Debug)]
pub(super) struct ShownSpoilt(pub Arc<dyn Identities>, pub Spoilt);

impl ResolvesServerCert for ShownSpoilt {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.spoilt(hello.server_name(), self.1).map(|identity| identity.0)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.identity(hello.server_name()).map(|identity| identity.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_certificate_or_a_key_says_what_is_missing() {
        let made = rcgen::generate_simple_self_signed(["a.test".to_owned()]).unwrap();
        let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let bad = |chain: &str, key: &str| Identity::from_pem(chain, key).unwrap_err();
        assert_eq!(bad("", &key), BadIdentity::NoCertificate);
        assert_eq!(bad(&chain, &chain), BadIdentity::NoKey);
        assert_eq!(bad(&chain, &rcgen::KeyPair::generate().unwrap().serialize_pem()), BadIdentity::Mismatch);
        let both = format!("{chain}{key}");
        assert!(Identity::from_pem(&both, &both).is_ok());
    }
}
