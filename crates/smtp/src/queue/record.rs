//! What is written down of the queue: each mail once, and each change of a recipient's state.
//!
//! A record is a head of one line, `toynet-mail 1 LENGTH CHECKSUM`, and a body: lines of fields, an
//! empty line, and for a mail its content. A record that was cut off by a crash is known by its
//! checksum, and nothing after it counts: nobody was told that it was kept.

use std::collections::BTreeMap;

use toynet_machine::Time;

use super::{Mail, Reason, Recipient, State};
use crate::wire::{Content, Enhanced, ForwardPath, MailParameters, RcptParameters, ReversePath};

/// One thing that happened to the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A mail was taken.
    Taken(Mail),
    /// What became of a mail for one recipient.
    Changed {
        /// The mail.
        id: String,
        /// The recipient, from 0.
        number: usize,
        /// What.
        state: State,
    },
}

/// Appends a record.
pub fn write(record: &Record, out: &mut Vec<u8>) {
    let body = match record {
        Record::Taken(mail) => mail_body(mail),
        Record::Changed { id, number, state } => {
            format!("changed {id}\nrecipient {number}\n{}\n", state_text(state)).into_bytes()
        }
    };
    out.extend_from_slice(format!("{MAGIC} {} {:016x}\n", body.len(), checksum(&body)).as_bytes());
    out.extend_from_slice(&body);
}

/// Reads all records up to the first that is not whole.
pub fn read(mut octets: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some((record, rest)) = read_one(octets) {
        records.push(record);
        octets = rest;
    }
    records
}

/// The mails that are still in the queue after all that happened, in the order of their coming.
pub fn open_mails(records: Vec<Record>) -> Vec<Mail> {
    let (mut mails, mut order) = (BTreeMap::new(), Vec::new());
    for record in records {
        match record {
            Record::Taken(mail) => {
                order.push(mail.id.clone());
                mails.insert(mail.id.clone(), mail);
            }
            Record::Changed { id, number, state } => {
                let recipient = mails.get_mut(&id).and_then(|mail| mail.recipients.get_mut(number));
                recipient.into_iter().for_each(|recipient| recipient.state = state.clone());
            }
        }
    }
    order.into_iter().filter_map(|id| mails.remove(&id)).filter(|mail| mail.due().is_some()).collect()
}

fn mail_body(mail: &Mail) -> Vec<u8> {
    let mut text = format!("mail {}\nfrom {}\narrived {}\n", mail.id, mail.from, mail.arrived.nanos());
    if mail.smtputf8 {
        text.push_str("smtputf8\n");
    }
    let (ret, envid) = (mail.ret, mail.envid.clone());
    let parameters = MailParameters { ret, envid, ..MailParameters::default() }.to_string();
    if !parameters.is_empty() {
        text.push_str(&format!("parameters{parameters}\n"));
    }
    for Recipient { to, wish, state } in &mail.recipients {
        text.push_str(&format!("to {to}\n"));
        if *wish != RcptParameters::default() {
            text.push_str(&format!("wish{wish}\n"));
        }
        text.push_str(&state_text(state));
    }
    text.push('\n');
    [text.as_bytes(), mail.content.octets()].concat()
}

fn state_text(state: &State) -> String {
    match state {
        State::Fresh => "fresh\n".to_owned(),
        State::Delivered => "delivered\n".to_owned(),
        State::Deferred { attempts, until, why } => {
            format!("deferred {attempts} {}\n{}", until.nanos(), reason_text(why))
        }
        State::Failed(why) => format!("failed\n{}", reason_text(why)),
    }
}

fn reason_text(why: &Reason) -> String {
    let mut text = format!("status {}\nwhy {}\n", why.status, one_line(&why.text));
    if let Some((by, reply)) = &why.reply {
        text.push_str(&format!("by {}\nreply {}\n", one_line(by), one_line(reply)));
    }
    text
}

fn one_line(text: &str) -> String {
    text.replace(char::is_control, "?")
}

fn read_one(octets: &[u8]) -> Option<(Record, &[u8])> {
    let end = memchr::memchr(b'\n', octets)?;
    let head = std::str::from_utf8(&octets[..end]).ok()?.strip_prefix(MAGIC)?;
    let (length, sum) = head.strip_prefix(' ')?.split_once(' ')?;
    let (body, rest) = octets[end + 1..].split_at_checked(length.parse().ok()?)?;
    if u64::from_str_radix(sum, 16).ok()? != checksum(body) {
        return None;
    }
    Some((read_body(body)?, rest))
}

fn read_body(body: &[u8]) -> Option<Record> {
    let end = memchr::memmem::find(body, b"\n\n")?;
    let mut lines = Lines(std::str::from_utf8(&body[..end]).ok()?.lines().collect());
    lines.0.reverse();
    if let Some(id) = lines.take("mail") {
        return read_mail(id, lines, &body[end + 2..]).map(Record::Taken);
    }
    let id = lines.take("changed")?.to_owned();
    let number = lines.take("recipient")?.parse().ok()?;
    Some(Record::Changed { id, number, state: lines.state()? })
}

fn read_mail(id: &str, mut lines: Lines<'_>, content: &[u8]) -> Option<Mail> {
    let from = ReversePath::parse(lines.take("from")?).ok()?;
    let arrived = Time::from_nanos(lines.take("arrived")?.parse().ok()?);
    let smtputf8 = lines.take("smtputf8").is_some();
    let parameters = lines.take("parameters").map_or(String::new(), |text| format!(" {text}"));
    let MailParameters { ret, envid, .. } = MailParameters::parse(&parameters).ok()?;
    let mut recipients = Vec::new();
    while let Some(to) = lines.take("to") {
        let wish = lines.take("wish").map_or(String::new(), |text| format!(" {text}"));
        let (to, wish) = (ForwardPath::parse(to).ok()?, RcptParameters::parse(&wish).ok()?);
        recipients.push(Recipient { to, wish, state: lines.state()? });
    }
    let content = Content::new(content.to_vec()).ok()?;
    Some(Mail { id: id.to_owned(), from, arrived, smtputf8, ret, envid, cause: None, recipients, content })
}

/// The lines of a body, last first.
struct Lines<'a>(Vec<&'a str>);

impl<'a> Lines<'a> {
    /// The rest of the next line if it begins with this word.
    fn take(&mut self, word: &str) -> Option<&'a str> {
        let rest = self.0.last()?.strip_prefix(word)?;
        let rest = if rest.is_empty() { rest } else { rest.strip_prefix(' ')? };
        self.0.pop();
        Some(rest)
    }

    fn state(&mut self) -> Option<State> {
        if self.take("fresh").is_some() {
            return Some(State::Fresh);
        }
        if self.take("delivered").is_some() {
            return Some(State::Delivered);
        }
        if let Some(deferred) = self.take("deferred") {
            let (attempts, until) = deferred.split_once(' ')?;
            let until = Time::from_nanos(until.parse().ok()?);
            return Some(State::Deferred { attempts: attempts.parse().ok()?, until, why: self.reason()? });
        }
        self.take("failed")?;
        self.reason().map(State::Failed)
    }

    fn reason(&mut self) -> Option<Reason> {
        let status = Enhanced::parse(self.take("status")?)?;
        let text = self.take("why")?.to_owned();
        let by = self.take("by");
        let reply = by.and_then(|by| Some((by.to_owned(), self.take("reply")?.to_owned())));
        Some(Reason { status, text, reply })
    }
}

/// FNV-1a, 64 bits (draft-eastlake-fnv): a torn write is no adversary.
fn checksum(octets: &[u8]) -> u64 {
    let step = |hash: u64, octet: &u8| (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3);
    octets.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

const MAGIC: &str = "toynet-mail 1";

#[cfg(test)]
mod tests {
    use super::super::tests::mail;
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        let records = story();
        assert_eq!(read(&written(&records)), records);
    }

    #[test]
    fn a_record_that_was_cut_off_and_all_after_it_do_not_count() {
        let records = story();
        let (whole, first) = (written(&records), written(&records[..1]));
        for length in first.len()..whole.len() {
            let found = read(&whole[..length]);
            assert!(!found.is_empty() && found.len() < records.len());
            assert_eq!(found, records[..found.len()]);
        }
        let mut spoilt = whole;
        let at = first.len() - 2;
        spoilt[at] ^= 1;
        assert_eq!(read(&spoilt), []);
    }

    #[test]
    fn what_is_settled_is_not_open() {
        assert_eq!(open_mails(story()[..3].to_vec()).len(), 1);
        assert_eq!(open_mails(story()).len(), 0);
    }

    fn story() -> Vec<Record> {
        let why = Reason { status: Enhanced(4, 4, 1), text: "b.test cannot be reached: no".into(), reply: None };
        let reply = Some(("b.test".into(), "550 5.1.1 who".into()));
        let mut mail = mail(&["a@b.test", "\"c d\"@e.test"]);
        mail.smtputf8 = true;
        mail.ret = Some(crate::wire::Returned::Headers);
        mail.recipients[1].wish = RcptParameters::parse(" NOTIFY=NEVER ORCPT=rfc822;x@y").unwrap();
        let changed = |number, state| Record::Changed { id: mail.id.clone(), number, state };
        vec![
            Record::Taken(mail.clone()),
            changed(0, State::Delivered),
            changed(1, State::Deferred { attempts: 2, until: Time::from_secs(5), why: why.clone() }),
            changed(1, State::Failed(Reason { reply, ..why })),
        ]
    }

    fn written(records: &[Record]) -> Vec<u8> {
        let mut out = Vec::new();
        records.iter().for_each(|record| write(record, &mut out));
        out
    }
}
