//! A lab file's text and the files beside it: from disk, from the binary, or from a program's own text.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use toynet_service::{Files, Mistake, Protocol};

use crate::files::{Disk, Embedded};
use crate::plan::{self, Plan};

/// A lab file and what it can name.
#[derive(Clone, Debug)]
pub struct LabFile {
    /// The file as a person would name it.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The files beside it.
    pub files: Arc<dyn Files>,
}

impl LabFile {
    /// The file at `path`.
    ///
    /// # Errors
    /// When it cannot be read as text.
    pub fn open(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self { path: path.display().to_string(), ..Self::from_text(text, folder) })
    }

    /// Text that is in no file; paths in it start at `folder`.
    pub fn from_text(text: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self { path: "lab.toml".to_owned(), text: text.into(), files: Arc::new(Disk::new(folder)) }
    }

    /// The lab that is inside the binary under this name: `internet`, `hello`, `slow-link`.
    pub fn built_in(name: &str) -> Option<Self> {
        let files = Embedded::new(&CONFIGS);
        let path = format!("{name}.toml");
        let text = files.text(&path).ok()?;
        Some(Self { path, text, files: Arc::new(files) })
    }

    /// The names of the labs that are inside the binary, in alphabetical order.
    pub fn built_in_names() -> Vec<&'static str> {
        let paths = CONFIGS.files().filter_map(|file| file.path().to_str());
        let mut names: Vec<&str> = paths.filter_map(|path| path.strip_suffix(".toml")).collect();
        names.sort_unstable();
        names
    }

    /// What follows from the file.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn plan(&self, protocols: &[&'static Protocol]) -> Result<Plan, Vec<Mistake>> {
        plan::plan(&self.text, self.stem(), &*self.files, protocols)
    }

    /// The file's name without folder and ending: the lab's name unless it gives itself one.
    fn stem(&self) -> &str {
        let stem = Path::new(&self.path).file_stem().and_then(|stem| stem.to_str());
        stem.unwrap_or("lab")
    }
}

pub(crate) static CONFIGS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../configs");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes;

    #[test]
    fn every_lab_in_the_binary_is_without_mistakes() {
        for name in LabFile::built_in_names() {
            let plan = LabFile::built_in(name).unwrap().plan(fakes::ALL);
            assert!(plan.is_ok(), "{name}: {:?}", plan.err());
        }
    }

    #[test]
    fn the_built_in_labs_are_known() {
        assert_eq!(LabFile::built_in_names(), ["hello", "internet", "slow-link"]);
        assert!(LabFile::built_in("nothing").is_none());
    }
}
