//! What the tests of the whole binary share.
//!
//! - [`alone`]: a site of the real binary that stands alone
//! - [`lab`]: a running lab of the real binary, in folders of its own, stopped when dropped
//! - [`status`]: what `toynet status --json` says, as values
//! - [`run`]: a program run to its end, within a limit
//! - [`tools`]: programs that must be installed; a missing one is a counted skip, and a failure in CI
//! - [`dig`]: what dig printed, as values
//! - [`scripted`]: a web server that says what it was told to
//! - [`sockets`]: what sockets a process holds
//! - [`tap`]: a relay of the real binary
//! - [`tshark`]: what Wireshark makes of a capture
//! - [`world`]: the tests' lab in a world, and what runs inside it
//! - [`wire`]: plain sockets, for what no tool would send
#![allow(dead_code, unused_imports, reason = "each test file uses a part of this")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]

pub mod alone;
pub mod dig;
pub mod lab;
pub mod run;
pub mod scripted;
pub mod sockets;
pub mod status;
pub mod tap;
pub mod tools;
pub mod tshark;
pub mod wire;
pub mod world;

pub use dig::dig;
pub use lab::Lab;
pub use run::{Outcome, run, shell};
pub use tools::tool;
