//! Connections of HTTP/1.x, well behaved and not.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::rc::Rc;
use std::time::Duration;

use http::Request;
use support::{Echo, ask, connect, hear, http1, in_virtual_time, journal, network, say, serve, serve_site};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_http::server::{Answer, Content, Handler, HttpServer, Limits, Sites};
use toynet_http::site::{Memory, Site};
use toynet_net::Host;
use toynet_record::Seen;
use toynet_service::Server;

#[test]
fn requests_that_come_together_are_answered_in_order() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let heard = say(&network, [get("/digits.txt"), get("/nothing"), get("/")].concat().as_bytes()).await;
        let statuses: Vec<_> = heard.match_indices("HTTP/1.1 ").map(|(at, _)| &heard[at + 9..at + 12]).collect();
        assert_eq!(statuses, ["200", "404", "200"]);
        assert!(heard.ends_with("\r\n\r\nwelcome"), "{heard}");
    });
}

#[test]
fn a_connection_serves_many_requests() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let mut client = http1(&network).await;
        for _ in 0..100 {
            assert_eq!(ask(&mut client, "GET", "/", &[]).await.status(), 200);
        }
        let opened = journal(&network).entries().filter(|entry| matches!(entry.seen, Seen::Opened { .. })).count();
        assert_eq!(opened, 2, "both ends of one connection");
    });
}

#[test]
fn a_request_must_name_one_host_that_makes_sense() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        for fields in
            ["", "Host: a.test\r\nHost: b.test\r\n", "Host: www shop.test\r\n", "Host: www.shop.test:port\r\n"]
        {
            let heard = say(&network, format!("GET / HTTP/1.1\r\n{fields}\r\n").as_bytes()).await;
            assert!(heard.starts_with("HTTP/1.1 400 "), "{fields:?}: {heard}");
        }
        let heard = say(&network, b"GET / HTTP/1.0\r\n\r\n").await;
        assert!(heard.starts_with("HTTP/1.0 200 "), "{heard}");
    });
}

#[test]
fn what_cannot_be_understood_is_refused_and_recorded() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200));
        let large = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(1024 * 1024));
        for (said, status) in [
            ("GET / HTTP/1.1\r\nHost: www.shop.test\r\nno colon\r\n\r\n", "400"),
            ("\u{1}\u{2}\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", "400"),
            (&many, "431"),
            (&large, "431"),
        ] {
            let heard = say(&network, said.as_bytes()).await;
            assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{said:.60?}: {heard}");
        }
        let is_refusal =
            |seen: &Seen<'_>| matches!(seen, Seen::Octets { octets, .. } if octets.starts_with(b"HTTP/1.1 4"));
        let refusals = journal(&network).entries().filter(|entry| is_refusal(&entry.seen)).count();
        assert_eq!(refusals, 10, "both ends of each");
    });
}

#[test]
fn a_broken_upload_is_a_bad_request_and_no_large_one() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        for chunks in ["zz\r\nabc\r\n", "3\r\nabcd\r\n", "-3\r\nabc\r\n", "fffffffffffffffff\r\n"] {
            let head = "POST / HTTP/1.1\r\nHost: www.shop.test\r\nTransfer-Encoding: chunked\r\n\r\n";
            let heard = say(&network, format!("{head}{chunks}").as_bytes()).await;
            assert!(heard.starts_with("HTTP/1.1 400 "), "{chunks:?}: {heard}");
        }
    });
}

#[test]
fn a_request_that_can_be_read_in_two_ways_is_the_last_of_its_connection() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        for (request, status) in [
            ("GET / HTTP/1.1\r\nHost: www.shop.test\r\nHost: www.shop.test\r\n\r\n", "400"),
            ("GET probe.txt HTTP/1.1\r\nHost: www.shop.test\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: www.shop.test\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: www.shop.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"),
        ] {
            let heard = say(&network, format!("{request}{}", get("/")).as_bytes()).await;
            assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {heard}");
            assert_eq!(heard.matches("HTTP/1.1 ").count(), 1, "{request}: {heard}");
        }
    });
}

#[test]
fn a_handler_that_panics_costs_its_own_connection_alone() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, Rc::new(Fragile(Site::new(Memory::default())))).await;
        assert_eq!(say(&network, get("/panic").as_bytes()).await, "");
        assert!(say(&network, get("/").as_bytes()).await.starts_with("HTTP/1.1 404 "));
    });
}

/// A site that panics at one of its addresses.
struct Fragile(Site);

impl Handler for Fragile {
    fn answer(&self, request: &mut Request<Content>, host: &Host) -> Answer {
        assert!(request.uri().path() != "/panic", "as it was told");
        Handler::answer(&self.0, request, host)
    }
}

#[test]
fn a_client_that_has_closed_its_side_is_answered() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let mut stream = connect(&network).await;
        stream.write_all(get("/").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        assert!(hear(&mut stream, network.clock()).await.ends_with("welcome"));
    });
}

#[test]
fn a_head_that_does_not_end_is_cut_off() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let mut stream = connect(&network).await;
        stream.write_all(get("/").as_bytes()).await.unwrap();
        let start = network.clock().now();
        for octet in "GET / HTTP/1.1\r\nHost: www.shop.test\r\n".bytes() {
            network.clock().sleep(Duration::from_secs(1)).await;
            if stream.write_all(&[octet]).await.is_err() {
                break;
            }
        }
        let took = (network.clock().now() - start).as_secs();
        assert!((10..=21).contains(&took), "{took}");
        let heard = hear(&mut stream, network.clock()).await;
        assert!(heard.starts_with("HTTP/1.1 200 ") && heard.contains("HTTP/1.1 408 Request Timeout\r\n"), "{heard}");
        assert!(heard.contains("connection: close"), "{heard}");
    });
}

#[test]
fn a_silent_connection_is_closed_after_a_while() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let start = network.clock().now();
        let mut stream = connect(&network).await;
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or_default(), 0);
        let took = (network.clock().now() - start).as_secs();
        assert!((75..=85).contains(&took), "{took}");
    });
}

#[test]
fn a_slow_upload_is_not_taken_for_a_slow_head() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let mut stream = connect(&network).await;
        stream.write_all(b"POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 60\r\n\r\n").await.unwrap();
        for _ in 0..60 {
            network.clock().sleep(Duration::from_secs(1)).await;
            stream.write_all(b"x").await.unwrap();
        }
        assert!(hear(&mut stream, network.clock()).await.starts_with("HTTP/1.1 405 "));
    });
}

#[test]
fn content_that_does_not_come_is_answered_before_the_connection_is_closed() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        for framing in ["Content-Length: 60", "Transfer-Encoding: chunked"] {
            let mut stream = connect(&network).await;
            let head = format!("POST / HTTP/1.1\r\nHost: www.shop.test\r\n{framing}\r\n\r\n3\r\nab");
            stream.write_all(head.as_bytes()).await.unwrap();
            let start = network.clock().now();
            let mut heard = String::new();
            stream.read_to_string(&mut heard).await.unwrap();
            assert!(heard.starts_with("HTTP/1.1 408 ") && heard.contains("connection: close"), "{heard}");
            assert!((60..=70).contains(&(network.clock().now() - start).as_secs()));
        }
    });
}

#[test]
fn content_that_only_drips_is_given_up_in_the_end() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let mut stream = connect(&network).await;
        stream.write_all(b"POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 9999\r\n\r\n").await.unwrap();
        let start = network.clock().now();
        while stream.write_all(b"x").await.is_ok() {
            network.clock().sleep(Duration::from_secs(1)).await;
        }
        let took = (network.clock().now() - start).as_secs();
        assert!((60..=80).contains(&took), "{took}");
        assert!(hear(&mut stream, network.clock()).await.starts_with("HTTP/1.1 408 "));
    });
}

#[test]
fn a_client_that_does_not_read_is_left() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let mut stream = connect(&network).await;
        let start = network.clock().now();
        // It goes on asking, so that the connection never falls silent.
        while stream.write_all(get("/large.bin").as_bytes()).await.is_ok() {
            network.clock().sleep(Duration::from_secs(1)).await;
            assert!((network.clock().now() - start).as_secs() < 100);
        }
        assert!((60..=80).contains(&(network.clock().now() - start).as_secs()));
    });
}

#[test]
fn a_full_server_lets_go_of_whoever_asks_nothing() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let limits = Limits { connections: 5, ..Limits::default() };
        let site = Rc::new(Site::new(Memory::default()));
        let server = HttpServer::new(80, Sites::new("www.shop.test", site)).within(limits);
        let running = server.start(network.host("www.shop.test").unwrap()).await.unwrap();
        tokio::task::spawn_local(running);
        let mut idle = Vec::new();
        for _ in 0..20 {
            idle.push(connect(&network).await);
        }
        let start = network.clock().now();
        assert_eq!(ask(&mut http1(&network).await, "GET", "/", &[]).await.status(), 404);
        assert!((network.clock().now() - start).as_secs() < 20);
    });
}

#[test]
fn where_all_are_busy_who_comes_is_told_so() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let limits = Limits { connections: 2, ..Limits::default() };
        let server = HttpServer::new(80, Sites::new("www.shop.test", Rc::new(Echo(Duration::from_secs(30)))));
        let running = server.within(limits).start(network.host("www.shop.test").unwrap()).await.unwrap();
        tokio::task::spawn_local(running);
        let ask = async || say(&network, b"GET / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n").await;
        let late = async || {
            network.clock().sleep(Duration::from_secs(1)).await;
            let begun = network.clock().now();
            (ask().await, network.clock().now() - begun)
        };
        let (one, two, (three, took)) = tokio::join!(ask(), ask(), late());
        assert!(one.starts_with("HTTP/1.1 200 ") && two.starts_with("HTTP/1.1 200 "), "{one}\n{two}");
        assert!(three.starts_with("HTTP/1.1 503 ") && took < Duration::from_secs(1), "{took:?}: {three}");
        let three = three.to_lowercase();
        assert!(three.contains("retry-after: 1") && three.contains("connection: close"), "{three}");
        assert!(ask().await.starts_with("HTTP/1.1 200 "));
    });
}

#[test]
fn what_a_lab_file_limits_is_limited() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let limits = Limits { header: 600, body: 10, header_time: Duration::from_secs(2), ..Limits::default() };
        let site = Rc::new(Site::new(Memory::default()));
        let server = HttpServer::new(80, Sites::new("www.shop.test", site)).within(limits);
        let running = server.start(network.host("www.shop.test").unwrap()).await.unwrap();
        tokio::task::spawn_local(running);
        let post = |length: usize| {
            format!("POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: {length}\r\n\r\n{}", "x".repeat(length))
        };
        let long = format!("GET / HTTP/1.1\r\nHost: www.shop.test\r\nX: {}\r\n\r\n", "x".repeat(600));
        for (said, status) in [(post(10), 405), (post(11), 413), (long, 431), ("GET / HT".to_owned(), 408)] {
            let heard = say(&network, said.as_bytes()).await;
            assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{said}: {heard}");
        }
    });
}

#[test]
fn the_time_for_a_head_used_to_be_up_to_half_as_long_again() {
    for (late, pieces) in [(0, 1), (1, 1), (4, 1), (6, 3), (12, 3)] {
        in_virtual_time(|| async {
            let network = network(vec![]);
            serve_site(&network).await;
            let (mut stream, clock) = (connect(&network).await, network.clock());
            clock.sleep(Duration::from_secs(late)).await;
            let begun = clock.now();
            for _ in 0..pieces {
                stream.write_all(b"GET").await.unwrap();
                clock.sleep(Duration::from_secs(1)).await;
            }
            let mut heard = [0; 12];
            stream.read_exact(&mut heard).await.unwrap();
            let waited = clock.now() - begun;
            assert_eq!(&heard, b"HTTP/1.1 408");
            assert!((10_000..10_200).contains(&waited.as_millis()), "{late} {pieces}: {waited:?}");
        });
    }
}

#[test]
fn a_client_may_go_away_at_any_octet() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0";
        for whole in [get("/large.bin"), preface.to_owned()] {
            for end in 0..=whole.len() {
                connect(&network).await.write_all(&whole.as_bytes()[..end]).await.unwrap();
            }
        }
        assert!(say(&network, get("/").as_bytes()).await.ends_with("welcome"));
    });
}

#[test]
fn a_connection_that_rested_for_a_while_goes_on_as_before() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let (mut stream, clock) = (connect(&network).await, network.clock());
        let rest = async || clock.sleep(Duration::from_secs(21)).await;
        rest().await;
        for round in 0..4 {
            for piece in get("/digits.txt").as_bytes().chunks(if round % 2 == 0 { 1 } else { 1000 }) {
                stream.write_all(piece).await.unwrap();
            }
            let mut heard = Vec::new();
            while !heard.ends_with(b"0123456789") {
                assert_ne!(stream.read_buf(&mut heard).await.unwrap(), 0, "round {round}");
            }
            assert!(heard.starts_with(b"HTTP/1.1 200"), "round {round}");
            rest().await;
        }
        stream.write_all(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n").await.unwrap();
        assert!(hear(&mut stream, clock).await.starts_with("HTTP/1.1 400"));
    });
}

#[test]
fn thousands_of_connections_do_not_keep_others_waiting() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let mut idle = Vec::new();
        for _ in 0..4000 {
            idle.push(connect(&network).await);
        }
        assert_eq!(ask(&mut http1(&network).await, "GET", "/", &[]).await.status(), 200);
    });
}

#[test]
fn an_upload_that_is_too_large_is_refused_before_it_is_invited() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let head = "POST / HTTP/1.1\r\nHost: www.shop.test\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n";
        assert!(say(&network, head.as_bytes()).await.starts_with("HTTP/1.1 413 "));
    });
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: www.shop.test\r\n\r\n")
}
