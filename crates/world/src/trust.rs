//! Whom the programs of a world trust: its own authority alone.
//!
//! OpenSSL and GnuTLS read a bundle in /etc, whose place differs between distributions; what carries its
//! own bundle (Node, Python's certifi) reads a variable; browsers read a policy. NSS reads p11-kit's
//! anchors where the distribution has joined the two.

use std::fmt;

/// A certificate as text (RFC 7468 section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pem(String);

/// Why a text is no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCertificate;

impl Pem {
    /// A certificate from its text, which holds exactly one.
    ///
    /// # Errors
    /// When it does not.
    pub fn new(text: impl Into<String>) -> Result<Self, NoCertificate> {
        let pem = Self(text.into());
        if pem.0.matches(BEGIN).count() == 1 && !pem.base64().is_empty() { Ok(pem) } else { Err(NoCertificate) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The certificate's octets in base 64, in one line.
    fn base64(&self) -> String {
        let body = self.0.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
        body.map(|(body, _)| body.split_whitespace().collect()).unwrap_or_default()
    }

    /// The files below /etc that make programs trust it, with their content.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let certificates = BUNDLES.iter().chain(ANCHORS).map(|path| ((*path).to_owned(), self.0.clone()));
        let chromium = format!(
            "{{\"CACertificates\":[\"{}\"],\"HttpsUpgradesEnabled\":false,\"DnsOverHttpsMode\":\"off\"}}\n",
            self.base64()
        );
        let firefox = format!(
            "{{\"policies\":{{\"Certificates\":{{\"Install\":[\"{BUNDLE}\"]}},\
             \"DNSOverHTTPS\":{{\"Enabled\":false,\"Locked\":true}}}}}}\n"
        );
        let policies = CHROMIUM.iter().map(|path| ((*path).to_owned(), chromium.clone()));
        certificates.chain(policies).chain([(FIREFOX.to_owned(), firefox)]).collect()
    }

    #[cfg(test)]
    pub(crate) fn example() -> Self {
        Self(format!("{BEGIN}\nTUlJ\nQg==\n{END}\n"))
    }
}

impl fmt::Display for NoCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text is not one certificate in PEM")
    }
}

impl std::error::Error for NoCertificate {}

/// Where Debian keeps its bundle; the variables name this one.
pub(crate) const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
/// The variables by which programs are told a bundle: OpenSSL's, curl's, Python requests', Node's,
/// git's, pip's, AWS tools', Deno's, Cargo's.
pub(crate) const VARIABLES: [&str; 9] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "AWS_CA_BUNDLE",
    "DENO_CERT",
    "CARGO_HTTP_CAINFO",
];
/// Bundles below /etc: of Debian, Alpine, Fedora (twice), Arch.
const BUNDLES: &[&str] = &[
    "ssl/certs/ca-certificates.crt",
    "ssl/cert.pem",
    "pki/tls/certs/ca-bundle.crt",
    "pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "ca-certificates/extracted/tls-ca-bundle.pem",
];
/// From where p11-kit's trust module reads: of Fedora, Arch, openSUSE.
const ANCHORS: &[&str] = &[
    "pki/ca-trust/source/anchors/toynet.pem",
    "ca-certificates/trust-source/anchors/toynet.pem",
    "pki/trust/anchors/toynet.pem",
];
const CHROMIUM: &[&str] = &["chromium/policies/managed/toynet.json", "opt/chrome/policies/managed/toynet.json"];
const FIREFOX: &str = "firefox/policies/policies.json";
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_or_a_chain_is_no_certificate() {
        assert!(Pem::new("-----BEGIN PRIVATE KEY-----").is_err());
        assert!(Pem::new(Pem::example().as_str().repeat(2)).is_err());
        assert_eq!(Pem::new(Pem::example().as_str()), Ok(Pem::example()));
    }

    #[test]
    fn browsers_are_told_in_their_own_way() {
        let files = Pem::example().files();
        let content = |path: &str| files.iter().find(|(found, _)| found == path).map(|(_, content)| content.as_str());
        assert!(content(CHROMIUM[0]).unwrap().contains("[\"TUlJQg==\"]"));
        assert!(content(FIREFOX).unwrap().contains(BUNDLE));
        assert_eq!(content("ssl/cert.pem"), Some(Pem::example().as_str()));
    }
}
