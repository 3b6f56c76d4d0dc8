//! Who stays outside and connects on behalf of those inside, to a few addresses only.
//!
//! A socket belongs to the network in which it was made. So a process that stays in the machine's own makes it,
//! lets it begin to connect, and passes it in.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

/// What such a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A stream.
    Stream,
    /// Datagrams.
    Datagrams,
}

/// The line to a process outside. When all who have it are gone, so is that process.
pub struct Outpost {
    to: Vec<SocketAddr>,
    line: Mutex<UnixStream>,
}

impl Outpost {
    /// Leaves a process in this network that connects to these addresses, and to no others. This process must have
    /// one thread.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn leave(to: impl IntoIterator<Item = SocketAddr>) -> io::Result<Self> {
        let to: Vec<SocketAddr> = to.into_iter().take(MOST).collect();
        let (here, there) = UnixStream::pair()?;
        crate::platform::stay(there, &to)?;
        Ok(Self { to, line: Mutex::new(here) })
    }

    /// A socket outside that does not block and has begun to connect.
    ///
    /// # Errors
    /// [`io::ErrorKind::NetworkUnreachable`] for an address that was not named; as the kernel says out there.
    pub fn connect(&self, kind: Kind, to: SocketAddr) -> io::Result<OwnedFd> {
        let at = self.to.iter().position(|known| *known == to).ok_or(io::ErrorKind::NetworkUnreachable)?;
        // Whoever panicked with it left it between an ask and its answer.
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        crate::platform::ask(line.as_fd(), &[at as u8, u8::from(kind == Kind::Datagrams)])
    }
}

impl fmt::Debug for Outpost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outpost").field("to", &self.to).finish_non_exhaustive()
    }
}

/// An address is asked for by its number in one octet.
const MOST: usize = 256;
