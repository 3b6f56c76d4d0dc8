//! A relay that opens TLS between programs of others.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]
#![allow(clippy::unwrap_used, reason = "what a test sets up is there")]

mod support;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use support::lab::Home;
use support::run::eventually;
use support::tap::Tap;
use support::tools::python_with;
use support::tshark::Judge;
use support::{Lab, Outcome, run, tool};

#[test]
fn pages_over_tls_are_seen_in_clear_by_a_client_that_trusts_the_relay() {
    let (Some(_), Some(_)) = (tool("curl"), tool("tshark")) else { return };
    let lab = Lab::of_tests("shop");
    let record = lab.home.path().join("page.journal");
    let server = lab.status().door("www.shop.test", "tcp", 443);
    let extra = ["--intercept", "--insecure", "--record", record.to_str().unwrap()];
    let tap = Tap::start(&lab.home, server, &extra);
    let root = root(&lab.home);
    for version in ["--http1.1", "--http2"] {
        let outcome = curl(tap.address, &[version, "--cacert", root.to_str().unwrap()]).succeeded();
        assert!(outcome.stdout.contains("Everything must go."), "{outcome:?}");
    }
    assert_eq!(curl(tap.address, &[]).code(), Some(60), "who does not trust the relay's root is warned");
    let told = tap.stop();
    for words in ["http/1.1 for www.shop.test", " h2 for www.shop.test", "no TLS: alert unknown_ca"] {
        assert!(told.contains(words), "{words} in\n{told}");
    }
    assert_eq!(told.matches("https  GET /").count(), 2, "each is told once:\n{told}");
    let capture = lab.home.path().join("page.pcapng");
    let words = ["capture", record.to_str().unwrap(), "-o", capture.to_str().unwrap()];
    run(&mut lab.home.toynet(&words)).succeeded();
    assert_eq!(Judge(&capture).count("http.request && tcp.dstport == 443"), 1);
    assert_eq!(Judge(&capture).count("http2.headers.method"), 1);
}

#[test]
fn a_server_that_is_not_trusted_is_not_passed_on() {
    let Some(_) = tool("curl") else { return };
    let lab = Lab::of_tests("shop");
    let server = lab.status().door("www.shop.test", "tcp", 443);
    let tap = Tap::start(&lab.home, server, &["--intercept"]);
    let root = root(&lab.home);
    let outcome = curl(tap.address, &["--cacert", root.to_str().unwrap()]);
    assert_eq!(outcome.code(), Some(35), "{outcome:?}");
    assert!(tap.stop().contains("connection reset"));
}

#[test]
fn a_mail_after_starttls_is_seen_in_clear() {
    let Some(mut python) = python_with("smtplib") else { return };
    let lab = Lab::built_in();
    let server = lab.status().door("mail.shop.test", "tcp", 25);
    let tap = Tap::start(&lab.home, server, &["--intercept", "--insecure"]);
    let root = root(&lab.home);
    let (ip, port) = (tap.address.ip().to_string(), tap.address.port().to_string());
    run(python.args(["-c", MAIL, &ip, &port, root.to_str().unwrap()])).succeeded();
    let told = tap.stop();
    for words in ["smtp  STARTTLS", "smtps  mail FROM:<bob@club.test>", "Subject: sealed"] {
        assert!(told.contains(words), "{words} in\n{told}");
    }
}

/// The relay's root, in a file.
fn root(home: &Home) -> PathBuf {
    let file = home.path().join("root.pem");
    let words = ["ca", "--lab", "tap", "-o", file.to_str().unwrap()];
    eventually("the root", || (run(&mut home.toynet(&words)).code() == Some(0)).then_some(()));
    file
}

fn curl(tap: SocketAddr, words: &[&str]) -> Outcome {
    let connect = format!("www.shop.test:443:{tap}");
    run(Command::new("curl").args(["-sS", "--connect-to", &connect, "https://www.shop.test/"]).args(words))
}

const MAIL: &str = "
import smtplib, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[3])
client = smtplib.SMTP(sys.argv[1], int(sys.argv[2]))
client.starttls(context=context)
client.sendmail('bob@club.test', ['alice@shop.test'], 'Subject: sealed\\r\\n\\r\\nhello\\r\\n')
client.quit()
";
