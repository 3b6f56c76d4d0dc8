//! Routes before a site: proxies above all, and what is inspected.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use support::{ask, connect, field, http1, http2, in_virtual_time, journal, network, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_http::server::route::{Action, Inspect, Pattern, Proxy, Route, Upstream};
use toynet_http::server::{Answer, Content, Handler, HttpServer, Routes, Sites};
use toynet_http::site::{Body, Memory, Site};
use toynet_machine::Time;
use toynet_net::{Host, LocalFuture, Network, Resolve};
use toynet_record::{Cause, Seen, Side};
use toynet_service::Server;

#[test]
fn a_proxied_answer_is_the_upstreams_and_says_who_passed_it_on() {
    in_virtual_time(|| async {
        let network = lab(&["http://club.test:8080"]).await;
        serve_upstream(&network, 8080, files()).await;
        let answer = ask(&mut http1(&network).await, "GET", "/large.bin", &[]).await;
        assert_eq!((answer.status().as_u16(), answer.body().len()), (200, LARGE));
        assert_eq!((field(&answer, "via"), field(&answer, "content-length")), ("1.1 www.shop.test", "1048576"));
        assert!(!field(&answer, "etag").is_empty());
        let part = ask(&mut http2(&network).await, "GET", "/large.bin", &[("range", "bytes=0-3")]).await;
        assert_eq!((part.status().as_u16(), &part.body()[..]), (206, &b"0123"[..]));
        let head = ask(&mut http1(&network).await, "HEAD", "/large.bin", &[]).await;
        assert_eq!((head.status().as_u16(), field(&head, "content-length")), (200, "1048576"));
    });
}

#[test]
fn an_upstream_is_told_who_asked_and_gets_all_that_was_sent() {
    in_virtual_time(|| async {
        let network = lab(&["http://club.test:8080/deeper/*"]).await;
        serve_upstream(&network, 8080, inspecting()).await;
        let text = "0123456789".repeat(50_000);
        let request = Request::post("http://www.shop.test/anything?a=1")
            .header("connection", "x-mine")
            .header("x-mine", "1")
            .header("x-forwarded-for", "192.0.2.7")
            .body(Full::from(text.clone()))
            .unwrap();
        let told = json(&http2(&network).await.send(request).await.unwrap());
        assert_eq!(told["data"], text);
        assert_eq!(told["url"], "http://club.test:8080/deeper/anything?a=1");
        let headers = told["headers"].as_object().unwrap();
        assert_eq!(headers["Host"], "club.test:8080");
        assert_eq!(headers["X-Forwarded-For"], "192.0.2.7, 198.18.0.2");
        assert_eq!(headers["X-Forwarded-Host"], "www.shop.test");
        assert_eq!(headers["Forwarded"], "for=198.18.0.2;proto=http;host=\"www.shop.test\"");
        assert_eq!(headers["Via"], "2 www.shop.test");
        assert!(!headers.contains_key("X-Mine") && !headers.contains_key("Connection"), "{headers:?}");
    });
}

#[test]
fn a_look_up_and_a_request_upstream_are_caused_by_the_clients_request() {
    in_virtual_time(|| async {
        let network = lab(&["http://club.test:8080"]).await;
        serve_upstream(&network, 8080, files()).await;
        let mut client = http1(&network).await;
        ask(&mut client, "GET", "/a.txt", &[]).await;
        ask(&mut client, "GET", "/a.txt", &[]).await;
        let end = journal(&network).entries().find(|entry| is_accepted(&entry.seen)).unwrap().end;
        let cause = |exchange| Some(Cause { end, exchange });
        let expected = [(LOOK_UP, cause(1)), (8080, cause(1)), (LOOK_UP, cause(2)), (8080, cause(2))];
        assert_eq!(calls(&network), expected);
    });
}

#[test]
fn upstreams_take_turns_and_a_dead_one_is_left_out_for_a_while() {
    in_virtual_time(|| async {
        let network = lab(&["http://club.test:8081", "http://club.test:8082"]).await;
        serve_upstream(&network, 8082, files()).await;
        let mut client = http1(&network).await;
        for _ in 0..4 {
            assert_eq!(ask(&mut client, "GET", "/a.txt", &[]).await.status(), 200);
        }
        let tried = |network: &Network| calls(network).iter().filter(|(port, _)| *port == 8081).count();
        assert_eq!(tried(&network), 1, "the dead one is asked once");
        network.clock().sleep(Duration::from_secs(11)).await;
        serve_upstream(&network, 8081, files()).await;
        for _ in 0..4 {
            assert_eq!(ask(&mut client, "GET", "/a.txt", &[]).await.status(), 200);
        }
        assert_eq!(tried(&network), 3, "and takes turns again once it is back");
    });
}

#[test]
fn what_does_no_harm_twice_goes_to_the_next_when_one_breaks_off() {
    in_virtual_time(|| async {
        let network = lab(&["http://club.test:8081", "http://club.test:8082"]).await;
        say_upstream(&network, 8081, "").await;
        serve_upstream(&network, 8082, inspecting_at("")).await;
        let mut client = http1(&network).await;
        for turn in 0..2 {
            assert_eq!(ask(&mut client, "GET", "/get", &[]).await.status(), 200, "{turn}");
        }
        network.clock().sleep(Duration::from_secs(11)).await;
        let posted = Request::post("http://www.shop.test/post").body(Full::from("order")).unwrap();
        let answer = client.send(posted).await.unwrap();
        assert_eq!(answer.status(), 502, "an order may have been taken before the silence");
        let page = std::str::from_utf8(answer.body()).unwrap();
        assert!(page.contains("club.test:8081</code>: it broke off"), "{page}");
    });
}

#[test]
fn an_upstreams_chunks_are_not_cut_at_a_length_beside_them() {
    in_virtual_time(|| async {
        let network = lab(&["http://club.test:8080"]).await;
        let chunks = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        say_upstream(&network, 8080, chunks).await;
        assert_eq!(ask(&mut http1(&network).await, "GET", "/", &[]).await.body(), "abc");
    });
}

#[test]
fn who_cannot_be_asked_is_named_on_the_page() {
    in_virtual_time(|| async {
        let network = lab(&["http://club.test:8081", "http://nobody.test"]).await;
        let answer = ask(&mut http1(&network).await, "GET", "/", &[]).await;
        let page = std::str::from_utf8(answer.body()).unwrap();
        assert_eq!(answer.status(), 502);
        for part in ["<code>club.test:8081</code>: no connection", "<code>nobody.test</code>: its name was not found"] {
            assert_eq!(page.matches(part).count(), 1, "{page}");
        }
    });
}

#[test]
fn what_an_upstream_says_bit_by_bit_is_passed_on_so() {
    in_virtual_time(|| async {
        let network = lab(&["http://club.test:8080"]).await;
        serve_upstream(&network, 8080, inspecting_at("")).await;
        let mut stream = connect(&network).await;
        stream.write_all(b"GET /sse?count=3&delay=5 HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await.unwrap();
        let before = network.clock().now();
        let mut heard = String::new();
        for (id, seconds) in [(0, 0), (1, 5), (2, 10)] {
            while !heard.contains(&format!("id: {id}\n")) {
                heard.push(char::from(stream.read_u8().await.unwrap()));
            }
            assert_eq!((network.clock().now() - before).as_secs(), seconds, "event {id}");
        }
    });
}

#[test]
fn a_silent_upstream_is_given_up_after_a_minute() {
    in_virtual_time(|| async {
        let network = lab(&["http://club.test:8080"]).await;
        serve_upstream(&network, 8080, Rc::new(Silent)).await;
        let before = network.clock().now();
        let answer = ask(&mut http1(&network).await, "GET", "/", &[]).await;
        assert_eq!(answer.status(), 504);
        assert_eq!((network.clock().now() - before).as_secs(), 60);
    });
}

#[test]
fn what_is_https_is_not_answered_in_clear() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, files()).await;
        for (target, status) in [
            ("https://www.shop.test/a.txt", "421"),
            ("ftp://www.shop.test/a.txt", "421"),
            ("http://www.shop.test/a.txt", "200"),
        ] {
            let mut stream = connect(&network).await;
            let request = format!("GET {target} HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut heard = String::new();
            stream.read_to_string(&mut heard).await.unwrap();
            assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{target}: {heard}");
        }
    });
}

#[test]
fn proxies_that_ask_each_other_come_to_an_end() {
    in_virtual_time(|| async {
        let network = lab(&["http://club.test:8080"]).await;
        serve_upstream(&network, 8080, proxy(&["http://198.18.0.1"])).await;
        let answer = ask(&mut http1(&network).await, "GET", "/", &[]).await;
        assert_eq!(answer.status(), 508);
    });
}

#[test]
fn what_is_dripped_takes_its_time_and_a_delay_its_limit() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, inspecting_at("")).await;
        let clock = network.clock();
        for (path, seconds, length) in
            [("/drip?duration=5&numbytes=6&delay=1", 6, 6), ("/delay/99", 10, 0), ("/sse?count=4&delay=2", 8, 0)]
        {
            let before = clock.now();
            let answer = ask(&mut http1(&network).await, "GET", path, &[]).await;
            assert_eq!(answer.status(), 200, "{path}");
            assert_eq!((clock.now() - before).as_secs(), seconds, "{path}");
            assert!(length == 0 || answer.body().len() == length, "{path}");
        }
    });
}

#[test]
fn endpoints_answer_as_those_of_httpbin() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, inspecting_at("/bin")).await;
        let mut client = http1(&network).await;
        for (method, path, status) in [
            ("GET", "/bin/", 200),
            ("GET", "/bin", 200),
            ("GET", "/bin/get?a=1", 200),
            ("HEAD", "/bin/get", 200),
            ("POST", "/bin/get", 405),
            ("GET", "/bin/post", 405),
            ("DELETE", "/bin/delete", 200),
            ("PATCH", "/bin/anything/x", 200),
            ("GET", "/bin/status/299", 299),
            ("GET", "/bin/status/100", 400),
            ("GET", "/bin/status/x", 400),
            ("GET", "/bin/bytes/102401", 200),
            ("GET", "/bin/bytes/many", 400),
            ("GET", "/bin/range/102401", 400),
            ("GET", "/bin/stream/1000", 200),
            ("GET", "/bin/links/many", 400),
            ("GET", "/bin/forms/post", 200),
            ("OPTIONS", "/bin/get", 200),
            ("GET", "/bin/redirect-to?URL=%2Fx&status_code=300", 300),
            ("GET", "/bin/digest-auth/auth/u/p/MD5/never", 401),
            ("GET", "/bin/stream-bytes/1000?chunk_size=0", 200),
            ("GET", "/bin/stream/3", 200),
            ("GET", "/bin/redirect/0", 400),
            ("GET", "/bin/redirect-to", 400),
            ("PUT", "/bin/redirect-to?url=%2Fx&status_code=308", 308),
            ("GET", "/bin/basic-auth/u/p", 401),
            ("GET", "/bin/hidden-basic-auth/u/p", 404),
            ("GET", "/bin/bearer", 401),
            ("GET", "/bin/digest-auth/auth/u/p/ROT13", 400),
            ("GET", "/bin/brotli", 200),
            ("GET", "/bin/image", 200),
            ("GET", "/bin/websocket/echo", 426),
            ("GET", "/bin/no-such", 404),
            ("GET", "/elsewhere", 404),
        ] {
            let answer = ask(&mut client, method, path, &[]).await;
            assert_eq!(answer.status(), status, "{method} {path}");
        }
        let unasked = ask(&mut client, "GET", "/bin/image", &[("accept", "text/html")]).await;
        assert_eq!(unasked.status(), 406);
        assert_eq!(ask(&mut client, "GET", "/bin/bytes/999999", &[]).await.body().len(), 102_400);
        for (path, location) in
            [("redirect/2", "/bin/relative-redirect/1"), ("redirect-to?url=%2Fa%20b%C3%A4", "/a%20b%C3%A4")]
        {
            let next = ask(&mut client, "GET", &format!("/bin/{path}"), &[]).await;
            assert_eq!(field(&next, "location"), location);
        }
        for (path, name, value) in [
            ("/bin/etag/v1", "if-none-match", "\"v1\""),
            ("/bin/cache", "if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ] {
            assert_eq!(ask(&mut client, "GET", path, &[(name, value)]).await.status(), 304, "{path}");
        }
    });
}

#[test]
fn scripts_of_other_origins_may_ask_and_read() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, inspecting_at("")).await;
        let mut client = http1(&network).await;
        for path in ["/get", "/post", "/no-such", "/stream/2"] {
            let fields = |answer: &Response<Bytes>| {
                let names = ["access-control-allow-origin", "access-control-allow-credentials", "vary"];
                names.map(|name| field(answer, name).to_owned())
            };
            assert_eq!(fields(&ask(&mut client, "GET", path, &[]).await), ["*", "true", ""], "{path}");
            let asked = ask(&mut client, "GET", path, &[("origin", "http://www.shop.test")]).await;
            assert_eq!(fields(&asked), ["http://www.shop.test", "true", "origin"], "{path}");
        }
        let wishes = [("access-control-request-method", "PUT"), ("access-control-request-headers", "x-a, x-b")];
        let before = ask(&mut client, "OPTIONS", "/anything", &wishes).await;
        assert!(field(&before, "access-control-allow-methods").contains("PUT"));
        assert_eq!(field(&before, "access-control-allow-headers"), "x-a, x-b");
    });
}

#[test]
fn fields_that_the_query_names_are_told_as_they_were_typed() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, inspecting_at("")).await;
        let mut client = http1(&network).await;
        let answer =
            ask(&mut client, "GET", "/response-headers?X-One=1&X-One=2&Content-Type=text/x&Connection=x", &[]).await;
        let told = json(&answer);
        assert_eq!(told["X-One"], serde_json::json!(["1", "2"]));
        assert_eq!((told["Content-Type"].as_str().unwrap(), field(&answer, "content-type")), ("text/x", "text/x"));
        assert_eq!(told["Content-Length"].as_str().unwrap(), answer.body().len().to_string());
        assert_eq!(answer.headers().get_all("x-one").iter().count(), 2);
        assert_eq!(told["Connection"], serde_json::Value::Null);
    });
}

/// `www.shop.test` passes everything on to `upstreams`.
async fn lab(upstreams: &[&str]) -> Rc<Network> {
    let network = network(vec![]);
    network.set_resolver(Rc::new(Telephone));
    serve(&network, proxy(upstreams)).await;
    network
}

fn proxy(upstreams: &[&str]) -> Rc<dyn Handler> {
    let upstreams = upstreams.iter().map(|text| Upstream::parse(text).unwrap()).collect();
    routed("/*", Action::Proxy(Rc::new(Proxy::new(upstreams, Arc::default()))))
}

fn inspecting() -> Rc<dyn Handler> {
    inspecting_at("/deeper")
}

fn inspecting_at(base: &str) -> Rc<dyn Handler> {
    routed(&format!("{base}/*"), Action::Inspect(Inspect::new(base.to_owned())))
}

fn routed(path: &str, action: Action) -> Rc<dyn Handler> {
    let pattern = Pattern::parse(path).unwrap();
    let route = Route { pattern, guard: None, fields: HeaderMap::new(), action: Some(action) };
    Rc::new(Routes::new(vec![route], Rc::new(Site::new(Memory::default()))))
}

fn files() -> Rc<dyn Handler> {
    let file = |place: &'static str, text: String| (place, Bytes::from(text), Time::from_secs(784_111_777));
    let files = [file("a.txt", "a".into()), file("large.bin", "0123456789abcdef".repeat(LARGE / 16))];
    Rc::new(Site::new(Memory::new(files)))
}

struct Silent;

impl Handler for Silent {
    fn answer(&self, _: &mut Request<Content>, host: &Host) -> Answer {
        let clock = host.clock();
        Answer::Later(Box::pin(async move {
            clock.sleep(Duration::from_secs(3600)).await;
            Response::new(Body::Empty)
        }))
    }
}

async fn serve_upstream(network: &Rc<Network>, port: u16, handler: Rc<dyn Handler>) {
    let host = network.host("club.test").unwrap();
    let running = HttpServer::new(port, Sites::new("club.test", handler)).start(host).await.unwrap();
    tokio::task::spawn_local(running);
}

/// Whoever comes is told `words` when a head has arrived, and nothing more.
async fn say_upstream(network: &Rc<Network>, port: u16, words: &'static str) {
    let mut listener = network.host("club.test").unwrap().listen(port).await.unwrap();
    tokio::task::spawn_local(async move {
        while let Ok(mut stream) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(words.as_bytes()).await.unwrap();
        }
    });
}

/// Knows one name, and asks for it by a call that is on record.
struct Telephone;

impl Resolve for Telephone {
    fn addresses<'a>(&'a self, host: &'a Host, name: &'a str) -> LocalFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let address = IpAddr::from([198, 18, 0, 2]);
            // Nobody listens there: the attempt is on record all the same.
            let _ = host.connect((address, LOOK_UP).into()).await;
            if name == "club.test" { Ok(vec![address]) } else { Err(io::ErrorKind::NotFound.into()) }
        })
    }

    fn exchangers<'a>(&'a self, _: &'a Host, _: &'a str) -> LocalFuture<'a, io::Result<Vec<(u16, String)>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
}

/// The ports that were called for a reason, and why, in order.
fn calls(network: &Network) -> Vec<(u16, Option<Cause>)> {
    let journal = journal(network);
    let calls = journal.entries().filter_map(|entry| match entry.seen {
        Seen::Opened { side: Side::Initiator, peer, cause: Some(cause), .. } => Some((peer.port(), Some(cause))),
        _ => None,
    });
    calls.collect()
}

fn is_accepted(seen: &Seen<'_>) -> bool {
    matches!(seen, Seen::Opened { side: Side::Acceptor, .. })
}

fn json(answer: &Response<Bytes>) -> serde_json::Value {
    serde_json::from_slice(answer.body()).unwrap()
}

const LOOK_UP: u16 = 53;
const LARGE: usize = 1024 * 1024;
