//! The terminal that a person sits at. It is left as it was found, however the client ends.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

use std::env;

#[cfg(not(unix))]
use elsewhere as system;
#[cfg(unix)]
use unix as system;

pub(super) use system::{Signals, Terminal, window};

use crate::client;

/// What a person or the system wants of the client apart from what is typed.
#[cfg_attr(not(unix), expect(dead_code, reason = "other systems tell less"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// The window has another size.
    Window,
    Interrupt,
    /// It is to stop until its shell lets it go on.
    Stop,
    End,
}

/// What a server may know of the terminal.
pub(super) fn describe(user: Option<String>) -> client::Terminal {
    let (columns, rows) = window().unwrap_or_default();
    let kind = env::var("TERM").ok().filter(|kind| columns > 0 && !kind.is_empty());
    // The name that RFC 1091 has for a terminal of no known kind.
    client::Terminal { kind: kind.unwrap_or_else(|| "UNKNOWN".to_owned()), columns, rows, user }
}
