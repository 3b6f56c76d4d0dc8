//! The client.
//!
//! - [`machine`]: one connection, without I/O: mails in, commands out, what became of them to the session
//! - [`limits`]: how long it waits
//!
//! With sockets (feature `io`): `send` connects to a server and delivers mails.

pub mod limits;
pub mod machine;
#[cfg(feature = "io")]
mod send;

pub use machine::{ClientMachine, Dsn, Ending, Event, Letter, Order};
#[cfg(feature = "io")]
pub use send::send;
