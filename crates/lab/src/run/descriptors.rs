//! How many files may be open, and what to say when those are too few.

use std::io;

use toynet_net::socket;

/// Why there can be no more.
#[derive(Debug, thiserror::Error)]
pub enum Few {
    /// The system does not say how many there may be.
    #[error("the limit of open files is not to be known: {0}")]
    Unknown(io::Error),
    /// There may be fewer than are needed.
    #[error(
        "this needs {needed} open files, and {limit} is the limit here (`ulimit -Hn`): raise it, as root or in \
         /etc/security/limits.conf"
    )]
    Limit {
        /// How many are needed before anybody connects.
        needed: u64,
        /// How many there may be at most.
        limit: u64,
    },
}

/// Sees to it that this process may open so many files, and those that any command needs: it takes all that the system
/// lets it have if the limit that was set for it is lower. Says how many there may be.
///
/// # Errors
/// When it may not have so many.
pub fn allow(beyond: u64) -> Result<u64, Few> {
    let needed = beyond + LEAST;
    let limit = socket::allow_descriptors(needed).map_err(Few::Unknown)?;
    if limit < needed { Err(Few::Limit { needed, limit }) } else { Ok(limit) }
}

/// Sees to the same for the sockets of a lab, and that they are opened at once.
pub(super) fn make_room(sockets: u64) -> Result<(), Few> {
    socket::raise_descriptor_limit().map_err(Few::Unknown)?;
    let limit = allow(sockets)?;
    // Where there is no room yet it is made when it is needed, which only takes longer.
    let _ = socket::make_room_for_descriptors(limit.min(sockets + CONNECTIONS));
    Ok(())
}

/// Standard streams, a runtime, the ways to a lab and to a world, with some to spare.
const LEAST: u64 = 48;
/// As many may come before the table of descriptors grows; it costs eight octets for each.
const CONNECTIONS: u64 = 1000;
