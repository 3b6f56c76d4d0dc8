//! Whom the programs of a world trust: its own authority alone.
//!
//! OpenSSL and GnuTLS read a bundle in /etc, whose place differs between distributions; what carries its
//! own bundle (Node, Python's certifi) reads a variable; browsers read a policy. Java has a file of its own in /etc. NSS
//! has its authorities in a library, in whose place p11-kit can stand, which reads the bundle in /etc.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::java;

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
        if pem.0.matches(BEGIN).count() == 1 && !pem.octets().is_empty() { Ok(pem) } else { Err(NoCertificate) }
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

    /// The certificate itself; nothing, where the text is none.
    fn octets(&self) -> Vec<u8> {
        STANDARD.decode(self.base64()).unwrap_or_default()
    }

    /// The files below /etc that make programs trust it, with their content.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let (certificate, store) = (self.0.clone().into_bytes(), java::key_store(&self.octets()));
        let certificates = BUNDLES.iter().chain(ANCHORS).map(|path| ((*path).to_owned(), certificate.clone()));
        let stores = JAVA.iter().map(|path| ((*path).to_owned(), store.clone()));
        let chromium = format!(
            "{{\"CACertificates\":[\"{}\"],\"HttpsUpgradesEnabled\":false,\"DnsOverHttpsMode\":\"off\"}}\n",
            self.base64()
        );
        let firefox = format!(
            "{{\"policies\":{{\"Certificates\":{{\"Install\":[\"{BUNDLE}\"]}},\
             \"DNSOverHTTPS\":{{\"Enabled\":false,\"Locked\":true}}}}}}\n"
        );
        let policies = CHROMIUM.iter().map(|path| ((*path).to_owned(), chromium.clone().into_bytes()));
        certificates.chain(stores).chain(policies).chain([(FIREFOX.to_owned(), firefox.into_bytes())]).collect()
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

/// The library in which NSS has its authorities, and that of p11-kit which can stand in its place, where both are there.
pub(crate) fn nss_and_its_stand_in() -> Option<(PathBuf, PathBuf)> {
    LIBRARIES.iter().map(Path::new).find_map(|folder| {
        let stand_in = folder.join("pkcs11/p11-kit-trust.so");
        let nss = ["libnssckbi.so", "nss/libnssckbi.so"].map(|library| folder.join(library));
        let nss = nss.into_iter().find(|library| library.exists())?;
        stand_in.exists().then_some((nss, stand_in))
    })
}

/// Where Debian keeps its bundle; the variables name this one.
pub(crate) const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
/// The variables by which programs are told a bundle: OpenSSL's, curl's, Python requests', Node's,
/// git's, pip's, AWS tools', Deno's, Cargo's, Perl's LWP's, gRPC's, Python httplib2's, Nix's.
pub(crate) const VARIABLES: [&str; 13] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "AWS_CA_BUNDLE",
    "DENO_CERT",
    "CARGO_HTTP_CAINFO",
    "PERL_LWP_SSL_CA_FILE",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "HTTPLIB2_CA_CERTS",
    "NIX_SSL_CERT_FILE",
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
/// Where Java looks: of Debian, Fedora (twice), Arch.
const JAVA: &[&str] = &[
    "ssl/certs/java/cacerts",
    "pki/ca-trust/extracted/java/cacerts",
    "pki/java/cacerts",
    "ca-certificates/extracted/java-cacerts.jks",
];
/// Where distributions keep libraries: Debian by architecture, others by width.
const LIBRARIES: &[&str] = &["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
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
        let content = |path: &str| {
            files.iter().find(|(found, _)| found == path).map(|(_, content)| String::from_utf8_lossy(content))
        };
        assert!(content(CHROMIUM[0]).unwrap().contains("[\"TUlJQg==\"]"));
        assert!(content(FIREFOX).unwrap().contains(BUNDLE));
        assert_eq!(content("ssl/cert.pem").unwrap(), Pem::example().as_str());
    }
}
