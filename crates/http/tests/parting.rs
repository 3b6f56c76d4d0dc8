//! A server that is given notice answers what it was asked, says goodbye, and ends.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use support::{DOOR, connect, hear, in_virtual_time, network, serve_on, visitor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_http::server::{Answer, Content, Handler};
use toynet_http::site::Body;
use toynet_http::wire::frame::{FrameHead, FrameKind, PREFACE, number};
use toynet_net::{Host, Network, Notice, Stream};

#[test]
fn what_was_asked_is_answered_and_the_connection_closed() {
    in_virtual_time(|| async {
        let (network, notice) = serve().await;
        let mut stream = ask(&network, b"GET /slow HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await;
        let began = network.clock().now();
        notice.give();
        let heard = hear(&mut stream, network.clock()).await;
        assert!(heard.starts_with("HTTP/1.1 200") && heard.ends_with("done"), "{heard}");
        assert!(heard.contains("connection: close"), "{heard}");
        drop(stream);
        notice.left().await;
        assert!(network.clock().now() - began >= SLOW - Duration::from_millis(1));
        assert!(visitor(&network).connect(DOOR).await.is_err(), "it still listens");
    });
}

#[test]
fn connections_on_which_nothing_is_asked_end_at_once() {
    in_virtual_time(|| async {
        let (network, notice) = serve().await;
        let (mut silent, mut used) = (connect(&network).await, connect(&network).await);
        used.write_all(b"GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await.unwrap();
        let mut some = [0; 12];
        used.read_exact(&mut some).await.unwrap();
        network.clock().sleep(Duration::from_secs(1)).await;
        let began = network.clock().now();
        notice.give();
        notice.left().await;
        assert_eq!(network.clock().now(), began);
        assert_eq!(silent.read(&mut some).await.unwrap(), 0);
    });
}

#[test]
fn over_http_2_a_client_is_told_to_go_and_still_answered() {
    in_virtual_time(|| async {
        let (network, notice) = serve().await;
        let mut stream = ask(&network, &http2(&[0x82, 0x86, 0x84])).await;
        notice.give();
        let mut heard = Vec::new();
        let clock = network.clock();
        // The server waits for a sign that its notice arrived: this client gives one to whatever it is asked.
        while clock.until(clock.now() + SLOW * 2, stream.read_buf(&mut heard)).await.is_ok_and(|read| read.unwrap() > 0)
        {
            if let Some(at) = heard.windows(5).position(|frame| frame == [0, 0, 8, 6, 0]) {
                let ping: Vec<u8> = heard.drain(at..at + 17).collect();
                stream.write_all(&[&ping[..4], &[1], &ping[5..]].concat()).await.unwrap();
            }
        }
        let frames = frames(&heard);
        let codes: Vec<_> =
            of(&frames, FrameKind::GoAway).map(|payload| (number(payload, 0), number(payload, 4))).collect();
        assert_eq!(codes, [(Some((1 << 31) - 1), Some(0)), (Some(1), Some(0))]);
        assert_eq!(of(&frames, FrameKind::Data).collect::<Vec<_>>().concat(), b"done");
        drop(stream);
        notice.left().await;
    });
}

#[test]
fn a_client_of_http_2_that_asks_nothing_and_says_nothing_is_hardly_waited_for() {
    in_virtual_time(|| async {
        let (network, notice) = serve().await;
        let mut stream = ask(&network, &http2(&[])).await;
        let began = network.clock().now();
        notice.give();
        notice.left().await;
        assert!(network.clock().now() - began <= Duration::from_millis(100));
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard).await;
        assert_eq!(of(&frames(&heard), FrameKind::GoAway).next().and_then(|payload| number(payload, 4)), Some(0));
    });
}

/// Answers after a while.
struct Slow;

impl Handler for Slow {
    fn answer(&self, request: &mut Request<Content>, host: &Host) -> Answer {
        let (clock, is_slow) = (host.clock(), request.uri().path() != "/quick");
        Answer::Later(Box::pin(async move {
            if is_slow {
                clock.sleep(SLOW).await;
            }
            Response::new(Body::Held(Bytes::from_static(b"done")))
        }))
    }
}

const SLOW: Duration = Duration::from_millis(500);

async fn serve() -> (Rc<Network>, Notice) {
    let (network, notice) = (network(vec![]), Notice::default());
    serve_on(network.host("www.shop.test").unwrap().with_notice(notice.clone()), Rc::new(Slow)).await;
    (network, notice)
}

/// A connection on which these octets were said and heard.
async fn ask(network: &Rc<Network>, octets: &[u8]) -> Stream {
    let mut stream = connect(network).await;
    stream.write_all(octets).await.unwrap();
    network.clock().sleep(Duration::from_millis(1)).await;
    stream
}

/// The preface, and a request with these pseudo-headers where there are any.
fn http2(block: &[u8]) -> Vec<u8> {
    let frame = |kind, flags, stream, payload: &[u8]| {
        [&FrameHead { length: payload.len() as u32, kind, flags, stream }.write(), payload].concat()
    };
    let hello = [&PREFACE[..], &frame(FrameKind::Settings, 0, 0, &[])].concat();
    if block.is_empty() {
        return hello;
    }
    let host = b"\x01\x0dwww.shop.test";
    [hello, frame(FrameKind::Headers, 5, 1, &[block, host].concat())].concat()
}

fn frames(mut octets: &[u8]) -> Vec<(FrameKind, &[u8])> {
    let mut frames = Vec::new();
    while let Some((head, rest)) = octets.split_first_chunk() {
        let head = FrameHead::read(head);
        let Some((payload, rest)) = rest.split_at_checked(head.length as usize) else { break };
        frames.push((head.kind, payload));
        octets = rest;
    }
    frames
}

fn of<'a>(frames: &[(FrameKind, &'a [u8])], kind: FrameKind) -> impl Iterator<Item = &'a [u8]> {
    frames.iter().filter(move |frame| frame.0 == kind).map(|frame| frame.1)
}
