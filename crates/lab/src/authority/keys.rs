//! Where private keys are from.

use rcgen::{Error, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use toynet_machine::Random;
use toynet_net::tls::PrivateKeyDer;

/// Makes private keys.
#[derive(Clone, Copy, Debug)]
pub(super) enum Keys {
    /// Of the system's random numbers: ECDSA on P-256, which every client knows.
    Random,
    /// Of a seed: Ed25519, since it signs equal things equally and at one length (RFC 8032), so that virtual
    /// time passes alike in every run.
    Seeded(u64),
}

impl Keys {
    /// The key of `whom`.
    pub fn pair(self, whom: &str) -> Result<KeyPair, Error> {
        match self {
            Keys::Random => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Keys::Seeded(seed) => {
                let mut random = Random::new(seed, whom, "private key");
                let secret = [random.u64(), random.u64(), random.u64(), random.u64()].map(u64::to_le_bytes).concat();
                let der = PrivateKeyDer::Pkcs8([ED25519_HEAD, &secret].concat().into());
                KeyPair::from_der_and_sign_algo(&der, &PKCS_ED25519)
            }
        }
    }
}

/// What stands before the 32 octets of a key in PKCS #8 (RFC 8410 section 7).
const ED25519_HEAD: &[u8] =
    &[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
