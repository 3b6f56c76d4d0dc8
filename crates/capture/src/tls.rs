//! TLS 1.2 and 1.3 with keys that are known (RFC 5246, RFC 8446).
//!
//! Both ways:
//! - [`keys`]: from a secret of the key log to sealed records and back
//! - [`suite`]: the cipher suites with authenticated encryption
//! - `hello`: the messages of a handshake that say which keys and suite
//!
//! Written:
//! - [`session`]: what was said in clear is sealed again, so that an analyser with the same keys opens it
//!
//! Read:
//! - [`open`](mod@open): a journal in which TLS passed, with the clear text instead
//! - [`follow`]: one connection; `way`: one side of it
//! - `record`: octets become records; `handshake`: their messages; `certificate`: names in these
//! - [`keylog`]: the secrets of many connections; `others`: suites that stay closed, by name

mod certificate;
pub mod follow;
mod handshake;
mod hello;
pub mod keylog;
pub mod keys;
pub mod open;
mod others;
mod record;
pub mod session;
pub mod suite;
mod way;

pub use follow::Follower;
pub use keylog::KeyLog;
pub use open::Opener;
pub use session::Session;
