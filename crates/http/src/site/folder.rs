//! A root on disk.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use toynet_machine::Time;

use super::body::{Body, FileRange};
use super::cache::{Cache, Held, Identity};
use super::coding::Coding;
use super::file::File;
use super::listing::Item;
use super::root::{Found, Root, Trouble};

/// A directory and what is below it. Links are followed as long as they stay inside.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    cache: Mutex<Cache>,
    trust: Duration,
}

impl Folder {
    /// The directory at `path`, which may itself be a link.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let root = fs::canonicalize(path)?;
        fs::read_dir(&root)?;
        Ok(Self { root, cache: Mutex::default(), trust: Duration::ZERO })
    }

    /// Takes a small file for unchanged within `trust` of the last look at the disk, which otherwise is
    /// looked at for every request and costs more than all the rest. Ten milliseconds is too short for a
    /// person to notice; where time is virtual, leave it at zero.
    pub fn trusting(self, trust: Duration) -> Self {
        Self { trust, ..self }
    }

    /// The file at `place` from memory, while it is the same on disk.
    fn cached(&self, place: &str, now: Time) -> Option<Arc<File>> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let held = cache.find(place)?;
        let is_trusted = now >= held.checked && now - held.checked < self.trust;
        if is_trusted || fs::metadata(&held.path).is_ok_and(|metadata| identity(&held.path, &metadata) == held.identity)
        {
            if !is_trusted {
                held.checked = now;
            }
            return Some(Arc::clone(&held.file));
        }
        cache.forget(place);
        None
    }

    fn item(&self, entry: &fs::DirEntry) -> Option<Item> {
        let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))?;
        let real = fs::canonicalize(entry.path()).ok().filter(|real| real.starts_with(&self.root))?;
        let metadata = fs::metadata(real).ok().filter(|metadata| metadata.is_file() || metadata.is_dir())?;
        let length = metadata.is_file().then_some(metadata.len());
        Some(Item { name, modified: modified(&metadata), length })
    }

    fn load(&self, place: &str, now: Time) -> io::Result<Found> {
        let path = self.root.join(place);
        let real = fs::canonicalize(&path)?;
        if !real.starts_with(&self.root) {
            return Ok(Found::Nothing);
        }
        let metadata = fs::metadata(&real)?;
        if metadata.is_dir() {
            return Ok(Found::Folder);
        }
        // Opening a pipe would wait for its other end.
        if !metadata.is_file() { Ok(Found::Nothing) } else { self.open_file(place, path, &real, now) }
    }

    fn open_file(&self, place: &str, path: PathBuf, real: &Path, now: Time) -> io::Result<Found> {
        let mut disk = fs::File::open(real)?;
        let metadata = disk.metadata()?;
        let beside = beside(&path, &metadata);
        if metadata.len() > Cache::LARGEST {
            let range = FileRange { file: Arc::new(disk), offset: 0, length: metadata.len() };
            let file = File::on_disk(place, Body::OnDisk(range), modified(&metadata));
            return Ok(Found::File(Arc::new(file.with_beside(beside))));
        }
        let mut octets = Vec::with_capacity(metadata.len() as usize);
        disk.by_ref().take(Cache::LARGEST).read_to_end(&mut octets)?;
        let file = Arc::new(File::held(place, octets.into(), modified(&metadata)).with_beside(beside));
        if now.since(changed(&metadata)) < SETTLED {
            return Ok(Found::File(file));
        }
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = identity(&path, &metadata);
        cache.keep(place, Held::new(path, identity, Arc::clone(&file), now));
        Ok(Found::File(file))
    }
}

impl Root for Folder {
    fn look(&self, place: &str, now: Time) -> Found {
        if let Some(file) = self.cached(place, now) {
            return Found::File(file);
        }
        self.load(place, now).unwrap_or_else(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename => Found::Nothing,
            ErrorKind::PermissionDenied => Found::Forbidden,
            other => Found::Failed(Trouble(other)),
        })
    }

    /// Without names that begin with a dot, and what cannot be asked for: no UTF-8, or links that lead out.
    fn list(&self, place: &str) -> Vec<Item> {
        let Ok(folder) = fs::canonicalize(self.root.join(place)) else { return Vec::new() };
        if !folder.starts_with(&self.root) {
            return Vec::new();
        }
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_ITEMS);
        entries.filter_map(|entry| self.item(&entry)).collect()
    }
}

/// What changes whenever a file does, as far as the system tells.
fn identity(path: &Path, metadata: &Metadata) -> Identity {
    let (modified, beside) = (modified(metadata), beside(path, metadata));
    Identity { modified, length: metadata.len(), inode: inode(metadata), beside }
}

/// In which codings a file lies beside the one at `path`. One that is older was made of another version.
fn beside(path: &Path, metadata: &Metadata) -> [bool; 3] {
    let is_there = |ending| {
        let mut beside = path.as_os_str().to_owned();
        beside.push(ending);
        fs::metadata(beside).is_ok_and(|coded| coded.is_file() && modified(&coded) >= modified(metadata))
    };
    Coding::ALL.map(|coding| is_there(coding.ending()))
}

/// When the file was last changed; the epoch for one that claims to be older, or knows no time.
fn modified(metadata: &Metadata) -> Time {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Time::default() + since.unwrap_or_default()
}

/// When the file's content or inode last changed.
#[cfg(unix)]
fn changed(metadata: &Metadata) -> Time {
    use std::os::unix::fs::MetadataExt;
    let since = Duration::from_secs(u64::try_from(metadata.ctime()).unwrap_or_default());
    modified(metadata).max(Time::default() + since)
}

#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> Time {
    modified(metadata)
}

/// Device and inode, and when the inode last changed, which a copied time stamp does not hide.
#[cfg(unix)]
fn inode(metadata: &Metadata) -> [i64; 4] {
    use std::os::unix::fs::MetadataExt;
    [metadata.dev() as i64, metadata.ino() as i64, metadata.ctime(), metadata.ctime_nsec()]
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> [i64; 4] {
    [0; 4]
}

/// File systems tell times apart by up to two seconds (FAT), most by some milliseconds: a file that changes
/// twice within that looks unchanged, so one that changed so recently is not held.
const SETTLED: Duration = Duration::from_secs(3);
/// More than anybody reads through.
const MOST_ITEMS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// Long after any file of a test was written.
    const NOW: Time = Time::from_secs(10_000_000_000);

    #[test]
    fn a_file_is_read_once_while_it_stays_the_same() {
        let (place, root) = site();
        let first = content(&root, "a.txt");
        assert!(Arc::ptr_eq(&first, &content(&root, "a.txt")));

        fs::write(place.path().join("a.txt"), "changed").expect("written");

        assert_eq!(content(&root, "a.txt").content.read().expect("held"), "changed");
    }

    #[test]
    fn a_file_that_has_just_changed_is_read_again() {
        let (_place, root) = site();
        let look = || match root.look("a.txt", Time::from_secs(1)) {
            Found::File(file) => file,
            other => unreachable!("{other:?}"),
        };
        assert!(!Arc::ptr_eq(&look(), &look()));
    }

    #[test]
    fn a_file_is_trusted_for_as_long_as_was_said() {
        let (place, root) = site();
        let root = root.trusting(Duration::from_millis(10));
        let first = content(&root, "a.txt");
        fs::remove_file(place.path().join("a.txt")).expect("removed");
        assert!(Arc::ptr_eq(&first, &content(&root, "a.txt")));
        let later = NOW + Duration::from_millis(10);
        assert!(matches!(root.look("a.txt", later), Found::Nothing));
    }

    #[test]
    fn a_file_that_is_gone_is_gone_at_once() {
        let (place, root) = site();
        content(&root, "a.txt");
        fs::remove_file(place.path().join("a.txt")).expect("removed");
        assert!(matches!(root.look("a.txt", NOW), Found::Nothing));
    }

    #[test]
    fn a_large_file_stays_on_disk() {
        let (place, root) = site();
        let octets = vec![7; Cache::LARGEST as usize + 1];
        fs::write(place.path().join("large.bin"), &octets).expect("written");
        let file = content(&root, "large.bin");
        assert!(matches!(file.content, Body::OnDisk(_)));
        assert_eq!(file.content.read().expect("read"), octets);
    }

    #[test]
    fn folders_and_what_is_missing_are_told_apart() {
        let (_place, root) = site();
        assert!(matches!(root.look("", NOW), Found::Folder));
        assert!(matches!(root.look("sub", NOW), Found::Folder));
        for missing in ["nothing", "a.txt/inside", &"x".repeat(300)] {
            assert!(matches!(root.look(missing, NOW), Found::Nothing), "{missing}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_the_root_only() {
        use std::os::unix::fs::symlink;
        let (place, root) = site();
        let outside = tempfile::tempdir().expect("a directory");
        fs::write(outside.path().join("secret"), "secret").expect("written");
        symlink("a.txt", place.path().join("inside")).expect("linked");
        symlink(outside.path().join("secret"), place.path().join("outside")).expect("linked");
        symlink(outside.path(), place.path().join("door")).expect("linked");

        assert_eq!(content(&root, "inside").content.read().expect("held"), "one");
        for place in ["outside", "door", "door/secret"] {
            assert!(matches!(root.look(place, NOW), Found::Nothing), "{place}");
        }
    }

    #[test]
    fn a_coded_file_beside_counts_while_it_is_not_older() {
        let (place, root) = site();
        assert!(!content(&root, "a.txt").is_negotiable());
        fs::write(place.path().join("a.txt.br"), "br").expect("written");
        assert!(content(&root, "a.txt").lies_in(Coding::Brotli));
        let old = fs::File::options().write(true).open(place.path().join("a.txt.br")).expect("a file");
        old.set_modified(std::time::UNIX_EPOCH).expect("set");
        assert!(!content(&root, "a.txt").lies_in(Coding::Brotli));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_lists_what_may_be_asked_for() {
        let (place, root) = site();
        fs::write(place.path().join(".hidden"), "").expect("written");
        std::os::unix::fs::symlink("/etc/passwd", place.path().join("out")).expect("linked");
        let mut names: Vec<_> = root.list("").into_iter().map(|item| (item.name, item.length)).collect();
        names.sort();
        assert_eq!(names, [("a.txt".to_owned(), Some(3)), ("sub".to_owned(), None)]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_turns_outward_is_not_served_from_memory() {
        use std::os::unix::fs::symlink;
        let (place, root) = site();
        let link = place.path().join("link");
        symlink("a.txt", &link).expect("linked");
        content(&root, "link");
        let outside = tempfile::NamedTempFile::new().expect("a file");
        fs::remove_file(&link).expect("removed");
        symlink(outside.path(), &link).expect("linked");
        assert!(matches!(root.look("link", NOW), Found::Nothing));
    }

    fn site() -> (tempfile::TempDir, Folder) {
        let place = tempfile::tempdir().expect("a directory");
        fs::write(place.path().join("a.txt"), "one").expect("written");
        fs::create_dir(place.path().join("sub")).expect("made");
        let root = Folder::open(place.path()).expect("a root");
        (place, root)
    }

    fn content(root: &Folder, place: &str) -> Arc<File> {
        match root.look(place, NOW) {
            Found::File(file) => file,
            other => unreachable!("{place}: {other:?}"),
        }
    }
}
