//! HTTP as octets, read by our own strict eyes: for people who want to know what broke, and where.
//!
//! - [`fault`]: the rules that a message can break, each with its section
//! - [`head`]: start line and fields of HTTP/1.x, as spans
//! - [`framing`]: how long the content of a message is
//! - [`content`]: the content itself, plain or chunked, in pieces
//! - [`challenge`]: what a server wants to know of whoever asks
//! - [`frame`]: the frames of HTTP/2
//! - [`gate`]: what of HTTP/1.x may pass to whoever reads requests; [`frame_gate`]: the same for HTTP/2;
//!   [`frame_flow`]: where one may speak between the frames of another
//! - [`hpack`]: its header compression
//! - [`three`]: the frames and streams of HTTP/3; [`qpack`]: its field compression
//! - [`fields`]: the rules for the fields of both
//! - [`websocket`]: frames and messages of WebSocket
//! - [`socks`]: what is said to a SOCKS proxy before

pub mod challenge;
pub mod content;
pub mod fault;
pub mod fields;
pub mod frame;
pub mod frame_flow;
pub mod frame_gate;
pub mod framing;
pub mod gate;
pub mod head;
pub mod hpack;
mod plain;
pub mod qpack;
pub mod socks;
pub mod three;
pub mod websocket;

pub use content::Content;
pub use fault::{Fault, Rule};
pub use frame_flow::FrameFlow;
pub use frame_gate::FrameGate;
pub use framing::Framing;
pub use gate::{Gate, Refusal};
pub use head::{Head, Kind, Start};
