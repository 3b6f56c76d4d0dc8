//! Datagrams: served in batches, answered later, lost on purpose, recorded by peer and cause.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "what fails here fails the test, which may play the stranger with a socket of its own"
)]

mod support;

use std::cell::Cell;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

use support::{
    at, at6, in_real_time, in_virtual_time, journal, memory, memory_with, ns, on_both_carriers, ports, seen, www,
};
use tokio::task::spawn_local;
use toynet_net::link::{Conditions, Pattern, Rule};
use toynet_net::{Answer, Host, Network};
use toynet_record::{Event, FlowCause, Quota, Reader};

#[test]
fn what_can_be_answered_at_once_is_answered_in_place() {
    let check = async |network: Rc<Network>| {
        let datagrams = ns(&network).bind(53).await.unwrap();
        let server = spawn_local(datagrams.serve(|arrived, room| {
            assert!(!arrived.outside);
            room[..4].copy_from_slice(b"echo");
            room[4..4 + arrived.octets.len()].copy_from_slice(arrived.octets);
            Answer::Now(4 + arrived.octets.len())
        }));
        for to in [at(2, 53), at6(2, 53)] {
            let client = www(&network).bind(0).await.unwrap();
            for word in [&b"one"[..], b"three"] {
                client.send_to(word, to).await.unwrap();
                let mut got = [0; 64];
                let (length, from) = client.receive(&mut got).await.unwrap();
                assert_eq!((from, &got[..length]), (to, [b"echo", word].concat().as_slice()));
            }
        }
        server.abort();
    };
    on_both_carriers(check);
}

#[test]
fn an_answer_that_takes_time_holds_up_nobody_and_its_cause_is_known() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        serve_slowly(&network).await;
        let client = www(&network).bind(0).await.unwrap();
        client.send_to(b"slow", at(2, 53)).await.unwrap();
        client.send_to(b"fast", at(2, 53)).await.unwrap();
        let mut got = [0; 8];
        assert_eq!(client.receive(&mut got).await.unwrap().0, 4);
        assert_eq!(&got[..4], b"fast");
        assert_eq!(client.receive(&mut got).await.unwrap().0, 4);
        assert_eq!(&got[..4], b"slow");

        let mut reader = Reader::new(network.topology().roster());
        let mut causes = Vec::new();
        for entry in journal(&network).entries() {
            reader.read(&entry, |event| match event {
                Event::Opened(flow) if flow.acceptor.host.as_deref() == Some("club.test") => causes.push(flow.cause),
                _ => {}
            });
        }
        let client_flow = toynet_record::FlowId(1);
        assert_eq!(causes, [Some(FlowCause { flow: client_flow, exchange: 1 })]);
    });
}

#[test]
fn what_a_link_loses_never_arrives_and_is_marked() {
    in_virtual_time(|| async {
        let conditions = Conditions { loss: 1.0, ..Conditions::default() };
        let rule = Rule { from: Pattern::Any, to: Pattern::Host("ns.shop.test".into()), conditions };
        let network = memory(vec![rule]);
        let arrived = Rc::new(Cell::new(0));
        let count = Rc::clone(&arrived);
        let datagrams = ns(&network).bind(53).await.unwrap();
        spawn_local(datagrams.serve(move |_, _| {
            count.set(count.get() + 1);
            Answer::Silent
        }));
        let client = www(&network).bind(0).await.unwrap();
        client.send_to(b"lost", at(2, 53)).await.unwrap();
        network.clock().sleep(Duration::from_secs(60)).await;
        assert_eq!(arrived.get(), 0);
        assert!(seen(&journal(&network)).iter().any(|line| line.contains("Fault") && line.contains("lost")));
    });
}

#[test]
fn what_a_flood_pushed_out_leaves_flows_that_are_joined_late() {
    in_virtual_time(|| async {
        let network = memory_with(vec![], Quota(16 * 1024));
        let datagrams = ns(&network).bind(53).await.unwrap();
        spawn_local(datagrams.serve(|_, room| {
            room[0] = b'!';
            Answer::Now(1)
        }));
        let client = www(&network).bind(0).await.unwrap();
        for _ in 0..1_000 {
            client.send_to(b"?", at(2, 53)).await.unwrap();
            client.receive(&mut [0; 8]).await.unwrap();
        }
        let mut reader = Reader::new(network.topology().roster());
        let (mut late, mut said) = (0, 0);
        for entry in journal(&network).entries() {
            reader.read(&entry, |event| match event {
                Event::Opened(flow) => late += u32::from(flow.joined_late),
                Event::Said { .. } => said += 1,
                _ => {}
            });
        }
        assert_eq!(late, 1);
        assert!(said > 10, "{said}");
        assert!(network.recorder().held() <= 2 * 16 * 1024);
    });
}

#[test]
fn who_asks_where_nobody_takes_datagrams_hears_of_it() {
    let check = async |network: Rc<Network>| {
        let server = ns(&network).bind(53).await.unwrap();
        let server = spawn_local(server.serve(|_, room| {
            room[0] = b'!';
            Answer::Now(1)
        }));
        for nobody in [at(2, 54), at6(3, 53)] {
            let client = www(&network).bind(0).await.unwrap();
            client.send_to(b"?", nobody).await.unwrap();
            let refused = client.receive(&mut [0; 8]).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
            // The socket is as good as before, and who asks somebody else hears no more of it.
            client.send_to(b"?", nobody).await.unwrap();
            network.clock().sleep(Duration::from_millis(20)).await;
            client.send_to(b"?", at(2, 53)).await.unwrap();
            assert_eq!(client.receive(&mut [0; 8]).await.unwrap(), (1, at(2, 53)));
        }
        let closed = "Closed { how: Refused }";
        assert_eq!(seen(&journal(&network)).iter().filter(|line| line.contains(closed)).count(), 2);
        server.abort();
    };
    on_both_carriers(check);
}

#[test]
fn an_address_that_nobody_has_is_refused_at_once() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let client = www(&network).bind(0).await.unwrap();
        let refused = client.send_to(b"x", at(77, 53)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NetworkUnreachable);
    });
}

#[test]
fn workers_share_any_port_that_a_server_has() {
    in_real_time(|| async {
        let (network, _lease) = ports(vec![]);
        for port in [53, 40_053] {
            let both = [ns(&network).bind(port).await.unwrap(), ns(&network).bind(port).await.unwrap()];
            assert!(both.iter().all(|one| one.port() == port));
        }
    });
}

#[test]
fn a_stranger_on_the_loopback_is_known_as_one() {
    in_real_time(|| async {
        let (network, _lease) = ports(vec![]);
        let datagrams = ns(&network).bind(53).await.unwrap();
        let server = spawn_local(datagrams.serve(|arrived, room| {
            room[0] = u8::from(arrived.outside);
            Answer::Now(1)
        }));
        let toynet_net::Carrier::Ports(carrier) = network.carrier() else { unreachable!() };
        let stranger = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        stranger.send_to(b"?", carrier.door(2, 53)).await.unwrap();
        let mut got = [9; 1];
        stranger.recv(&mut got).await.unwrap();
        assert_eq!(got, [1]);
        server.abort();
    });
}

/// Answers `fast` at once, and `slow` after asking another host for its sake.
async fn serve_slowly(network: &Rc<Network>) {
    let club = network.host("club.test").unwrap().bind(53).await.unwrap();
    spawn_local(club.serve(|arrived, room| {
        room[..arrived.octets.len()].copy_from_slice(arrived.octets);
        Answer::Now(arrived.octets.len())
    }));
    let host = ns(network);
    let datagrams = host.bind(53).await.unwrap();
    spawn_local(datagrams.serve(move |arrived, room| {
        if arrived.octets == b"fast" {
            room[..4].copy_from_slice(b"fast");
            return Answer::Now(4);
        }
        Answer::Later(Box::pin(ask_club(host.because(arrived.cause))))
    }));
}

async fn ask_club(host: Host) -> Option<Vec<u8>> {
    host.clock().sleep(Duration::from_secs(1)).await;
    let socket = host.bind(0).await.ok()?;
    socket.send_to(b"slow", at(3, 53)).await.ok()?;
    let mut got = [0; 8];
    let (length, _) = socket.receive(&mut got).await.ok()?;
    Some(got[..length].to_vec())
}
