//! A host's certificate, right or wrong on purpose.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use rcgen::string::Ia5String;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType};
use time::OffsetDateTime;
use toynet_machine::Time;
use toynet_net::tls::{CertificateDer, Identity, PrivateKeyDer};
use toynet_service::tls::Kind;

use super::root::Root;
use super::span::{DAY, HOUR, span};

/// What a certificate is to be like.
pub(super) struct Leaf<'a> {
    pub kind: Kind,
    pub name: &'a str,
    pub addresses: &'a [IpAddr],
    pub now: Time,
}

impl Leaf<'_> {
    pub fn signed_by(&self, root: &Root, key: KeyPair) -> io::Result<Identity> {
        let params = self.params().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, root.issuer()).map_err(io::Error::other)?;
        // The root goes along with what is right: whoever trusts it by its key alone, as a browser can be told to,
        // must see that key, and overlooks all that is wrong below it.
        let vouching = (self.kind == Kind::Right).then(|| root.certificate().clone());
        identity([certificate.der().clone()].into_iter().chain(vouching).collect(), &key)
    }

    pub fn self_signed(&self, key: KeyPair) -> io::Result<Identity> {
        let params = self.params().map_err(io::Error::other)?;
        let certificate = params.self_signed(&key).map_err(io::Error::other)?;
        identity(vec![certificate.der().clone()], &key)
    }

    fn params(&self) -> Result<CertificateParams, rcgen::Error> {
        let name = if self.kind == Kind::WrongName { ELSEWHERE } else { self.name };
        let addresses = if self.kind == Kind::WrongName { &[] } else { self.addresses };
        let mut params = CertificateParams::default();
        (params.not_before, params.not_after) = self.span();
        params.distinguished_name = DistinguishedName::new();
        if name.len() <= LONGEST_COMMON_NAME {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.subject_alt_names = vec![SanType::DnsName(Ia5String::try_from(name)?)];
        params.subject_alt_names.extend(addresses.iter().copied().map(SanType::IpAddress));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        Ok(params)
    }

    fn span(&self) -> (OffsetDateTime, OffsetDateTime) {
        match self.kind {
            Kind::Right | Kind::WrongName | Kind::UnknownAuthority | Kind::SelfSigned => {
                span(self.now, -HOUR, 90 * DAY)
            }
            Kind::Expired => span(self.now, -91 * DAY, -DAY),
            Kind::NotYetValid => span(self.now, 90 * DAY, 180 * DAY),
        }
    }
}

fn identity(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> io::Result<Identity> {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    Identity::new(chain, key).map_err(|bad| io::Error::other(bad.to_string()))
}

/// Before what holds for 90 days has ended, and before what holds in 90 days begins to.
pub(super) const RENEWED_AFTER: Duration = Duration::from_secs(30 * DAY as u64);
/// A client's clock may be so far behind.
/// A name that no lab has (RFC 6761 6.4).
const ELSEWHERE: &str = "elsewhere.invalid";
/// Upper bound of a common name (RFC 5280 appendix A); nobody looks for the name there any more (RFC 9525 2).
const LONGEST_COMMON_NAME: usize = 64;
