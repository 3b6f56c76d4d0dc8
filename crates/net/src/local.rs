//! What only this user's programs can reach: sockets in the file system, by which they speak with a running lab, folders
//! and files.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use elsewhere::{Stream, connect, is_private_folder, listen, private_file, private_folder, process_at, user};
#[cfg(unix)]
pub use unix::{Stream, connect, is_private_folder, listen, private_file, private_folder, process_at, user};
