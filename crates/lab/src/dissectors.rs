//! Which dissector reads which flow.
//!
//! - `listen`: one that finds out what is spoken

mod listen;

use toynet_record::command::CommandDissector;
use toynet_record::dissect::FlowInfo;
use toynet_record::{Dissector, Transport};
use toynet_service::Protocol;

use crate::protocols;
use listen::Listener;

/// The names of all that a flow may be said to speak.
pub fn names() -> impl Iterator<Item = &'static str> {
    let others = ["tcp", "udp", "quic", "tls", "command"];
    protocols::ALL.iter().map(|protocol| protocol.name).chain(others)
}

/// The protocol that speaks at a flow's port, or at the port that labs raise so, and a dissector for the flow; where none
/// does, one that listens. A typed command reads itself.
pub fn dissector(flow: FlowInfo) -> Option<(&'static str, Box<dyn Dissector>)> {
    at_port(flow).or_else(|| listener(flow, None))
}

/// A dissector that listens, and where nobody takes what is said for its own, that of the protocol at the flow's port.
pub fn listening(flow: FlowInfo) -> Option<(&'static str, Box<dyn Dissector>)> {
    listener(flow, of_port(flow)).or_else(|| at_port(flow))
}

/// The dissector of the flow's port, and where no protocol speaks at the port, `protocol` with all its messages explained
/// if that is wanted: for one protocol's own clients and servers, which may be at any port.
pub fn dissector_of(protocol: &Protocol, flow: FlowInfo, explain: bool) -> Option<(&'static str, Box<dyn Dissector>)> {
    let flow = FlowInfo { explain, ..flow };
    at_port(flow).or_else(|| Some((protocol.name, (protocol.dissector)(flow))))
}

fn at_port(flow: FlowInfo) -> Option<(&'static str, Box<dyn Dissector>)> {
    if flow.transport == Transport::Command {
        return Some(("command", Box::new(CommandDissector)));
    }
    let protocol = of_port(flow)?;
    Some((protocol.name, (protocol.dissector)(flow)))
}

fn of_port(flow: FlowInfo) -> Option<&'static Protocol> {
    let at =
        |port: u16| protocols::ALL.iter().copied().find(|protocol| protocol.ports.contains(&(flow.transport, port)));
    at(flow.port).or_else(|| at(flow.port.checked_sub(RAISED)?))
}

fn listener(flow: FlowInfo, otherwise: Option<&'static Protocol>) -> Option<(&'static str, Box<dyn Dissector>)> {
    let name = match flow.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
        Transport::Quic | Transport::Command => return None,
    };
    Some((name, Box::new(Listener::new(flow, otherwise))))
}

/// The protocol of this name; without one, that which is spoken at `port`, or at the port that labs raise so.
pub fn protocol(name: Option<&str>, port: u16) -> Option<&'static Protocol> {
    let speaks =
        |port: u16| protocols::ALL.iter().copied().find(|protocol| protocol.ports.iter().any(|(_, one)| *one == port));
    match name {
        Some(name) => protocols::ALL.iter().copied().find(|protocol| protocol.name == name),
        None => speaks(port).or_else(|| speaks(port.checked_sub(RAISED)?)),
    }
}

/// The port that a server at `port` would have in a lab: that where labs raise standard ports, otherwise the first one of
/// the protocol of this name, if it is none of its.
pub fn standing_for(name: Option<&str>, port: u16) -> u16 {
    let protocols = || protocols::ALL.iter().filter(|protocol| name.is_none_or(|name| protocol.name == name));
    let is_known = |wanted: &u16| protocols().any(|protocol| protocol.ports.iter().any(|(_, one)| one == wanted));
    let known = port.checked_sub(RAISED).filter(is_known).or_else(|| Some(port).filter(is_known));
    known.or_else(|| standard_port(name?)).unwrap_or(port)
}

/// The port at which a protocol is spoken first of all.
pub fn standard_port(name: &str) -> Option<u16> {
    Some(protocol(Some(name), 0)?.ports.first()?.1)
}

/// Where standard ports are reserved to the system.
const RAISED: u16 = 8000;
