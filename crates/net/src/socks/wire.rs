//! What is said in SOCKS 5, as octets and back (RFC 1928).

use std::io;
use std::net::{IpAddr, SocketAddr};

/// Where a client wants to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Address(SocketAddr),
    /// A name, without a final dot, and a port.
    Name(String, u16),
}

/// What a client wants (RFC 1928 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Connect(Place),
    /// BIND, UDP ASSOCIATE, or none that there is.
    OtherCommand,
    /// An address of no kind that there is.
    OtherAddress,
}

/// How it went (RFC 1928 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Succeeded = 0,
    NotAllowed = 2,
    NetworkUnreachable = 3,
    HostUnreachable = 4,
    Refused = 5,
    CommandNotSupported = 7,
    AddressNotSupported = 8,
}

/// The octets are not those of SOCKS 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSocks;

/// Reads a value and its length; nothing when there are too few octets.
pub type Read<T> = fn(&[u8]) -> Result<Option<(T, usize)>, NotSocks>;

impl Reply {
    /// What a client is told of a connection that failed.
    pub fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Reply::Refused,
            io::ErrorKind::NetworkUnreachable => Reply::NetworkUnreachable,
            _ => Reply::HostUnreachable,
        }
    }
}

/// The methods of authentication that a client knows (RFC 1928 3).
pub fn methods(octets: &[u8]) -> Result<Option<(Vec<u8>, usize)>, NotSocks> {
    check_version(octets)?;
    let Some(count) = octets.get(1) else { return Ok(None) };
    let end = 2 + usize::from(*count);
    Ok(octets.get(2..end).map(|methods| (methods.to_vec(), end)))
}

/// What it asks for then.
pub fn request(octets: &[u8]) -> Result<Option<(Request, usize)>, NotSocks> {
    check_version(octets)?;
    let (Some(command), Some(kind), Some(rest)) = (octets.get(1), octets.get(3), octets.get(4..)) else {
        return Ok(None);
    };
    let (from, length) = match *kind {
        FOUR => (0, 4),
        SIX => (0, 16),
        NAME => match rest.first() {
            Some(length) => (1, usize::from(*length)),
            None => return Ok(None),
        },
        _ => return Ok(Some((Request::OtherAddress, octets.len()))),
    };
    let (Some(address), Some(&[high, low])) =
        (rest.get(from..from + length), rest.get(from + length..from + length + 2))
    else {
        return Ok(None);
    };
    let place = place(*kind, address, u16::from_be_bytes([high, low])).ok_or(NotSocks)?;
    let request = if *command == CONNECT { Request::Connect(place) } else { Request::OtherCommand };
    Ok(Some((request, 4 + from + length + 2)))
}

fn place(kind: u8, address: &[u8], port: u16) -> Option<Place> {
    let ip = match kind {
        FOUR => IpAddr::from(<[u8; 4]>::try_from(address).ok()?),
        SIX => IpAddr::from(<[u8; 16]>::try_from(address).ok()?),
        _ => {
            let name = std::str::from_utf8(address).ok()?.trim_end_matches('.');
            let is_name = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic());
            return is_name.then(|| Place::Name(name.to_owned(), port));
        }
    };
    Some(Place::Address(SocketAddr::new(ip, port)))
}

/// A reply that names the address from which the lab's host is spoken to.
pub fn reply(reply: Reply, from: SocketAddr) -> Vec<u8> {
    let mut octets = vec![VERSION, reply as u8, 0];
    match from.ip() {
        IpAddr::V4(ip) => {
            octets.push(FOUR);
            octets.extend(ip.octets());
        }
        IpAddr::V6(ip) => {
            octets.push(SIX);
            octets.extend(ip.octets());
        }
    }
    octets.extend(from.port().to_be_bytes());
    octets
}

fn check_version(octets: &[u8]) -> Result<(), NotSocks> {
    if octets.first().is_none_or(|version| *version == VERSION) { Ok(()) } else { Err(NotSocks) }
}

pub const VERSION: u8 = 5;
pub const NO_AUTHENTICATION: u8 = 0;
pub const NO_METHOD: u8 = 0xff;
const CONNECT: u8 = 1;
const FOUR: u8 = 1;
const NAME: u8 = 3;
const SIX: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_once_it_is_whole_and_no_further() {
        let whole = [&[5, 1, 0, 3, 13], b"www.shop.test".as_slice(), &[0, 80, b'G']].concat();
        for length in 0..whole.len() - 1 {
            assert_eq!(request(&whole[..length]), Ok(None), "{length}");
        }
        let place = Place::Name("www.shop.test".into(), 80);
        assert_eq!(request(&whole), Ok(Some((Request::Connect(place), whole.len() - 1))));
    }

    #[test]
    fn addresses_of_both_families_are_read_back_from_a_reply() {
        for address in ["198.18.1.1:80", "[2001:db8::1]:443"] {
            let address: SocketAddr = address.parse().unwrap();
            let mut octets = reply(Reply::Succeeded, address);
            octets[1] = CONNECT;
            let read = request(&octets).unwrap().unwrap();
            assert_eq!(read, (Request::Connect(Place::Address(address)), octets.len()));
        }
    }

    #[test]
    fn what_is_not_understood_is_told_apart() {
        assert_eq!(methods(&[4, 1]), Err(NotSocks));
        assert_eq!(methods(&[5, 2, 0, 2]), Ok(Some((vec![0, 2], 4))));
        assert_eq!(request(&[5, 2, 0, 1, 0, 0, 0, 0, 0, 0]), Ok(Some((Request::OtherCommand, 10))));
        assert_eq!(request(&[5, 1, 0, 9, 0, 0]), Ok(Some((Request::OtherAddress, 6))));
        assert_eq!(request(&[5, 1, 0, 3, 0, 0, 0]), Err(NotSocks));
    }
}
