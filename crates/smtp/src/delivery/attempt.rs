//! One mail is tried for all recipients for whom it is due.

use std::collections::BTreeMap;
use std::rc::Rc;

use toynet_machine::Time;
use toynet_net::Host;
use toynet_net::tls::Trust;

use super::{Queue, relay};
use crate::bounce::{self, Outcome, Told, What};
use crate::client::{Dsn, Letter};
use crate::fate::{Delivery, Fate, Trouble};
use crate::queue::{Mail, Recipient, Record, State};
use crate::server::policy::Target;
use crate::trace;
use crate::wire::path::Domain;
use crate::wire::{Content, ForwardPath, RcptParameters, ReversePath};

impl Queue {
    pub(super) async fn attempt(self: Rc<Self>, host: Host, mut mail: Mail) {
        // What is done for a mail says so in the record, also a day later.
        let host = mail.cause.map_or_else(|| host.clone(), |cause| host.because(cause));
        let due = mail.to_try(host.clock().now());
        let fates = self.try_all(&host, &mail, &due).await;
        let now = host.clock().now();
        let mut records = Vec::new();
        for (number, fate) in &fates {
            // Where mail goes nowhere, all was said when it came.
            if !self.policy.stands_alone {
                report(&host, &mail, *number, fate);
            }
            let state = mail.after(*number, fate, now, &self.schedule);
            if let Some(recipient) = mail.recipients.get_mut(*number) {
                recipient.state = state.clone();
            }
            records.push(Record::Changed { id: mail.id.clone(), number: *number, state });
        }
        let notice = notice(&host, &mail, &fates, now);
        // Before the failures, so that a crash between them notifies twice rather than never.
        records.splice(0..0, notice.iter().cloned().map(Record::Taken));
        self.settle(&host, mail, notice, records).await;
    }

    /// What became of the mail for each of these recipients.
    async fn try_all(&self, host: &Host, mail: &Mail, due: &[usize]) -> Vec<(usize, Fate)> {
        let mut fates = Vec::new();
        let mut domains: BTreeMap<Domain, Vec<usize>> = BTreeMap::new();
        for number in due {
            let Some(Recipient { to, .. }) = mail.recipients.get(*number) else { continue };
            match self.policy.target(to) {
                Target::Mailbox(name) => fates.push((*number, self.put(mail, *number, &name).await)),
                Target::Domain(domain) => domains.entry(domain).or_default().push(*number),
                Target::Nobody(mailbox) => {
                    fates.push((*number, Fate::Failed(Trouble::LocalNoMailbox(mailbox.to_string()))));
                }
            }
        }
        for (domain, numbers) in domains {
            let letters: Vec<Letter> = numbers.chunks(MOST_RECIPIENTS).map(|numbers| letter(mail, numbers)).collect();
            let tls = self.tls.get_or_init(|| Trust::Anybody.client(&[], host.clock()).ok());
            let found = relay::deliver(host, &domain, letters, tls.as_ref()).await;
            fates.extend(numbers.into_iter().zip(found));
        }
        fates.sort_by_key(|(number, _)| *number);
        fates
    }

    async fn put(&self, mail: &Mail, number: usize, mailbox: &str) -> Fate {
        let trouble = |error: String| Fate::Deferred(Trouble::LocalStore(mailbox.to_owned(), error));
        let content = match mail.content.with_trace(&trace::return_path(&mail.from)) {
            Ok(content) => content,
            Err(fault) => return trouble(fault.to_string()),
        };
        // In the order of arrival, and the same when it is put there again.
        let name = format!("{}.{}_{number}.{}", mail.arrived.secs(), mail.id, self.policy.host);
        match self.store.put(mailbox, &name, content).await {
            Ok(()) => Fate::Delivered(Delivery::Mailbox(mailbox.to_owned())),
            Err(error) => trouble(error.to_string()),
        }
    }

    /// Writes down what came of an attempt, and sees to what is left.
    async fn settle(&self, host: &Host, mail: Mail, notice: Option<Mail>, records: Vec<Record>) {
        if let Err(error) = self.store.keep(records).await {
            // It stands in memory; only a crash would make it be tried again.
            tracing::error!(host = host.name(), mail = mail.id, "what became of a mail could not be stored: {error}");
        }
        let mut waiting = self.waiting.borrow_mut();
        waiting.remove(&mail.id);
        waiting.add(mail);
        notice.into_iter().for_each(|notice| waiting.add(notice));
    }
}

fn letter(mail: &Mail, numbers: &[usize]) -> Letter {
    let recipients = numbers.iter().filter_map(|number| mail.recipients.get(*number));
    Letter {
        from: mail.from.clone(),
        to: recipients.map(|recipient| recipient.to.clone()).collect(),
        content: mail.content.clone(),
        smtputf8: mail.smtputf8 && !mail.content.header().is_ascii(),
        dsn: dsn(mail, numbers),
    }
}

fn dsn(mail: &Mail, numbers: &[usize]) -> Dsn {
    let recipients = numbers.iter().filter_map(|number| mail.recipients.get(*number));
    let wishes = recipients.map(|recipient| recipient.wish.clone()).collect();
    Dsn { ret: mail.ret, envid: mail.envid.clone(), wishes }
}

/// The mail that tells its sender what they would like to hear of what became of it just now.
fn notice(host: &Host, mail: &Mail, fates: &[(usize, Fate)], now: Time) -> Option<Mail> {
    let told: Vec<Told<'_>> = fates.iter().filter_map(|(number, fate)| told(mail, *number, fate)).collect();
    let first = fates.iter().find(|(number, fate)| self::told(mail, *number, fate).is_some())?.0;
    let id = format!("{}-B{first}", mail.id);
    let (arrived, from, content) = (mail.arrived, &mail.from, &mail.content);
    let (envid, ret) = (mail.envid.as_ref(), mail.ret);
    let outcome = Outcome { host: host.name(), id: &id, from, arrived, now, envid, ret, told: &told, content };
    let Some(told) = bounce::notification(&outcome) else {
        tracing::info!(host = host.name(), mail = mail.id, "a notification could not be delivered and is dropped");
        return None;
    };
    let told = told.inspect_err(|fault| tracing::error!(host = host.name(), "a notification is malformed: {fault}"));
    let (sender, content) = told.ok()?;
    Some(notification(mail, &id, ForwardPath::Mailbox(sender.clone()), content, now))
}

fn notification(of: &Mail, id: &str, to: ForwardPath, content: Content, now: Time) -> Mail {
    let smtputf8 = !content.header().is_ascii();
    let recipients = vec![Recipient { to, wish: RcptParameters::default(), state: State::Fresh }];
    let (id, from, cause) = (id.to_owned(), ReversePath::Null, of.cause);
    Mail { id, from, arrived: now, smtputf8, ret: None, envid: None, cause, recipients, content }
}

/// What the sender hears of a recipient, if they would like to hear it (RFC 3461 5.2).
fn told<'a>(mail: &'a Mail, number: usize, fate: &Fate) -> Option<Told<'a>> {
    let recipient = mail.recipients.get(number)?;
    let notify = recipient.notify();
    let what = match (&recipient.state, fate) {
        (State::Failed(reason), _) if notify.failure => What::Failed(reason),
        (State::Delivered, Fate::Delivered(Delivery::Mailbox(_))) if notify.success => What::Delivered,
        (State::Delivered, Fate::Delivered(Delivery::Relayed { notifies: false, .. })) if notify.success => {
            What::Relayed
        }
        _ => return None,
    };
    Some(Told { to: &recipient.to, original: recipient.wish.orcpt.as_ref(), what })
}

fn report(host: &Host, mail: &Mail, number: usize, fate: &Fate) {
    let to = mail.recipients.get(number).map(|recipient| recipient.to.to_string()).unwrap_or_default();
    tracing::info!(host = host.name(), mail = mail.id, to, "{fate}");
}

/// What every server takes at least (RFC 5321 4.5.3.1.8).
const MOST_RECIPIENTS: usize = 100;
