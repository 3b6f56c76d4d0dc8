//! What goes to stdout and stderr. Either may be full, or lead to somebody who has left; neither is worth a panic.

use std::future;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::sync::OnceLock;

use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;

use crate::exit::Exit;

/// Prints for whoever still reads, and says whether anybody does: a reader that has seen enough and
/// left, as `head` does, is no mistake of ours. What is lost otherwise is told by [`arrived`].
pub fn print(text: &str) -> bool {
    print_octets(text.as_bytes())
}

/// The same for what need not be text.
pub fn print_octets(octets: &[u8]) -> bool {
    let mut out = io::stdout().lock();
    let printed = out.write_all(octets).and_then(|()| out.flush());
    let is_printed = printed.is_ok();
    if let Some(error) = printed.err().filter(|error| error.kind() != ErrorKind::BrokenPipe) {
        // The first says why.
        let _ = LOST.set(error);
    }
    is_printed
}

/// Says a line to the person. Where that cannot be done there is nobody to be told so.
pub fn say(line: &str) {
    say_all(&format!("{line}\n"));
}

/// The same for text that has its ends of lines.
pub fn say_all(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Does work that prints until it is done, or until whoever read it has left, as `grep -m 1` does: nothing may ever
/// come again that would tell so.
pub async fn while_read(work: impl Future<Output = Result<(), Exit>>) -> Result<(), Exit> {
    tokio::select! {
        biased;
        ended = work => ended,
        () = reader_left() => Ok(()),
    }
}

/// Comes back when whoever read what this process prints has left.
pub async fn reader_left() {
    match watched() {
        Ok(out) => drop(out.ready(Interest::ERROR).await),
        // A file has no reader who could leave, and epoll does not take it (EPERM in epoll_ctl(2)).
        Err(_) => future::pending().await,
    }
}

/// Standard output, of which only the end of its reader is wanted: so it stays as it is, blocking or not.
fn watched() -> io::Result<Sender> {
    Sender::from_owned_fd_unchecked(io::stdout().as_fd().try_clone_to_owned()?)
}

/// Whether all that was printed has arrived.
///
/// # Errors
/// When some of it is lost, as on a full disk.
pub fn arrived() -> Result<(), Exit> {
    match LOST.get() {
        Some(error) => Err(Exit::not_allowed(format!("toynet: what was printed is lost: {error}"))),
        None => Ok(()),
    }
}

static LOST: OnceLock<io::Error> = OnceLock::new();
