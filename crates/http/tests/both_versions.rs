//! What is the same in HTTP/1.1 and HTTP/2.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::Full;
use support::{Echo, ask, field, http1, http2, in_virtual_time, latency, network, serve, serve_site};
use toynet_http::client::Client;
use toynet_http::server::Limits;
use toynet_net::Network;

#[test]
fn a_page_is_fetched() {
    both(async |client| {
        let answer = ask(client, "GET", "/", &[]).await;
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &b"welcome"[..]));
        assert_eq!(field(&answer, "date"), "Thu, 01 Jan 2026 00:00:00 GMT");
        let head = ask(client, "HEAD", "/", &[]).await;
        assert_eq!((head.headers(), head.body().len()), (answer.headers(), 0));
    });
}

#[test]
fn a_part_is_fetched_and_what_is_known_is_not() {
    both(async |client| {
        let part = ask(client, "GET", "/digits.txt", &[("range", "bytes=2-4")]).await;
        assert_eq!((part.status().as_u16(), &part.body()[..]), (206, &b"234"[..]));
        assert_eq!(field(&part, "content-range"), "bytes 2-4/10");
        let etag = field(&part, "etag");
        let known = ask(client, "GET", "/digits.txt", &[("if-none-match", etag)]).await;
        assert_eq!((known.status().as_u16(), known.body().len()), (304, 0));
    });
}

#[test]
fn a_name_that_is_not_here_is_misdirected() {
    both(async |client| {
        let get = |url: &str| Request::get(url).body(Full::default()).unwrap();
        assert_eq!(client.send(get("http://other.test/")).await.unwrap().status(), 421);
        assert_eq!(client.send(get("http://198.18.0.1/")).await.unwrap().status(), 200);
        assert_eq!(client.send(get("http://WWW.shop.test:8080/")).await.unwrap().status(), 200);
    });
}

#[test]
fn what_a_request_carries_is_drained_up_to_a_limit() {
    both(async |client| {
        let post = |length: usize| Request::post("http://www.shop.test/").body(Full::from(vec![b'x'; length])).unwrap();
        assert_eq!(client.send(post(500_000)).await.unwrap().status(), 405);
        assert_eq!(client.send(post(3)).await.unwrap().status(), 405);
        assert_eq!(client.send(post(Limits::default().body as usize + 1)).await.unwrap().status(), 413);
    });
}

#[test]
fn a_mebioctet_crosses_a_slow_link_whole() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        in_virtual_time(|| async {
            let network = network(latency(Duration::from_millis(200)));
            serve_site(&network).await;
            let answer = ask(&mut client(&network, version).await, "GET", "/large.bin", &[]).await;
            assert_eq!(&answer.body()[..], "0123456789abcdef".repeat(65_536).as_bytes());
        });
    }
}

#[test]
fn a_handler_reads_what_it_is_sent_and_takes_its_time() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        in_virtual_time(|| async {
            let network = network(vec![]);
            serve(&network, Rc::new(Echo(Duration::from_secs(300)))).await;
            let request = Request::post("http://www.shop.test/").body(Full::from("hello")).unwrap();
            let answer = client(&network, version).await.send(request).await.unwrap();
            assert_eq!(answer.body(), &Bytes::from("hello"));
            assert_eq!(field(&answer, "date"), "Thu, 01 Jan 2026 00:05:00 GMT");
        });
    }
}

/// Tells `story` once in each version.
fn both(story: impl AsyncFn(&mut Client)) {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        in_virtual_time(|| async {
            let network = network(vec![]);
            serve_site(&network).await;
            story(&mut client(&network, version).await).await;
        });
    }
}

async fn client(network: &Rc<Network>, version: Version) -> Client {
    if version == Version::HTTP_2 { http2(network).await } else { http1(network).await }
}
