//! A file as it is served: its content, and the header fields that never change while it does not.

use bytes::Bytes;
use http::HeaderValue;
use toynet_machine::Time;

use super::body::Body;
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

    fn new(name: &str, content: Body, modified: Time, etag: &str) -> Self {
        let modified = Time::from_secs(modified.secs());
        Self {
            content_length: content.length().into(),
            content,
            modified,
            content_type: content_type(name),
            last_modified: date::format(modified),
            etag: HeaderValue::from_str(etag).expect("hexadecimal digits in quotes"),
        }
    }
}

/// The media type by the name's extension; text is UTF-8 (RFC 9110 8.3.2).
fn content_type(name: &str) -> HeaderValue {
    let extension =
        name.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, extension)| extension);
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
