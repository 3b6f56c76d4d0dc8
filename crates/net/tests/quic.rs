//! QUIC where links do wrong, and where nobody takes it.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "what fails here fails the test, which may play the stranger with a socket of its own"
)]

mod support;

use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

use support::{
    at, at6, between, configs, door, down, in_real_time, in_virtual_time, journal, memory, ns, on_both_carriers, ports,
    seen, set, www,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_local;
use toynet_net::Network;
use toynet_net::fault::When;
use toynet_net::link::{Bend, Conditions, Down, Pattern, Way};
use toynet_net::quic::Endpoint;

#[test]
fn what_links_do_to_it_is_marked_as_often_as_it_is_counted() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let both = Bend { ways: [between().ways, back().ways].concat(), ..between() };
        let slow = Conditions { latency: Duration::from_millis(20), ..Conditions::default() };
        let fault = set(&network, Bend { conditions: slow, ..both }, When::default());
        ping(&network).await;
        // One for each that a side sends at once: hello, certificate, ping, pong, and what acknowledges them.
        assert!((4..20).contains(&fault.hits()), "{}", fault.hits());
        assert_eq!(marks(&network), fault.hits());
    });
}

#[test]
fn a_connection_that_links_prevent_is_told() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let (_, client) = configs(&[]);
        let lossy = Conditions { loss: 1.0, ..Conditions::default() };
        let fault = set(&network, Bend { conditions: lossy, ..between() }, When::default());
        let client = Endpoint::client(www(&network).bind(0).await.unwrap(), &client).unwrap();
        let connecting = client.connect(at(2, 443), "ns.shop.test");
        assert!(tokio::time::timeout(Duration::from_secs(5), connecting).await.is_err());
        assert!(fault.hits() > 1);
        assert_eq!(marks(&network), fault.hits());
        assert!(seen(&journal(&network)).iter().any(|line| line.contains("Closed { how: TimedOut }")));
    });
}

#[test]
fn who_connects_where_nobody_takes_datagrams_hears_of_it() {
    let check = async |network: Rc<Network>| {
        let (_, config) = configs(&[]);
        for to in [at(2, 443), at6(2, 443)] {
            let client = Endpoint::client(www(&network).bind(0).await.unwrap(), &config).unwrap();
            let refused = client.connect(to, "ns.shop.test").await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        }
        let closed = "Closed { how: Refused }";
        assert_eq!(seen(&journal(&network)).iter().filter(|line| line.contains(closed)).count(), 2);
    };
    on_both_carriers(check);
}

#[test]
fn a_host_that_is_down_refuses_it() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let (_, config) = configs(&[]);
        let fault = set(&network, down("ns.shop.test", Down::Refuse), When::default());
        let client = Endpoint::client(www(&network).bind(0).await.unwrap(), &config).unwrap();
        let refused = client.connect(at(2, 443), "ns.shop.test").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        assert_eq!((marks(&network), fault.hits()), (1, 1));
        // It says goodbye, if only to the link.
        drop(client);
        network.clock().sleep(Duration::from_secs(1)).await;
        fault.turn(false);
        ping(&network).await;
    });
}

#[test]
fn what_a_stranger_sends_meets_its_link() {
    in_real_time(|| async {
        let (network, _lease) = ports(vec![]);
        let (server, _) = configs(&[]);
        let server = Endpoint::server(ns(&network).bind(53).await.unwrap(), &server.into()).unwrap();
        let ways = vec![Way { from: Pattern::Outside, to: Pattern::Host("ns.shop.test".into()) }];
        let lossy = Conditions { loss: 1.0, ..Conditions::default() };
        let fault = set(&network, Bend { ways, conditions: lossy, down: None }, When::default());
        let stranger = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        stranger.send_to(&[0xc3; 1200], door(&network, 2)).await.unwrap();
        while fault.hits() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!((marks(&network), fault.hits()), (1, 1));
        drop(server);
    });
}

/// One connection from `www.shop.test`, with one stream.
async fn ping(network: &Rc<Network>) {
    let (server, client) = configs(&[]);
    let server = Endpoint::server(ns(network).bind(443).await.unwrap(), &server.into()).unwrap();
    let serving = spawn_local(async move {
        let connection = server.accept().await.unwrap().unwrap();
        let mut stream = connection.accept().await.unwrap();
        stream.read_exact(&mut [0; 4]).await.unwrap();
        stream.write_all(b"pong").await.unwrap();
        stream.shutdown().await.unwrap();
        let _ = connection.accept().await;
    });
    let client = Endpoint::client(www(network).bind(0).await.unwrap(), &client).unwrap();
    let connection = client.connect(at(2, 443), "ns.shop.test").await.unwrap();
    let mut stream = connection.open().await.unwrap();
    stream.write_all(b"ping").await.unwrap();
    let mut got = Vec::new();
    stream.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, b"pong");
    connection.close().await;
    serving.await.unwrap();
}

/// The way back.
fn back() -> Bend {
    let ways = between().ways.into_iter().map(|Way { from, to }| Way { from: to, to: from });
    Bend { ways: ways.collect(), ..between() }
}

fn marks(network: &Network) -> u64 {
    seen(&journal(network)).iter().filter(|line| line.contains("Fault")).count() as u64
}
