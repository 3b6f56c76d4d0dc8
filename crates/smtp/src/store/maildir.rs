//! A mailbox as a folder: every mail a file, whole or not there (<https://cr.yp.to/proto/maildir.html>).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Mails, create};

/// A folder with `tmp`, `new` and `cur`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Maildir(PathBuf);

impl Maildir {
    /// The folder of a mailbox below `root`. Local parts may have any character, folders not: others
    /// than letters, digits and a few signs are written as `%` and two digits.
    pub fn of(root: &Path, mailbox: &str) -> Self {
        Self(root.join(folder(mailbox)))
    }

    /// This folder, which is made when there is none.
    ///
    /// # Errors
    /// As the file system says.
    pub fn at(folder: PathBuf) -> io::Result<Self> {
        let maildir = Self(folder);
        maildir.make()?;
        Ok(maildir)
    }

    /// Where a mail of this name lies as long as nobody has read it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join("new").join(folder(name))
    }

    fn make(&self) -> io::Result<()> {
        ["tmp", "new", "cur"].iter().try_for_each(|part| fs::create_dir_all(self.0.join(part)))
    }

    /// Puts a mail there. The name is unique to it: put again, it is there once.
    ///
    /// # Errors
    /// As the file system says.
    pub fn put(&self, name: &str, octets: &[u8]) -> io::Result<()> {
        self.put_all(&[(name, octets)]).into_iter().collect()
    }

    /// Puts mails there by their names, as [`Maildir::put`] does with one; what became of each. They are open
    /// files all at once.
    pub fn put_all(&self, mails: &[(&str, &[u8])]) -> Vec<io::Result<()>> {
        let written: Vec<_> = mails.iter().map(|(name, octets)| self.write(&folder(name), octets)).collect();
        // Synced only when all are written: the first sync takes most of the others with it.
        let finished: Vec<_> =
            mails.iter().zip(written).map(|((name, _), file)| self.finish(&folder(name), file)).collect();
        // The names are in the folder only once the folder is written too.
        let lasting = File::open(self.0.join("new")).and_then(|folder| folder.sync_all());
        let lasts = || lasting.as_ref().copied().map_err(|error| io::Error::new(error.kind(), error.to_string()));
        finished.into_iter().map(|finished| finished.and_then(|()| lasts())).collect()
    }

    fn write(&self, name: &str, octets: &[u8]) -> io::Result<File> {
        let unfinished = self.0.join("tmp").join(name);
        let mut file = create(&unfinished).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => self.make().and_then(|()| create(&unfinished)),
            _ => Err(error),
        })?;
        file.write_all(octets)?;
        Ok(file)
    }

    fn finish(&self, name: &str, file: io::Result<File>) -> io::Result<()> {
        file?.sync_all()?;
        let (unfinished, finished) = (self.0.join("tmp").join(name), self.0.join("new").join(name));
        fs::rename(unfinished, &finished).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => self.make().and_then(|()| fs::rename(self.0.join("tmp").join(name), &finished)),
            _ => Err(error),
        })
    }

    /// The mails that were read and those that were not, by name.
    ///
    /// # Errors
    /// As the file system says.
    pub fn read(&self) -> io::Result<Mails> {
        let mut mails = Vec::new();
        for part in ["new", "cur"] {
            let entries = match fs::read_dir(self.0.join(part)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                mails.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
            }
        }
        mails.sort();
        Ok(mails)
    }
}

fn folder(name: &str) -> String {
    let mut folder = String::new();
    for octet in name.bytes() {
        let is_plain =
            octet.is_ascii_alphanumeric() || b"-_+=@".contains(&octet) || (octet == b'.' && !folder.is_empty());
        if is_plain {
            folder.push(char::from(octet));
        } else {
            folder.push_str(&format!("%{octet:02X}"));
        }
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_that_is_put_twice_is_there_once() {
        let root = tempfile::tempdir().unwrap();
        let maildir = Maildir::of(root.path(), "alice");
        assert_eq!(maildir.read().unwrap(), []);
        for _ in 0..2 {
            maildir.put("1.mail.test", b"hello\r\n").unwrap();
        }
        assert_eq!(maildir.read().unwrap(), [("1.mail.test".to_owned(), b"hello\r\n".to_vec())]);
        assert!(root.path().join("alice/new/1.mail.test").exists());
    }

    #[test]
    fn no_name_leads_out_of_its_folder() {
        assert_eq!(folder("../a b"), "%2E.%2Fa%20b");
        assert_eq!(folder("zoë"), "zo%C3%AB");
        assert_eq!(folder("alice+x"), "alice+x");
    }
}
