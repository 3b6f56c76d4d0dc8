//! Whom Java trusts: certificates in a file of its own form.
//!
//! All versions of Java read a JKS, whatever they write themselves (sun.security.provider.JavaKeyStore). TLS reads it
//! without a password; who gives the usual one finds that nobody has changed it.

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

/// A JKS that holds one certificate, in DER, whom everybody is to trust.
pub(crate) fn key_store(certificate: &[u8]) -> Vec<u8> {
    let mut store = Vec::from(MAGIC);
    for number in [VERSION, ONE, TRUSTED_CERTIFICATE] {
        store.extend(number.to_be_bytes());
    }
    text(&mut store, "toynet");
    // When it was added, which nobody asks.
    store.extend([0; 8]);
    text(&mut store, "X.509");
    store.extend((certificate.len() as u32).to_be_bytes());
    store.extend(certificate);
    let seal = seal(&store);
    store.extend(seal);
    store
}

/// As java.io.DataOutput writes it.
fn text(store: &mut Vec<u8>, text: &str) {
    store.extend((text.len() as u16).to_be_bytes());
    store.extend(text.as_bytes());
}

fn seal(store: &[u8]) -> Vec<u8> {
    let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    PASSWORD.encode_utf16().for_each(|unit| digest.update(&unit.to_be_bytes()));
    digest.update(WHITENER);
    digest.update(store);
    digest.finish().as_ref().to_vec()
}

const MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const VERSION: u32 = 2;
const ONE: u32 = 1;
const TRUSTED_CERTIFICATE: u32 = 2;
/// That of every Java's own certificates.
const PASSWORD: &str = "changeit";
/// What the form has between the password and the rest.
const WHITENER: &[u8] = b"Mighty Aphrodite";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_its_header_the_certificate_and_a_seal() {
        let store = key_store(b"certificate");
        assert_eq!(store.len(), 4 + 3 * 4 + 8 + 8 + 7 + 4 + 11 + 20);
        assert_eq!(store[..16], [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]);
        assert!(store[..store.len() - 20].ends_with(b"\x00\x05X.509\x00\x00\x00\x0bcertificate"));
    }
}
