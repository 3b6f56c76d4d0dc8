//! Why a client does not believe a server, in words.

use std::io;

use rustls::{CertificateError, Error, OtherError};

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

/// What is wrong with a certificate.
pub(super) fn of_certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        CertificateError::Revoked => "it was revoked".to_owned(),
        CertificateError::UnknownIssuer => "no authority that is trusted has signed it".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => for_others(presented, &expected.to_str()),
        CertificateError::NotValidForName => "it is for another name".to_owned(),
        CertificateError::BadEncoding => "it cannot be read".to_owned(),
        CertificateError::UnhandledCriticalExtension => {
            "it has a critical extension that is not understood here (RFC 5280 4.2)".to_owned()
        }
        CertificateError::UnknownRevocationStatus
        | CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. }
        | CertificateError::InvalidOcspResponse => "nobody can say whether it was revoked".to_owned(),
        CertificateError::BadSignature => "its signature is not that of who should have signed it".to_owned(),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "it is signed in a way that is not known here, or too weak".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is for another purpose than a server (RFC 5280 4.2.1.12)".to_owned()
        }
        CertificateError::ApplicationVerificationFailure => "it was turned down".to_owned(),
        CertificateError::Other(OtherError(other)) => {
            other.downcast_ref().map_or_else(|| other.to_string(), |why| of_path(why).to_owned())
        }
        // Deprecated ones, and those of versions to come.
        other => other.to_string(),
    }
}

/// Names as webpki has them: `DnsName("www.shop.test")`.
fn for_others(presented: &[String], expected: &str) -> String {
    let plain = |name: &String| {
        let inside = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        inside.unwrap_or(name).trim_matches('"').to_owned()
    };
    let names = presented.iter().map(plain).collect::<Vec<_>>().join(", ");
    match names.as_str() {
        "" => "it names no server: a common name is none (RFC 9525 2)".to_owned(),
        names => format!("it is for {names}, and not for {expected}"),
    }
}

/// What webpki says where rustls has no word of its own.
pub(super) fn of_webpki(error: &Error) -> Option<&webpki::Error> {
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => other.downcast_ref(),
        _ => None,
    }
}

/// What is wrong with a certificate, or one of those that lead from it to an authority.
fn of_path(why: &webpki::Error) -> &'static str {
    use webpki::Error as Why;
    match why {
        Why::CaUsedAsEndEntity => {
            "it is an authority's, which may sign for servers and be none (RFC 5280 4.2.1.9); --cacert can name it"
        }
        Why::EndEntityUsedAsCa => "it is signed by one that is no authority (RFC 5280 4.2.1.9)",
        Why::PathLenConstraintViolated => "more authorities stand between than one of them allows (RFC 5280 4.2.1.9)",
        Why::NameConstraintViolation => "one of its authorities may not sign for that name (RFC 5280 4.2.1.10)",
        Why::MalformedNameConstraint | Why::InvalidNetworkMaskConstraint => {
            "the names that one of its authorities may sign for cannot be read (RFC 5280 4.2.1.10)"
        }
        Why::MalformedDnsIdentifier | Why::UnsupportedNameType => "the names in it cannot be read (RFC 5280 4.2.1.6)",
        Why::EmptyEkuExtension => "it is for no purpose at all (RFC 5280 4.2.1.12)",
        Why::MalformedExtensions | Why::ExtensionValueInvalid => "its extensions cannot be read (RFC 5280 4.2)",
        Why::UnsupportedCriticalExtension => "it has a critical extension that is not understood here (RFC 5280 4.2)",
        Why::UnsupportedCertVersion => "it is of another version than 3 (RFC 5280 4.1.2.1)",
        Why::SignatureAlgorithmMismatch => "it names two ways in which it is signed (RFC 5280 4.1.1.2)",
        Why::CertDistrusted => "it is trusted no more",
        Why::MaximumPathBuildCallsExceeded
        | Why::MaximumPathDepthExceeded
        | Why::MaximumSignatureChecksExceeded
        | Why::MaximumNameConstraintComparisonsExceeded => "the way from it to an authority is too long",
        _ => "it breaks a rule of RFC 5280",
    }
}
