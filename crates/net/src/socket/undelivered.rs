//! What the network says of a datagram that it could not deliver: ICMP's errors, of which a client must hear
//! (RFC 1122 4.1.3.3).

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

use tokio::io::Interest;
use tokio::net::UdpSocket;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use portable as system;

pub(super) use system::hear;

/// Whom a datagram did not reach. It is inside the error that says why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Undelivered {
    to: SocketAddr,
    why: io::ErrorKind,
}

impl Undelivered {
    /// The error that tells of it.
    pub fn error(to: SocketAddr, why: io::ErrorKind) -> io::Error {
        io::Error::new(why, Undelivered { to, why })
    }

    /// Whom a datagram did not reach, if that is what the error tells.
    pub fn of(error: &io::Error) -> Option<SocketAddr> {
        error.get_ref()?.downcast_ref::<Undelivered>().map(|undelivered| undelivered.to)
    }
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Undelivered { to, why } = self;
        match why {
            io::ErrorKind::ConnectionRefused => write!(f, "{why}: nobody takes datagrams at port {}", to.port()),
            _ => write!(f, "{why}"),
        }
    }
}

impl Error for Undelivered {}

/// What a socket has to tell.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Taken {
    /// So many octets of whom.
    Arrived(usize, SocketAddr),
    /// What was sent to this address did not arrive, for this reason.
    Undelivered(SocketAddr, io::ErrorKind),
}

impl Taken {
    /// What has arrived.
    ///
    /// # Errors
    /// An [`Undelivered`], by the name that `named` has for the address.
    pub fn arrived(self, named: impl FnOnce(SocketAddr) -> SocketAddr) -> io::Result<(usize, SocketAddr)> {
        match self {
            Taken::Arrived(length, from) => Ok((length, from)),
            Taken::Undelivered(to, why) => Err(Undelivered::error(named(to), why)),
        }
    }
}

/// What the socket has to tell at once.
///
/// # Errors
/// As the system says.
pub(crate) fn take(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<Option<Taken>> {
    match socket.try_recv_from(buffer) {
        Ok((length, from)) => return Ok(Some(Taken::Arrived(length, from))),
        // What is known of it follows.
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock) || is_of_one(&error) => {}
        Err(error) => return Err(error),
    }
    match socket.try_io(Interest::ERROR, || system::undelivered(socket)) {
        Ok((to, why)) => Ok(Some(Taken::Undelivered(to, why))),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether an error of a socket is that of a datagram sent before.
pub(crate) fn is_of_one(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    )
}

/// When there may be something to [`take`].
pub(crate) const NEWS: Interest = Interest::READABLE.add(Interest::ERROR);
