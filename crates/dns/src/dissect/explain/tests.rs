use super::*;
use crate::rdata::{Word, parse};
use crate::wire::message::write_query;
use crate::zone::{Zone, Zones};

#[test]
fn a_query_is_explained_from_its_id_to_its_edns() {
    let question = Question { name: "www.shop.test".parse().unwrap(), kind: RecordType::AAAA, class: Class::IN };
    assert_eq!(
        said(&write_query(7, flag::RD | flag::CD, &question, Some((1232, true)))),
        [
            "id 7: a query (QR is clear); its answer will carry the same id [RFC 1035 4.1.1]",
            "RD: the server is to find out by itself, whoever knows (recursion desired) [RFC 1035 4.1.1]",
            "CD: the client checks signatures itself and wants data even if they fail [RFC 4035 3.2.2]",
            "asks for the IPv6 addresses (AAAA) of www.shop.test [RFC 3596 2.1]",
            "EDNS version 0: its sender takes datagrams of up to 1232 octets [RFC 6891 6.1.2, 6.2.3]",
            "DO: signatures and other records of DNSSEC are wanted [RFC 3225 3, RFC 4035 3.2.1]",
        ]
    );
}

#[test]
fn an_answer_is_explained_record_by_record() {
    assert_eq!(
        answered("ftp.shop.test", RecordType::A),
        [
            "id 7: answers the query with this id (QR is set) [RFC 1035 4.1.1]",
            "AA: the server has authority over the name asked for (authoritative answer) [RFC 1035 4.1.1]",
            "NOERROR: nothing went wrong, which does not say that there is data [RFC 1035 4.1.1]",
            "asks for the IPv4 addresses (A) of ftp.shop.test [RFC 1035 3.4.1]",
            "an answer: the records that were asked for, by way of an alias [RFC 1034 4.3.2]",
            "answer: ftp.shop.test is an alias of www.shop.test; may be kept for 1 minute [RFC 1035 3.3.1, RFC 2181 10.1]",
            "answer: www.shop.test has the IPv4 address 198.18.0.5; may be kept for 1 minute [RFC 1035 3.4.1]",
        ]
    );
}

#[test]
fn what_no_single_field_says_is_said() {
    let fifth = |name, kind| {
        answered(name, kind).into_iter().find(|note| {
            ["NXDOMAIN: neither", "NODATA", "a referral", "an alias"].iter().any(|begin| note.starts_with(begin))
        })
    };
    let told = |name, kind| fifth(name, kind).unwrap_or_default();
    assert_eq!(
        told("no.shop.test", RecordType::A),
        "NXDOMAIN: neither no.shop.test nor any name below it exists; that may be kept for 5 seconds [RFC 2308 2.1, RFC 8020 2]"
    );
    assert_eq!(
        told("www.shop.test", RecordType::MX),
        "NODATA: www.shop.test exists, but has no records of type MX; that may be kept for 5 seconds [RFC 2308 2.2]"
    );
    assert_eq!(
        told("a.sub.shop.test", RecordType::A),
        "a referral: the servers of sub.shop.test are named, which know more [RFC 1034 4.3.1, RFC 9499 4]"
    );
    assert_eq!(
        told("far.shop.test", RecordType::A),
        "an alias that leads to www.other.test, which is to be looked up next or has no such records [RFC 1034 3.6.2, RFC 2308 2.2]"
    );
}

#[test]
fn every_type_is_said_in_words() {
    for (line, told) in [
        ("NS ns.shop.test.", "x.test is served by the name server ns.shop.test"),
        ("MX 10 mail.shop.test.", "mail for x.test goes to mail.shop.test, preference 10 (the lowest is tried first)"),
        ("MX 0 .", "x.test takes no mail at all (a null MX, RFC 7505 3)"),
        (
            "SOA ns.test. first\\.last.test. 7 7200 3600 1209600 300",
            "zone x.test begins here: primary server ns.test, run by first.last@test, version (serial) 7; secondaries look \
             for a new one every 2 hours, after a failure every 1 hour, and stop serving after 2 weeks; that a name does \
             not exist may be kept for 1 minute (RFC 2308 4)",
        ),
        ("TXT \"v=spf1 -all\"", "x.test says who may send its mail (SPF, RFC 7208 3): \"v=spf1 -all\""),
        ("TXT hello", "x.test has the text \"hello\""),
        ("PTR www.test.", "x.test points to www.test"),
        (
            "SRV 0 5 5060 sip.test.",
            "the service x.test is at sip.test, port 5060; priority 0 (the lowest is tried first), weight 5 (the share among equals)",
        ),
        (
            "CAA 128 issue \"ca.test\"",
            "ca.test may issue certificates for x.test (critical: who does not understand it must not issue)",
        ),
        ("CAA 0 issue \";\"", "nobody may issue certificates for x.test"),
        ("DS 60485 13 2 00", "the key 60485 (ECDSAP256SHA256) of x.test is the right one if its SHA-256 is this"),
        (
            "DNSKEY 257 3 15 AAAA",
            "x.test signs with key 1040 (ED25519): a key-signing key, which the zone above vouches for",
        ),
        (
            "RRSIG A 13 2 60 20330322173103 20230220173103 2642 test. AAAA",
            "the A records of x.test are signed by test with key 2642 (ECDSAP256SHA256), from 20230220173103 until 20330322173103 (UTC)",
        ),
        ("NSEC z.test. A MX", "between x.test and z.test there is no name, and x.test has only the types A, MX"),
        ("HTTPS 0 web.test.", "x.test is an alias of web.test for this service alone (AliasMode)"),
        (
            "HTTPS 1 . alpn=\"h2\"",
            "x.test is served at x.test, with alpn=\"h2\"; priority 1 (the lowest is tried first)",
        ),
        ("DNAME other.test.", "all names below x.test are aliases of the same names below other.test"),
        ("SSHFP 2 1 00FF", "x.test has the fingerprints of its SSH keys (SSHFP): 2 1 00FF"),
        ("TYPE65280 \\# 1 00", "x.test has the records (TYPE65280): \\# 1 00"),
    ] {
        assert_eq!(records::says(&record(line)).0, told, "{line}");
    }
}

#[test]
fn data_that_is_not_of_its_type_does_no_harm() {
    for number in (0..300).chain([32769, 65280]) {
        for length in 0..24 {
            let kind = RecordType(number);
            let record = Record::new("x.test".parse().unwrap(), 60, kind, vec![0xff; length]);
            assert!(!records::says(&record).0.is_empty());
        }
    }
}

#[test]
fn what_terminals_obey_is_written_out() {
    for (kind, data) in [(RecordType::URI, &b"\0\x01\0\x01\x1b[2J\n"[..]), (RecordType::CAA, b"\0\x05issue\x1b[2J\n")] {
        let record = Record::new("x.test".parse().unwrap(), 60, kind, data.to_vec());
        assert!(records::says(&record).0.contains(r"\x1b[2J"), "{kind:?}");
    }
}

#[test]
fn options_are_said_in_words() {
    let options = [
        &[0, 3, 0, 2, b'n', b's'][..],
        &[0, 8, 0, 7, 0, 1, 24, 0, 198, 18, 0],
        &[0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8],
        &[0, 15, 0, 4, 0, 22, b'h', b'm'],
        &[0, 12, 0, 1, 0],
    ];
    let opt = Record { class: Class(1232), ..Record::new(Name::root(), 0, RecordType::OPT, options.concat()) };
    let notes: Vec<String> = edns::notes(&opt).into_iter().skip(1).map(|note| note.text).collect();
    assert_eq!(
        notes,
        [
            "NSID: the server calls itself ns",
            "client subnet 198.18.0.0/24/0: address, prefix that was asked with, prefix that the answer is good for",
            "cookie: the client's half; an answer that brings it back is no forgery from afar",
            "why: No Reachable Authority (extended error 22): hm",
            "padding: 1 octets that hide how long the message is",
        ]
    );
}

fn answered(name: &str, kind: RecordType) -> Vec<String> {
    let text = "$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns\nns A 198.18.0.2\nwww A 198.18.0.5\nftp CNAME www\nsub NS ns.sub\nns.sub A 198.18.0.9\nfar CNAME www.other.test.\n";
    let origin: Name = "shop.test".parse().unwrap();
    let records = crate::zonefile::read("z", text.as_bytes(), Some(&origin), &mut |_, _| Err(String::new())).records();
    let zones = Zones::new(vec![std::sync::Arc::new(Zone::compile(&origin, &records).unwrap())]);
    let question = Question { name: name.parse().unwrap(), kind, class: Class::IN };
    let mut out = [0; 512];
    let (identity, limits) = (crate::reply::Identity::default(), crate::reply::Limits::UDP);
    let request = write_query(7, 0, &question, None);
    let length = crate::answer::answer(&zones, &identity, limits, &request, &mut out).unwrap();
    said(&out[..length])
}

fn said(octets: &[u8]) -> Vec<String> {
    let notes = notes(&Message::decode(octets)).into_iter();
    notes.map(|note| format!("{} [{}]", note.text, note.rule.unwrap_or_default())).collect()
}

fn record(line: &str) -> Record {
    let mut words = line.split(' ');
    let kind: RecordType = words.next().unwrap().parse().unwrap();
    // As in a master file, quotes keep blanks together.
    let mut texts: Vec<(String, bool)> = Vec::new();
    for word in words {
        match texts.last_mut().filter(|(text, _)| text.matches('"').count() == 1) {
            Some((text, _)) => *text = format!("{text} {word}"),
            None => texts.push((word.to_owned(), false)),
        }
    }
    let stripped = |(text, _): (String, bool)| match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) => (inner.to_owned(), true),
        None => (text, false),
    };
    let texts: Vec<(String, bool)> = texts.into_iter().map(stripped).collect();
    let words: Vec<Word<'_>> =
        texts.iter().map(|(raw, quoted)| Word { raw: raw.as_bytes(), quoted: *quoted, line: 1, column: 1 }).collect();
    let rdata = parse(kind, &words, Some(&Name::root())).unwrap_or_else(|mistake| panic!("{line}: {mistake:?}"));
    Record::new("x.test".parse().unwrap(), 60, kind, rdata)
}
