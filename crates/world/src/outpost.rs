//! Who stays outside and opens sockets for those inside: to connect to a few addresses, and to be reached at some.
//!
//! A socket belongs to the network in which it was made. So a process that stays in the machine's own makes it,
//! lets it begin to connect or binds it, and passes it in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use crate::{Refused, Step};

/// What such a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A stream.
    Stream,
    /// Datagrams.
    Datagrams,
}

/// What may be asked of the process outside.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// To where it connects, and to nowhere else.
    pub to: BTreeSet<SocketAddr>,
    /// At which addresses of 127/8 it binds: those with this second octet.
    pub at: Option<u8>,
}

/// The line to a process outside. When all who have it are gone, so is that process.
pub struct Outpost {
    process: i32,
    at: Option<u8>,
    line: Mutex<UnixStream>,
    opened: Mutex<BTreeMap<(Kind, SocketAddr), Vec<OwnedFd>>>,
}

/// What is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A socket that connects to this address.
    Connect(Kind, SocketAddr),
    /// One that is bound there.
    Bind(Kind, SocketAddr),
    /// To connect to this address when asked to, from here on.
    Allow(SocketAddr),
    /// To do so no longer.
    Forbid(SocketAddr),
}

impl Ask {
    pub(crate) fn octets(self) -> [u8; ASK] {
        let (what, address) = match self {
            Ask::Connect(Kind::Stream, to) => (0, to),
            Ask::Connect(Kind::Datagrams, to) => (1, to),
            Ask::Bind(Kind::Stream, at) => (2, at),
            Ask::Bind(Kind::Datagrams, at) => (3, at),
            Ask::Allow(to) => (4, to),
            Ask::Forbid(to) => (5, to),
        };
        let (ip, scope) = match address {
            SocketAddr::V4(four) => (four.ip().to_ipv6_mapped(), 0),
            SocketAddr::V6(six) => (*six.ip(), six.scope_id()),
        };
        let mut octets = [0; ASK];
        octets[0] = what;
        octets[1] = u8::from(address.is_ipv4());
        octets[2..4].copy_from_slice(&address.port().to_be_bytes());
        octets[4..8].copy_from_slice(&scope.to_be_bytes());
        octets[8..].copy_from_slice(&ip.octets());
        octets
    }

    /// Nothing, of what is no ask.
    pub(crate) fn parse(octets: [u8; ASK]) -> Option<Self> {
        let [what, is_four, high, low, s, c, o, pe, ip @ ..] = octets;
        let (port, scope, ip) =
            (u16::from_be_bytes([high, low]), u32::from_be_bytes([s, c, o, pe]), Ipv6Addr::from(ip));
        let address = match ip.to_ipv4_mapped() {
            Some(four) if is_four == 1 => SocketAddrV4::new(four, port).into(),
            Some(_) | None => SocketAddrV6::new(ip, port, 0, scope).into(),
        };
        Some(match what {
            0 => Ask::Connect(Kind::Stream, address),
            1 => Ask::Connect(Kind::Datagrams, address),
            2 => Ask::Bind(Kind::Stream, address),
            3 => Ask::Bind(Kind::Datagrams, address),
            4 => Ask::Allow(address),
            5 => Ask::Forbid(address),
            _ => return None,
        })
    }
}

impl Outpost {
    /// Leaves a process in this network that opens what is allowed, and nothing else. This process must have one
    /// thread.
    ///
    /// # Errors
    /// When there can be no further process.
    pub fn leave(allowed: Allowed) -> Result<Self, Refused> {
        let refused = |error| Refused::new(Step::Beside, error);
        let (here, there) = UnixStream::pair().map_err(refused)?;
        let at = allowed.at;
        let process = crate::platform::stay(there, allowed).map_err(refused)?;
        Ok(Self { process, at, line: Mutex::new(here), opened: Mutex::default() })
    }

    /// Opens sockets that will be asked for, while this process is still outside: that takes a hundredth of the time
    /// that asking does. What cannot be opened now is asked for when it is wanted.
    pub fn open_ahead(&self, wanted: impl IntoIterator<Item = (Kind, SocketAddr)>) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        for (kind, at) in wanted.into_iter().filter(|(_, at)| may_bind(self.at, *at)) {
            opened.entry((kind, at)).or_default().extend(crate::platform::bound(kind, at));
        }
    }

    /// Closes those that nobody has asked for: a socket that nobody reads takes what is meant for others at its port.
    pub fn close_rest(&self) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A socket outside that does not block and has begun to connect.
    ///
    /// # Errors
    /// [`io::ErrorKind::NetworkUnreachable`] for an address that is not allowed; as the kernel says out there.
    pub fn connect(&self, kind: Kind, to: SocketAddr) -> io::Result<OwnedFd> {
        self.ask_for_socket(Ask::Connect(kind, to))
    }

    /// A socket outside that does not block, shares its port and is bound.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrNotAvailable`] for an address that is not allowed; as the kernel says out there.
    pub fn bind(&self, kind: Kind, at: SocketAddr) -> io::Result<OwnedFd> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let found = opened.get_mut(&(kind, at)).and_then(Vec::pop);
        drop(opened);
        found.map_or_else(|| self.ask_for_socket(Ask::Bind(kind, at)), Ok)
    }

    /// Has it connect to this address when asked to.
    ///
    /// # Errors
    /// When that process is gone.
    pub fn allow(&self, to: SocketAddr) -> io::Result<()> {
        self.ask(Ask::Allow(to)).map(drop)
    }

    /// Has it connect there no longer; connections that there are go on.
    ///
    /// # Errors
    /// When that process is gone.
    pub fn forbid(&self, to: SocketAddr) -> io::Result<()> {
        self.ask(Ask::Forbid(to)).map(drop)
    }

    /// Lets go of the process that was left, and waits for its end: where there is no lab that needs it. To be called by
    /// the process that left it.
    pub fn give_up(self) {
        let process = self.let_go();
        crate::platform::see_off(process);
    }

    /// Lets go of it, and says its number.
    pub(crate) fn let_go(self) -> i32 {
        self.process
    }

    fn ask_for_socket(&self, ask: Ask) -> io::Result<OwnedFd> {
        self.ask(ask)?.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn ask(&self, ask: Ask) -> io::Result<Option<OwnedFd>> {
        // Whoever panicked with it left it between an ask and its answer.
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        crate::platform::ask(line.as_fd(), &ask.octets())
    }
}

/// Whether an address is among those of 127/8 with this second octet.
pub(crate) fn may_bind(second: Option<u8>, at: SocketAddr) -> bool {
    match at {
        SocketAddr::V4(at) => at.ip().octets()[0] == 127 && Some(at.ip().octets()[1]) == second,
        SocketAddr::V6(_) => false,
    }
}

impl fmt::Debug for Outpost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outpost").field("at", &self.at).finish_non_exhaustive()
    }
}

/// What, which family, which port, scope and address.
pub(crate) const ASK: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ask_is_understood_as_it_was_meant() {
        let addresses = ["127.9.0.1:8053", "[::1]:80", "[fe80::1%3]:443", "[::ffff:127.0.0.1]:25"];
        for address in addresses.map(|address| address.parse().unwrap()) {
            for kind in [Kind::Stream, Kind::Datagrams] {
                for ask in
                    [Ask::Connect(kind, address), Ask::Bind(kind, address), Ask::Allow(address), Ask::Forbid(address)]
                {
                    assert_eq!(Ask::parse(ask.octets()), Some(ask));
                }
            }
        }
        assert_eq!(Ask::parse([9; ASK]), None);
    }
}
