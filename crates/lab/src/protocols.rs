//! The only list of protocols.

use std::rc::Rc;

use toynet_net::Resolve;

pub use toynet_service::tool;
pub use toynet_service::{Form, Protocol};

/// Every protocol that a host of a lab can speak.
pub const ALL: &[&Protocol] =
    &[&toynet_dns::PROTOCOL, &toynet_smtp::PROTOCOL, &toynet_http::PROTOCOL, &toynet_telnet::PROTOCOL];

/// The forms of others in which a record can be written down, and what must be spoken in it.
pub fn exports() -> impl Iterator<Item = (&'static Protocol, &'static Form)> {
    ALL.iter().flat_map(|protocol| protocol.exports.iter().map(move |form| (*protocol, form)))
}

/// In which names are looked up.
pub const NAMES: &Protocol = &toynet_dns::PROTOCOL;

/// How hosts look up names: they ask the lab's resolver.
pub fn resolver() -> Rc<dyn Resolve> {
    Rc::new(toynet_dns::client::Stub)
}
