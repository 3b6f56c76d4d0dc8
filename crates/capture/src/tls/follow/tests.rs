use super::*;
use crate::tls::Session;
use crate::tls::keys::expand_label;
use crate::tls::session::Flight;

#[test]
fn what_was_sealed_is_told_in_clear_however_it_was_cut() {
    for (terms, length) in [
        ("TLS 1.3 TLS_AES_128_GCM_SHA256 h2 for www.shop.test", 32),
        ("TLS 1.3 TLS_AES_256_GCM_SHA384 for www.shop.test", 48),
        ("TLS 1.3 TLS_CHACHA20_POLY1305_SHA256", 32),
        ("TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 h2 for www.shop.test", 48),
        ("TLS 1.2 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 48),
    ] {
        for size in [1, 7, 100_000] {
            let (mut talk, keys) = Talk::begin(terms, length);
            talk.say(Side::Initiator, &[b'x'; 20_000]);
            talk.say(Side::Acceptor, b"yes");
            let heard = talk.heard(&keys, size);
            assert_eq!(heard[0], Heard::Secured { terms: terms.to_owned(), secrets: keys.lines(&[0x11; 32]) });
            assert_eq!(said(&heard, Side::Initiator), [b'x'; 20_000], "{terms}");
            assert_eq!(said(&heard, Side::Acceptor), b"yes", "{terms}");
        }
    }
}

#[test]
fn keys_that_change_are_followed() {
    let (mut talk, keys) = Talk::begin(TLS13_TERMS, 32);
    let suite = Suite::of_number(0x1301).unwrap();
    let mut client = Keys::of_traffic_secret(suite, &[0x22; 32]).unwrap();
    let next = expand_label(suite.hash, &[0x22; 32], "traffic upd", 32);
    let mut later = Keys::of_traffic_secret(suite, &next).unwrap();
    for octets in [
        client.seal(APPLICATION_DATA, b"before, "),
        client.seal(HANDSHAKE, &[24, 0, 0, 1, 0]),
        later.seal(APPLICATION_DATA, b"after"),
    ] {
        talk.sent.push((Side::Initiator, octets));
    }
    assert_eq!(said(&talk.heard(&keys, 1000), Side::Initiator), b"before, after");
}

#[test]
fn records_that_are_missing_cost_their_text_and_no_more() {
    for terms in [TLS13_TERMS, TLS12_TERMS] {
        let (mut talk, keys) = Talk::begin(terms, if terms == TLS13_TERMS { 32 } else { 48 });
        (0..5).for_each(|number| talk.say(Side::Acceptor, &[b'0' + number; 100]));
        let all = talk.sent.split_off(talk.sent.len() - 5);
        for (from, to, missing) in [(20, 40, 100), (20, 300, 300), (0, 1, 100)] {
            let (mut follower, mut heard) = (Follower::default(), Vec::new());
            talk.sent.iter().for_each(|(by, octets)| follower.said(*by, octets, &keys, &mut heard));
            let octets: Vec<u8> = all[1..].iter().flat_map(|(_, octets)| octets.clone()).collect();
            follower.said(Side::Acceptor, &all[0].1, &keys, &mut heard);
            follower.said(Side::Acceptor, &octets[..from], &keys, &mut heard);
            follower.hole(Side::Acceptor, to as u64 - from as u64, &keys, &mut heard);
            follower.said(Side::Acceptor, &octets[to..], &keys, &mut heard);
            let text = said(&heard, Side::Acceptor);
            assert!(
                heard.contains(&Heard::Hole { by: Side::Acceptor, length: missing }),
                "{terms} {from} {to} {heard:?}"
            );
            assert_eq!(text.len() as u64 + missing, 500, "{terms} {from} {to}");
            assert!(text.ends_with(&[b'4'; 100]));
        }
    }
}

#[test]
fn what_cannot_be_opened_passes_as_it_was_and_is_named() {
    let (mut talk, keys) = Talk::begin("TLS 1.2 TLS_RSA_WITH_AES_128_GCM_SHA256 for www.shop.test", 48);
    talk.say(Side::Initiator, b"secret");
    for (keys, suite, why) in [
        (KeyLog::default(), "TLS_RSA_WITH_AES_128_GCM_SHA256", "its keys are not known"),
        (keys, "TLS_RSA_WITH_AES_128_CBC_SHA", "what this suite seals is not opened here"),
    ] {
        if suite.contains("CBC") {
            let at = talk.sent[1].1.windows(2).position(|two| two == [0x00, 0x9c]).unwrap();
            talk.sent[1].1[at + 1] = 0x2f;
        }
        let heard = talk.heard(&keys, 50);
        let terms = format!("TLS 1.2 {suite} for www.shop.test: closed, {why}");
        assert_eq!(heard[0], Heard::Shut { terms });
        for by in [Side::Initiator, Side::Acceptor] {
            let sent = talk.sent.iter().filter(|(one, _)| *one == by).flat_map(|(_, octets)| octets.clone());
            assert_eq!(said(&heard, by), sent.collect::<Vec<u8>>());
        }
    }
}

#[test]
fn who_gives_up_says_why() {
    let (mut talk, keys) = Talk::begin(TLS12_TERMS, 48);
    talk.sent.truncate(1);
    talk.sent.push((Side::Acceptor, vec![21, 3, 3, 0, 2, 2, 40]));
    let heard = talk.heard(&keys, 1000);
    assert!(matches!(&heard[0], Heard::Shut { terms } if terms == "TLS: closed, it was given up"), "{heard:?}");
    let Some(Heard::Refused { by: Side::Acceptor, why }) = heard.last() else { panic!("{heard:?}") };
    assert!(why.contains("handshake_failure"), "{why}");
}

#[test]
fn no_octet_that_is_turned_makes_it_panic() {
    let (mut talk, keys) = Talk::begin(TLS13_TERMS, 32);
    talk.say(Side::Acceptor, b"hello");
    for part in 0..talk.sent.len() {
        for at in 0..talk.sent[part].1.len() {
            let before = std::mem::replace(&mut talk.sent[part].1[at], 0xff);
            talk.heard(&keys, 1000);
            talk.sent[part].1[at] = before;
        }
    }
}

const TLS13_TERMS: &str = "TLS 1.3 TLS_AES_128_GCM_SHA256";
const TLS12_TERMS: &str = "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

/// What two sides send each other.
struct Talk {
    session: Session,
    sent: Vec<(Side, Vec<u8>)>,
}

impl Talk {
    fn begin(terms: &str, length: usize) -> (Self, KeyLog) {
        let labels = [
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0",
            "SERVER_TRAFFIC_SECRET_0",
            "CLIENT_RANDOM",
        ];
        let lines = labels.map(|label| format!("{label} {} {}", "11".repeat(32), "22".repeat(length)));
        let mut keys = KeyLog::default();
        keys.add(&lines.join("\n"));
        let (session, flights) = Session::begin(terms, &lines).unwrap();
        (Self { session, sent: flights.into_iter().map(|Flight { by, octets }| (by, octets)).collect() }, keys)
    }

    fn say(&mut self, by: Side, octets: &[u8]) {
        let sealed = self.session.seal(by, octets);
        self.sent.push((by, sealed));
    }

    fn heard(&self, keys: &KeyLog, size: usize) -> Vec<Heard> {
        let (mut follower, mut heard) = (Follower::default(), Vec::new());
        for (by, octets) in &self.sent {
            octets.chunks(size).for_each(|part| follower.said(*by, part, keys, &mut heard));
        }
        follower.closed(&mut heard);
        heard
    }
}

fn said(heard: &[Heard], side: Side) -> Vec<u8> {
    let of = |heard: &Heard| match heard {
        Heard::Said { by, octets } if *by == side => octets.clone(),
        _ => Vec::new(),
    };
    heard.iter().flat_map(of).collect()
}
