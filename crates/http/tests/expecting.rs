//! `Expect: 100-continue` over HTTP/3 (RFC 9110 10.1.1), in virtual time.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use support::{Echo, QUIC_DOOR, TlsPair, in_virtual_time, network, serve_three, site, visitor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_http::client::Outgoing;
use toynet_http::client::three::Sender;
use toynet_http::client::url::Url;
use toynet_http::server::Limits;
use toynet_http::wire::qpack;
use toynet_http::wire::three::frame::{Kind, frame};
use toynet_net::Network;
use toynet_net::quic::Endpoint;

#[test]
fn a_server_invites_content_that_is_read_and_has_not_come() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let pair = serve_three(&network, Rc::new(Echo(Duration::ZERO)), Limits::default()).await;
        let endpoint = Endpoint::client(visitor(&network).bind(0).await.unwrap(), &pair.client).unwrap();
        let connection = endpoint.connect(QUIC_DOOR, "www.shop.test").await.unwrap();
        let mut waiting = connection.open().await.unwrap();
        waiting.write_all(&head()).await.unwrap();
        let mut invitation = [0; 32];
        let length = waiting.read(&mut invitation).await.unwrap();
        assert_eq!(invitation[..length], frame(Kind::Headers, &fields(&[(":status", "100")])));
        waiting.write_all(&frame(Kind::Data, b"bread")).await.unwrap();
        waiting.shutdown().await.unwrap();
        let mut answer = Vec::new();
        waiting.read_to_end(&mut answer).await.unwrap();
        assert!(answer.ends_with(&frame(Kind::Data, b"bread")), "{answer:?}");
        // Who does not wait is not asked.
        let mut eager = connection.open().await.unwrap();
        eager.write_all(&[head(), frame(Kind::Data, b"bread")].concat()).await.unwrap();
        eager.shutdown().await.unwrap();
        let mut second = Vec::new();
        eager.read_to_end(&mut second).await.unwrap();
        assert_eq!(second, answer);
    });
}

#[test]
fn a_client_waits_for_the_invitation_and_keeps_content_that_nobody_wants() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let pair = serve_three(&network, Rc::new(Echo(Duration::ZERO)), Limits::default()).await;
        assert_eq!(post(&network, &pair).await, (200, vec![100], Duration::ZERO, b"bread".to_vec()));
    });
    in_virtual_time(|| async {
        // A site of files answers 405 without a look at what the request carries.
        let network = network(vec![]);
        let pair = serve_three(&network, site(), Limits::default()).await;
        let (status, interim, waited, _) = post(&network, &pair).await;
        assert_eq!((status, interim, waited), (405, vec![], Duration::ZERO));
        let journal = support::journal(&network);
        let sent = journal.entries().filter_map(|entry| match entry.seen {
            toynet_record::Seen::Octets { octets, .. } => Some(octets),
            _ => None,
        });
        assert!(!sent.into_iter().any(|octets| octets.windows(5).any(|part| part == b"bread")));
    });
}

#[test]
fn a_client_waits_no_longer_than_a_second() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        let pair = serve_three(&network, Rc::new(Echo(Duration::from_secs(3))), Limits::default()).await;
        // By then the content is there, and the server need not ask for it.
        assert_eq!(post(&network, &pair).await, (200, vec![], Duration::from_secs(3), b"bread".to_vec()));
    });
}

/// Status, interim answers, how long the head of the answer took in whole seconds, and the content.
async fn post(network: &Rc<Network>, pair: &TlsPair) -> (u16, Vec<u16>, Duration, Vec<u8>) {
    let sender = Sender::connect(&visitor(network), QUIC_DOOR, &pair.client, "www.shop.test").await.unwrap();
    let fields = [("Expect", "100-continue"), ("Content-Length", "5")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    let url = Url::parse("https://www.shop.test/").unwrap();
    let (begun, mut interim) = (network.clock().now(), Vec::new());
    let content = Outgoing::from(Bytes::from_static(b"bread"));
    let heard = &mut |head: &toynet_http::client::answer::AnswerHead| interim.push(head.status);
    let mut answer = sender.ask("POST", &url, &fields, content, heard).await.unwrap();
    let waited = Duration::from_secs((network.clock().now() - begun).as_secs());
    let mut octets = Vec::new();
    while let Some(piece) = answer.content.piece().await.unwrap() {
        octets.extend_from_slice(&piece);
    }
    (answer.head.status, interim, waited, octets)
}

fn head() -> Vec<u8> {
    let asked = [(":method", "POST"), (":scheme", "https"), (":authority", "www.shop.test"), (":path", "/")];
    frame(Kind::Headers, &fields(&[&asked[..], &[("content-length", "5"), ("expect", "100-continue")]].concat()))
}

fn fields(list: &[(&str, &str)]) -> Vec<u8> {
    qpack::encode(list.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())))
}
