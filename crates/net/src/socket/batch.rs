//! Many datagrams in one system call.

use std::net::SocketAddr;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
pub(crate) use linux::Batch;
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::Batch;

/// A datagram of a batch, with room for its answer.
pub(crate) struct Slot<'a> {
    pub from: SocketAddr,
    pub octets: &'a [u8],
    pub answer: &'a mut [u8],
}

/// As many as wait in practice; more gains nothing, since the call itself is not what is dear.
const SLOTS: usize = 32;
/// The largest datagram that UDP carries. Only the pages that are written take memory.
const LARGEST: usize = 65_536;
