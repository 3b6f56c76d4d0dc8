//! The contract of a protocol without I/O.
//!
//! - [`time`]: instants and spans as values; nothing here reads a clock
//! - [`random`]: generators that are seeded from (lab seed, who, what)
//! - [`machine`]: one connection's protocol: bytes and the time in; events, bytes and deadlines out
#![forbid(unsafe_code)]

pub mod machine;
pub mod random;
pub mod time;

pub use machine::Machine;
pub use random::Random;
pub use time::Time;
