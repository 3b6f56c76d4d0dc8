//! Where a lab keeps what it needs while it runs.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toynet_net::local::{is_private_folder, private_folder, user};

/// The folders that belong to this user's labs.
#[derive(Clone, Debug)]
pub struct Folders {
    runtime: PathBuf,
    state: Option<PathBuf>,
}

/// `XDG_STATE_HOME`, or where it is by default (XDG Base Directory Specification).
fn state_home() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
}

impl Folders {
    /// This user's folders, made if they are missing: below `XDG_RUNTIME_DIR`, otherwise below the
    /// folder for temporary files under the user's number.
    ///
    /// # Errors
    /// When they cannot be made, or are somebody else's.
    pub fn of_user() -> io::Result<Self> {
        let runtime = match env::var_os("XDG_RUNTIME_DIR").filter(|folder| Path::new(folder).is_absolute()) {
            Some(folder) => PathBuf::from(folder).join("toynet"),
            None => env::temp_dir().join(format!("toynet-{}", user()?)),
        };
        private_folder(&runtime).map_err(|error| not_made(&runtime, &error, "XDG_RUNTIME_DIR"))?;
        if !is_private_folder(&runtime)? {
            let what = format!("{} is not a private folder of yours", runtime.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
        }
        Ok(Self { runtime, state: state_home().map(|folder| folder.join("toynet")) })
    }

    /// Where the running lab of this name listens to its owner's commands.
    pub fn control_socket(&self, lab: &str) -> PathBuf {
        self.runtime.join(lab).join("control.sock")
    }

    /// A file of the process of this number that lasts no longer than the running lab does.
    pub fn passing_file(&self, lab: &str, process: u32, name: &str) -> PathBuf {
        self.runtime.join(lab).join(format!("{process}-{name}"))
    }

    /// Where the lab of this name keeps what must outlive it: mail, boards, keys. None where this user
    /// has no home.
    pub fn state(&self, lab: &str) -> Option<PathBuf> {
        self.state.as_ref().map(|folder| folder.join(lab))
    }

    /// Makes the lab's folder for state, which only its owner can enter, and says where it is.
    ///
    /// # Errors
    /// As the file system says.
    pub fn keep_state(&self, lab: &str) -> io::Result<Option<PathBuf>> {
        let folder = self.state(lab);
        folder.iter().try_for_each(|folder| {
            private_folder(folder).map_err(|error| not_made(folder, &error, "XDG_STATE_HOME"))
        })?;
        Ok(folder)
    }

    /// Throws away what a lab that does not run has kept.
    ///
    /// # Errors
    /// As the file system says.
    pub fn start_afresh(&self, lab: &str) -> io::Result<()> {
        match self.state(lab).map(fs::remove_dir_all) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Some(Ok(()) | Err(_)) | None => Ok(()),
        }
    }

    /// The names under which labs run, or have run and left something behind.
    pub fn labs(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.runtime).into_iter().flatten().flatten();
        let with_socket = entries.filter(|entry| entry.path().join("control.sock").exists());
        let mut names: Vec<String> = with_socket.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// The names of labs that have kept something, in alphabetical order.
    pub fn kept(&self) -> Vec<String> {
        let entries = self.state.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// Forgets a lab that has ended.
    pub fn forget(&self, lab: &str) {
        // What is gone already needs no removing, and what stays is taken over by the next run.
        let _ = fs::remove_dir_all(self.runtime.join(lab));
    }
}

fn not_made(folder: &Path, error: &io::Error, variable: &str) -> io::Error {
    // `su` leaves that of another user.
    let advice = match env::var_os(variable) {
        Some(_) => format!("{variable} says so: unset it, or let it name another"),
        None => format!("{variable} can name another"),
    };
    io::Error::new(error.kind(), format!("the folder {} cannot be made: {error}; {advice}", folder.display()))
}
