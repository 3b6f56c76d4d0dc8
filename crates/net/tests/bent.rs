//! Links that do worse than delay and lose, from the start or for a time.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "what fails here fails the test, which may play the stranger with a socket of its own"
)]

mod support;

use std::io::ErrorKind;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use support::{
    at, between, door, down, in_real_time, in_virtual_time, journal, memory, ns, on_both_carriers, ports, rule, seen,
    set, www,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::fault::When;
use toynet_net::link::{Bend, Conditions, Down, Pattern, Way};
use toynet_net::{Answer, Arrived, Datagrams, Network, Stream};

#[test]
fn datagrams_are_doubled_overtaken_and_spoilt() {
    assert_eq!(datagrams(Conditions { duplicate: 1.0, ..Conditions::default() }).len(), 16);
    let order = datagrams(Conditions { reorder: 0.5, ..Conditions::default() });
    assert_eq!(order.len(), 8);
    assert!(!order.is_sorted(), "{order:?}");
    let spoilt = datagrams(Conditions { corrupt: 1.0, ..Conditions::default() });
    for (octets, number) in spoilt.iter().zip(0u8..) {
        let wrong: u32 = octets.iter().map(|octet| (octet ^ number).count_ones()).sum();
        assert_eq!((octets.len(), wrong), (3, 1), "{spoilt:?}");
    }
    assert_eq!(spoilt, datagrams(Conditions { corrupt: 1.0, ..Conditions::default() }));
}

#[test]
fn a_stream_comes_in_small_pieces() {
    let reads = stream(Conditions { slice: Some(4), ..Conditions::default() });
    assert_eq!(reads, Ok(vec![b"0123".to_vec(), b"4567".to_vec(), b"89".to_vec()]));
}

#[test]
fn a_stream_trickles_over_a_line_with_a_rate() {
    let reads = stream(Conditions { rate: Some(200), ..Conditions::default() });
    assert_eq!(reads, Ok(vec![b"0123".to_vec(), b"4567".to_vec(), b"89".to_vec()]));
}

#[test]
fn a_long_stream_is_struck_in_large_parcels_however_small_its_pieces_are() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let slices = Bend { conditions: Conditions { slice: Some(100), ..Conditions::default() }, ..between() };
        let fault = set(&network, slices, When::default());
        let (mut client, mut server) = connection(&network).await;
        let mut heard = Vec::new();
        let sending = async {
            client.write_all(&[7; 300_000]).await.unwrap();
            client.shutdown().await.unwrap();
        };
        let (_, read) = tokio::join!(sending, server.read_to_end(&mut heard));
        assert_eq!((read.unwrap(), heard.len()), (300_000, 300_000));
        assert!(fault.hits() < 40, "{} marks in the log", fault.hits());
    });
}

#[test]
fn one_octet_of_a_stream_in_so_many_is_wrong() {
    let reads = stream(Conditions { garble: Some(4), ..Conditions::default() }).unwrap().concat();
    let wrong: Vec<usize> = (0..10).filter(|at| reads[*at] != b"0123456789"[*at]).collect();
    assert_eq!(wrong, [3, 7]);
}

#[test]
fn a_stream_ends_where_the_link_says() {
    let half = stream(Conditions { half_close: Some(6), ..Conditions::default() });
    assert_eq!(half, Ok(vec![b"012345".to_vec()]));
    let reset = stream(Conditions { reset: Some(6), ..Conditions::default() });
    assert_eq!(reset, Err((vec![b"012345".to_vec()], ErrorKind::ConnectionReset)));
}

#[test]
fn a_cut_for_a_time_holds_what_stands_and_what_comes() {
    in_virtual_time(|| async {
        let network = memory(support::latency("www.shop.test", "ns.shop.test", Duration::from_millis(1)));
        let (mut client, mut server) = connection(&network).await;
        let cut = Bend { down: Some(Down::Silence), ..between() };
        let when = When { after: Duration::from_secs(5), lasts: Some(Duration::from_secs(10)), ..When::default() };
        let fault = set(&network, cut, when);
        let begun = network.clock().now();
        client.write_all(b"before").await.unwrap();
        server.read_exact(&mut [0; 6]).await.unwrap();
        assert!(network.clock().now() - begun < Duration::from_secs(1));
        network.clock().sleep(Duration::from_secs(6)).await;
        let (sent, heard) = tokio::join!(client.write_all(b"in"), async { server.read_exact(&mut [0; 2]).await });
        assert!(sent.is_ok() && heard.is_ok());
        let took = network.clock().now() - begun;
        assert!((Duration::from_secs(15)..Duration::from_secs(16)).contains(&took), "{took:?}");
        drop((client, server));
        let marks = seen(&journal(&network)).iter().filter(|line| line.contains("Fault")).count();
        assert_eq!((fault.hits(), marks), (1, 1), "however often it is tried");
        assert!(network.topology().link_faults().remove(&fault));
    });
}

#[test]
fn a_connection_is_tried_again_until_the_cut_is_over() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let mut listener = ns(&network).listen(53).await.unwrap();
        let cut = Bend { down: Some(Down::Silence), ..between() };
        set(&network, cut.clone(), When { lasts: Some(Duration::from_secs(5)), ..When::default() });
        let begun = network.clock().now();
        let (client, _server) = tokio::join!(async { www(&network).connect(at(2, 53)).await }, listener.accept());
        assert_eq!((client.is_ok(), network.clock().now() - begun), (true, Duration::from_secs(7)));
        set(&network, cut, When::default());
        let error = www(&network).connect(at(2, 53)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    });
}

#[test]
fn a_host_that_is_down_refuses_or_is_silent_and_comes_back() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let mut listener = ns(&network).listen(53).await.unwrap();
        let fault = set(&network, down("ns.shop.test", Down::Refuse), When::default());
        let refused = www(&network).connect(at(2, 53)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        fault.turn(false);
        let (client, _server) = tokio::join!(async { www(&network).connect(at(2, 53)).await }, listener.accept());
        assert!(client.is_ok());
    });
}

#[test]
fn a_host_takes_connections_as_soon_as_its_fault_is_gone() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let mut listener = ns(&network).listen(53).await.unwrap();
        let fault = set(&network, down("ns.shop.test", Down::Refuse), When::default());
        let accepting = tokio::task::spawn_local(async move { listener.accept().await.map(drop) });
        assert!(www(&network).connect(at(2, 53)).await.is_err());
        let begun = network.clock().now();
        network.topology().link_faults().remove(&fault);
        let _client = www(&network).connect(at(2, 53)).await.unwrap();
        accepting.await.unwrap().unwrap();
        assert_eq!(network.clock().now(), begun);
    });
}

#[test]
fn a_stranger_is_refused_by_the_system_while_the_host_is_down() {
    in_real_time(|| async {
        let (network, _lease) = ports(vec![]);
        let door = door(&network, 2);
        let mut listener = ns(&network).listen(53).await.unwrap();
        let serving = tokio::task::spawn_local(async move {
            loop {
                let mut stream = listener.accept().await.unwrap();
                tokio::task::spawn_local(async move { stream.write_all(b"here").await });
            }
        });
        assert!(heard(door).await.is_ok());
        let fault = set(&network, down("ns.shop.test", Down::Refuse), When::default());
        assert_eq!(eventually(door, false).await, Some(ErrorKind::ConnectionRefused));
        network.topology().link_faults().remove(&fault);
        assert_eq!(eventually(door, true).await, None);
        serving.abort();
    });
}

#[test]
fn a_connection_that_stands_meets_what_comes_later() {
    let check = async |network: Rc<Network>| {
        let (mut client, mut server) = connection(&network).await;
        let mut got = [0; 8];
        let back = Way { from: Pattern::Host("ns.shop.test".into()), to: Pattern::Host("www.shop.test".into()) };
        let slow = Conditions { latency: Duration::from_millis(200), ..Conditions::default() };
        let bend = Bend { ways: vec![back], conditions: slow, down: None };
        let mut ask = async |server_waits: bool| {
            let begun = network.clock().now();
            client.write_all(b"ping").await.unwrap();
            // Also one whose reader waits already while it is bent.
            let reading = async { client.read_exact(&mut got[..4]).await.unwrap() };
            let answering = async {
                server.read_exact(&mut [0; 4]).await.unwrap();
                if server_waits {
                    network.clock().sleep(Duration::from_millis(10)).await;
                }
                server.write_all(b"pong").await.unwrap();
            };
            tokio::join!(reading, answering);
            network.clock().now() - begun
        };
        let quick = Duration::from_millis(150);
        assert!(ask(false).await < quick);
        let fault = set(&network, bend, When::default());
        let took = [ask(false).await, ask(true).await];
        assert!(took.iter().all(|took| *took >= Duration::from_millis(200)), "{took:?}");
        network.topology().link_faults().remove(&fault);
        assert!(ask(true).await < quick);
        set(&network, down("ns.shop.test", Down::Refuse), When::default());
        let _ = client.write_all(b"ping").await;
        let _ = server.read(&mut got).await;
        assert_eq!(client.read(&mut got).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    };
    on_both_carriers(check);
}

#[test]
fn whoever_waits_on_a_connection_is_woken_when_it_is_bent() {
    in_real_time(|| async {
        let (network, _lease) = ports(vec![]);
        let (client, mut server) = connection(&network).await;
        let (mut reader, mut writer) = tokio::io::split(client);
        let reading = tokio::task::spawn_local(async move {
            let mut got = [0; 4];
            reader.read_exact(&mut got).await.map(|_| got)
        });
        tokio::task::yield_now().await;
        let fault = set(
            &network,
            Bend { conditions: Conditions { slice: Some(1), ..Conditions::default() }, ..between() },
            When::default(),
        );
        writer.write_all(b"ping").await.unwrap();
        server.read_exact(&mut [0; 4]).await.unwrap();
        assert!(fault.hits() > 0);
        server.write_all(b"pong").await.unwrap();
        assert_eq!(&reading.await.unwrap().unwrap(), b"pong");
    });
}

#[test]
fn a_stranger_s_connection_that_stands_meets_what_comes_later() {
    in_real_time(|| async {
        let (network, _lease) = ports(vec![]);
        let (server, config) = support::configs(&[]);
        let mut listener = ns(&network).listen(53).await.unwrap();
        let serving = tokio::task::spawn_local(async move {
            let stream = listener.accept().await.unwrap();
            let mut stream = stream.start_tls_as_server(&server.into(), b"").await.unwrap();
            let mut got = [0; 4];
            while stream.read_exact(&mut got).await.is_ok() {
                stream.write_all(&got).await.unwrap();
                stream.flush().await.unwrap();
            }
        });
        let stranger = tokio::net::TcpStream::connect(door(&network, 2)).await.unwrap();
        let name = "ns.shop.test".try_into().unwrap();
        let mut stranger = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stranger).await.unwrap();
        let mut ask = async || {
            let begun = network.clock().now();
            stranger.write_all(b"ping").await.unwrap();
            stranger.read_exact(&mut [0; 4]).await.unwrap();
            network.clock().now() - begun
        };
        assert!(ask().await < Duration::from_millis(150));
        let slow = Conditions { latency: Duration::from_millis(100), ..Conditions::default() };
        let host = || Pattern::Host("ns.shop.test".into());
        let ways = vec![Way { from: Pattern::Outside, to: host() }, Way { from: host(), to: Pattern::Outside }];
        let fault = set(&network, Bend { ways, conditions: slow, down: None }, When::default());
        assert!(ask().await >= Duration::from_millis(200));
        assert!(fault.hits() >= 2);
        serving.abort();
    });
}

#[test]
fn a_host_that_is_down_refuses_datagrams_or_loses_them() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        tokio::task::spawn_local(echo(ns(&network).bind(53).await.unwrap()));
        let client = www(&network).bind(0).await.unwrap();
        let asked = async || {
            client.send_to(b"?", at(2, 53)).await.unwrap();
            let received = tokio::time::timeout(Duration::from_secs(1), async { client.receive(&mut [0; 8]).await });
            received.await.map(|received| received.map(drop).map_err(|error| error.kind())).ok()
        };
        assert_eq!(asked().await, Some(Ok(())));
        let fault = set(&network, down("ns.shop.test", Down::Refuse), When::default());
        assert_eq!(asked().await, Some(Err(ErrorKind::ConnectionRefused)));
        network.topology().link_faults().remove(&fault);
        let fault = set(&network, down("ns.shop.test", Down::Silence), When::default());
        assert_eq!(asked().await, None);
        network.topology().link_faults().remove(&fault);
        assert_eq!(asked().await, Some(Ok(())));
    });
}

#[test]
fn a_stranger_s_datagrams_are_refused_by_the_system_while_the_host_is_down() {
    in_real_time(|| async {
        let (network, _lease) = ports(vec![]);
        let serving = tokio::task::spawn_local(echo(ns(&network).bind(53).await.unwrap()));
        let stranger = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        stranger.connect(door(&network, 2)).await.unwrap();
        let asked = async || {
            stranger.send(b"?").await?;
            stranger.recv(&mut [0; 8]).await
        };
        assert!(asked().await.is_ok());
        let fault = set(&network, down("ns.shop.test", Down::Refuse), When::default());
        // A socket goes when its task has its turn.
        tokio::task::yield_now().await;
        assert_eq!(asked().await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        network.topology().link_faults().remove(&fault);
        tokio::task::yield_now().await;
        assert!(asked().await.is_ok());
        serving.abort();
    });
}

#[test]
fn a_stranger_meets_a_reset_as_a_reset() {
    in_real_time(|| async {
        let (network, _lease) = ports(vec![]);
        let door = door(&network, 2);
        let mut listener = ns(&network).listen(53).await.unwrap();
        tokio::task::spawn_local(async move {
            loop {
                let mut stream = listener.accept().await.unwrap();
                tokio::task::spawn_local(async move { stream.write_all(b"here I am").await });
            }
        });
        let reset = Conditions { reset: Some(4), ..Conditions::default() };
        let way = Way { from: Pattern::Host("ns.shop.test".into()), to: Pattern::Outside };
        set(&network, Bend { ways: vec![way], conditions: reset, down: None }, When::default());
        assert_eq!(heard(door).await, Err(ErrorKind::ConnectionReset));
    });
}

/// Sends back what it is sent.
async fn echo(datagrams: Datagrams) -> std::io::Result<()> {
    let answer = |arrived: Arrived<'_>, room: &mut [u8]| {
        room[..arrived.octets.len()].copy_from_slice(arrived.octets);
        Answer::Now(arrived.octets.len())
    };
    datagrams.serve(answer).await
}

/// Eight datagrams of three equal octets each, as they arrive.
fn datagrams(conditions: Conditions) -> Vec<Vec<u8>> {
    in_virtual_time(|| async {
        let network = memory(vec![rule(conditions)]);
        let server = ns(&network).bind(53).await.unwrap();
        let client = www(&network).bind(0).await.unwrap();
        for number in 0..8 {
            client.send_to(&[number; 3], at(2, 53)).await.unwrap();
        }
        let mut arrived = Vec::new();
        let mut buffer = [0; 16];
        let clock = network.clock();
        while let Ok(Ok((length, _))) =
            clock.until(clock.now() + Duration::from_secs(1), server.receive(&mut buffer)).await
        {
            arrived.push(buffer[..length].to_vec());
        }
        arrived
    })
}

type Reads = Vec<Vec<u8>>;

/// Ten octets and the end of a stream, as they are read.
fn stream(conditions: Conditions) -> Result<Reads, (Reads, ErrorKind)> {
    in_virtual_time(|| async {
        let network = memory(vec![rule(conditions)]);
        let (mut client, mut server) = connection(&network).await;
        let _ = client.write_all(b"0123456789").await;
        let _ = client.shutdown().await;
        let mut reads = Vec::new();
        let mut buffer = [0; 16];
        loop {
            match server.read(&mut buffer).await {
                Ok(0) => return Ok(reads),
                Ok(length) => reads.push(buffer[..length].to_vec()),
                Err(error) => return Err((reads, error.kind())),
            }
        }
    })
}

async fn connection(network: &Rc<Network>) -> (Stream, Stream) {
    let mut listener = ns(network).listen(53).await.unwrap();
    let client = www(network).connect(at(2, 53)).await.unwrap();
    (client, listener.accept().await.unwrap())
}

/// What a stranger hears at a door.
async fn heard(door: std::net::SocketAddr) -> Result<String, ErrorKind> {
    let mut stream = tokio::net::TcpStream::connect(door).await.map_err(|error| error.kind())?;
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.map_err(|error| error.kind())?;
    Ok(heard)
}

/// How a door is met at last, when it is to be open or not: the system takes a moment.
async fn eventually(door: std::net::SocketAddr, open: bool) -> Option<ErrorKind> {
    let mut met = heard(door).await.err();
    for _ in 0..100 {
        if met.is_none() == open && met != Some(ErrorKind::ConnectionReset) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        met = heard(door).await.err();
    }
    met
}
