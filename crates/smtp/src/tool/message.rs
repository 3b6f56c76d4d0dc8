//! The message: as it was written, or made up.

use mail_builder::headers::Header;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::text::Text;
use mail_builder::mime::{BodyPart, MimePart};
use toynet_machine::Time;

use crate::trace;
use crate::wire::content::ContentFault;
use crate::wire::{Content, ForwardPath, ReversePath};

/// What there is to make a message of.
#[derive(Debug)]
pub(super) struct Written<'a> {
    pub from: &'a ReversePath,
    pub to: &'a [ForwardPath],
    /// Where it is written, and when.
    pub host: &'a str,
    pub now: Time,
    /// In place of fields of the same names.
    pub fields: &'a [Field],
    /// Beside all others.
    pub added: &'a [Field],
    pub body: Option<Vec<u8>>,
    pub attached: Vec<Attachment>,
}

/// A file that comes along.
#[derive(Debug)]
pub(super) struct Attachment {
    pub name: String,
    pub octets: Vec<u8>,
}

/// A field of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    name: String,
    value: String,
}

impl Field {
    pub fn new(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.trim().replace(['\r', '\n'], " ") }
    }

    /// Reads `Name: value`.
    pub fn read(typed: &str) -> Result<Self, String> {
        let (name, value) =
            typed.split_once(':').ok_or_else(|| format!("`{typed}` is no field: write 'Name: value'"))?;
        // RFC 5322 2.2: printable, without a colon.
        let is_name = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic());
        if is_name { Ok(Self::new(name, value)) } else { Err(format!("`{name}` is no name of a field")) }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// What goes beyond ASCII becomes encoded words (RFC 2047).
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{}: ", self.name).as_bytes());
        if self.value.is_ascii() {
            out.extend_from_slice(format!("{}\r\n", self.value).as_bytes());
        } else {
            Text::new(self.value.as_str()).write_header(out, self.name.len() + 2);
        }
    }
}

/// A message as it was given, with the ends of its lines made CR LF and further fields before it.
pub(super) fn given(octets: &[u8], added: &[Field]) -> Result<Content, ContentFault> {
    let mut message = Vec::new();
    added.iter().for_each(|field| field.write(&mut message));
    message.extend_from_slice(&with_strict_ends(octets));
    Content::new(message)
}

/// A message that was made up around what was said of it.
pub(super) fn made_up(written: &Written<'_>) -> Result<Content, ContentFault> {
    let mut message = Vec::new();
    let usual = usual_fields(written);
    for field in &usual {
        let instead = written.fields.iter().rev().find(|given| given.is_called(&field.name));
        instead.unwrap_or(field).write(&mut message);
    }
    let further = written.fields.iter().filter(|given| !usual.iter().any(|field| field.is_called(&given.name)));
    further.chain(written.added).for_each(|field| field.write(&mut message));
    write_body(written, &mut message);
    Content::new(message)
}

fn usual_fields(written: &Written<'_>) -> Vec<Field> {
    let date = trace::date(written.now);
    let bare = |path: String| path.trim_start_matches('<').trim_end_matches('>').to_owned();
    let to: Vec<String> = written.to.iter().map(|to| bare(to.to_string())).collect();
    let from = bare(written.from.to_string());
    let mut fields = vec![Field::new("Date", &date), Field::new("To", &to.join(", "))];
    // A notification has no sender, and its author is whoever looks after the server.
    let from = if from.is_empty() { format!("postmaster@{}", written.host) } else { from };
    fields.push(Field::new("From", &from));
    fields.push(Field::new("Subject", &format!("test {date}")));
    fields.push(Field::new("Message-ID", &format!("<{}>", identifier(written))));
    fields.push(Field::new("X-Mailer", concat!("toynet ", env!("CARGO_PKG_VERSION"))));
    fields
}

fn identifier(written: &Written<'_>) -> String {
    format!("{:X}@{}", written.now.nanos(), written.host)
}

/// With the empty line before it.
fn write_body(written: &Written<'_>, message: &mut Vec<u8>) {
    let body = written.body.clone().unwrap_or_else(|| USUAL_BODY.as_bytes().to_vec());
    if written.attached.is_empty() && is_plain(&body) {
        message.extend_from_slice(b"\r\n");
        return message.extend_from_slice(&with_strict_ends(&body));
    }
    message.extend_from_slice(b"MIME-Version: 1.0\r\n");
    let text = text_part(body);
    if written.attached.is_empty() {
        return text.write_part(message);
    }
    let attached = written.attached.iter().map(|file| {
        MimePart::new(kind(&file.name), BodyPart::Binary(file.octets.as_slice().into())).attachment(file.name.as_str())
    });
    let mixed = ContentType::new("multipart/mixed").attribute("boundary", format!("=_{}", identifier(written)));
    MimePart::new(mixed, std::iter::once(text).chain(attached).collect::<Vec<_>>()).write_part(message);
}

fn text_part(body: Vec<u8>) -> MimePart<'static> {
    match String::from_utf8(with_strict_ends(&body)) {
        Ok(text) => MimePart::new("text/plain", BodyPart::Text(text.into())),
        Err(other) => MimePart::new("text/plain", BodyPart::Binary(other.into_bytes().into())),
    }
}

/// Whether it can stand in a message that says nothing of MIME.
fn is_plain(body: &[u8]) -> bool {
    body.is_ascii() && body.split(|octet| *octet == b'\n').all(|line| line.len() <= LONGEST_LINE)
}

/// CR LF, and CR or LF that stand alone, as CR LF.
fn with_strict_ends(octets: &[u8]) -> Vec<u8> {
    let mut strict = Vec::with_capacity(octets.len() + octets.len() / 32);
    let mut rest = octets;
    while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
        strict.extend_from_slice(&rest[..at]);
        strict.extend_from_slice(b"\r\n");
        rest = &rest[at + if rest[at..].starts_with(b"\r\n") { 2 } else { 1 }..];
    }
    strict.extend_from_slice(rest);
    strict
}

/// The media type of a file, by its name.
fn kind(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let known = KINDS.iter().find(|(known, _)| Some(*known) == extension.as_deref());
    known.map_or("application/octet-stream", |(_, kind)| kind)
}

/// What people attach to test mails.
const KINDS: [(&str, &str); 14] = [
    ("txt", "text/plain"),
    ("html", "text/html"),
    ("csv", "text/csv"),
    ("ics", "text/calendar"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("pdf", "application/pdf"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("svg", "image/svg+xml"),
];
const USUAL_BODY: &str = "This is a test mailing.\n";
/// RFC 5322 2.1.1, without the line end.
const LONGEST_LINE: usize = 998;

#[cfg(test)]
mod tests {
    use mail_parser::{MessageParser, MimeHeaders};

    use super::*;

    #[test]
    fn a_message_is_made_up_around_what_was_said() {
        let fields = [Field::read("subject: Brötchen").unwrap(), Field::new("X-Order", "7")];
        let content = made_up(&Written { fields: &fields, ..written() }).unwrap();
        let text = std::str::from_utf8(content.octets()).unwrap();
        assert!(
            text.starts_with("Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nTo: bob@shop.test\r\nFrom: alice@shop.test\r\n")
        );
        assert!(text.contains("\r\nX-Order: 7\r\n\r\nThis is a test mailing.\r\n"), "{text}");
        let message = MessageParser::default().parse(content.octets()).unwrap();
        assert_eq!(message.subject(), Some("Brötchen"));
        assert!(message.message_id().unwrap().ends_with("@client.test"));
    }

    #[test]
    fn files_and_what_goes_beyond_ascii_travel_as_mime() {
        let attached = vec![Attachment { name: "menu.pdf".into(), octets: vec![0, 255, b'\n', 13] }];
        let content = made_up(&Written { body: Some("zoë\n".into()), attached, ..written() }).unwrap();
        assert!(content.is_seven_bit());
        let message = MessageParser::default().parse(content.octets()).unwrap();
        assert_eq!(message.body_text(0).unwrap().trim_end(), "zoë");
        let file = message.attachment(0).unwrap();
        assert_eq!((file.attachment_name(), file.contents()), (Some("menu.pdf"), &[0, 255, b'\n', 13][..]));
    }

    #[test]
    fn every_end_of_a_line_becomes_strict() {
        let content = given(b"Subject: a\n\nb\r\nc\rd\n.\n", &[Field::new("X-A", "1")]).unwrap();
        assert_eq!(content.octets(), b"X-A: 1\r\nSubject: a\r\n\r\nb\r\nc\r\nd\r\n.\r\n");
    }

    #[test]
    fn what_is_no_field_is_refused() {
        assert!(Field::read("Subject").is_err() && Field::read("a b: c").is_err());
        assert_eq!(Field::read("X:1\r\nBcc: eve"), Ok(Field::new("X", "1  Bcc: eve")));
    }

    fn written() -> Written<'static> {
        let from = Box::leak(Box::new(ReversePath::parse("<alice@shop.test>").unwrap()));
        let to = Box::leak(Box::new([ForwardPath::parse("<bob@shop.test>").unwrap()]));
        let now = Time::from_secs(1_767_225_600);
        Written { from, to, host: "client.test", now, fields: &[], added: &[], body: None, attached: Vec::new() }
    }
}
