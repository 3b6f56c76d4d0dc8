//! DNS: what its servers, resolvers and readers know. Without the feature `io` there is no socket and no clock.
//!
//! The words:
//! - [`name`]: domain names in wire form and as text
//! - [`codes`]: the numbers of types, classes, response codes and their names
//! - [`rdata`]: what stands in records of each type: one table, text and octets from it
//! - [`record`]: one resource record; `calendar`, `spans` and `dnssec`: dates, times and numbers in some of them
//! - [`wire`]: messages: a query read in place, a response written in place, any message as far as it makes sense
//!
//! Authority:
//! - [`zonefile`]: master files to records, with every mistake at its place
//! - [`zone`]: a zone compiled for answering; the zone of a name
//! - [`answer`]: from zones and a request to a response: the hot path
//! - [`reply`]: a response as it grows: sections, sizes, EDNS, truncation
//! - [`transfer`]: a whole zone, message by message
//! - [`reverse`]: addresses as names
//! - [`outside`]: the zones as seen from outside the lab
//!
//! Recursion:
//! - [`lookup`]: the iterative resolver as a machine
//! - [`cache`]: what it remembers
//! - [`recursive`]: what a recursive server says from either
//!
//! Reading:
//! - [`dissect`]: the octets of a flow as messages that a person can read
//!
//! With sockets (feature `io`):
//! - [`config`]: the table in the lab file; `load`: the zone files that it names
//! - [`server`]: the name server; `solo`: one that stands alone
//! - [`client`]: the stub resolver; [`tool`]: clients at the command line
//! - `fault`: what the server does wrong on purpose
#![forbid(unsafe_code)]

pub mod answer;
pub mod cache;
mod calendar;
#[cfg(feature = "io")]
pub mod client;
pub mod codes;
#[cfg(feature = "io")]
pub mod config;
pub mod dissect;
mod dnssec;
#[cfg(feature = "io")]
mod fault;
#[cfg(feature = "io")]
mod load;
pub mod lookup;
pub mod name;
pub mod outside;
pub mod rdata;
pub mod record;
pub mod recursive;
pub mod reply;
pub mod reverse;
#[cfg(feature = "io")]
pub mod server;
#[cfg(feature = "io")]
mod solo;
mod spans;
#[cfg(feature = "io")]
pub mod tool;
pub mod transfer;
pub mod wire;
pub mod zone;
pub mod zonefile;

/// Name service: authoritative, and recursive where the lab file says so.
#[cfg(feature = "io")]
pub const PROTOCOL: toynet_service::Protocol = toynet_service::Protocol {
    name: "dns",
    about: "name server",
    ports: &[(toynet_record::Transport::Udp, 53), (toynet_record::Transport::Tcp, 53)],
    read: config::read,
    schema: include_str!("config.schema.json"),
    recognise: dissect::opening::recognise,
    dissector: |flow| Box::new(dissect::DnsDissector::new(flow)),
    fault: Some(fault::WORDS),
    tools: tool::TOOLS,
    solo: Some(solo::SOLO),
    exports: &[],
};
