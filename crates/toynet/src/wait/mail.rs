//! Whether a mail has come: a server of its domain took it, which the record tells.

use std::collections::BTreeMap;

use serde_json::Value;
use toynet_lab::control::Client;
use toynet_lab::run::{Clock, FlowId, Side, Time};
use toynet_view::{Story, Told, What};

use super::Lack;
use crate::exit::Exit;
use crate::live;

/// Reads the record until it tells of a mail to the address `to`, and says when that came.
pub(super) async fn come(
    mut record: Client,
    status: &Value,
    to: &str,
    (clock, began): (Clock, Time),
    so_far: &mut Option<String>,
) -> Result<String, Lack> {
    let mut inbox = Inbox::new(to, servers_of(status, to)?);
    let mut story = Story::new(record.record(true).await?, live::dissectors(), false);
    *so_far = Some(format!("no mail to {to} has come"));
    let mut come = None;
    while let Some((journal, _)) = record.entries().await? {
        let mut hear = |told: Told| {
            come = come.take().or_else(|| inbox.hear(&told));
        };
        journal.entries().for_each(|entry| story.read(&entry, &mut hear));
        story.pass(clock.now(), &mut hear);
        if let Some((time, server)) = come {
            let when = if time < began { "was there already" } else { "has come" };
            return Ok(format!("a mail to {to} {when}, on {server}\n"));
        }
    }
    Err(Lack::Yet("the lab has ended".to_owned()))
}

/// The hosts that take mail of the address's domain.
fn servers_of(status: &Value, to: &str) -> Result<Vec<String>, Lack> {
    let never = |why: String| Lack::Ever(Exit::misused(format!("toynet: {why}")));
    let domain = to.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty());
    let domain = domain.ok_or_else(|| never(format!("{to} is no mail address; it is like bob@club.test")))?;
    let takes = |host: &&Value| {
        let domains = host["mail_domains"].as_array().into_iter().flatten();
        domains.filter_map(Value::as_str).any(|known| known.eq_ignore_ascii_case(domain))
    };
    let hosts = status["hosts"].as_array().into_iter().flatten().filter(takes);
    let servers: Vec<String> = hosts.filter_map(|host| host["name"].as_str().map(str::to_owned)).collect();
    if servers.is_empty() { Err(never(format!("no host of the lab takes mail for {domain}"))) } else { Ok(servers) }
}

/// What is known of the mails that are being handed to some servers.
struct Inbox<'a> {
    to: &'a str,
    servers: Vec<String>,
    mails: BTreeMap<(FlowId, u64), Mail>,
}

/// A mail that is being handed over: each command has its reply, in order (RFC 5321 2.4, RFC 2920).
#[derive(Default)]
struct Mail {
    /// For each command, whether it names the recipient that is waited for.
    named: Vec<bool>,
    /// For each reply, whether it is a refusal.
    refused: Vec<bool>,
}

impl<'a> Inbox<'a> {
    fn new(to: &'a str, servers: Vec<String>) -> Self {
        Self { to, servers, mails: BTreeMap::new() }
    }

    /// When and where the recipient's mail was taken, if it was by what is told.
    fn hear(&mut self, told: &Told) -> Option<(Time, String)> {
        let server = told.flow.acceptor.host.as_ref().filter(|host| self.servers.contains(host))?;
        let What::Message { message, took } = &told.what else { return None };
        if told.protocol != "smtp" {
            return None;
        }
        let key = (told.flow.id, told.exchange);
        if self.mails.len() > MOST_MAILS {
            self.mails.pop_first();
        }
        let mail = self.mails.entry(key).or_default();
        if message.by == Side::Initiator {
            mail.named.push(recipient(&message.summary).is_some_and(|named| named.eq_ignore_ascii_case(self.to)));
            return None;
        }
        mail.refused.push(message.failed);
        // Only what ends an exchange took its time.
        if took.is_none() {
            return None;
        }
        let mail = self.mails.remove(&key)?;
        let is_taken =
            !message.failed && mail.named.iter().zip(mail.refused).any(|(named, refused)| *named && !refused);
        is_taken.then(|| (message.time, server.clone()))
    }
}

/// Whom a command RCPT names (RFC 5321 4.1.1.3).
fn recipient(command: &str) -> Option<&str> {
    let (verb, rest) = command.split_at_checked(RCPT.len())?;
    let path = rest.trim_start().strip_prefix('<').filter(|_| verb.eq_ignore_ascii_case(RCPT))?;
    Some(path.split('>').next().unwrap_or(path))
}

const RCPT: &str = "RCPT TO:";
/// More than a server of the lab takes at the same time; what is older was given up in its middle.
const MOST_MAILS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_read_out_of_its_command() {
        assert_eq!(recipient("RCPT TO:<bob@club.test> NOTIFY=NEVER"), Some("bob@club.test"));
        assert_eq!(recipient("rcpt to: <bob@club.test>"), Some("bob@club.test"));
        assert_eq!(recipient("MAIL FROM:<bob@club.test>"), None);
        assert_eq!(recipient("RCPT TO:"), None);
    }
}
