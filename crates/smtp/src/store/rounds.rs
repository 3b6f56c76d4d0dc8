//! Mails on their way into mailboxes: one thread goes round, and takes with it all that has gathered.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::maildir::Maildir;
use crate::wire::Content;

/// Puts mails into mailboxes, many with one sync of a folder. Clones go the same rounds.
#[derive(Clone, Debug, Default)]
pub struct Rounds(Arc<Mutex<Gathering>>);

#[derive(Debug, Default)]
struct Gathering {
    mails: Vec<Gathered>,
    /// Whether somebody is under way, who comes back for what has gathered meanwhile.
    is_under_way: bool,
}

#[derive(Debug)]
struct Gathered {
    maildir: Maildir,
    name: String,
    content: Content,
    told: oneshot::Sender<io::Result<()>>,
}

impl Rounds {
    /// Puts a mail into a mailbox, and returns when it is safe there.
    ///
    /// # Errors
    /// As the file system says.
    pub async fn put(&self, maildir: Maildir, name: String, content: Content) -> io::Result<()> {
        let (told, safe) = oneshot::channel();
        if self.gather(Gathered { maildir, name, content, told }) {
            let rounds = self.clone();
            spawn_blocking(move || while rounds.go() {});
        }
        safe.await.unwrap_or_else(|_| Err(io::Error::other("the delivery was given up")))
    }

    /// Whether somebody must go.
    fn gather(&self, mail: Gathered) -> bool {
        let mut gathering = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gathering.mails.push(mail);
        !std::mem::replace(&mut gathering.is_under_way, true)
    }

    /// One round; whether there was anything to take along.
    fn go(&self) -> bool {
        let mut gathering = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = gathering.mails.len().min(MOST_MAILS);
        let mails: Vec<Gathered> = gathering.mails.drain(..count).collect();
        gathering.is_under_way = count > 0;
        drop(gathering);
        let mut mailboxes: BTreeMap<Maildir, Vec<Gathered>> = BTreeMap::new();
        mails.into_iter().for_each(|mail| mailboxes.entry(mail.maildir.clone()).or_default().push(mail));
        mailboxes.into_iter().for_each(|(maildir, mails)| visit(&maildir, mails));
        count > 0
    }
}

fn visit(maildir: &Maildir, mails: Vec<Gathered>) {
    let contents: Vec<(&str, &[u8])> = mails.iter().map(|mail| (&*mail.name, mail.content.octets())).collect();
    let results = maildir.put_all(&contents);
    for (mail, result) in mails.into_iter().zip(results) {
        // Who does not wait any more needs no answer.
        let _ = mail.told.send(result);
    }
}

/// Every mail of a round is an open file until it is safe; a process may often have no more than 1,024.
const MOST_MAILS: usize = 64;

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;
    use tokio::task::JoinSet;

    use super::*;

    #[test]
    fn all_mails_of_a_crowd_arrive_and_one_that_cannot_holds_up_none() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("taken"), "no folder").unwrap();
        let rounds = Rounds::default();
        let lost = Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let mut puts = JoinSet::new();
            for number in 0..300 {
                let mailbox = ["alice", "bob", "taken"][number % 3];
                let (rounds, maildir) = (rounds.clone(), Maildir::of(root.path(), mailbox));
                let content = Content::from_text(&format!("mail {number}\n")).unwrap();
                puts.spawn(async move { rounds.put(maildir, format!("{number:03}"), content).await });
            }
            puts.join_all().await.into_iter().filter(Result::is_err).count()
        });
        assert_eq!(lost, 100);
        for (first, mailbox) in ["alice", "bob"].iter().enumerate() {
            let mails = Maildir::of(root.path(), mailbox).read().unwrap();
            assert_eq!(mails.len(), 100);
            assert_eq!(mails[0], (format!("{first:03}"), format!("mail {first}\r\n").into_bytes()));
        }
    }

    #[test]
    fn who_goes_away_meanwhile_holds_up_nobody() {
        let root = tempfile::tempdir().unwrap();
        let rounds = Rounds::default();
        let (told, _) = oneshot::channel();
        let (maildir, content) = (Maildir::of(root.path(), "alice"), Content::from_text("hello\n").unwrap());
        assert!(rounds.gather(Gathered { maildir: maildir.clone(), name: "1".into(), content, told }));
        while rounds.go() {}
        assert_eq!(maildir.read().unwrap().len(), 1);
    }
}
