//! Always the same answer.

use bytes::Bytes;
use http::{Method, Response, StatusCode};

use super::reply::{HTML, OCTETS, TEXT, reply};
use crate::site::Body;

/// An answer as the lab file writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Its status.
    pub status: StatusCode,
    /// Its media type.
    pub media_type: String,
    /// Its content.
    pub content: Bytes,
}

impl Fixed {
    /// The answer to a request with `method`.
    pub fn answer(&self, method: &Method) -> Response<Body> {
        reply(self.status, &self.media_type, self.content.clone(), method)
    }
}

/// The media type of text that says none itself.
pub fn type_of_text(text: &str) -> &'static str {
    match text.trim_start().as_bytes() {
        [b'<', ..] => HTML,
        [b'{' | b'[', ..] => "application/json",
        _ => TEXT,
    }
}

/// The media type of a file, by its name.
pub fn type_of_file(name: &str) -> String {
    match mime_guess::from_path(name).first_raw() {
        Some(text) if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        Some(other) => other.to_owned(),
        None => OCTETS.to_owned(),
    }
}
