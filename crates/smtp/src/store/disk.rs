//! Mails on disk: `queue/journal`, and a Maildir for each mailbox below `mail`.
//!
//! The journal has each mail once, with its content. A mail is copied into a mailbox, synced there, and
//! only then written off in the journal: a crash between puts it there again, under the same name.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::spawn_blocking;
use toynet_net::LocalFuture;

use super::journal::{Journal, OnDisk};
use super::maildir::Maildir;
use super::rounds::Rounds;
use super::{Mails, Store};
use crate::queue::{Mail, Record, record};
use crate::wire::Content;

/// Keeps mails in a folder.
#[derive(Debug)]
pub struct Disk {
    mail: PathBuf,
    rounds: Rounds,
    journal: Journal,
    /// What the journal says.
    open: Arc<Mutex<BTreeMap<String, Mail>>>,
    released: Mutex<Vec<Mail>>,
}

impl Disk {
    /// Opens the folder, which is made when there is none, and reads what an earlier process left.
    ///
    /// # Errors
    /// As the file system says.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let (queue, mail) = (folder.join("queue"), folder.join("mail"));
        std::fs::create_dir_all(&queue)?;
        std::fs::create_dir_all(&mail)?;
        let path = queue.join("journal");
        let octets = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            octets => octets?,
        };
        let left = record::open_mails(record::read(&octets));
        let open: BTreeMap<_, _> = left.iter().map(|mail| (mail.id.clone(), mail.clone())).collect();
        // Written anew, so that nothing is appended after a record that was cut off.
        let live = written(open.values());
        let medium = OnDisk::create(path, &live)?;
        let open = Arc::new(Mutex::new(open));
        let source = Arc::clone(&open);
        let journal =
            Journal::new(Box::new(medium), live.len() as u64, Box::new(move || written(lock(&source).values())));
        Ok(Self { mail, rounds: Rounds::default(), journal, open, released: Mutex::new(left) })
    }
}

impl Store for Disk {
    fn keep(&self, records: Vec<Record>) -> LocalFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let mut octets = Vec::new();
            records.iter().for_each(|record| record::write(record, &mut octets));
            let taken: Vec<String> = records.iter().filter_map(taken).collect();
            let kept = self.journal.append(octets, || note(&mut lock(&self.open), records)).await;
            // Whoever brought it was told that it was not kept, and brings it again.
            kept.inspect_err(|_| taken.iter().for_each(|id| drop(lock(&self.open).remove(id))))
        })
    }

    fn adopt(&self) -> Vec<Mail> {
        std::mem::take(&mut lock(&self.released))
    }

    fn release(&self, mails: Vec<Mail>) {
        lock(&self.released).extend(mails);
    }

    fn put<'a>(&'a self, mailbox: &'a str, name: &'a str, content: Content) -> LocalFuture<'a, io::Result<()>> {
        Box::pin(self.rounds.put(Maildir::of(&self.mail, mailbox), name.to_owned(), content))
    }

    fn read<'a>(&'a self, mailbox: &'a str) -> LocalFuture<'a, io::Result<Mails>> {
        let maildir = Maildir::of(&self.mail, mailbox);
        Box::pin(blocking(move || maildir.read()))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Does to the open mails what the journal says.
fn note(open: &mut BTreeMap<String, Mail>, records: Vec<Record>) {
    for record in records {
        match record {
            Record::Taken(mail) => {
                open.insert(mail.id.clone(), mail);
            }
            Record::Changed { id, number, state } => {
                let Some(mail) = open.get_mut(&id) else { continue };
                mail.recipients.get_mut(number).into_iter().for_each(|recipient| recipient.state = state.clone());
                if mail.due().is_none() {
                    open.remove(&id);
                }
            }
        }
    }
}

fn taken(record: &Record) -> Option<String> {
    match record {
        Record::Taken(mail) => Some(mail.id.clone()),
        Record::Changed { .. } => None,
    }
}

fn written<'a>(mails: impl Iterator<Item = &'a Mail>) -> Vec<u8> {
    let mut octets = Vec::new();
    mails.for_each(|mail| record::write(&Record::Taken(mail.clone()), &mut octets));
    octets
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;
    use crate::queue::State;
    use crate::queue::tests::mail;

    #[test]
    fn what_was_kept_is_there_after_a_crash_at_any_later_octet() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("queue/journal");
        let (first, second) = (named("first"), named("second"));
        let (kept, whole) = run(async {
            let disk = Disk::open(folder.path()).unwrap();
            disk.keep(vec![Record::Taken(first.clone())]).await.unwrap();
            let kept = std::fs::read(&journal).unwrap().len();
            disk.keep(vec![Record::Taken(second.clone())]).await.unwrap();
            (kept, std::fs::read(&journal).unwrap())
        });
        for length in (kept..whole.len()).step_by(7).chain([whole.len()]) {
            std::fs::write(&journal, &whole[..length]).unwrap();
            let found = Disk::open(folder.path()).unwrap().adopt();
            let expected =
                if length == whole.len() { vec![first.clone(), second.clone()] } else { vec![first.clone()] };
            assert_eq!(found, expected, "{length}");
        }
    }

    #[test]
    fn what_is_settled_is_gone_and_what_is_given_back_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        run(async {
            let disk = Disk::open(folder.path()).unwrap();
            disk.keep(vec![Record::Taken(named("one")), Record::Taken(named("two"))]).await.unwrap();
            disk.keep(vec![Record::Changed { id: "one".into(), number: 0, state: State::Delivered }]).await.unwrap();
            assert_eq!(disk.adopt(), []);
            disk.release(vec![named("two")]);
            assert_eq!(disk.adopt(), [named("two")]);
        });
        assert_eq!(Disk::open(folder.path()).unwrap().adopt(), [named("two")]);
    }

    #[test]
    fn a_mailbox_is_a_maildir() {
        let folder = tempfile::tempdir().unwrap();
        run(async {
            let disk = Disk::open(folder.path()).unwrap();
            let content = Content::from_text("hello\n").unwrap();
            disk.put("alice", "1", content).await.unwrap();
            assert_eq!(disk.read("alice").await.unwrap(), [("1".to_owned(), b"hello\r\n".to_vec())]);
        });
        assert!(folder.path().join("mail/alice/new/1").exists());
    }

    fn named(id: &str) -> Mail {
        Mail { id: id.into(), ..mail(&["a@b.test"]) }
    }

    fn run<T>(story: impl Future<Output = T>) -> T {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(story)
    }
}
