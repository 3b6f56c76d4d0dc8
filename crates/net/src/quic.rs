//! QUIC (RFC 9000) over a lab's datagrams; each stream is a flow of its own, recorded in clear.
//!
//! - `endpoint`: who connects and who is connected to; `connection`: what lies between; `pair`: its streams
//! - `refusal`: why there is no connection; `fault`: what goes wrong on purpose while one begins; `marks`: where it is
//!   told what links do
//! - `socket`, `runtime`: datagrams, time and tasks as quinn wants them; `limits`: what may be on its way

mod connection;
mod endpoint;
mod fault;
mod limits;
mod marks;
mod pair;
mod refusal;
mod runtime;
mod socket;

pub use connection::Connection;
pub use endpoint::{Arriving, Endpoint};
pub use pair::GivenUp;
pub(crate) use pair::Pair;
