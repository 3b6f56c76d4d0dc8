//! What goes to stdout and stderr. Either may be full, or lead to somebody who has left; neither is worth a panic.

use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

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
