//! The terminal that a person sits at. It is left as it was found, however the client ends.

use std::env;
use std::io::{self, IsTerminal};

use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

use crate::client::{self, Typing};

/// A terminal whose modes change; they are put back when this is dropped.
#[derive(Debug)]
pub(super) struct Terminal {
    found: Termios,
    escape: Option<u8>,
}

impl Terminal {
    /// The terminal at standard input, unless that is none. In lines the octet `escape` ends one at once.
    pub fn of_stdin(escape: Option<u8>) -> Option<Self> {
        let found = io::stdin().is_terminal().then(|| tcgetattr(io::stdin()).ok()).flatten()?;
        Some(Self { found, escape })
    }

    /// Sends keys as `typing` wants them.
    pub fn follow(&self, typing: Typing) {
        let mut modes = self.found.clone();
        match typing {
            Typing::Keys => {
                modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN;
                modes.input_modes -= InputModes::ICRNL | InputModes::INLCR | InputModes::IXON;
                modes.special_codes[SpecialCodeIndex::VMIN] = 1;
                modes.special_codes[SpecialCodeIndex::VTIME] = 0;
            }
            Typing::Lines => self.end_lines_at_escape(&mut modes),
            Typing::HiddenLines => {
                modes.local_modes -= LocalModes::ECHO;
                self.end_lines_at_escape(&mut modes);
            }
        }
        self.set(&modes);
    }

    /// As it was found: for what is typed to the client itself.
    pub fn restore(&self) {
        self.set(&self.found);
    }

    /// Stops the process until its shell lets it go on.
    pub fn suspend(&self) {
        self.restore();
        // A shell that has no job control has no such signal either.
        let _ = kill_process(getpid(), Signal::STOP);
    }

    fn end_lines_at_escape(&self, modes: &mut Termios) {
        if let Some(escape) = self.escape {
            modes.special_codes[SpecialCodeIndex::VEOL] = escape;
        }
    }

    fn set(&self, modes: &Termios) {
        // A terminal that has hung up has no modes.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, modes);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.restore();
    }
}

/// What a server may know of the terminal.
pub(super) fn describe(user: Option<String>) -> client::Terminal {
    let (columns, rows) = window().unwrap_or_default();
    let kind = env::var("TERM").ok().filter(|kind| columns > 0 && !kind.is_empty());
    // The name that RFC 1091 has for a terminal of no known kind.
    client::Terminal { kind: kind.unwrap_or_else(|| "UNKNOWN".to_owned()), columns, rows, user }
}

/// Columns and rows of the window, where there is one.
pub(super) fn window() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    Some((size.ws_col, size.ws_row))
}
