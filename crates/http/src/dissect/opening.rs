//! How HTTP is known by what is said first.

use toynet_record::Transport;
use toynet_record::dissect::{Likeness, Opening};

use crate::wire::frame::PREFACE;

/// A request line, or the preface of HTTP/2; the client speaks first.
pub fn recognise(opening: &Opening<'_>) -> Likeness {
    let said = opening.initiator;
    match opening.transport {
        Transport::Tcp => {}
        Transport::Udp | Transport::Quic | Transport::Command => return Likeness::No,
    }
    if said.starts_with(PREFACE) {
        return Likeness::Yes;
    }
    if said.is_empty() {
        return if opening.acceptor.is_empty() { Likeness::Perhaps } else { Likeness::No };
    }
    match said.iter().position(|octet| *octet == b'\n') {
        Some(end) if is_request_line(said[..end].trim_ascii_end()) => Likeness::Yes,
        Some(_) if PREFACE.starts_with(said) => Likeness::Perhaps,
        Some(_) => Likeness::No,
        None if begins_with_method(said) => Likeness::Perhaps,
        None => Likeness::No,
    }
}

/// RFC 9112 section 3.
fn is_request_line(line: &[u8]) -> bool {
    let mut words = line.split(|octet| *octet == b' ');
    let (method, target, version) = (words.next().unwrap_or_default(), words.next(), words.next());
    is_method(method) && target.is_some() && version.is_some_and(|version| version.starts_with(b"HTTP/1."))
}

fn begins_with_method(said: &[u8]) -> bool {
    let method = said.split(|octet| *octet == b' ').next().unwrap_or_default();
    is_method(method)
}

/// Those that are in use are written in capitals.
fn is_method(word: &[u8]) -> bool {
    (1..=LONGEST_METHOD).contains(&word.len())
        && word.iter().all(|octet| octet.is_ascii_uppercase() || b"-_*".contains(octet))
}

/// The longest of IANA's registry has 17 (UPDATEREDIRECTREF).
const LONGEST_METHOD: usize = 20;
