//! Systems that have no namespaces.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::detour::{Detour, NotRun};
use crate::outpost::{ASK, Allowed, Kind, Outpost};
use crate::{Ended, Me, Part, Refused, ResolvConf, Step, Visit, World};

/// The first process of a world; there is none here.
#[derive(Debug)]
pub struct Inside(Infallible);

/// A world as seen from outside; there is none here.
#[derive(Debug)]
pub struct Outside(Infallible);

/// A way into a world; there is none here.
#[derive(Debug)]
pub struct Entrance(Infallible);

/// # Errors
/// Always.
pub(crate) fn stay(_: UnixStream, _: Allowed) -> io::Result<i32> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There is nobody.
pub(crate) fn see_off(_: i32) -> Option<Ended> {
    None
}

/// # Errors
/// Always.
pub(crate) fn give(_: &Me, _: &[IpAddr]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// # Errors
/// Always.
pub(crate) fn take(_: &[IpAddr]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nobody has a part.
pub(crate) fn is_taken(_: &Me) -> bool {
    false
}

/// # Errors
/// Always.
pub(crate) fn ask(_: BorrowedFd<'_>, _: &[u8; ASK]) -> io::Result<Option<OwnedFd>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// # Errors
/// Always.
pub(crate) fn bound(_: Kind, _: SocketAddr) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// # Errors
/// Always.
pub(crate) fn run_detoured(_: Detour, _: &Visit, _: Option<i32>) -> Result<Ended, NotRun> {
    Err(NotRun::Refused(io::ErrorKind::Unsupported.into()))
}

/// # Errors
/// Always.
pub(crate) fn try_detour() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nothing is held back here.
///
/// # Errors
/// None.
pub fn hear_signals() -> io::Result<()> {
    Ok(())
}

impl Inside {
    /// Does not happen.
    pub fn say(&mut self, _: &str) {
        match self.0 {}
    }

    /// Does not happen.
    pub fn process(&self) -> i32 {
        match self.0 {}
    }

    /// Does not happen.
    pub fn shortcomings(&self) -> &[String] {
        match self.0 {}
    }

    /// Does not happen.
    pub fn take_resolv_conf(&mut self) -> Option<ResolvConf> {
        match self.0 {}
    }

    /// Does not happen.
    pub fn be_quiet(&self) -> io::Result<()> {
        match self.0 {}
    }

    /// Does not happen.
    pub fn rest(self) -> u8 {
        match self.0 {}
    }
}

impl Outside {
    pub(crate) fn start(_: &World, _: impl FnOnce(Inside) -> u8) -> Result<Self, Refused> {
        Err(Refused { step: Step::System, error: io::ErrorKind::Unsupported.into() })
    }

    pub(crate) fn beside(_: impl FnOnce(Inside) -> u8) -> Result<Self, Refused> {
        Err(Refused { step: Step::System, error: io::ErrorKind::Unsupported.into() })
    }

    /// Does not happen.
    pub fn hear(&mut self) -> Option<String> {
        match self.0 {}
    }

    /// Does not happen.
    pub fn process(&self) -> i32 {
        match self.0 {}
    }

    /// Does not happen.
    pub fn needs(self, _: Outpost) -> Self {
        match self.0 {}
    }

    /// Does not happen.
    pub fn entrance(&self) -> io::Result<Entrance> {
        match self.0 {}
    }

    /// Does not happen.
    pub fn wait(self) -> io::Result<Ended> {
        match self.0 {}
    }

    /// Does not happen.
    pub fn stop(self, _: Duration) -> Option<Ended> {
        match self.0 {}
    }
}

impl Entrance {
    /// # Errors
    /// Always.
    pub fn of(_: i32) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Does not happen.
    pub fn to(self, _: &Part) -> io::Result<Self> {
        match self.0 {}
    }

    /// Does not happen.
    pub fn to_who_has(self, _: &Part) -> io::Result<Self> {
        match self.0 {}
    }

    /// Does not happen.
    pub fn enter(self) -> io::Result<()> {
        match self.0 {}
    }

    /// Does not happen.
    pub fn run(self, _: &Visit) -> io::Result<Ended> {
        match self.0 {}
    }
}
