//! Telnet: a host to log in to, its terminal's side, and what was said between them.
//!
//! The words:
//! - [`codes`]: the numbers of commands and options, and their names
//! - [`wire`]: octets and what they mean to Telnet, both ways
//! - [`nvt`]: text: where a line ends, both ways; [`utf8`]: its characters
//! - [`option`]: the table of options, which cannot loop
//! - [`subnegotiation`]: what options have to say
//!
//! A line as it is typed:
//! - [`key`]: what a person presses; [`editor`]: what keys do to a line; [`screen`]: what is seen of it
//!
//! The two sides, as machines:
//! - [`server`]: options, line editing, echo, the idle limit
//! - [`client`]: options, what is shown, what is typed
//!
//! What people do there:
//! - [`shell`]: what a line means
//! - [`board`]: posts that stay
//!
//! Reading:
//! - [`dissect`]: the octets of a flow as messages that a person can read
//!
//! With sockets (feature `io`):
//! - [`config`]: the table in the lab file
//! - [`serve`]: sessions; [`lobby`]: who is here, and what they say to each other
//! - [`reach`]: what a session does in the lab: look up names, fetch pages, send mail
//! - [`call`]: a connection to any Telnet server
//! - `date`: as people and mails have it
//! - `fault`: what a server does wrong on purpose
//! - [`tool`]: the client at the command line; [`solo`]: the server alone
#![forbid(unsafe_code)]

pub mod board;
#[cfg(feature = "io")]
pub mod call;
pub mod client;
pub mod codes;
#[cfg(feature = "io")]
pub mod config;
#[cfg(feature = "io")]
mod date;
pub mod dissect;
pub mod editor;
#[cfg(feature = "io")]
mod fault;
pub mod key;
#[cfg(feature = "io")]
pub mod lobby;
pub mod nvt;
pub mod option;
#[cfg(feature = "io")]
pub mod reach;
pub mod screen;
#[cfg(feature = "io")]
pub mod serve;
pub mod server;
pub mod shell;
#[cfg(feature = "io")]
pub mod solo;
pub mod subnegotiation;
#[cfg(feature = "io")]
pub mod tool;
pub mod utf8;
pub mod wire;

/// Telnet: a bulletin board to log in to.
#[cfg(feature = "io")]
pub const PROTOCOL: toynet_service::Protocol = toynet_service::Protocol {
    name: "telnet",
    about: "bulletin board",
    ports: &[(toynet_record::Transport::Tcp, 23)],
    read: config::read,
    schema: include_str!("config/schema.json"),
    recognise: dissect::opening::recognise,
    dissector: |flow| Box::new(dissect::TelnetDissector::new(flow)),
    fault: Some(fault::WORDS),
    tools: &[tool::TELNET],
    solo: Some(solo::SOLO),
    exports: &[],
};
