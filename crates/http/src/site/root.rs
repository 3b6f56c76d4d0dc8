//! Where a site's files come from.

use std::fmt;
use std::sync::Arc;

use toynet_machine::Time;

use super::file::File;
use super::listing::Item;

/// A tree of files.
///
/// One call may read the disk; it is made on the worker that serves, as the files that labs serve are in
/// the system's cache.
pub trait Root: Send + Sync {
    /// What lies at `place`: decoded segments joined by single slashes, as `news/2026.html`; the root
    /// itself is empty. No segment is empty, `.` or `..`. `now` tells how long ago a look was.
    fn look(&self, place: &str, now: Time) -> Found;

    /// What lies in the folder at `place`; nothing where that cannot be told.
    fn list(&self, place: &str) -> Vec<Item> {
        let _ = place;
        Vec::new()
    }
}

/// What lies at a place.
#[derive(Clone, Debug)]
pub enum Found {
    /// A file.
    File(Arc<File>),
    /// A folder.
    Folder,
    /// Nothing, or what no site may show: a device, a link that leads out of the root.
    Nothing,
    /// A file that this process may not read.
    Forbidden,
    /// The disk failed.
    Failed(Trouble),
}

/// What the system said when a file could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble(pub std::io::ErrorKind);

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
