//! What was said in clear is sealed again.
//!
//! The record keeps the clear text of a TLS connection and its secrets, not its records. So a handshake is
//! made up that names the connection's own client random and suite, as short as resuming makes it, and what
//! was said is sealed with keys from the connection's own secrets. An analyser opens it as it would the real one.

use ring::{digest, hmac};
use toynet_record::Side;

use super::hello::{Hello, finished};
use super::keys::{
    APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Keys, MOST_IN_A_RECORD, Randoms, expand_label, parse_line,
    pseudorandom,
};
use super::suite::{Hash, Suite};

/// One connection.
#[derive(Debug)]
pub struct Session {
    client: Keys,
    server: Keys,
}

/// Records that one side sends at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flight {
    /// Which side.
    pub by: Side,
    /// The records.
    pub octets: Vec<u8>,
}

/// The secrets of one connection.
struct Secrets {
    random: [u8; 32],
    all: Vec<(String, Vec<u8>)>,
}

impl Session {
    /// A connection on these terms (see [`Seen::Secured`](toynet_record::Seen)), with these lines of a key log, and
    /// its handshake. Nothing when the suite or a secret is not known.
    pub fn begin(terms: &str, lines: &[String]) -> Option<(Self, Vec<Flight>)> {
        let suite = terms.split_whitespace().find_map(Suite::of_name)?;
        let secrets = Secrets::read(lines)?;
        let name = terms.split_once(" for ").and_then(|(_, name)| name.split_whitespace().next());
        let alpn = terms.split_whitespace().find(|word| PROTOCOLS.contains(word));
        let server = digest::digest(&digest::SHA256, &secrets.random).as_ref().try_into().ok()?;
        let hello = Hello { randoms: Randoms { client: secrets.random, server }, suite, alpn, name };
        if suite.is_tls13() { Self::begin_tls13(&hello, &secrets) } else { Self::begin_tls12(&hello, &secrets) }
    }

    fn begin_tls13(hello: &Hello<'_>, secrets: &Secrets) -> Option<(Self, Vec<Flight>)> {
        let hash = hello.suite.hash;
        let keys = |label: &str| Keys::of_traffic_secret(hello.suite, secrets.find(label)?);
        let (client, server) = (keys("CLIENT_TRAFFIC_SECRET_0")?, keys("SERVER_TRAFFIC_SECRET_0")?);
        let (client_early, server_early) = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET");
        let (mut client_keys, mut server_keys) = (keys(client_early)?, keys(server_early)?);
        let verify = |label: &str, transcript: &[u8]| {
            let key = expand_label(hash, secrets.find(label)?, "finished", hash.digest().output_len());
            let key = hmac::Key::new(hash.hmac(), &key);
            let said = digest::digest(hash.digest(), transcript);
            Some(finished(hmac::sign(&key, said.as_ref()).as_ref()))
        };
        let (asked, answered) = (hello.client(), hello.server());
        let mut transcript = [asked.as_slice(), &answered, &hello.encrypted_extensions()].concat();
        let mut sealed = hello.encrypted_extensions();
        sealed.extend(verify(server_early, &transcript)?);
        transcript.extend(&sealed[hello.encrypted_extensions().len()..]);
        let last = verify(client_early, &transcript)?;
        let flights = vec![
            Flight { by: Side::Initiator, octets: plain(HANDSHAKE, &asked) },
            Flight {
                by: Side::Acceptor,
                octets: [plain(HANDSHAKE, &answered), change(), server_keys.seal(HANDSHAKE, &sealed)].concat(),
            },
            Flight { by: Side::Initiator, octets: [change(), client_keys.seal(HANDSHAKE, &last)].concat() },
        ];
        Some((Self { client, server }, flights))
    }

    fn begin_tls12(hello: &Hello<'_>, secrets: &Secrets) -> Option<(Self, Vec<Flight>)> {
        let (hash, secret) = (hello.suite.hash, secrets.find("CLIENT_RANDOM")?);
        let [mut client, mut server] = Keys::of_master_secret(hello.suite, secret, &hello.randoms)?;
        let (asked, answered) = (hello.client(), hello.server());
        let mut transcript = [asked.as_slice(), &answered].concat();
        let first = finished(&verify_tls12(hash, secret, b"server finished", &transcript));
        transcript.extend(&first);
        let last = finished(&verify_tls12(hash, secret, b"client finished", &transcript));
        let flights = vec![
            Flight { by: Side::Initiator, octets: plain(HANDSHAKE, &asked) },
            Flight {
                by: Side::Acceptor,
                octets: [plain(HANDSHAKE, &answered), change(), server.seal(HANDSHAKE, &first)].concat(),
            },
            Flight { by: Side::Initiator, octets: [change(), client.seal(HANDSHAKE, &last)].concat() },
        ];
        Some((Self { client, server }, flights))
    }

    /// What one side says, as records.
    pub fn seal(&mut self, by: Side, octets: &[u8]) -> Vec<u8> {
        let keys = match by {
            Side::Initiator => &mut self.client,
            Side::Acceptor => &mut self.server,
        };
        octets.chunks(MOST_IN_A_RECORD).flat_map(|part| keys.seal(APPLICATION_DATA, part)).collect()
    }
}

impl Secrets {
    fn read(lines: &[String]) -> Option<Self> {
        let parsed: Vec<_> = lines.iter().filter_map(|line| parse_line(line)).collect();
        let (_, random, _) = *parsed.first().map(|(label, random, secret)| (label, random, secret)).as_ref()?;
        let all = parsed.iter().map(|(label, _, secret)| ((*label).to_owned(), secret.clone())).collect();
        Some(Self { random: *random, all })
    }

    fn find(&self, label: &str) -> Option<&[u8]> {
        self.all.iter().find(|(one, _)| one == label).map(|(_, secret)| secret.as_slice())
    }
}

/// RFC 5246 section 7.4.9.
fn verify_tls12(hash: Hash, secret: &[u8], label: &[u8], transcript: &[u8]) -> Vec<u8> {
    let said = digest::digest(hash.digest(), transcript);
    pseudorandom(hash, secret, &[label, said.as_ref()].concat(), VERIFY)
}

fn plain(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], &(content.len() as u16).to_be_bytes()[..], content].concat()
}

fn change() -> Vec<u8> {
    plain(CHANGE_CIPHER_SPEC, &[1])
}

const VERIFY: usize = 12;
/// Application protocols as they stand in terms (IANA's registry of ALPN protocol IDs).
const PROTOCOLS: [&str; 5] = ["h2", "http/1.1", "http/1.0", "dot", "smtp"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_secrets() {
        for (terms, labels, length) in [
            ("TLS 1.3 TLS13_AES_256_GCM_SHA384 h2 for www.shop.test", &TLS13[..], 48),
            ("TLS 1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", &["CLIENT_RANDOM"], 48),
        ] {
            let lines: Vec<String> = labels.iter().map(|label| line(label, length)).collect();
            let (mut session, flights) = Session::begin(terms, &lines).unwrap();
            assert_eq!(flights.len(), 3);
            let record = session.seal(Side::Initiator, &[b'x'; MOST_IN_A_RECORD + 1]);
            assert_eq!(record.len() / MOST_IN_A_RECORD, 1);
            assert!(!record.windows(3).any(|three| three == b"xxx"));
        }
    }

    #[test]
    fn without_a_secret_or_a_known_suite_there_is_no_session() {
        let terms = "TLS 1.3 TLS13_AES_128_GCM_SHA256";
        let lines: Vec<String> = TLS13.iter().map(|label| line(label, 32)).collect();
        assert!(Session::begin(terms, &lines).is_some());
        assert!(Session::begin(terms, &lines[1..]).is_none());
        assert!(Session::begin("TLS 1.3 SOMETHING_ELSE", &lines).is_none());
        assert!(Session::begin("TLS 1.3 TLS13_AES_256_GCM_SHA384", &lines).is_none());
    }

    const TLS13: [&str; 4] = [
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0",
        "SERVER_TRAFFIC_SECRET_0",
    ];

    fn line(label: &str, length: usize) -> String {
        format!("{label} {} {}", "11".repeat(32), "22".repeat(length))
    }
}
