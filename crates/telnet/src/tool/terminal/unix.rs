//! Terminals and signals as Unix has them.

use std::io::{self, IsTerminal};

use rustix::process::{self, getpid, kill_process};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};
use tokio::signal::unix::{self, SignalKind};

use super::Signal;
use crate::client::Typing;

/// A terminal whose modes change; they are put back when this is dropped.
#[derive(Debug)]
pub(in crate::tool) struct Terminal {
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
        let _ = kill_process(getpid(), process::Signal::STOP);
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

/// Columns and rows of the window, where there is one.
pub(in crate::tool) fn window() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    Some((size.ws_col, size.ws_row))
}

/// What comes from the terminal, or from who ends programs, while the client runs.
#[derive(Debug)]
pub(in crate::tool) struct Signals {
    window: unix::Signal,
    interrupt: unix::Signal,
    /// Those that end the client, which leaves the terminal as it was.
    terminate: unix::Signal,
    hang_up: unix::Signal,
    quit: unix::Signal,
    stop: unix::Signal,
}

impl Signals {
    /// # Errors
    /// When the system hands out none.
    pub fn listen() -> io::Result<Self> {
        let stop = SignalKind::from_raw(process::Signal::TSTP.as_raw());
        Ok(Self {
            window: unix::signal(SignalKind::window_change())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hang_up: unix::signal(SignalKind::hangup())?,
            quit: unix::signal(SignalKind::quit())?,
            stop: unix::signal(stop)?,
        })
    }

    /// The next of them.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => Signal::End,
            _ = self.hang_up.recv() => Signal::End,
            _ = self.quit.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.stop.recv() => Signal::Stop,
            _ = self.window.recv() => Signal::Window,
        }
    }
}
