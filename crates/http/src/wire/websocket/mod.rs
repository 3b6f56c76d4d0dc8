//! WebSocket as octets (RFC 6455).
//!
//! - [`frame`]: the head of a frame, both ways, and the mask
//! - [`message`]: frames put together to messages, strictly
//! - [`code`]: why a conversation is closed

pub mod code;
pub mod frame;
pub mod message;

pub use frame::{FrameHead, Opcode};
pub use message::{Extent, Message, Reader, Sender, Violation};
