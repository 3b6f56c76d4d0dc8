//! Systems without such sockets: a lab runs and hears no commands. What is private is so by the user's own folders.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use tokio::net::{TcpListener, TcpStream};

/// A connection to or from a lab's control socket; there is none here.
pub type Stream = TcpStream;

/// # Errors
/// Always.
pub async fn listen(_: &Path) -> io::Result<TcpListener> {
    Err(io::ErrorKind::Unsupported.into())
}

/// # Errors
/// Always.
pub async fn connect(_: &Path) -> io::Result<Stream> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nobody is there.
pub fn process_at(_: &Stream) -> Option<i32> {
    None
}

/// Makes a folder, with all above it.
///
/// # Errors
/// As the file system says.
pub fn private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// The folder that a file is in says whose it is.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Users have no numbers here, and folders for temporary files of their own.
///
/// # Errors
/// None.
pub fn user() -> io::Result<u32> {
    Ok(0)
}

/// Whether `path` is a folder.
///
/// # Errors
/// As the file system says.
pub fn is_private_folder(path: &Path) -> io::Result<bool> {
    Ok(fs::symlink_metadata(path)?.is_dir())
}
