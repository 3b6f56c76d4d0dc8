//! A root in memory: files that are part of the program, or made by a test.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use toynet_machine::Time;

use super::coding::Coding;
use super::file::File;
use super::listing::Item;
use super::root::{Found, Root};

/// Files in memory, by place. Folders are what the places of files imply.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<String, Arc<File>>,
}

impl Memory {
    /// The root that holds `files`: each a place as `news/2026.html`, its octets, and when it was last
    /// changed. Of two with the same place the later counts.
    pub fn new(files: impl IntoIterator<Item = (impl Into<String>, Bytes, Time)>) -> Self {
        let files = files.into_iter().map(|(place, octets, modified)| {
            let place = place.into();
            let file = Arc::new(File::held(&place, octets, modified));
            (place.trim_matches('/').to_owned(), file)
        });
        let mut files: BTreeMap<String, Arc<File>> = files.collect();
        let beside: Vec<_> = files
            .keys()
            .map(|place| Coding::ALL.map(|coding| files.contains_key(&format!("{place}{}", coding.ending()))))
            .collect();
        for (file, beside) in files.values_mut().zip(beside).filter(|(_, beside)| beside.contains(&true)) {
            *file = Arc::new(File::clone(file).with_beside(beside));
        }
        Self { files }
    }

    fn has_folder(&self, place: &str) -> bool {
        let inside = format!("{place}/");
        place.is_empty() || self.files.range(inside.clone()..).next().is_some_and(|(next, _)| next.starts_with(&inside))
    }
}

impl Root for Memory {
    fn look(&self, place: &str, _: Time) -> Found {
        match self.files.get(place) {
            Some(file) => Found::File(Arc::clone(file)),
            None if self.has_folder(place) => Found::Folder,
            None => Found::Nothing,
        }
    }

    fn list(&self, place: &str) -> Vec<Item> {
        let inside = if place.is_empty() { String::new() } else { format!("{place}/") };
        let files = self.files.range(inside.clone()..).take_while(|(place, _)| place.starts_with(&inside));
        let mut items: Vec<Item> = Vec::new();
        for (place, file) in files {
            let rest = &place[inside.len()..];
            let (name, length) = rest.split_once('/').map_or((rest, Some(file.length())), |(folder, _)| (folder, None));
            if items.last().is_none_or(|last| last.name != name) {
                items.push(Item { name: name.to_owned(), modified: file.modified, length });
            }
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_what_files_imply() {
        let root = Memory::new(
            ["a.txt", "news/index.html", "news-old.html"].map(|place| (place, Bytes::new(), Time::default())),
        );
        assert!(matches!(root.look("a.txt", Time::default()), Found::File(_)));
        assert!(matches!(root.look("", Time::default()), Found::Folder));
        assert!(matches!(root.look("news", Time::default()), Found::Folder));
        for place in ["new", "a.txt/x", "news/index.htm", "zzz"] {
            assert!(matches!(root.look(place, Time::default()), Found::Nothing), "{place}");
        }
    }
}
