//! What a web server does wrong on purpose, octet by octet, in virtual time.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::rc::Rc;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::Full;
use support::{DOOR, ask, connect, hear, http2, in_virtual_time, network, say, serve_on, site, visitor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toml::de::DeValue;
use toynet_machine::Random;
use toynet_net::Network;
use toynet_net::fault::{Fault, Faults, Meant, When};
use toynet_record::{Cursor, Entry, Journal, Seen};

#[test]
fn answers_are_wrong_to_the_octet() {
    for (words, told) in [
        ("status = 503", "HTTP/1.1 503 "),
        ("cut = 4", "Content-Length: 10\r\n"),
        ("cut = 4", "\r\n\r\n0123|"),
        ("length = 'long'", "content-length: 20\r\n"),
        ("length = 'short'", "content-length: 5\r\n"),
        ("length = 'short'", "\r\n\r\n0123456789|"),
        ("chunk = true", "transfer-encoding: chunked\r\n"),
        ("chunk = true", "\r\n\r\na\r\n0123456789\r\nno length\r\n|"),
        ("loop = true", "location: /digits.txt\r\n"),
        ("stale = '2d'", "age: 172800\r\n"),
        ("stale = '2d'", "date: Tue, 30 Dec 2025 00:00:00 GMT\r\n"),
        ("drop = true", "|"),
    ] {
        let heard = visit(words, "GET /digits.txt HTTP/1.1\r\nHost: www.shop.test\r\n\r\n");
        let is_told = heard.to_ascii_lowercase().contains(&told.to_ascii_lowercase());
        assert!(is_told && (words != "drop = true" || heard == "|"), "{words}: {heard}");
    }
}

#[test]
fn garbage_is_no_http_and_the_same_for_the_same_seed() {
    let first = octets("garbage = true");
    assert_eq!((first[0], first.len()), (0xff, 200));
    assert_eq!(first, octets("garbage = true"));
}

#[test]
fn a_reset_is_none_of_the_ends_that_a_connection_can_have() {
    in_virtual_time(|| async {
        let (network, _) = faulty("reset = true", When::default()).await;
        let mut stream = connect(&network).await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await.unwrap();
        let error = stream.read(&mut [0; 16]).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        let journal = Journal::merge([&network.recorder().read(&mut Cursor::default())]);
        let told =
            journal.entries().any(|entry: Entry<'_>| matches!(entry.seen, Seen::Fault { what: "reset true", .. }));
        assert!(told);
    });
}

#[test]
fn first_octets_and_contents_take_their_time() {
    in_virtual_time(|| async {
        let (network, faults) = faulty("delay = '90s'", When::default()).await;
        let begun = network.clock().now();
        let mut client = support::http1(&network).await;
        assert_eq!(ask(&mut client, "GET", "/digits.txt", &[]).await.status(), 200);
        assert_eq!(network.clock().now() - begun, Duration::from_secs(90));
        assert!(!faults.is_empty());
    });
    in_virtual_time(|| async {
        let (network, _) = faulty("rate = '80bit'", When::default()).await;
        let begun = network.clock().now();
        let mut client = support::http1(&network).await;
        let answer = ask(&mut client, "GET", "/digits.txt", &[]).await;
        assert_eq!(&answer.body()[..], b"0123456789");
        let took = network.clock().now() - begun;
        assert!((Duration::from_millis(900)..Duration::from_millis(1100)).contains(&took), "{took:?}");
    });
}

#[test]
fn over_http2_a_stream_is_reset_and_the_connection_goes_on() {
    for (words, status) in [("drop = true", None), ("reset = true", None), ("cut = 4", Some(StatusCode::OK))] {
        in_virtual_time(|| async {
            let (network, _) = faulty(words, When { nth: Some(1), ..When::default() }).await;
            let mut client = http2(&network).await;
            let request = Request::get("http://www.shop.test/digits.txt").body(Full::default()).unwrap();
            let answer = client.send(request).await;
            assert!(answer.is_err(), "{words}, {status:?}");
            assert_eq!(ask(&mut client, "GET", "/digits.txt", &[]).await.status(), 200, "{words}");
        });
    }
}

#[test]
fn what_http2_cannot_have_does_not_strike_there() {
    for words in ["chunk = true", "garbage = true"] {
        in_virtual_time(|| async {
            let (network, _) = faulty(words, When::default()).await;
            let mut client = http2(&network).await;
            assert_eq!(ask(&mut client, "GET", "/digits.txt", &[]).await.status(), 200, "{words}");
        });
    }
}

#[test]
fn a_fault_is_for_its_path_method_and_name() {
    for (more, struck) in [
        ("path = '/digits.txt'", true),
        ("path = '/*', method = 'GET'", true),
        ("name = 'WWW.shop.test.'", true),
        ("path = '/api/*'", false),
        ("method = 'POST'", false),
        ("name = 'club.test'", false),
    ] {
        let heard = visit(
            &format!("status = 418, {more}"),
            "GET /digits.txt HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n",
        );
        assert_eq!(heard.starts_with("HTTP/1.1 418 "), struck, "{more}: {heard}");
    }
}

#[test]
fn one_of_many_requests_on_a_connection_is_answered_wrong() {
    let request = "GET /digits.txt HTTP/1.1\r\nHost: www.shop.test\r\n\r\n";
    in_virtual_time(|| async {
        let (network, _) = faulty("drop = true", When { nth: Some(3), ..When::default() }).await;
        let heard = say(&network, request.repeat(5).as_bytes()).await;
        assert_eq!(heard.matches("HTTP/1.1 200").count(), 2, "{heard}");
    });
}

/// All that is heard of a server with this fault, and `|` if it then closes.
fn visit(words: &str, request: &str) -> String {
    in_virtual_time(|| async {
        let (network, _) = faulty(words, When::default()).await;
        let mut stream = connect(&network).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut heard = hear(&mut stream, network.clock()).await;
        if stream.read(&mut [0]).await.is_ok_and(|length| length == 0) {
            heard.push('|');
        }
        heard
    })
}

fn octets(words: &str) -> Vec<u8> {
    in_virtual_time(|| async {
        let (network, _) = faulty(words, When::default()).await;
        let mut stream = visitor(&network).connect(DOOR).await.unwrap();
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        heard
    })
}

async fn faulty(words: &str, when: When) -> (Rc<Network>, Faults) {
    let network = network(vec![]);
    let (text, read) = (format!("{{ {words} }}"), toynet_http::PROTOCOL.fault.unwrap().read);
    let what = read(DeValue::parse(&text).unwrap()).unwrap();
    let (faults, random) = (Faults::default(), Random::new(1, "www.shop.test", "fault"));
    let told = words.replace(" = ", " ");
    faults.add(Fault::new(told, Meant::All, when, what, network.clock().now(), random));
    serve_on(network.host("www.shop.test").unwrap().with_faults(faults.clone()), site()).await;
    (network, faults)
}
