//! A file to which records are appended, durably, many with one sync.
//!
//! Whoever appends waits for the sync after its octets. While one sync is under way the next portion
//! gathers, so that a busy server syncs as often as the disk can, not as often as mails come.

use std::fmt;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

/// What a journal is written on.
pub trait Medium: Send {
    /// Appends octets; when it fails, none of them.
    ///
    /// # Errors
    /// As the medium says.
    fn append(&mut self, octets: &[u8]) -> io::Result<()>;

    /// Makes all that was appended last.
    ///
    /// # Errors
    /// As the medium says; nobody knows then what is on it.
    fn sync(&mut self) -> io::Result<()>;

    /// Replaces all by `octets`, durably: either the old or the new is there, never something between.
    ///
    /// # Errors
    /// As the medium says; all is as before then.
    fn replace(&mut self, octets: &[u8]) -> io::Result<()>;
}

/// Appends portions, and says when they are safe. Clones write the same journal.
#[derive(Clone)]
pub struct Journal(Arc<Shared>);

struct Shared {
    gathering: Mutex<Gathering>,
    medium: Mutex<Written>,
    /// What the journal would say if it were written anew.
    live: Box<dyn Fn() -> Vec<u8> + Send + Sync>,
}

#[derive(Default)]
struct Gathering {
    octets: Vec<u8>,
    waiting: Vec<oneshot::Sender<io::Result<()>>>,
    is_writing: bool,
}

struct Written {
    medium: Box<dyn Medium>,
    length: u64,
    /// After how many octets it is written anew.
    limit: u64,
    /// After a failed sync nobody knows what a medium holds, and what it says later is no more to be believed.
    is_broken: bool,
}

impl Journal {
    /// A journal on `medium`, which has `length` octets already. When it grows too long it is replaced by
    /// `live`: what of all that was appended, and of nothing else, still matters.
    pub fn new(medium: Box<dyn Medium>, length: u64, live: Box<dyn Fn() -> Vec<u8> + Send + Sync>) -> Self {
        let written = Written { medium, length, limit: REWRITE.max(length * 4), is_broken: false };
        Self(Arc::new(Shared { gathering: Mutex::default(), medium: Mutex::new(written), live }))
    }

    /// Appends octets, and returns when they are safe. `note` runs in the order of the appends, before
    /// any of them is written.
    ///
    /// # Errors
    /// When they are not safe.
    pub async fn append(&self, octets: Vec<u8>, note: impl FnOnce()) -> io::Result<()> {
        let (told, safe) = oneshot::channel();
        if self.gather(&octets, told, note) {
            let shared = Arc::clone(&self.0);
            spawn_blocking(move || shared.write_all());
        }
        safe.await.unwrap_or_else(|_| Err(io::Error::other("the journal was given up")))
    }

    /// Whether somebody must begin to write.
    fn gather(&self, octets: &[u8], told: oneshot::Sender<io::Result<()>>, note: impl FnOnce()) -> bool {
        let mut gathering = lock(&self.0.gathering);
        note();
        gathering.octets.extend_from_slice(octets);
        gathering.waiting.push(told);
        !std::mem::replace(&mut gathering.is_writing, true)
    }
}

impl Shared {
    /// Writes until nothing more has gathered.
    fn write_all(&self) {
        loop {
            let (octets, waiting) = {
                let mut gathering = lock(&self.gathering);
                if gathering.waiting.is_empty() {
                    gathering.is_writing = false;
                    return;
                }
                (std::mem::take(&mut gathering.octets), std::mem::take(&mut gathering.waiting))
            };
            let result = lock(&self.medium).write(&octets);
            for waiting in waiting {
                // Who does not wait any more needs no answer.
                let _ = waiting.send(match &result {
                    Ok(()) => Ok(()),
                    Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
                });
            }
            self.shorten();
        }
    }

    /// Writes the journal anew when most of it does not matter any more.
    fn shorten(&self) {
        let mut written = lock(&self.medium);
        if written.length < written.limit || written.is_broken {
            return;
        }
        let gathering = lock(&self.gathering);
        if !gathering.waiting.is_empty() {
            // What has gathered is live but not written: the next time.
            return;
        }
        let live = (self.live)();
        drop(gathering);
        match written.medium.replace(&live) {
            Ok(()) => written.length = live.len() as u64,
            Err(error) => tracing::warn!("the mail journal could not be shortened: {error}"),
        }
        written.limit = REWRITE.max(written.length * 4);
    }
}

impl Written {
    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        if self.is_broken {
            return Err(io::Error::other("the mail journal could not be written before"));
        }
        self.medium.append(octets)?;
        self.length += octets.len() as u64;
        self.medium.sync().inspect_err(|_| self.is_broken = true)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

/// A file.
#[derive(Debug)]
pub struct OnDisk {
    path: std::path::PathBuf,
    file: File,
}

impl OnDisk {
    /// Makes a file that says `octets`, durably, in the place of any that is there.
    ///
    /// # Errors
    /// As the file system says.
    pub fn create(path: std::path::PathBuf, octets: &[u8]) -> io::Result<Self> {
        let file = replace(&path, octets)?;
        Ok(Self { path, file })
    }
}

impl Medium for OnDisk {
    fn append(&mut self, octets: &[u8]) -> io::Result<()> {
        let end = self.file.stream_position()?;
        self.file.write_all(octets).inspect_err(|_| {
            // A part of a record would hide all records after it. If even this fails, the next append
            // fails too, or the checksum tells.
            let _ = self.file.set_len(end).and_then(|()| self.file.seek(SeekFrom::Start(end)));
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn replace(&mut self, octets: &[u8]) -> io::Result<()> {
        self.file = replace(&self.path, octets)?;
        Ok(())
    }
}

fn replace(path: &std::path::Path, octets: &[u8]) -> io::Result<File> {
    let unfinished = path.with_extension("new");
    let mut file = super::create(&unfinished)?;
    file.write_all(octets)?;
    file.sync_all()?;
    std::fs::rename(unfinished, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// Short enough to be read in a blink when a lab starts, long enough to be rewritten seldom.
const REWRITE: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests;
