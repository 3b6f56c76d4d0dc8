//! What is served: a function from a request to a response, over a tree of files.
//!
//! - [`path`]: from a target's path to a place under the root, with no way out
//! - [`root`]: where files come from; [`memory`] and [`folder`] are the two kinds
//! - [`file`](mod@file): a file with its validators and prebuilt fields; `cache` holds the small ones
//! - [`coding`]: files in gzip and its kin, for clients that take them; [`listing`]: folders as pages
//! - [`condition`]: If-Match and its kin
//! - [`range`], [`multipart`]: parts of a file
//! - [`body`]: what a response carries
//! - [`date`], [`page`]: dates, and pages for errors

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG,
    LAST_MODIFIED, LOCATION, RANGE, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use toynet_machine::Time;

pub mod body;
mod cache;
pub mod coding;
pub mod condition;
pub mod date;
pub mod file;
pub mod folder;
pub mod listing;
pub mod memory;
pub mod multipart;
pub mod page;
pub mod path;
pub mod range;
pub mod root;

pub use body::{Body, FileRange};
pub use file::File;
pub use folder::Folder;
pub use memory::Memory;
pub use root::{Found, Root, Trouble};

use coding::{Choice, Coding};
use condition::{Validators, Verdict};
use date::Today;
use path::{PathError, SitePath};
use range::Wanted;

/// A site: files that can be read by GET and HEAD.
pub struct Site {
    root: Box<dyn Root>,
    today: Today,
    manner: Manner,
}

/// How a site serves its files.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// The names of a folder's own page, the first that is there counts; without any it is `index.html`.
    pub index: Vec<Cow<'static, str>>,
    /// Whether a folder without a page of its own shows what lies in it.
    pub listing: bool,
    /// Fields that every answer has.
    pub fields: HeaderMap,
    /// How long others may keep a file without asking again.
    pub cache: Option<Duration>,
}

impl Manner {
    /// The names of a folder's own page, in the order in which they are tried; there is always one.
    pub fn index(&self) -> &[Cow<'static, str>] {
        static USUAL: [Cow<'static, str>; 1] = [Cow::Borrowed(INDEX)];
        if self.index.is_empty() { &USUAL } else { &self.index }
    }
}

impl Site {
    /// The site whose files are those of `root`.
    pub fn new(root: impl Root + 'static) -> Self {
        Self { root: Box::new(root), today: Today::default(), manner: Manner::default() }
    }

    /// The same in another manner.
    #[must_use]
    pub fn with_manner(self, manner: Manner) -> Self {
        Self { manner, ..self }
    }

    /// Answers `request`; `now` becomes its `Date`. The body of the request is not looked at.
    ///
    /// A 500 carries the [`Trouble`] that caused it among its extensions, for the log.
    pub fn answer<B>(&self, request: &Request<B>, now: Time) -> Response<Body> {
        let mut response = self.dateless(request, now);
        response.headers_mut().insert(DATE, self.today.at(now));
        self.with_fields(&mut response);
        response
    }

    fn with_fields(&self, response: &mut Response<Body>) {
        let is_file = matches!(response.status().as_u16(), 200 | 206 | 304);
        if let Some(cache) = self.manner.cache.filter(|_| is_file) {
            let value = match cache.as_secs() {
                0 => "no-cache".to_owned(),
                seconds => format!("max-age={seconds}"),
            };
            response.headers_mut().insert(CACHE_CONTROL, visible(value));
        }
        for (name, value) in &self.manner.fields {
            response.headers_mut().insert(name, value.clone());
        }
    }

    fn dateless<B>(&self, request: &Request<B>, now: Time) -> Response<Body> {
        match *request.method() {
            Method::GET | Method::HEAD => self.read(request, now),
            Method::OPTIONS => with_allow(empty(StatusCode::NO_CONTENT)),
            Method::POST | Method::PUT | Method::DELETE | Method::PATCH | Method::TRACE | Method::CONNECT => {
                with_allow(explained(StatusCode::METHOD_NOT_ALLOWED, request.method()))
            }
            // RFC 9110 9.1.
            _ => explained(StatusCode::NOT_IMPLEMENTED, request.method()),
        }
    }

    fn read<B>(&self, request: &Request<B>, now: Time) -> Response<Body> {
        let (uri, method) = (request.uri(), request.method());
        if uri.path_and_query().is_some_and(|target| target.as_str().len() > LONGEST_TARGET) {
            return explained(StatusCode::URI_TOO_LONG, method);
        }
        let path = match SitePath::parse(uri.path()) {
            Ok(path) => path,
            Err(PathError::Malformed) => return explained(StatusCode::BAD_REQUEST, method),
            Err(PathError::Unnameable) => return self.error(StatusCode::NOT_FOUND, method, now),
        };
        let (place, found) = self.look(&path, now);
        match found {
            Found::File(file) => self.read_file(&file, &place, method, request.headers(), now),
            Found::Nothing if path.is_folder && self.manner.listing && self.is_folder(&path, now) => {
                let order = listing::Order::of_query(uri.query().unwrap_or_default());
                let page = listing::page(path.as_str(), self.root.list(path.as_str()), order);
                with_page(empty(StatusCode::OK), page, method)
            }
            Found::Folder if path.is_folder => self.error(StatusCode::NOT_FOUND, method, now),
            Found::Folder => to_folder(&path, uri.query(), method),
            Found::Nothing => self.error(StatusCode::NOT_FOUND, method, now),
            Found::Forbidden => self.error(StatusCode::FORBIDDEN, method, now),
            Found::Failed(trouble) => {
                let mut response = explained(StatusCode::INTERNAL_SERVER_ERROR, method);
                response.extensions_mut().insert(trouble);
                response
            }
        }
    }

    fn is_folder(&self, path: &SitePath<'_>, now: Time) -> bool {
        matches!(self.root.look(path.as_str(), now), Found::Folder)
    }

    /// Answers a GET or HEAD for a file that is there, in a coding that the client takes.
    fn read_file(
        &self,
        file: &Arc<File>,
        place: &str,
        method: &Method,
        headers: &HeaderMap,
        now: Time,
    ) -> Response<Body> {
        // Whoever reads a part means octets of the file itself.
        let is_part = method == Method::GET && headers.contains_key(RANGE);
        let choice = coding::choose(headers, |coding| file.is_in(coding) && !is_part);
        let mut response = match choice {
            Choice::Identity => read_file(file, method, headers, now),
            Choice::Coded(coding) => {
                let coded = self.coded(file, place, coding, now);
                read_file(coded.as_ref().unwrap_or(file), method, headers, now)
            }
            Choice::Nothing if is_part => read_file(file, method, headers, now),
            Choice::Nothing => explained(StatusCode::NOT_ACCEPTABLE, method),
        };
        if file.is_negotiable() || choice == Choice::Nothing {
            response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        response
    }

    /// The file in `coding`: as it lies there, or made here.
    fn coded(&self, file: &File, place: &str, coding: Coding, now: Time) -> Option<Arc<File>> {
        if file.lies_in(coding) {
            let place = format!("{place}{}", coding.ending());
            if let Found::File(beside) = self.root.look(&place, now) {
                return Some(Arc::new(file.coded_as(coding, &beside)));
            }
        }
        file.coded(coding)
    }

    /// The answer when there is no file: the site's own page for it, as `404.html`, or ours.
    fn error(&self, status: StatusCode, method: &Method, now: Time) -> Response<Body> {
        let Found::File(page) = self.root.look(&format!("{}.html", status.as_u16()), now) else {
            return explained(status, method);
        };
        let mut response = empty(status);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, page.content_type.clone());
        headers.insert(CONTENT_LENGTH, page.content_length.clone());
        if method != Method::HEAD {
            *response.body_mut() = page.content.clone();
        }
        response
    }

    /// What lies at the path, and at which place; for a folder's, its index.
    fn look<'a>(&self, path: &'a SitePath<'_>, now: Time) -> (Cow<'a, str>, Found) {
        if !path.is_folder {
            return (path.as_str().into(), self.root.look(path.as_str(), now));
        }
        for name in self.manner.index() {
            let place = path.below(name);
            match self.root.look(&place, now) {
                Found::Nothing => {}
                found => return (place.into(), found),
            }
        }
        (path.as_str().into(), Found::Nothing)
    }
}

/// The answer to a request that reaches no site: `status`, and a page that explains it.
pub fn refusal(status: StatusCode, method: &Method, now: Time) -> Response<Body> {
    let mut response = explained(status, method);
    response.headers_mut().insert(DATE, date::format(now));
    response
}

/// Answers a GET or HEAD for a file that is there: conditions first, then the range (RFC 9110 13.2.2).
fn read_file(file: &Arc<File>, method: &Method, headers: &HeaderMap, now: Time) -> Response<Body> {
    let current = Validators { etag: &file.etag, modified: file.modified };
    match condition::judge(headers, current) {
        Verdict::Failed => return explained(StatusCode::PRECONDITION_FAILED, method),
        Verdict::NotModified => return not_modified(file),
        Verdict::Proceed => {}
    }
    // RFC 9110 14.2: Range means something for GET only.
    let wanted = if method == Method::GET && condition::range_counts(headers, current, now) {
        range::wanted(headers, file.length())
    } else {
        Wanted::Whole
    };
    match wanted {
        Wanted::Whole => whole(file, method, now),
        Wanted::Ranges(ranges) => partial(file, &ranges, now),
        Wanted::Unsatisfiable => unsatisfiable(file, method),
    }
}

fn whole(file: &File, method: &Method, now: Time) -> Response<Body> {
    let body = if method == Method::HEAD { Body::Empty } else { file.content.clone() };
    let mut response = about(file, StatusCode::OK, body, now);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, file.content_type.clone());
    headers.insert(CONTENT_LENGTH, file.content_length.clone());
    if file.coding.is_none() {
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    response
}

fn partial(file: &File, ranges: &[range::ByteRange], now: Time) -> Response<Body> {
    let (body, media_type, content_range) = match ranges {
        [only] => {
            let content_range = multipart::content_range(*only, file.length());
            (file.content.slice(only.first, only.length()), file.content_type.clone(), Some(content_range))
        }
        _ => {
            let (body, media_type) = multipart::byteranges(file, ranges);
            (body, media_type, None)
        }
    };
    let length = body.length();
    let mut response = about(file, StatusCode::PARTIAL_CONTENT, body, now);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, media_type);
    headers.insert(CONTENT_LENGTH, length.into());
    if let Some(value) = content_range {
        headers.insert(CONTENT_RANGE, visible(value));
    }
    response
}

fn unsatisfiable(file: &File, method: &Method) -> Response<Body> {
    let mut response = explained(StatusCode::RANGE_NOT_SATISFIABLE, method);
    response.headers_mut().insert(CONTENT_RANGE, visible(format!("bytes */{}", file.length())));
    response
}

/// A response with the file's validators. Nothing was changed later than it is sent (RFC 9110 8.8.2.1).
fn about(file: &File, status: StatusCode, body: Body, now: Time) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(FIELDS);
    headers.insert(ETAG, file.etag.clone());
    if let Some(coding) = file.coding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
    let is_past = file.modified <= now;
    headers.insert(LAST_MODIFIED, if is_past { file.last_modified.clone() } else { date::format(now) });
    response
}

/// RFC 9110 15.4.5: the entity tag, and no other metadata.
fn not_modified(file: &File) -> Response<Body> {
    let mut response = empty(StatusCode::NOT_MODIFIED);
    response.headers_mut().insert(ETAG, file.etag.clone());
    response
}

/// The folder's address has a slash at its end, so that relative links on its page lead into it.
fn to_folder(path: &SitePath<'_>, query: Option<&str>, method: &Method) -> Response<Body> {
    let mut location = path.to_folder_location();
    if let Some(query) = query {
        location.push('?');
        location.push_str(query);
    }
    let mut response = explained(StatusCode::MOVED_PERMANENTLY, method);
    response.headers_mut().insert(LOCATION, visible(location));
    response
}

fn explained(status: StatusCode, method: &Method) -> Response<Body> {
    with_page(empty(status), page::of(status), method)
}

fn with_page(mut response: Response<Body>, page: Bytes, method: &Method) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    headers.insert(CONTENT_LENGTH, page.len().into());
    if method != Method::HEAD {
        *response.body_mut() = Body::Held(page);
    }
    response
}

fn with_allow(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response
}

/// A field value that was made here, or checked by `http::Uri`, and holds no control characters.
fn visible(value: String) -> HeaderValue {
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(""))
}

/// What a folder shows.
const INDEX: &str = "index.html";
const HTML: &str = "text/html; charset=utf-8";
/// RFC 9110 4.1 asks for 8,000 octets at least; browsers and caches send little more.
const LONGEST_TARGET: usize = 8192;
/// Date and the six fields of a whole file, so that the map never grows.
const FIELDS: usize = 7;

#[cfg(test)]
mod tests;
