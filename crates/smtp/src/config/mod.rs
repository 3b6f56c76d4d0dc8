//! A mail server's table in the lab file.
//!
//! ```toml
//! [host."mail.shop.test".smtp]
//! domains = ["shop.test"]
//! mailboxes = ["alice", "bob"]
//! ```
//!
//! - `check`: what is wrong with it; `commands`: what to try

mod check;
mod commands;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_record::Transport;
use toynet_service::{Command, Config, Endpoint, Facts, Files, Mistake, Place, Reached, Server};

use crate::retry::Schedule;
use crate::server::SmtpServer;
use crate::server::policy::Policy;
use crate::store::{Disk, Memory, Store};

/// A mail server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Smtp {
    /// The domains whose mail it takes.
    domains: Vec<Spanned<String>>,
    /// The local parts that exist in each; all if none are named.
    mailboxes: Option<Vec<Spanned<String>>>,
    port: u16,
    /// What the workers of this host share, as long as one of them runs.
    #[serde(skip)]
    disk: Mutex<Option<(PathBuf, Weak<Disk>)>>,
}

impl Default for Smtp {
    fn default() -> Self {
        Self { domains: Vec::new(), mailboxes: None, port: 25, disk: Mutex::default() }
    }
}

/// Reads the table.
///
/// # Errors
/// What is no such table, with its place.
pub fn read(table: Spanned<DeValue<'_>>) -> Result<Box<dyn Config>, Error> {
    Ok(Box::new(Smtp::deserialize(ValueDeserializer::from(table))?))
}

impl Config for Smtp {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![Endpoint { transport: Transport::Tcp, port: self.port }]
    }

    fn facts(&self) -> Facts {
        let names = || self.mailboxes.iter().flatten().map(toml::Spanned::get_ref);
        let in_domain = |domain: &toml::Spanned<String>| {
            let domain = domain.get_ref().clone();
            names().map(move |name| format!("{name}@{domain}")).collect::<Vec<_>>()
        };
        let mailboxes = self.domains.iter().flat_map(in_domain).collect();
        Facts { mail_domains: self.domains.clone(), mailboxes, ..Facts::default() }
    }

    fn check(&self, _: &dyn Files) -> Vec<Mistake> {
        check::mistakes(&self.domains, self.mailboxes.as_deref().unwrap_or_default())
    }

    fn commands(&self, reached: &Reached<'_>) -> Vec<Command> {
        let domain = self.domains.first().map_or(reached.host, |domain| domain.get_ref());
        let mailboxes = self.mailboxes.iter().flatten().map(|mailbox| mailbox.get_ref().as_str());
        commands::of(self.port, reached, domain, &mailboxes.collect::<Vec<_>>())
    }

    fn build(&self, place: &Place) -> io::Result<Box<dyn Server>> {
        let lower = |names: &[Spanned<String>]| names.iter().map(|name| name.get_ref().to_lowercase()).collect();
        let policy = Policy {
            host: place.host.to_string(),
            addresses: place.addresses.clone(),
            domains: lower(&self.domains),
            mailboxes: self.mailboxes.as_deref().map(lower),
        };
        let store: Arc<dyn Store> = match &place.state {
            Some(folder) => self.disk(folder)?,
            None => Arc::new(Memory::default()),
        };
        Ok(Box::new(SmtpServer::new(self.port, policy, store, Schedule::default())))
    }
}

impl Smtp {
    /// The folder's store: one for all workers.
    fn disk(&self, folder: &Path) -> io::Result<Arc<Disk>> {
        let mut shared = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shared.as_ref().filter(|(path, _)| path == folder).and_then(|(_, disk)| disk.upgrade());
        if let Some(disk) = known {
            return Ok(disk);
        }
        let disk = Arc::new(Disk::open(&folder.join("smtp"))?);
        *shared = Some((folder.to_owned(), Arc::downgrade(&disk)));
        Ok(disk)
    }
}

#[cfg(test)]
mod tests;
