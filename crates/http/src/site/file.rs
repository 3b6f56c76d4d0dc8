//! A file as it is served: its content, and the header fields that never change while it does not.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderValue;
use toynet_machine::Time;

use super::body::Body;
use super::coding::{self, Coding};
use super::date;

/// A file with its validators and prebuilt header fields.
#[derive(Clone, Debug)]
pub struct File {
    /// All of it.
    pub content: Body,
    /// When it was last changed, in whole seconds, as `Last-Modified` tells it.
    pub modified: Time,
    pub(super) content_type: HeaderValue,
    pub(super) content_length: HeaderValue,
    pub(super) last_modified: HeaderValue,
    pub(super) etag: HeaderValue,
    /// The coding that the content is in.
    pub(super) coding: Option<Coding>,
    /// Whether it lies there in each coding too, in the order of [`Coding::ALL`].
    beside: [bool; 3],
    /// Whether it becomes smaller in a coding, and is held.
    is_compressible: bool,
    /// It in each coding, once somebody has asked for that.
    coded: [OnceLock<Option<Arc<File>>>; 3],
}

impl File {
    /// A file in memory, called `name`. Its strong entity tag follows from its content, so that it is
    /// the same wherever and whenever the file is served (RFC 9110 8.8.3).
    pub fn held(name: &str, octets: Bytes, modified: Time) -> Self {
        let etag = format!("\"{:x}-{:016x}\"", octets.len(), digest(&octets));
        Self::new(name, Body::Held(octets), modified, &etag)
    }

    /// A file too large to hold. Its strong entity tag is made of its length and of when it was last
    /// changed, to the nanosecond.
    pub fn on_disk(name: &str, content: Body, modified: Time) -> Self {
        let etag = format!("\"{:x}-{:x}\"", content.length(), modified.nanos());
        Self::new(name, content, modified, &etag)
    }

    /// How many octets it has.
    pub fn length(&self) -> u64 {
        self.content.length()
    }

    /// The same of which there are files in these codings beside it, in the order of [`Coding::ALL`].
    #[must_use]
    pub fn with_beside(self, beside: [bool; 3]) -> Self {
        Self { beside, ..self }
    }

    /// Whether it can be had in more than one coding.
    pub(super) fn is_negotiable(&self) -> bool {
        self.is_compressible || self.beside.contains(&true)
    }

    /// Whether it can be had in `coding`.
    pub(super) fn is_in(&self, coding: Coding) -> bool {
        self.is_compressible || self.lies_in(coding)
    }

    /// Whether a file in `coding` lies beside it.
    pub(super) fn lies_in(&self, coding: Coding) -> bool {
        self.beside[coding as usize]
    }

    /// It in `coding`, made here; nothing when that is not smaller. Its entity tag is a strong one of its own
    /// (RFC 9110 8.8.3.3).
    pub(super) fn coded(&self, coding: Coding) -> Option<Arc<File>> {
        let Body::Held(octets) = &self.content else { return None };
        let coded = self.coded[coding as usize].get_or_init(|| {
            let coded = coding.encode(octets).ok().filter(|coded| coded.len() < octets.len())?;
            let etag = self.etag.to_str().unwrap_or_default().trim_end_matches('"');
            let etag = HeaderValue::from_str(&format!("{etag}-{}\"", coding.name())).ok()?;
            Some(Arc::new(self.as_coded(coding, Body::Held(coded), etag)))
        });
        coded.clone()
    }

    /// It in `coding`, as `file` beside it has it.
    pub(super) fn coded_as(&self, coding: Coding, file: &File) -> File {
        let mut coded = self.as_coded(coding, file.content.clone(), file.etag.clone());
        (coded.modified, coded.last_modified) = (file.modified, file.last_modified.clone());
        coded
    }

    fn as_coded(&self, coding: Coding, content: Body, etag: HeaderValue) -> File {
        Self {
            content_length: content.length().into(),
            content,
            etag,
            coding: Some(coding),
            coded: Default::default(),
            ..self.clone()
        }
    }

    fn new(name: &str, content: Body, modified: Time, etag: &str) -> Self {
        let modified = Time::from_secs(modified.secs());
        let content_type = content_type(name);
        let is_held = matches!(content, Body::Held(_));
        let media_type = content_type.to_str().unwrap_or_default();
        Self {
            is_compressible: is_held && coding::is_worthwhile(media_type, content.length()),
            coding: None,
            beside: [false; 3],
            coded: Default::default(),
            content_length: content.length().into(),
            content,
            modified,
            content_type,
            last_modified: date::format(modified),
            etag: HeaderValue::from_str(etag).expect("hexadecimal digits in quotes"),
        }
    }
}

/// The media type by the name's extension, of which a name like `.profile` has none; text is UTF-8 (RFC 9110 8.3.2).
fn content_type(name: &str) -> HeaderValue {
    let named = name.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
    let extension = named.filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, extension)| extension);
    match mime_guess::from_ext(extension).first_raw() {
        Some("text/html") => HeaderValue::from_static(super::HTML),
        Some(text) if text.starts_with("text/") => HeaderValue::from_str(&format!("{text}; charset=utf-8"))
            .unwrap_or(HeaderValue::from_static("text/plain; charset=utf-8")),
        Some(other) => HeaderValue::from_static(other),
        None => HeaderValue::from_static("application/octet-stream"),
    }
}

/// FNV-1a, 64 bits: tells versions of a file apart, which nobody here forges.
pub(super) fn digest(octets: &[u8]) -> u64 {
    octets
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_says_its_charset_and_the_unknown_is_octets() {
        let cases = [
            ("index.html", "text/html; charset=utf-8"),
            ("a/b.CSS", "text/css; charset=utf-8"),
            ("notes.txt", "text/plain; charset=utf-8"),
            ("cat.png", "image/png"),
            ("data.json", "application/json"),
            ("README", "application/octet-stream"),
            ("a.dir/file", "application/octet-stream"),
            ("a/.dot", "application/octet-stream"),
        ];
        for (name, media_type) in cases {
            assert_eq!(content_type(name), media_type, "{name}");
        }
    }

    #[test]
    fn the_entity_tag_follows_the_content_and_nothing_else() {
        let file =
            |text: &'static str, at| File::held("a.txt", Bytes::from_static(text.as_bytes()), Time::from_secs(at));
        assert_eq!(file("one", 1).etag, file("one", 2).etag);
        assert_ne!(file("one", 1).etag, file("two", 1).etag);
    }
}
