//! Mails in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use toynet_net::LocalFuture;

use super::{Mails, Store};
use crate::queue::{Mail, Record};
use crate::wire::Content;

/// Keeps mails as long as the process lives.
#[derive(Debug, Default)]
pub struct Memory {
    mailboxes: Mutex<BTreeMap<String, BTreeMap<String, Content>>>,
    released: Mutex<Vec<Mail>>,
}

impl Store for Memory {
    /// Whoever looks after a mail has it in memory already.
    fn keep(&self, _: Vec<Record>) -> LocalFuture<'_, io::Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn adopt(&self) -> Vec<Mail> {
        std::mem::take(&mut self.released.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn release(&self, mails: Vec<Mail>) {
        self.released.lock().unwrap_or_else(PoisonError::into_inner).extend(mails);
    }

    fn put<'a>(&'a self, mailbox: &'a str, name: &'a str, content: Content) -> LocalFuture<'a, io::Result<()>> {
        let mut mailboxes = self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner);
        mailboxes.entry(mailbox.to_owned()).or_default().insert(name.to_owned(), content);
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(&'a self, mailbox: &'a str) -> LocalFuture<'a, io::Result<Mails>> {
        let mailboxes = self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner);
        let mails = mailboxes.get(mailbox).into_iter().flatten();
        let mails = mails.map(|(name, content)| (name.clone(), content.octets().to_vec())).collect();
        Box::pin(std::future::ready(Ok(mails)))
    }
}
