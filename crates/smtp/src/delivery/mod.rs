//! The queue at work.
//!
//! - here: which mail is tried when
//! - `attempt`: one mail is tried: mailboxes, other hosts, notifications
//! - `relay`: to the exchangers of a domain

mod attempt;
pub(crate) mod relay;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use toynet_machine::Time;
use toynet_net::Host;
use toynet_net::tls::ClientConfig;

use crate::queue::{Mail, Record};
use crate::retry::Schedule;
use crate::server::policy::Policy;
use crate::store::Store;

/// The mails of one worker, until each is delivered or given up.
#[derive(Debug)]
pub struct Queue {
    policy: Policy,
    store: Arc<dyn Store>,
    schedule: Schedule,
    /// How TLS is spoken with servers that offer it; made with the first mail for one. Without it mail still
    /// goes, in clear.
    tls: OnceCell<Option<ClientConfig>>,
    waiting: RefCell<Waiting>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    mails: BTreeMap<String, Mail>,
    /// Those that are not being tried right now, by when they are due.
    due: BTreeSet<(Time, String)>,
    octets: usize,
}

impl Queue {
    /// A queue that takes over what `store` has.
    pub fn new(policy: Policy, store: Arc<dyn Store>, schedule: Schedule) -> Self {
        let mut waiting = Waiting::default();
        store.adopt().into_iter().for_each(|mail| waiting.add(mail));
        Self { policy, store, schedule, tls: OnceCell::new(), waiting: RefCell::new(waiting), news: Notify::new() }
    }

    /// For whom and from whom mail is taken.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Takes a mail into care: when this is done it is durable.
    ///
    /// # Errors
    /// When it could not be stored, or the queue is full; the mail is then still its sender's.
    pub async fn take(&self, mail: Mail) -> io::Result<()> {
        if self.waiting.borrow().octets.saturating_add(mail.content.octets().len()) > MOST_OCTETS {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "the mail queue is full"));
        }
        self.store.keep(vec![Record::Taken(mail.clone())]).await?;
        self.waiting.borrow_mut().add(mail);
        self.news.notify_one();
        Ok(())
    }

    /// Tries mails when they are due, for ever.
    pub async fn run(self: &Rc<Self>, host: &Host) {
        self.waiting.borrow_mut().reset();
        let mut attempts = JoinSet::new();
        loop {
            while attempts.len() < MOST_ATTEMPTS
                && let Some(mail) = self.next_due(host.clock().now())
            {
                attempts.spawn_local(Rc::clone(self).attempt(host.clone(), mail));
            }
            let next = self.waiting.borrow().due.first().map(|(due, _)| *due);
            let is_full = attempts.len() >= MOST_ATTEMPTS;
            tokio::select! {
                biased;
                Some(ended) = attempts.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(host = host.name(), "an attempt was given up: {error}");
                    }
                }
                () = self.news.notified() => {}
                () = wake(host, next), if !is_full => {}
            }
        }
    }

    fn next_due(&self, now: Time) -> Option<Mail> {
        let mut waiting = self.waiting.borrow_mut();
        let (due, id) = waiting.due.first()?.clone();
        if due > now {
            return None;
        }
        waiting.due.remove(&(due, id.clone()));
        waiting.mails.get(&id).cloned()
    }
}

async fn wake(host: &Host, next: Option<Time>) {
    match next {
        Some(next) => host.clock().sleep_until(next).await,
        None => std::future::pending().await,
    }
}

impl Waiting {
    fn add(&mut self, mail: Mail) {
        let Some(due) = mail.due() else { return };
        self.octets += mail.content.octets().len();
        self.due.insert((due, mail.id.clone()));
        self.mails.insert(mail.id.clone(), mail);
    }

    fn remove(&mut self, id: &str) {
        if let Some(mail) = self.mails.remove(id) {
            self.octets = self.octets.saturating_sub(mail.content.octets().len());
        }
    }

    /// Nothing is being tried.
    fn reset(&mut self) {
        self.due = self.mails.values().filter_map(|mail| Some((mail.due()?, mail.id.clone()))).collect();
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let mails = std::mem::take(&mut self.waiting.borrow_mut().mails);
        self.store.release(mails.into_values().collect());
    }
}

/// As Postfix (default_process_limit): enough that some domains that do not answer hold up no others.
const MOST_ATTEMPTS: usize = 100;
/// Mails in care stay in memory too: twenty of the greatest size, or some 100,000 common ones.
const MOST_OCTETS: usize = 512 * 1024 * 1024;
