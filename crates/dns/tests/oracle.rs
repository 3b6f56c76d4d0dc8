//! What is written here is read by another codec as the same message.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::sync::Arc;

use hickory_proto::op::Message as Theirs;
use toynet_dns::answer::answer;
use toynet_dns::codes::{Class, RecordType};
use toynet_dns::name::Name;
use toynet_dns::reply::{Identity, Limits};
use toynet_dns::wire::message::write_query;
use toynet_dns::wire::{Message, Question};
use toynet_dns::zone::{Zone, Zones};
use toynet_dns::zonefile;

#[test]
fn every_answer_is_read_alike_by_another_codec() {
    let zones = zones();
    let mut out = vec![0; 65_535];
    let mut compared = 0;
    for name in NAMES {
        for kind in KINDS {
            let question = Question { name: name.parse().unwrap(), kind: *kind, class: Class::IN };
            let request = write_query(9, 0, &question, Some((4096, true)));
            let length = answer(&zones, &Identity::default(), Limits::TCP, &request, &mut out).unwrap();
            compare(&out[..length]);
            compared += 1;
        }
    }
    assert_eq!(compared, NAMES.len() * KINDS.len());
}

#[test]
fn every_query_is_read_alike_by_another_codec() {
    let question = Question { name: "www.Shop.test".parse().unwrap(), kind: RecordType::MX, class: Class::IN };
    let theirs = Theirs::from_vec(&write_query(7, 0x0100, &question, Some((1232, true)))).unwrap();
    assert_eq!((theirs.id, theirs.recursion_desired), (7, true));
    assert_eq!(theirs.queries[0].to_string(), "www.Shop.test. IN MX");
    assert_eq!(theirs.edns.map(|edns| edns.max_payload()), Some(1232));
}

fn compare(octets: &[u8]) {
    let ours = Message::read(octets).unwrap();
    let theirs = Theirs::from_vec(octets).unwrap_or_else(|error| panic!("{error}: {ours:?}"));
    let sections = [(&ours.answers, &theirs.answers), (&ours.authority, &theirs.authorities)];
    for (ours, theirs) in sections {
        assert_eq!(ours.len(), theirs.len());
        for (one, other) in ours.iter().zip(theirs) {
            assert_eq!(one.owner, other.name.to_string().parse::<Name>().unwrap());
            assert_eq!((one.ttl, one.kind.0), (other.ttl, u16::from(other.record_type())));
        }
    }
    // They lift the OPT record out of the additional section.
    assert_eq!(ours.additional.len(), theirs.additionals.len() + usize::from(theirs.edns.is_some()));
}

fn zones() -> Zones {
    let origin: Name = "shop.test".parse().unwrap();
    let file = zonefile::read_zone("shop.test", ZONE.as_bytes(), &origin, &mut |_, _| Err(String::new()));
    assert!(!file.is_invalid(), "{:?}", file.faults);
    Zones::new(vec![Arc::new(Zone::compile(&origin, &file.records()).unwrap())])
}

const NAMES: &[&str] = &[
    "shop.test",
    "www.shop.test",
    "WWW.shop.test",
    "alias.shop.test",
    "any.wild.shop.test",
    "a.sub.shop.test",
    "x.renamed.shop.test",
    "nobody.shop.test",
    "mail.shop.test",
    "_http._tcp.shop.test",
    "elsewhere.test",
];

const KINDS: &[RecordType] = &[
    RecordType::A,
    RecordType::AAAA,
    RecordType::MX,
    RecordType::NS,
    RecordType::SOA,
    RecordType::TXT,
    RecordType::CNAME,
    RecordType::SRV,
    RecordType::ANY,
];

const ZONE: &str = "\
$TTL 300
@ SOA ns hostmaster 1 3600 600 604800 300
@ NS ns
@ MX 10 mail
@ TXT \"first\" \"second\"
ns A 198.18.0.2
ns AAAA 2001:db8::2
www A 198.18.0.5
www AAAA 2001:db8::5
mail A 198.18.0.6
alias CNAME www
*.wild A 198.18.0.7
sub NS ns.sub
ns.sub A 198.18.0.8
renamed DNAME www
_http._tcp SRV 0 0 80 www
";
