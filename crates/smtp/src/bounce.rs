//! Notifications of what could not be delivered (RFC 3464, RFC 6522; RFC 6533 beyond ASCII).

use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use toynet_machine::Time;

use crate::queue::Reason;
use crate::trace;
use crate::wire::content::ContentFault;
use crate::wire::{Content, ForwardPath, Mailbox, ReversePath};

/// A mail of which some recipients cannot be reached.
#[derive(Clone, Copy, Debug)]
pub struct Undelivered<'a> {
    /// The host that gives up.
    pub host: &'a str,
    /// What the notification will be called; no other mail may be called so.
    pub id: &'a str,
    /// Whom the mail is from.
    pub from: &'a ReversePath,
    /// When it arrived.
    pub arrived: Time,
    /// When it was given up.
    pub now: Time,
    /// Who was not reached, and why; at least one.
    pub failed: &'a [(&'a ForwardPath, &'a Reason)],
    /// The mail.
    pub content: &'a Content,
}

/// Whom to notify, and with which message. Nobody when the mail was itself a notification: nobody
/// would want to hear of it, and two servers could notify each other for ever (RFC 5321 4.5.5).
pub fn notification<'a>(of: &Undelivered<'a>) -> Option<Result<(&'a Mailbox, Content), ContentFault>> {
    match of.from {
        ReversePath::Null => None,
        ReversePath::Mailbox(sender) => Some(Content::new(compose(of, sender)).map(|content| (sender, content))),
    }
}

fn compose(of: &Undelivered<'_>, sender: &Mailbox) -> Vec<u8> {
    let mut out = Vec::new();
    MessageBuilder::new()
        .header("Date", Raw::new(trace::date(of.now)))
        .header("Message-ID", Raw::new(format!("<{}@{}>", of.id, of.host)))
        .header("From", Raw::new(format!("Mail delivery <postmaster@{}>", of.host)))
        .header("To", Raw::new(sender.to_string()))
        .header("Subject", Raw::new("Your mail was not delivered"))
        .header("Auto-Submitted", Raw::new("auto-replied"))
        .body(report(of))
        .serialize(&mut out);
    out
}

/// RFC 6522 section 3: words for people, fields for programs, and what was sent.
fn report<'a>(of: &Undelivered<'a>) -> MimePart<'a> {
    let kind = if is_ascii(of) { "delivery-status" } else { "global-delivery-status" };
    let content_type = ContentType::new("multipart/report")
        .attribute("report-type", kind)
        .attribute("boundary", format!("=_{}_{}", of.id, of.host));
    let words = MimePart::new(ContentType::new("text/plain").attribute("charset", "utf-8"), as_is(words(of)));
    let status = MimePart::new(format!("message/{kind}"), as_is(status(of)));
    let (ours, theirs) = (encoding(is_ascii(of)), encoding(of.content.is_seven_bit()));
    let parts = vec![
        words.transfer_encoding(ours),
        status.transfer_encoding(ours),
        returned(of.content).transfer_encoding(theirs),
    ];
    // What contains a part beyond ASCII says so too (RFC 2045 6.4).
    MimePart::new(content_type, parts).transfer_encoding(ours.max(theirs))
}

fn encoding(is_ascii: bool) -> &'static str {
    if is_ascii { "7bit" } else { "8bit" }
}

fn as_is(text: String) -> BodyPart<'static> {
    BodyPart::Binary(text.into_bytes().into())
}

fn words(of: &Undelivered<'_>) -> String {
    let mut text = format!("{} could not deliver your mail of {} to:\r\n", of.host, trace::date(of.arrived));
    for (to, reason) in of.failed {
        text.push_str(&format!("\r\n{to}\r\n  {}\r\n", line(&reason.text)));
    }
    text.push_str("\r\nIt will not be tried again.\r\n");
    text
}

/// RFC 3464 2.2 and 2.3.
fn status(of: &Undelivered<'_>) -> String {
    let mut text = format!("Reporting-MTA: dns; {}\r\nArrival-Date: {}\r\n", of.host, trace::date(of.arrived));
    let kind = if is_ascii(of) { "rfc822" } else { "utf-8" };
    for (to, reason) in of.failed {
        let address = to.to_string();
        let address = address.trim_start_matches('<').trim_end_matches('>');
        text.push_str(&format!(
            "\r\nFinal-Recipient: {kind}; {address}\r\nAction: failed\r\nStatus: {}\r\n",
            reason.status
        ));
        if let Some((by, reply)) = &reason.reply {
            text.push_str(&format!("Remote-MTA: dns; {by}\r\nDiagnostic-Code: smtp; {}\r\n", line(reply)));
        }
        text.push_str(&format!("Last-Attempt-Date: {}\r\n", trace::date(of.now)));
    }
    text
}

/// The whole mail, or its header when it is large.
fn returned(content: &Content) -> MimePart<'_> {
    let (kind, octets) = match content.octets().len() {
        ..=LARGEST_RETURNED => ("message/rfc822", content.octets()),
        _ => ("text/rfc822-headers", content.header()),
    };
    MimePart::new(ContentType::new(kind), BodyPart::Binary(octets.into()))
}

fn is_ascii(of: &Undelivered<'_>) -> bool {
    of.from.is_ascii() && of.failed.iter().all(|(to, _)| to.is_ascii())
}

/// What a stranger said, on one line that fits (RFC 5322 2.1.1).
fn line(text: &str) -> String {
    let printable = |char: char| if char.is_ascii_graphic() || char == ' ' { char } else { '?' };
    text.chars().take(LONGEST_QUOTE).map(printable).collect()
}

/// As Postfix (bounce_size_limit): who sent more has it still.
const LARGEST_RETURNED: usize = 50_000;
/// Leaves room for the field's name in a line of 998 octets.
const LONGEST_QUOTE: usize = 900;

#[cfg(test)]
mod tests {
    use mail_parser::{MessageParser, MimeHeaders};

    use super::*;
    use crate::wire::Enhanced;

    #[test]
    fn a_notification_has_words_fields_and_the_mail() {
        let content = bounce("<alice@shop.test>", "Subject: hi\n\nhello\n").unwrap();
        let message = MessageParser::default().parse(content.octets()).unwrap();
        assert_eq!(message.content_type().unwrap().subtype(), Some("report"));
        assert_eq!(message.parts.len(), 4);
        let text = std::str::from_utf8(content.octets()).unwrap();
        for part in [
            "To: alice@shop.test\r\n",
            "Auto-Submitted: auto-replied\r\n",
            "Final-Recipient: rfc822; carol@club.test\r\nAction: failed\r\nStatus: 5.1.1\r\n",
            "Remote-MTA: dns; mail.club.test\r\nDiagnostic-Code: smtp; 550 5.1.1 who?\r\n",
            "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSubject: hi\r\n\r\nhello\r\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert_eq!(Some(content), bounce("<alice@shop.test>", "Subject: hi\n\nhello\n"));
    }

    #[test]
    fn nobody_is_notified_of_a_notification() {
        assert_eq!(bounce("<>", "Subject: hi\n"), None);
    }

    #[test]
    fn of_a_large_mail_the_header_comes_back() {
        let content = bounce("<alice@shop.test>", &format!("Subject: hi\n\n{}", "hello\n".repeat(10_000))).unwrap();
        assert!(content.octets().len() < 5_000);
        assert!(content.octets().windows(20).any(|part| part == b"text/rfc822-headers\r"));
    }

    #[test]
    fn addresses_beyond_ascii_have_their_own_kind() {
        let content = bounce("<zoë@shop.test>", "Subject: hi\n").unwrap();
        let text = std::str::from_utf8(content.octets()).unwrap();
        assert!(text.contains("message/global-delivery-status") && text.contains("To: zoë@shop.test\r\n"), "{text}");
    }

    fn bounce(from: &str, text: &str) -> Option<Content> {
        let to = ForwardPath::parse("<carol@club.test>").unwrap();
        let reason = Reason {
            status: Enhanced(5, 1, 1),
            text: "mail.club.test said to RCPT: 550 5.1.1 who?".into(),
            reply: Some(("mail.club.test".into(), "550 5.1.1 who?".into())),
        };
        let undelivered = Undelivered {
            host: "mail.shop.test",
            id: "7",
            from: &ReversePath::parse(from).unwrap(),
            arrived: Time::from_secs(1_767_225_600),
            now: Time::from_secs(1_767_657_600),
            failed: &[(&to, &reason)],
            content: &Content::from_text(text).unwrap(),
        };
        notification(&undelivered).map(|told| told.unwrap().1)
    }
}
