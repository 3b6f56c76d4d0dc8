use super::*;
use crate::testing::{NS, RESOLVER, ROOT, Record, WWW, at, cause, dissectors, roster};
use toynet_record::{Closing, Direction, Seen};

const TEXT: Format = Format::Text { colour: false, columns: Some(100) };

#[test]
fn what_an_exchange_caused_stands_under_it() {
    assert_eq!(
        whole(&look_up()),
        "\
12:04:05.123  #1    you → resolver.test               dns   A www.shop.test
12:04:05.124  #2      resolver.test → a.root.test     dns   A www.shop.test
12:04:05.125  #2      a.root.test → resolver.test     dns   referral to test (ns.shop.test)  1.0 ms
12:04:05.126  #3      resolver.test → ns.shop.test    dns   A www.shop.test
12:04:05.128  #3      ns.shop.test → resolver.test    dns   NOERROR 127.83.0.9  2.0 ms
12:04:05.130  #1    resolver.test → you               dns   NOERROR 127.83.0.9  7.0 ms
"
    );
}

#[test]
fn live_and_whole_tell_the_same_when_all_is_over_in_time() {
    let record = look_up();
    let mut log = log(TEXT);
    let mut told = String::new();
    for entry in &record.0 {
        log.feed(entry);
        log.tick(entry.time);
        told += &log.drain();
    }
    assert_eq!(told, whole(&record));
}

#[test]
fn exchanges_at_the_same_time_do_not_mix() {
    let mut record = Record::default();
    record.accept(0, 1, NS).accept(0, 2, NS).send(0, 1, "hello");
    record.receive(1, 1, "A one.test").receive(2, 2, "A two.test");
    record.send(3, 2, "2.2.2.2").send(4, 1, "1.1.1.1");
    assert_eq!(
        whole(&record),
        "\
12:04:05.000  #1    ns.shop.test → you                dns   hello
12:04:05.001  #1    you → ns.shop.test                dns   A one.test
12:04:05.004  #1    ns.shop.test → you                dns   1.1.1.1  3.0 ms
12:04:05.002  #2    you → ns.shop.test                dns   A two.test
12:04:05.003  #2    ns.shop.test → you                dns   2.2.2.2  1.0 ms
"
    );
}

#[test]
fn a_late_answer_names_what_it_answers() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "GET /slow");
    let mut log = log(TEXT);
    feed(&mut log, &record);
    log.tick(at(399));
    assert_eq!(log.drain(), "");
    log.tick(at(400));
    assert_eq!(log.drain(), "12:04:05.000  #1    you → www.shop.test               http  GET /slow\n");

    let mut later = Record::default();
    later.connect(900, 2, (WWW, NS), Some((1, 1))).send(900, 2, "A shop.test").receive(901, 2, "1.1.1.1");
    later.send(2100, 1, "200 OK");
    feed(&mut log, &later);
    log.tick(at(2100));
    assert_eq!(
        log.drain(),
        "\
12:04:05.900  #2    www.shop.test → ns.shop.test      dns   A shop.test  (for GET /slow)
12:04:05.901  #2    ns.shop.test → www.shop.test      dns   1.1.1.1  1.0 ms
12:04:07.100  #1    www.shop.test → you               http  200 OK  2.1 s  (to GET /slow)
"
    );
}

#[test]
fn an_exchange_of_an_old_connection_stands_under_its_own_cause() {
    let mut record = Record::default();
    record.accept(0, 1, RESOLVER).receive(0, 1, "A one.test").receive(1, 1, "A two.test");
    record.connect(2, 2, (RESOLVER, NS), Some((1, 1))).send(2, 2, "for one").receive(3, 2, "one");
    record.add(4, 2, Seen::Because { exchange: 2, cause: cause(1, 2) }).send(4, 2, "for two").receive(5, 2, "two");
    let told = whole(&record);
    assert!(told.find("for one") < told.find("A two.test"), "{told}");
    assert!(told.find("A two.test") < told.find("for two"), "{told}");
}

#[test]
fn a_refused_connection_is_a_line_under_what_wanted_it() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "GET /");
    record.connect(1, 2, (WWW, 9), Some((1, 1))).close(1, 2, Closing::Refused);
    record.send(2, 1, "!502 Bad Gateway");
    assert_eq!(
        whole(&record),
        "\
12:04:05.000  #1    you → www.shop.test               http  GET /
12:04:05.001  #2      www.shop.test → 198.18.0.9      dns   connection refused at port 53
12:04:05.002  #1    www.shop.test → you               http  !502 Bad Gateway  2.0 ms
"
    );
}

#[test]
fn failures_are_red_when_colours_are_wanted() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "GET /").send(1, 1, "!500");
    let mut log = log(Format::Text { colour: true, columns: None });
    log.feed_journal(&record.journal());
    let told = log.drain();
    assert!(told.contains("\x1b[31m!500\x1b[0m"), "{told}");
    assert!(!told.contains("\x1b[31mGET"), "{told}");
}

#[test]
fn no_peer_reaches_the_terminal() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "GET /\x1b]0;owned\x07\r\n\u{9b}2J");
    record.add(1, 1, Seen::Secured { terms: "TLS 1.3 \x1b[8m" });
    record.add(1, 1, Seen::Fault { direction: Direction::Sent, number: 1, what: "\x1b[8m" });
    for format in [TEXT, Format::Json] {
        let mut log = log(format);
        log.feed_journal(&record.journal());
        let told = log.drain();
        assert!(told.lines().count() == 3 && !told.contains(|c: char| c.is_control() && c != '\n'), "{told:?}");
    }
}

#[test]
fn secrets_are_redacted_in_headlines_too() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "AUTH <hunter2>").send(900, 1, "235 welcome <token>");
    let (mut hidden, mut open) =
        (log(TEXT), Log::new(roster(), dissectors(), TEXT, Show { secrets: true, ..Show::default() }));
    for log in [&mut hidden, &mut open] {
        record.0.iter().for_each(|entry| {
            log.feed(entry);
            log.tick(entry.time + crate::thread::PATIENCE);
        });
    }
    let told = hidden.drain();
    assert!(told.contains("235 welcome <•••>  900 ms  (to AUTH <•••>)"), "{told}");
    assert!(open.drain().contains("(to AUTH <hunter2>)"));
}

#[test]
fn whoever_cannot_keep_up_learns_how_much_is_missing() {
    for (format, said) in [(TEXT, "… 1,234 messages left out\n"), (Format::Json, "\"left_out\":1234}\n")] {
        let mut log = log(format);
        log.set_behind(ROOM);
        feed(&mut log, &pings(617));
        log.tick(at(5000));
        assert_eq!(log.drain(), "");
        log.set_behind(0);
        assert!(log.drain().ends_with(said));
        assert_eq!(log.drain(), "");
    }
}

#[test]
fn a_log_that_nobody_ticks_or_drains_stays_small_and_counts_all() {
    let mut log = log(TEXT);
    for portion in 0..20 {
        feed(&mut log, &pings_of(portion, 2000));
    }
    assert!(log.ready() < 2 * ROOM);
    log.finish();
    let told = log.drain();
    let last = told.lines().last().unwrap();
    let left_out: usize = last.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap();
    assert_eq!(told.lines().count() - 1 + left_out, 20 * 2000 * 2);
}

#[test]
fn a_flow_joined_late_says_so() {
    let mut record = Record::default();
    record.serve(0, 1, NS).datagram(1, 1, Direction::Sent, "1.1.1.1").datagram(2, 1, Direction::Received, "A a.test");
    let told = whole(&record);
    assert!(told.starts_with("12:04:05.001  #1    you → ns.shop.test                dns   joined late"), "{told}");
}

#[test]
fn a_question_that_was_lost_has_no_answer() {
    let mut record = Record::default();
    record.serve(0, 1, NS).datagram(1, 1, Direction::Received, "A a.test");
    let mut log = log(TEXT);
    feed(&mut log, &record);
    log.tick(at(1000));
    log.drain();
    log.tick(at(40_000));
    assert_eq!(log.drain(), "12:04:45.000  #1    you → ns.shop.test                dns   no answer  (to A a.test)\n");
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    for format in [TEXT, Format::Json] {
        let bytes = || {
            let mut log = log(format);
            log.feed_journal(&look_up().journal());
            log.drain()
        };
        assert_eq!(bytes(), bytes());
        assert_eq!(bytes().lines().count(), 6);
    }
}

#[test]
fn programs_hear_at_once() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "GET /slow");
    let mut log = log(Format::Json);
    feed(&mut log, &record);
    assert!(log.drain().contains("\"what\":\"GET /slow\""));
}

#[test]
fn what_the_record_forgot_is_said() {
    let mut log = log(TEXT);
    log.missed(0);
    log.missed(65_536);
    assert_eq!(
        log.drain(),
        "… 65,536 entries of the record were gone before they could be read; flows after them are numbered anew\n"
    );
}

fn look_up() -> Record {
    let mut record = Record::default();
    record.accept(120, 1, RESOLVER).receive(123, 1, "A www.shop.test");
    record.connect(124, 2, (RESOLVER, ROOT), Some((1, 1))).send(124, 2, "A www.shop.test");
    record.receive(125, 2, "referral to test (ns.shop.test)").close(125, 2, Closing::Finished);
    record.connect(126, 3, (RESOLVER, NS), Some((1, 1))).send(126, 3, "A www.shop.test");
    record.receive(128, 3, "NOERROR 127.83.0.9").close(128, 3, Closing::Finished);
    record.send(130, 1, "NOERROR 127.83.0.9");
    record
}

fn pings(number: u64) -> Record {
    pings_of(0, number)
}

fn pings_of(portion: u64, number: u64) -> Record {
    let mut record = Record::default();
    let (end, millis) = (portion + 1, portion * 10);
    record.accept(millis, end, NS);
    for _ in 0..number {
        record.receive(millis + 1, end, "A ping.test").send(millis + 2, end, "NOERROR");
    }
    record
}

fn log(format: Format) -> Log {
    Log::new(roster(), dissectors(), format, Show::default())
}

fn feed(log: &mut Log, record: &Record) {
    record.0.iter().for_each(|entry| log.feed(entry));
}

fn whole(record: &Record) -> String {
    let mut log = log(TEXT);
    log.feed_journal(&record.journal());
    log.drain()
}
