//! A relay between clients and servers of others.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]
#![allow(clippy::unwrap_used, reason = "what a test sets up is there")]

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::process::Command;

use support::lab::Home;
use support::tap::Tap;
use support::tshark::Judge;
use support::{Lab, run, tool, wire};

#[test]
fn both_sides_of_a_mail_are_seen_as_one_conversation() {
    let Some(swaks) = tool("swaks") else { return };
    let lab = Lab::built_in();
    let server = lab.status().door("mail.shop.test", "tcp", 25);
    let tap = Tap::start(&lab.home, server, &["--proto", "smtp"]);
    let mail = ["--from", "bob@club.test", "--to", "alice@shop.test", "--server"];
    run(Command::new(swaks).args(mail).arg(tap.address.ip().to_string()).args(["-p", &tap.address.port().to_string()]))
        .succeeded();
    let told = tap.stop();
    for words in ["MAIL FROM:<bob@club.test>", "250 2.0.0"] {
        assert_eq!(told.matches(words).count(), 1, "{words} in\n{told}");
    }
    assert!(told.contains(&format!("you → {}", server.ip())), "{told}");
}

#[test]
fn datagrams_and_connections_to_a_name_server_pass() {
    let Some(dig) = tool("dig") else { return };
    let lab = Lab::of_tests("shop");
    let tap = Tap::start(&lab.home, lab.status().resolver(), &["--proto", "dns", "--log", "json"]);
    for extra in ["+notcp", "+tcp"] {
        let (at, port) = (format!("@{}", tap.address.ip()), tap.address.port().to_string());
        let outcome =
            run(Command::new(&dig).args([&at, "-p", &port, "www.shop.test", "A", "+short", extra])).succeeded();
        assert!(outcome.stdout.trim().parse::<std::net::Ipv4Addr>().is_ok(), "{outcome:?}");
    }
    let told = tap.stop();
    assert_eq!(told.matches(r#""what":"A www.shop.test""#).count(), 2, "{told}");
    assert!(told.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{told}");
}

#[test]
fn what_passed_is_kept_and_becomes_packets_at_the_server_s_port() {
    let Some(_) = tool("tshark") else { return };
    let lab = Lab::of_tests("shop");
    let record = lab.home.path().join("page.journal");
    let tap = Tap::start(
        &lab.home,
        lab.status().door("www.shop.test", "tcp", 80),
        &["--proto", "http", "--record", record.to_str().unwrap()],
    );
    let answer = wire::say(tap.address, b"GET / HTTP/1.0\r\nHost: www.shop.test\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1."), "{}", answer.escape_ascii());
    tap.stop();
    let capture = lab.home.path().join("page.pcapng");
    let words = ["capture", record.to_str().unwrap(), "-o", capture.to_str().unwrap()];
    run(&mut lab.home.toynet(&words)).succeeded();
    Judge(&capture).find_no_fault();
    assert_eq!(Judge(&capture).count("http.request && tcp.dstport == 80"), 1);
    let log = run(&mut lab.home.toynet(&["log", record.to_str().unwrap()])).succeeded();
    assert!(log.stdout.contains("GET /"), "{}", log.stdout);
}

#[test]
fn a_half_that_is_closed_leaves_the_other_open() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tap = Tap::start(&home, listener.local_addr().unwrap(), &["--log", "off"]);
    let mut client = std::net::TcpStream::connect(tap.address).unwrap();
    client.write_all(b"all").unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    let mut heard = String::new();
    server.read_to_string(&mut heard).unwrap();
    server.write_all(b"that was all").unwrap();
    drop(server);
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!((heard.as_str(), answer.as_str()), ("all", "that was all"));
}

#[test]
fn a_reset_is_passed_on_and_so_is_a_server_that_is_not_there() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tap = Tap::start(&home, listener.local_addr().unwrap(), &[]);
    let mut client = std::net::TcpStream::connect(tap.address).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    client.write_all(b"unread").unwrap();
    server.read_exact(&mut [0; 3]).unwrap();
    // What was not read makes the system say that the connection broke off.
    drop(server);
    assert_eq!(client.read(&mut [0; 9]).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    drop(listener);
    let mut client = std::net::TcpStream::connect(tap.address).unwrap();
    assert_eq!(client.read(&mut [0; 9]).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert!(tap.stop().contains("connection reset"));
}

#[test]
fn clients_of_datagrams_are_told_apart() {
    let home = Home::new();
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let tap = Tap::start(&home, server.local_addr().unwrap(), &["--log", "off"]);
    let address = tap.address;
    let clients = ["one", "two"].map(|name| {
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.send_to(name.as_bytes(), address).unwrap();
        (name, client)
    });
    let mut room = [0; 99];
    let asked = [(); 2].map(|()| {
        let (length, from) = server.recv_from(&mut room).unwrap();
        (room[..length].to_vec(), from)
    });
    for (text, from) in asked.iter().rev() {
        server.send_to(text, from).unwrap();
    }
    for (name, client) in clients {
        let length = client.recv(&mut room).unwrap();
        assert_eq!(&room[..length], name.as_bytes());
    }
}

#[test]
fn what_is_spoken_shows_in_what_is_said_at_whatever_port() {
    let home = Home::new();
    let say = |first: &[u8], answer: &[u8], form: &[&str]| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tap = Tap::start(&home, listener.local_addr().unwrap(), form);
        let mut client = std::net::TcpStream::connect(tap.address).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(first).unwrap();
        server.read_exact(&mut vec![0; first.len()]).unwrap();
        server.write_all(answer).unwrap();
        client.read_exact(&mut vec![0; answer.len()]).unwrap();
        drop((client, server));
        tap.stop()
    };
    let hello = [
        &b"\x16\x03\x01\0\x3e\x01\0\0\x3a\x03\x03"[..],
        &[7; 32],
        b"\0\0\x02\x13\x01\x01\0\0\x0f\0\0\0\x0b\0\x09\0\0\x06a.test",
    ];
    for (first, answer, told) in [
        (
            &b"GET /menu HTTP/1.1\r\nHost: a.test\r\n\r\n"[..],
            &b"HTTP/1.1 204 No Content\r\n\r\n"[..],
            "http  GET /menu",
        ),
        (b"EHLO a.test\r\n", b"220 b.test ESMTP\r\n250 b.test\r\n", "smtp  EHLO a.test"),
        (b"\xff\xfd\x01", b"\xff\xfb\x01", "telnet  DO ECHO"),
        (b"what is this?", b"nothing", "tcp   13 octets there, 7 octets back"),
        (&hello.concat(), b"\x15\x03\x03\0\x02\x02\x28", "tls   TLS for a.test: closed, it was given up"),
    ] {
        let log = say(first, answer, &[]);
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed(&log).contains(&squeezed(told)), "{told} in\n{log}");
    }
    let log = say(b"GET /menu HTTP/1.1\r\nHost: a.test\r\n\r\n", b"hello", &["--proto", "telnet"]);
    assert!(!log.contains("http"), "{log}");
}

#[test]
fn mistakes_are_said_with_advice() {
    let home = Home::new();
    for (words, said) in [
        (["--listen", "0", "--to", "nowhere"], "HOST:PORT"),
        (["--listen", "0", "--to", "nowhere.invalid:80"], "nowhere.invalid has no address"),
    ] {
        let outcome = run(&mut home.toynet(&[&["tap"], &words[..]].concat()));
        assert!(outcome.code() != Some(0) && outcome.stderr.contains(said), "{outcome:?}");
    }
    let outcome = run(&mut home.toynet(&["tap", "--listen", "0", "--to", "127.0.0.1:1", "--proto", "gopher"]));
    assert!(outcome.code() == Some(2) && outcome.stderr.contains("dns"), "{outcome:?}");
}
