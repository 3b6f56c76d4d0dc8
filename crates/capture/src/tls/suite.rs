//! The cipher suites with authenticated encryption.

use ring::{aead, digest, hkdf, hmac};

/// A cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its number in the IANA registry.
    pub number: u16,
    /// Its name there.
    pub name: &'static str,
    /// What seals.
    pub cipher: Cipher,
    /// What derives keys.
    pub hash: Hash,
}

/// What seals records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// RFC 5288.
    Aes128Gcm,
    /// RFC 5288.
    Aes256Gcm,
    /// RFC 7905.
    ChaCha20Poly1305,
}

/// What derives keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// 32 octets.
    Sha256,
    /// 48 octets.
    Sha384,
}

impl Suite {
    /// The suite of this number.
    pub fn of_number(number: u16) -> Option<Self> {
        SUITES.iter().copied().find(|suite| suite.number == number)
    }

    /// The suite of this name; those of TLS 1.3 may be called `TLS13_` instead of `TLS_`.
    pub fn of_name(name: &str) -> Option<Self> {
        let plain = name.replacen("TLS13_", "TLS_", 1);
        SUITES.iter().copied().find(|suite| suite.name == plain)
    }

    /// Whether it is one of TLS 1.3.
    pub fn is_tls13(self) -> bool {
        self.number >> 8 == 0x13
    }
}

impl Cipher {
    /// Octets of a key.
    pub fn key_length(self) -> usize {
        self.algorithm().key_len()
    }

    pub(crate) fn algorithm(self) -> &'static aead::Algorithm {
        match self {
            Cipher::Aes128Gcm => &aead::AES_128_GCM,
            Cipher::Aes256Gcm => &aead::AES_256_GCM,
            Cipher::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
        }
    }
}

impl Hash {
    pub(crate) fn hkdf(self) -> hkdf::Algorithm {
        match self {
            Hash::Sha256 => hkdf::HKDF_SHA256,
            Hash::Sha384 => hkdf::HKDF_SHA384,
        }
    }

    pub(crate) fn hmac(self) -> hmac::Algorithm {
        self.hkdf().hmac_algorithm()
    }

    pub(crate) fn digest(self) -> &'static digest::Algorithm {
        self.hmac().digest_algorithm()
    }
}

const fn suite(number: u16, name: &'static str, cipher: Cipher, hash: Hash) -> Suite {
    Suite { number, name, cipher, hash }
}

const SUITES: &[Suite] = &[
    suite(0x1301, "TLS_AES_128_GCM_SHA256", Cipher::Aes128Gcm, Hash::Sha256),
    suite(0x1302, "TLS_AES_256_GCM_SHA384", Cipher::Aes256Gcm, Hash::Sha384),
    suite(0x1303, "TLS_CHACHA20_POLY1305_SHA256", Cipher::ChaCha20Poly1305, Hash::Sha256),
    suite(0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", Cipher::Aes128Gcm, Hash::Sha256),
    suite(0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384", Cipher::Aes256Gcm, Hash::Sha384),
    suite(0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", Cipher::Aes128Gcm, Hash::Sha256),
    suite(0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", Cipher::Aes256Gcm, Hash::Sha384),
    suite(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Cipher::Aes128Gcm, Hash::Sha256),
    suite(0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", Cipher::Aes256Gcm, Hash::Sha384),
    suite(0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Cipher::Aes128Gcm, Hash::Sha256),
    suite(0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", Cipher::Aes256Gcm, Hash::Sha384),
    suite(0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", Cipher::ChaCha20Poly1305, Hash::Sha256),
    suite(0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", Cipher::ChaCha20Poly1305, Hash::Sha256),
    suite(0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", Cipher::ChaCha20Poly1305, Hash::Sha256),
];
