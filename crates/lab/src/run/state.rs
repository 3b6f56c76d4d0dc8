//! Where a lab keeps what it needs while it runs.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use toynet_net::local::private_folder;

/// The folders that belong to this user's labs.
#[derive(Clone, Debug)]
pub struct Folders {
    runtime: PathBuf,
}

impl Folders {
    /// This user's folders, made if they are missing: below `XDG_RUNTIME_DIR`, otherwise below the
    /// folder for temporary files under the user's number.
    ///
    /// # Errors
    /// When they cannot be made, or are somebody else's.
    pub fn of_user() -> io::Result<Self> {
        let me = fs::metadata("/proc/self").or_else(|_| fs::metadata(env::current_dir()?))?.uid();
        let runtime = match env::var_os("XDG_RUNTIME_DIR").filter(|folder| Path::new(folder).is_absolute()) {
            Some(folder) => PathBuf::from(folder).join("toynet"),
            None => env::temp_dir().join(format!("toynet-{me}")),
        };
        private_folder(&runtime)?;
        let found = fs::symlink_metadata(&runtime)?;
        if !found.is_dir() || found.uid() != me || found.mode() & 0o077 != 0 {
            let what = format!("{} is not a private folder of yours", runtime.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
        }
        Ok(Self { runtime })
    }

    /// Where the running lab of this name listens to its owner's commands.
    pub fn control_socket(&self, lab: &str) -> PathBuf {
        self.runtime.join(lab).join("control.sock")
    }

    /// The names under which labs run, or have run and left something behind.
    pub fn labs(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.runtime).into_iter().flatten().flatten();
        let with_socket = entries.filter(|entry| entry.path().join("control.sock").exists());
        let mut names: Vec<String> = with_socket.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// Forgets a lab that has ended.
    pub fn forget(&self, lab: &str) {
        let socket = self.control_socket(lab);
        // What is gone already needs no removing, and what stays is taken over by the next run.
        let _ = fs::remove_file(&socket);
        let _ = socket.parent().map(fs::remove_dir);
    }
}
