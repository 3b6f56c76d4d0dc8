//! Who stays outside and opens sockets for those inside: to connect to a few addresses, and to be reached at some.
//!
//! A socket belongs to the network in which it was made. So a process that stays in the machine's own makes it,
//! lets it begin to connect or binds it, and passes it in.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

/// What such a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A stream.
    Stream,
    /// Datagrams.
    Datagrams,
}

/// What may be asked of the process outside.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// To where it connects, and to nowhere else; the first 256.
    pub to: Vec<SocketAddr>,
    /// At which addresses of 127/8 it binds: those with this second octet.
    pub at: Option<u8>,
}

/// The line to a process outside. When all who have it are gone, so is that process.
pub struct Outpost {
    allowed: Allowed,
    line: Mutex<UnixStream>,
}

/// A socket that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// One that connects to the address with this number.
    Connect(Kind, u8),
    /// One that is bound, here.
    Bind(Kind, SocketAddrV4),
}

impl Ask {
    pub(crate) fn octets(self) -> [u8; ASK] {
        let (what, kind, at, address) = match self {
            Ask::Connect(kind, at) => (0, kind, at, SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0)),
            Ask::Bind(kind, address) => (1, kind, 0, address),
        };
        let ([a, b, c, d], [high, low]) = (address.ip().octets(), address.port().to_be_bytes());
        [what, u8::from(kind == Kind::Datagrams), at, a, b, c, d, high, low]
    }

    pub(crate) fn parse(octets: [u8; ASK]) -> Self {
        let [what, kind, at, a, b, c, d, high, low] = octets;
        let kind = if kind == 0 { Kind::Stream } else { Kind::Datagrams };
        let address = SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low]));
        if what == 0 { Ask::Connect(kind, at) } else { Ask::Bind(kind, address) }
    }
}

impl Allowed {
    /// Where to connect to.
    pub(crate) fn numbered(&self, at: u8) -> Option<SocketAddr> {
        self.to.get(usize::from(at)).copied()
    }

    pub(crate) fn may_bind(&self, address: SocketAddrV4) -> bool {
        let [first, second, ..] = address.ip().octets();
        first == 127 && Some(second) == self.at
    }
}

impl Outpost {
    /// Leaves a process in this network that opens what is allowed, and nothing else. This process must have one
    /// thread.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn leave(mut allowed: Allowed) -> io::Result<Self> {
        allowed.to.truncate(MOST);
        let (here, there) = UnixStream::pair()?;
        crate::platform::stay(there, &allowed)?;
        Ok(Self { allowed, line: Mutex::new(here) })
    }

    /// A socket outside that does not block and has begun to connect.
    ///
    /// # Errors
    /// [`io::ErrorKind::NetworkUnreachable`] for an address that was not named; as the kernel says out there.
    pub fn connect(&self, kind: Kind, to: SocketAddr) -> io::Result<OwnedFd> {
        let at = self.allowed.to.iter().position(|known| *known == to).ok_or(io::ErrorKind::NetworkUnreachable)?;
        self.ask(Ask::Connect(kind, at as u8))
    }

    /// A socket outside that does not block, shares its port and is bound.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrNotAvailable`] for an address that is not allowed; as the kernel says out there.
    pub fn bind(&self, kind: Kind, at: SocketAddr) -> io::Result<OwnedFd> {
        match at {
            SocketAddr::V4(at) if self.allowed.may_bind(at) => self.ask(Ask::Bind(kind, at)),
            SocketAddr::V4(_) | SocketAddr::V6(_) => Err(io::ErrorKind::AddrNotAvailable.into()),
        }
    }

    fn ask(&self, ask: Ask) -> io::Result<OwnedFd> {
        // Whoever panicked with it left it between an ask and its answer.
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        crate::platform::ask(line.as_fd(), &ask.octets())
    }
}

impl fmt::Debug for Outpost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outpost").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

/// What, of which kind, which number, which address and port.
pub(crate) const ASK: usize = 9;
/// An address is asked for by its number in one octet.
const MOST: usize = 256;
