//! From a secret of the key log to sealed records and back.

use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};

use super::suite::{Cipher, Hash, Suite};

/// What seals or opens the records of one side, in their order.
#[derive(Debug)]
pub struct Keys {
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    form: Form,
    sequence: u64,
}

/// How nonce, associated data and content stand in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// RFC 8446 section 5.2.
    Tls13,
    /// RFC 5288 section 3: half of the nonce stands in the record.
    Tls12Gcm,
    /// RFC 7905 section 2.
    Tls12ChaCha,
}

impl Keys {
    /// The keys of TLS 1.3 that follow from a traffic secret (RFC 8446 section 7.3); nothing when it has
    /// not the hash's length.
    pub fn of_traffic_secret(suite: Suite, secret: &[u8]) -> Option<Self> {
        if secret.len() != suite.hash.digest().output_len() {
            return None;
        }
        let key = expand_label(suite.hash, secret, "key", suite.cipher.key_length());
        let iv = expand_label(suite.hash, secret, "iv", NONCE_LEN);
        Self::new(suite.cipher, &key, &iv, Form::Tls13)
    }

    /// The keys of TLS 1.2 of client and server that follow from a master secret (RFC 5246 section 6.3).
    pub fn of_master_secret(suite: Suite, secret: &[u8], randoms: &Randoms) -> Option<[Self; 2]> {
        let (form, fixed) = match suite.cipher {
            Cipher::Aes128Gcm | Cipher::Aes256Gcm => (Form::Tls12Gcm, 4),
            Cipher::ChaCha20Poly1305 => (Form::Tls12ChaCha, NONCE_LEN),
        };
        let length = suite.cipher.key_length();
        let seed = [b"key expansion", &randoms.server[..], &randoms.client[..]].concat();
        let block = pseudorandom(suite.hash, secret, &seed, 2 * (length + fixed));
        let (keys, ivs) = block.split_at(2 * length);
        let of = |side: usize| {
            Self::new(suite.cipher, &keys[side * length..][..length], &ivs[side * fixed..][..fixed], form)
        };
        Some([of(0)?, of(1)?])
    }

    fn new(cipher: Cipher, key: &[u8], iv: &[u8], form: Form) -> Option<Self> {
        let key = LessSafeKey::new(UnboundKey::new(cipher.algorithm(), key).ok()?);
        let mut padded = [0; NONCE_LEN];
        padded.get_mut(..iv.len())?.copy_from_slice(iv);
        Some(Self { key, iv: padded, form, sequence: 0 })
    }

    /// The next record, with its head. The content has at most [`MOST_IN_A_RECORD`] octets.
    pub fn seal(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        let explicit = self.sequence.to_be_bytes();
        let nonce = self.nonce(&explicit);
        let mut sealed = content.to_vec();
        let (outer, before): (u8, &[u8]) = match self.form {
            Form::Tls13 => {
                sealed.push(kind);
                (APPLICATION_DATA, &[])
            }
            Form::Tls12Gcm => (kind, &explicit),
            Form::Tls12ChaCha => (kind, &[]),
        };
        let length = before.len() + sealed.len() + self.key.algorithm().tag_len();
        let aad = self.associated(outer, length as u16, content.len() as u16);
        self.sequence += 1;
        let appended = self.key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut sealed);
        appended.expect("a record is far shorter than what may be sealed at once");
        [&[outer, 3, 3], &(length as u16).to_be_bytes()[..], before, &sealed].concat()
    }

    /// The kind and content of the next record, whose body is given; nothing when it was not sealed with
    /// these keys.
    pub fn open(&mut self, kind: u8, body: &[u8]) -> Option<(u8, Vec<u8>)> {
        let (explicit, sealed) = match self.form {
            Form::Tls12Gcm => body.split_at_checked(EXPLICIT)?,
            Form::Tls13 | Form::Tls12ChaCha => body.split_at(0),
        };
        let content = sealed.len().checked_sub(self.key.algorithm().tag_len())?;
        let aad = self.associated(kind, body.len() as u16, content as u16);
        let mut opened = sealed.to_vec();
        self.key.open_in_place(self.nonce(explicit), Aad::from(aad), &mut opened).ok()?;
        opened.truncate(content);
        self.sequence += 1;
        if self.form != Form::Tls13 {
            return Some((kind, opened));
        }
        let end = opened.iter().rposition(|octet| *octet != 0)?;
        let kind = opened[end];
        opened.truncate(end);
        Some((kind, opened))
    }

    /// The same for a record before which up to `missing` others were lost, and how many were.
    pub fn open_behind(&mut self, kind: u8, body: &[u8], missing: u64) -> Option<((u8, Vec<u8>), u64)> {
        let first = self.sequence;
        for lost in 0..=missing {
            self.skip(lost - (self.sequence - first));
            if let Some(opened) = self.open(kind, body) {
                return Some((opened, lost));
            }
        }
        self.sequence = first;
        None
    }

    /// By how many octets a record's body is longer than what stands in it.
    pub fn overhead(&self) -> u64 {
        let tag = self.key.algorithm().tag_len() as u64;
        match self.form {
            Form::Tls13 => tag + 1,
            Form::Tls12Gcm => tag + EXPLICIT as u64,
            Form::Tls12ChaCha => tag,
        }
    }

    /// Passes over so many records.
    pub fn skip(&mut self, records: u64) {
        self.sequence = self.sequence.saturating_add(records);
    }

    fn nonce(&self, explicit: &[u8]) -> Nonce {
        let mut nonce = self.iv;
        match self.form {
            Form::Tls12Gcm => nonce[NONCE_LEN - EXPLICIT..].copy_from_slice(explicit),
            Form::Tls13 | Form::Tls12ChaCha => {
                let number = self.sequence.to_be_bytes();
                nonce[NONCE_LEN - EXPLICIT..].iter_mut().zip(number).for_each(|(octet, other)| *octet ^= other);
            }
        }
        Nonce::assume_unique_for_key(nonce)
    }

    fn associated(&self, kind: u8, sealed: u16, content: u16) -> Vec<u8> {
        match self.form {
            Form::Tls13 => [&[kind, 3, 3], &sealed.to_be_bytes()[..]].concat(),
            Form::Tls12Gcm | Form::Tls12ChaCha => {
                [&self.sequence.to_be_bytes()[..], &[kind, 3, 3], &content.to_be_bytes()].concat()
            }
        }
    }
}

/// What both sides of a handshake made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Randoms {
    /// The client's.
    pub client: [u8; 32],
    /// The server's.
    pub server: [u8; 32],
}

/// A line of a key log: label, client random, secret.
pub fn parse_line(line: &str) -> Option<(&str, [u8; 32], Vec<u8>)> {
    let mut words = line.split_ascii_whitespace();
    let (label, random, secret) = (words.next()?, words.next()?, words.next()?);
    Some((label, unhex(random)?.try_into().ok()?, unhex(secret)?))
}

/// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
pub(crate) fn expand_label(hash: Hash, secret: &[u8], label: &str, length: usize) -> Vec<u8> {
    let [high, low] = (length as u16).to_be_bytes();
    let info = [&[high, low, (LABEL.len() + label.len()) as u8], LABEL, label.as_bytes(), &[0]];
    let mut out = vec![0; length];
    let key = hkdf::Prk::new_less_safe(hash.hkdf(), secret);
    let material = key.expand(&info, Length(length));
    material.and_then(|material| material.fill(&mut out)).expect("keys are shorter than 255 hashes");
    out
}

/// P_hash (RFC 5246 section 5).
pub(crate) fn pseudorandom(hash: Hash, secret: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let key = hmac::Key::new(hash.hmac(), secret);
    let mut out = Vec::new();
    let mut link = hmac::sign(&key, seed);
    while out.len() < length {
        out.extend(hmac::sign(&key, &[link.as_ref(), seed].concat()).as_ref());
        link = hmac::sign(&key, link.as_ref());
    }
    out.truncate(length);
    out
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let value = |digit: u8| (digit as char).to_digit(16);
    digits.chunks(2).map(|pair| Some((value(pair[0])? << 4 | value(pair[1])?) as u8)).collect()
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// RFC 8446 section 5.1.
pub const MOST_IN_A_RECORD: usize = 1 << 14;
pub(crate) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(crate) const ALERT: u8 = 21;
pub(crate) const HANDSHAKE: u8 = 22;
pub(crate) const APPLICATION_DATA: u8 = 23;
const EXPLICIT: usize = 8;
const LABEL: &[u8] = b"tls13 ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_and_nothing_else() {
        let randoms = Randoms { client: [1; 32], server: [2; 32] };
        let all = |number: u16| {
            let suite = Suite::of_number(number).unwrap();
            if suite.is_tls13() {
                let secret = vec![7; suite.hash.digest().output_len()];
                Keys::of_traffic_secret(suite, &secret).unwrap()
            } else {
                let [client, _] = Keys::of_master_secret(suite, &[7; 48], &randoms).unwrap();
                client
            }
        };
        for number in [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xcca8] {
            let (mut sender, mut receiver) = (all(number), all(number));
            for text in [&b"one"[..], b"", b"three"] {
                let record = sender.seal(APPLICATION_DATA, text);
                assert_eq!(receiver.open(record[0], &record[5..]), Some((APPLICATION_DATA, text.to_vec())));
            }
            let mut record = sender.seal(APPLICATION_DATA, b"spoilt");
            record[7] ^= 1;
            assert_eq!(receiver.open(record[0], &record[5..]), None);
            assert_eq!(receiver.open(record[0], &[]), None);
        }
    }

    #[test]
    fn keys_are_those_of_the_rfc() {
        // RFC 8448 section 3: {client} derive write traffic keys for application data.
        let secret = unhex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5").unwrap();
        let expanded = |label: &str, length| expand_label(Hash::Sha256, &secret, label, length);
        assert_eq!(expanded("key", 16), unhex("17422dda596ed5d9acd890e3c63f5051").unwrap());
        assert_eq!(expanded("iv", 12), unhex("5b78923dee08579033e523d9").unwrap());
    }

    #[test]
    fn lines_of_a_key_log_are_read_strictly() {
        let random = "00".repeat(32);
        assert!(parse_line(&format!("CLIENT_RANDOM {random} 0aFF")).is_some());
        for line in
            ["", "# comment", "CLIENT_RANDOM 00 00", &format!("CLIENT_RANDOM {random} 0"), &format!("X {random} zz")]
        {
            assert_eq!(parse_line(line), None, "{line}");
        }
    }
}
