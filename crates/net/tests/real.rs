//! Sockets at the machine's own addresses: both families, strangers, and a typed command as the cause.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use support::{in_real_time, journal, seen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_local;
use toynet_net::carrier::real::Real;
use toynet_net::{Answer, Carrier, Clock, Network, Recorder, Topology, TopologyHost};
use toynet_record::{Event, Quota, Reader};

#[test]
fn datagrams_are_answered_from_the_address_that_they_came_to() {
    in_real_time(|| async {
        let network = network();
        let server = network.host("server").unwrap().bind(0).await.unwrap();
        let port = server.port();
        spawn_local(server.serve(|arrived, room| {
            assert_eq!(arrived.from.ip(), arrived.to.ip());
            room[..arrived.octets.len()].copy_from_slice(arrived.octets);
            Answer::Now(arrived.octets.len())
        }));
        let client = network.host("anyone").unwrap().bind(0).await.unwrap();
        for ip in addresses() {
            for word in [&b"one"[..], b"three"] {
                client.send_to(word, SocketAddr::new(ip, port)).await.unwrap();
                let mut got = [0; 64];
                let (length, from) = client.receive(&mut got).await.unwrap();
                assert_eq!((from, &got[..length]), (SocketAddr::new(ip, port), word));
            }
        }
    });
}

#[test]
fn of_a_port_that_takes_no_datagrams_the_client_hears() {
    in_real_time(|| async {
        let network = network();
        let port = network.host("server").unwrap().bind(0).await.unwrap().port();
        let client = network.host("anyone").unwrap().bind(0).await.unwrap();
        for ip in addresses() {
            client.send_to(b"?", SocketAddr::new(ip, port)).await.unwrap();
            let refused = client.receive(&mut [0; 8]).await.unwrap_err();
            assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        }
    });
}

#[test]
fn a_stream_goes_to_either_family_and_carries_the_command_as_its_cause() {
    in_real_time(|| async {
        let network = network();
        let server = network.host("server").unwrap();
        let port = server.bind(0).await.unwrap().port();
        let mut listener = server.listen(port).await.unwrap();
        spawn_local(async move {
            while let Ok(mut stream) = listener.accept().await {
                assert_eq!(stream.local().port(), port);
                stream.write_all(b"hello").await.unwrap();
            }
        });
        let anyone = network.host("anyone").unwrap();
        let typed = anyone.typed("toynet hello");
        for ip in addresses() {
            let mut stream = anyone.because(typed.cause()).connect(SocketAddr::new(ip, port)).await.unwrap();
            let mut said = String::new();
            stream.read_to_string(&mut said).await.unwrap();
            assert_eq!(said, "hello");
        }
        typed.done("hello, twice");
        let journal = journal(&network);
        let mut causes = Vec::new();
        let mut reader = Reader::new(network.topology().roster());
        for entry in journal.entries() {
            reader.read(&entry, |event| {
                if let Event::Opened(flow) = event {
                    causes.push(flow.cause.map(|cause| (cause.flow.0, cause.exchange)));
                }
            });
        }
        assert_eq!(causes.iter().filter(|cause| **cause == Some((1, 1))).count(), 2, "{:#?}", seen(&journal));
    });
}

fn addresses() -> [IpAddr; 2] {
    ["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()]
}

/// A server on both loopback addresses, and a client bound to none.
fn network() -> Rc<Network> {
    let unbound = ["0.0.0.0".parse().unwrap(), "::".parse().unwrap()];
    let hosts = vec![
        TopologyHost { name: "server".into(), number: 1, addresses: addresses().to_vec() },
        TopologyHost { name: "anyone".into(), number: 2, addresses: unbound.to_vec() },
    ];
    let clock = Clock::system();
    let recorder = Recorder::new(0, Quota::default(), clock);
    let topology = Topology::new(hosts, Default::default(), None, 1);
    Network::new(0, Arc::new(topology), Carrier::Real(Real::default()), clock, recorder)
}
