//! TLS 1.2 and 1.3 with keys that are known (RFC 5246, RFC 8446).
//!
//! - [`session`]: what was said in clear is sealed again, so that an analyser with the same keys opens it
//! - [`keys`]: from a secret of the key log to sealed records and back
//! - [`suite`]: the cipher suites with authenticated encryption
//! - `hello`: the messages of a handshake that say which keys and suite

mod hello;
pub mod keys;
pub mod session;
pub mod suite;

pub use session::Session;
