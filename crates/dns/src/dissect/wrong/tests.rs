use super::*;
use crate::codes::Class;
use crate::wire::message::write_query;

#[test]
fn a_sound_answer_breaks_no_rule() {
    let message = answered(RecordType::A, vec![cname("www.test", "web.test"), a("web.test", 60)]);
    assert_eq!(faults_of(&message), [""; 0]);
}

#[test]
fn records_that_nobody_asked_for_are_told() {
    let message = answered(RecordType::A, vec![a("www.test", 60), a("bank.test", 60)]);
    assert_eq!(
        faults_of(&message),
        ["The answer section holds A of bank.test., which is not the name asked for nor one that aliases lead to \
          (RFC 1034 3.7, RFC 2181 5.4.1)."]
    );
}

#[test]
fn an_alias_with_company_and_ttls_that_differ_are_told() {
    let message = answered(RecordType::A, vec![cname("www.test", "web.test"), a("www.test", 60), a("www.test", 61)]);
    assert_eq!(
        faults_of(&message),
        [
            "The A records of www.test. have different TTLs, and are to have one (RFC 2181 5.2).",
            "www.test. is an alias and has other records too (RFC 1034 3.6.2).",
        ]
    );
}

#[test]
fn a_referral_that_leads_away_and_a_denial_without_soa_are_told() {
    let mut referral = answered(RecordType::A, vec![]);
    referral.bits = flag::QR;
    referral.authority = vec![Record::new(name("club.test"), 60, RecordType::NS, name("ns.club.test").wire())];
    assert_eq!(
        faults_of(&referral),
        ["A referral to club.test. helps nobody who asks for www.test., which is not below it (RFC 1034 4.3.2)."]
    );
    assert_eq!(
        faults_of(&answered(RecordType::MX, vec![])),
        ["A denial with authority lacks the zone's SOA record, so that nobody may keep it (RFC 2308 3)."]
    );
}

#[test]
fn opt_that_is_there_twice_or_cut_is_told() {
    let mut message = answered(RecordType::A, vec![a("www.test", 60)]);
    let opt = |rdata: &[u8]| Record::new(Name::root(), 0, RecordType::OPT, rdata);
    message.additional = vec![opt(&[0, 10, 0, 1, 7]), opt(&[0, 3, 0, 9])];
    assert_eq!(
        faults_of(&message),
        [
            "OPT is there twice, and may be there once (RFC 6891 6.1.1).",
            "A cookie has 8 or 16 to 40 octets, this one has not (RFC 7873 5.2.2).",
            "An option in OPT is longer than the record (RFC 6891 6.1.2).",
        ]
    );
}

#[test]
fn an_answer_is_measured_by_its_query() {
    let mut message = answered(RecordType::A, vec![a("www.test", 60)]);
    message.questions[0].kind = RecordType::AAAA;
    message.additional = vec![Record::new(Name::root(), 0, RecordType::OPT, [])];
    let asked = Asked::of(&Message::decode(&write_query(7, 0, &question(RecordType::A), None)));
    let decoded = Decoded { message, broken: None };
    assert_eq!(
        faults(&decoded, Some(600), Some(&asked)),
        [
            "It answers a question for AAAA of www.test., which was not asked (RFC 5452 9.1).",
            "OPT answers a query that had none (RFC 6891 7).",
            "The datagram has 600 octets, and the client takes 512 (RFC 1035 4.2.1).",
        ]
    );
}

#[test]
fn where_a_message_breaks_the_rule_is_named() {
    let query = write_query(7, 0, &question(RecordType::A), None);
    let cut = faults(&Message::decode(&query[..14]), None, None);
    assert_eq!(cut, ["The message breaks at octet 14 (RFC 1035 4.1.2): the message ends early."]);
    let mut looped = query.clone();
    (looped[12], looped[13]) = (0xc0, 12);
    let told = faults(&Message::decode(&looped), None, None);
    assert_eq!(
        told,
        ["The message breaks at octet 12 (RFC 1035 4.1.4): a compression pointer that does not point back."]
    );
    let longer = faults(&Message::decode(&[&query[..], b"x"].concat()), None, None);
    assert_eq!(
        longer,
        [format!("The message breaks at octet {} (RFC 1035 4.1): octets that nothing announced.", query.len())]
    );
}

fn faults_of(message: &Message) -> Vec<String> {
    faults(&Decoded { message: message.clone(), broken: None }, None, None)
}

fn answered(kind: RecordType, answers: Vec<Record>) -> Message {
    Message { id: 7, bits: flag::QR | flag::AA, questions: vec![question(kind)], answers, ..Message::default() }
}

fn question(kind: RecordType) -> Question {
    Question { name: name("www.test"), kind, class: Class::IN }
}

fn cname(owner: &str, target: &str) -> Record {
    Record::new(name(owner), 60, RecordType::CNAME, name(target).wire())
}

fn a(owner: &str, ttl: u32) -> Record {
    Record::new(name(owner), ttl, RecordType::A, [198, 18, 0, 5])
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}
