//! Notifications of what became of a mail (RFC 3464, RFC 6522; RFC 6533 beyond ASCII).

use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use toynet_machine::Time;

use crate::queue::Reason;
use crate::trace;
use crate::wire::content::ContentFault;
use crate::wire::parameter::{Original, Xtext};
use crate::wire::{Content, Enhanced, ForwardPath, Mailbox, Returned, ReversePath};

/// A mail of which its sender is to hear.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The host that tells.
    pub host: &'a str,
    /// What the notification will be called; no other mail may be called so.
    pub id: &'a str,
    /// Whom the mail is from.
    pub from: &'a ReversePath,
    /// When it arrived.
    pub arrived: Time,
    /// When its fate was known.
    pub now: Time,
    /// What its sender calls it.
    pub envid: Option<&'a Xtext>,
    /// How much of it comes back, where its sender has said so.
    pub ret: Option<Returned>,
    /// What became of it for whom; at least one.
    pub told: &'a [Told<'a>],
    /// The mail.
    pub content: &'a Content,
}

/// What became of a mail for one recipient.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// For whom.
    pub to: &'a ForwardPath,
    /// Whom it was for when it was handed in.
    pub original: Option<&'a Original>,
    /// What.
    pub what: What<'a>,
}

/// What became of a mail, as far as a sender hears of it (RFC 3464 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// It was given up.
    Failed(&'a Reason),
    /// It is in a mailbox.
    Delivered,
    /// It is with a server that tells no senders.
    Relayed,
}

/// Whom to notify, and with which message. Nobody when the mail was itself a notification: nobody
/// would want to hear of it, and two servers could notify each other for ever (RFC 5321 4.5.5).
pub fn notification<'a>(of: &Outcome<'a>) -> Option<Result<(&'a Mailbox, Content), ContentFault>> {
    match of.from {
        ReversePath::Null => None,
        ReversePath::Mailbox(sender) => Some(Content::new(compose(of, sender)).map(|content| (sender, content))),
    }
}

fn compose(of: &Outcome<'_>, sender: &Mailbox) -> Vec<u8> {
    let mut out = Vec::new();
    MessageBuilder::new()
        .header("Date", Raw::new(trace::date(of.now)))
        .header("Message-ID", Raw::new(format!("<{}@{}>", of.id, of.host)))
        .header("From", Raw::new(format!("Mail delivery <postmaster@{}>", of.host)))
        .header("To", Raw::new(sender.to_string()))
        .header(
            "Subject",
            Raw::new(if has_failed(of) { "Your mail was not delivered" } else { "Your mail was delivered" }),
        )
        .header("Auto-Submitted", Raw::new("auto-replied"))
        .body(report(of))
        .serialize(&mut out);
    out
}

/// RFC 6522 section 3: words for people, fields for programs, and what was sent.
fn report<'a>(of: &Outcome<'a>) -> MimePart<'a> {
    let kind = if is_ascii(of) { "delivery-status" } else { "global-delivery-status" };
    let content_type = ContentType::new("multipart/report")
        .attribute("report-type", kind)
        .attribute("boundary", format!("=_{}_{}", of.id, of.host));
    let words = MimePart::new(ContentType::new("text/plain").attribute("charset", "utf-8"), as_is(words(of)));
    let status = MimePart::new(format!("message/{kind}"), as_is(status(of)));
    let (ours, theirs) = (encoding(is_ascii(of)), encoding(of.content.is_seven_bit()));
    let parts =
        vec![words.transfer_encoding(ours), status.transfer_encoding(ours), returned(of).transfer_encoding(theirs)];
    // What contains a part beyond ASCII says so too (RFC 2045 6.4).
    MimePart::new(content_type, parts).transfer_encoding(ours.max(theirs))
}

fn encoding(is_ascii: bool) -> &'static str {
    if is_ascii { "7bit" } else { "8bit" }
}

fn as_is(text: String) -> BodyPart<'static> {
    BodyPart::Binary(text.into_bytes().into())
}

fn words(of: &Outcome<'_>) -> String {
    let mut text = format!("{} tells of your mail of {}:\r\n", of.host, trace::date(of.arrived));
    for Told { to, what, .. } in of.told {
        let what = match what {
            What::Failed(reason) => format!("could not be delivered: {}", line(&reason.text)),
            What::Delivered => "delivered".to_owned(),
            What::Relayed => "passed on to a server that does not tell more".to_owned(),
        };
        text.push_str(&format!("\r\n{to}\r\n  {what}\r\n"));
    }
    if has_failed(of) {
        text.push_str("\r\nIt will not be tried again.\r\n");
    }
    text
}

fn has_failed(of: &Outcome<'_>) -> bool {
    of.told.iter().any(|told| matches!(told.what, What::Failed(_)))
}

/// RFC 3464 2.2 and 2.3.
fn status(of: &Outcome<'_>) -> String {
    let mut text = String::new();
    if let Some(envid) = of.envid {
        text.push_str(&format!("Original-Envelope-Id: {}\r\n", line(&envid.decoded())));
    }
    text.push_str(&format!("Reporting-MTA: dns; {}\r\nArrival-Date: {}\r\n", of.host, trace::date(of.arrived)));
    of.told.iter().for_each(|told| text.push_str(&of_recipient(of, told)));
    text
}

fn of_recipient(of: &Outcome<'_>, told: &Told<'_>) -> String {
    let mut text = "\r\n".to_owned();
    if let Some(Original { kind, address }) = told.original {
        text.push_str(&format!("Original-Recipient: {kind}; {}\r\n", line(&address.decoded())));
    }
    let address = told.to.to_string();
    let address = address.trim_start_matches('<').trim_end_matches('>');
    let kind = if is_ascii(of) { "rfc822" } else { "utf-8" };
    let (action, status) = match told.what {
        What::Failed(reason) => ("failed", reason.status),
        What::Delivered => ("delivered", Enhanced(2, 0, 0)),
        What::Relayed => ("relayed", Enhanced(2, 0, 0)),
    };
    text.push_str(&format!("Final-Recipient: {kind}; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"));
    if let What::Failed(Reason { reply: Some((by, reply)), .. }) = told.what {
        text.push_str(&format!("Remote-MTA: dns; {by}\r\nDiagnostic-Code: smtp; {}\r\n", line(reply)));
    }
    text + &format!("Last-Attempt-Date: {}\r\n", trace::date(of.now))
}

/// The whole mail; its header when it is large, when its sender wants no more, and when nothing has failed
/// (RFC 3461 4.3).
fn returned<'a>(of: &Outcome<'a>) -> MimePart<'a> {
    let content = of.content;
    let is_whole = match of.ret {
        Some(Returned::Headers) => false,
        Some(Returned::Full) | None => has_failed(of) && content.octets().len() <= LARGEST_RETURNED,
    };
    let (kind, octets) = match is_whole {
        true => ("message/rfc822", content.octets()),
        false => ("text/rfc822-headers", content.header()),
    };
    MimePart::new(ContentType::new(kind), BodyPart::Binary(octets.into()))
}

fn is_ascii(of: &Outcome<'_>) -> bool {
    of.from.is_ascii() && of.told.iter().all(|told| told.to.is_ascii())
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

    #[test]
    fn who_asked_hears_of_success_and_by_the_names_that_they_gave() {
        let (from, to) =
            (ReversePath::parse("<alice@shop.test>").unwrap(), ForwardPath::parse("<carol@club.test>").unwrap());
        let (original, envid) =
            (Original::parse("rfc822;c+2Bx@club.test").unwrap(), Xtext::parse("order+3D7").unwrap());
        let told = [Told { to: &to, original: Some(&original), what: What::Delivered }];
        let content = Content::from_text("Subject: hi\n\nhello\n").unwrap();
        let outcome = Outcome { envid: Some(&envid), told: &told, ..outcome(&from, &content) };
        let content = notification(&outcome).unwrap().unwrap().1;
        let text = std::str::from_utf8(content.octets()).unwrap();
        for part in [
            "Subject: Your mail was delivered\r\n",
            "Original-Envelope-Id: order=7\r\nReporting-MTA",
            "Original-Recipient: rfc822; c+x@club.test\r\nFinal-Recipient: rfc822; carol@club.test\r\nAction: delivered\r\nStatus: 2.0.0\r\n",
            "text/rfc822-headers",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("hello"));
    }

    fn bounce(from: &str, text: &str) -> Option<Content> {
        let to = ForwardPath::parse("<carol@club.test>").unwrap();
        let reason = Reason {
            status: Enhanced(5, 1, 1),
            text: "mail.club.test said to RCPT: 550 5.1.1 who?".into(),
            reply: Some(("mail.club.test".into(), "550 5.1.1 who?".into())),
        };
        let told = [Told { to: &to, original: None, what: What::Failed(&reason) }];
        let (from, content) = (ReversePath::parse(from).unwrap(), Content::from_text(text).unwrap());
        notification(&Outcome { told: &told, ..outcome(&from, &content) }).map(|told| told.unwrap().1)
    }

    fn outcome<'a>(from: &'a ReversePath, content: &'a Content) -> Outcome<'a> {
        Outcome {
            host: "mail.shop.test",
            id: "7",
            from,
            arrived: Time::from_secs(1_767_225_600),
            now: Time::from_secs(1_767_657_600),
            envid: None,
            ret: None,
            told: &[],
            content,
        }
    }
}
