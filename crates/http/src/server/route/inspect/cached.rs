//! What caches and those who continue downloads ask for.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, ETAG, HeaderValue, LAST_MODIFIED};
use http::{Request, Response, StatusCode, Uri};
use toynet_machine::Time;

use super::super::reply::{empty, page, with};
use super::asked::Asked;
use super::told;
use crate::site::condition::{self, Validators, Verdict};
use crate::site::{Body, Memory, Site, date};

/// `/etag/{etag}`: as a file with this entity tag.
pub(super) fn etag(asked: &Asked, etag: &str) -> Response<Body> {
    let quoted = if etag.starts_with('"') || etag.starts_with("W/") { etag.to_owned() } else { format!("\"{etag}\"") };
    let Ok(value) = HeaderValue::from_str(&quoted) else {
        return page(StatusCode::BAD_REQUEST, "This is no entity tag.", "RFC 9110, 8.8.3", &asked.method);
    };
    let response = match condition::judge(&asked.headers, Validators { etag: &value, modified: UNCHANGED }) {
        Verdict::NotModified => empty(StatusCode::NOT_MODIFIED),
        Verdict::Failed => empty(StatusCode::PRECONDITION_FAILED),
        Verdict::Proceed => told::json(&told::request(asked), &asked.method),
    };
    with(response, ETAG, &quoted)
}

/// `/cache`: 304 to any question whether it has changed.
pub(super) fn conditional(asked: &Asked, now: Time) -> Response<Body> {
    let is_asked = ["if-modified-since", "if-none-match"].iter().any(|name| asked.headers.contains_key(*name));
    if is_asked {
        return empty(StatusCode::NOT_MODIFIED);
    }
    let response = told::json(&told::request(asked), &asked.method);
    let modified = date::format(now);
    with(with(response, LAST_MODIFIED, modified.to_str().unwrap_or_default()), ETAG, "\"unchanged\"")
}

/// `/cache/{seconds}`.
pub(super) fn for_seconds(asked: &Asked, seconds: u64) -> Response<Body> {
    let response = told::json(&told::request(asked), &asked.method);
    with(response, CACHE_CONTROL, &format!("public, max-age={seconds}"))
}

/// `/range/{count}`: a file of so many letters, with all that files can do.
pub(super) fn range<B>(request: &Request<B>, count: usize, now: Time) -> Response<Body> {
    let letters: Bytes = (b'a'..=b'z').cycle().take(count).collect();
    let site = Site::new(Memory::new([("letters.txt", letters, UNCHANGED)]));
    let mut asked = Request::new(());
    *asked.method_mut() = request.method().clone();
    *asked.headers_mut() = request.headers().clone();
    *asked.uri_mut() = Uri::from_static("/letters.txt");
    site.answer(&asked, now)
}

/// The first second of 2026: any time that is past will do.
const UNCHANGED: Time = Time::from_secs(1_767_225_600);
