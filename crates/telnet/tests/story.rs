//! People on a bulletin board.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::time::Duration;

use support::{SOON, ask, call, in_virtual_time, lab, lines, log_in, serve_mail, serve_page, told};
use tokio::task::yield_now;
use toynet_telnet::client::{Event, Order};
use toynet_telnet::codes::Signal;

#[test]
fn a_person_logs_in_looks_around_and_leaves() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut bob = call(&network).await;
        let greeting = bob.until("Your name: ", SOON).await.unwrap();
        assert!(greeting.contains("Welcome\r\n"), "{greeting}");
        bob.type_line("bob").await.unwrap();
        let welcome = bob.until("bob> ", SOON).await.unwrap();
        assert!(welcome.starts_with("bob\r\nHello, bob! You are alone here."), "{welcome}");
        assert_eq!(ask(&mut bob, "bob", "date").await, "Thu, 01 Jan 2026 00:00:00 GMT");
        let hosts = ask(&mut bob, "bob", "hosts").await;
        assert!(hosts.contains("  www.shop.test                  bread and rolls\r\n  mail.club.test"), "{hosts}");
        assert!(ask(&mut bob, "bob", "help").await.contains("  quit                   leave"));
        assert!(ask(&mut bob, "bob", "hlep").await.contains("Type help"));
        bob.type_line("quit").await.unwrap();
        assert_eq!(bob.until_end(SOON).await.unwrap(), "quit\r\nGood-bye!\r\n");
        assert!(bob.take_events().contains(&Event::ServerEchoes(true)));
    });
}

#[test]
fn a_password_is_asked_for_and_never_seen() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut alice = call(&network).await;
        alice.until("Your name: ", SOON).await.unwrap();
        alice.type_line("alice").await.unwrap();
        alice.until("Password: ", SOON).await.unwrap();
        alice.type_line("wonderland").await.unwrap();
        let shown = alice.until("alice> ", SOON).await.unwrap();
        assert!(!shown.contains("wonderland") && shown.contains("Hello, alice!"), "{shown}");
        drop(alice);
        network.clock().sleep(SOON).await;
        let told = lines(&told(&network));
        assert!(told.iter().any(|line| line == "1 C Request alice"), "{told:#?}");
        assert!(told.iter().any(|line| line == "2 C Request •••"), "{told:#?}");
        assert!(told.iter().all(|line| !line.contains("wonderland")), "{told:#?}");
    });
}

#[test]
fn people_hear_each_other_and_their_lines_stay_whole() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut bob = log_in(&network, "bob").await;
        let mut carol = log_in(&network, "carol").await;
        bob.until("* carol is here\r\nbob> ", SOON).await.unwrap();
        bob.order(Order::Type(b"da".to_vec())).await.unwrap();
        bob.until("da", SOON).await.unwrap();
        assert_eq!(ask(&mut carol, "carol", "tell bob hello you").await, "You tell bob: hello you");
        let heard = bob.until("bob> da", SOON).await.unwrap();
        assert!(heard.ends_with("\rcarol tells you: hello you\r\nbob> da"), "{heard:?}");
        bob.type_line("te").await.unwrap();
        bob.until("te\r\nThu, 01 Jan 2026 00:00:00 GMT\r\nbob> ", SOON).await.unwrap();
        bob.type_line("say good-bye").await.unwrap();
        carol.until("bob: good-bye\r\ncarol> ", SOON).await.unwrap();
        assert!(ask(&mut carol, "carol", "who").await.contains("bob"));
        drop(bob);
        carol.until("* bob has left\r\ncarol> ", SOON).await.unwrap();
    });
}

#[test]
fn a_name_that_is_here_is_not_taken_twice() {
    in_virtual_time(|| async {
        let network = lab().await;
        let _bob = log_in(&network, "bob").await;
        let mut other = call(&network).await;
        other.until("Your name: ", SOON).await.unwrap();
        other.type_line("Bob").await.unwrap();
        let shown = other.until("Your name: ", SOON).await.unwrap();
        assert!(shown.contains("here already"), "{shown}");
    });
}

#[test]
fn a_post_is_there_for_the_next_one() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut bob = log_in(&network, "bob").await;
        bob.type_line("post Bread").await.unwrap();
        bob.until("| ", SOON).await.unwrap();
        bob.type_line("is fresh").await.unwrap();
        bob.until("| ", SOON).await.unwrap();
        bob.type_line(".").await.unwrap();
        bob.until("Posted as number 1.\r\nbob> ", SOON).await.unwrap();
        let mut carol = log_in(&network, "carol").await;
        assert!(ask(&mut carol, "carol", "board").await.contains("     1  bob                  Bread"));
        assert!(ask(&mut carol, "carol", "read 1").await.ends_with("Bread\r\n\r\nis fresh"));
    });
}

#[test]
fn what_is_done_for_a_line_says_so() {
    in_virtual_time(|| async {
        let network = lab().await;
        serve_page(&network, Duration::ZERO).await;
        let mailed = serve_mail(&network).await;
        let mut bob = log_in(&network, "bob").await;
        assert_eq!(ask(&mut bob, "bob", "dig www.shop.test").await, "www.shop.test  A  198.18.0.3");
        assert_eq!(ask(&mut bob, "bob", "dig club.test mx").await, "club.test  MX  10 mail.club.test");
        assert_eq!(ask(&mut bob, "bob", "dig no.test").await, "no.test was not found.");
        assert_eq!(ask(&mut bob, "bob", "get www.shop.test/bread").await, "200 OK\r\n  Bread\r\n  is fresh");
        for line in ["mail carol@club.test Hello", "a", "..", "."] {
            bob.type_line(line).await.unwrap();
        }
        bob.until("Sent: mail.club.test took it.\r\nbob> ", SOON).await.unwrap();
        let said = mailed.await.unwrap();
        assert_eq!(
            said[..4],
            ["EHLO bbs.retro.test", "MAIL FROM:<bob@bbs.retro.test>", "RCPT TO:<carol@club.test>", "DATA",]
        );
        assert_eq!(said[said.len() - 4..], ["a", "...", ".", "QUIT"]);
        drop(bob);
        network.clock().sleep(SOON).await;
        let told = told(&network);
        let causes: Vec<_> = told
            .others
            .iter()
            .map(|flow| {
                let cause = flow.cause.unwrap();
                (flow.acceptor.address.port(), cause.exchange)
            })
            .collect();
        // The name was line 1; the mail was sent by its dot, line 9.
        assert_eq!(causes, [(80, 5), (25, 9)]);
        let lines = lines(&told);
        assert!(lines.iter().any(|line| line == "5 C Request get www.shop.test/bread"), "{lines:#?}");
        assert!(lines.iter().any(|line| line == "9 C Request ."), "{lines:#?}");
        assert!(lines.iter().any(|line| line == "9 S Answer Sent: mail.club.test took it."), "{lines:#?}");
    });
}

#[test]
fn an_interrupt_stops_what_takes_too_long() {
    in_virtual_time(|| async {
        let network = lab().await;
        serve_page(&network, Duration::from_secs(20)).await;
        let mut bob = log_in(&network, "bob").await;
        bob.type_line("get http://www.shop.test/bread").await.unwrap();
        bob.until("bread\r\n", SOON).await.unwrap();
        bob.order(Order::Signal(Signal::Ip)).await.unwrap();
        let before = network.clock().now();
        bob.until("Stopped.\r\nbob> ", SOON).await.unwrap();
        assert_eq!(network.clock().now(), before);
    });
}

#[test]
fn what_takes_far_too_long_stops_by_itself() {
    in_virtual_time(|| async {
        let network = lab().await;
        serve_page(&network, Duration::from_secs(7200)).await;
        let mut bob = log_in(&network, "bob").await;
        let shown = ask(&mut bob, "bob", "get www.shop.test/bread").await;
        assert_eq!(shown, "That took too long and was given up.");
    });
}

#[test]
fn silence_ends_a_session() {
    in_virtual_time(|| async {
        let network = lab().await;
        let clock = network.clock();
        let mut bob = log_in(&network, "bob").await;
        let before = clock.now();
        let shown = bob.until_end(Duration::from_secs(3600)).await.unwrap();
        assert!(shown.contains("Good-bye"), "{shown}");
        assert_eq!((clock.now() - before).as_secs(), 600);
        // The seat is free.
        yield_now().await;
        log_in(&network, "bob").await;
    });
}

#[test]
fn one_who_never_says_a_name_is_not_waited_for_as_long() {
    in_virtual_time(|| async {
        let network = lab().await;
        let before = network.clock().now();
        call(&network).await.until_end(Duration::from_secs(3600)).await.unwrap();
        assert_eq!((network.clock().now() - before).as_secs(), 120);
    });
}
