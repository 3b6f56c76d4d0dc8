//! From a target's path to a place under a root, with no way out of it.

use std::borrow::Cow;

/// A place under a root: decoded segments joined by single slashes, none in front. No segment is
/// empty, `.` or `..`, and none holds a slash, a backslash or a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitePath<'a> {
    text: Cow<'a, str>,
    /// Whether the path ended with a slash: it asks for a folder.
    pub is_folder: bool,
}

/// Why a path leads to no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// It is malformed or leads out of the root: 400.
    Malformed,
    /// No file can have this name, as one that is not UTF-8 or holds an encoded slash: 404.
    Unnameable,
}

impl<'a> SitePath<'a> {
    /// Decodes the path of an origin-form target (RFC 3986 2.1) and takes `.` and `..` out (5.2.4).
    ///
    /// # Errors
    /// For a path that leads nowhere. `..` above the root is malformed, encoded or not.
    pub fn parse(path: &'a str) -> Result<Self, PathError> {
        let relative = path.strip_prefix('/').unwrap_or(path);
        if is_plain(relative) {
            let text = Cow::Borrowed(relative.trim_end_matches('/'));
            return Ok(Self { text, is_folder: relative.is_empty() || relative.ends_with('/') });
        }
        let (text, is_folder) = walk(relative)?;
        Ok(Self { text: Cow::Owned(text), is_folder })
    }

    /// The place, as `news/2026.html`; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The place of what is called `name` in this folder.
    pub fn below(&self, name: &str) -> String {
        if self.text.is_empty() { name.to_owned() } else { format!("{}/{name}", self.text) }
    }

    /// The place as a path of a URI that means this folder: `/news/`. It begins with one slash, so that
    /// no `Location` made of it names another host (RFC 3986 4.2).
    pub fn to_folder_location(&self) -> String {
        let mut location = String::with_capacity(self.text.len() + 2);
        location.push('/');
        for octet in self.text.bytes() {
            if octet.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&octet) {
                location.push(char::from(octet));
            } else {
                location.push_str(&format!("%{octet:02X}"));
            }
        }
        location.push('/');
        location
    }
}

/// Whether the path can be taken as it is: the common case, which allocates nothing.
fn is_plain(relative: &str) -> bool {
    let octets = relative.as_bytes();
    let is_usual = |octet: &u8| octet.is_ascii_alphanumeric() || b"/._-~".contains(octet);
    octets.iter().all(is_usual)
        && octets.first() != Some(&b'/')
        && octets.first() != Some(&b'.')
        && !octets.windows(2).any(|pair| pair == b"//" || pair == b"/.")
}

/// The place, and whether it is meant as a folder.
fn walk(relative: &str) -> Result<(String, bool), PathError> {
    let mut segments: Vec<String> = Vec::new();
    let mut is_folder = true;
    for raw in relative.split('/') {
        let segment = decode(raw)?;
        is_folder = ["", ".", ".."].contains(&segment.as_str());
        match segment.as_str() {
            "" | "." => {}
            ".." => drop(segments.pop().ok_or(PathError::Malformed)?),
            _ => segments.push(segment),
        }
    }
    Ok((segments.join("/"), is_folder))
}

fn decode(segment: &str) -> Result<String, PathError> {
    let mut octets = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(octet) = rest.next() {
        let octet = if octet == b'%' { escape(&mut rest)? } else { octet };
        match octet {
            0..=0x1f | 0x7f | b'\\' => return Err(PathError::Malformed),
            b'/' => return Err(PathError::Unnameable),
            octet => octets.push(octet),
        }
    }
    String::from_utf8(octets).map_err(|_| PathError::Unnameable)
}

fn escape(digits: &mut std::str::Bytes<'_>) -> Result<u8, PathError> {
    let mut digit = || digits.next().and_then(|octet| char::from(octet).to_digit(16)).ok_or(PathError::Malformed);
    let (high, low) = (digit()?, digit()?);
    Ok((high << 4 | low) as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_usual_path_is_taken_without_a_copy() {
        let path = SitePath::parse("/news/2026.html").expect("a path");
        assert!(matches!(path.text, Cow::Borrowed("news/2026.html")));
        assert!(!path.is_folder);
    }

    #[test]
    fn a_path_is_decoded_and_its_dots_are_walked() {
        let cases = [
            ("/", "", true),
            ("", "", true),
            ("/a/", "a", true),
            ("/a//b", "a/b", false),
            ("//a", "a", false),
            ("/a/./b", "a/b", false),
            ("/a/../b", "b", false),
            ("/a/b/..", "a", true),
            ("/a/b/%2e%2E", "a", true),
            ("//evil.test/%2e%2e", "", true),
            ("/a/%2e", "a", true),
            ("/a/%2E%2e/b", "b", false),
            ("/caf%C3%A9.txt", "café.txt", false),
            ("/100%25", "100%", false),
            ("/.well-known/x", ".well-known/x", false),
            ("/a..b/c.", "a..b/c.", false),
        ];
        for (raw, text, is_folder) in cases {
            let path = SitePath::parse(raw).expect(raw);
            assert_eq!((path.as_str(), path.is_folder), (text, is_folder), "{raw}");
        }
    }

    #[test]
    fn no_path_leads_out_of_the_root() {
        for raw in
            ["/..", "/../x", "/a/../../x", "/%2e%2e/x", "/.%2E", "/..\\x", "/..%5cx", "/a%00.html", "/%zz", "/%4"]
        {
            assert_eq!(SitePath::parse(raw), Err(PathError::Malformed), "{raw}");
        }
        for raw in ["/..%2f..%2fetc", "/a%2Fb", "/%ff"] {
            assert_eq!(SitePath::parse(raw), Err(PathError::Unnameable), "{raw}");
        }
    }

    #[test]
    fn a_folders_location_stays_on_its_host() {
        let location = |raw| SitePath::parse(raw).expect("a path").to_folder_location();
        assert_eq!(location("//evil.test/%2e%2e/evil.test"), "/evil.test/");
        assert_eq!(location("/caf%C3%A9%20%3F"), "/caf%C3%A9%20%3F/");
    }

    proptest! {
        #[test]
        fn whatever_is_asked_every_segment_is_a_plain_name(raw in "/([a-c./%25EF\\\\é]|%2e|%2f|\\.\\.){0,24}") {
            if let Ok(path) = SitePath::parse(&raw) {
                let segments = path.as_str().split('/').filter(|_| !path.as_str().is_empty());
                for segment in segments {
                    prop_assert!(!["", ".", ".."].contains(&segment));
                    prop_assert!(!segment.contains(['\\', '\0']));
                }
            }
        }
    }
}
