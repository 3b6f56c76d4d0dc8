//! Small answers.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};

use crate::site::{Body, page};

/// An answer with content, where its status lets it have any. The answer to HEAD tells its length alone.
pub(super) fn reply(
    status: StatusCode,
    media_type: &str,
    content: impl Into<Bytes>,
    method: &Method,
) -> Response<Body> {
    // Whoever is told to begin anew gets nothing to show (RFC 9110 15.3.6).
    let content = if status == StatusCode::RESET_CONTENT { Bytes::new() } else { content.into() };
    let mut response = empty(status);
    let is_without = status.is_informational() || matches!(status.as_u16(), 204 | 304);
    if is_without {
        return response;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap_or(HeaderValue::from_static(OCTETS)));
    headers.insert(CONTENT_LENGTH, content.len().into());
    if method != Method::HEAD {
        *response.body_mut() = Body::Held(content);
    }
    response
}

/// An answer that says in words what happened; `text` is HTML.
pub(super) fn page(status: StatusCode, text: &str, section: &str, method: &Method) -> Response<Body> {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    reply(status, HTML, page::html(&title, text, section), method)
}

/// An answer without content.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response
}

/// The same with one more field; a value that no field can have is left out.
pub(super) fn with<B>(mut response: Response<B>, name: HeaderName, value: &str) -> Response<B> {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        response.headers_mut().append(name, value);
    }
    response
}

/// Text with what HTML takes for itself escaped.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const OCTETS: &str = "application/octet-stream";
