use super::*;
use crate::testing::{NS, RESOLVER, Record, WWW, dissectors, roster};
use toynet_record::{Closing, Direction, Seen};

const TEXT: Format = Format::Text { colour: false, columns: None };

#[test]
fn every_line_is_shown_both_ways_with_its_time() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(1, 1, "GET / HTTP/1.1\r\nHost: a\r\n").receive(2, 1, "\r\n");
    record.send(3, 1, "200 OK\n\0\u{1}\u{2}\u{3}").close(4, 1, Closing::Finished);
    assert_eq!(
        shown(&record, TEXT),
        "\
#1  you 127.0.0.1:40001 → www.shop.test 198.18.0.1:80  http over tcp
12:04:05.001000  → GET / HTTP/1.1
                 → Host: a
12:04:05.002000  → 
12:04:05.003000  ← 200 OK
                 ← 0000   00 01 02 03                                       ....
12:04:05.004000  — closed
"
    );
}

#[test]
fn holes_faults_and_the_beginning_of_tls_are_said() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(1, 1, "STARTTLS\r\n").add(2, 1, Seen::Secured { terms: "TLS 1.3" });
    let hole = || Seen::Hole { direction: Direction::Sent, length: 600 };
    record.add(3, 1, hole()).add(3, 1, hole()).add(
        4,
        1,
        Seen::Fault { direction: Direction::Sent, number: 1, what: "reset" },
    );
    record.close(5, 1, Closing::Reset);
    let shown = shown(&record, TEXT);
    let marks: Vec<_> = shown.lines().skip(2).map(|line| &line[17..]).collect();
    assert_eq!(marks, ["— TLS 1.3", "— ← 1,200 octets not kept", "— fault: reset", "— connection reset"]);
}

#[test]
fn only_the_wanted_flow_is_shown_and_what_it_is_for() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "GET /");
    record.connect(1, 2, (WWW, NS), Some((1, 1))).send(1, 2, "A shop.test");
    let transcript = Transcript::of(&source(&record.journal()), FlowId(2), false, false);
    let mut out = String::new();
    transcript.unwrap().write(TEXT, &mut out);
    assert!(out.starts_with("#2  www.shop.test 198.18.0.1:40002 → ns.shop.test 198.18.0.2:53  dns over tcp, for #1\n"));
    assert!(!out.contains("GET"), "{out}");
    assert!(Transcript::of(&source(&record.journal()), FlowId(3), false, false).is_none());
}

#[test]
fn secrets_are_hidden_where_they_stand_and_even_across_portions() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(1, 1, "AUTH <hunter2>\r\n").send(2, 1, "\u{1}\u{2}\u{3}\u{4}<key>");
    for format in [TEXT, Format::Json] {
        let shown = shown(&record, format);
        assert!(shown.contains("AUTH <•••>") && !shown.contains("hunter2") && !shown.contains("key"), "{shown}");
        assert!(!shown.contains("68756e74657232") && !shown.contains("6b 65 79"), "{shown}");
    }
}

#[test]
fn a_secret_that_is_not_found_hides_all_that_was_said_with_it() {
    let mut parts = vec![Part::Octets(Octets {
        by: Side::Initiator,
        time: Time::default(),
        octets: b"huntr\x7fer2\r\n".to_vec(),
        hidden: vec![],
    })];
    let crate::told::What::Message { mut message, .. } = crate::testing::told(1, 1, "hunter2").what else { panic!() };
    message.secrets.push(0..7);
    message.time = Time::default();
    hide::hide(&mut parts, &[message]);
    let Part::Octets(octets) = &parts[0] else { panic!("it was octets") };
    assert_eq!((octets.hidden.len(), &octets.hidden[0]), (1, &(0..11)));
}

#[test]
fn programs_get_octets_as_text_or_hex() {
    let mut record = Record::default();
    record.connect(0, 1, (RESOLVER, NS), None).send(1, 1, "A b.test");
    record.add(2, 1, Seen::Octets { direction: Direction::Received, number: 1, octets: b"\xff\x00" });
    let shown = shown(&record, Format::Json);
    let lines: Vec<serde_json::Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["text"], "A b.test");
    assert_eq!((lines[1]["hex"].as_str(), lines[1]["from"].as_str()), (Some("ff00"), Some("ns.shop.test")));
}

fn shown(record: &Record, format: Format) -> String {
    let mut out = String::new();
    Transcript::of(&source(&record.journal()), FlowId(1), false, false).unwrap().write(format, &mut out);
    out
}

fn source(journal: &toynet_record::Journal) -> Source<'_> {
    Source { journal, roster: Box::leak(Box::new(roster())), dissectors: dissectors() }
}
