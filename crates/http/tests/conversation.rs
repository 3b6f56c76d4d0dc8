//! The client that speaks HTTP/1.x octet by octet, against the server, in virtual time.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::time::Duration;

use bytes::Bytes;
use support::{connect, in_virtual_time, latency, network, serve_site};
use toynet_http::client::Outgoing;
use toynet_http::client::answer::Answer;
use toynet_http::client::one::{Conversation, Incoming, Request};

#[test]
fn content_comes_in_pieces_and_the_connection_serves_again() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let mut conversation = Conversation::new(connect(&network).await, network.clock());
        for _ in 0..3 {
            let answer = conversation.ask(get("/large.bin", ""), &mut |_| {}).await.unwrap();
            assert_eq!((answer.head.status, answer.head.text("Content-Length")), (200, Some("1048576")));
            let (length, open) = read(answer).await;
            assert_eq!(length, 1_048_576);
            conversation = open.unwrap();
        }
    });
}

#[test]
fn what_was_closed_serves_no_more() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let conversation = Conversation::new(connect(&network).await, network.clock());
        let answer = conversation.ask(get("/", "Connection: close\r\n"), &mut |_| {}).await.unwrap();
        let (length, open) = read(answer).await;
        assert_eq!((length, open.is_some()), (7, false));
    });
}

#[test]
fn who_asks_first_sends_nothing_in_vain() {
    in_virtual_time(|| async {
        let network = network(latency(Duration::from_millis(200)));
        serve_site(&network).await;
        let head = "POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n";
        let content = Outgoing::from(Bytes::from_static(b"secret"));
        let request = Request { head: head.into(), content, is_chunked: false, waits: true };
        let conversation = Conversation::new(connect(&network).await, network.clock());
        let answer = conversation.ask(request, &mut |_| {}).await.unwrap();
        assert_eq!(answer.head.status, 405, "a site takes no POST");
    });
}

#[test]
fn chunks_are_read_by_the_server_as_they_were_meant() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let head = "GET /digits.txt HTTP/1.1\r\nHost: www.shop.test\r\nTransfer-Encoding: chunked\r\n\r\n";
        let content = Outgoing::new(&b"some content"[..], None);
        let request = Request { head: head.into(), content, is_chunked: true, waits: false };
        let conversation = Conversation::new(connect(&network).await, network.clock());
        let (length, open) = read(conversation.ask(request, &mut |_| {}).await.unwrap()).await;
        assert_eq!(length, 10);
        let answer = open.unwrap().ask(get("/digits.txt", ""), &mut |_| {}).await.unwrap();
        assert_eq!(answer.head.status, 200, "both are in step");
    });
}

fn get(path: &str, fields: &str) -> Request {
    let head = format!("GET {path} HTTP/1.1\r\nHost: www.shop.test\r\n{fields}\r\n");
    Request { head: head.into(), content: Outgoing::nothing(), is_chunked: false, waits: false }
}

/// How much came, and the connection if it can serve again.
async fn read(answer: Answer<Incoming>) -> (usize, Option<Conversation>) {
    let mut content = answer.content;
    let mut length = 0;
    while let Some(piece) = content.piece().await.unwrap() {
        length += piece.len();
    }
    (length, content.into_conversation())
}
