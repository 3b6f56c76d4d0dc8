//! HTTP: what is served, how it looks on the wire, and what was said.
//!
//! - [`target`]: the forms of a request target
//! - [`host`]: which site a request is for
//! - [`site`]: from a request to a response, over a tree of files
//! - [`wire`]: octets read strictly: heads, contents, frames, header compression
//! - [`dissect`]: what was said, for people
//! - [`har`]: exchanges as browsers' tools write them down
//! - `digest`: the digests of Digest authentication, as both sides make them
//! - `fault`: what a server does wrong on purpose
//! - [`server`], [`client`]: connections of HTTP/1.1 and HTTP/2, by hyper, and of HTTP/3; `three`: what both sides of that do;
//!   `local`: hyper's tasks; `tunnel`: what goes on where HTTP has ended
//! - [`config`]: a web site's table in the lab file
//! - `tool`: the clients at the command line; `probe`: a test of any server; `solo`: a site that stands alone
#![forbid(unsafe_code)]

#[cfg(feature = "io")]
pub mod client;
#[cfg(feature = "io")]
pub mod config;
#[cfg(feature = "io")]
mod digest;
pub mod dissect;
#[cfg(feature = "io")]
mod fault;
#[cfg(feature = "io")]
pub mod har;
pub mod host;
#[cfg(feature = "io")]
mod local;
#[cfg(feature = "io")]
mod probe;
#[cfg(feature = "io")]
pub mod server;
pub mod site;
#[cfg(feature = "io")]
mod solo;
pub mod target;
#[cfg(feature = "io")]
mod three;
#[cfg(feature = "io")]
mod tool;
#[cfg(feature = "io")]
mod tunnel;
pub mod wire;

/// HTTP as the lab knows it.
#[cfg(feature = "io")]
pub const PROTOCOL: toynet_service::Protocol = toynet_service::Protocol {
    name: "http",
    about: "web site",
    // 8080 is where servers behind a proxy mostly are.
    ports: &[
        (toynet_record::Transport::Tcp, 80),
        (toynet_record::Transport::Tcp, 443),
        (toynet_record::Transport::Tcp, 8080),
        (toynet_record::Transport::Quic, 443),
    ],
    read: config::read,
    schema: include_str!("config/schema.json"),
    recognise: dissect::opening::recognise,
    dissector: |info| Box::new(dissect::HttpDissector::new(info)),
    fault: Some(fault::WORDS),
    tools: tool::TOOLS,
    solo: Some(solo::SOLO),
    exports: &[har::FORM],
};
