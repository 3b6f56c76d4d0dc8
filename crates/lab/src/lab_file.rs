//! A lab file's text and the files beside it: from disk, from the binary, or from a program's own text.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use toynet_service::{Files, Mistake, Protocol, near};

use crate::files::{Disk, Embedded};
use crate::plan::{self, Numbers, Plan};
use crate::spec::is_lab_name;

/// A lab file and what it can name.
#[derive(Clone, Debug)]
pub struct LabFile {
    /// The file as a person would name it.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The files beside it.
    pub files: Arc<dyn Files>,
    /// Where it is on disk, if it is.
    pub place: Option<PathBuf>,
}

impl LabFile {
    /// The file at `path`.
    ///
    /// # Errors
    /// When it cannot be read as text.
    pub fn open(path: &Path) -> io::Result<Self> {
        let text = text(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let place = std::path::absolute(path).ok();
        Ok(Self { path: path.display().to_string(), place, ..Self::from_text(text, folder) })
    }

    /// Text that is in no file; paths in it start at `folder`.
    pub fn from_text(text: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self { path: "lab.toml".to_owned(), text: text.into(), files: Arc::new(Disk::new(folder)), place: None }
    }

    /// The lab that is inside the binary under this name: `internet`, `hello`, `broken/wrong-mx`.
    pub fn built_in(name: &str) -> Option<Self> {
        let (folder, stem) = match name.rsplit_once('/') {
            Some((folder, stem)) => (CONFIGS.get_dir(folder)?, stem),
            None => (&CONFIGS, name),
        };
        let files = Embedded::new(folder);
        let text = files.text(&format!("{stem}.toml")).ok()?;
        Some(Self { path: format!("{name}.toml"), text, files: Arc::new(files), place: None })
    }

    /// The same file as it is by now.
    ///
    /// # Errors
    /// When it cannot be read as text.
    pub fn again(&self) -> io::Result<Self> {
        let text = self.place.as_deref().map(text).transpose()?;
        Ok(Self { text: text.unwrap_or_else(|| self.text.clone()), ..self.clone() })
    }

    /// The names of the labs that are inside the binary, in alphabetical order; those in folders come last.
    pub fn built_in_names() -> Vec<&'static str> {
        let folders = std::iter::once(&CONFIGS).chain(CONFIGS.dirs());
        let paths = folders.flat_map(|folder| folder.files()).filter_map(|file| file.path().to_str());
        let mut names: Vec<&str> = paths.filter_map(|path| path.strip_suffix(".toml")).collect();
        names.sort_unstable_by_key(|name| (name.contains('/'), *name));
        names
    }

    /// The lab inside the binary that was meant by this name, mistyped or with the ending of a file.
    pub fn built_in_like(name: &str) -> Option<&'static str> {
        near::nearest(name.rsplit_once('.').map_or(name, |(stem, _)| stem), Self::built_in_names())
    }

    /// What follows from the file.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn plan(&self, protocols: &[&'static Protocol]) -> Result<Plan, Vec<Mistake>> {
        self.plan_keeping(protocols, &Numbers::default())
    }

    /// The same, where hosts whose numbers are `known` keep them.
    ///
    /// # Errors
    /// As for [`LabFile::plan`].
    pub(crate) fn plan_keeping(&self, protocols: &[&'static Protocol], known: &Numbers) -> Result<Plan, Vec<Mistake>> {
        plan::plan(&self.text, &self.stem(), &*self.files, protocols, known)
    }

    /// The file's name without folder and ending, as far as a lab can be called so: the lab's name unless
    /// it gives itself one.
    fn stem(&self) -> String {
        let stem = Path::new(&self.path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = stem.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-");
        let name = name.trim_matches('-');
        if is_lab_name(name) { name.to_owned() } else { "lab".to_owned() }
    }
}

fn text(path: &Path) -> io::Result<String> {
    let mut octets = Vec::new();
    fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > LARGEST {
        let what = format!("it is larger than {} MiB, as no lab file is", LARGEST >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    if UTF_16.iter().any(|mark| octets.starts_with(mark)) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is UTF-16; save it as UTF-8"));
    }
    String::from_utf8(octets).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|octet| **octet == b'\n').count() + 1;
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not UTF-8 text"))
    })
}

/// Several times what the most hosts that fit into a lab take.
const LARGEST: u64 = 16 * 1024 * 1024;

/// How a file begins that some editors and shells of Windows write (RFC 2781 section 3.2).
const UTF_16: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

pub(crate) static CONFIGS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../configs");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lab_in_the_binary_is_without_mistakes() {
        for name in LabFile::built_in_names() {
            let plan = LabFile::built_in(name).unwrap().plan(crate::protocols::ALL);
            assert!(plan.is_ok(), "{name}: {:?}", plan.err());
        }
    }

    #[test]
    fn the_built_in_labs_are_known() {
        let names = LabFile::built_in_names();
        assert!(names.starts_with(&["bbs", "hello", "internet", "mail", "routes", "slow-link"]), "{names:?}");
        assert!(names.contains(&"broken/lame-delegation"), "{names:?}");
        for (typed, meant) in [("intrnet", "internet"), ("hello.tml", "hello"), ("broken/wrong-mz", "broken/wrong-mx")]
        {
            assert_eq!(LabFile::built_in_like(typed), Some(meant));
        }
        assert_eq!(LabFile::built_in_like("shop.toml"), None);
        for name in ["nothing", "nothing/hello", "broken", "broken/nothing"] {
            assert!(LabFile::built_in(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_lab_is_called_as_its_file_as_far_as_it_can_be() {
        for (path, name) in [("a/shop.toml", "shop"), ("my lab.v2.toml", "my-lab-v2"), ("..toml", "lab"), ("é", "lab")]
        {
            let file = LabFile { path: path.to_owned(), ..LabFile::from_text("", "") };
            assert_eq!(file.stem(), name, "{path}");
        }
    }
}
