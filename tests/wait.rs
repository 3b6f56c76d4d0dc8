//! `toynet wait`: scripts go on when something in a lab is so, and fail when it is not so in time.

mod support;

use std::process::Stdio;

use support::lab::{Home, lab_file};
use support::{Lab, Outcome};

#[test]
fn a_page_is_waited_for_until_it_is_served() {
    let home = Home::new();
    let lab = Lab::start(&home, &["up", &lab_file("shop")]);
    assert_eq!(wait(&lab, "5s", &["http", "http://www.shop.test/"]).succeeded().stdout, "");
    let missing = wait(&lab, "200ms", &["http", "http://www.shop.test/missing"]);
    assert_eq!(missing.code(), Some(1), "{missing:?}");
    assert!(missing.stderr.contains("404"), "{missing:?}");
    let nobody = wait(&lab, "200ms", &["http", "http://no.shop.test/"]);
    assert_eq!(nobody.code(), Some(1), "{nobody:?}");
    assert_eq!(wait(&lab, "5s", &["http", "ftp://www.shop.test/"]).code(), Some(2));
}

#[test]
fn a_mail_is_waited_for_until_it_comes() {
    let home = Home::new();
    let lab = mail_lab(&home);
    let mut command = home.toynet(&["wait", "--timeout", "20s", "mail", "--to", "bob@club.test"]);
    let waiting = command.stdout(Stdio::piped()).spawn().expect("the binary runs");
    let early = wait(&lab, "300ms", &["mail", "--to", "bob@club.test"]);
    assert_eq!(early.code(), Some(1), "{early:?}");
    assert!(early.stderr.contains("no mail to bob@club.test has come"), "{early:?}");
    send(&lab, "bob@club.test").succeeded();
    let come = waiting.wait_with_output().expect("a child can be waited for");
    assert_eq!(String::from_utf8_lossy(&come.stdout), "a mail to bob@club.test has come, on mail.club.test\n");
    let again = wait(&lab, "20s", &["mail", "--to", "Bob@Club.test"]).succeeded().stdout;
    assert_eq!(again, "a mail to Bob@Club.test was there already, on mail.club.test\n");
}

#[test]
fn a_recipient_who_was_refused_has_no_mail_though_others_have() {
    let home = Home::new();
    let lab = mail_lab(&home);
    send(&lab, "nobody@club.test");
    send(&lab, "bob@club.test").succeeded();
    wait(&lab, "20s", &["mail", "--to", "bob@club.test"]).succeeded();
    assert_eq!(wait(&lab, "300ms", &["mail", "--to", "nobody@club.test"]).code(), Some(1));
}

#[test]
fn a_mail_that_cannot_come_is_not_waited_for() {
    let home = Home::new();
    let lab = mail_lab(&home);
    for address in ["bob@elsewhere.test", "bob"] {
        let outcome = wait(&lab, "20s", &["mail", "--to", address]);
        assert_eq!(outcome.code(), Some(2), "{outcome:?}");
    }
}

fn wait(lab: &Lab, limit: &str, what: &[&str]) -> Outcome {
    lab.toynet(&[["wait", "--timeout", limit].as_slice(), what].concat())
}

/// By way of the shop's server, which finds the club's.
fn send(lab: &Lab, to: &str) -> Outcome {
    lab.toynet(&["smtp", "send", "--server", "mail.shop.test", "--from", "alice@shop.test", "--to", to])
}

fn mail_lab(home: &Home) -> Lab {
    let lab = home.write(
        "lab.toml",
        "[host.\"mail.shop.test\".smtp]\ndomains = [\"shop.test\"]\nmailboxes = [\"alice\"]\n\
         [host.\"mail.club.test\".smtp]\ndomains = [\"club.test\"]\nmailboxes = [\"bob\"]\n",
    );
    Lab::start(home, &["up", lab.to_str().expect("a path of ours is text")])
}
