//! The shared core: the only room that does I/O.
//!
//! - [`host`]: all that a service or client may touch: listen, connect, bind, resolver, clock
//! - [`network`]: what one worker has of the lab: carrier, links, recorder
//! - [`topology`]: hosts, addresses and links as plain values, shared by all workers
//! - [`stream`], [`listener`]: connections; TLS starts on a [`Stream`] at any moment
//! - [`datagrams`]: datagrams, one by one or served in batches
//! - [`tls`], [`quic`]: what lies on top of streams and datagrams
//! - [`link`]: latency, loss, cut, reset and the like, one small file each, from the start or for a time
//! - [`fault`]: what a service does wrong on purpose: when and for whom
//! - [`notice`]: how a service is told that it is to end
//! - [`carrier`]: how sockets are made: `memory`, `ports` or `real`
//! - [`typed`]: a command that a person typed, as a cause
//! - [`doors`]: ways in from the loopback to a lab in a network of its own
//! - [`external`]: ways out to servers that the lab file names
//! - [`socks`]: a way in for programs that know proxies
//! - `pipe`: a connection inside the process, bent by links
//! - [`recorder`], `tap`: where octets are seen; protocols cannot name them
//! - [`drive`]: runs a [`Machine`](toynet_machine::Machine) on a stream
//! - [`worker`]: threads with a runtime each; [`clock`], [`resolve`], [`local`], [`socket`], [`holder`], [`memory`]: the rest
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this room makes the sockets and reads the clock"
)]

pub mod carrier;
pub mod clock;
pub mod datagrams;
pub mod doors;
pub mod drive;
pub mod external;
pub mod fault;
pub mod holder;
pub mod host;
pub mod link;
pub mod listener;
pub mod local;
pub mod memory;
pub mod network;
pub mod notice;
mod pipe;
pub mod quic;
pub mod recorder;
pub mod resolve;
pub mod socket;
pub mod socks;
pub mod stream;
mod tap;
pub mod tls;
pub mod topology;
pub mod typed;
pub mod worker;

pub use carrier::Carrier;
pub use clock::Clock;
pub use datagrams::{Answer, Arrived, Datagrams};
pub use host::Host;
pub use listener::Listener;
pub use network::Network;
pub use notice::Notice;
pub use recorder::{Recorder, Records};
pub use resolve::{LocalFuture, Resolve};
pub use stream::Stream;
pub use topology::{Topology, TopologyHost};
