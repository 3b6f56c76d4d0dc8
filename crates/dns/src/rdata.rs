//! What stands in records of each type: one table, from which text, wire form and the names inside follow.
//!
//! [`parse`](parse::parse) reads the text of a master file, [`Printed`] writes it, and both, like [`names`], follow
//! [`fields`]. Types that are not in the table are octets (RFC 3597).

mod address_list;
mod base;
mod bitmap;
mod location;
mod parse;
mod print;
mod service;
mod value;
mod walk;
mod words;

use crate::codes::RecordType;

#[cfg(test)]
pub(crate) use base::read_base64;
#[cfg(feature = "io")]
pub(crate) use base::{hex, read_hex};
pub use parse::parse;
pub use print::Printed;
pub(crate) use value::read_span;
pub(crate) use walk::length_of as field_length;
pub use walk::{NameIn, compressible_names, is_valid, names, text_lengths};
pub use words::{Mistake, Word};

/// One part of a record's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A number of 8 bits.
    U8,
    /// A number of 16 bits.
    U16,
    /// A number of 32 bits.
    U32,
    /// Seconds in 32 bits, with units in text.
    Span,
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// A name that messages may compress (RFC 3597 4: only those of RFC 1035).
    Name,
    /// A name that messages may not compress.
    PlainName,
    /// A character string (RFC 1035 3.3).
    Text,
    /// One or more character strings.
    Texts,
    /// Any octets up to the end, as one quoted text.
    Rest,
    /// Octets up to the end, in hexadecimal.
    Hex,
    /// Octets after their length, in hexadecimal; `-` for none (RFC 5155 3.3).
    Salt,
    /// Octets up to the end, in base 64.
    Base64,
    /// Octets after their length, in base 32 with the extended hex alphabet (RFC 5155 3.3).
    Base32,
    /// A list of record types (RFC 4034 4.1.2).
    Types,
    /// One record type.
    Type,
    /// Seconds since 1970, as YYYYMMDDHHmmSS (RFC 4034 3.2).
    Moment,
    /// A DNSSEC algorithm (RFC 4034 A.1).
    Algorithm,
    /// A certificate type (RFC 4398 2.1).
    Certificate,
    /// A text after its length, of letters and digits (RFC 8659 4.1).
    Tag,
    /// Six octets, `00-00-5e-00-53-2a` (RFC 7043 3.2).
    Eui48,
    /// Eight octets, in the same way.
    Eui64,
    /// Four groups of 16 bits, `0014:4fff:ff20:ee64` (RFC 6742 2.1.2).
    Locator,
    /// The whole of LOC (RFC 1876).
    Location,
    /// The whole of APL (RFC 3123).
    AddressList,
    /// The parameters of SVCB and HTTPS (RFC 9460 2.1).
    Parameters,
}

/// The parts of a type's data, in order; nothing for types that are just octets.
pub fn fields(kind: RecordType) -> Option<&'static [Field]> {
    use Field::*;
    Some(match kind {
        RecordType::A => &[A],
        RecordType::NS | RecordType::CNAME | RecordType::PTR => &[Name],
        RecordType::MD | RecordType::MF | RecordType::MB | RecordType::MG | RecordType::MR => &[Name],
        RecordType::SOA => &[Name, Name, U32, Span, Span, Span, Span],
        RecordType::MINFO => &[Name, Name],
        RecordType::MX => &[U16, Name],
        RecordType::HINFO => &[Text, Text],
        RecordType::TXT | RecordType::SPF | RecordType::ISDN | RecordType::RESINFO | RecordType::WALLET => &[Texts],
        RecordType::X25 => &[Text],
        RecordType::RP => &[PlainName, PlainName],
        RecordType::AFSDB | RecordType::RT | RecordType::KX | RecordType::LP => &[U16, PlainName],
        RecordType::PX => &[U16, PlainName, PlainName],
        RecordType::AAAA => &[Aaaa],
        RecordType::LOC => &[Location],
        RecordType::SRV => &[U16, U16, U16, PlainName],
        RecordType::NAPTR => &[U16, U16, Text, Text, Text, PlainName],
        RecordType::CERT => &[Certificate, U16, Algorithm, Base64],
        RecordType::DNAME => &[PlainName],
        RecordType::APL => &[AddressList],
        RecordType::DS | RecordType::CDS | RecordType::DLV => &[U16, Algorithm, U8, Hex],
        RecordType::SSHFP => &[U8, U8, Hex],
        RecordType::SIG | RecordType::RRSIG => &[Type, Algorithm, U8, Span, Moment, Moment, U16, PlainName, Base64],
        RecordType::NSEC => &[PlainName, Types],
        RecordType::KEY | RecordType::DNSKEY | RecordType::CDNSKEY => &[U16, U8, Algorithm, Base64],
        RecordType::DHCID | RecordType::OPENPGPKEY => &[Base64],
        RecordType::NSEC3 => &[U8, U8, U16, Salt, Base32, Types],
        RecordType::NSEC3PARAM => &[U8, U8, U16, Salt],
        RecordType::TLSA | RecordType::SMIMEA => &[U8, U8, U8, Hex],
        RecordType::CSYNC => &[U32, U16, Types],
        RecordType::ZONEMD => &[U32, U8, U8, Hex],
        RecordType::SVCB | RecordType::HTTPS => &[U16, PlainName, Parameters],
        RecordType::NID | RecordType::L64 => &[U16, Locator],
        RecordType::L32 => &[U16, A],
        RecordType::EUI48 => &[Eui48],
        RecordType::EUI64 => &[Eui64],
        RecordType::URI => &[U16, U16, Rest],
        RecordType::CAA => &[U8, Tag, Rest],
        _ => return None,
    })
}
