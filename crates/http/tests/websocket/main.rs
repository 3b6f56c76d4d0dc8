//! WebSocket: the echo by itself, through a proxy, and over HTTP/2 and HTTP/3.
//!
//! - `conformance`: every rule of RFC 6455 for frames, one by one
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod conformance;
#[path = "../support/mod.rs"]
mod support;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper::ext::Protocol;
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use support::{TlsPair, connect, in_virtual_time, network, serve, serve_three, visitor};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::sync::oneshot;
use toynet_http::server::route::{Action, Inspect, Pattern, Proxy, Route, Upstream};
use toynet_http::server::{Handler, HttpServer, Limits, Routes, Sites};
use toynet_http::site::{Memory, Site};
use toynet_http::wire::hpack::Field;
use toynet_http::wire::qpack;
use toynet_http::wire::three::frame::{Kind, frame};
use toynet_http::wire::three::{self, Code, Part};
use toynet_http::wire::websocket::{Message, Reader, Sender};
use toynet_net::quic::{Connection, Endpoint, GivenUp};
use toynet_net::{Network, Stream};
use toynet_service::Server;

#[test]
fn everything_is_said_again_and_a_close_is_answered() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, inspecting()).await;
        talk(shake_hands(&network).await).await;
    });
}

#[test]
fn a_proxy_passes_a_websocket_through() {
    in_virtual_time(|| async {
        let network = behind_a_proxy().await;
        talk(shake_hands(&network).await).await;
    });
}

#[test]
fn a_client_that_says_more_than_its_handshake_at_once_is_heard() {
    in_virtual_time(|| async {
        let network = behind_a_proxy().await;
        let mut octets = Vec::new();
        Message::Text("early".into()).write(Some(MASK), &mut octets);
        let mut stream = connect(&network).await;
        stream.write_all(&[HANDSHAKE.as_bytes(), &octets].concat()).await.unwrap();
        head(&mut stream).await;
        assert_eq!(hear(&mut stream, &mut Reader::new(Sender::Server, 1000)).await, Message::Text("early".into()));
    });
}

#[test]
fn over_http_2_a_websocket_is_a_stream() {
    for is_proxied in [false, true] {
        in_virtual_time(|| async move {
            let network = if is_proxied { behind_a_proxy().await } else { network(vec![]) };
            if !is_proxied {
                serve(&network, inspecting()).await;
            }
            let (mut sender, connection) =
                http2::handshake(Local, TokioIo::new(connect(&network).await)).await.unwrap();
            tokio::task::spawn_local(connection);
            // The server's settings, which allow it, are known once it has answered.
            let first = Request::get("http://www.shop.test/get").body(Empty::<Bytes>::new()).unwrap();
            sender.send_request(first).await.unwrap();
            let mut request = Request::new(Empty::<Bytes>::new());
            *request.method_mut() = Method::CONNECT;
            *request.uri_mut() = "http://www.shop.test/websocket/echo".parse().unwrap();
            request.headers_mut().insert("sec-websocket-version", "13".parse().unwrap());
            request.extensions_mut().insert(Protocol::from_static("websocket"));
            let answer = sender.send_request(request).await.unwrap();
            assert_eq!(answer.status(), 200, "proxied: {is_proxied}");
            talk(TokioIo::new(hyper::upgrade::on(answer).await.unwrap())).await;
        });
    }
}

#[test]
fn over_http_3_a_websocket_is_a_stream() {
    for is_proxied in [false, true] {
        in_virtual_time(|| async move {
            let (_network, by_hand) = over_three(is_proxied).await;
            let (answer, web) = by_hand.ask(WANTED).await;
            assert_eq!(value(&answer, ":status"), "200", "proxied: {is_proxied}");
            assert!(!answer.iter().any(|field| field.name == b"content-length"), "RFC 9110 8.6");
            talk(web).await;
        });
    }
}

#[test]
fn what_no_stream_can_become_is_refused() {
    let without = |name: &str| WANTED.iter().filter(|(other, _)| *other != name).copied().collect::<Vec<_>>();
    let with = |name: &'static str, value: &'static str| [&without(name)[..], &[(name, value)]].concat();
    let pseudo_first = |mut list: Vec<(&'static str, &'static str)>| {
        list.sort_by_key(|(name, _)| !name.starts_with(':'));
        list
    };
    let plain = vec![(":method", "CONNECT"), (":authority", "www.shop.test:443")];
    let get: Vec<_> = without(":protocol").into_iter().filter(|(name, _)| *name != ":method").collect();
    let cases = [
        (pseudo_first(with(":protocol", "connect-udp")), "501"),
        (pseudo_first(with(":path", "/get")), "405"),
        (with("sec-websocket-version", "8"), "400"),
        (without("sec-websocket-version"), "400"),
        (plain, "405"),
        ([&[(":method", "GET")], &get[..]].concat(), "400"),
    ];
    for (list, status) in cases {
        in_virtual_time(|| async {
            let (_network, by_hand) = over_three(false).await;
            let (answer, mut rest) = by_hand.ask(&list).await;
            assert_eq!(value(&answer, ":status"), status, "{list:?}");
            if list.contains(&("sec-websocket-version", "8")) {
                assert_eq!(value(&answer, "sec-websocket-version"), "13");
            }
            rest.read_to_end(&mut Vec::new()).await.unwrap();
        });
    }
}

#[test]
fn a_proxy_takes_no_page_for_a_websocket() {
    in_virtual_time(|| async {
        let (_network, by_hand) = over_three(true).await;
        let mut page = WANTED.to_vec();
        page[3] = (":path", "/get");
        assert_eq!(value(&by_hand.ask(&page).await.0, ":status"), "501");
    });
}

#[test]
fn over_http_3_an_end_is_a_fin_and_a_break_a_reset() {
    in_virtual_time(|| async {
        let (network, by_hand) = over_three(false).await;
        // A client that ends without a word is answered with an end.
        let mut stream = by_hand.open(WANTED).await;
        stream.shutdown().await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        assert!(!heard.is_empty());
        // One that resets its side is heard no more, and hears no more.
        let mut stream = by_hand.open(WANTED).await;
        network.clock().sleep(Duration::from_millis(10)).await;
        stream.give_up(Code::REQUEST_CANCELLED.0);
        let broken = stream.read_to_end(&mut heard).await.unwrap_err();
        assert_eq!(GivenUp::of(&broken), Some(GivenUp::Stream(Code::REQUEST_CANCELLED.0)));
        // So is one that wants to hear no more.
        let mut stream = by_hand.open(WANTED).await;
        network.clock().sleep(Duration::from_millis(10)).await;
        stream.stop(Code::REQUEST_CANCELLED.0);
        while stream.write_all(&frame(Kind::Data, b"x")).await.is_ok() {
            network.clock().sleep(Duration::from_millis(10)).await;
        }
        // After CONNECT only DATA may come (RFC 9114 4.4).
        let mut stream = by_hand.open(WANTED).await;
        stream.write_all(&fields(&[("x", "y")])).await.unwrap();
        let ended = by_hand.connection.ended().await;
        assert_eq!(GivenUp::of(&ended), Some(GivenUp::Connection(Code::FRAME_UNEXPECTED.0)), "{ended}");
    });
}

#[test]
fn a_broken_rule_ends_it_with_its_code() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, inspecting()).await;
        for (octets, code) in [(&[0x81, 0x01, b'x'][..], 1002), (&[0x81, 0x81, 0, 0, 0, 0, 0xff], 1007), (&LARGE, 1009)]
        {
            let mut stream = shake_hands(&network).await;
            stream.write_all(octets).await.unwrap();
            match hear(&mut stream, &mut Reader::new(Sender::Server, 1000)).await {
                Message::Close(Some((told, why))) => assert_eq!(told, code, "{why}"),
                other => unreachable!("{other:?}"),
            }
        }
    });
}

#[test]
fn a_client_that_is_gone_is_asked_and_then_let_go() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, inspecting()).await;
        let mut stream = shake_hands(&network).await;
        let mut reader = Reader::new(Sender::Server, 1000);
        let before = network.clock().now();
        assert!(matches!(hear(&mut stream, &mut reader).await, Message::Ping(_)));
        assert!(matches!(hear(&mut stream, &mut reader).await, Message::Close(Some((1001, _)))));
        assert_eq!((network.clock().now() - before).as_secs(), 120);
    });
}

/// Text, octets in fragments with a ping between, and the end.
async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut reader = Reader::new(Sender::Server, 100_000);
    for message in [Message::Text("Grüße".into()), Message::Binary(vec![7; 70_000])] {
        say(&mut stream, &message).await;
        assert_eq!(hear(&mut stream, &mut reader).await, message);
    }
    stream.write_all(&[0x01, 0x82, 0, 0, 0, 0, b'a', b'b', 0x89, 0x81, 0, 0, 0, 0, b'?']).await.unwrap();
    stream.write_all(&[0x80, 0x81, 0, 0, 0, 0, b'c']).await.unwrap();
    assert_eq!(hear(&mut stream, &mut reader).await, Message::Pong(b"?".into()));
    assert_eq!(hear(&mut stream, &mut reader).await, Message::Text("abc".into()));
    let bye = Message::Close(Some((1000, "bye".into())));
    say(&mut stream, &bye).await;
    assert_eq!(hear(&mut stream, &mut reader).await, bye);
    assert_eq!(stream.read(&mut [0; 10]).await.unwrap(), 0, "the server closes first (RFC 6455 7.1.1)");
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), message: &Message) {
    let mut octets = Vec::new();
    message.write(Some(MASK), &mut octets);
    stream.write_all(&octets).await.unwrap();
    stream.flush().await.unwrap();
}

async fn hear(stream: &mut (impl AsyncRead + Unpin), reader: &mut Reader) -> Message {
    loop {
        // One octet at a time, so that nothing of the next message is taken.
        let octet = [stream.read_u8().await.unwrap()];
        if let Some(message) = reader.next(&mut &octet[..]).unwrap() {
            return message;
        }
    }
}

async fn shake_hands(network: &Rc<Network>) -> Stream {
    let mut stream = connect(network).await;
    stream.write_all(HANDSHAKE.as_bytes()).await.unwrap();
    let head = head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
    stream
}

async fn head(stream: &mut Stream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn behind_a_proxy() -> Rc<Network> {
    let network = network(vec![]);
    serve(&network, passing_on()).await;
    serve_behind(&network).await;
    network
}

fn passing_on() -> Rc<dyn Handler> {
    let upstream = Upstream::parse("http://198.18.0.2:8080").unwrap();
    routed(Action::Proxy(Rc::new(Proxy::new(vec![upstream], Arc::default()))))
}

async fn serve_behind(network: &Rc<Network>) {
    let host = network.host("club.test").unwrap();
    let running = HttpServer::new(8080, Sites::new("club.test", inspecting())).start(host).await.unwrap();
    tokio::task::spawn_local(running);
    network.clock().sleep(Duration::from_millis(1)).await;
}

async fn over_three(is_proxied: bool) -> (Rc<Network>, ByHand) {
    let network = network(vec![]);
    let handler = if is_proxied { passing_on() } else { inspecting() };
    serve_behind(&network).await;
    let pair = serve_three(&network, handler, Limits::default()).await;
    let by_hand = ByHand::connect(&network, &pair).await;
    (network, by_hand)
}

/// A client of HTTP/3 whose octets are the test's own.
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

    async fn open(&self, list: &[(&str, &str)]) -> Stream {
        let mut stream = self.connection.open().await.unwrap();
        stream.write_all(&fields(list)).await.unwrap();
        stream
    }

    /// The fields of the answer, and what goes to and fro in DATA frames from then on.
    async fn ask(&self, list: &[(&str, &str)]) -> (Vec<Field>, DuplexStream) {
        let mut stream = self.open(list).await;
        if list[0] != (":method", "CONNECT") {
            stream.shutdown().await.unwrap();
        }
        let (mut reader, mut writer) = tokio::io::split(stream);
        let (near, far) = tokio::io::duplex(1000);
        let (mut from, mut to) = tokio::io::split(far);
        let (told, answer) = oneshot::channel();
        tokio::task::spawn_local(async move {
            let mut octets = vec![0; 1000];
            while let Ok(length @ 1..) = from.read(&mut octets).await {
                writer.write_all(&frame(Kind::Data, &octets[..length])).await.unwrap();
            }
            writer.shutdown().await
        });
        tokio::task::spawn_local(async move {
            let (mut told, mut message, mut octets) = (Some(told), three::Message::answer(65_536), vec![0; 1000]);
            while let Ok(length @ 1..) = reader.read(&mut octets).await {
                let mut rest = &octets[..length];
                while let Some(part) = message.next(&mut rest).unwrap() {
                    match part {
                        Part::Fields(section) => {
                            told.take().unwrap().send(qpack::decode(&section, 65_536).unwrap()).unwrap();
                        }
                        Part::Content(octets) => to.write_all(octets).await.unwrap(),
                    }
                }
            }
            to.shutdown().await.unwrap();
        });
        (answer.await.unwrap(), near)
    }
}

fn fields(list: &[(&str, &str)]) -> Vec<u8> {
    frame(Kind::Headers, &qpack::encode(list.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()))))
}

fn value<'a>(list: &'a [Field], name: &str) -> &'a str {
    let field = list.iter().find(|field| field.name == name.as_bytes());
    field.map_or("", |field| std::str::from_utf8(&field.value).unwrap())
}

fn inspecting() -> Rc<dyn Handler> {
    routed(Action::Inspect(Inspect::new(String::new())))
}

fn routed(action: Action) -> Rc<dyn Handler> {
    let pattern = Pattern::parse("/*").unwrap();
    let route = Route { pattern, guard: None, fields: HeaderMap::new(), action: Some(action) };
    Rc::new(Routes::new(vec![route], Rc::new(Site::new(Memory::default()))))
}

#[derive(Clone)]
struct Local;

impl<F: Future<Output: 'static> + 'static> Executor<F> for Local {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

const HANDSHAKE: &str = "GET /websocket/echo HTTP/1.1\r\nHost: www.shop.test\r\nUpgrade: websocket\r\n\
                         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const WANTED: &[(&str, &str)] = &[
    (":method", "CONNECT"),
    (":scheme", "https"),
    (":authority", "www.shop.test"),
    (":path", "/websocket/echo"),
    (":protocol", "websocket"),
    ("sec-websocket-version", "13"),
];
const MASK: [u8; 4] = [1, 2, 3, 4];
/// The head of a message of a gibioctet.
const LARGE: [u8; 14] = [0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4];
