//! Turns a record into what a person reads. It knows no protocol by name: dissectors are handed to it.
//!
//! From entries to text:
//! - [`story`]: entries become things to tell, each flow through a dissector of its own
//! - [`told`]: one such thing: a message, or what happened to a flow
//! - [`select`]: which of these are shown; [`since`]: from when on
//! - [`thread`]: an exchange comes with all that it caused
//! - [`line`](mod@line): one line for people
//! - [`json`]: one object for programs
//! - [`log`]: all of it tied together
//! - [`diagram`]: a record as a UML sequence diagram
//! - [`transcript`]: one conversation as it went over the wire
//! - [`capture`]: a record as a packet capture; [`export`]: in a form of others
//!
//! Used by these:
//! - [`limit`]: what is left out when nobody keeps up, and that it is said
//! - `clean`: no peer can speak to the terminal
//! - `words`: numbers, spans and instants as people write them
//! - `paint`: the colours
#![forbid(unsafe_code)]

pub mod capture;
mod clean;
pub mod diagram;
pub mod export;
pub mod json;
pub mod limit;
pub mod line;
pub mod log;
mod paint;
pub mod select;
pub mod since;
pub mod story;
pub mod thread;
pub mod told;
pub mod transcript;
mod words;

pub use capture::Capture;
pub use diagram::Diagram;
pub use export::Export;
pub use log::{Format, Log, Show};
pub use select::Select;
pub use since::Since;
pub use story::{Dissectors, Source, Story};
pub use told::{Happening, Told, What};
pub use transcript::{Following, Transcript};

#[cfg(test)]
mod testing;
