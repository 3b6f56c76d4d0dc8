//! One resource record as a value, and as a line of a master file.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::codes::{Class, RecordType};
use crate::name::Name;
use crate::rdata::Printed;

/// A resource record (RFC 1035 3.2.1); names in its data are uncompressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose record it is.
    pub owner: Name,
    /// Its type.
    pub kind: RecordType,
    /// Its class.
    pub class: Class,
    /// For how many seconds it may be kept.
    pub ttl: u32,
    /// Its data in wire form, at most 65,535 octets.
    pub rdata: Box<[u8]>,
}

impl Record {
    /// A record of class IN.
    pub fn new(owner: Name, ttl: u32, kind: RecordType, rdata: impl Into<Box<[u8]>>) -> Self {
        Self { owner, kind, class: Class::IN, ttl, rdata: rdata.into() }
    }

    /// A or AAAA, as the address is.
    pub fn address(owner: Name, ttl: u32, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::new(owner, ttl, RecordType::A, v4.octets()),
            IpAddr::V6(v6) => Self::new(owner, ttl, RecordType::AAAA, v6.octets()),
        }
    }

    /// The address in an A or AAAA record.
    pub fn as_address(&self) -> Option<IpAddr> {
        address_of(self.kind, &self.rdata)
    }

    /// The name that stands alone in the data of NS, CNAME, DNAME and PTR.
    pub fn as_target(&self) -> Option<Name> {
        match self.kind {
            RecordType::NS | RecordType::CNAME | RecordType::DNAME | RecordType::PTR => {
                Name::from_wire(&self.rdata).ok()
            }
            _ => None,
        }
    }
}

/// The address in the data of an A or AAAA record.
pub fn address_of(kind: RecordType, rdata: &[u8]) -> Option<IpAddr> {
    match kind {
        RecordType::A => <[u8; 4]>::try_from(rdata).ok().map(|octets| Ipv4Addr::from(octets).into()),
        RecordType::AAAA => <[u8; 16]>::try_from(rdata).ok().map(|octets| Ipv6Addr::from(octets).into()),
        _ => None,
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = Printed { kind: self.kind, rdata: &self.rdata };
        write!(f, "{} {} {} {} {data}", self.owner, self.ttl, self.class, self.kind)
    }
}
