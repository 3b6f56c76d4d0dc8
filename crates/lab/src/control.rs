//! How other programs of the same user ask and steer a running lab.
//!
//! A lab listens on a socket in its owner's private folder. A client sends one line of JSON, the
//! lab answers with lines of JSON; each carries the version of this protocol.
//!
//! | ask | answer |
//! |---|---|
//! | `status` | one line: the table of the lab, its process, how long it has run, what is recorded |
//! | `record` | a line with the hosts' names and addresses, then lines with entries as they come |
//! | `join` | a line with all that it takes to act as a host; then the client tells what it saw, a line at a time |
//! | `fault` | one line: the faults that are set after the change |
//! | `stop` | one line, and the lab ends |
//!
//! - [`message`]: the lines; [`server`]: the lab's side; [`client`]: the other

pub mod client;
pub mod message;
pub mod server;

pub use client::Client;
pub use message::{Answer, Ask};
