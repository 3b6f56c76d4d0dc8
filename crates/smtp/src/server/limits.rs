//! How much a server takes, and how long it waits.

use std::time::Duration;

/// A server's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The octets of a message.
    pub message: u64,
    /// The recipients of a message.
    pub recipients: usize,
    /// Mistakes in commands until the connection is closed.
    pub mistakes: u32,
    /// How long the next command, or the next [`BLOCK`] of content, may take.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message: LARGEST, recipients: MOST_RECIPIENTS, mistakes: MOST_MISTAKES, patience: PATIENCE }
    }
}

/// So many octets of content count as progress: a slower peer holds a connection for nothing.
pub const BLOCK: u64 = 1024;
/// What the great mail providers take, so that tests with attachments pass here as they do there.
const LARGEST: u64 = 25 * 1024 * 1024;
/// RFC 5321 4.5.3.1.8 asks for 100 at least; as Postfix.
const MOST_RECIPIENTS: usize = 1000;
/// As Postfix (smtpd_hard_error_limit): whoever makes more speaks another protocol.
const MOST_MISTAKES: u32 = 20;
/// RFC 5321 4.5.3.2.7; its content is given as long for each block.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
