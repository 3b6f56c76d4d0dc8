//! The fields of a message in words.

use toynet_record::dissect::Note;

/// What the header says, field by field in its order, and what is missing.
pub(super) fn of(head: &[u8]) -> Vec<Note> {
    let fields = fields(head);
    let mut notes = Vec::new();
    let mut received = 0;
    for (name, value) in fields.iter().take(MOST_FIELDS) {
        match name.to_ascii_lowercase().as_str() {
            "received" => received += 1,
            known => notes.extend(field(known, name, value)),
        }
    }
    if received > 0 {
        let text = format!(
            "Received stands {received} times: each server adds one on top, so that they tell its way from below"
        );
        notes.insert(0, Note::new(text, "RFC 5321 4.4"));
    }
    if !fields.is_empty() || !head.is_empty() {
        let is_missing = |wanted: &str| !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        for wanted in ["From", "Date"].into_iter().filter(|wanted| is_missing(wanted)) {
            notes.push(Note::new(format!("is wrong: it has no {wanted}, as every message must"), "RFC 5322 3.6"));
        }
    }
    notes
}

fn field(known: &str, name: &str, value: &str) -> Option<Note> {
    let (text, rule) = match known {
        "from" => (format!("the author is {value}; the envelope may have another sender"), "RFC 5322 3.6.2"),
        "sender" => (format!("{value} has sent it for the author"), "RFC 5322 3.6.2"),
        "reply-to" => (format!("replies go to {value}"), "RFC 5322 3.6.2"),
        "to" | "cc" => {
            (format!("people see that it is for {value}; the envelope decides who gets it"), "RFC 5322 3.6.3")
        }
        "bcc" => ("names hidden recipients, which a client should have left out".to_owned(), "RFC 5322 3.6.3"),
        "subject" => ("is what it is about, for people".to_owned(), "RFC 5322 3.6.5"),
        "date" => (format!("it was finished on {value}"), "RFC 5322 3.6.1"),
        "message-id" => ("is its own name, which no other message has".to_owned(), "RFC 5322 3.6.4"),
        "in-reply-to" | "references" => ("names the messages that it answers".to_owned(), "RFC 5322 3.6.4"),
        "return-path" => ("is the envelope's sender, written down where it came to rest".to_owned(), "RFC 5321 4.4"),
        "mime-version" => ("says that the fields called Content mean what MIME says".to_owned(), "RFC 2045 4"),
        "content-type" => (kind(value), "RFC 2045 5"),
        "content-transfer-encoding" => (encoding(value), "RFC 2045 6"),
        "content-disposition" => ("says whether it is shown or a file to save".to_owned(), "RFC 2183 2"),
        "dkim-signature" => ("is the signature of a domain that answers for it".to_owned(), "RFC 6376 3.5"),
        "authentication-results" => ("says what a server found out about its origin".to_owned(), "RFC 8601 2"),
        "auto-submitted" => ("no person wrote it, and no program should answer it".to_owned(), "RFC 3834 5"),
        "list-unsubscribe" => ("says how to leave the list".to_owned(), "RFC 2369 3.2"),
        "list-id" => ("names the list that it came by".to_owned(), "RFC 2919 2"),
        _ if known.starts_with("x-") => ("is a field of whoever invented it".to_owned(), "RFC 6648 2"),
        _ => return None,
    };
    Some(Note::new(format!("{name}: {text}"), rule))
}

fn kind(value: &str) -> String {
    let kind = value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase();
    match kind.split('/').next() {
        Some("multipart") => format!("it has parts ({kind}), with a line between them that the boundary names"),
        Some("message") => format!("it contains another message ({kind})"),
        _ => format!("its content is {kind}"),
    }
}

fn encoding(value: &str) -> String {
    match value.to_ascii_lowercase().as_str() {
        "base64" => "three octets are written as four letters".to_owned(),
        "quoted-printable" => "octets beyond ASCII are written as = and two digits".to_owned(),
        "7bit" => "it is ASCII as it stands".to_owned(),
        "8bit" => "it goes beyond ASCII as it stands".to_owned(),
        other => format!("it is encoded as {other}"),
    }
}

/// Names and unfolded values (RFC 5322 2.2.3), as far as they make sense.
fn fields(head: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split(|octet| *octet == b'\n') {
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            fields.iter_mut().last().into_iter().for_each(|(_, value)| {
                value.push(' ');
                value.push_str(line.trim());
            });
            continue;
        }
        let Some((name, value)) = line.split_once(':') else { break };
        if name.is_empty() || !name.bytes().all(|octet| octet.is_ascii_graphic()) {
            break;
        }
        fields.push((name.to_owned(), value.trim().to_owned()));
    }
    fields.iter_mut().for_each(|(_, value)| *value = short(value));
    fields
}

fn short(value: &str) -> String {
    let mut short: String =
        value.chars().take(LONGEST).map(|char| if char.is_control() { '�' } else { char }).collect();
    if value.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

/// A person's header has some twenty; who sends thousands is not explained.
const MOST_FIELDS: usize = 60;
/// As the summary.
const LONGEST: usize = 78;
