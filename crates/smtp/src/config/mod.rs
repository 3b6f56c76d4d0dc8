//! A mail server's table in the lab file.
//!
//! ```toml
//! [host."mail.shop.test".smtp]
//! domains = ["shop.test"]
//! mailboxes = ["alice", "bob"]
//! aliases = { sales = "alice" }    # and catch_all = "bob"
//! users = { alice = "secret" }     # AUTH, and a port to hand mail in
//! tls = "expired"                  # or false, or as for a web site
//! ```
//!
//! - `check`: what is wrong with it; `commands`: what to try

mod check;
mod commands;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_record::Transport;
use toynet_service::fault::Never;
use toynet_service::tls::{Settings, Tls};
use toynet_service::{Command, Config, Endpoint, Facts, Files, Mistake, Place, Reached, Server, What};

use crate::retry::Schedule;
use crate::server::policy::{Policy, Users};
use crate::server::{Auth, Limits, SmtpServer, Ways};
use crate::store::{Disk, Memory, Store};

/// A mail server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Smtp {
    /// The domains whose mail it takes.
    domains: Vec<Spanned<String>>,
    /// The local parts that exist in each; all if none are named.
    mailboxes: Option<Vec<Spanned<String>>>,
    /// Further local parts, and the mailboxes that they stand for.
    aliases: BTreeMap<Spanned<String>, Spanned<String>>,
    /// The mailbox for whoever is not there.
    catch_all: Option<Spanned<String>>,
    /// Who may say who they are, with their passwords.
    users: BTreeMap<Spanned<String>, String>,
    /// Users may do so without TLS.
    auth_in_clear: bool,
    port: u16,
    /// Where authors hand mail in; 587 where there are users.
    submission: Option<u16>,
    /// How TLS is spoken once a client asks for it; with the lab's certificate where nothing is said.
    tls: Option<Tls>,
    /// What the workers of this host share, as long as one of them runs.
    #[serde(skip)]
    shared: Mutex<Option<Shared>>,
}

/// A store, by the folder that it is in if it is in one.
#[derive(Debug)]
struct Shared {
    folder: Option<PathBuf>,
    store: Weak<dyn Store>,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            domains: Vec::new(),
            mailboxes: None,
            aliases: BTreeMap::new(),
            catch_all: None,
            users: BTreeMap::new(),
            auth_in_clear: false,
            port: 25,
            submission: None,
            tls: None,
            shared: Mutex::default(),
        }
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
        let ports = std::iter::once(self.port).chain(self.submission());
        ports.map(|port| Endpoint { transport: Transport::Tcp, port }).collect()
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

    fn check(&self, files: &dyn Files) -> Vec<Mistake> {
        let mut mistakes = check::mistakes(&self.domains, self.mailboxes.as_deref().unwrap_or_default());
        mistakes.extend(check::aliases(&self.aliases, self.catch_all.as_ref(), self.mailboxes.as_deref()));
        mistakes.extend(check::users(&self.users));
        mistakes.extend(self.tls.iter().flat_map(|tls| tls.check(files)));
        mistakes
    }

    fn never(&self, fault: &What) -> Option<Never> {
        crate::fault::never(fault, self.tls_settings().is_some(), !self.users.is_empty())
    }

    fn commands(&self, reached: &Reached<'_>) -> Vec<Command> {
        let domain = self.domains.first().map_or(reached.host, |domain| domain.get_ref());
        let mailboxes = self.mailboxes.iter().flatten().map(|mailbox| mailbox.get_ref().as_str());
        commands::of(self.port, reached, domain, &mailboxes.collect::<Vec<_>>())
    }

    fn may_overlap(&self) -> bool {
        false
    }

    fn build(&self, place: &Place) -> io::Result<Box<dyn Server>> {
        let lower = |names: &[Spanned<String>]| names.iter().map(|name| name.get_ref().to_lowercase()).collect();
        let policy = Policy {
            host: place.host.to_string(),
            addresses: place.addresses.clone(),
            domains: lower(&self.domains),
            mailboxes: self.mailboxes.as_deref().map(lower),
            aliases: self.aliases.iter().map(|(alias, mailbox)| (lowered(alias), lowered(mailbox))).collect(),
            catch_all: self.catch_all.as_ref().map(lowered),
            users: self.users(),
            stands_alone: false,
        };
        let ways = Ways {
            port: self.port,
            submission: self.submission(),
            tls: self.tls_settings().map(|settings| place.tls_server(settings, [], &[])).transpose()?,
            auth: (!self.users.is_empty()).then_some(if self.auth_in_clear { Auth::Anywhere } else { Auth::UnderTls }),
            limits: Limits::default(),
        };
        let store = self.store(place.state.as_deref())?;
        Ok(Box::new(SmtpServer::new(ways, policy, store, Schedule::default())))
    }
}

impl Smtp {
    /// How TLS is spoken once a client asks for it (RFC 3207), if it is.
    fn tls_settings(&self) -> Option<&Settings> {
        static USUAL: Settings = Settings::USUAL;
        self.tls.as_ref().map_or(Some(&USUAL), Tls::settings)
    }

    fn submission(&self) -> Option<u16> {
        self.submission.or((!self.users.is_empty()).then_some(SUBMISSION))
    }

    fn users(&self) -> Users {
        if self.users.is_empty() {
            return Users::Nobody;
        }
        Users::Known(self.users.iter().map(|(name, password)| (lowered(name), password.clone())).collect())
    }

    /// The store of all workers: in the folder, or in memory.
    fn store(&self, folder: Option<&Path>) -> io::Result<Arc<dyn Store>> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shared.as_ref().filter(|shared| shared.folder.as_deref() == folder);
        if let Some(store) = known.and_then(|shared| shared.store.upgrade()) {
            return Ok(store);
        }
        let store: Arc<dyn Store> = match folder {
            Some(folder) => Arc::new(Disk::open(&folder.join("smtp"))?),
            None => Arc::new(Memory::default()),
        };
        *shared = Some(Shared { folder: folder.map(Path::to_owned), store: Arc::downgrade(&store) });
        Ok(store)
    }
}

fn lowered(name: &Spanned<String>) -> String {
    name.get_ref().to_lowercase()
}

/// RFC 6409 section 3.1.
const SUBMISSION: u16 = 587;

#[cfg(test)]
mod tests;
