//! A record's data as a master file writes it: what [`parse`](super::parse()) reads back.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::walk::length_of;
use super::words::show_quoted;
use super::{Field, address_list, base, bitmap, fields, is_valid, location, service};
use crate::calendar;
use crate::codes::RecordType;
use crate::name::Shown;

/// Uncompressed data of a record, shown as text; as octets when it is not what its type says (RFC 3597 5).
pub struct Printed<'a> {
    /// The record's type.
    pub kind: RecordType,
    /// Its data.
    pub rdata: &'a [u8],
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match fields(self.kind) {
            Some(fields) if is_valid(self.kind, self.rdata) => show_fields(f, fields, self.rdata),
            _ => show_generic(f, self.rdata),
        }
    }
}

fn show_generic(f: &mut fmt::Formatter<'_>, rdata: &[u8]) -> fmt::Result {
    write!(f, "\\# {}", rdata.len())?;
    if rdata.is_empty() { Ok(()) } else { write!(f, " {}", base::hex(rdata)) }
}

fn show_fields(f: &mut fmt::Formatter<'_>, fields: &[Field], rdata: &[u8]) -> fmt::Result {
    let mut rest = rdata;
    for (index, field) in fields.iter().enumerate() {
        let (octets, after) = rest.split_at(length_of(*field, rest).unwrap_or(rest.len()));
        rest = after;
        if index > 0
            && !(octets.is_empty() && matches!(field, Field::Types | Field::Parameters | Field::Hex | Field::Base64))
        {
            f.write_str(" ")?;
        }
        show_field(f, *field, octets)?;
    }
    Ok(())
}

fn show_field(f: &mut fmt::Formatter<'_>, field: Field, octets: &[u8]) -> fmt::Result {
    match field {
        Field::U8 | Field::U16 | Field::U32 | Field::Span | Field::Algorithm | Field::Certificate => {
            write!(f, "{}", number(octets))
        }
        Field::A => write!(f, "{}", Ipv4Addr::from(number(octets) as u32)),
        Field::Aaaa => match <[u8; 16]>::try_from(octets) {
            Ok(octets) => write!(f, "{}", Ipv6Addr::from(octets)),
            Err(_) => Err(fmt::Error),
        },
        Field::Name | Field::PlainName => fmt::Display::fmt(&Shown(octets), f),
        Field::Text | Field::Texts => show_texts(f, octets),
        Field::Rest => show_quoted(f, octets),
        Field::Hex => f.write_str(&base::hex(octets)),
        Field::Base64 => f.write_str(&base::base64(octets)),
        Field::Salt if octets.len() == 1 => f.write_str("-"),
        Field::Salt => f.write_str(&base::hex(&octets[1..])),
        Field::Base32 => f.write_str(&base::base32(&octets[1..])),
        Field::Types => show_types(f, octets),
        Field::Type => write!(f, "{}", RecordType(number(octets) as u16)),
        Field::Moment => show_moment(f, number(octets)),
        Field::Tag => f.write_str(&String::from_utf8_lossy(&octets[1..])),
        Field::Eui48 | Field::Eui64 => show_groups(f, octets, 1, "-"),
        Field::Locator => show_groups(f, octets, 2, ":"),
        Field::Location => location::show(f, octets),
        Field::AddressList => address_list::show(f, octets),
        Field::Parameters => service::show(f, octets),
    }
}

fn number(octets: &[u8]) -> u64 {
    octets.iter().fold(0, |value, octet| value << 8 | u64::from(*octet))
}

fn show_texts(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    let mut rest = octets;
    while let [length, after @ ..] = rest {
        if rest.len() < octets.len() {
            f.write_str(" ")?;
        }
        let (text, after) = after.split_at(usize::from(*length).min(after.len()));
        show_quoted(f, text)?;
        rest = after;
    }
    Ok(())
}

fn show_types(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    let types = bitmap::read(octets).unwrap_or_default();
    let shown: Vec<String> = types.iter().map(RecordType::to_string).collect();
    f.write_str(&shown.join(" "))
}

fn show_groups(f: &mut fmt::Formatter<'_>, octets: &[u8], size: usize, between: &str) -> fmt::Result {
    let groups: Vec<String> = octets.chunks(size).map(|group| base::hex(group).to_ascii_lowercase()).collect();
    f.write_str(&groups.join(between))
}

fn show_moment(f: &mut fmt::Formatter<'_>, seconds: u64) -> fmt::Result {
    let (year, month, day) = calendar::date(seconds / 86_400);
    let second = seconds % 86_400;
    write!(f, "{year:04}{month:02}{day:02}{:02}{:02}{:02}", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::super::{Word, parse};
    use super::*;
    use crate::name::Name;

    #[test]
    fn each_type_comes_back_as_it_was_written() {
        for line in LINES {
            assert_eq!(again(line), *line);
        }
    }

    #[test]
    fn mnemonics_and_short_forms_are_read() {
        assert_eq!(again("CERT PGP 0 RSASHA256 Zm9v"), "CERT 3 0 8 Zm9v");
        assert_eq!(again("TYPE1 \\# 4 0a000001"), "A 10.0.0.1");
        assert_eq!(again("LOC 52 N 5 E 2m"), "LOC 52 0 0.000 N 5 0 0.000 E 2.00m 1.00m 10000.00m 10.00m");
        assert_eq!(again("TXT plain"), "TXT \"plain\"");
    }

    #[test]
    fn data_that_is_not_of_its_type_is_shown_as_octets() {
        assert_eq!(Printed { kind: RecordType::A, rdata: &[1, 2] }.to_string(), "\\# 2 0102");
        assert_eq!(Printed { kind: RecordType(65280), rdata: &[] }.to_string(), "\\# 0");
    }

    fn again(line: &str) -> String {
        let mut words = line.split(' ').map(|word| word.as_bytes());
        let kind: RecordType = std::str::from_utf8(words.next().unwrap()).unwrap().parse().unwrap();
        let words: Vec<Word<'_>> = words.map(word).collect();
        let rdata = parse(kind, &words, Some(&Name::root())).unwrap_or_else(|mistake| panic!("{line}: {mistake:?}"));
        format!("{kind} {}", Printed { kind, rdata: &rdata })
    }

    fn word(raw: &[u8]) -> Word<'_> {
        let inner = raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\""));
        Word { raw: inner.unwrap_or(raw), quoted: inner.is_some(), line: 1, column: 1 }
    }

    const LINES: &[&str] = &[
        "A 198.18.0.5",
        "AAAA 2001:db8::5",
        "NS ns.shop.test.",
        "SOA ns.test. root.test. 1 2 3 4 5",
        "MX 10 mail.test.",
        "TXT \"a\\\"b\\\\c\\000\" \"\"",
        "HINFO \"PDP-10\" \"ITS\"",
        "RP a.test. b.test.",
        "AFSDB 1 a.test.",
        "X25 \"311061700956\"",
        "ISDN \"150862028003217\" \"004\"",
        "RT 10 a.test.",
        "PX 10 a.test. b.test.",
        "LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000.00m 10.00m",
        "LOC 42 21 54.500 S 71 6 18.250 W 24.00m 30.00m 1.00m 2.00m",
        "SRV 0 5 5060 sip.test.",
        "NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .",
        "KX 10 a.test.",
        "CERT 1 12345 8 Zm9vYmFy",
        "DNAME other.test.",
        "APL 1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8",
        "DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
        "SSHFP 2 1 123456789ABCDEF67890123456789ABCDEF67890",
        "RRSIG A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQ==",
        "NSEC host.example.com. A MX RRSIG NSEC TYPE1234",
        "DNSKEY 256 3 5 AQPSKmynfzW4kyBv",
        "DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
        "NSEC3 1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS MX DNSKEY",
        "NSEC3PARAM 1 0 0 -",
        "TLSA 3 1 1 0D6FCE13243AA7",
        "SMIMEA 3 0 0 00FF",
        "CDS 0 0 0 00",
        "CDNSKEY 0 3 0 AA==",
        "OPENPGPKEY mQENBA==",
        "CSYNC 66 3 A NS AAAA",
        "ZONEMD 2018031900 1 1 C68090D90A7AED71",
        "SVCB 0 pool.test.",
        "HTTPS 1 . mandatory=alpn alpn=\"h2,h3\" no-default-alpn port=\"8443\" ipv4hint=\"192.0.2.1\" ech=\"AAAA\" ipv6hint=\"2001:db8::1\"",
        "SVCB 16 foo.test. alpn=\"f\\\\\\\\oo\\\\,bar,h2\" key65333=\"ex\\001\"",
        "NID 10 0014:4fff:ff20:ee64",
        "L32 10 10.1.2.0",
        "L64 10 2001:0db8:1140:1000",
        "LP 10 l64.test.",
        "EUI48 00-00-5e-00-53-2a",
        "EUI64 00-00-5e-ef-10-00-00-2a",
        "URI 10 1 \"ftp://ftp1.example.com/public\"",
        "CAA 0 issue \"letsencrypt.org\"",
        "TYPE65280 \\# 3 ABCDEF",
    ];
}
