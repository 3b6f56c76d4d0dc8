//! What is older than TLS 1.2, which nobody here speaks.
//!
//! A server of twenty years ago: it agrees to TLS 1.0, whatever it is offered (RFC 2246 7.4.1.3), and hears
//! what the client says to that. A client of that time: it is told that no version suits both.

use std::io;
use std::time::Duration;

use rustls::crypto::SecureRandom;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use toynet_record::Direction;
use toynet_record::alert::in_words;

use super::alert::Refusal;
use super::provider;

/// Reads a client's hello, answers it, and says how that ended.
pub(super) async fn refuse(io: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<Refusal> {
    let hello = hello(io).await?;
    let Some(suite) = hello_of(&hello).and_then(|hello| hello.suite(SUITES)) else {
        io.write_all(&alert(HANDSHAKE_FAILURE)).await?;
        return Ok(sent(HANDSHAKE_FAILURE, "no cipher suite of TLS 1.0 is offered"));
    };
    io.write_all(&server_hello(TLS_1_0, suite)?).await?;
    io.flush().await?;
    let answer = tokio::time::timeout(PATIENCE, record(io)).await;
    match answer {
        Ok(Ok((ALERT, alert))) if alert.len() == 2 => {
            let why = format!("TLS 1.0 is all that is spoken here: {}", in_words(alert[1]));
            Ok(Refusal { direction: Direction::Received, why })
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            let why = "TLS 1.0 is all that is spoken here, and the client went away without an alert".to_owned();
            Ok(Refusal { direction: Direction::Received, why })
        }
        Ok(Err(error)) => Err(error),
        Ok(Ok(_)) | Err(_) => {
            io.write_all(&alert(PROTOCOL_VERSION)).await?;
            Ok(sent(PROTOCOL_VERSION, "the client agrees to TLS 1.0, which is only begun here and never spoken"))
        }
    }
}

/// Reads an outdated client's hello and refuses it (RFC 8446 appendix D.2).
pub(super) async fn refuse_version(io: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<Refusal> {
    hello(io).await?;
    io.write_all(&alert(PROTOCOL_VERSION)).await?;
    io.flush().await?;
    Ok(sent(PROTOCOL_VERSION, "the client speaks TLS 1.1 at most"))
}

/// Reads a client's hello.
pub(super) async fn hello(io: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    record(io).await.map(|(_, hello)| hello)
}

/// A server's answer to `hello` that agrees to TLS 1.2.
pub(super) fn hello_of_1_2(hello: &[u8]) -> io::Result<Vec<u8>> {
    let suite = hello_of(hello).and_then(|hello| hello.suite(SUITES_OF_1_2));
    server_hello(TLS_1_2, suite.unwrap_or(SUITES_OF_1_2[0]))
}

/// A fatal alert before there are keys.
pub(super) fn fatal(description: u8) -> Vec<u8> {
    [&[ALERT], &TLS_1_2[..], &[0, 2, FATAL, description]].concat()
}

fn sent(alert: u8, why: &str) -> Refusal {
    Refusal { direction: Direction::Sent, why: format!("{}: {why}", in_words(alert)) }
}

/// The next record: its content type and its content (RFC 2246 6.2.1).
async fn record(io: &mut (impl AsyncRead + Unpin)) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    io.read_exact(&mut head).await?;
    let length = u16::from_be_bytes([head[3], head[4]]);
    if length > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a record of TLS is too long (RFC 2246 6.2.1)"));
    }
    let mut content = vec![0; usize::from(length)];
    io.read_exact(&mut content).await?;
    Ok((head[0], content))
}

/// What matters here of a ClientHello (RFC 2246 7.4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hello<'a> {
    suites: &'a [u8],
}

fn hello_of(message: &[u8]) -> Option<Hello<'_>> {
    // Type, length, version, random.
    let rest = message.strip_prefix(&[CLIENT_HELLO])?.get(3 + 2 + 32..)?;
    let (session, rest) = rest.split_first()?;
    let rest = rest.get(usize::from(*session)..)?;
    let (length, rest) = rest.split_at_checked(2)?;
    let suites = rest.get(..usize::from(u16::from_be_bytes([length[0], length[1]])))?;
    Some(Hello { suites })
}

impl Hello<'_> {
    /// The best of these suites that the client offers.
    fn suite(self, known: &[[u8; 2]]) -> Option<[u8; 2]> {
        known.iter().find(|suite| self.suites.chunks_exact(2).any(|offered| offered == *suite)).copied()
    }
}

fn server_hello(version: [u8; 2], suite: [u8; 2]) -> io::Result<Vec<u8>> {
    let mut random = [0; 32];
    let source: &dyn SecureRandom = provider().secure_random;
    source.fill(&mut random).map_err(|_| io::Error::other("the system has no random numbers"))?;
    // Version, random, no session, suite, no compression.
    let body = [&version[..], &random, &[0], &suite, &[0], SAFE_RENEGOTIATION].concat();
    let message = [&[SERVER_HELLO, 0, 0, body.len() as u8], body.as_slice()].concat();
    Ok([&[HANDSHAKE], &version[..], &[0, message.len() as u8], &message].concat())
}

fn alert(description: u8) -> Vec<u8> {
    [&[ALERT], &TLS_1_0[..], &[0, 2, FATAL, description]].concat()
}

const TLS_1_0: [u8; 2] = [3, 1];
const TLS_1_2: [u8; 2] = [3, 3];
/// Extensions: one, empty (RFC 5746 3.6). Without it some clients stop before they look at the version.
const SAFE_RENEGOTIATION: &[u8] = &[0, 5, 0xff, 0x01, 0, 1, 0];
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const FATAL: u8 = 2;
const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;
/// Of TLS 1.0 and still offered by clients for the sake of TLS 1.2: ECDHE and RSA with AES in CBC mode.
const SUITES: &[[u8; 2]] = &[[0xc0, 0x14], [0xc0, 0x13], [0xc0, 0x0a], [0xc0, 0x09], [0x00, 0x35], [0x00, 0x2f]];
/// Of TLS 1.2: ECDHE with AES in GCM and ChaCha20 (RFC 5289, RFC 7905).
const SUITES_OF_1_2: &[[u8; 2]] = &[[0xc0, 0x2b], [0xc0, 0x2f], [0xc0, 0x2c], [0xc0, 0x30], [0xcc, 0xa9], [0xcc, 0xa8]];
/// 2^14 octets of content and what compression and encryption may add (RFC 2246 6.2.3).
const LARGEST: u16 = (1 << 14) + 2048;
/// A client that refuses does so at once; one that agrees waits for the certificate.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_of_that_time_is_found_in_a_hello() {
        let hello = |suites: &[u8]| {
            let length = (suites.len() as u16).to_be_bytes();
            [&[CLIENT_HELLO, 0, 0, 0, 3, 3][..], &[7; 32], &[1, 9], &length, suites, &[1, 0]].concat()
        };
        let suite = |suites: &[u8]| hello_of(&hello(suites)).and_then(|hello| hello.suite(SUITES));
        assert_eq!(suite(&[0x13, 0x01, 0x00, 0x2f]), Some([0x00, 0x2f]));
        assert_eq!(suite(&[0x13, 0x01]), None);
        let whole = hello(&[0x00, 0x2f]);
        (0..41).for_each(|cut| assert_eq!(hello_of(&whole[..cut]), None, "{cut}"));
    }

    #[test]
    fn the_answer_is_a_whole_record() {
        let answer = server_hello(TLS_1_0, [0x00, 0x2f]).unwrap();
        assert_eq!(answer.len(), 5 + usize::from(answer[4]));
        assert_eq!(answer[..3], [HANDSHAKE, 3, 1]);
    }
}
