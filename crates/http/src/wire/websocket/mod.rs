//! WebSocket as octets (RFC 6455).
//!
//! - [`frame`]: the head of a frame, both ways, and the mask
//! - [`message`]: frames put together to messages, strictly
//! - [`code`]: why a conversation is closed; `accept`: the proof that a handshake was understood

#[cfg(feature = "io")]
mod accept;
pub mod code;
pub mod frame;
pub mod message;

#[cfg(feature = "io")]
pub use accept::accept;
pub use frame::{FrameHead, Opcode};
pub use message::{Extent, Message, Reader, Sender, Violation};
