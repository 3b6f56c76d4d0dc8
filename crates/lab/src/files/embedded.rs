//! What the binary brings along.

use std::io;
use std::path::PathBuf;

use include_dir::{Dir, DirEntry};
use toynet_service::Files;
use toynet_service::place::{FileKind, Folder};

/// A folder inside the binary.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    folder: &'static Dir<'static>,
}

impl Embedded {
    /// The files of `folder`, which may lie in another.
    pub const fn new(folder: &'static Dir<'static>) -> Self {
        Self { folder }
    }

    /// The path as the outermost folder has it.
    fn whole(&self, path: &str) -> PathBuf {
        self.folder.path().join(clean(path))
    }
}

impl Files for Embedded {
    fn text(&self, path: &str) -> io::Result<String> {
        let file = self.folder.get_file(self.whole(path)).ok_or(io::ErrorKind::NotFound)?;
        let text = file.contents_utf8().ok_or(io::ErrorKind::InvalidData)?;
        Ok(text.to_owned())
    }

    fn kind(&self, path: &str) -> FileKind {
        match self.folder.get_entry(self.whole(path)) {
            Some(DirEntry::Dir(_)) => FileKind::Folder,
            Some(DirEntry::File(_)) => FileKind::File,
            None => FileKind::Missing,
        }
    }

    fn folder(&self, path: &str) -> io::Result<Folder> {
        let folder = self.folder.get_dir(self.whole(path)).ok_or(io::ErrorKind::NotADirectory)?;
        let mut files = Vec::new();
        gather(folder, folder.path().to_string_lossy().len() + 1, &mut files);
        Ok(Folder::Embedded(files))
    }
}

fn gather(folder: &'static Dir<'static>, prefix: usize, files: &mut Vec<(String, &'static [u8])>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(inner) => gather(inner, prefix, files),
            DirEntry::File(file) => {
                let path = file.path().to_string_lossy().replace('\\', "/");
                files.push((path[prefix..].to_owned(), file.contents()));
            }
        }
    }
}

fn clean(path: &str) -> &str {
    path.trim_start_matches("./").trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab_file::CONFIGS;

    #[test]
    fn a_folder_is_told_with_paths_inside_it() {
        let files = Embedded::new(&CONFIGS);
        let Folder::Embedded(found) = files.folder("sites/shop/").unwrap() else { unreachable!() };
        assert!(found.iter().any(|(path, octets)| path == "index.html" && !octets.is_empty()), "{found:?}");
    }

    #[test]
    fn what_is_there_is_known() {
        let files = Embedded::new(&CONFIGS);
        assert_eq!(files.kind("internet.toml"), FileKind::File);
        assert_eq!(files.kind("sites"), FileKind::Folder);
        assert_eq!(files.kind("../Cargo.toml"), FileKind::Missing);
        assert!(files.text("nothing.toml").is_err());
    }
}
