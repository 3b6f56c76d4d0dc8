//! What goes to stdout.

use std::io::{self, Write};

/// Prints for whoever still reads, and says whether anybody does: a reader that has seen enough and
/// left, as `head` does, is no mistake of ours.
pub fn print(text: &str) -> bool {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}
