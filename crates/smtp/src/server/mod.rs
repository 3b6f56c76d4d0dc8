//! The server.
//!
//! - [`machine`]: one connection, without I/O: commands in, replies out, what matters to the session
//! - [`limits`]: how much and how long; [`offer`]: TLS and users; [`say`]: replies
//! - [`policy`]: for whom mail is taken, and from whom
//!
//! With sockets (feature `io`): `session` decides by the policy and hands mails to the queue; `listen`
//! has the connections.

pub mod limits;
#[cfg(feature = "io")]
mod listen;
pub mod machine;
pub mod offer;
pub mod policy;
pub mod say;
#[cfg(feature = "io")]
mod session;

pub use limits::Limits;
#[cfg(feature = "io")]
pub use listen::{SmtpServer, Ways};
pub use machine::{Client, Ending, Event, Order, ServerMachine};
pub use offer::{Auth, Offer};
pub use policy::Policy;
