//! Where `capture` writes, in whatever form: a file or standard output, until somebody interrupts it.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, IsTerminal};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;
use crate::output;

/// What is written to.
pub type Sink = Box<dyn AsyncWrite + Unpin>;

/// Where to write. A file is its owner's alone.
pub fn open(path: &Path) -> Result<Box<dyn AsyncWrite + Unpin>, Exit> {
    if is_standard(path) {
        if io::stdout().is_terminal() {
            let advice = "say -o FILE, or pipe it into `wireshark -k -i -`";
            return Err(Exit::misused(format!("toynet: a capture is nothing that a terminal can show; {advice}")));
        }
        return Ok(Box::new(tokio::io::stdout()));
    }
    let failed = |error: io::Error| Exit::not_allowed(format!("toynet: {} cannot be written: {error}", path.display()));
    let is_older = fs::metadata(path).is_ok_and(|file| file.is_file());
    if is_older {
        fs::set_permissions(path, Permissions::from_mode(PRIVATE)).map_err(failed)?;
    }
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(PRIVATE).open(path).map_err(failed)?;
    Ok(Box::new(tokio::fs::File::from_std(file)))
}

pub fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// Writes `octets` of `what`, and sees to it that they arrive.
pub async fn write(sink: &mut Sink, octets: &[u8], what: &str) -> Result<(), Exit> {
    let written = match sink.write_all(octets).await {
        Ok(()) => sink.flush().await,
        failed => failed,
    };
    written.map_err(|error| match error.kind() {
        // A reader that has seen enough and left is no mistake of ours.
        io::ErrorKind::BrokenPipe => Exit::with_status(0, None),
        _ => Exit::not_allowed(format!("toynet: {what} cannot be written: {error}")),
    })
}

/// Does work that writes to `path` until it is done or somebody has had enough.
pub async fn until_interrupted(path: &Path, work: impl Future<Output = Result<(), Exit>>) -> Result<(), Exit> {
    let not_allowed = |error: io::Error| Exit::not_allowed(format!("toynet: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(not_allowed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(not_allowed)?;
    tokio::select! {
        biased;
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
        () = output::reader_left(), if is_standard(path) => Ok(()),
        ended = work => ended,
    }
}

/// What was said may be read by whoever it was said to.
const PRIVATE: u32 = 0o600;
