//! How SMTP is known by what is said first.

use toynet_record::Transport;
use toynet_record::dissect::{Likeness, Opening};

/// A greeting that names SMTP, or one of another kind and a client that says EHLO, HELO or LHLO (RFC 5321 section 4.3.1).
pub fn recognise(opening: &Opening<'_>) -> Likeness {
    let is_stream = opening.transport == Transport::Tcp;
    let (greeting, said) = (opening.acceptor, opening.initiator);
    if !is_stream || !begins_alike(greeting, b"220") && !begins_alike(greeting, b"554") {
        return Likeness::No;
    }
    let word = said.split(|octet| !octet.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_uppercase();
    let line = greeting.split(|octet| *octet == b'\n').next().unwrap_or_default();
    let names_itself = line.windows(4).any(|four| four.eq_ignore_ascii_case(b"SMTP"));
    let is_hello = HELLOS.contains(&word.as_slice());
    match (greeting.len() >= 3, said.is_empty()) {
        (true, _) if names_itself || is_hello => Likeness::Yes,
        (_, true) => Likeness::Perhaps,
        (_, false) if said.len() < 4 && HELLOS.iter().any(|hello| hello.starts_with(&word)) => Likeness::Perhaps,
        (false, false) if is_hello => Likeness::Perhaps,
        (_, false) => Likeness::No,
    }
}

fn begins_alike(octets: &[u8], beginning: &[u8]) -> bool {
    octets.iter().zip(beginning).all(|(one, other)| one == other)
}

const HELLOS: [&[u8]; 3] = [b"EHLO", b"HELO", b"LHLO"];
