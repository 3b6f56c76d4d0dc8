//! The messages of a handshake, as they are read: what they say of keys, versions and names.

use super::certificate::{self, text};
use super::hello::{ALPN, CLIENT_HELLO, EARLY_DATA, PRE_SHARED_KEY, SERVER_HELLO, SERVER_NAME, VERSIONS};

/// A message of a handshake (RFC 8446 section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Client(ClientHello),
    Server(ServerHello),
    /// The server wants another hello of the client (RFC 8446 section 4.1.4).
    Retry,
    /// The application protocol that the server chose.
    Extensions(Option<String>),
    /// The names of the server's certificate.
    Certificate(Vec<String>),
    Finished,
    KeyUpdate,
    Other,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ClientHello {
    pub random: [u8; 32],
    pub session: Vec<u8>,
    pub name: Option<String>,
    /// The application protocols that it offers.
    pub offers: Vec<String>,
    pub early_data: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ServerHello {
    pub random: [u8; 32],
    pub session: Vec<u8>,
    pub suite: u16,
    /// `0x0304` for TLS 1.3.
    pub version: u16,
    pub alpn: Option<String>,
    /// Of TLS 1.3: whether an earlier session was taken up again.
    pub is_resumed: bool,
}

/// Octets of a handshake that become messages.
#[derive(Debug, Default)]
pub(super) struct Messages(Vec<u8>);

impl Messages {
    pub fn push(&mut self, octets: &[u8]) {
        self.0.extend_from_slice(octets);
    }

    /// A part is missing: what is there has no end.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether more waits than any message has.
    pub fn is_too_long(&self) -> bool {
        self.0.len() > LONGEST
    }

    pub fn next(&mut self) -> Option<Message> {
        let [kind, length @ ..] = *self.0.first_chunk::<4>()?;
        let length = length.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
        let message = Message::read(kind, self.0.get(4..4 + length)?);
        self.0.drain(..4 + length);
        Some(message)
    }
}

impl Message {
    fn read(kind: u8, body: &[u8]) -> Self {
        let understood = match kind {
            CLIENT_HELLO => ClientHello::read(body).map(Message::Client),
            SERVER_HELLO => ServerHello::read(body)
                .map(|hello| if hello.random == RETRY { Message::Retry } else { Message::Server(hello) }),
            ENCRYPTED_EXTENSIONS => Input(body).sized().map(|list| Message::Extensions(chosen(list))),
            CERTIFICATE => first_certificate(body).map(|octets| Message::Certificate(certificate::names(octets))),
            FINISHED => Some(Message::Finished),
            KEY_UPDATE => Some(Message::KeyUpdate),
            _ => None,
        };
        understood.unwrap_or(Message::Other)
    }
}

impl ClientHello {
    /// RFC 8446 section 4.1.2.
    fn read(body: &[u8]) -> Option<Self> {
        let mut input = Input(body);
        input.take(2)?;
        let mut hello = Self { random: *input.take(32)?.first_chunk()?, ..Self::default() };
        hello.session = input.short()?.to_vec();
        input.sized()?;
        input.short()?;
        for (kind, value) in extensions(input.sized().unwrap_or_default()) {
            match kind {
                SERVER_NAME => hello.name = server_name(value),
                ALPN => hello.offers = protocols(value),
                EARLY_DATA => hello.early_data = true,
                _ => {}
            }
        }
        Some(hello)
    }
}

impl ServerHello {
    /// RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3.
    fn read(body: &[u8]) -> Option<Self> {
        let mut input = Input(body);
        let version = input.u16()?;
        let mut hello = Self { version, random: *input.take(32)?.first_chunk()?, ..Self::default() };
        hello.session = input.short()?.to_vec();
        hello.suite = input.u16()?;
        input.take(1)?;
        for (kind, value) in extensions(input.sized().unwrap_or_default()) {
            match (kind, value) {
                (VERSIONS, [high, low]) => hello.version = u16::from_be_bytes([*high, *low]),
                (ALPN, value) => hello.alpn = protocols(value).into_iter().next(),
                (PRE_SHARED_KEY, _) => hello.is_resumed = true,
                _ => {}
            }
        }
        Some(hello)
    }
}

/// Whether octets are the beginning of a client's first record; nothing when more are needed to know.
pub(super) fn is_client_hello(octets: &[u8]) -> Option<bool> {
    let fits = |at: usize, right: fn(u8) -> bool| octets.get(at).is_none_or(|octet| right(*octet));
    let plausible = fits(0, |kind| kind == super::keys::HANDSHAKE)
        && fits(1, |major| major == 3)
        && fits(2, |minor| minor <= 4)
        && fits(3, |high| high <= 0x40)
        && fits(5, |message| message == CLIENT_HELLO)
        && fits(6, |high| high == 0)
        && fits(9, |major| major == 3)
        && fits(10, |minor| minor <= 3);
    match (plausible, octets.len()) {
        (false, _) => Some(false),
        (true, 11..) => Some(true),
        (true, _) => None,
    }
}

fn chosen(list: &[u8]) -> Option<String> {
    extensions(list).find(|(kind, _)| *kind == ALPN).and_then(|(_, value)| protocols(value).into_iter().next())
}

/// RFC 5246 section 7.4.2.
fn first_certificate(body: &[u8]) -> Option<&[u8]> {
    let mut list = Input(Input(body).long()?);
    list.long()
}

/// RFC 6066 section 3.
fn server_name(value: &[u8]) -> Option<String> {
    let mut list = Input(Input(value).sized()?);
    let [0] = list.take(1)? else { return None };
    text(list.sized()?)
}

/// RFC 7301 section 3.1.
fn protocols(value: &[u8]) -> Vec<String> {
    let mut list = Input(Input(value).sized().unwrap_or_default());
    std::iter::from_fn(|| list.short()).filter_map(text).take(MOST_PROTOCOLS).collect()
}

fn extensions(list: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut input = Input(list);
    std::iter::from_fn(move || Some((input.u16()?, input.sized()?)))
}

/// What is left of a message.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.first_chunk().copied().map(u16::from_be_bytes)
    }

    /// A value whose length stands before it in one octet.
    fn short(&mut self) -> Option<&'a [u8]> {
        let length = self.take(1)?[0];
        self.take(usize::from(length))
    }

    /// In two.
    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    /// In three.
    fn long(&mut self) -> Option<&'a [u8]> {
        let length = self.take(3)?.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
        self.take(length)
    }
}

const ENCRYPTED_EXTENSIONS: u8 = 8;
const CERTIFICATE: u8 = 11;
const FINISHED: u8 = 20;
const KEY_UPDATE: u8 = 24;
/// RFC 8446 section 4.1.3: SHA-256 of "HelloRetryRequest".
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];
/// Clients offer two or three; whoever offers more has something else in mind.
const MOST_PROTOCOLS: usize = 8;
/// As OpenSSL takes chains of certificates (100 KiB), and more.
const LONGEST: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::super::hello::Hello;
    use super::super::keys::Randoms;
    use super::super::suite::Suite;
    use super::*;

    #[test]
    fn what_both_say_first_is_read_as_it_was_written() {
        for (number, version) in [(0x1301, 0x0304), (0xc02f, 0x0303)] {
            let randoms = Randoms { client: [1; 32], server: [2; 32] };
            let suite = Suite::of_number(number).unwrap();
            let hello = Hello { randoms, suite, alpn: Some("h2"), name: Some("www.shop.test") };
            let octets = [hello.client(), hello.server(), hello.encrypted_extensions()].concat();
            let mut messages = Messages::default();
            let mut read = Vec::new();
            for octet in octets {
                messages.push(&[octet]);
                read.extend(messages.next());
            }
            let Message::Client(client) = &read[0] else { panic!("{read:?}") };
            assert_eq!((client.random, client.name.as_deref()), ([1; 32], Some("www.shop.test")));
            assert_eq!(client.offers, ["h2"]);
            let Message::Server(server) = &read[1] else { panic!("{read:?}") };
            assert_eq!((server.random, server.suite, server.version), ([2; 32], number, version));
            assert_eq!(server.alpn.as_deref(), (version == 0x0303).then_some("h2"));
            assert_eq!(read[2], Message::Extensions(Some("h2".to_owned())));
        }
    }

    #[test]
    fn a_client_s_first_record_is_known_by_eleven_octets() {
        let hello = [22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0];
        for length in 0..hello.len() {
            assert_eq!(is_client_hello(&hello[..length]), (length >= 11).then_some(true), "{length}");
        }
        assert_eq!(is_client_hello(b"GET / HTTP/1.1"), Some(false));
        assert_eq!(is_client_hello(&[22, 3, 1, 2, 0, 2]), Some(false));
    }

    #[test]
    fn what_is_cut_or_turned_makes_no_panic() {
        let randoms = Randoms { client: [1; 32], server: [2; 32] };
        let suite = Suite::of_number(0x1301).unwrap();
        let hello = Hello { randoms, suite, alpn: Some("h2"), name: Some("www.shop.test") };
        for whole in [hello.client(), hello.server()] {
            for at in 0..whole.len() {
                for turned in [0, 0xff] {
                    let mut messages = Messages::default();
                    let mut octets = whole.clone();
                    octets[at] = turned;
                    messages.push(&octets);
                    while messages.next().is_some() {}
                }
            }
        }
    }
}
