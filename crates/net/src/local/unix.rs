//! Unix: sockets in the file system, modes and owners.

use std::env;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process;

use tokio::net::{UnixListener, UnixStream};

/// A connection to or from a lab's control socket.
pub type Stream = UnixStream;

/// Listens at `path`, which only its owner can reach. A socket that nobody listens on any more is
/// taken over.
///
/// # Errors
/// [`io::ErrorKind::AddrInUse`] when somebody listens there; as the file system says.
pub async fn listen(path: &Path) -> io::Result<UnixListener> {
    if UnixStream::connect(path).await.is_ok() {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    for _ in 1..ATTEMPTS {
        match listen_anew(path) {
            // Somebody has just swept away what another lab had left there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            listening => return listening,
        }
    }
    listen_anew(path)
}

/// The socket shows up when it is listened on: one that is not is taken for a dead lab's.
fn listen_anew(path: &Path) -> io::Result<UnixListener> {
    // No longer than the name that it gets, which may be all that fits (unix(7)).
    let draft = path.with_file_name(format!("{:x}", process::id()));
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&draft)?;
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o600))?;
    fs::rename(&draft, path)?;
    Ok(listener)
}

/// Connects to whoever listens at `path`.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] or [`io::ErrorKind::ConnectionRefused`] when nobody does.
pub async fn connect(path: &Path) -> io::Result<Stream> {
    UnixStream::connect(path).await
}

/// The number of the process at the other end; 0 where that is one of another world.
pub fn process_at(stream: &Stream) -> Option<i32> {
    stream.peer_cred().ok()?.pid()
}

/// Makes a folder that only its owner can enter, with all above it.
///
/// # Errors
/// As the file system says.
pub fn private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A file that these make anew is one that only its owner can open.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// The number of this user.
///
/// # Errors
/// When the system does not tell.
pub fn user() -> io::Result<u32> {
    Ok(fs::metadata("/proc/self").or_else(|_| fs::metadata(env::current_dir()?))?.uid())
}

/// Whether `path` is a folder of this user's that nobody else can enter.
///
/// # Errors
/// As the file system says.
pub fn is_private_folder(path: &Path) -> io::Result<bool> {
    let found = fs::symlink_metadata(path)?;
    Ok(found.is_dir() && found.uid() == user()? && found.mode() & 0o077 == 0)
}

/// Whoever sweeps does so once for each lab that is found dead.
const ATTEMPTS: usize = 3;
