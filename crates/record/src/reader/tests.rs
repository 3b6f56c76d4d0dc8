use super::*;
use crate::{Direction, EndId};

const CLIENT: EndId = EndId::new(0, 1);
const SERVER: EndId = EndId::new(1, 1);

#[test]
fn a_flow_with_both_ends_in_the_lab_is_told_once() {
    let (www, ns) = (address(1, 40_000), address(2, 53));
    let told = read(&[
        (CLIENT, opened(Side::Initiator, Transport::Tcp, www, ns, None)),
        (SERVER, opened(Side::Acceptor, Transport::Tcp, ns, www, None)),
        (CLIENT, octets(Direction::Sent, b"ask")),
        (SERVER, octets(Direction::Received, b"ask")),
        (SERVER, octets(Direction::Sent, b"say")),
        (CLIENT, octets(Direction::Received, b"say")),
    ]);
    assert_eq!(told, ["open 1 www.shop.test>ns.shop.test", "1 Initiator ask", "1 Acceptor say"]);
}

#[test]
fn what_one_end_does_wrong_is_told_whichever_tells_the_rest() {
    let (www, ns) = (address(1, 40_000), address(2, 53));
    let wrong = |what| Seen::Fault { direction: Direction::Sent, number: 1, what };
    let mut reader = Reader::default();
    let mut told = Vec::new();
    let entries = [
        (CLIENT, opened(Side::Initiator, Transport::Tcp, www, ns, None)),
        (SERVER, opened(Side::Acceptor, Transport::Tcp, ns, www, None)),
        (SERVER, wrong("status 503")),
        (CLIENT, wrong("latency 1s")),
    ];
    for (order, (end, seen)) in (0..).zip(entries) {
        reader.read(&Entry { end, time: Time::default(), order, seen }, |event| {
            if let Event::Fault { by, what, .. } = event {
                told.push((by, what.to_owned()));
            }
        });
    }
    assert_eq!(told, [(Side::Acceptor, "status 503".to_owned()), (Side::Initiator, "latency 1s".to_owned())]);
}

#[test]
fn streams_of_one_connection_are_told_apart_and_each_is_told_once() {
    let (www, ns) = (address(1, 40_000), address(2, 443));
    let (first, second) = (SERVER, EndId::new(1, 2));
    let served = EndId::new(1, 3);
    let ends: Vec<EndId> = (1..=3).map(|count| EndId::new(0, count)).collect();
    let told = read(&[
        (ends[0], stream(0, Side::Initiator, www, ns)),
        (ends[1], stream(4, Side::Initiator, www, ns)),
        (first, stream(0, Side::Acceptor, ns, www)),
        (second, stream(4, Side::Acceptor, ns, www)),
        (served, stream(3, Side::Acceptor, ns, www)),
        (ends[2], stream(3, Side::Initiator, www, ns)),
        (ends[2], octets(Direction::Received, b"settings")),
        (served, octets(Direction::Sent, b"settings")),
        (EndId::new(1, 9), opened(Side::Initiator, Transport::Tcp, ns, www, Some(Cause { end: first, exchange: 1 }))),
    ]);
    let expected = [
        "open 1 www.shop.test>ns.shop.test",
        "open 2 www.shop.test>ns.shop.test",
        "open 3 www.shop.test>ns.shop.test",
        "3 Acceptor settings",
        "open 4 ns.shop.test>www.shop.test for 1.1",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_stranger_s_flow_is_told_by_the_server() {
    let (you, ns) = (stranger(5_000), address(2, 53));
    let told = read(&[
        (SERVER, opened(Side::Acceptor, Transport::Tcp, ns, you, None)),
        (SERVER, octets(Direction::Received, b"ask")),
    ]);
    assert_eq!(told, ["open 1 you>ns.shop.test", "1 Initiator ask"]);
}

#[test]
fn each_peer_of_a_socket_has_its_own_flow() {
    let ns = address(2, 53);
    let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
    let told = read(&[
        (SERVER, opened(Side::Acceptor, Transport::Udp, ns, nobody, None)),
        (SERVER, datagram(Direction::Received, stranger(1), 1)),
        (SERVER, datagram(Direction::Received, stranger(2), 2)),
        (SERVER, datagram(Direction::Sent, stranger(1), 1)),
    ]);
    assert_eq!(
        told,
        ["open 1 you>ns.shop.test", "1 Initiator x", "open 2 you>ns.shop.test", "2 Initiator x", "1 Acceptor x"]
    );
}

#[test]
fn a_cause_at_a_datagram_socket_names_flow_and_exchange() {
    let (resolver, ns) = (address(1, 53), address(2, 53));
    let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
    let cause = Some(Cause { end: SERVER, exchange: 2 });
    let told = read(&[
        (SERVER, opened(Side::Acceptor, Transport::Udp, resolver, nobody, None)),
        (SERVER, datagram(Direction::Received, stranger(9), 1)),
        (SERVER, datagram(Direction::Received, stranger(9), 2)),
        (CLIENT, opened(Side::Initiator, Transport::Udp, address(1, 40_000), ns, cause)),
    ]);
    assert_eq!(told[3], "open 2 www.shop.test>ns.shop.test for 1.2");
}

#[test]
fn a_socket_serves_both_families_of_its_host() {
    let (www, ns) = (address6(1, 40_000), address6(2, 53));
    let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
    let told = read(&[
        (SERVER, opened(Side::Acceptor, Transport::Udp, address(2, 53), nobody, None)),
        (CLIENT, opened(Side::Initiator, Transport::Udp, www, ns, None)),
        (CLIENT, octets(Direction::Sent, b"ask")),
        (SERVER, datagram(Direction::Received, www, 1)),
    ]);
    assert_eq!(told, ["open 1 www.shop.test>ns.shop.test", "1 Initiator ask"]);
}

#[test]
fn a_flow_whose_beginning_is_gone_is_joined_late() {
    let (ns, you) = (address(2, 53), stranger(5_000));
    let again = || Seen::Again { side: Side::Acceptor, transport: Transport::Tcp, stream: None, local: ns, peer: you };
    let told = read(&[
        (SERVER, octets(Direction::Received, b"lost")),
        (SERVER, again()),
        (SERVER, octets(Direction::Received, b"ask")),
        (SERVER, again()),
        (SERVER, octets(Direction::Sent, b"say")),
    ]);
    assert_eq!(told, ["open 1 you>ns.shop.test late", "1 Initiator ask", "1 Acceptor say"]);
}

fn read(seen: &[(EndId, Seen<'static>)]) -> Vec<String> {
    let mut roster = Roster::default();
    roster.add("www.shop.test", [address(1, 0).ip(), address6(1, 0).ip()]);
    roster.add("ns.shop.test", [address(2, 0).ip(), address6(2, 0).ip()]);
    let mut reader = Reader::new(roster);
    let mut told = Vec::new();
    for (order, (end, seen)) in (0..).zip(seen) {
        let entry = Entry { end: *end, time: Time::from_nanos(order), order, seen: seen.clone() };
        reader.read(&entry, |event| told.push(in_words(&event)));
    }
    told
}

fn in_words(event: &Event<'_>) -> String {
    match event {
        Event::Opened(flow) => {
            let name = |party: &Party| party.host.clone().unwrap_or_else(|| "you".into());
            let cause = flow.cause.map(|cause| format!(" for {}.{}", cause.flow, cause.exchange));
            let (from, to) = (name(&flow.initiator), name(&flow.acceptor));
            let late = if flow.joined_late { " late" } else { "" };
            format!("open {} {from}>{to}{}{late}", flow.id, cause.unwrap_or_default())
        }
        Event::Said { flow, by, octets, .. } => format!("{flow} {by:?} {}", octets.escape_ascii()),
        other => format!("{other:?}"),
    }
}

fn opened(
    side: Side,
    transport: Transport,
    local: SocketAddr,
    peer: SocketAddr,
    cause: Option<Cause>,
) -> Seen<'static> {
    Seen::Opened { side, transport, stream: None, local, peer, cause }
}

fn stream(number: u64, side: Side, local: SocketAddr, peer: SocketAddr) -> Seen<'static> {
    Seen::Opened { side, transport: Transport::Quic, stream: Some(number), local, peer, cause: None }
}

fn octets(direction: Direction, octets: &'static [u8]) -> Seen<'static> {
    Seen::Octets { direction, number: 1, octets }
}

fn datagram(direction: Direction, peer: SocketAddr, number: u64) -> Seen<'static> {
    Seen::Datagram { direction, peer, number, octets: b"x" }
}

fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([198, 18, 0, host], port))
}

fn address6(host: u16, port: u16) -> SocketAddr {
    SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, host], port))
}

fn stranger(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
