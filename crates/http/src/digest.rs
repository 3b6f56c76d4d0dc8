//! The digests of Digest authentication, as servers and clients make them (RFC 7616 3.3).

use ring::digest as sha;

/// How digests are made (RFC 7616 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The one that all clients know.
    Md5,
    /// The one that they should.
    Sha256,
    /// SHA-512, which the RFC does not name and clients know.
    Sha512,
    /// SHA-512/256.
    Sha512Cut,
}

impl Algorithm {
    /// The one of this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "MD5" => Some(Algorithm::Md5),
            "SHA-256" => Some(Algorithm::Sha256),
            "SHA-512" => Some(Algorithm::Sha512),
            "SHA-512-256" => Some(Algorithm::Sha512Cut),
            _ => None,
        }
    }

    /// Its name, as it is written in challenges.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha512 => "SHA-512",
            Algorithm::Sha512Cut => "SHA-512-256",
        }
    }

    /// The digest of `parts` with colons between them, in hexadecimal (RFC 7616 3.3).
    pub fn digest(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        match self {
            Algorithm::Md5 => format!("{:x}", md5::compute(text)),
            Algorithm::Sha256 => hexadecimal(sha::digest(&sha::SHA256, text.as_bytes()).as_ref()),
            Algorithm::Sha512 => hexadecimal(sha::digest(&sha::SHA512, text.as_bytes()).as_ref()),
            Algorithm::Sha512Cut => hexadecimal(sha::digest(&sha::SHA512_256, text.as_bytes()).as_ref()),
        }
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
