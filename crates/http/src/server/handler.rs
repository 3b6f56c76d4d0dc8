//! From a request to a response.

use std::fmt;

use http::{Request, Response};
use toynet_net::Host;
use toynet_service::LocalFuture;

use super::body::Outgoing;
use super::content::Content;
use crate::site::{Body, Site, Trouble};

/// What answers requests: a site, or an endpoint that the lab puts in its place.
pub trait Handler {
    /// Answers `request`. What is done through `host` is recorded as caused by this request.
    ///
    /// Content that is left in the request is drained before the answer is sent. An answer without
    /// `Date` is given one.
    fn answer(&self, request: &mut Request<Content>, host: &Host) -> Answer;

    /// How many octets of content `request` may announce without being refused before it is answered, if
    /// that is not what the server takes of all.
    fn largest_content(&self, request: &Request<Content>) -> Option<u64> {
        let _ = request;
        None
    }
}

/// When a handler's answer comes.
pub enum Answer {
    /// It is here.
    Now(Response<Body>),
    /// It takes a while, which the handler limits. Over HTTP/2 it is dropped when the client gives up; over
    /// HTTP/1 a client that has closed its side may still be waiting.
    Later(LocalFuture<Response<Body>>),
    /// The same for an answer whose content is made while it is sent, or that ends HTTP on its connection.
    Streamed(LocalFuture<Response<Outgoing>>),
}

impl Handler for Site {
    fn answer(&self, request: &mut Request<Content>, host: &Host) -> Answer {
        let response = Site::answer(self, request, host.clock().now());
        if let Some(trouble) = response.extensions().get::<Trouble>() {
            tracing::warn!(host = host.name(), path = request.uri().path(), "a file could not be read: {trouble}");
        }
        Answer::Now(response)
    }
}

impl fmt::Debug for dyn Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Now(response) => f.debug_tuple("Now").field(response).finish(),
            Answer::Later(_) => f.write_str("Later"),
            Answer::Streamed(_) => f.write_str("Streamed"),
        }
    }
}
