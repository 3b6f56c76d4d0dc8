//! What happens to flows becomes a pcapng file that grows.
//!
//! - `live`: what is known of a flow while it lasts
//! - `pdu`: a message as Wireshark exports it, without the network around it

mod live;
mod pdu;

use std::collections::BTreeMap;
use std::net::IpAddr;

use toynet_machine::Time;
use toynet_record::{Event, Flow, FlowId, Roster, Side, Transport};

use crate::pcapng::{Blocks, LinkType, Packet};
use crate::stream::Sent;
use live::Live;

/// How a record is shown to an analyser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As packets on a wire: handshakes, segments, ends; TLS sealed with the keys in the file.
    #[default]
    Packets,
    /// A frame for each message, in clear, with nothing of the network but addresses and ports.
    Messages,
}

/// Something to be known of a flow, which will stand at a packet of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Which flow.
    pub flow: FlowId,
    /// Whose doing it was.
    pub by: Side,
    /// What is spoken there, in Wireshark's name for it.
    pub protocol: &'static str,
    /// Whether it is a message that one side said in full.
    pub is_message: bool,
    /// Whether it is about the packet that side sent last, and not the one that follows.
    pub is_after: bool,
    /// One line.
    pub text: String,
}

/// Octets of one side.
#[derive(Clone, Copy, Debug)]
struct Said<'a> {
    by: Side,
    octets: &'a [u8],
}

/// A capture that is being written. It holds a bounded amount as long as what it wrote is taken.
///
/// For each entry of a record: first [`remark`](Capture::remark) on what it brings, then
/// [`hear`](Capture::hear) it.
#[derive(Debug)]
pub struct Capture {
    blocks: Blocks,
    style: Style,
    interfaces: BTreeMap<String, u32>,
    /// The interface of flows between strangers; that of QUIC's streams follows it.
    elsewhere: u32,
    flows: BTreeMap<FlowId, Live>,
    remarks: BTreeMap<FlowId, Vec<Remark>>,
    /// Whose packet was written last.
    last: Option<(FlowId, Side)>,
    holds_keys: bool,
}

impl Capture {
    /// A capture of what passes among these hosts, made by `application`; each of them is an interface.
    pub fn new(application: &str, comment: &str, roster: &Roster, style: Style) -> Self {
        let mut blocks = Blocks::default();
        blocks.section(application, comment);
        let link = link(style);
        let mut interfaces = BTreeMap::new();
        for (number, (name, addresses)) in (0..).zip(roster.hosts()) {
            blocks.interface(link, name, addresses);
            interfaces.entry(name.to_owned()).or_insert(number);
        }
        blocks.interface(link, ELSEWHERE, &[]);
        blocks.interface(LinkType::Pdu, STREAMS, &[]);
        blocks.names(names(roster).into_iter());
        let (flows, remarks) = (BTreeMap::new(), BTreeMap::new());
        let elsewhere = roster.hosts().count() as u32;
        Self { blocks, style, interfaces, elsewhere, flows, remarks, last: None, holds_keys: false }
    }

    /// Takes note that a host, known or not, has an address.
    pub fn named(&mut self, host: &str, address: IpAddr) {
        if !self.interfaces.contains_key(host) {
            self.blocks.interface(link(self.style), host, &[address]);
            // Behind the hosts that were there first, elsewhere and the streams of QUIC.
            let number = self.interfaces.values().max().map_or(0, |last| last + 1).max(self.elsewhere + 2);
            self.interfaces.insert(host.to_owned(), number);
        }
        self.blocks.names([(address, host)].into_iter());
    }

    /// Takes note of what will stand at the next packet of a flow.
    pub fn remark(&mut self, remark: Remark) {
        if remark.is_after && self.last == Some((remark.flow, remark.by)) && self.blocks.comment(&remark.text) {
            return;
        }
        let remarks = self.remarks.entry(remark.flow).or_default();
        if remarks.len() < MOST_REMARKS {
            remarks.push(remark);
        }
        while self.remarks.len() > FLOWS {
            self.remarks.pop_first();
        }
    }

    /// Takes what happened to a flow.
    pub fn hear(&mut self, event: &Event<'_>) {
        match *event {
            Event::Opened(ref flow) => self.open(flow),
            Event::Said { flow, by, time, octets } => self.said(flow, time, &Said { by, octets }),
            Event::Hole { flow, by, time, length } => self.with(flow, time, |live| live.hole(by, length)),
            Event::Secret { flow, line } => self.secret(flow, line),
            Event::Secured { flow, time, terms } => self.secured(flow, time, terms),
            Event::Shut { flow, time, .. } => self.with(flow, time, Live::shut),
            Event::Closed { flow, time, how } => {
                self.flush(flow, time);
                self.with(flow, time, |live| live.closed(how));
                self.flows.remove(&flow);
                self.remarks.remove(&flow);
            }
            Event::Because { .. } | Event::Fault { .. } | Event::Unsecured { .. } => {}
        }
    }

    /// Writes what was said and is no whole message, as it stands.
    pub fn finish(&mut self, now: Time) {
        let flows: Vec<FlowId> = self.flows.keys().copied().collect();
        flows.into_iter().for_each(|flow| self.flush(flow, now));
    }

    /// Takes what is ready: whole blocks.
    pub fn take(&mut self) -> Vec<u8> {
        self.blocks.take()
    }

    /// Whether keys of TLS are in it.
    pub fn holds_keys(&self) -> bool {
        self.holds_keys
    }

    fn open(&mut self, flow: &Flow) {
        if flow.transport == Transport::Command {
            self.remarks.remove(&flow.id);
            return;
        }
        let (interface, side) = self.interface(flow);
        let (live, sent) = Live::open(flow, interface, side, self.style);
        self.flows.insert(flow.id, live);
        while self.flows.len() > FLOWS {
            self.flows.pop_first();
        }
        self.write(flow.id, flow.opened, &sent.into_iter().collect::<Vec<_>>());
    }

    fn said(&mut self, flow: FlowId, time: Time, said: &Said<'_>) {
        let Some(live) = self.flows.get_mut(&flow) else { return };
        if !live.is_told_by_message() {
            return self.with(flow, time, |live| live.said(said));
        }
        let remarks = self.remarks.get(&flow).map(Vec::as_slice).unwrap_or_default();
        for frame in live.add(said, remarks) {
            self.write(flow, time, &[frame]);
        }
    }

    fn flush(&mut self, flow: FlowId, time: Time) {
        let remarks = self.remarks.get(&flow).map(Vec::as_slice).unwrap_or_default();
        let frames = self.flows.get_mut(&flow).map(|live| live.rest(remarks)).unwrap_or_default();
        frames.into_iter().for_each(|frame| self.write(flow, time, &[frame]));
    }

    fn secret(&mut self, flow: FlowId, line: &str) {
        let Some(live) = self.flows.get_mut(&flow).filter(|live| !live.is_told_by_message()) else { return };
        live.secret(line);
        self.blocks.secrets(&format!("{line}\n"));
        self.holds_keys = true;
    }

    fn secured(&mut self, flow: FlowId, time: Time, terms: &str) {
        let Some(live) = self.flows.get_mut(&flow).filter(|live| !live.is_told_by_message()) else { return };
        let sent = live.secured(terms);
        let text = if live.is_sealed() { MADE_ANEW } else { NO_KEYS };
        let (by, protocol, text) = (Side::Initiator, "tls", text.to_owned());
        self.remark(Remark { flow, by, protocol, is_message: false, is_after: false, text });
        self.write(flow, time, &sent);
    }

    fn with(&mut self, flow: FlowId, time: Time, act: impl FnOnce(&mut Live) -> Vec<Sent>) {
        let sent = self.flows.get_mut(&flow).map(act).unwrap_or_default();
        self.write(flow, time, &sent);
    }

    /// Writes packets; the last one bears what was remarked.
    fn write(&mut self, flow: FlowId, time: Time, sent: &[Sent]) {
        let Some(live) = self.flows.get(&flow).filter(|_| !sent.is_empty()) else { return };
        let remarks = self.remarks.remove(&flow).unwrap_or_default();
        let comments: Vec<String> = remarks.into_iter().map(|remark| remark.text).collect();
        for (number, Sent { by, octets }) in (1..).zip(sent) {
            let comments = if number == sent.len() { &comments[..] } else { &[] };
            let (interface, outbound) = (live.interface, *by == live.side);
            self.blocks.packet(&Packet { interface, time, outbound, octets, comments });
            self.last = Some((flow, *by));
        }
    }

    /// Where a flow is seen: at its server, otherwise at its client; and on which side that stands.
    fn interface(&self, flow: &Flow) -> (u32, Side) {
        let elsewhere = self.elsewhere;
        if flow.transport == Transport::Quic && self.style == Style::Packets {
            return (elsewhere + 1, Side::Acceptor);
        }
        let at = |host: &Option<String>| self.interfaces.get(host.as_deref()?).copied();
        let server = at(&flow.acceptor.host).map(|number| (number, Side::Acceptor));
        let client = || at(&flow.initiator.host).map(|number| (number, Side::Initiator));
        server.or_else(client).unwrap_or((elsewhere, Side::Acceptor))
    }
}

fn link(style: Style) -> LinkType {
    match style {
        Style::Packets => LinkType::Ip,
        Style::Messages => LinkType::Pdu,
    }
}

/// The hosts' names, and that of whoever comes from outside over the loopback.
fn names(roster: &Roster) -> Vec<(IpAddr, &str)> {
    let hosts = roster.hosts().flat_map(|(name, addresses)| addresses.iter().map(move |address| (*address, name)));
    let you =
        ["127.0.0.1", "::1"].into_iter().filter_map(|text| text.parse().ok()).map(|address: IpAddr| (address, "you"));
    hosts.chain(you.filter(|(address, _)| roster.name(*address).is_none())).collect()
}

const MADE_ANEW: &str = "the record keeps what was said inside TLS: this handshake and the TLS records after it are made \
anew with the connection's keys; its certificates are not shown";
const NO_KEYS: &str = "from here on all was said inside TLS; its keys are not known, so it stands here in clear";
/// The interface of flows between strangers.
const ELSEWHERE: &str = "elsewhere";
/// The interface of what is said in streams of QUIC, whose packets the record does not have.
const STREAMS: &str = "quic streams";
/// Flows that are known at once, some 300 octets each: at 10,000 a second what is answered within six seconds.
const FLOWS: usize = 64 * 1024;
/// At one packet: as many messages as fit into one read of a pipelining client.
const MOST_REMARKS: usize = 1000;
