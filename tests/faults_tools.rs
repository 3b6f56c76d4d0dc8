//! Faults as swaks and telnet meet them, under load, and several at once.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use support::lab::Home;
use support::{Lab, dig, shell, tool, wire};

#[test]
fn swaks_ends_as_its_manual_says() {
    if tool("swaks").is_none() {
        return;
    }
    let lab = lab();
    let at = lab.status().door("mail.shop.test", "tcp", 25);
    for (words, exit) in [
        (&["reply=554 5.3.2 closed", "at_stage=connect"][..], 21),
        (&["drop=true", "at_stage=connect"], 6),
        (&["reply=550 5.7.1 no", "sender=*@club.test"], 23),
        (&["drop=true", "at_stage=mail"], 6),
        (&["reply=452 4.2.2 full", "recipient=alice@*"], 24),
        (&["greylist=1h"], 24),
        (&["reply=451 4.3.2 later", "at_stage=data"], 25),
        (&["reply=554 5.6.0 no", "at_stage=content"], 26),
        (&["half=true", "at_stage=content"], 6),
        (&["withhold=SIZE"], 0),
        (&["bare_lf=true"], 0),
        (&["reply=554 5.7.1 no", "sender=nobody@*"], 0),
        (&["delay=5s"], 21),
    ] {
        lab.toynet(&[&["fault", "add", "host=mail.shop.test"], words].concat()).succeeded();
        let line = format!("--server {} --port {} --timeout 2", at.ip(), at.port());
        let met = shell(&format!("swaks {line} --from bob@club.test --to alice@shop.test"));
        assert_eq!(met.code(), Some(exit), "{words:?}: {met:?}");
        lab.toynet(&["fault", "clear"]).succeeded();
    }
}

#[test]
fn telnet_shows_what_a_board_says_amid_faults() {
    if tool("telnet").is_none() {
        return;
    }
    let lab = lab();
    let at = lab.status().door("bbs.shop.test", "tcp", 23);
    let call = |words: &str| {
        lab.toynet(&["fault", "add", "host=bbs.shop.test", words]).succeeded();
        let met =
            shell(&format!("(sleep 1; echo someone; sleep 1; echo quit; sleep 1) | telnet {} {}", at.ip(), at.port()));
        lab.toynet(&["fault", "clear"]).succeeded();
        met.text()
    };
    assert!(!call("drop=connect").contains("Welcome"));
    assert!(!call("silence=true").contains("Welcome"));
    let cut = call("drop=login");
    assert!(cut.contains("Welcome") && !cut.contains("Hello, someone"), "{cut}");
    for words in ["lone_iac=true", "options=refuse", "options=ignore", "options=loop", "delay=200ms"] {
        let met = call(words);
        assert!(met.contains("Welcome") && met.contains("someone"), "{words}: {met}");
    }
}

#[test]
fn faults_that_come_and_go_disturb_nobody_else() {
    if tool("dig").is_none() || tool("curl").is_none() {
        return;
    }
    let lab = lab();
    let status = lab.status();
    let (web, other) = (status.door("www.shop.test", "tcp", 80), status.door("www.club.test", "tcp", 80));
    let (over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let asking: Vec<_> = (0..4).map(|_| keep_asking(other, &over, &asked)).collect();
    for words in ["status=503", "drop=true", "reset=true", "delay=2s", "garbage=true", "tls=expired"].repeat(3) {
        lab.toynet(&["fault", "add", "host=www.shop.test", words]).succeeded();
        shell(&format!("curl -s -m 1 -o /dev/null -H 'Host: www.shop.test' http://{web}/"));
        assert_eq!(dig(status.resolver(), &["www.club.test"]).rcode, "NOERROR");
        lab.toynet(&["fault", "clear"]).succeeded();
    }
    over.store(true, Ordering::Relaxed);
    asking.into_iter().for_each(|asking| asking.join().expect("every answer is as it should be"));
    assert!(asked.load(Ordering::Relaxed) > 100, "{asked:?}");
}

#[test]
fn several_faults_strike_together_and_each_is_marked() {
    if tool("curl").is_none() {
        return;
    }
    let lab = lab();
    let web = lab.status().door("www.shop.test", "tcp", 443);
    for words in [
        &["link=www.shop.test -> you", "latency=50ms"][..],
        &["host=www.shop.test", "tls=self-signed", "delay=100ms"],
        &["host=www.shop.test", "status=503", "delay=100ms"],
    ] {
        lab.toynet(&[&["fault", "add"], words].concat()).succeeded();
    }
    let line = "-sk -o /dev/null -w '%{http_code} %{time_total}'";
    let met =
        shell(&format!("curl {line} --connect-to www.shop.test:443:{web} https://www.shop.test/")).succeeded().stdout;
    let (status, took) = met.split_once(' ').expect("two words");
    assert!(status == "503" && took.parse::<f64>().is_ok_and(|took| took > 0.3), "{met}");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    for told in ["latency 50ms", "tls self-signed", "status 503"] {
        assert!(log.contains(&format!("fault: {told}")), "{told} is not in\n{log}");
    }
}

/// Asks on one connection for as long as it is wanted; whatever is not as it should be is a panic.
fn keep_asking(at: SocketAddr, over: &Arc<AtomicBool>, asked: &Arc<AtomicUsize>) -> thread::JoinHandle<()> {
    let (over, asked) = (Arc::clone(over), Arc::clone(asked));
    thread::spawn(move || {
        let mut stream = wire::Stream::connect(at);
        while !over.load(Ordering::Relaxed) {
            stream.send(b"GET / HTTP/1.1\r\nHost: www.club.test\r\n\r\n");
            let answer = stream.until(b"biscuits");
            assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(b"biscuits"));
            asked.fetch_add(1, Ordering::Relaxed);
        }
    })
}

fn lab() -> Lab {
    let home = Home::new();
    let text = "[host.\"www.shop.test\"]\nhttp = { pages = { '/' = 'bread' } }\n\
                [host.\"www.club.test\"]\nhttp = { pages = { '/' = 'biscuits' } }\n\
                [host.\"bbs.shop.test\".telnet]\n\
                [host.\"mail.shop.test\"]\nsmtp = { domains = ['shop.test'], mailboxes = ['alice'] }\n";
    let file = home.write("lab.toml", text).display().to_string();
    Lab::start(&home, &["up", &file])
}
