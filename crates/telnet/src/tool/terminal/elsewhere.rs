//! Systems whose terminals have no modes that we know: what is typed comes in lines.

use std::io;

use super::Signal;
use crate::client::Typing;

/// A terminal whose modes change; there is none here.
#[derive(Debug)]
pub(in crate::tool) enum Terminal {}

impl Terminal {
    /// None.
    pub fn of_stdin(_: Option<u8>) -> Option<Self> {
        None
    }

    /// Does not happen.
    pub fn follow(&self, _: Typing) {
        match *self {}
    }

    /// Does not happen.
    pub fn restore(&self) {
        match *self {}
    }

    /// Does not happen.
    pub fn suspend(&self) {
        match *self {}
    }
}

/// Nobody tells how large the window is.
pub(in crate::tool) fn window() -> Option<(u16, u16)> {
    None
}

/// Ctrl-C.
#[derive(Debug)]
pub(in crate::tool) struct Signals;

impl Signals {
    /// # Errors
    /// None.
    pub fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// The next of them; where the system tells of none, the client is ended.
    pub async fn next(&mut self) -> Signal {
        tokio::signal::ctrl_c().await.map_or(Signal::End, |()| Signal::Interrupt)
    }
}
