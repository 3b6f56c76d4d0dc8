//! Packet captures: flows become packets that any analyser reads, and captures of others become a record.
//!
//! From a record to a capture:
//! - [`write`](mod@crate::write): what happens to flows, as a pcapng file that grows
//! - [`stream`]: a connection as TCP segments; [`packet`]: IP, TCP and UDP around octets
//! - [`tls`]: what was said inside TLS, sealed again with the keys of its connection
//!
//! From a capture to a record:
//! - [`read`](mod@crate::read): files of others, their packets put in order
//!
//! The files themselves:
//! - [`pcapng`]: blocks (draft-ietf-opsawg-pcapng), as they are written
#![forbid(unsafe_code)]

pub mod packet;
pub mod pcapng;
pub mod read;
pub mod stream;
pub mod tls;
pub mod write;

pub use read::{ReadError, Recording, is_capture, read};
pub use write::{Capture, Style};
