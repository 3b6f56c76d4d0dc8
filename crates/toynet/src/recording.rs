//! Records as files: `up --record` writes journals; `log`, `diagram` and `capture` read these, and packet captures.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tokio::sync::oneshot;
use toynet_lab::run::follow::News;
use toynet_lab::run::{Clock, Follow, Lab, Roster, file};
use toynet_view::capture::{self, KeyLog, Opener};

use crate::exit::Exit;
use crate::listen::Listener;
use crate::output;

/// A file that waits for its lab.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    file: File,
}

impl Recording {
    /// Makes the file, which only its owner can read. A journal of that name is replaced, nothing else is.
    ///
    /// # Errors
    /// When there is another file, or the system does not allow it.
    pub fn create(path: &Path) -> Result<Self, Exit> {
        let failed =
            |error: io::Error| Exit::not_allowed(format!("toynet: {} cannot be written: {error}", path.display()));
        match begins_as_journal(path) {
            Ok(true) => fs::remove_file(path).map_err(failed)?,
            Ok(false) => {
                let what = "is there and is no journal; --record replaces nothing else";
                return Err(Exit::not_allowed(format!("toynet: {} {what}", path.display())));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Begins to write down what passes in the lab.
    ///
    /// # Errors
    /// When the system gives no thread, or the disk has no room.
    pub async fn start(self, lab: &Lab) -> io::Result<Listener> {
        self.start_with(lab.plan().name.clone(), lab.roster().clone(), lab.recorder().await, lab.clock())
    }

    /// Begins to write down what passes among these hosts.
    ///
    /// # Errors
    /// As for a lab.
    pub fn start_with(mut self, lab: String, roster: Roster, follow: Follow, clock: Clock) -> io::Result<Listener> {
        let made_by = format!("toynet {}", env!("CARGO_PKG_VERSION"));
        let head = file::Head { lab, made_by, roster };
        self.file.write_all(&file::head(&head))?;
        let shown = self.path.display();
        tracing::info!("records to {shown}, which may hold passwords, cookies and keys: only you can read it");
        Listener::start("record", move |stopped| self.write(follow, clock, stopped))
    }

    async fn write(mut self, mut follow: Follow, clock: Clock, mut stopped: oneshot::Receiver<()>) {
        loop {
            let (news, is_last) = tokio::select! {
                biased;
                _ = &mut stopped => (follow.rest().await, true),
                news = follow.next_whole(clock) => (news, false),
            };
            let Some(news) = news else { return };
            if let Err(error) = self.append(&news) {
                return tracing::error!("{} is incomplete, nothing more is recorded: {error}", self.path.display());
            }
            if is_last {
                return;
            }
        }
    }

    fn append(&mut self, news: &News) -> io::Result<()> {
        if news.left_out > 0 {
            tracing::warn!("{} entries passed too fast to be recorded", news.left_out);
            self.file.write_all(&file::portion(0, news.left_out))?;
        }
        for part in news.journal.parts(LARGEST) {
            let octets = part.as_bytes();
            let length = u32::try_from(octets.len()).map_err(io::Error::other)?;
            self.file.write_all(&file::portion(length, 0))?;
            self.file.write_all(octets)?;
        }
        Ok(())
    }
}

/// Whether the file is a journal, of whatever version.
///
/// # Errors
/// As the file system says.
pub fn begins_as_journal(path: &Path) -> io::Result<bool> {
    Ok(file::is_journal(&beginning(path)?))
}

/// Whether the file is a record of any kind: a journal or a packet capture.
///
/// # Errors
/// As the file system says.
pub fn begins_as_record(path: &Path) -> io::Result<bool> {
    let beginning = beginning(path)?;
    Ok(file::is_journal(&beginning) || capture::is_capture(&beginning))
}

/// Reads a journal, or a packet capture of whatever program, and opens what passed in it over TLS with the keys of
/// these key logs and its own.
///
/// # Errors
/// When it cannot be read or is none.
pub fn read(path: &Path, key_logs: &[PathBuf]) -> Result<file::Recording, Exit> {
    let shown = path.display();
    let failed = |error: io::Error| Exit::failed(format!("toynet: {shown} cannot be read: {error}"));
    let keys = read_keys(key_logs)?;
    if capture::is_capture(&beginning(path).map_err(failed)?) {
        return read_capture(path, &keys);
    }
    let octets = fs::read(path).map_err(failed)?;
    let advice = "`toynet up --record FILE` writes one, and packet captures are pcap or pcapng";
    let read = file::read(&octets).map_err(|error| Exit::failed(format!("toynet: {shown} {error}; {advice}")))?;
    Ok(file::Recording { journal: Opener::journal(&read.journal, &keys), ..read })
}

fn read_keys(key_logs: &[PathBuf]) -> Result<KeyLog, Exit> {
    let mut keys = KeyLog::default();
    for path in key_logs {
        let shown = path.display();
        let lines = fs::read(path).map_err(|error| Exit::failed(format!("toynet: {shown} cannot be read: {error}")))?;
        if keys.add(&String::from_utf8_lossy(&lines)) == 0 {
            let advice = "a program writes one to the file that SSLKEYLOGFILE names";
            return Err(Exit::failed(format!("toynet: {shown} is no log of TLS keys; {advice}")));
        }
    }
    Ok(keys)
}

fn read_capture(path: &Path, keys: &KeyLog) -> Result<file::Recording, Exit> {
    let shown = path.display();
    let file = File::open(path).map_err(capture::ReadError::from);
    let read = file.and_then(|file| capture::read(BufReader::new(file), keys));
    let read = read.map_err(|error| Exit::failed(format!("toynet: {shown} {error}")))?;
    if read.others > 0 {
        let (others, frames) = (read.others, read.frames);
        output::say(&format!("toynet: {others} of {frames} frames in {shown} are no TCP or UDP and are not shown"));
    }
    let lab = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let head = file::Head { lab, made_by: "packets".to_owned(), roster: read.roster };
    Ok(file::Recording { head, journal: read.journal, left_out: 0, is_cut: read.is_cut })
}

fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    File::open(path)?.take(BEGINNING).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// Of one portion: a file that is cut off loses no more than that.
const LARGEST: usize = 1024 * 1024;
/// More than enough to know a journal by.
const BEGINNING: u64 = 64;
