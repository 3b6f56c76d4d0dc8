//! Where what toynet prints goes: to a disk that is full, to a reader who has left.

mod support;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

use support::lab::Home;
use support::run::{LIMIT, wait};
use support::{Lab, Outcome, run};

#[test]
fn what_is_lost_on_a_full_disk_is_told() {
    let lab = Lab::of_tests("shop");
    for arguments in [&["schema"][..], &["plan", "internet"], &["status"], &["http", "get", "http://www.shop.test/"]] {
        let outcome = ended(lab.home.toynet(arguments).stdout(full()).stderr(Stdio::piped()));
        assert_eq!(outcome.code(), Some(4), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("No space left"), "{arguments:?}: {}", outcome.stderr);
    }
}

#[test]
fn who_cannot_be_told_what_went_wrong_has_at_least_the_status() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    for stderr in [Stdio::from(full()), Stdio::from(writer)] {
        let outcome = ended(Home::new().toynet(&["status"]).stdout(Stdio::null()).stderr(stderr));
        assert_eq!(outcome.code(), Some(1));
    }
}

#[test]
fn a_lab_whose_remarks_nobody_can_take_goes_on() {
    let home = Home::new();
    let mut command = home.toynet(&["up", "hello"]);
    let mut lab = command.env("RUST_LOG", "trace").stderr(full()).stdout(Stdio::piped()).spawn().unwrap();
    let printed = BufReader::new(lab.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(printed.into_iter().any(|line| line.starts_with("ready")), "{:?}", lab.wait());
    run(&mut home.toynet(&["http", "get", "http://www.hello.test/"])).succeeded();
    run(&mut home.toynet(&["down"])).succeeded();
    assert_eq!(wait(&mut lab, LIMIT).and_then(|status| status.code()), Some(0));
}

#[test]
fn a_log_that_goes_on_ends_with_its_reader() {
    let lab = Lab::of_tests("shop");
    lab.toynet(&["http", "get", "http://www.shop.test/"]).succeeded();
    for follow in [&["log", "--follow"][..], &["log", "--follow", "--full", "--flow", "1"], &["capture", "-fo", "-"]] {
        let mut log = lab.home.toynet(follow).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut some = [0];
        io::Read::read_exact(log.stdout.as_mut().unwrap(), &mut some).unwrap();
        drop(log.stdout.take());
        let status = wait(&mut log, LIMIT);
        let _ = log.kill();
        assert_eq!(status.and_then(|status| status.code()), Some(0), "{follow:?}");
    }
}

fn full() -> File {
    File::options().write(true).open("/dev/full").expect("Linux has a device that is always full")
}

fn ended(command: &mut Command) -> Outcome {
    let output = command.output().expect("toynet can be run");
    let text = |octets: Vec<u8>| String::from_utf8_lossy(&octets).into_owned();
    Outcome { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
}
