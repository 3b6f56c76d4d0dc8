//! SOCKS 5 as octets (RFC 1928), with names and passwords (RFC 1929): what stands before HTTP where such a proxy leads
//! to the server.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use Stage::{Choice, Greeting, Password, Reply, Request, Status};

/// Where a proxy is to lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// To an address.
    Address(SocketAddr),
    /// To whoever the proxy finds under a name, and to this port.
    Name(String, u16),
}

/// Whose turn it is, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The client says which ways to log in it knows.
    Greeting,
    /// The proxy chooses one.
    Choice,
    /// The client says who it is.
    Password,
    /// The proxy says whether that will do.
    Status,
    /// The client says what it wants.
    Request,
    /// The proxy says what became of it.
    Reply,
}

/// What is said in a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// These methods are known.
    Greeting(Vec<u8>),
    /// This one is chosen.
    Choice(u8),
    /// Somebody of this name has a password.
    Password(String),
    /// 0 where that is right.
    Status(u8),
    /// A command, and where to.
    Request(u8, Place),
    /// A code, and from where the proxy speaks to the server.
    Reply(u8, Place),
}

/// The octets are not those of SOCKS 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSocks;

/// The greeting of a client that has a password, or has none.
pub fn greeting(has_password: bool) -> Vec<u8> {
    if has_password { vec![VERSION, 2, NO_AUTHENTICATION, USER] } else { vec![VERSION, 1, NO_AUTHENTICATION] }
}

/// Who the client is (RFC 1929 2). Either text has 1 to 255 octets.
pub fn password(user: &str, password: &str) -> Vec<u8> {
    let mut octets = vec![PASSWORD_VERSION];
    for text in [user, password] {
        octets.push(text.len() as u8);
        octets.extend_from_slice(text.as_bytes());
    }
    octets
}

/// The wish for a connection (RFC 1928 4). A name has 1 to 255 octets.
pub fn connect(to: &Place) -> Vec<u8> {
    let mut octets = vec![VERSION, CONNECT, 0];
    let port = match to {
        Place::Address(address) => {
            match address.ip() {
                IpAddr::V4(ip) => octets.extend([&[FOUR][..], &ip.octets()].concat()),
                IpAddr::V6(ip) => octets.extend([&[SIX][..], &ip.octets()].concat()),
            }
            address.port()
        }
        Place::Name(name, port) => {
            octets.extend([&[NAME, name.len() as u8], name.as_bytes()].concat());
            *port
        }
    };
    octets.extend(port.to_be_bytes());
    octets
}

/// What an answer's code means (RFC 1928 6).
pub fn in_words(code: u8) -> &'static str {
    match code {
        SUCCEEDED => "it leads there",
        1 => "something failed at the proxy",
        2 => "the proxy's rules do not allow it",
        3 => "the network is not reached",
        4 => "the host is not reached, or not found",
        5 => "the host takes no connection there",
        6 => "too many hops are in between (TTL expired)",
        7 => "the proxy knows no such command",
        8 => "the proxy knows no such kind of address",
        _ => "for a reason that has no name",
    }
}

impl Stage {
    /// Reads what is said in this stage off the front of `octets`, and how long it is; nothing when it is cut.
    ///
    /// # Errors
    /// When it is no SOCKS 5.
    pub fn read(self, octets: &[u8]) -> Result<Option<(Word, usize)>, NotSocks> {
        let version = if matches!(self, Password | Status) { PASSWORD_VERSION } else { VERSION };
        match octets.first() {
            None => return Ok(None),
            // RFC 1929 2 has 1 there; some proxies answer as if it were SOCKS itself.
            Some(first) if *first == version || (self == Status && *first == VERSION) => {}
            Some(_) => return Err(NotSocks),
        }
        let mut rest = Rest(&octets[1..]);
        let word = match self {
            Greeting => rest.counted().map(|methods| Word::Greeting(methods.to_vec())),
            Choice => rest.octet().map(Word::Choice),
            Password => {
                rest.counted().and_then(|user| rest.counted().map(|_| user)).map(|user| Word::Password(text(user)))
            }
            Status => rest.octet().map(Word::Status),
            Request => rest.code_and_place()?.map(|(command, place)| Word::Request(command, place)),
            Reply => rest.code_and_place()?.map(|(code, place)| Word::Reply(code, place)),
        };
        Ok(word.map(|word| (word, octets.len() - rest.0.len())))
    }

    /// Whether the client speaks.
    pub fn is_clients(self) -> bool {
        matches!(self, Greeting | Password | Request)
    }
}

impl Word {
    /// What follows it; nothing where SOCKS is over.
    pub fn next(&self) -> Option<Stage> {
        match self {
            Word::Greeting(_) => Some(Choice),
            Word::Choice(NO_AUTHENTICATION) | Word::Status(SUCCEEDED) => Some(Request),
            Word::Choice(USER) => Some(Password),
            Word::Password(_) => Some(Status),
            Word::Request(..) => Some(Reply),
            Word::Choice(_) | Word::Status(_) | Word::Reply(..) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Address(address) => address.fmt(f),
            Place::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

/// What was not read so far.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn octet(&mut self) -> Option<u8> {
        self.take(1).map(|octets| octets[0])
    }

    /// So many octets as the first one says.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let count = self.octet()?;
        self.take(count.into())
    }

    fn code_and_place(&mut self) -> Result<Option<(u8, Place)>, NotSocks> {
        let Some(&[code, _, kind]) = self.take(3) else { return Ok(None) };
        let address = match kind {
            FOUR => self.take(4).and_then(|ip| <[u8; 4]>::try_from(ip).ok()).map(|ip| Ok(IpAddr::from(ip))),
            SIX => self.take(16).and_then(|ip| <[u8; 16]>::try_from(ip).ok()).map(|ip| Ok(IpAddr::from(ip))),
            NAME => self.counted().map(|name| Err(text(name))),
            _ => return Err(NotSocks),
        };
        let port = self.take(2).map(|port| u16::from_be_bytes([port[0], port[1]]));
        Ok(address.zip(port).map(|(address, port)| match address {
            Ok(ip) => (code, Place::Address(SocketAddr::new(ip, port))),
            Err(name) => (code, Place::Name(name, port)),
        }))
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The version of SOCKS.
pub const VERSION: u8 = 5;
/// The method of whoever need not log in.
pub const NO_AUTHENTICATION: u8 = 0;
/// That of a name and a password (RFC 1929).
pub const USER: u8 = 2;
/// The code of what went well.
pub const SUCCEEDED: u8 = 0;
/// The command for a connection.
pub const CONNECT: u8 = 1;
const PASSWORD_VERSION: u8 = 1;
const FOUR: u8 = 1;
const NAME: u8 = 3;
const SIX: u8 = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_client_writes_is_read() {
        let name = Place::Name("www.shop.test".into(), 443);
        let addresses = ["198.18.1.1:80", "[2001:db8::1]:443"].map(|text| Place::Address(text.parse().unwrap()));
        for place in addresses.into_iter().chain([name]) {
            let octets = connect(&place);
            assert_eq!(Request.read(&octets), Ok(Some((Word::Request(CONNECT, place), octets.len()))));
            for cut in 0..octets.len() {
                assert_eq!(Request.read(&octets[..cut]), Ok(None), "{cut}");
            }
        }
        assert_eq!(Greeting.read(&greeting(true)), Ok(Some((Word::Greeting(vec![0, 2]), 4))));
        assert_eq!(Password.read(&password("me", "secret")), Ok(Some((Word::Password("me".into()), 11))));
    }

    #[test]
    fn what_is_no_socks_is_told_apart() {
        assert_eq!(Choice.read(b"HTTP/1.1 400"), Err(NotSocks));
        assert_eq!(Choice.read(&[4, 90]), Err(NotSocks));
        assert_eq!(Reply.read(&[5, 0, 0, 9, 0, 0]), Err(NotSocks));
        assert_eq!(Status.read(&[5, 0]), Ok(Some((Word::Status(0), 2))));
    }

    proptest! {
        #[test]
        fn any_octets_are_read_or_refused(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            for stage in [Greeting, Choice, Password, Status, Request, Reply] {
                if let Ok(Some((_, length))) = stage.read(&octets) {
                    prop_assert!(length <= octets.len());
                }
            }
        }
    }
}
