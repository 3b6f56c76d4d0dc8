//! A message as Wireshark exports it (its exported_pdu.h): tags that say what it is, then its octets.

use std::net::{IpAddr, SocketAddr};

use toynet_record::{Flow, Side, Transport};

use super::Said;

/// What stands before the messages of one flow.
#[derive(Debug)]
pub(super) struct Frame {
    initiator: SocketAddr,
    acceptor: SocketAddr,
    transport: Transport,
    protocol: &'static str,
    /// Whether the initiator began with the preface of HTTP/2 (RFC 9113 section 3.4).
    http2: bool,
}

impl Frame {
    pub fn new(flow: &Flow) -> Self {
        let (initiator, acceptor) = (flow.initiator.address, flow.acceptor.address);
        Self { initiator, acceptor, transport: flow.transport, protocol: UNKNOWN, http2: false }
    }

    pub fn set_protocol(&mut self, protocol: &'static str) {
        self.protocol = protocol;
    }

    pub fn is_of_datagrams(&self) -> bool {
        self.transport == Transport::Udp
    }

    pub fn look_at(&mut self, said: &Said<'_>) {
        self.http2 |= said.by == Side::Initiator && said.octets.starts_with(PREFACE);
    }

    /// The octets with tags before them.
    pub fn around(&self, by: Side, octets: &[u8]) -> Vec<u8> {
        let (from, to) = match by {
            Side::Initiator => (self.initiator, self.acceptor),
            Side::Acceptor => (self.acceptor, self.initiator),
        };
        let mut out = Vec::with_capacity(octets.len() + TAGS);
        tag(&mut out, DISSECTOR, self.dissector().as_bytes());
        for (address, v4, v6) in [(from, IPV4_SOURCE, IPV6_SOURCE), (to, IPV4_DESTINATION, IPV6_DESTINATION)] {
            match address.ip() {
                IpAddr::V4(ip) => tag(&mut out, v4, &ip.octets()),
                IpAddr::V6(ip) => tag(&mut out, v6, &ip.octets()),
            }
        }
        tag(&mut out, PORT_TYPE, &self.port_type().to_be_bytes());
        tag(&mut out, SOURCE_PORT, &u32::from(from.port()).to_be_bytes());
        tag(&mut out, DESTINATION_PORT, &u32::from(to.port()).to_be_bytes());
        tag(&mut out, END, &[]);
        out.extend(octets);
        out
    }

    fn dissector(&self) -> &'static str {
        if self.http2 { "http2" } else { self.protocol }
    }

    fn port_type(&self) -> u32 {
        if self.is_of_datagrams() { UDP } else { TCP }
    }
}

fn tag(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend(code.to_be_bytes());
    out.extend((value.len().next_multiple_of(4) as u16).to_be_bytes());
    out.extend(value);
    out.resize(out.len() + value.len().next_multiple_of(4) - value.len(), 0);
}

/// Of one frame: Wireshark takes packets of up to 256 KiB.
pub(super) const LARGEST: usize = 128 * 1024;
/// Wireshark's name for octets that mean nothing to it.
const UNKNOWN: &str = "data";
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";
/// All tags, with room for a long name.
const TAGS: usize = 128;
const END: u16 = 0;
const DISSECTOR: u16 = 12;
const IPV4_SOURCE: u16 = 20;
const IPV4_DESTINATION: u16 = 21;
const IPV6_SOURCE: u16 = 22;
const IPV6_DESTINATION: u16 = 23;
const PORT_TYPE: u16 = 24;
const SOURCE_PORT: u16 = 25;
const DESTINATION_PORT: u16 = 26;
const TCP: u32 = 2;
const UDP: u32 = 3;
