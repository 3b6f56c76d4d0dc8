//! The messages of a handshake that say which keys and suite.

use super::keys::Randoms;
use super::suite::Suite;

/// What is agreed in a handshake that is made up.
pub(super) struct Hello<'a> {
    pub randoms: Randoms,
    pub suite: Suite,
    pub alpn: Option<&'a str>,
    pub name: Option<&'a str>,
}

impl Hello<'_> {
    /// RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2.
    pub fn client(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        if let Some(name) = self.name {
            let entry = [&[0], &sized(name.as_bytes())[..]].concat();
            extensions.extend(extension(SERVER_NAME, &sized(&entry)));
        }
        extensions.extend(extension(GROUPS, &sized(&X25519.to_be_bytes())));
        extensions.extend(extension(SIGNATURES, &sized(&[4, 3, 8, 4, 8, 7])));
        extensions.extend(self.alpn());
        if self.suite.is_tls13() {
            extensions.extend(extension(VERSIONS, &[2, 3, 4]));
            extensions.extend(extension(KEY_SHARE, &sized(&share())));
        }
        let suites = sized(&self.suite.number.to_be_bytes());
        let body = [&self.beginning(&self.randoms.client), &suites[..], &[1, 0], &sized(&extensions)].concat();
        message(CLIENT_HELLO, &body)
    }

    /// RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3.
    pub fn server(&self) -> Vec<u8> {
        let extensions = if self.suite.is_tls13() {
            [extension(VERSIONS, &[3, 4]), extension(KEY_SHARE, &share())].concat()
        } else {
            self.alpn()
        };
        let suite = self.suite.number.to_be_bytes();
        let body = [&self.beginning(&self.randoms.server), &suites_and_no_compression(suite)[..], &sized(&extensions)];
        message(SERVER_HELLO, &body.concat())
    }

    /// RFC 8446 section 4.3.1.
    pub fn encrypted_extensions(&self) -> Vec<u8> {
        message(ENCRYPTED_EXTENSIONS, &sized(&self.alpn()))
    }

    /// RFC 7301 section 3.1.
    fn alpn(&self) -> Vec<u8> {
        let Some(alpn) = self.alpn.filter(|alpn| alpn.len() < 256) else { return Vec::new() };
        let entry = [&[alpn.len() as u8], alpn.as_bytes()].concat();
        extension(ALPN, &sized(&entry))
    }

    /// Version, random, and a session that both sides know: without it a certificate would have to follow.
    fn beginning(&self, random: &[u8; 32]) -> Vec<u8> {
        [&[3, 3], &random[..], &[32], &self.randoms.client[..]].concat()
    }
}

/// RFC 8446 section 4.4.4, RFC 5246 section 7.4.9.
pub(super) fn finished(verify: &[u8]) -> Vec<u8> {
    message(FINISHED, verify)
}

fn suites_and_no_compression([high, low]: [u8; 2]) -> [u8; 3] {
    [high, low, 0]
}

/// The halves of a key exchange are not recorded.
fn share() -> Vec<u8> {
    [&X25519.to_be_bytes()[..], &sized(&[0; 32])].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = (body.len() as u32).to_be_bytes();
    [&[kind], &length[..], body].concat()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes(), &sized(body)[..]].concat()
}

fn sized(octets: &[u8]) -> Vec<u8> {
    [&(octets.len() as u16).to_be_bytes(), octets].concat()
}

pub(super) const CLIENT_HELLO: u8 = 1;
pub(super) const SERVER_HELLO: u8 = 2;
const ENCRYPTED_EXTENSIONS: u8 = 8;
pub(super) const FINISHED: u8 = 20;
pub(super) const SERVER_NAME: u16 = 0;
const GROUPS: u16 = 10;
const SIGNATURES: u16 = 13;
pub(super) const ALPN: u16 = 16;
pub(super) const VERSIONS: u16 = 43;
const KEY_SHARE: u16 = 51;
pub(super) const PRE_SHARED_KEY: u16 = 41;
pub(super) const EARLY_DATA: u16 = 42;
const X25519: u16 = 29;
