//! Mails as a file that mail programs read: mbox, in the form that loses nothing (mboxrd).
//!
//! Each mail that a server took follows on a line `From `, the reverse-path and when that was (RFC 4155), with LF at the
//! end of its lines. A line that begins with `From `, or with that behind any number of `>`, gets one more `>`.

use mail_builder::headers::date::Date;
use toynet_machine::Time;
use toynet_record::dissect::{Carried, Role};
use toynet_record::export::{Account, Exchange};
use toynet_record::{Export, Message, Side};

use crate::dissect::REVERSE_PATH;

/// Writes mails as mbox.
#[derive(Debug, Default)]
pub struct Mbox {
    account: Account,
}

impl Export for Mbox {
    fn exchange(&mut self, exchange: &Exchange<'_>, out: &mut Vec<u8>) {
        let Some(accepted) = accepted(exchange.messages) else { return };
        let Some(from) = exchange.messages.iter().find_map(reverse_path) else { return };
        let contents: Vec<&Carried> = contents(exchange.messages).collect();
        let is_whole = contents.iter().all(|content| content.is_whole);
        self.account.written += 1;
        self.account.cut += u64::from(!is_whole);
        let from = if from.is_empty() { "MAILER-DAEMON".to_owned() } else { from.replace(' ', "_") };
        out.extend_from_slice(format!("From {from} {}\n", asctime(accepted.time)).as_bytes());
        if !is_whole {
            out.extend_from_slice(missing(&contents).as_bytes());
        }
        let content: Vec<u8> = contents.iter().flat_map(|content| &content.content).copied().collect();
        quote(&content, out);
        out.push(b'\n');
    }

    fn finish(&mut self, _: &mut Vec<u8>) {}

    fn account(&self) -> Account {
        self.account
    }
}

/// The reply that a server said to the end of the content and by which it took the mail.
fn accepted(messages: &[Message]) -> Option<&Message> {
    let answer = messages.iter().rfind(|message| message.role == Role::Answer && !message.failed)?;
    let last = messages.iter().rfind(|message| message.by == Side::Initiator)?;
    // What is answered may be RSET.
    is_content(last).then_some(answer)
}

fn reverse_path(message: &Message) -> Option<&str> {
    message.carried.as_ref()?.value(REVERSE_PATH)
}

/// The content, which may have come in chunks (RFC 3030).
fn contents(messages: &[Message]) -> impl Iterator<Item = &Carried> {
    messages.iter().filter(|message| is_content(message)).filter_map(|message| message.carried.as_deref())
}

fn is_content(message: &Message) -> bool {
    message.carried.as_ref().is_some_and(|carried| carried.fields.is_empty())
}

/// A field that says so in front of a mail of which not all was recorded.
fn missing(contents: &[&Carried]) -> String {
    let kept: usize = contents.iter().map(|content| content.content.len()).sum();
    let length: u64 = contents.iter().map(|content| content.length).sum();
    format!("X-Toynet-Recorded: {kept} of {length} octets\n")
}

fn quote(content: &[u8], out: &mut Vec<u8>) {
    for line in content.split_inclusive(|octet| *octet == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let behind_marks = text.iter().position(|octet| *octet != b'>').unwrap_or(0);
        if text[behind_marks..].starts_with(b"From ") {
            out.push(b'>');
        }
        out.extend_from_slice(text);
        out.push(b'\n');
    }
}

/// `Thu Jan  1 00:00:00 1970`, in UTC.
fn asctime(time: Time) -> String {
    let date = Date::new(time.secs().cast_signed()).to_rfc822();
    let [weekday, day, month, year, clock] = [0, 1, 2, 3, 4].map(|part| date.split(' ').nth(part).unwrap_or_default());
    format!("{} {month} {day:>2} {clock} {year}", weekday.trim_end_matches(','))
}

/// mbox at the command line.
#[cfg(feature = "io")]
pub(crate) const FORM: toynet_service::Form = toynet_service::Form {
    name: "mbox",
    about: "the mails that servers took, as mail programs read them",
    piece: ("mail", "mails"),
    begin: |_| Box::new(Mbox::default()),
};

#[cfg(test)]
mod tests {
    use toynet_record::dissect::{Dissector, FlowInfo, Said};
    use toynet_record::{Flow, FlowId, Party, Transport};

    use super::*;
    use crate::dissect::SmtpDissector;

    #[test]
    fn a_mail_that_was_taken_follows_on_its_envelope() {
        let content = "Subject: hi\r\n\r\nFrom me\r\n>From you\r\n..dot\r\n.\r\n";
        let text = mbox(&[
            "MAIL FROM:<a@b.test>\r\n",
            "250 ok\r\n",
            "RCPT TO:<c@d.test>\r\n",
            "250 ok\r\n",
            "DATA\r\n",
            "354 go\r\n",
            content,
            "250 ok\r\n",
        ]);
        assert_eq!(text, "From a@b.test Sat Jan  3 00:00:00 1970\nSubject: hi\n\n>From me\n>>From you\n.dot\n\n");
    }

    #[test]
    fn chunks_are_one_mail_and_a_notification_has_no_sender() {
        let text = mbox(&[
            "MAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nBDAT 5\r\nA: b\r",
            "250 ok\r\n250 ok\r\n250 ok\r\n",
            "BDAT 4 LAST\r\n\n.\r\n",
            "250 ok\r\n",
        ]);
        assert_eq!(text, "From MAILER-DAEMON Sat Jan  3 00:00:00 1970\nA: b\n.\n\n");
    }

    #[test]
    fn what_was_refused_or_given_up_is_no_mail() {
        let begun =
            ["MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nBDAT 4\r\na\r\n\r", "250 ok\r\n250 ok\r\n250 ok\r\n"];
        assert_eq!(mbox(&[&begun[..], &["RSET\r\n", "250 ok\r\n"]].concat()), "");
        assert_eq!(mbox(&[&begun[..], &["BDAT 1 LAST\r\n\n", "550 no\r\n"]].concat()), "");
    }

    /// What becomes of turns, the first of which is the client's.
    fn mbox(turns: &[&str]) -> String {
        let info = FlowInfo {
            stream: None,
            transport: Transport::Tcp,
            port: 25,
            joined_late: false,
            explain: false,
            whole: true,
        };
        let (mut dissector, mut messages) = (SmtpDissector::new(info), Vec::new());
        let greeting = (Side::Acceptor, "220 hello\r\n");
        let sides = [Side::Initiator, Side::Acceptor].into_iter().cycle();
        for (by, text) in [greeting].into_iter().chain(sides.zip(turns.iter().copied())) {
            dissector.said(Said { by, time: Time::from_secs(2 * 86400), octets: text.as_bytes() }, &mut messages);
        }
        messages.retain(|message| message.exchange == 1);
        let party = || Party { host: None, address: ([127, 0, 0, 1], 25).into() };
        let flow = Flow {
            stream: None,
            id: FlowId(1),
            transport: Transport::Tcp,
            initiator: party(),
            acceptor: party(),
            cause: None,
            opened: Time::default(),
            joined_late: false,
        };
        let (mut out, mut mbox) = (Vec::new(), Mbox::default());
        mbox.exchange(
            &Exchange { flow: &flow, secured: None, looked_up: None, messages: &messages, left_out: 0, failure: None },
            &mut out,
        );
        String::from_utf8(out).unwrap()
    }
}
