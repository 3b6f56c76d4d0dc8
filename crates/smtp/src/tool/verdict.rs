//! What came of it, for each recipient.

use serde_json::{Value, json};
use toynet_service::{Ending, How};

use super::wish::Wish;
use crate::fate::{Delivery, Fate, Trouble};
use crate::wire::{ForwardPath, Reply};

/// What became of the mail for one recipient.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub to: ForwardPath,
    /// Who said it, if anybody was reached.
    pub server: Option<String>,
    pub fate: Fate,
}

/// What became of it for all of them.
#[derive(Debug, Default)]
pub(super) struct Verdicts(Vec<Verdict>);

impl Verdicts {
    pub fn add(&mut self, verdicts: Vec<Verdict>) {
        self.0.extend(verdicts);
    }

    /// The worst of it is how the errand ended. What the conversation has shown is told again only when it
    /// was not shown.
    pub fn ending(&self, is_told: bool) -> Ending {
        let worst = self.0.iter().map(how).max_by_key(|how| RANKS.iter().position(|rank| rank == how));
        let found = self.0.iter().find(|verdict| Some(how(verdict)) == worst);
        let ending = match (worst, found) {
            (None, _) | (_, None) => Ending::done("nothing was sent"),
            (Some(How::Done), Some(verdict)) => Ending::done(format!("{}: {}", self.count(), words(&verdict.fate))),
            (Some(How::Unanswered), Some(verdict)) => Ending::unanswered(words(&verdict.fate)),
            (Some(_), Some(Verdict { to, fate, .. })) => Ending::refused(format!("{to}: {}", words(fate))),
        };
        if is_told { ending } else { ending.quietly() }
    }

    pub fn json(&self, wish: &Wish) -> Value {
        let recipients: Vec<Value> = self.0.iter().map(of_recipient).collect();
        json!({ "from": bare(&wish.from.to_string()), "octets": wish.content.octets().len(), "recipients": recipients })
    }

    fn count(&self) -> String {
        match self.0.len() {
            1 => "1 recipient".to_owned(),
            count => format!("{count} recipients"),
        }
    }
}

fn how(verdict: &Verdict) -> How {
    match &verdict.fate {
        Fate::Delivered(_) => How::Done,
        Fate::Failed(_) | Fate::Deferred(Trouble::PeerSaid { .. }) => How::Refused,
        Fate::Deferred(_) => How::Unanswered,
    }
}

fn of_recipient(verdict: &Verdict) -> Value {
    let Verdict { to, server, fate } = verdict;
    let (at, reply) = said(fate);
    json!({
        "to": bare(&to.to_string()),
        "accepted": matches!(fate, Fate::Delivered(_)),
        "server": server,
        "at": at,
        "code": reply.map(|reply| reply.code),
        "enhanced": reply.and_then(|reply| reply.enhanced).map(|enhanced| enhanced.to_string()),
        "reply": reply.map(|reply| reply.lines.join("\n")),
        "trouble": trouble(fate).map(ToString::to_string),
    })
}

fn said(fate: &Fate) -> (Option<&str>, Option<&Reply>) {
    match fate {
        Fate::Delivered(Delivery::Relayed { reply, .. }) => (None, Some(reply)),
        Fate::Delivered(Delivery::Mailbox(_)) => (None, None),
        Fate::Deferred(Trouble::PeerSaid { to, reply, .. }) | Fate::Failed(Trouble::PeerSaid { to, reply, .. }) => {
            (Some(to), Some(reply))
        }
        Fate::Deferred(_) | Fate::Failed(_) => (None, None),
    }
}

fn trouble(fate: &Fate) -> Option<&Trouble> {
    match fate {
        Fate::Delivered(_) => None,
        Fate::Deferred(trouble) | Fate::Failed(trouble) => Some(trouble),
    }
}

/// Without the word for what a queue would do with it.
fn words(fate: &Fate) -> String {
    match fate {
        Fate::Delivered(Delivery::Relayed { reply, .. }) => reply.to_string(),
        Fate::Delivered(Delivery::Mailbox(name)) => name.clone(),
        Fate::Deferred(trouble) | Fate::Failed(trouble) => trouble.to_string(),
    }
}

fn bare(path: &str) -> &str {
    path.trim_start_matches('<').trim_end_matches('>')
}

/// From good to bad.
const RANKS: [How; 4] = [How::Done, How::Misused, How::Unanswered, How::Refused];
