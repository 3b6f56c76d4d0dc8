//! Small files that were asked for, kept in memory while they stay the same on disk.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use toynet_machine::Time;

use super::file::File;

/// A bounded number of octets of files, by place. When it is full, what has lain longest without being
/// asked for again goes (second chance).
#[derive(Debug, Default)]
pub(super) struct Cache {
    files: HashMap<String, Held>,
    order: VecDeque<String>,
    octets: u64,
}

/// A file and what tells whether it still is the one on disk.
#[derive(Debug)]
pub(super) struct Held {
    pub path: PathBuf,
    pub identity: Identity,
    pub file: Arc<File>,
    /// When the disk was last asked.
    pub checked: Time,
    asked_again: bool,
}

/// What a file on disk is told by; as long as it is the same, so is the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub modified: Time,
    pub length: u64,
    pub inode: [i64; 4],
    /// Which codings of it lie beside it.
    pub beside: [bool; 3],
}

impl Held {
    pub fn new(path: PathBuf, identity: Identity, file: Arc<File>, checked: Time) -> Self {
        Self { path, identity, file, checked, asked_again: false }
    }
}

impl Cache {
    /// Files up to this length are held: sending them from memory costs less than reading them again
    /// (for 100 KiB less than half); above, what is saved is small beside the sending.
    pub const LARGEST: u64 = 256 * 1024;
    /// A small site whole, or 16 of the largest files; a thousand sites that are all in use stay under 4 GiB.
    const MOST: u64 = 4 * 1024 * 1024;
    /// What a file costs beside its octets: names, fields, the entry.
    const OVERHEAD: u64 = 1024;

    pub fn find(&mut self, place: &str) -> Option<&mut Held> {
        let held = self.files.get_mut(place)?;
        held.asked_again = true;
        Some(held)
    }

    pub fn forget(&mut self, place: &str) {
        if let Some(held) = self.files.remove(place) {
            self.octets -= cost(&held.file);
            self.order.retain(|other| other != place);
        }
    }

    pub fn keep(&mut self, place: &str, held: Held) {
        self.forget(place);
        self.octets += cost(&held.file);
        self.files.insert(place.to_owned(), held);
        self.order.push_back(place.to_owned());
        while self.octets > Self::MOST {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(place) = self.order.pop_front() else { return };
        match self.files.get_mut(&place) {
            Some(held) if held.asked_again => {
                held.asked_again = false;
                self.order.push_back(place);
            }
            _ => self.forget(&place),
        }
    }
}

fn cost(file: &File) -> u64 {
    // It may come to be held in a coding too, which is smaller.
    let coded = if file.is_negotiable() { file.length() } else { 0 };
    file.length() + coded + Cache::OVERHEAD
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn it_never_holds_more_than_it_may() {
        let mut cache = Cache::default();
        for number in 0..100 {
            keep(&mut cache, &number.to_string());
            assert!(cache.octets <= Cache::MOST);
            assert_eq!(cache.files.len(), cache.order.len());
        }
        assert!(cache.find("0").is_none());
        assert!(cache.find("99").is_some());
    }

    #[test]
    fn what_is_asked_for_again_stays() {
        let mut cache = Cache::default();
        keep(&mut cache, "hot");
        for number in 0..100 {
            keep(&mut cache, &number.to_string());
            assert!(cache.find("hot").is_some());
        }
    }

    #[test]
    fn what_is_forgotten_costs_nothing() {
        let mut cache = Cache::default();
        keep(&mut cache, "a");
        keep(&mut cache, "a");
        cache.forget("a");
        cache.forget("a");
        assert_eq!((cache.octets, cache.files.len(), cache.order.len()), (0, 0, 0));
    }

    fn keep(cache: &mut Cache, place: &str) {
        let file = File::held(place, Bytes::from(vec![0; Cache::LARGEST as usize]), Time::default());
        let identity = Identity { modified: Time::default(), length: file.length(), inode: [0; 4], beside: [false; 3] };
        cache.keep(place, Held::new(PathBuf::from(place), identity, Arc::new(file), Time::default()));
    }
}
