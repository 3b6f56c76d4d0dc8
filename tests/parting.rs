//! Who stops a lab, or replaces one of its services, lets it answer what it was asked.
#![allow(clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]

mod support;

use support::lab::Home;
use support::{Lab, wire};

#[test]
fn an_answer_that_is_on_its_way_arrives_whole_when_the_lab_is_stopped() {
    let home = Home::new();
    let lab = lab(&home, "");
    let (idle, half) = (connect(&lab), dripping(&lab));
    let stopped = lab.stop("TERM");
    assert_eq!(stopped.code(), Some(0), "{stopped:?}");
    assert_eq!(half.rest().len(), DROPS - 1);
    assert_eq!(idle.rest(), b"");
}

#[test]
fn an_answer_that_never_ends_is_cut_off_when_the_lab_is_stopped() {
    let home = Home::new();
    let lab = lab(&home, "");
    let mut endless = connect(&lab);
    endless.send(b"GET /drip?duration=60&numbytes=60 HTTP/1.1\r\nHost: www.shop.test\r\n\r\n");
    assert!(endless.until(b"\r\n\r\n").starts_with(b"HTTP/1.1 200"));
    assert_eq!(lab.stop("TERM").code(), Some(0));
    assert!(endless.rest().len() < 10);
}

#[test]
fn an_answer_that_is_on_its_way_arrives_whole_when_its_server_is_replaced() {
    let home = Home::new();
    let lab = lab(&home, "");
    let half = dripping(&lab);
    home.write("lab.toml", text("[[host.\"www.shop.test\".http.route]]\npath = \"/new\"\nbody = \"new\"\n"));
    assert!(lab.toynet(&["reload"]).succeeded().stdout.contains("restarted  http on www.shop.test"));
    assert_eq!(half.rest().len(), DROPS - 1);
    let page = wire::say(door(&lab), b"GET /new HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n");
    assert!(page.ends_with(b"\r\n\r\nnew"), "{}", String::from_utf8_lossy(&page));
}

const DROPS: usize = 4;

/// A connection on which the first of a few drops has come.
fn dripping(lab: &Lab) -> wire::Stream {
    let mut stream = connect(lab);
    let request = format!("GET /drip?duration=0.4&numbytes={DROPS} HTTP/1.1\r\nHost: www.shop.test\r\n\r\n");
    stream.send(request.as_bytes());
    let head = stream.until(b"\r\n\r\n*");
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
    stream
}

fn connect(lab: &Lab) -> wire::Stream {
    wire::Stream::connect(door(lab))
}

fn door(lab: &Lab) -> std::net::SocketAddr {
    lab.status().door("www.shop.test", "tcp", 80)
}

fn lab(home: &Home, more: &str) -> Lab {
    let file = home.write("lab.toml", text(more)).display().to_string();
    Lab::start(home, &["up", &file])
}

fn text(more: &str) -> String {
    format!("{more}[[host.\"www.shop.test\".http.route]]\npath = \"/*\"\ninspect = true\n")
}
