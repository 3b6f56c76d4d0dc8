//! Mails in this server's care.
//!
//! - here: a mail, its recipients, what became of each
//! - [`record`]: what is written down of them, as octets and back

pub mod record;

use toynet_machine::Time;
use toynet_record::Cause;

pub use record::Record;

use crate::fate::{Fate, Trouble};
use crate::retry::{Next, Schedule};
use crate::wire::parameter::Xtext;
use crate::wire::{Content, Enhanced, ForwardPath, Notify, RcptParameters, Returned, ReversePath};

/// A mail in this server's care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// What this server calls it; no other mail is called so.
    pub id: String,
    /// Whom it is from.
    pub from: ReversePath,
    /// When it came.
    pub arrived: Time,
    /// Whether its header goes beyond ASCII.
    pub smtputf8: bool,
    /// How much of it comes back with a notification, where its sender has said so.
    pub ret: Option<Returned>,
    /// What its sender calls it.
    pub envid: Option<Xtext>,
    /// Why connections are opened for it. Not written down: each process numbers its ends anew.
    pub cause: Option<Cause>,
    /// Whom it is for.
    pub recipients: Vec<Recipient>,
    /// What it says, our own trace field included.
    pub content: Content,
}

/// One recipient of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub to: ForwardPath,
    /// What the sender would like to hear of them.
    pub wish: RcptParameters,
    /// What became of the mail for them so far.
    pub state: State,
}

/// What became of a mail for one recipient so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It was not tried yet.
    Fresh,
    /// Another server or a mailbox has it.
    Delivered,
    /// It will be tried again.
    Deferred {
        /// How often it was tried.
        attempts: u32,
        /// When it is tried again.
        until: Time,
        /// Why it is not delivered yet.
        why: Reason,
    },
    /// It was given up, and its sender told.
    Failed(Reason),
}

/// Why a mail was not delivered, in words that can be kept and told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// By the numbers.
    pub status: Enhanced,
    /// In words.
    pub text: String,
    /// Which server answered what, if one did.
    pub reply: Option<(String, String)>,
}

impl Mail {
    /// When it must be looked at next, if ever again.
    pub fn due(&self) -> Option<Time> {
        self.recipients.iter().filter_map(|recipient| recipient.state.due(self.arrived)).min()
    }

    /// The recipients, by number, for which it must be tried now.
    pub fn to_try(&self, now: Time) -> Vec<usize> {
        let is_due = |state: &State| state.due(self.arrived).is_some_and(|due| due <= now);
        let numbered = self.recipients.iter().enumerate();
        numbered.filter(|(_, recipient)| is_due(&recipient.state)).map(|(number, _)| number).collect()
    }

    /// What an attempt for a recipient leads to.
    pub fn after(&self, number: usize, fate: &Fate, now: Time, schedule: &Schedule) -> State {
        let attempts = self.recipients.get(number).map_or(0, |recipient| recipient.state.attempts()) + 1;
        match fate {
            Fate::Delivered(_) => State::Delivered,
            Fate::Failed(trouble) => State::Failed(Reason::of(trouble, fate.status())),
            Fate::Deferred(trouble) => {
                let why = Reason::of(trouble, fate.status());
                match schedule.next(self.arrived, attempts, now) {
                    Next::At(until) => State::Deferred { attempts, until, why },
                    Next::GiveUp => State::Failed(why),
                }
            }
        }
    }
}

impl Recipient {
    /// Of what the sender hears.
    pub fn notify(&self) -> Notify {
        self.wish.notify.unwrap_or(Notify::USUAL)
    }
}

impl State {
    fn due(&self, arrived: Time) -> Option<Time> {
        match self {
            State::Fresh => Some(arrived),
            State::Deferred { until, .. } => Some(*until),
            State::Delivered | State::Failed(_) => None,
        }
    }

    fn attempts(&self) -> u32 {
        match self {
            State::Deferred { attempts, .. } => *attempts,
            State::Fresh | State::Delivered | State::Failed(_) => 0,
        }
    }
}

impl Reason {
    fn of(trouble: &Trouble, status: Enhanced) -> Self {
        let reply = trouble.reply().map(|(by, reply)| (by.to_owned(), reply.to_string()));
        Self { status, text: trouble.to_string(), reply }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn only_what_is_deferred_is_tried_again() {
        let mut mail = mail(&["a@b.test", "c@d.test", "e@f.test"]);
        let (now, schedule) = (mail.arrived, Schedule::default());
        assert_eq!(mail.to_try(now), [0, 1, 2]);
        let trouble = Trouble::PeerLeft("b.test".into());
        let fates = [
            Fate::Delivered(crate::fate::Delivery::Mailbox("a".into())),
            Fate::Deferred(trouble.clone()),
            Fate::Failed(trouble),
        ];
        for (number, fate) in fates.iter().enumerate() {
            mail.recipients[number].state = mail.after(number, fate, now, &schedule);
        }
        assert!(mail.to_try(now).is_empty());
        assert_eq!(mail.due(), Some(now + schedule.first));
        assert_eq!(mail.to_try(now + schedule.first), [1]);
    }

    #[test]
    fn what_is_deferred_for_too_long_fails_for_its_last_reason() {
        let mail = mail(&["a@b.test"]);
        let schedule = Schedule::default();
        let fate = Fate::Deferred(Trouble::PeerLeft("b.test".into()));
        let state = mail.after(0, &fate, mail.arrived + schedule.give_up, &schedule);
        let State::Failed(reason) = state else { panic!("{state:?}") };
        assert_eq!((reason.status, reason.text.as_str()), (Enhanced(4, 4, 2), "b.test broke off"));
    }

    pub(crate) fn mail(to: &[&str]) -> Mail {
        let recipient = |to: &&str| Recipient {
            to: ForwardPath::parse(&format!("<{to}>")).unwrap(),
            wish: RcptParameters::default(),
            state: State::Fresh,
        };
        Mail {
            id: "1".into(),
            from: ReversePath::parse("<alice@shop.test>").unwrap(),
            arrived: Time::from_secs(1000),
            smtputf8: false,
            ret: None,
            envid: None,
            cause: None,
            recipients: to.iter().map(recipient).collect(),
            content: Content::from_text("Subject: hi\n\nhello\n").unwrap(),
        }
    }
}
