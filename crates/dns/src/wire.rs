//! Messages as octets (RFC 1035 4.1).
//!
//! - [`query`]: a query read in place, for the hot path
//! - [`writer`]: a response written in place, with compressed names
//! - [`option`]: what stands in OPT records
//! - [`message`]: any message as values, up to the octet where it breaks

pub mod message;
pub mod option;
pub mod query;
pub mod writer;

pub use message::{Broken, Decoded, Message, Question, Section};
pub use query::{Asked, Edns, Flags, Query, Unreadable};
pub use writer::{Full, Mark, Writer};

/// Octets of a message's header (RFC 1035 4.1.1).
pub const HEADER: usize = 12;
/// What a client that says nothing can take in a datagram (RFC 1035 4.2.1).
pub const MIN_PAYLOAD: usize = 512;
/// What fits into a datagram on any path without fragments (DNS flag day 2020; RFC 9715 3).
pub const SAFE_PAYLOAD: u16 = 1232;
/// Octets of an OPT record without options (RFC 6891 6.1.2).
pub const OPT: usize = 11;

/// Bits of the header's second pair of octets (RFC 1035 4.1.1, RFC 4035 3.2).
pub mod flag {
    /// A response.
    pub const QR: u16 = 0x8000;
    /// An authoritative answer.
    pub const AA: u16 = 0x0400;
    /// Truncated.
    pub const TC: u16 = 0x0200;
    /// Recursion desired.
    pub const RD: u16 = 0x0100;
    /// Recursion available.
    pub const RA: u16 = 0x0080;
    /// Authentic data.
    pub const AD: u16 = 0x0020;
    /// Checking disabled.
    pub const CD: u16 = 0x0010;
}

pub(crate) fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*octets.get(at)?, *octets.get(at + 1)?]))
}

pub(crate) fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(octets.get(at..at + 4)?.try_into().ok()?))
}
