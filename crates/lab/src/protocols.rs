//! The only list of protocols.

use std::rc::Rc;

use toynet_net::Resolve;

pub use toynet_service::Protocol;
pub use toynet_service::tool;

/// Every protocol that a host of a lab can speak.
pub const ALL: &[&Protocol] =
    &[&toynet_dns::PROTOCOL, &toynet_smtp::PROTOCOL, &toynet_http::PROTOCOL, &toynet_telnet::PROTOCOL];

/// How hosts look up names: they ask the lab's resolver.
pub fn resolver() -> Rc<dyn Resolve> {
    Rc::new(toynet_dns::client::Stub)
}
