//! Which dissector reads which flow.

use toynet_record::command::CommandDissector;
use toynet_record::dissect::FlowInfo;
use toynet_record::{Dissector, Transport};
use toynet_service::Protocol;

use crate::protocols;

/// The names of all that a flow may be said to speak.
pub fn names() -> impl Iterator<Item = &'static str> {
    let others = ["tcp", "udp", "quic", "tls", "command"];
    protocols::ALL.iter().map(|protocol| protocol.name).chain(others)
}

/// The protocol that speaks at a flow's port, and a dissector for the flow; nothing when none does. A typed command reads itself.
pub fn dissector(flow: FlowInfo) -> Option<(&'static str, Box<dyn Dissector>)> {
    if flow.transport == Transport::Command {
        return Some(("command", Box::new(CommandDissector)));
    }
    let at_port = |protocol: &&&toynet_service::Protocol| protocol.ports.contains(&(flow.transport, flow.port));
    let protocol = protocols::ALL.iter().find(at_port)?;
    Some((protocol.name, (protocol.dissector)(flow)))
}

/// The same, and where no protocol speaks at the port, `protocol` with all its messages explained if that
/// is wanted: for one protocol's own clients and servers, which may be at any port.
pub fn dissector_of(protocol: &Protocol, flow: FlowInfo, explain: bool) -> Option<(&'static str, Box<dyn Dissector>)> {
    let flow = FlowInfo { explain, ..flow };
    dissector(flow).or_else(|| Some((protocol.name, (protocol.dissector)(flow))))
}
