//! Connections: the same in the process and on the loopback, recorded at both ends, bent by links.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "what fails here fails the test, which may play the stranger with a socket of its own"
)]

mod support;

use std::io::{ErrorKind, IoSlice};
use std::rc::Rc;
use std::time::Duration;

use support::{
    at, at6, in_real_time, in_virtual_time, journal, latency, memory, ns, on_both_carriers, ports, seen, www,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_local;
use toynet_net::{Network, Stream};
use toynet_record::{Direction, Event, Reader, Seen, Side};

#[test]
fn both_carriers_record_the_same_conversation() {
    let in_memory = in_virtual_time(|| async { converse(&memory(vec![])).await });
    let on_ports = in_real_time(|| async {
        let (network, _lease) = ports(vec![]);
        converse(&network).await
    });
    assert_eq!(in_memory, on_ports);
    assert_eq!(in_memory, ["www.shop.test asks", "ns.shop.test: said Initiator hello", "said Acceptor hi there"]);
}

#[test]
fn an_inside_peer_is_known_by_its_address_in_both_families() {
    let check = async |network: Rc<Network>| {
        let mut listener = ns(&network).listen(53).await.unwrap();
        for to in [at(2, 53), at6(2, 53)] {
            let client = www(&network).connect(to).await.unwrap();
            let server = listener.accept().await.unwrap();
            assert_eq!((server.peer(), server.local()), (client.local(), to));
            assert_eq!(client.local().ip(), if to.is_ipv4() { at(1, 0).ip() } else { at6(1, 0).ip() });
        }
    };
    on_both_carriers(check);
}

#[test]
fn short_pieces_written_together_are_one_entry_of_the_record() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let mut listener = ns(&network).listen(53).await.unwrap();
        let mut client = www(&network).connect(at(2, 53)).await.unwrap();
        let _server = listener.accept().await.unwrap();
        let pieces = [IoSlice::new(b"a head"), IoSlice::new(b" and a page")];
        assert_eq!(client.write_vectored(&pieces).await.unwrap(), 17);
        let journal = journal(&network);
        let sent = journal.entries().filter_map(|entry| match entry.seen {
            Seen::Octets { direction: Direction::Sent, octets, .. } => Some(octets),
            _ => None,
        });
        assert_eq!(sent.collect::<Vec<_>>(), [b"a head and a page"]);
    });
}

#[test]
fn nobody_listening_is_a_refusal_and_nobody_there_is_unreachable() {
    let check = async |network: Rc<Network>| {
        let refused = www(&network).connect(at(2, 80)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let unreachable = www(&network).connect(at(99, 80)).await.unwrap_err();
        assert_eq!(unreachable.kind(), ErrorKind::NetworkUnreachable);
        let closings = seen(&journal(&network)).into_iter().filter(|line| line.contains("Closed"));
        assert_eq!(closings.collect::<Vec<_>>().len(), 2);
    };
    on_both_carriers(check);
}

#[test]
fn a_slow_link_takes_its_time_and_no_real_time() {
    let began = std::time::Instant::now();
    in_virtual_time(|| async {
        let network = memory(latency("www.shop.test", "ns.shop.test", Duration::from_secs(3600)));
        let clock = network.clock();
        let start = clock.now();
        echo(&network).await;
        // One round trip for the handshake, one for the echo.
        assert_eq!(clock.now() - start, Duration::from_secs(4 * 3600));
    });
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_link_delays_on_the_loopback_too() {
    in_real_time(|| async {
        let (network, _lease) = ports(latency("www.shop.test", "ns.shop.test", Duration::from_millis(20)));
        let start = network.clock().now();
        echo(&network).await;
        assert!(network.clock().now() - start >= Duration::from_millis(80));
    });
}

#[test]
fn a_long_answer_leaves_a_hole_of_known_length() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let mut listener = ns(&network).listen(80).await.unwrap();
        let server = spawn_local(async move {
            let mut stream = listener.accept().await.unwrap();
            stream.write_all(&vec![7; 1_000_000]).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let mut got = Vec::new();
        www(&network).connect(at(2, 80)).await.unwrap().read_to_end(&mut got).await.unwrap();
        server.await.unwrap();
        let (mut kept, mut left_out) = (0, 0);
        for entry in journal(&network).entries() {
            match entry.seen {
                Seen::Octets { direction: Direction::Sent, octets, .. } => kept += octets.len(),
                Seen::Hole { direction: Direction::Sent, length } => left_out += length as usize,
                _ => {}
            }
        }
        assert_eq!((kept, kept + left_out), (64 * 1024, 1_000_000));
    });
}

/// A word each way, and what the record says of it.
async fn converse(network: &Rc<Network>) -> Vec<String> {
    let mut listener = ns(network).listen(80).await.unwrap();
    let server = spawn_local(async move { answer(listener.accept().await.unwrap()).await });
    let mut stream = www(network).connect(at(2, 80)).await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    let mut got = [0; 8];
    stream.read_exact(&mut got).await.unwrap();
    server.await.unwrap();
    drop(stream);

    let mut reader = Reader::new(network.topology().roster());
    let mut told = Vec::new();
    for entry in journal(network).entries() {
        reader.read(&entry, |event| match event {
            Event::Opened(flow) => {
                told.push(format!("{} asks", flow.initiator.host.unwrap()));
                told.push(format!("{}: ", flow.acceptor.host.unwrap()));
            }
            Event::Said { by, octets, .. } => match by {
                Side::Initiator => told.last_mut().unwrap().push_str(&format!("said {by:?} {}", octets.escape_ascii())),
                Side::Acceptor => told.push(format!("said {by:?} {}", octets.escape_ascii())),
            },
            _ => {}
        });
    }
    told
}

async fn answer(mut stream: Stream) {
    let mut got = [0; 5];
    stream.read_exact(&mut got).await.unwrap();
    stream.write_all(b"hi there").await.unwrap();
}

async fn echo(network: &Rc<Network>) {
    let mut listener = ns(network).listen(7).await.unwrap();
    let server = spawn_local(async move {
        let mut stream = listener.accept().await.unwrap();
        let mut got = [0; 4];
        stream.read_exact(&mut got).await.unwrap();
        stream.write_all(&got).await.unwrap();
    });
    let mut stream = www(network).connect(at(2, 7)).await.unwrap();
    stream.write_all(b"echo").await.unwrap();
    let mut got = [0; 4];
    stream.read_exact(&mut got).await.unwrap();
    server.await.unwrap();
}
