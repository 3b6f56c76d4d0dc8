//! What only this user's programs can reach: sockets in the file system, by which they speak with a running lab, folders
//! and files.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use elsewhere as system;
#[cfg(unix)]
use unix as system;

pub use system::{Stream, connect, is_private_folder, listen, private, private_folder, process_at, user};
