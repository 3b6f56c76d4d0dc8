//! What a mail server does wrong on purpose, reply by reply, in virtual time.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{CLUB, Lab, SHOP, first_mail, in_virtual_time, mails};
use toml::de::DeValue;
use toynet_machine::Random;
use toynet_net::fault::{Fault, Faults, Meant, When};
use toynet_record::Seen;
use toynet_smtp::server::Ways;
use toynet_smtp::store::Memory;

#[test]
fn any_reply_comes_at_any_stage() {
    for (words, told) in [
        ("reply = '554 5.3.2 closed', at_stage = 'connect'", "554 5.3.2 closed\r\n"),
        ("reply = '421 4.3.2 bye', at_stage = 'ehlo'", "220 .. 421 4.3.2 bye\r\n"),
        (
            "reply = '451 4.7.0 no', at_stage = 'mail'",
            "220 .. 250 .. 451 4.7.0 no .. 503 .. 503 .. 500 .. 500 .. 500 .. 500 .. 221 ..",
        ),
        (
            "reply = '550 5.1.1 nobody', recipient = 'carol@*'",
            "220 .. 250 .. 250 .. 550 5.1.1 nobody .. 554 .. 500 .. 500 .. 500 .. 500 .. 221 ..",
        ),
        (
            "reply = '451 4.3.0 disk', at_stage = 'data'",
            "220 .. 250 .. 250 .. 250 .. 451 4.3.0 disk .. 500 .. 500 .. 500 .. 500 .. 221 ..",
        ),
        ("reply = '500 what', at_stage = 'quit'", "220 .. 250 .. 250 .. 250 .. 354 .. 250 .. 500 what\r\n"),
        ("drop = true, at_stage = 'rcpt'", "220 .. 250 .. 250 .."),
        ("reply = '550 no', sender = '*@elsewhere.test'", "220 .. 250 .. 250 .. 250 .. 354 .. 250 .. 221 .."),
    ] {
        let (said, _, _) = visit(words);
        assert!(is_like(&said, told), "{words}: {said}");
    }
}

#[test]
fn a_mail_that_was_refused_is_not_there_and_one_whose_reply_was_lost_is() {
    let (said, stored, log) = visit("reply = '452 4.3.1 full', at_stage = 'content'");
    assert!(said.contains("354 ") && said.contains("452 4.3.1 full\r\n221 "), "{said}");
    assert_eq!(stored, 0);
    assert_eq!(log, 1);
    let (said, stored, _) = visit("drop = true, at_stage = 'content'");
    assert!(said.ends_with("dot\r\n"), "{said}");
    assert_eq!(stored, 1);
}

#[test]
fn replies_are_late_cut_and_end_wrong() {
    in_virtual_time(|| async {
        let (lab, _) = faulty("delay = '30s', at_stage = 'mail'").await;
        let begun = lab.age();
        lab.say(SHOP, DIALOGUE).await;
        let took = lab.age() - begun;
        assert!((Duration::from_secs(30)..Duration::from_secs(34)).contains(&took), "{took:?}");
    });
    let (said, _, _) = visit("half = true, at_stage = 'connect'");
    assert!(said.starts_with("220 ") && !said.ends_with('\n'), "{said}");
    let (said, _, _) = visit("bare_lf = true");
    assert!(!said.contains('\r') && said.contains("\n221 "), "{said}");
}

#[test]
fn a_keyword_is_withheld_and_the_answer_stays_well_formed() {
    let (said, ..) = visit("withhold = 'HELP'");
    assert!(!said.contains("HELP") && said.contains("250 LIMITS "), "{said}");
    let (said, ..) = visit("withhold = 'PIPELINING'");
    assert!(!said.contains("PIPELINING") && said.contains("250 HELP\r\n"), "{said}");
}

#[test]
fn a_greylisted_mail_arrives_at_a_later_attempt() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        lab.serve(SHOP).await;
        let store = Arc::new(Memory::default());
        let (faults, fault) = set(&lab, "greylist = '5m'");
        lab.serve_on(lab.host(CLUB).with_faults(faults), store.clone(), ways()).await;
        lab.send(SHOP, "<alice@shop.test>", "carol@club.test", "Subject: late\n\nstill\n").await.unwrap();
        first_mail(&lab, &*store, "carol").await;
        assert!(lab.age() > Duration::from_secs(300), "{:?}", lab.age());
        assert!(fault.hits() >= 1);
    });
}

#[test]
fn the_same_seed_strikes_the_same_replies() {
    let hits = |_| {
        in_virtual_time(|| async {
            let lab = Lab::new(vec![]);
            let when = When { probability: Some(0.5), ..When::default() };
            let (faults, fault) = set_when(&lab, "reply = '451 no', at_stage = 'mail'", when);
            lab.serve_on(lab.host(SHOP).with_faults(faults), Arc::new(Memory::default()), ways()).await;
            let mut said = Vec::new();
            for _ in 0..20 {
                said.push(lab.say(SHOP, "EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nQUIT\r\n").await.contains("451 no"));
            }
            (said, fault.hits())
        })
    };
    assert_eq!(hits(1), hits(2));
    assert!((3..18).contains(&hits(1).1));
}

/// What a server with this fault says to a mail, how many mails it then has, and how many faults are on record.
fn visit(words: &str) -> (String, usize, usize) {
    in_virtual_time(|| async {
        let (lab, store) = faulty(words).await;
        let said = lab.say(SHOP, DIALOGUE).await;
        lab.network.clock().sleep(Duration::from_secs(5)).await;
        let marked = lab.journal().entries().filter(|entry| matches!(entry.seen, Seen::Fault { .. })).count();
        (said, mails(&*store, "carol").await.len(), marked)
    })
}

async fn faulty(words: &str) -> (Lab, Arc<Memory>) {
    let lab = Lab::new(vec![]);
    let (faults, _) = set(&lab, words);
    let store = Arc::new(Memory::default());
    lab.serve_on(lab.host(SHOP).with_faults(faults), store.clone(), ways()).await;
    (lab, store)
}

fn set(lab: &Lab, words: &str) -> (Faults, Arc<Fault>) {
    set_when(lab, words, When::default())
}

fn set_when(lab: &Lab, words: &str, when: When) -> (Faults, Arc<Fault>) {
    let (text, read) = (format!("{{ {words} }}"), toynet_smtp::PROTOCOL.fault.unwrap().read);
    let what = read(DeValue::parse(&text).unwrap()).unwrap();
    let random = Random::new(1, SHOP, "fault");
    let fault = Fault::new(words.to_owned(), Meant::All, when, what, lab.network.clock().now(), random);
    let faults = Faults::default();
    faults.add(Arc::clone(&fault));
    (faults, fault)
}

fn ways() -> Ways {
    Ways { port: 25, ..Ways::default() }
}

/// Whether replies are like these, where `..` is the rest of a reply, of one line or several.
fn is_like(said: &str, told: &str) -> bool {
    let mut rest = said;
    let parts: Vec<&str> = told.split(" .. ").map(|part| part.trim_end_matches(" ..")).collect();
    for part in &parts {
        let Some(after) = rest.strip_prefix(part.trim_end()) else { return false };
        let mut lines = after.split_inclusive('\n');
        let mut length = lines.next().map_or(0, str::len);
        // Lines of the same reply have a hyphen before the last.
        if after.starts_with('-') {
            for line in lines {
                length += line.len();
                if line.as_bytes().get(3) == Some(&b' ') {
                    break;
                }
            }
        }
        rest = &after[length..];
    }
    rest.is_empty()
}

const DIALOGUE: &str = "EHLO client.test\r\nMAIL FROM:<bob@club.test>\r\nRCPT TO:<carol@shop.test>\r\nDATA\r\nSubject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n";
