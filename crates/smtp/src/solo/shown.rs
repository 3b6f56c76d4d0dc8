//! A mail as a person reads it, or a program.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use mail_parser::{Address, HeaderValue, Message, MessageParser, MimeHeaders};
use serde_json::json;

use crate::queue::Mail;

/// Envelope, header and text for people.
pub(super) fn text(mail: &Mail, file: Option<&Path>) -> String {
    let Letter { fields, text, attached, .. } = Letter::of(mail.content.octets());
    let to: Vec<String> = mail.recipients.iter().map(|recipient| recipient.to.to_string()).collect();
    let mut shown = format!("\nmail {} from {} to {}\n", mail.id, mail.from, to.join(", "));
    for (name, value) in &fields {
        shown.push_str(&format!("  {name}: {}\n", clean(value)));
    }
    shown.push('\n');
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines.iter().take(MOST_LINES).for_each(|line| shown.push_str(&format!("  {}\n", clean(line))));
    if lines.len() > MOST_LINES {
        shown.push_str(&format!("  … {} more lines\n", lines.len() - MOST_LINES));
    }
    for Attached { name, kind, octets } in &attached {
        shown.push_str(&format!("  attached: {} ({}, {octets} octets)\n", clean(name), clean(kind)));
    }
    if let Some(file) = file {
        shown.push_str(&format!("  kept as {}\n", file.display()));
    }
    shown.push('\n');
    shown
}

/// The same on one line for programs.
pub(super) fn json(mail: &Mail, file: Option<&Path>) -> String {
    let Letter { fields, text, html, attached } = Letter::of(mail.content.octets());
    let bare = |path: String| path.trim_start_matches('<').trim_end_matches('>').to_owned();
    let to: Vec<String> = mail.recipients.iter().map(|recipient| bare(recipient.to.to_string())).collect();
    let attached =
        attached.iter().map(|Attached { name, kind, octets }| json!({ "name": name, "type": kind, "octets": octets }));
    let mail = json!({
        "id": mail.id,
        "from": bare(mail.from.to_string()),
        "to": to,
        "octets": mail.content.octets().len(),
        "header": fields,
        "text": text,
        "html": html,
        "attached": attached.collect::<Vec<_>>(),
        "file": file.map(|file| file.display().to_string()),
    });
    format!("{}\n", json!({ "mail": mail }))
}

/// A message, decoded.
#[derive(Debug, Default, PartialEq, Eq)]
struct Letter {
    fields: Vec<(String, String)>,
    text: String,
    html: Option<String>,
    attached: Vec<Attached>,
}

#[derive(Debug, PartialEq, Eq)]
struct Attached {
    name: String,
    kind: String,
    octets: usize,
}

impl Letter {
    fn of(octets: &[u8]) -> Self {
        // The parser once panicked on what a stranger wrote; a server must not.
        let parsed = catch_unwind(AssertUnwindSafe(|| {
            MessageParser::default().parse(octets).map(|message| Self::read(&message, octets))
        }));
        let as_it_is = || Self { text: String::from_utf8_lossy(octets).into_owned(), ..Self::default() };
        parsed.ok().flatten().unwrap_or_else(as_it_is)
    }

    fn read(message: &Message<'_>, octets: &[u8]) -> Self {
        let fields = message.headers().iter().map(|header| {
            let raw = octets.get(header.offset_start() as usize..header.offset_end() as usize).unwrap_or_default();
            (header.name().to_owned(), value(header.value(), raw))
        });
        let is_html = |part: &mail_parser::MessagePart<'_>| part.is_text_html();
        let html =
            message.html_body.first().and_then(|at| message.parts.get(*at as usize)).filter(|part| is_html(part));
        Self {
            fields: fields.collect(),
            text: message.body_text(0).unwrap_or_default().into_owned(),
            html: html.and_then(|_| message.body_html(0)).map(|html| html.into_owned()),
            attached: message.attachments().map(attached).collect(),
        }
    }
}

fn value(value: &HeaderValue<'_>, raw: &[u8]) -> String {
    match value {
        HeaderValue::Text(text) => text.clone().into_owned(),
        HeaderValue::Address(Address::List(list)) => {
            let addresses = list.iter().map(|one| match (&one.name, &one.address) {
                (Some(name), Some(address)) => format!("{name} <{address}>"),
                (name, address) => name.as_ref().or(address.as_ref()).map(ToString::to_string).unwrap_or_default(),
            });
            addresses.collect::<Vec<_>>().join(", ")
        }
        _ => String::from_utf8_lossy(raw).replace("\r\n", "").replace('\t', " ").trim().to_owned(),
    }
}

fn attached(part: &mail_parser::MessagePart<'_>) -> Attached {
    let kind = part.content_type().map(|kind| match kind.subtype() {
        Some(subtype) => format!("{}/{subtype}", kind.ctype()),
        None => kind.ctype().to_owned(),
    });
    Attached {
        name: part.attachment_name().unwrap_or("without a name").to_owned(),
        kind: kind.unwrap_or_else(|| "application/octet-stream".to_owned()),
        octets: part.contents().len(),
    }
}

/// Who sees it has a terminal that obeys control characters.
fn clean(text: &str) -> String {
    text.chars().map(|char| if char.is_control() && char != '\t' { '�' } else { char }).collect()
}

/// Some screens; the whole mail is in its file.
const MOST_LINES: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::tests::mail;
    use crate::wire::Content;

    #[test]
    fn a_mail_is_shown_with_its_envelope_and_decoded() {
        let mut mail = mail(&["bob@b.test", "eve@c.test"]);
        mail.content = Content::from_text(
            "From: =?utf-8?Q?Zo=C3=AB?= <zoe@a.test>\nSubject: =?utf-8?Q?Br=C3=B6tchen?=\nMIME-Version: 1.0\n\
             Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=utf-8\n\
             Content-Transfer-Encoding: quoted-printable\n\nHell=C3=B6 \u{1b}[31m\n--x\n\
             Content-Type: application/pdf\nContent-Disposition: attachment; filename=menu.pdf\n\nabc\n--x--\n",
        )
        .unwrap();
        let shown = text(&mail, Some(Path::new("/mail/new/1")));
        for part in [
            "\nmail 1 from <alice@shop.test> to <bob@b.test>, <eve@c.test>\n",
            "  From: Zoë <zoe@a.test>\n  Subject: Brötchen\n",
            "\n\n  Hellö �[31m\n",
            "  attached: menu.pdf (application/pdf, ",
            "  kept as /mail/new/1\n",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        let json: serde_json::Value = serde_json::from_str(&json(&mail, None)).unwrap();
        assert_eq!(json["mail"]["to"][1], "eve@c.test");
        assert_eq!(json["mail"]["header"][1][1], "Brötchen");
        assert_eq!(json["mail"]["attached"][0]["name"], "menu.pdf");
    }

    #[test]
    fn what_is_no_message_is_shown_as_it_is() {
        let mut mail = mail(&["bob@b.test"]);
        mail.content = Content::from_text("\nhello\n").unwrap();
        assert!(text(&mail, None).contains("  hello\n"));
        mail.content = Content::new(Vec::new()).unwrap();
        assert!(text(&mail, None).starts_with("\nmail 1 from "));
    }
}
