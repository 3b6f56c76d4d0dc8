use super::*;
use crate::testing::{NS, RESOLVER, Record, WWW, dissectors, roster};
use crate::told::What;
use toynet_record::{Closing, Direction, FlowId, Seen, Side};

#[test]
fn an_answer_knows_how_long_it_took() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(10, 1, "GET /").send(35, 1, "~100").send(52, 1, "200");
    let took: Vec<_> = told(&record).iter().map(|told| told.took().map(|took| took.as_millis())).collect();
    assert_eq!(took, [None, None, Some(42)]);
}

#[test]
fn a_flow_that_breaks_leaves_no_exchange_open() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "GET /a").receive(0, 1, "GET /b").close(1, 1, Closing::Reset);
    assert_eq!(in_words(&record), ["1 GET /a", "2 GET /b", "1 connection reset", "2 connection reset"]);
}

#[test]
fn a_good_end_without_an_answer_is_told() {
    let mut record = Record::default();
    record.connect(0, 1, (RESOLVER, NS), None).send(0, 1, "A a.test").close(1, 1, Closing::Finished);
    assert_eq!(in_words(&record), ["1 A a.test", "1 no answer"]);
}

#[test]
fn what_a_fault_does_at_the_other_end_is_told_after_the_flow_has_ended() {
    let mut record = Record::default();
    record.connect(0, 1, (RESOLVER, NS), None).send(0, 1, "A a.test").receive(1, 1, "NOERROR");
    record.accept_from(1, 2, (RESOLVER, NS), 1).close(2, 1, Closing::Finished);
    record.add(3, 2, Seen::Fault { direction: Direction::Sent, number: 1, what: "slow" });
    let told = told(&record);
    let last = told.last().expect("it is told");
    assert_eq!((told.len(), last.flow.id, last.by, &*last.words(false)), (3, FlowId(1), Side::Acceptor, "fault: slow"));
}

#[test]
fn an_exchange_whose_last_word_was_the_acceptor_s_is_left_unfinished() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "MAIL").send(1, 1, "~250").close(2, 1, Closing::Finished);
    assert_eq!(in_words(&record), ["1 MAIL", "1 ~250", "1 left unfinished"]);
}

#[test]
fn what_goes_over_tls_is_marked() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).add(1, 1, Seen::Secured { terms: "TLS 1.3" }).receive(2, 1, "GET /a").send(3, 1, "200");
    let told: Vec<_> = told(&record).iter().map(|told| format!("{} {}", told.spoken(), told.words(false))).collect();
    assert_eq!(told, ["tls TLS 1.3", "https GET /a", "https 200"]);
}

#[test]
fn why_there_is_no_tls_is_told_once() {
    let mut record = Record::default();
    let why = "alert unknown_ca";
    record.accept(0, 1, WWW).add(1, 1, Seen::Unsecured { direction: Direction::Received, why });
    record.close(2, 1, Closing::Failed);
    assert_eq!(in_words(&record), ["0 no TLS: alert unknown_ca"]);
}

#[test]
fn a_record_that_ends_claims_nothing_about_what_is_open() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "GET /a");
    assert_eq!(in_words(&record), ["1 GET /a"]);
}

#[test]
fn holes_are_told_once_for_all_that_was_said_in_a_row() {
    let mut record = Record::default();
    let hole = |direction| Seen::Hole { direction, length: 1000 };
    record.accept(0, 1, WWW).receive(0, 1, "GET /a").send(1, 1, "~begin");
    record.add(2, 1, hole(Direction::Sent)).add(3, 1, hole(Direction::Sent)).receive(4, 1, "GET /b");
    assert_eq!(in_words(&record), ["1 GET /a", "1 ~begin", "1 2,000 octets not kept", "2 GET /b"]);
}

#[test]
fn a_flow_that_no_dissector_knows_is_counted() {
    let mut record = Record::default();
    let mut opened = Record::default();
    opened.accept(0, 1, WWW);
    let Seen::Opened { side, transport, stream, mut local, peer, cause } = opened.0[0].seen else {
        panic!("it is opened")
    };
    local.set_port(7);
    record.add(0, 1, Seen::Opened { side, transport, stream, local, peer, cause });
    record.receive(1, 1, "echo").send(2, 1, "echo").close(3, 1, Closing::Finished);
    let told = told(&record);
    assert_eq!((told[0].protocol, &*told[0].words(false)), ("tcp", "4 octets there, 4 octets back"));
}

#[test]
fn a_flow_that_was_parked_is_joined_late_and_counts_on() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "GET /a").send(0, 1, "200");
    (2..=flows::LIVE as u64 + 1).for_each(|end| {
        record.accept(end, end, WWW);
    });
    record.receive(9000, 1, "GET /b");
    let told = told(&record);
    let words: Vec<_> = told.iter().map(|told| format!("{} {}", told.exchange, told.words(false))).collect();
    assert_eq!(words, ["1 GET /a", "1 200", "0 joined late: what was said before is gone", "2 GET /b"]);
}

#[test]
fn what_a_message_may_hold_is_bounded() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, Box::leak(format!("a<{}>", "ü".repeat(100_000)).into_boxed_str()));
    let told = told(&record);
    let What::Message { message, .. } = &told[0].what else { panic!("it is a message") };
    assert!(message.summary.len() <= 2048);
    assert_eq!(message.redacted(), "a<•••");
}

fn told(record: &Record) -> Vec<Told> {
    let mut story = Story::new(roster(), dissectors(), false);
    let mut told = Vec::new();
    record.0.iter().for_each(|entry| story.read(entry, |one| told.push(one)));
    story.finish(|one| told.push(one));
    told
}

fn in_words(record: &Record) -> Vec<String> {
    told(record).iter().map(|told| format!("{} {}", told.exchange, told.words(false))).collect()
}
