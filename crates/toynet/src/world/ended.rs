//! How the end of a command inside a lab is told.

use std::io;

use toynet_world::{Ended, Visit};

use crate::exit::Exit;
use crate::output;

/// Ends as a command did.
pub fn finish(ended: Ended) -> Result<(), Exit> {
    match ended.status() {
        0 => Ok(()),
        status => Err(Exit::with_status(status, None)),
    }
}

/// With a lab end those who are in it.
pub fn tell_if_killed(visit: &Visit, ended: Ended, lab: &str) {
    if ended == Ended::Killed(KILL) {
        output::say(&format!("toynet: lab {lab} has ended, or something killed {}", visit.program.display()));
    }
}

/// As shells say it.
pub fn not_run(visit: &Visit, error: &io::Error) -> Exit {
    let status = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN };
    Exit::with_status(status, Some(format!("toynet: {} cannot be run: {error}", visit.program.display())))
}

/// What shells say of a program that there is not, and of one that they cannot run.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;
const KILL: u8 = 9;
