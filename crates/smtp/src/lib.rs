//! Mail: what its servers, clients and readers know. Without the feature `io` there is no socket and no clock.
//!
//! The words:
//! - [`wire`]: commands, paths, replies, content, as octets and as values
//! - [`fate`]: what became of a mail for one recipient, and why
//!
//! Conversations:
//! - [`server`]: takes mails; [`client`]: delivers them
//!
//! A mail's way:
//! - [`queue`]: mails in a server's care, and how they are written down
//! - [`route`]: which exchangers, in which order
//! - [`retry`]: when it is tried again, and when it is given up
//! - [`bounce`]: how its sender is told
//! - [`trace`]: what servers write on it
//!
//! Reading:
//! - [`dissect`]: the octets of a flow as messages that a person can read; [`mbox`]: mails as other programs read them
//!
//! With sockets (feature `io`):
//! - [`config`]: the table in the lab file
//! - [`store`]: where mails are kept, in memory or on disk
//! - [`delivery`]: the queue at work
//! - `fault`: what a server does wrong on purpose
//! - [`tool`]: the client at the command line; [`solo`]: the server there
#![forbid(unsafe_code)]

pub mod bounce;
pub mod client;
#[cfg(feature = "io")]
pub mod config;
#[cfg(feature = "io")]
pub mod delivery;
pub mod dissect;
pub mod fate;
#[cfg(feature = "io")]
mod fault;
pub mod mbox;
pub mod queue;
pub mod retry;
pub mod route;
pub mod server;
#[cfg(feature = "io")]
pub mod solo;
#[cfg(feature = "io")]
pub mod store;
#[cfg(feature = "io")]
pub mod tool;
pub mod trace;
pub mod wire;

/// Mail service: a server for domains, with mailboxes, a queue and delivery to others.
#[cfg(feature = "io")]
pub const PROTOCOL: toynet_service::Protocol = toynet_service::Protocol {
    name: "smtp",
    about: "mail server",
    ports: &[(toynet_record::Transport::Tcp, 25)],
    read: config::read,
    schema: include_str!("config/schema.json"),
    recognise: dissect::opening::recognise,
    dissector: |flow| Box::new(dissect::SmtpDissector::new(flow)),
    fault: Some(fault::WORDS),
    tools: &[tool::SEND],
    solo: Some(solo::SERVE),
    exports: &[mbox::FORM],
};
