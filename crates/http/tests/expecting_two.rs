//! `Expect: 100-continue` over HTTP/2 (RFC 9110 10.1.1), frame by frame in virtual time.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use support::{Echo, connect, in_virtual_time, network, serve, site};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_http::server::{Answer, Content, Handler, Outgoing};
use toynet_http::site::Body;
use toynet_http::wire::frame::{FrameHead, FrameKind, HEADER_TABLE_SIZE, PREFACE};
use toynet_http::wire::hpack::Decoder;
use toynet_net::{Clock, Host, Stream};

#[test]
fn a_server_invites_content_that_is_read_and_has_not_come() {
    told(Rc::new(Echo(Duration::ZERO)), async |peer| {
        peer.say(&[asks(1, EXPECT), asks(3, EXPECT)]).await;
        assert_eq!(peer.hear().await, ["1 100", "3 100"]);
        peer.say(&[bread(3), bread(1)]).await;
        assert_eq!(peer.hear().await, ["3 200", "1 200", "3 bread", "1 bread"]);
        // Who does not wait is not asked, nor who expects nothing.
        peer.say(&[asks(5, EXPECT), bread(5), asks(7, "")]).await;
        assert_eq!(peer.hear().await, ["5 200", "5 bread"]);
        peer.say(&[bread(7)]).await;
        assert_eq!(peer.hear().await, ["7 200", "7 bread"]);
    });
}

#[test]
fn who_is_answered_at_once_is_not_invited() {
    // A site of files answers 405 without a look at what the request carries.
    told(site(), async |peer| {
        peer.say(&[asks(1, EXPECT)]).await;
        let heard = peer.hear().await;
        assert_eq!(heard.first().map(String::as_str), Some("1 405"), "{heard:?}");
        assert!(!heard.contains(&"1 100".to_owned()), "{heard:?}");
    });
}

#[test]
fn no_invitation_goes_to_a_request_that_was_refused_behind_the_gate() {
    told(Rc::new(Echo(Duration::ZERO)), async |peer| {
        // A field that belongs to connections (RFC 9113 8.2.2).
        let malformed = asks(1, &format!("{EXPECT}{}", literal("connection", "close")));
        peer.say(&[malformed, asks(3, EXPECT)]).await;
        assert_eq!(peer.hear().await, ["1 reset", "3 100"]);
        peer.say(&[bread(3)]).await;
        assert_eq!(peer.hear().await, ["3 200", "3 bread"]);
    });
}

#[test]
fn a_request_that_was_reset_is_not_invited() {
    told(Rc::new(Echo(Duration::from_secs(3))), async |peer| {
        peer.say(&[asks(1, EXPECT), asks(3, EXPECT)]).await;
        peer.say(&[frame(FrameKind::RstStream, 0, 1, &8_u32.to_be_bytes())]).await;
        assert_eq!(peer.hear().await, ["3 100"]);
    });
}

#[test]
fn an_invitation_stands_between_the_frames_of_other_answers() {
    // The content of the first answer keeps the connection busy, frame after frame, while others are invited.
    told(Rc::new(Flood), async |peer| {
        let window = frame(FrameKind::WindowUpdate, 0, 0, &1_000_000_u32.to_be_bytes());
        let settings = frame(FrameKind::Settings, 0, 0, &[0, 4, 0, 15, 0, 0]);
        peer.say(&[settings, window, frame(FrameKind::Headers, 5, 1, &head(""))]).await;
        peer.say(&(0..20).map(|number| asks(2 * number + 3, EXPECT)).collect::<Vec<_>>()).await;
        let heard = peer.hear().await;
        let invited: Vec<_> = heard.iter().filter(|said| said.ends_with(" 100")).cloned().collect();
        assert_eq!(invited, (0..20).map(|number| format!("{} 100", 2 * number + 3)).collect::<Vec<_>>());
        assert_eq!(heard.iter().filter(|said| said.starts_with("1 x")).count(), 1, "{heard:?}");
    });
}

#[test]
fn a_table_that_the_client_wants_smaller_is_made_so_first() {
    told(Rc::new(Echo(Duration::ZERO)), async |peer| {
        let [high, low] = HEADER_TABLE_SIZE.to_be_bytes();
        peer.say(&[frame(FrameKind::Settings, 0, 0, &[high, low, 0, 0, 0, 100]), asks(1, EXPECT)]).await;
        assert_eq!(peer.hear().await, ["1 resized 100"]);
        peer.say(&[bread(1)]).await;
        assert_eq!(peer.hear().await, ["1 resized 200", "1 bread"]);
        peer.say(&[asks(3, EXPECT)]).await;
        assert_eq!(peer.hear().await, ["3 100"]);
    });
}

/// Answers without end what carries nothing, and reads the rest.
struct Flood;

impl Handler for Flood {
    fn answer(&self, request: &mut Request<Content>, host: &Host) -> Answer {
        if request.headers().contains_key("expect") {
            return Echo(Duration::ZERO).answer(request, host);
        }
        let body = Body::Held(Bytes::from(vec![b'x'; 900_000]));
        Answer::Streamed(Box::pin(async move { Response::new(Outgoing::from(body)) }))
    }
}

/// A client that knows frames.
struct Peer {
    stream: Stream,
    decoder: Decoder,
    clock: Clock,
}

impl Peer {
    async fn say(&mut self, frames: &[Vec<u8>]) {
        self.stream.write_all(&frames.concat()).await.unwrap();
    }

    /// What is said until nothing comes for a minute: statuses, content in one piece, resets.
    async fn hear(&mut self) -> Vec<String> {
        let mut heard: Vec<String> = Vec::new();
        let minute = |clock: Clock| clock.now() + Duration::from_secs(60);
        loop {
            let mut octets = [0; FrameHead::LENGTH];
            let read = self.stream.read_exact(&mut octets);
            let Ok(read) = self.clock.until(minute(self.clock), read).await else { return heard };
            read.unwrap();
            let head = FrameHead::read(&octets);
            let mut payload = vec![0; head.length as usize];
            self.stream.read_exact(&mut payload).await.unwrap();
            match head.kind {
                FrameKind::Headers => {
                    let fields = self.decoder.decode(&payload).unwrap();
                    let resized = if payload[0] >> 5 == 1 { "resized " } else { "" };
                    heard.push(format!("{} {resized}{}", head.stream, String::from_utf8_lossy(&fields[0].value)));
                }
                FrameKind::Data if payload.first() == Some(&b'x') => {
                    let flood = format!("{} x", head.stream);
                    if !heard.contains(&flood) {
                        heard.push(flood);
                    }
                }
                FrameKind::Data if payload.is_empty() => {}
                FrameKind::Data => heard.push(format!("{} {}", head.stream, String::from_utf8_lossy(&payload))),
                FrameKind::RstStream => heard.push(format!("{} reset", head.stream)),
                _ => {}
            }
        }
    }
}

fn told(handler: Rc<dyn Handler>, story: impl AsyncFn(&mut Peer)) {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, handler).await;
        let mut peer = Peer { stream: connect(&network).await, decoder: Decoder::default(), clock: network.clock() };
        peer.say(&[PREFACE.to_vec(), frame(FrameKind::Settings, 0, 0, &[])]).await;
        story(&mut peer).await;
    });
}

fn asks(stream: u32, more: &str) -> Vec<u8> {
    frame(FrameKind::Headers, FrameHead::END_HEADERS, stream, &head(more))
}

fn bread(stream: u32) -> Vec<u8> {
    frame(FrameKind::Data, FrameHead::END_STREAM, stream, b"bread")
}

/// POST to `http://www.shop.test/`, and more fields.
fn head(more: &str) -> Vec<u8> {
    [&b"\x83\x86\x84\x01\x0dwww.shop.test"[..], more.as_bytes()].concat()
}

fn frame(kind: FrameKind, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let head = FrameHead { length: payload.len() as u32, kind, flags, stream };
    [&head.write()[..], payload].concat()
}

fn literal(name: &str, value: &str) -> String {
    let text = |text: &str| format!("{}{text}", char::from(text.len() as u8));
    format!("\0{}{}", text(name), text(value))
}

const EXPECT: &str = "\x0f\x14\x0c100-continue";
