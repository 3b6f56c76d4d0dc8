//! What a server that stands alone does with mails: they are kept, if that is wished, and shown.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::{spawn_blocking, spawn_local};
use toynet_net::LocalFuture;

use super::shown;
use crate::queue::{Mail, Record};
use crate::store::maildir::Maildir;
use crate::store::{Mails, Store};
use crate::trace;
use crate::wire::Content;

/// The end of the way of all mails.
#[derive(Debug)]
pub(super) struct Caught {
    folder: Option<Maildir>,
    form: Form,
    sender: Sender<Mail>,
    /// Until somebody shows them.
    receiver: Mutex<Option<Receiver<Mail>>>,
    /// Mails that nobody saw because the reader was too slow.
    missed: AtomicU64,
}

/// How mails are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Text,
    /// A line of JSON for each.
    Json,
}

impl Caught {
    /// Keeps mails in a folder, which is made when there is none.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn new(folder: Option<PathBuf>, form: Form) -> io::Result<Self> {
        let folder = folder.map(Maildir::at).transpose()?;
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        Ok(Self { folder, form, sender, receiver: Mutex::new(Some(receiver)), missed: AtomicU64::new(0) })
    }

    /// Begins to show mails on standard output, unless that was begun before. Whoever reads slowly holds up
    /// no mail.
    pub fn begin(&self) {
        let receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(receiver) = receiver {
            spawn_local(show(receiver, self.form, self.folder.clone()));
        }
    }

    async fn take(&self, mail: &Mail) -> io::Result<()> {
        if let Some(folder) = self.folder.clone() {
            let (name, content) = (name(mail), with_envelope(mail)?);
            spawn_blocking(move || folder.put(&name, content.octets())).await.map_err(io::Error::other)??;
        }
        if self.sender.try_send(mail.clone()).is_err() {
            let missed = self.missed.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::warn!("mails come faster than they are read here: {missed} were not shown");
        }
        Ok(())
    }
}

impl Store for Caught {
    fn keep(&self, records: Vec<Record>) -> LocalFuture<'_, io::Result<()>> {
        Box::pin(async move {
            for record in &records {
                if let Record::Taken(mail) = record {
                    self.take(mail).await?;
                }
            }
            Ok(())
        })
    }

    fn adopt(&self) -> Vec<Mail> {
        Vec::new()
    }

    fn release(&self, _: Vec<Mail>) {}

    /// It came to rest when it was kept.
    fn put<'a>(&'a self, _: &'a str, _: &'a str, _: Content) -> LocalFuture<'a, io::Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(&'a self, _: &'a str) -> LocalFuture<'a, io::Result<Mails>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

async fn show(mut mails: Receiver<Mail>, form: Form, folder: Option<Maildir>) {
    let mut out = tokio::io::stdout();
    while let Some(mail) = mails.recv().await {
        let file = folder.as_ref().map(|folder| folder.file(&name(&mail)));
        let shown = match form {
            Form::Text => shown::text(&mail, file.as_deref()),
            Form::Json => shown::json(&mail, file.as_deref()),
        };
        if out.write_all(shown.as_bytes()).await.is_err() || out.flush().await.is_err() {
            return tracing::info!("nobody reads the mails here any more; they are still taken");
        }
    }
}

fn name(mail: &Mail) -> String {
    format!("{}.{}.localhost", mail.arrived.secs(), mail.id)
}

/// The envelope is part of what a program has sent, and the header need not know of it.
fn with_envelope(mail: &Mail) -> io::Result<Content> {
    let mut fields = trace::return_path(&mail.from);
    for recipient in &mail.recipients {
        fields.push_str(&format!("Delivered-To: {}\r\n", recipient.to));
    }
    mail.content.with_trace(&fields).map_err(io::Error::other)
}

/// Some seconds of a busy program; each may have the greatest size.
const MOST_WAITING: usize = 100;
