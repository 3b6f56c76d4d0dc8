//! The numbers of the protocol and their names: record types, classes, response codes.

use std::fmt;
use std::str::FromStr;

/// A record type, as QTYPE too (RFC 1035 3.2.2, 3.2.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(pub u16);

/// A class, as QCLASS too (RFC 1035 3.2.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(pub u16);

/// A response code with the upper bits that EDNS adds (RFC 6891 6.1.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rcode(pub u16);

/// What a message is for (RFC 1035 4.1.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opcode(pub u8);

macro_rules! names {
    ($kind:ident, $generic:literal, $($constant:ident = $value:literal $name:literal)*) => {
        #[allow(missing_docs)]
        impl $kind {
            $(pub const $constant: Self = Self($value);)*

            /// All mnemonics.
            pub const MNEMONICS: &'static [&'static str] = &[$($name),*];

            /// The mnemonic, if the number has one.
            pub const fn mnemonic(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($name),)*
                    _ => None,
                }
            }

            fn of_mnemonic(text: &str) -> Option<Self> {
                [$(($name, $value)),*].iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, value)| Self(*value))
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.mnemonic() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{}{}", $generic, self.0),
                }
            }
        }

        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $kind {
            type Err = UnknownMnemonic;

            /// Reads the mnemonic or, as RFC 3597 5 writes it, the number after a fixed word.
            fn from_str(text: &str) -> Result<Self, UnknownMnemonic> {
                if let Some(known) = Self::of_mnemonic(text) {
                    return Ok(known);
                }
                let number = text.get(..$generic.len()).filter(|word| word.eq_ignore_ascii_case($generic));
                number.and_then(|_| text[$generic.len()..].parse().ok()).map(Self).ok_or(UnknownMnemonic)
            }
        }
    };
}

/// The text is neither a mnemonic nor its numbered form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such mnemonic")]
pub struct UnknownMnemonic;

names! { RecordType, "TYPE",
    A = 1 "A"
    NS = 2 "NS"
    MD = 3 "MD"
    MF = 4 "MF"
    CNAME = 5 "CNAME"
    SOA = 6 "SOA"
    MB = 7 "MB"
    MG = 8 "MG"
    MR = 9 "MR"
    NULL = 10 "NULL"
    WKS = 11 "WKS"
    PTR = 12 "PTR"
    HINFO = 13 "HINFO"
    MINFO = 14 "MINFO"
    MX = 15 "MX"
    TXT = 16 "TXT"
    RP = 17 "RP"
    AFSDB = 18 "AFSDB"
    X25 = 19 "X25"
    ISDN = 20 "ISDN"
    RT = 21 "RT"
    SIG = 24 "SIG"
    KEY = 25 "KEY"
    PX = 26 "PX"
    AAAA = 28 "AAAA"
    LOC = 29 "LOC"
    SRV = 33 "SRV"
    NAPTR = 35 "NAPTR"
    KX = 36 "KX"
    CERT = 37 "CERT"
    DNAME = 39 "DNAME"
    OPT = 41 "OPT"
    APL = 42 "APL"
    DS = 43 "DS"
    SSHFP = 44 "SSHFP"
    IPSECKEY = 45 "IPSECKEY"
    RRSIG = 46 "RRSIG"
    NSEC = 47 "NSEC"
    DNSKEY = 48 "DNSKEY"
    DHCID = 49 "DHCID"
    NSEC3 = 50 "NSEC3"
    NSEC3PARAM = 51 "NSEC3PARAM"
    TLSA = 52 "TLSA"
    SMIMEA = 53 "SMIMEA"
    HIP = 55 "HIP"
    CDS = 59 "CDS"
    CDNSKEY = 60 "CDNSKEY"
    OPENPGPKEY = 61 "OPENPGPKEY"
    CSYNC = 62 "CSYNC"
    ZONEMD = 63 "ZONEMD"
    SVCB = 64 "SVCB"
    HTTPS = 65 "HTTPS"
    SPF = 99 "SPF"
    NID = 104 "NID"
    L32 = 105 "L32"
    L64 = 106 "L64"
    LP = 107 "LP"
    EUI48 = 108 "EUI48"
    EUI64 = 109 "EUI64"
    TKEY = 249 "TKEY"
    TSIG = 250 "TSIG"
    IXFR = 251 "IXFR"
    AXFR = 252 "AXFR"
    MAILB = 253 "MAILB"
    MAILA = 254 "MAILA"
    ANY = 255 "ANY"
    URI = 256 "URI"
    CAA = 257 "CAA"
    RESINFO = 261 "RESINFO"
    WALLET = 262 "WALLET"
    DLV = 32769 "DLV"
}

names! { Class, "CLASS",
    IN = 1 "IN"
    CH = 3 "CH"
    HS = 4 "HS"
    NONE = 254 "NONE"
    ANY = 255 "ANY"
}

names! { Rcode, "RCODE",
    NOERROR = 0 "NOERROR"
    FORMERR = 1 "FORMERR"
    SERVFAIL = 2 "SERVFAIL"
    NXDOMAIN = 3 "NXDOMAIN"
    NOTIMP = 4 "NOTIMP"
    REFUSED = 5 "REFUSED"
    YXDOMAIN = 6 "YXDOMAIN"
    YXRRSET = 7 "YXRRSET"
    NXRRSET = 8 "NXRRSET"
    NOTAUTH = 9 "NOTAUTH"
    NOTZONE = 10 "NOTZONE"
    BADVERS = 16 "BADVERS"
    BADKEY = 17 "BADKEY"
    BADTIME = 18 "BADTIME"
    BADCOOKIE = 23 "BADCOOKIE"
}

impl Opcode {
    /// A standard query.
    pub const QUERY: Self = Self(0);
    /// A zone has changed (RFC 1996).
    pub const NOTIFY: Self = Self(4);
    /// A change to a zone (RFC 2136).
    pub const UPDATE: Self = Self(5);
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("QUERY"),
            1 => f.write_str("IQUERY"),
            2 => f.write_str("STATUS"),
            4 => f.write_str("NOTIFY"),
            5 => f.write_str("UPDATE"),
            other => write!(f, "OPCODE{other}"),
        }
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl RecordType {
    /// As in a message.
    pub const fn to_octets(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// Whether it asks for something that is no record, or marks one that no zone holds (RFC 6895 3.1).
    pub const fn is_meta(self) -> bool {
        matches!(self.0, 0 | 41 | 128..=255)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mnemonics_and_numbers_are_read_and_shown() {
        assert_eq!("aaaa".parse(), Ok(RecordType::AAAA));
        assert_eq!("TYPE65280".parse(), Ok(RecordType(65280)));
        assert_eq!("type1".parse(), Ok(RecordType::A));
        assert_eq!("CLASS1".parse(), Ok(Class::IN));
        assert_eq!("TYPE65536".parse::<RecordType>(), Err(UnknownMnemonic));
        assert_eq!(RecordType(65280).to_string(), "TYPE65280");
        assert_eq!(Rcode::NXDOMAIN.to_string(), "NXDOMAIN");
    }
}
