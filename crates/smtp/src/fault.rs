//! What a mail server can do wrong on purpose. Nothing else in this crate knows of it but one call in `server`.
//!
//! - [`words`]: the words for it in a lab file; `glob`: which addresses are meant
//! - `faulty`: a server's machine with faults at its edge

mod faulty;
mod glob;
mod words;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use toynet_machine::Time;
use toynet_service::fault::Never;
use toynet_service::{FaultWords, What};

use crate::wire::Reply;
pub(crate) use faulty::Faulty;
use glob::Glob;

/// The words that a lab file has for it.
pub const WORDS: FaultWords = FaultWords { read: words::read, kinds: words::KINDS, tls: true };

/// Something that is done wrong.
#[derive(Debug, Default)]
struct SmtpFault {
    /// Only here.
    stage: Option<Stage>,
    /// Only in mails from these.
    sender: Option<Glob>,
    /// Only in mails to these.
    recipient: Option<Glob>,
    /// How late the reply comes, whatever it is.
    delay: Duration,
    wrong: Option<Wrong>,
}

/// What is done wrong.
#[derive(Debug)]
enum Wrong {
    /// This reply, and what was asked for is not done.
    Reply(Reply),
    /// The connection ends in place of a reply; what was asked for is done.
    Drop,
    /// It ends in the middle of one.
    Half,
    /// Lines end with LF alone.
    BareLf,
    /// The answer to EHLO lacks this keyword.
    Withhold(String),
    /// A recipient is put off until so long after the first attempt.
    Greylist(Duration, Seen),
}

/// Where in a conversation a reply stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    /// The greeting.
    Connect,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    /// The command DATA.
    Data,
    /// After the final dot, or the last chunk.
    Content,
    Quit,
}

impl Stage {
    fn knows_sender(self) -> bool {
        matches!(self, Stage::Mail | Stage::Quit) || self.knows_recipients()
    }

    fn knows_recipients(self) -> bool {
        matches!(self, Stage::Rcpt | Stage::Data | Stage::Content | Stage::Quit)
    }
}

/// Why a server with or without TLS and users can never commit a fault.
pub(crate) fn never(fault: &What, has_tls: bool, has_users: bool) -> Option<Never> {
    if !has_tls && let Some(never) = Never::without_tls(fault) {
        return Some(never);
    }
    let fault = fault.downcast_ref::<SmtpFault>()?;
    let concerns = |stage, keyword: &str| {
        fault.stage == Some(stage) || matches!(&fault.wrong, Some(Wrong::Withhold(withheld)) if withheld == keyword)
    };
    if !has_tls && concerns(Stage::StartTls, "STARTTLS") {
        return Some(Never::new("never offers STARTTLS", "write `tls = true` in its table"));
    }
    let is_of_users = !has_users && concerns(Stage::Auth, "AUTH");
    is_of_users.then(|| Never::new("never offers AUTH", "give it `users`, as in `users = { alice = \"secret\" }`"))
}

/// What a client has said so far of its mail.
#[derive(Clone, Debug, Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

impl SmtpFault {
    fn fits(&self, stage: Stage, envelope: &Envelope, now: Time, peer: IpAddr) -> bool {
        let to = match stage {
            Stage::Rcpt => &envelope.to[envelope.to.len().saturating_sub(1)..],
            _ => &envelope.to[..],
        };
        self.stage.is_none_or(|wanted| wanted == stage)
            && self.sender.as_ref().is_none_or(|sender| envelope.from.as_ref().is_some_and(|from| sender.fits(from)))
            && self.recipient.as_ref().is_none_or(|recipient| to.iter().any(|to| recipient.fits(to)))
            && match &self.wrong {
                Some(Wrong::Greylist(wait, seen)) => seen.is_early(*wait, now, peer, envelope),
                _ => true,
            }
    }
}

/// When who first tried to send what to whom.
#[derive(Debug, Default)]
struct Seen(Mutex<BTreeMap<(IpAddr, String, String), Time>>);

impl Seen {
    /// Whether it is too soon for the recipient that was named last.
    fn is_early(&self, wait: Duration, now: Time, peer: IpAddr, envelope: &Envelope) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let to = envelope.to.last().cloned().unwrap_or_default();
        let key = (peer, envelope.from.clone().unwrap_or_default(), to);
        if seen.len() >= MOST_SEEN && !seen.contains_key(&key) {
            seen.pop_first();
        }
        let first = *seen.entry(key).or_insert(now);
        now - first < wait
    }
}

/// What a lab's mails come to, and a mebibyte at most.
const MOST_SEEN: usize = 4096;
