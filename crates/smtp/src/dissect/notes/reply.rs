//! Replies in words.

use toynet_record::dissect::Note;

use super::status;
use crate::dissect::What;
use crate::wire::Enhanced;

/// What a reply says: its code, its enhanced code, and what it announces after EHLO.
pub(super) fn of(what: What, code: u16, lines: &[String]) -> Vec<Note> {
    let mut notes = vec![status::code(code)];
    match (what, code) {
        (What::Greeting, 220) => notes.push(Note::new("gives the server's name first", "RFC 5321 4.3.1")),
        (What::Hello, 250) => notes.extend(lines.iter().skip(1).map(|line| keyword(line))),
        (What::Auth, 334) => notes.push(Note::new("is a question about the user, in base64", "RFC 4954 4")),
        _ => {}
    }
    let word = lines.first().and_then(|line| line.split(' ').next());
    let enhanced = word.and_then(Enhanced::parse).filter(|enhanced| u16::from(enhanced.0) == code / 100);
    notes.extend(enhanced.map(status::enhanced));
    notes
}

/// An extension that the server announces.
fn keyword(line: &str) -> Note {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let word = word.to_ascii_uppercase();
    let (text, rule) = match word.as_str() {
        "PIPELINING" => ("commands may come without waiting for each answer".to_owned(), "RFC 2920 3"),
        "SIZE" => (size(rest), "RFC 1870 4"),
        "STARTTLS" => ("TLS can be started on this connection".to_owned(), "RFC 3207 2"),
        "AUTH" => (format!("users may say who they are, by {}", rest.replace(' ', " or ")), "RFC 4954 3"),
        "8BITMIME" => ("messages may have octets beyond ASCII".to_owned(), "RFC 6152 2"),
        "ENHANCEDSTATUSCODES" => ("answers have a second, finer code".to_owned(), "RFC 2034 3"),
        "SMTPUTF8" => ("addresses and headers may go beyond ASCII".to_owned(), "RFC 6531 3.1"),
        "CHUNKING" => ("messages may come in chunks of known length, with BDAT".to_owned(), "RFC 3030 2"),
        "BINARYMIME" => ("messages in chunks need not consist of lines".to_owned(), "RFC 3030 3"),
        "DSN" => ("senders may say of what they would like to hear".to_owned(), "RFC 3461 4"),
        "LIMITS" => (format!("some things are limited: {rest}"), "RFC 9422 3"),
        "DELIVERBY" => ("mails may have a time until when they must arrive".to_owned(), "RFC 2852 2"),
        "MT-PRIORITY" => ("mails may have a priority".to_owned(), "RFC 6710 3"),
        "REQUIRETLS" => ("mails may ask for TLS all the way".to_owned(), "RFC 8689 2"),
        "ETRN" => ("mail that waits here can be asked for".to_owned(), "RFC 1985 4"),
        "VRFY" | "EXPN" => ("users and lists may be asked about".to_owned(), "RFC 5321 3.5"),
        "HELP" => ("HELP gives help".to_owned(), "RFC 5321 4.1.1.8"),
        _ => ("is an extension of its own kind".to_owned(), "RFC 5321 2.2.2"),
    };
    Note::new(format!("{word}: {text}"), rule)
}

fn size(largest: &str) -> String {
    match largest {
        "" | "0" => "the size of a message may be told beforehand; there is no limit".to_owned(),
        largest => format!("the size of a message may be told beforehand; more than {largest} octets are not taken"),
    }
}
