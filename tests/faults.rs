//! What services do wrong on purpose, as others' clients meet it.
#![allow(clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]

mod support;

use std::net::SocketAddr;

use support::lab::Home;
use support::{Lab, dig, run, shell, tool};

#[test]
fn a_name_server_answers_as_its_fault_says() {
    if tool("dig").is_none() {
        return;
    }
    let (lab, server) = lab("");
    for (words, arguments, met) in [
        ("answer=SERVFAIL", &[][..], "status: SERVFAIL"),
        ("answer=REFUSED", &[], "status: REFUSED"),
        ("lame=true", &[], "status: REFUSED"),
        ("truncate=true", &["+ignore"], "flags: qr aa tc rd"),
        ("truncate=true", &[], "Truncated, retrying in TCP mode"),
        ("wrong=id", &[], "ID mismatch"),
        ("wrong=question", &[], "Question section mismatch"),
        // dig connects its socket: the system drops what comes from elsewhere.
        ("wrong=source", &[], "timed out"),
        ("wrong=pointer", &[], "Got bad packet"),
        ("drop=true", &[], "timed out"),
        ("stale=198.18.0.99", &[], "198.18.0.99"),
        ("loop=true", &[], "CNAME\twww.shop.test."),
        ("half=true", &["+tcp"], "communications error"),
        ("answer=BADCOOKIE", &["+nocookie"], "status: BADCOOKIE"),
        ("answer=RCODE12", &[], "status: RESERVED12"),
        ("answer=REFUSED", &["-t", "AXFR", "shop.test"], "Transfer failed"),
    ] {
        lab.toynet(&["fault", "add", "host=ns.shop.test", words]).succeeded();
        let (ip, port, more) = (server.ip(), server.port(), arguments.join(" "));
        let met_now = shell(&format!("dig -r @{ip} -p {port} www.shop.test +time=1 +tries=1 {more}")).text();
        assert!(met_now.contains(met), "{words}: {met_now}");
        let listed = lab.toynet(&["fault", "list"]).succeeded().stdout;
        assert!(!listed.contains("struck 0 times"), "{listed}");
        lab.toynet(&["fault", "clear"]).succeeded();
    }
    assert_eq!(dig(server, &["www.shop.test"]).rcode, "NOERROR");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("SERVFAIL") && log.contains("wrong source"), "{log}");
}

#[test]
fn a_fault_strikes_only_answers_that_can_be_wrong_so() {
    if tool("dig").is_none() {
        return;
    }
    let (lab, server) = lab("");
    for (words, arguments) in [
        ("stale=198.18.0.99", &["-t", "NS", "shop.test"][..]),
        ("stale=198.18.0.99", &["www.shop.test", "MX"]),
        ("truncate=true", &["www.shop.test", "+tcp"]),
        ("wrong=glue", &["www.shop.test"]),
        ("answer=BADCOOKIE", &["www.shop.test", "+noedns"]),
    ] {
        let before = dig(server, arguments);
        lab.toynet(&["fault", "add", "host=ns.shop.test", words]).succeeded();
        let met = dig(server, arguments);
        let told = |answer: &support::dig::Answer| format!("{} {:?}", answer.rcode, answer.answer);
        assert_eq!(told(&met), told(&before), "{words} {arguments:?}");
        let listed = lab.toynet(&["fault", "list"]).succeeded().stdout;
        assert!(listed.contains("struck 0 times"), "{listed}");
        lab.toynet(&["fault", "clear"]).succeeded();
    }
}

#[test]
fn a_fault_is_for_an_address_alone() {
    if tool("dig").is_none() {
        return;
    }
    let (lab, server) = lab("");
    let status = lab.status();
    let of_lab = ["fault", "add", "--lab", status.lab(), "host=ns.shop.test", "drop=true", "peer=127.0.0.7"];
    lab.toynet(&of_lab).succeeded();
    assert_eq!(dig(server, &["www.shop.test"]).rcode, "NOERROR");
    let line = format!("dig -r -b 127.0.0.7 @{} -p {} www.shop.test +time=1 +tries=1", server.ip(), server.port());
    assert!(shell(&line).text().contains("timed out"));
    assert!(lab.toynet(&["fault", "list"]).succeeded().stdout.contains("peer 127.0.0.7  struck once"));
}

#[test]
fn an_answer_is_late_and_wrong() {
    if tool("dig").is_none() {
        return;
    }
    let (lab, server) = lab("");
    lab.toynet(&["fault", "add", "host=ns.shop.test", "delay=400ms", "answer=NOTAUTH"]).succeeded();
    let began = std::time::Instant::now();
    assert_eq!(dig(server, &["www.shop.test"]).rcode, "NOTAUTH");
    assert!(began.elapsed() >= std::time::Duration::from_millis(400), "{:?}", began.elapsed());
}

#[test]
fn a_fault_of_the_lab_file_strikes_for_whom_and_when_it_says() {
    if tool("dig").is_none() {
        return;
    }
    let (lab, server) = lab(
        "[[fault]]\nhost = \"ns.shop.test\"\nanswer = \"SERVFAIL\"\nevery = 3\nname = \"www.shop.test\"\ntype = \"A\"\npeer = \"you\"\n",
    );
    let code = |kind: &str| dig(server, &["www.shop.test", kind]).rcode;
    assert_eq!(["A", "A", "AAAA", "A", "A"].map(code), ["NOERROR", "NOERROR", "NOERROR", "SERVFAIL", "NOERROR"]);
    let json = lab.toynet(&["fault", "list", "--json"]).succeeded().stdout;
    let faults: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&faults[0]["hits"], &faults[0]["number"]), (&1.into(), &1.into()), "{json}");
    lab.toynet(&["fault", "off", "1"]).succeeded();
    assert_eq!(["A", "A", "A", "A"].map(code), ["NOERROR"; 4]);
}

#[test]
fn a_fault_that_makes_no_sense_is_refused_in_words() {
    let (lab, _) = lab("");
    for (words, told) in [
        (&["host=nobody.test", "drop=true"][..], "no host `nobody.test`"),
        (&["host=www.shop.test", "service=htp", "status=500"], "did you mean `http`?"),
        (&["host=ns.shop.test", "answer=SERVFALL"], "a response code is"),
        (&["host=ns.shop.test"], "this fault does nothing"),
        (&["host=ns.shop.test", "nonsense"], "KEY=VALUE"),
        (&["drop=true"], "`host` is missing"),
        (&["host=ww.shop.test", "status=503"], "did you mean `www.shop.test`?"),
        (&["host=www.shop.test", "status=abc"], "`status = \"abc\"`: expected a whole number"),
        (&["host=www.shop.test", "statsu=503"], "did you mean `status`?"),
        (&["host=www.shop.test", "status=503", "at=5"], "`at = 5`: expected a span of time"),
        (&["host=ns.shop.test", "stale=300.1.1.1"], "this is no IPv4 address"),
        (&["host=ns.shop.test", "stale=198.18.0.9", "type=MX"], "queries for A alone"),
        (&["partition=[['www.shop.test'], []]"], "parts nobody"),
        (&["partition=['www.shop.test']"], "expected a list"),
        (&["partition=[['www.shop.test'"], "unclosed array"),
    ] {
        let outcome = lab.toynet(&[&["fault", "add"], words].concat());
        assert_ne!(outcome.code(), Some(0), "{words:?}");
        assert!(outcome.stderr.contains(told), "{words:?}: {}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "what follows from a mistake is none: {}", outcome.stderr);
    }
    assert!(lab.toynet(&["fault", "list"]).succeeded().stdout.contains("no faults"));
    assert_ne!(lab.toynet(&["fault", "clear", "7"]).code(), Some(0));
}

#[test]
fn a_fault_in_a_lab_file_is_judged_with_its_place() {
    let home = Home::new();
    let file = home
        .write("lab.toml", "[host.\"www.shop.test\".http]\n[[fault]]\nhost = \"ns.shop.test\"\nanswr = 'SERVFAIL'\n");
    let judged = run(&mut home.toynet(&["check", file.to_str().expect("UTF-8")]));
    assert_eq!(judged.code(), Some(3));
    assert!(judged.stderr.contains("unknown key `answr`") && judged.stderr.contains(":4:1"), "{}", judged.stderr);
}

/// A lab with a shop, and its name server as reached from outside.
fn lab(more: &str) -> (Lab, SocketAddr) {
    let home = Home::new();
    let file = home.write("lab.toml", format!("[host.\"www.shop.test\".http]\n{more}"));
    let lab = Lab::start(&home, &["up", file.to_str().expect("UTF-8")]);
    let server = lab.status().door("ns.shop.test", "udp", 53);
    (lab, server)
}
