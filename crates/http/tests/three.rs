//! HTTP/3, by our own client and by hand, in virtual time.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use support::{Echo, TlsPair, ask, field, in_virtual_time, journal, latency, network, serve_three, site, tls, visitor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::{spawn_local, yield_now};
use toynet_http::client::Client;
use toynet_http::server::{HttpServer, Limits, Sites};
use toynet_http::wire::qpack;
use toynet_http::wire::three::frame::{Kind, frame};
use toynet_http::wire::three::{Code, number};
use toynet_net::quic::{Connection, Endpoint, GivenUp};
use toynet_net::{Network, Notice, Stream};
use toynet_record::{Seen, Transport};
use toynet_service::{LocalFuture, Server};

#[test]
fn a_site_is_the_same_as_in_other_versions() {
    with_site(async |network, pair| {
        let mut client = client(network, pair).await;
        let page = ask(&mut client, "GET", "/", &[]).await;
        assert_eq!((page.status().as_u16(), &page.body()[..]), (200, &b"welcome"[..]));
        assert_eq!(field(&page, "alt-svc"), "h3=\":443\"; ma=300");
        let head = ask(&mut client, "HEAD", "/", &[]).await;
        assert_eq!((head.headers(), head.body().len()), (page.headers(), 0));
        let part = ask(&mut client, "GET", "/digits.txt", &[("range", "bytes=2-4")]).await;
        assert_eq!((part.status().as_u16(), &part.body()[..]), (206, &b"234"[..]));
        let known = ask(&mut client, "GET", "/digits.txt", &[("if-none-match", field(&part, "etag"))]).await;
        assert_eq!((known.status().as_u16(), known.body().len()), (304, 0));
        let large = ask(&mut client, "GET", "/large.bin", &[]).await;
        assert_eq!(&large.body()[..], "0123456789abcdef".repeat(65_536).as_bytes());
        let get = |url: &str| Request::get(url).body(Full::default()).unwrap();
        assert_eq!(client.send(get("https://other.test/")).await.unwrap().status(), 421);
        // The port as the client sees it.
        let door = client.send(get("https://www.shop.test:8443/")).await.unwrap();
        assert_eq!(field(&door, "alt-svc"), "h3=\":8443\"; ma=300");
    });
}

#[test]
fn requests_share_a_connection_and_none_waits_for_another() {
    in_virtual_time(|| async {
        let network = network(latency(Duration::from_millis(50)));
        let pair = serve_three(&network, Rc::new(Echo(Duration::from_secs(40))), Limits::default()).await;
        let first = client(&network, &pair).await;
        let begun = network.clock().now();
        let asking: Vec<_> = (0..20)
            .map(|number| {
                let mut client = first.another().unwrap();
                spawn_local(async move {
                    let request = Request::post("https://www.shop.test/").body(Full::from(format!("{number}")));
                    client.send(request.unwrap()).await.unwrap().into_body()
                })
            })
            .collect();
        for (number, asking) in asking.into_iter().enumerate() {
            assert_eq!(asking.await.unwrap(), Bytes::from(number.to_string()));
        }
        // Longer than QUIC is silent, and no longer than one of them takes.
        assert!(network.clock().now() - begun < Duration::from_secs(41));
    });
}

#[test]
fn what_a_request_carries_is_limited() {
    with_site(async |network, pair| {
        let mut client = client(network, pair).await;
        let post =
            |length: usize| Request::post("https://www.shop.test/").body(Full::from(vec![b'x'; length])).unwrap();
        assert_eq!(client.send(post(500_000)).await.unwrap().status(), 405);
        assert_eq!(client.send(post(Limits::default().body as usize + 1)).await.unwrap().status(), 413);
        assert_eq!(ask(&mut client, "GET", "/", &[("x", &"y".repeat(70_000))]).await.status(), 431);
        assert_eq!(ask(&mut client, "GET", "/", &[]).await.status(), 200);
    });
}

#[test]
fn a_malformed_request_is_reset_and_the_connection_goes_on() {
    with_site(async |network, pair| {
        let by_hand = ByHand::connect(network, pair).await;
        let cases: &[&[(&str, &str)]] = &[
            &[(":method", "GET"), (":scheme", "https"), (":authority", "www.shop.test")],
            &[
                (":method", "GET"),
                (":scheme", "https"),
                (":path", "/"),
                (":path", "/"),
                (":authority", "www.shop.test"),
            ],
            &[(":method", "GET"), (":scheme", "https"), (":path", "/"), ("x", "y"), (":authority", "www.shop.test")],
            &[
                (":method", "GET"),
                (":scheme", "https"),
                (":path", "/"),
                (":authority", "www.shop.test"),
                ("Upper", "x"),
            ],
            &[
                (":method", "GET"),
                (":scheme", "https"),
                (":path", "/"),
                (":authority", "www.shop.test"),
                ("connection", "close"),
            ],
            &[
                (":method", "GET"),
                (":scheme", "https"),
                (":path", "/"),
                (":authority", "www.shop.test"),
                (":status", "200"),
            ],
            &[(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a.test"), ("host", "b.test")],
            &[(":method", "CONNECT"), (":scheme", "https"), (":path", "/"), (":authority", "www.shop.test")],
            &[(":method", "CONNECT"), (":authority", "www.shop.test"), (":protocol", "websocket")],
            &[
                (":method", "GET"),
                (":scheme", "https"),
                (":path", "/"),
                (":authority", "www.shop.test"),
                ("content-length", "x"),
            ],
            &[(":method", "GET"), (":scheme", "https"), (":path", "/")],
            &[(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "")],
            &[(":method", "GET"), (":scheme", "https"), (":path", "index.html"), (":authority", "www.shop.test")],
            &[
                (":method", "GET"),
                (":scheme", "https"),
                (":path", "/"),
                (":authority", "www.shop.test"),
                (":protocol", "websocket"),
            ],
            &[
                (":method", "GET"),
                (":scheme", "https"),
                (":path", "/"),
                (":authority", "www.shop.test"),
                ("te", "gzip"),
            ],
        ];
        for case in cases {
            assert_eq!(by_hand.say(&fields(case)).await, Err(GivenUp::Stream(Code::MESSAGE_ERROR.0)), "{case:?}");
        }
        assert_eq!(by_hand.say(b"").await, Err(GivenUp::Stream(Code::REQUEST_INCOMPLETE.0)));
        assert!(by_hand.say(&fields(USUAL)).await.unwrap().ends_with(b"welcome"));
        // Unknown frames are passed over (RFC 9114 9).
        let grease = [frame(Kind::Other(0x21), b"grease"), fields(USUAL), frame(Kind::Other(0x40), b"")].concat();
        assert!(by_hand.say(&grease).await.unwrap().ends_with(b"welcome"));
    });
}

#[test]
fn a_broken_rule_of_the_connection_ends_it_with_its_code() {
    let settings = [&[0][..], &frame(Kind::Settings, &[])].concat();
    let data = [fields(USUAL), fields(&[("x", "y")]), frame(Kind::Data, b"x")].concat();
    let cases: [(bool, Vec<u8>, Code); 11] = [
        (true, frame(Kind::Data, b"x"), Code::FRAME_UNEXPECTED),
        (true, frame(Kind::Settings, b""), Code::FRAME_UNEXPECTED),
        (true, frame(Kind::OfTwo(8), b""), Code::FRAME_UNEXPECTED),
        (true, frame(Kind::Headers, &[0xff, 0xff, 0xff]), Code::QPACK_DECOMPRESSION_FAILED),
        (true, data, Code::FRAME_UNEXPECTED),
        (false, [&settings[..], &frame(Kind::Headers, b"")].concat(), Code::FRAME_UNEXPECTED),
        (true, frame(Kind::Headers, &[0, 0x80, 0xd1]), Code::QPACK_DECOMPRESSION_FAILED),
        (false, [&[0][..], &frame(Kind::GoAway, &[0])].concat(), Code::MISSING_SETTINGS),
        (false, [&[0][..], &frame(Kind::Data, b"x")].concat(), Code::MISSING_SETTINGS),
        (false, vec![1, 0], Code::STREAM_CREATION_ERROR),
        (false, settings, Code::CLOSED_CRITICAL_STREAM),
    ];
    for (is_request, octets, code) in cases {
        with_site(async |network, pair| {
            let by_hand = ByHand::connect(network, pair).await;
            if is_request {
                let _ = by_hand.say(&octets).await;
            } else {
                let mut stream = by_hand.connection.open_one_way().await.unwrap();
                stream.write_all(&octets).await.unwrap();
                stream.shutdown().await.unwrap();
            }
            let ended = by_hand.connection.ended().await;
            assert_eq!(GivenUp::of(&ended), Some(GivenUp::Connection(code.0)), "{octets:?}: {ended}");
        });
    }
}

#[test]
fn too_little_content_is_no_request() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let pair = serve_three(&network, Rc::new(Echo(Duration::ZERO)), Limits::default()).await;
        let by_hand = ByHand::connect(&network, &pair).await;
        for (promised, sent, status) in [("5", "hello", "200"), ("6", "hello", "400"), ("4", "hello", "400")] {
            let head = [USUAL, &[("content-length", promised)]].concat();
            let said = [fields(&head), frame(Kind::Data, sent.as_bytes())].concat();
            let answer = by_hand.say(&said).await.unwrap();
            assert!(status_of(&answer) == status, "{promised}: {}", status_of(&answer));
        }
    });
}

#[test]
fn trailers_are_held_to_the_rules_of_fields() {
    let said = |trailers: &[u8]| [fields(USUAL), frame(Kind::Data, b"hello"), trailers.to_vec()].concat();
    with_echo(async |network, pair| {
        let by_hand = ByHand::connect(network, pair).await;
        for (name, status) in [("x-sum", "200"), ("Upper", "400"), (":path", "400"), ("connection", "400")] {
            let answer = by_hand.say(&said(&fields(&[(name, "x")]))).await.unwrap();
            assert_eq!(status_of(&answer), status, "{name}");
        }
        let _ = by_hand.say(&said(&frame(Kind::Headers, &[2, 0, 0x80]))).await;
        let ended = by_hand.connection.ended().await;
        assert_eq!(GivenUp::of(&ended), Some(GivenUp::Connection(Code::QPACK_DECOMPRESSION_FAILED.0)));
    });
}

#[test]
fn who_wants_no_control_stream_wants_no_connection() {
    with_site(async |network, pair| {
        let by_hand = ByHand::connect(network, pair).await;
        by_hand.connection.accept_one_way().await.unwrap().stop(0);
        let ended = by_hand.connection.ended().await;
        assert_eq!(GivenUp::of(&ended), Some(GivenUp::Connection(Code::CLOSED_CRITICAL_STREAM.0)));
    });
}

#[test]
fn a_request_behind_a_farewell_is_rejected_and_the_one_before_it_answered() {
    in_virtual_time(|| async {
        let network = network(latency(Duration::from_millis(20)));
        let (pair, notice) = (tls(), Notice::default());
        let host = network.host("www.shop.test").unwrap().with_notice(notice.clone());
        let server = HttpServer::of(Sites::new("www.shop.test", Rc::new(Echo(Duration::from_secs(1)))));
        let server = server.on_quic(support::QUIC_DOOR.port(), pair.server.clone());
        spawn_local(server.start(host).await.unwrap());
        let by_hand = ByHand::connect(&network, &pair).await;
        let mut before = by_hand.connection.open().await.unwrap();
        before.write_all(&fields(USUAL)).await.unwrap();
        before.shutdown().await.unwrap();
        let mut control = by_hand.connection.accept_one_way().await.unwrap();
        network.clock().sleep(Duration::from_millis(100)).await;
        notice.give();
        let mut said = Vec::new();
        while !said.ends_with(&frame(Kind::GoAway, &[4])) {
            said.push(control.read_u8().await.unwrap());
        }
        assert_eq!(by_hand.say(&fields(USUAL)).await, Err(GivenUp::Stream(Code::REQUEST_REJECTED.0)));
        assert_eq!(status_of(&read(&mut before).await.unwrap()), "200");
    });
}

#[test]
fn a_server_that_breaks_a_rule_is_told_by_its_code() {
    let fine = fields(&[(":status", "200"), ("content-length", "1")]);
    let stream = |code: Code| Some(GivenUp::Stream(code.0));
    let connection = |code: Code| Some(GivenUp::Connection(code.0));
    let cases = [
        (fields(&[(":status", "101")]), stream(Code::MESSAGE_ERROR)),
        (fields(&[(":status", "200"), ("content-length", "x")]), stream(Code::MESSAGE_ERROR)),
        ([&fine[..], &frame(Kind::Data, b"xy")].concat(), stream(Code::MESSAGE_ERROR)),
        ([&fine[..], &frame(Kind::Data, b"x"), &fields(&[(":status", "200")])].concat(), stream(Code::MESSAGE_ERROR)),
        (frame(Kind::Headers, &[2, 0, 0x80]), connection(Code::QPACK_DECOMPRESSION_FAILED)),
        ([&fine[..], &frame(Kind::PushPromise, &[0])].concat(), connection(Code::ID_ERROR)),
    ];
    for (said, code) in cases {
        with_server_by_hand(async |server, asked| {
            let asking = spawn_local(asked);
            let mut stream = server.accept().await.unwrap();
            stream.write_all(&said).await.unwrap();
            let broken = loop {
                if let Err(error) = stream.write_all(b"").await.and(stream.flush().await) {
                    break error;
                }
                if let Err(error) = stream.write_all(&frame(Kind::Other(0x21), b"")).await {
                    break error;
                }
                yield_now().await;
            };
            assert_eq!(GivenUp::of(&broken), code, "{said:?}: {broken}");
            let (_client, answer) = asking.await.unwrap();
            assert!(answer.is_err(), "{said:?}");
        });
    }
}

#[test]
fn a_server_opens_no_stream_for_both() {
    with_server_by_hand(async |server, asked| {
        let asking = spawn_local(asked);
        server.open().await.unwrap().write_all(&fields(USUAL)).await.unwrap();
        let ended = server.ended().await;
        assert_eq!(GivenUp::of(&ended), Some(GivenUp::Connection(Code::STREAM_CREATION_ERROR.0)));
        assert!(asking.await.unwrap().1.is_err());
    });
}

#[test]
fn who_was_told_farewell_asks_nothing_more() {
    with_server_by_hand(async |server, asked| {
        let mut control = server.open_one_way().await.unwrap();
        let farewell = frame(Kind::GoAway, &[0]);
        control.write_all(&[&[0][..], &frame(Kind::Settings, b""), &farewell].concat()).await.unwrap();
        // It reads that before it asks.
        server.accept_one_way().await.unwrap();
        let why = asked.await.1.unwrap_err();
        assert!(why.contains("RFC 9114 5.2"), "{why}");
    });
}

#[test]
fn a_client_that_takes_too_long_is_let_go() {
    with_site(async |network, pair| {
        let by_hand = ByHand::connect(network, pair).await;
        let mut slow = by_hand.connection.open().await.unwrap();
        slow.write_all(&fields(USUAL)[..3]).await.unwrap();
        let mut answer = Vec::new();
        slow.read_to_end(&mut answer).await.unwrap();
        assert_eq!(status_of(&answer), "408");
        // The server's sign of life keeps QUIC alive, and its own patience ends.
        let mut control = by_hand.connection.accept_one_way().await.unwrap();
        let mut said = Vec::new();
        let begun = network.clock().now();
        let _ = control.read_to_end(&mut said).await;
        let waited = network.clock().now() - begun;
        assert!(waited >= Duration::from_secs(60) && waited < Duration::from_secs(100), "{waited:?}");
        assert!(said.ends_with(&frame(Kind::GoAway, &[4])), "{said:?}");
    });
}

#[test]
fn an_idle_connection_makes_room_for_another_and_a_busy_one_does_not() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let limits = Limits { connections: 1, ..Limits::default() };
        let pair = serve_three(&network, Rc::new(Echo(Duration::from_secs(1))), limits).await;
        let idle = ByHand::connect(&network, &pair).await;
        assert!(idle.say(&fields(USUAL)).await.is_ok());
        let busy = ByHand::connect(&network, &pair).await;
        let ended = idle.connection.ended().await;
        assert_eq!(GivenUp::of(&ended), Some(GivenUp::Connection(Code::NO_ERROR.0)));
        let mut stream = busy.connection.open().await.unwrap();
        stream.write_all(&fields(USUAL)).await.unwrap();
        stream.shutdown().await.unwrap();
        network.clock().sleep(Duration::from_millis(500)).await;
        let third = Endpoint::client(visitor(&network).bind(0).await.unwrap(), &pair.client).unwrap();
        assert!(third.connect(support::QUIC_DOOR, "www.shop.test").await.is_err());
        assert_eq!(status_of(&read(&mut stream).await.unwrap()), "200");
    });
}

#[test]
fn who_stops_serving_says_so() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let pair = tls();
        let running = spawn_local(support::three(&network, site(), Limits::default(), &pair).await);
        let by_hand = ByHand::connect(&network, &pair).await;
        assert!(by_hand.say(&fields(USUAL)).await.is_ok());
        let mut control = by_hand.connection.accept_one_way().await.unwrap();
        running.abort();
        let mut said = Vec::new();
        let ended = control.read_to_end(&mut said).await.unwrap_err();
        assert_eq!(GivenUp::of(&ended), Some(GivenUp::Connection(Code::NO_ERROR.0)));
        assert!(said.ends_with(&frame(Kind::GoAway, &[4])), "{said:?}");
        // The port is free again, after as many turns as a lab waits.
        for _ in 0..16 {
            yield_now().await;
        }
        let again = support::three(&network, site(), Limits::default(), &pair).await;
        spawn_local(again);
        assert!(ByHand::connect(&network, &pair).await.say(&fields(USUAL)).await.is_ok());
    });
}

#[test]
fn one_seed_gives_one_story() {
    let run = || {
        in_virtual_time(|| async {
            let network = network(latency(Duration::from_millis(20)));
            let pair = serve_three(&network, site(), Limits::default()).await;
            let mut client = client(&network, &pair).await;
            ask(&mut client, "GET", "/large.bin", &[]).await;
            let journal = journal(&network);
            let times = journal.entries().filter(|entry| !matches!(entry.seen, Seen::Secret { .. }));
            times.map(|entry| format!("{:?} {:?} {:?}", entry.time, entry.end, entry.seen)).collect::<Vec<_>>()
        })
    };
    assert_eq!(run(), run());
}

#[test]
fn garbage_is_passed_over_and_every_request_is_a_flow() {
    with_site(async |network, pair| {
        let garbage = visitor(network).bind(0).await.unwrap();
        for octets in [&[0_u8; 1300][..], &[0xff; 1300], b"GET / HTTP/1.1\r\n\r\n", b""] {
            garbage.send_to(octets, support::QUIC_DOOR).await.unwrap();
        }
        let mut client = client(network, pair).await;
        ask(&mut client, "GET", "/", &[]).await;
        garbage.send_to(&[0xc5; 1250], support::QUIC_DOOR).await.unwrap();
        ask(&mut client, "GET", "/", &[]).await;
        let journal = journal(network);
        let streams = journal.entries().filter_map(|entry| match entry.seen {
            Seen::Opened { transport: Transport::Quic, stream, .. } => stream,
            _ => None,
        });
        let mut streams: Vec<u64> = streams.collect();
        streams.sort_unstable();
        // Two requests and a control stream of either side, each seen from both ends.
        assert_eq!(streams, [0, 0, 2, 2, 3, 3, 4, 4]);
    });
}

/// A server whose octets are the test's own, and a client of ours that is about to ask it for a page.
fn with_server_by_hand(story: impl AsyncFn(Connection, LocalFuture<(Client, Result<Response<Bytes>, String>)>)) {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let pair = tls();
        let host = network.host("www.shop.test").unwrap();
        let endpoint = Endpoint::server(host.bind(443).await.unwrap(), &pair.server).unwrap();
        let (server, client) = tokio::join!(endpoint.accept(), client(&network, &pair));
        let mut client = client;
        let clock = network.clock();
        let asked = Box::pin(async move {
            clock.sleep(Duration::from_millis(1)).await;
            let request = Request::get("https://www.shop.test/").body(Full::default()).unwrap();
            let answer = client.send(request).await.map_err(|error| error.to_string());
            // With the client its connection would end.
            (client, answer)
        });
        story(server.unwrap().unwrap(), asked).await;
    });
}

fn with_echo(story: impl AsyncFn(&Rc<Network>, &TlsPair)) {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let pair = serve_three(&network, Rc::new(Echo(Duration::ZERO)), Limits::default()).await;
        story(&network, &pair).await;
    });
}

/// A client whose octets are the test's own.
struct ByHand {
    connection: Connection,
    _endpoint: Endpoint,
}

impl ByHand {
    async fn connect(network: &Rc<Network>, pair: &TlsPair) -> Self {
        let endpoint = Endpoint::client(visitor(network).bind(0).await.unwrap(), &pair.client).unwrap();
        let connection = endpoint.connect(support::QUIC_DOOR, "www.shop.test").await.unwrap();
        Self { connection, _endpoint: endpoint }
    }

    /// All that is answered to `octets` in a stream of their own, or why nothing is.
    async fn say(&self, octets: &[u8]) -> Result<Vec<u8>, GivenUp> {
        let mut stream = self.connection.open().await.unwrap();
        // The server need not read to the end.
        let _ = stream.write_all(octets).await;
        let _ = stream.shutdown().await;
        read(&mut stream).await
    }
}

async fn read(stream: &mut Stream) -> Result<Vec<u8>, GivenUp> {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer).await {
        Ok(_) => Ok(answer),
        Err(error) => Err(GivenUp::of(&error).unwrap()),
    }
}

fn fields(list: &[(&str, &str)]) -> Vec<u8> {
    frame(Kind::Headers, &qpack::encode(list.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()))))
}

fn status_of(answer: &[u8]) -> String {
    let mut rest = &answer[1..];
    let length = number(&mut rest).unwrap() as usize;
    let fields = qpack::decode(&rest[..length], 65_536).unwrap();
    String::from_utf8(fields[0].value.clone()).unwrap()
}

fn with_site(story: impl AsyncFn(&Rc<Network>, &TlsPair)) {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let pair = serve_three(&network, site(), Limits::default()).await;
        story(&network, &pair).await;
    });
}

async fn client(network: &Rc<Network>, pair: &TlsPair) -> Client {
    Client::http3(&visitor(network), support::QUIC_DOOR, &pair.client, "www.shop.test").await.unwrap()
}

const USUAL: &[(&str, &str)] =
    &[(":method", "GET"), (":scheme", "https"), (":authority", "www.shop.test"), (":path", "/")];
