use std::time::Duration;

use super::*;
use crate::codes::Rcode;
use crate::name::Name;
use crate::tool::ask::Server;
use crate::tool::words::{Word, read};
use crate::wire::message::write_query;

#[test]
fn an_answer_looks_as_dig_shows_it() {
    assert_eq!(
        shown(""),
        ";; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7
;; flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 1, ADDITIONAL: 1
;; WARNING: recursion requested but not available

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags: do; udp: 1232
; NSID: 6e 73 31 (\"ns1\")
; CLIENT-SUBNET: 198.18.0.0/24/16
; EDE: 3 (Stale Answer): (old)
;; QUESTION SECTION:
;www.shop.test.\t\t\tIN\tA

;; ANSWER SECTION:
www.shop.test.\t\t5400\tIN\tCNAME\ta-rather-long-name.shop.test.
a-rather-long-name.shop.test. 60 IN\tA\t198.18.0.5

;; AUTHORITY SECTION:
shop.test.\t\t60\tIN\tSOA\tns.test. root.test. 7 7200 3600 1209600 300

;; Query time: 12 msec
;; SERVER: 198.18.0.1#53(ns.shop.test) (UDP)
;; WHEN: Sun Nov 22 16:32:31 UTC 2026
;; MSG SIZE  rcvd: 99

"
    );
}

#[test]
fn parts_can_be_left_out() {
    assert_eq!(
        shown("+noall +answer +noclass +ttlunits").lines().next(),
        Some("www.shop.test.\t\t1h30m\tCNAME\ta-rather-long-name.shop.test.")
    );
    assert_eq!(
        shown("+noall +authority +nottlid +noclass"),
        "shop.test.\t\tSOA\tns.test. root.test. 7 7200 3600 1209600 300\n"
    );
    assert_eq!(shown("+short"), "a-rather-long-name.shop.test.\n198.18.0.5\n");
    assert_eq!(shown("+short +identify").lines().last(), Some("198.18.0.5 from server 198.18.0.1 in 12 ms."));
    assert_eq!(shown("+noall"), "");
}

#[test]
fn over_several_lines_fields_have_names() {
    assert_eq!(
        shown("+noall +authority +multiline"),
        "shop.test.\t\t60 IN SOA ns.test. root.test. (
\t\t\t\t7          ; serial
\t\t\t\t7200       ; refresh (2 hours)
\t\t\t\t3600       ; retry (1 hour)
\t\t\t\t1209600    ; expire (2 weeks)
\t\t\t\t300        ; minimum (5 minutes)
\t\t\t\t)
"
    );
}

#[test]
fn long_keys_come_in_pieces() {
    let key = Record::new(name("shop.test"), 60, RecordType::DNSKEY, [&[1, 1, 3, 15][..], &[0; 48]].concat());
    let show = Show::default();
    let (piece, rest) = ("A".repeat(56), "A".repeat(8));
    assert!(record(&key, &show).ends_with(&format!("257 3 15 {piece} {rest}\n")));
    assert!(record(&key, &Show { split: false, ..show.clone() }).ends_with(&format!("257 3 15 {piece}{rest}\n")));
    let lines = record(&key, &Show { multiline: true, ..show });
    assert!(lines.ends_with("\t\t\t\t) ; KSK; alg = ED25519 ; key id = 1040\n"), "{lines}");
}

#[test]
fn what_breaks_is_shown_as_far_as_it_goes() {
    let mut reply = example();
    let octets = write_query(7, flag::QR, &reply.decoded.message.questions[0], None);
    reply.decoded = Message::decode(&octets[..octets.len() - 1]);
    let shown = super::reply(&reply, &Show::default());
    assert!(
        shown.contains(";; WARNING: the message breaks: octet 30: the message ends early (question section)\n"),
        "{shown}"
    );
}

#[test]
fn a_terminal_sees_codes_in_colour() {
    let header = ";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 7";
    assert!(coloured(header).contains("\x1b[0;31mNXDOMAIN\x1b"));
    assert_eq!(coloured("www.test. 60 IN A 198.18.0.5\n"), "www.test. 60 IN A 198.18.0.5\n");
}

fn shown(flags: &str) -> String {
    let words: Vec<Word> = flags.split_whitespace().map(|word| Word::Plain(word.to_owned())).collect();
    reply(&example(), &read(&words).unwrap()[0].flags.show)
}

pub(in crate::tool) fn example() -> Reply {
    let (www, other) = (name("www.shop.test"), name("a-rather-long-name.shop.test"));
    let soa = [name("ns.test").wire(), name("root.test").wire(), &numbers([7, 7200, 3600, 1_209_600, 300])].concat();
    let options = b"\0\x03\0\x03ns1\0\x08\0\x07\0\x01\x18\x10\xc6\x12\0\0\x0f\0\x05\0\x03old";
    let opt = Record { class: Class(1232), ..Record::new(Name::root(), 0x8000, RecordType::OPT, *options) };
    let question = Question { name: www.clone(), kind: RecordType::A, class: Class::IN };
    let message = Message {
        id: 7,
        bits: flag::QR | flag::AA | flag::RD | Rcode::NOERROR.0,
        questions: vec![question.clone()],
        answers: vec![
            Record::new(www, 5400, RecordType::CNAME, other.wire()),
            Record::new(other, 60, RecordType::A, [198, 18, 0, 5]),
        ],
        authority: vec![Record::new(name("shop.test"), 60, RecordType::SOA, soa)],
        additional: vec![opt],
    };
    Reply {
        decoded: Decoded { message, broken: None },
        length: 99,
        server: Server { called: "ns.shop.test".into(), address: ([198, 18, 0, 1], 53).into() },
        stream: false,
        took: Duration::from_millis(12),
        at: Time::from_secs(1_795_365_151),
        request: write_query(7, flag::RD, &question, None),
        remarks: Vec::new(),
    }
}

fn numbers(numbers: [u32; 5]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}
