//! A folder on disk.

use std::fs;
use std::io;
use std::path::PathBuf;

use toynet_service::Files;
use toynet_service::place::{FileKind, Folder};

/// The files on disk, relative to a folder.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// The files as seen from `folder`, which is that of the lab file.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Files for Disk {
    fn text(&self, path: &str) -> io::Result<String> {
        fs::read_to_string(self.folder.join(path))
    }

    fn kind(&self, path: &str) -> FileKind {
        match fs::metadata(self.folder.join(path)) {
            Ok(found) if found.is_dir() => FileKind::Folder,
            Ok(_) => FileKind::File,
            Err(_) => FileKind::Missing,
        }
    }

    fn folder(&self, path: &str) -> io::Result<Folder> {
        let folder = self.folder.join(path);
        fs::read_dir(&folder).map(|_| Folder::Disk(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_at_the_folder() {
        let files = Disk::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(files.kind("src"), FileKind::Folder);
        assert_eq!(files.kind("src/lib.rs"), FileKind::File);
        assert_eq!(files.kind("nothing"), FileKind::Missing);
        assert!(files.text("src/lib.rs").is_ok());
        assert!(files.folder("src/lib.rs").is_err());
    }
}
