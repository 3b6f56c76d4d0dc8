//! What a web server can do wrong on purpose. Nothing else in this crate knows of it but one call in `server`.
//!
//! - [`words`]: the words for it in a lab file
//! - `body`: content that comes slowly, or breaks off within HTTP
//! - `raw`: answers that no HTTP library would write
//!
//! Over HTTP/1.x what is wrong with an answer's octets is written by our own hand, on the connection that hyper
//! gives up for it. Over HTTP/2 and HTTP/3 there are no chunks, and octets that are no frames end all exchanges of a
//! connection: neither `chunk` nor `garbage` strikes there. A connection that is dropped or reset is a stream that
//! is reset (RFC 9113 5.4.2, RFC 9114 4.1.1).

mod body;
mod raw;
mod words;

use std::time::Duration;

use http::header::{AGE, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, DATE, EXPIRES, HeaderValue, LOCATION};
use http::{Method, Request, Response, StatusCode, Version};
use toynet_machine::Time;
use toynet_net::Host;
use toynet_record::Cause;
use toynet_service::FaultWords;

use crate::host::authority;
use crate::server::body::Outgoing;
use crate::server::content::Content;
use crate::server::handler::{Answer, Handler};
use crate::server::route::Pattern;
use crate::site::{Body, date, refusal};
use body::{CutBody, SlowBody};

/// The words that a lab file has for it.
pub const WORDS: FaultWords = FaultWords { read: words::read, kinds: words::KINDS, tls: true };

/// Something that is done wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HttpFault {
    /// Only for these paths.
    path: Option<Pattern>,
    method: Option<Method>,
    /// Only for the site of this name.
    name: Option<String>,
    /// How late the answer comes, whatever it is.
    delay: Duration,
    wrong: Option<Wrong>,
}

/// What is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// This status, and the handler is not asked.
    Status(StatusCode),
    /// Content comes at so many octets a second.
    Slow(u64),
    /// The connection ends in place of an answer.
    Drop,
    /// It is reset.
    Reset,
    /// Octets that are no HTTP.
    Garbage,
    /// Content breaks off after so many octets.
    Cut(u64),
    /// `Content-Length` promises more than comes, or less.
    Long,
    Short,
    /// The second chunk has no length.
    Chunk,
    /// The target moved to where it is.
    Loop,
    /// A cache had it for so long, which is longer than it may.
    Stale(Duration),
}

/// Has `handler` answer a request, and does wrong what the host's faults say.
pub(crate) fn answer(handler: &dyn Handler, request: &mut Request<Content>, host: &Host, cause: Cause) -> Answer {
    if host.faults().is_empty() {
        return handler.answer(request, host);
    }
    let (clock, peer) = (host.clock(), request.body().connected().peer.ip());
    let Some(struck) = host.faults().strike(clock.now(), peer, |fault: &HttpFault| fault.fits(request)) else {
        return handler.answer(request, host);
    };
    host.fault(cause, &struck.text);
    let asked = Asked::new(request);
    let answer = match struck.what.wrong {
        Some(Wrong::Status(status)) => Answer::Now(alone(status, request.method(), clock.now())),
        _ => handler.answer(request, host),
    };
    let mut random = host.random("http fault");
    Answer::Streamed(Box::pin(async move {
        clock.sleep(struck.what.delay).await;
        let response = match answer {
            Answer::Now(response) => response.map(Outgoing::from),
            Answer::Later(response) => response.await.map(Outgoing::from),
            Answer::Streamed(response) => response.await,
        };
        let Some(wrong) = struck.what.wrong else { return response };
        match wrong {
            Wrong::Status(_) => response,
            Wrong::Slow(rate) => response.map(|body| Outgoing::stream(SlowBody::new(body, rate, clock))),
            Wrong::Loop => asked.moved_to_itself(clock.now()),
            Wrong::Stale(age) => stale(response, age, clock.now()),
            Wrong::Cut(count) if asked.version >= Version::HTTP_2 => {
                response.map(|body| Outgoing::stream(CutBody::new(body, count, clock)))
            }
            Wrong::Long | Wrong::Short if asked.version >= Version::HTTP_2 => raw::promise(response, wrong),
            Wrong::Drop | Wrong::Reset | Wrong::Garbage | Wrong::Cut(_) | Wrong::Long | Wrong::Short | Wrong::Chunk => {
                raw::instead(response, wrong, &asked, clock, &mut random)
            }
        }
    }))
}

/// What must be known of a request when its answer is there.
struct Asked {
    version: Version,
    method: Method,
    target: HeaderValue,
}

impl Asked {
    fn new(request: &Request<Content>) -> Self {
        let target = request.uri().path_and_query().and_then(|target| HeaderValue::from_str(target.as_str()).ok());
        let target = target.unwrap_or(HeaderValue::from_static("/"));
        Self { version: request.version(), method: request.method().clone(), target }
    }

    fn moved_to_itself(&self, now: Time) -> Response<Outgoing> {
        let mut response = refusal(StatusCode::FOUND, &self.method, now);
        response.headers_mut().insert(LOCATION, self.target.clone());
        response.map(Outgoing::from)
    }
}

/// A status and the page that explains it, unless it is one that has no content (RFC 9110 15.3.5, 15.3.6, 15.4.5).
fn alone(status: StatusCode, method: &Method, now: Time) -> Response<Body> {
    let mut response = refusal(status, method, now);
    if [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED].contains(&status) {
        *response.body_mut() = Body::Empty;
        response.headers_mut().remove(CONTENT_TYPE);
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    response
}

/// As a cache would hand out what it kept for `age` and should have asked for again (RFC 9111 4.2).
fn stale(mut response: Response<Outgoing>, age: Duration, now: Time) -> Response<Outgoing> {
    let then = Time::from_secs(now.secs().saturating_sub(age.as_secs()));
    let fields = response.headers_mut();
    fields.insert(DATE, date::format(then));
    fields.insert(AGE, age.as_secs().into());
    fields.insert(EXPIRES, date::format(then + FRESH));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    response
}

impl HttpFault {
    fn fits(&self, request: &Request<Content>) -> bool {
        let fits_path = self.path.as_ref().is_none_or(|path| path.rest(request).is_some());
        let fits_method = self.method.as_ref().is_none_or(|method| method == request.method());
        let is_named = |name: &String| matches!(authority(request), Ok(Some(found)) if found.name == name.as_str());
        let fits_version = match self.wrong {
            Some(Wrong::Chunk) => request.version() == Version::HTTP_11,
            Some(Wrong::Garbage) => request.version() <= Version::HTTP_11,
            _ => true,
        };
        fits_path && fits_method && self.name.as_ref().is_none_or(is_named) && fits_version
    }
}

/// How long a cache may keep what it keeps for too long.
const FRESH: Duration = Duration::from_secs(60);
