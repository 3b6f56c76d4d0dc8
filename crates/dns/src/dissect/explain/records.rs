//! What a record of each type says, in words.

use super::short;
use crate::codes::RecordType;
use crate::dnssec;
use crate::name::Name;
use crate::rdata::{Printed, names};
use crate::record::Record;
use crate::spans::in_words;
use crate::wire::{u16_at, u32_at};

/// What a type is for, and the section that made it.
pub fn purpose(kind: RecordType) -> (&'static str, &'static str) {
    PURPOSES
        .iter()
        .find(|(known, ..)| *known == kind)
        .map_or(("the records", "RFC 3597 3"), |(_, purpose, rule)| (purpose, rule))
}

/// What a record says, and the section that rules it.
pub fn says(record: &Record) -> (String, &'static str) {
    let (purpose, rule) = purpose(record.kind);
    let says = in_own_words(record).unwrap_or_else(|| {
        let data = Printed { kind: record.kind, rdata: &record.rdata };
        format!("{} has {purpose} ({}): {}", short(&record.owner), record.kind, cut(&data.to_string()))
    });
    (says, rule)
}

fn in_own_words(record: &Record) -> Option<String> {
    let (owner, data) = (short(&record.owner), &record.rdata);
    let target = || name(record, 0);
    Some(match record.kind {
        RecordType::A => format!("{owner} has the IPv4 address {}", record.as_address()?),
        RecordType::AAAA => format!("{owner} has the IPv6 address {}", record.as_address()?),
        RecordType::NS => format!("{owner} is served by the name server {}", target()?),
        RecordType::CNAME => format!("{owner} is an alias of {}", target()?),
        RecordType::DNAME => format!("all names below {owner} are aliases of the same names below {}", target()?),
        RecordType::PTR => format!("{owner} points to {}", target()?),
        RecordType::MX => mail(record, &owner)?,
        RecordType::SOA => soa(record, &owner)?,
        RecordType::TXT | RecordType::SPF => text(record, &owner),
        RecordType::SRV => service(record, &owner)?,
        RecordType::CAA => authority(record, &owner)?,
        RecordType::DS | RecordType::CDS => delegation_signer(record, &owner)?,
        RecordType::DNSKEY | RecordType::CDNSKEY => key(record, &owner)?,
        RecordType::RRSIG => signature(record, &owner)?,
        RecordType::NSEC => {
            format!(
                "between {owner} and {} there is no name, and {owner} has only the types {}",
                target()?,
                types(record)
            )
        }
        RecordType::NSEC3 => {
            format!(
                "no name's hash lies between that in {owner} and the next, and it has only the types {}",
                types(record)
            )
        }
        RecordType::SVCB | RecordType::HTTPS => binding(record, &owner)?,
        RecordType::TSIG => format!("signed with the key {owner} that both sides share"),
        RecordType::URI => {
            format!("{owner} is found at {}", data.get(4..)?.escape_ascii())
        }
        _ => return None,
    })
}

fn name(record: &Record, index: usize) -> Option<String> {
    let found = names(record.kind, &record.rdata).into_iter().nth(index)?;
    Some(short(&Name::from_wire(&record.rdata[found.range]).ok()?))
}

fn mail(record: &Record, owner: &str) -> Option<String> {
    let preference = u16_at(&record.rdata, 0)?;
    if record.rdata.get(2..) == Some(&[0]) {
        return Some(format!("{owner} takes no mail at all (a null MX, RFC 7505 3)"));
    }
    let exchanger = name(record, 0)?;
    Some(format!("mail for {owner} goes to {exchanger}, preference {preference} (the lowest is tried first)"))
}

fn soa(record: &Record, owner: &str) -> Option<String> {
    let start = record.rdata.len().checked_sub(20)?;
    let [serial, refresh, retry, expire, minimum] =
        [0, 4, 8, 12, 16].map(|offset| u32_at(&record.rdata, start + offset).unwrap_or(0));
    let (server, mailbox) = (name(record, 0)?, mailbox(&name(record, 1)?));
    Some(format!(
        "zone {owner} begins here: primary server {server}, run by {mailbox}, version (serial) {serial}; secondaries \
         look for a new one every {}, after a failure every {}, and stop serving after {}; that a name does not exist \
         may be kept for {} (RFC 2308 4)",
        in_words(refresh),
        in_words(retry),
        in_words(expire),
        in_words(minimum.min(record.ttl)),
    ))
}

/// The first dot that is not escaped stands for `@` (RFC 1035 8).
fn mailbox(name: &str) -> String {
    let mut before = ' ';
    let dot = name.char_indices().find(|(_, character)| {
        let is_dot = *character == '.' && before != '\\';
        before = *character;
        is_dot
    });
    dot.map_or_else(|| name.to_owned(), |(at, _)| format!("{}@{}", name[..at].replace("\\.", "."), &name[at + 1..]))
}

fn text(record: &Record, owner: &str) -> String {
    let shown = cut(&Printed { kind: record.kind, rdata: &record.rdata }.to_string());
    let begins = |word: &[u8]| {
        record
            .rdata
            .get(1..)
            .is_some_and(|text| text.len() >= word.len() && text[..word.len()].eq_ignore_ascii_case(word))
    };
    let known = TEXTS.iter().find(|(word, _)| begins(word.as_bytes()));
    match known {
        Some((_, what)) => format!("{owner} {what}: {shown}"),
        None => format!("{owner} has the text {shown}"),
    }
}

fn service(record: &Record, owner: &str) -> Option<String> {
    let [priority, weight, port] = [0, 2, 4].map(|at| u16_at(&record.rdata, at).unwrap_or(0));
    let target = name(record, 0)?;
    if record.rdata.get(6..) == Some(&[0]) {
        return Some(format!("the service {owner} is decidedly not there"));
    }
    Some(format!(
        "the service {owner} is at {target}, port {port}; priority {priority} (the lowest is tried first), weight \
         {weight} (the share among equals)"
    ))
}

fn authority(record: &Record, owner: &str) -> Option<String> {
    let [flags, length, rest @ ..] = &*record.rdata else { return None };
    let (tag, value) = rest.split_at_checked(usize::from(*length))?;
    let [tag, value] = [tag, value].map(|octets| octets.escape_ascii().to_string());
    let critical = if flags & 0x80 != 0 { " (critical: who does not understand it must not issue)" } else { "" };
    let ca = value.split(';').next().unwrap_or_default().trim();
    Some(match tag.as_str() {
        "issue" if ca.is_empty() => format!("nobody may issue certificates for {owner}{critical}"),
        "issue" => format!("{ca} may issue certificates for {owner}{critical}"),
        "issuewild" if ca.is_empty() => format!("nobody may issue wildcard certificates for {owner}{critical}"),
        "issuewild" => format!("{ca} may issue wildcard certificates for {owner}{critical}"),
        "iodef" => format!("who is asked for a certificate of {owner} in vain reports to {value}{critical}"),
        _ => format!("for certificates of {owner} there is the rule {tag} {value}{critical}"),
    })
}

fn delegation_signer(record: &Record, owner: &str) -> Option<String> {
    let [t1, t2, algorithm, digest, ..] = *record.rdata else { return None };
    let tag = u16::from_be_bytes([t1, t2]);
    let digest = dnssec::digest(digest).unwrap_or("an unknown digest");
    Some(format!("the key {tag} ({}) of {owner} is the right one if its {digest} is this", algorithm_name(algorithm)))
}

fn key(record: &Record, owner: &str) -> Option<String> {
    let flags = u16_at(&record.rdata, 0)?;
    let algorithm = algorithm_name(*record.rdata.get(3)?);
    let role = match (flags & dnssec::ZONE_KEY != 0, flags & dnssec::SECURE_ENTRY != 0) {
        (true, true) => "a key-signing key, which the zone above vouches for",
        (true, false) => "a zone-signing key",
        (false, _) => "no key of the zone itself",
    };
    Some(format!("{owner} signs with key {} ({algorithm}): {role}", dnssec::key_tag(&record.rdata)))
}

fn signature(record: &Record, owner: &str) -> Option<String> {
    let covered = RecordType(u16_at(&record.rdata, 0)?);
    let algorithm = algorithm_name(*record.rdata.get(2)?);
    let tag = u16_at(&record.rdata, 16)?;
    let signer = name(record, 0)?;
    let shown = Printed { kind: record.kind, rdata: &record.rdata }.to_string();
    let mut words = shown.split(' ').skip(4);
    let (until, from) = (words.next()?, words.next()?);
    Some(format!(
        "the {covered} records of {owner} are signed by {signer} with key {tag} ({algorithm}), from {from} until {until} (UTC)"
    ))
}

fn algorithm_name(number: u8) -> String {
    dnssec::algorithm(number).map_or_else(|| format!("algorithm {number}"), str::to_owned)
}

/// The types at the end of NSEC and NSEC3.
fn types(record: &Record) -> String {
    let shown = Printed { kind: record.kind, rdata: &record.rdata }.to_string();
    let before = if record.kind == RecordType::NSEC { 1 } else { 5 };
    let types: Vec<&str> = shown.split(' ').skip(before).collect();
    if types.is_empty() { "of an empty name".to_owned() } else { types.join(", ") }
}

fn binding(record: &Record, owner: &str) -> Option<String> {
    let priority = u16_at(&record.rdata, 0)?;
    let is_owner = record.rdata.get(2) == Some(&0);
    let target = if is_owner { owner.to_owned() } else { name(record, 0)? };
    if priority == 0 {
        return Some(format!("{owner} is an alias of {target} for this service alone (AliasMode)"));
    }
    let shown = Printed { kind: record.kind, rdata: &record.rdata }.to_string();
    let parameters = shown.splitn(3, ' ').nth(2).unwrap_or_default();
    let with = if parameters.is_empty() { String::new() } else { format!(", with {parameters}") };
    Some(format!("{owner} is served at {target}{with}; priority {priority} (the lowest is tried first)"))
}

fn cut(text: &str) -> String {
    if text.chars().count() > LONGEST { text.chars().take(LONGEST).chain(['…']).collect() } else { text.to_owned() }
}

/// What well-known texts are for.
const TEXTS: &[(&str, &str)] = &[
    ("v=spf1", "says who may send its mail (SPF, RFC 7208 3)"),
    ("v=DMARC1", "says what to do with mail that only claims to be from there (DMARC, RFC 7489 6.3)"),
    ("v=DKIM1", "has a key that signs mail (DKIM, RFC 6376 3.6.1)"),
    ("v=STSv1", "says that mail to it goes over TLS (MTA-STS, RFC 8461 3.1)"),
    ("v=TLSRPTv1", "says whom to tell of failures of TLS (RFC 8460 3)"),
];

/// A sentence has room for so much data.
const LONGEST: usize = 100;

const PURPOSES: &[(RecordType, &str, &str)] = &[
    (RecordType::A, "the IPv4 addresses", "RFC 1035 3.4.1"),
    (RecordType::NS, "the name servers", "RFC 1035 3.3.11"),
    (RecordType::CNAME, "the name that it is an alias of", "RFC 1035 3.3.1, RFC 2181 10.1"),
    (RecordType::SOA, "the start of authority: the zone's version and timers", "RFC 1035 3.3.13"),
    (RecordType::PTR, "the name that it points to", "RFC 1035 3.3.12, 3.5"),
    (RecordType::HINFO, "the hardware and operating system", "RFC 1035 3.3.2, RFC 8482 4.2"),
    (RecordType::MX, "the mail exchangers", "RFC 1035 3.3.9, RFC 5321 5.1"),
    (RecordType::TXT, "the texts", "RFC 1035 3.3.14"),
    (RecordType::RP, "the responsible person", "RFC 1183 2.2"),
    (RecordType::AAAA, "the IPv6 addresses", "RFC 3596 2.1"),
    (RecordType::LOC, "the place on Earth", "RFC 1876 2"),
    (RecordType::SRV, "the hosts and ports of the service", "RFC 2782"),
    (RecordType::NAPTR, "the rules that rewrite it", "RFC 3403 4"),
    (RecordType::CERT, "the certificates", "RFC 4398 2"),
    (RecordType::DNAME, "the name that the names below it are renamed to", "RFC 6672 2"),
    (RecordType::DS, "the digests of the keys of the zone below", "RFC 4034 5"),
    (RecordType::SSHFP, "the fingerprints of its SSH keys", "RFC 4255 3"),
    (RecordType::RRSIG, "the signatures", "RFC 4034 3"),
    (RecordType::NSEC, "the next name, which proves that none is between", "RFC 4034 4"),
    (RecordType::DNSKEY, "the keys that sign the zone", "RFC 4034 2"),
    (RecordType::NSEC3, "the next hash of a name, which proves that none is between", "RFC 5155 3"),
    (RecordType::NSEC3PARAM, "how names are hashed", "RFC 5155 4"),
    (RecordType::TLSA, "the certificates that TLS must show", "RFC 6698 2"),
    (RecordType::SMIMEA, "the certificates for mail", "RFC 8162 2"),
    (RecordType::CDS, "the digests of keys that the zone above is to publish", "RFC 7344 3.1"),
    (RecordType::CDNSKEY, "the keys that the zone above is to vouch for", "RFC 7344 3.2"),
    (RecordType::OPENPGPKEY, "the OpenPGP keys", "RFC 7929 2"),
    (RecordType::CSYNC, "what the zone above is to copy", "RFC 7477 2"),
    (RecordType::ZONEMD, "the digest of the whole zone", "RFC 8976 2"),
    (RecordType::SVCB, "where and how the service is reached", "RFC 9460 2"),
    (RecordType::HTTPS, "where and how the web site is reached", "RFC 9460 9"),
    (RecordType::SPF, "who may send its mail, in a type that has been given up", "RFC 7208 3.1"),
    (RecordType::URI, "the URIs of the service", "RFC 7553 4"),
    (RecordType::CAA, "who may issue certificates", "RFC 8659 4"),
    (RecordType::TSIG, "a signature of the message", "RFC 8945 4"),
    (RecordType::IXFR, "what has changed in the zone", "RFC 1995 3"),
    (RecordType::AXFR, "the whole zone", "RFC 5936 2"),
    (RecordType::ANY, "whatever records the server likes to tell", "RFC 1035 3.2.3, RFC 8482 4"),
];
