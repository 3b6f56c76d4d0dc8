//! The head of a request, as it is written.

use crate::client::url::Url;

/// Fields, as (name, value), in the order in which they are sent.
pub(super) type Fields = Vec<(String, Vec<u8>)>;

/// The head of a request over HTTP/1.x.
pub(super) fn over_one(method: &str, target: &str, minor: u8, fields: &Fields) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.{minor}\r\n").into_bytes();
    for (name, value) in fields {
        head.extend([name.as_bytes(), b":", if value.is_empty() { b"" } else { b" " }, value, b"\r\n"].concat());
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// A request of HTTP/2 or 3 as it would look in HTTP/1.
pub(super) fn in_frames(version: &str, method: &str, url: &Url, fields: &Fields) -> Vec<u8> {
    let mut head = format!("{method} {} {version}\r\n", url.target).into_bytes();
    for (name, value) in fields {
        head.extend([name.to_ascii_lowercase().as_bytes(), b": ", value, b"\r\n"].concat());
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Whether a field says something that only its receiver may know.
pub(super) fn is_secret(name: &str) -> bool {
    ["authorization", "proxy-authorization", "cookie"].iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Who asks, if the person says nothing else.
pub(super) const AGENT: &str = concat!("toynet/", env!("CARGO_PKG_VERSION"));
