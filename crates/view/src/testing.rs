//! What the tests of this crate share: four hosts, a protocol of one line each, and records made by hand.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use toynet_machine::Time;
use toynet_record::dissect::{FlowInfo, Message, Role, Said};
use toynet_record::{
    Cause, Closing, Direction, Dissector, EndId, Entry, Flow, FlowId, Journal, Party, Roster, Seen, Side, Transport,
};

use crate::story::Dissectors;
use crate::told::{Told, What};

pub(crate) const WWW: u8 = 1;
pub(crate) const NS: u8 = 2;
pub(crate) const RESOLVER: u8 = 3;
pub(crate) const ROOT: u8 = 4;

pub(crate) fn roster() -> Roster {
    let mut roster = Roster::default();
    for (host, name) in
        [(WWW, "www.shop.test"), (NS, "ns.shop.test"), (RESOLVER, "resolver.test"), (ROOT, "a.root.test")]
    {
        roster.add(name, [address(host, 0).ip()]);
    }
    roster
}

/// Port 53 speaks `dns`, port 80 `http`: one line each in both; what is spoken at other ports is unknown.
pub(crate) fn dissectors() -> Dissectors {
    Rc::new(|info: FlowInfo, _: &Flow| {
        let protocol = match info.port {
            53 => "dns",
            80 => "http",
            _ => return None,
        };
        Some((protocol, Box::new(Lines::default())))
    })
}

/// 12:04:05 and so many milliseconds.
pub(crate) fn at(millis: u64) -> Time {
    Time::from_secs(43_445) + Duration::from_millis(millis)
}

/// A request of `you` to the name server.
pub(crate) fn told(flow: u64, exchange: u64, summary: &str) -> Told {
    message(flow, exchange, Role::Request, summary)
}

/// The name server's answer.
pub(crate) fn answer(flow: u64, exchange: u64, summary: &str) -> Told {
    message(flow, exchange, Role::Answer, summary)
}

fn message(flow: u64, exchange: u64, role: Role, summary: &str) -> Told {
    let (time, by) = (Time::from_secs(1), if role == Role::Request { Side::Initiator } else { Side::Acceptor });
    let message = line(exchange, by, role, time, summary);
    let what = What::Message { message, took: None };
    Told {
        number: 0,
        flow: Rc::new(a_flow(flow)),
        protocol: "dns",
        secured: false,
        exchange,
        cause: None,
        time,
        by,
        what,
    }
}

fn a_flow(id: u64) -> Flow {
    Flow {
        id: FlowId(id),
        transport: Transport::Udp,
        stream: None,
        initiator: Party { host: None, address: you(5000) },
        acceptor: Party { host: Some("ns.shop.test".into()), address: address(NS, 53) },
        cause: None,
        opened: Time::from_secs(1),
        joined_late: false,
    }
}

/// A record as it is made by hand. Ends are numbered by whoever makes it.
#[derive(Default)]
pub(crate) struct Record(pub Vec<Entry<'static>>);

impl Record {
    /// A connection from `you` to `host`.
    pub fn accept(&mut self, millis: u64, end: u64, host: u8) -> &mut Self {
        let (local, peer) = (address(host, port(host)), you(40_000 + end as u16));
        self.open(millis, end, Side::Acceptor, (local, peer), None)
    }

    /// A connection from one host to another, for the sake of an exchange of another end.
    pub fn connect(&mut self, millis: u64, end: u64, hosts: (u8, u8), cause: Option<(u64, u64)>) -> &mut Self {
        let addresses = (address(hosts.0, 40_000 + end as u16), address(hosts.1, port(hosts.1)));
        self.open(millis, end, Side::Initiator, addresses, cause)
    }

    /// The other end of the connection between two hosts that the first opened as end `of`.
    pub fn accept_from(&mut self, millis: u64, end: u64, hosts: (u8, u8), of: u64) -> &mut Self {
        let addresses = (address(hosts.1, port(hosts.1)), address(hosts.0, 40_000 + of as u16));
        self.open(millis, end, Side::Acceptor, addresses, None)
    }

    /// A socket of `host` that serves datagrams.
    pub fn serve(&mut self, millis: u64, end: u64, host: u8) -> &mut Self {
        let (transport, nobody) = (Transport::Udp, SocketAddr::from(([0, 0, 0, 0], 0)));
        let local = address(host, port(host));
        self.add(
            millis,
            end,
            Seen::Opened { side: Side::Acceptor, transport, stream: None, local, peer: nobody, cause: None },
        )
    }

    pub fn datagram(&mut self, millis: u64, end: u64, direction: Direction, text: &'static str) -> &mut Self {
        self.add(millis, end, Seen::Datagram { direction, peer: you(5000), number: 1, octets: text.as_bytes() })
    }

    pub fn send(&mut self, millis: u64, end: u64, text: &'static str) -> &mut Self {
        self.add(millis, end, Seen::Octets { direction: Direction::Sent, number: 1, octets: text.as_bytes() })
    }

    pub fn receive(&mut self, millis: u64, end: u64, text: &'static str) -> &mut Self {
        self.add(millis, end, Seen::Octets { direction: Direction::Received, number: 1, octets: text.as_bytes() })
    }

    pub fn close(&mut self, millis: u64, end: u64, how: Closing) -> &mut Self {
        self.add(millis, end, Seen::Closed { how })
    }

    pub fn add(&mut self, millis: u64, end: u64, seen: Seen<'static>) -> &mut Self {
        let order = self.0.len() as u64;
        self.0.push(Entry { end: EndId::new(0, end), time: at(millis), order, seen });
        self
    }

    pub fn journal(&self) -> Journal {
        let mut bytes = Vec::new();
        self.0.iter().for_each(|entry| entry.write(&mut bytes));
        Journal::from(bytes)
    }

    fn open(
        &mut self,
        millis: u64,
        end: u64,
        side: Side,
        (local, peer): (SocketAddr, SocketAddr),
        cause: Option<(u64, u64)>,
    ) -> &mut Self {
        let cause = cause.map(|(end, exchange)| Cause { end: EndId::new(0, end), exchange });
        self.add(millis, end, Seen::Opened { side, transport: Transport::Tcp, stream: None, local, peer, cause })
    }
}

pub(crate) fn cause(end: u64, exchange: u64) -> Cause {
    Cause { end: EndId::new(0, end), exchange }
}

fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([198, 18, 0, host], port))
}

fn you(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn port(host: u8) -> u16 {
    if host == WWW { 80 } else { 53 }
}

/// All that is said at once is a message. What the server says answers the oldest request; `~` says that it
/// does not end the exchange, `!` that it failed. What is between angle brackets is a secret.
#[derive(Default)]
struct Lines {
    asked: u64,
    answered: u64,
}

impl Dissector for Lines {
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        let text = String::from_utf8_lossy(said.octets);
        let (exchange, role) = match said.by {
            Side::Initiator => {
                self.asked += 1;
                (self.asked, Role::Request)
            }
            Side::Acceptor if self.answered == self.asked => (0, Role::Interim),
            Side::Acceptor if text.starts_with('~') => (self.answered + 1, Role::Interim),
            Side::Acceptor => {
                self.answered += 1;
                (self.answered, Role::Answer)
            }
        };
        out.push(line(exchange, said.by, role, said.time, &text));
    }

    fn hole(&mut self, _: Side, _: u64, _: Time, _: &mut Vec<Message>) {}

    fn closed(&mut self, _: Time, _: &mut Vec<Message>) {}
}

fn line(exchange: u64, by: Side, role: Role, time: Time, text: &str) -> Message {
    let secret = text.find('<').zip(text.find('>')).map(|(from, to)| from + 1..to);
    let (secrets, failed) = (secret.into_iter().collect(), text.starts_with('!'));
    Message { exchange, role, secrets, failed, octets: text.len() as u64, ..Message::new(by, time, text) }
}
