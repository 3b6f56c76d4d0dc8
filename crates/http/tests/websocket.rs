//! WebSocket: the echo by itself, through a proxy, and over HTTP/2.
#![allow(clippy::unwrap_used, reason = "this is a test")]

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
use support::{connect, in_virtual_time, network, serve};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use toynet_http::server::route::{Action, Inspect, Pattern, Proxy, Route, Upstream};
use toynet_http::server::{Handler, HttpServer, Routes, Sites};
use toynet_http::site::{Memory, Site};
use toynet_http::wire::websocket::{Message, Reader, Sender};
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
    let upstream = Upstream::parse("http://198.18.0.2:8080").unwrap();
    serve(&network, routed(Action::Proxy(Rc::new(Proxy::new(vec![upstream], Arc::default()))))).await;
    let host = network.host("club.test").unwrap();
    let running = HttpServer::new(8080, Sites::new("club.test", inspecting())).start(host).await.unwrap();
    tokio::task::spawn_local(running);
    network.clock().sleep(Duration::from_millis(1)).await;
    network
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
const MASK: [u8; 4] = [1, 2, 3, 4];
/// The head of a message of a gibioctet.
const LARGE: [u8; 14] = [0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4];
