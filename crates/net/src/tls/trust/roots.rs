//! Authorities that are trusted, and what they vouch for.

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::words::of_webpki;
use crate::tls::provider;

/// Certificates of authorities.
#[derive(Debug, Default)]
pub(super) struct Roots(Vec<CertificateDer<'static>>);

impl Roots {
    /// Those in a text of PEM.
    pub fn read(pem: &str) -> io::Result<Self> {
        let broken = |error| io::Error::other(format!("no certificate in PEM: {error}"));
        let all = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>().map_err(broken)?;
        all.iter()
            .try_for_each(|certificate| RootCertStore::empty().add(certificate.clone()))
            .map_err(io::Error::other)?;
        if all.is_empty() { Err(io::Error::other("there is no certificate in it")) } else { Ok(Self(all)) }
    }

    /// Those that the machine trusts: SSL_CERT_FILE and SSL_CERT_DIR count.
    pub fn of_system() -> io::Result<Self> {
        let found = rustls_native_certs::load_native_certs();
        match found.errors.into_iter().next() {
            Some(error) if found.certs.is_empty() => Err(io::Error::other(error)),
            _ => Ok(Self(found.certs)),
        }
    }

    /// What takes the servers that they vouch for.
    pub fn verifier(self) -> io::Result<Vouched> {
        let mut store = RootCertStore::empty();
        // Among a system's authorities there may be odd ones, which no other program minds either.
        store.add_parsable_certificates(self.0.iter().cloned());
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider());
        Ok(Vouched { usual: usual.build().map_err(io::Error::other)?, roots: self.0 })
    }
}

/// Takes servers that roots vouch for, and roots that are servers themselves.
#[derive(Debug)]
pub(super) struct Vouched {
    usual: Arc<WebPkiServerVerifier>,
    roots: Vec<CertificateDer<'static>>,
}

impl Vouched {
    /// Whether all that speaks against a certificate is that it is an authority's, and it is trusted as such. `openssl
    /// req -x509` makes such ones, and a server that shows one is no less who it says than if it had signed another
    /// with the same key. It is found out after its time was judged.
    fn is_trusted_itself(&self, certificate: &CertificateDer<'_>, error: &Error) -> bool {
        of_webpki(error) == Some(&webpki::Error::CaUsedAsEndEntity) && self.roots.contains(certificate)
    }
}

impl ServerCertVerifier for Vouched {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.usual.verify_server_cert(certificate, others, name, ocsp, now) {
            Err(error) if self.is_trusted_itself(certificate, &error) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

    use super::super::words::of_certificate;
    use super::*;

    #[test]
    fn an_authority_that_is_trusted_may_be_the_server_itself() {
        let (known, stranger) = (authority(), authority());
        let verifier = Roots(vec![known.clone()]).verifier().unwrap();
        let judge = |certificate: &CertificateDer<'static>, name: &'static str, year: u64| {
            let (name, now) = (name.try_into().unwrap(), UnixTime::since_unix_epoch(YEAR * (year as u32 - 1970)));
            let judged = verifier.verify_server_cert(certificate, &[], &name, &[], now);
            judged.map(drop).map_err(|error| match &error {
                Error::InvalidCertificate(why) => of_certificate(why),
                other => panic!("{other}"),
            })
        };
        assert_eq!(judge(&known, "www.shop.test", 2026), Ok(()));
        let refused = |certificate, name, year| judge(certificate, name, year).unwrap_err();
        assert_eq!(refused(&known, "www.club.test", 2026), "it is for www.shop.test, and not for www.club.test");
        assert_eq!(refused(&known, "www.shop.test", 2050), "it has expired");
        assert_eq!(refused(&known, "www.shop.test", 2010), "it is not valid yet");
        let why =
            "it is an authority's, which may sign for servers and be none (RFC 5280 4.2.1.9); --cacert can name it";
        assert_eq!(refused(&stranger, "www.shop.test", 2026), why);
    }

    /// As `openssl req -x509` makes one, from 2020 to 2040.
    fn authority() -> CertificateDer<'static> {
        let mut params = CertificateParams::new(["www.shop.test".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2040, 1, 1));
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
}
