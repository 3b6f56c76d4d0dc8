//! What answers in a site's place: at a port that only leads to TLS, where TLS should have been spoken, and where there
//! is no room.

use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode};
use toynet_net::Host;

use super::{Answer, Content, Handler};
use crate::host::authority;
use crate::site::{Body, page, refusal};

/// Leads to the same place over TLS, at this port.
#[derive(Clone, Copy, Debug)]
pub(super) struct ToTls(pub u16);

impl Handler for ToTls {
    /// 308, so that a form is sent again as it was (RFC 9110 15.4.9).
    fn answer(&self, request: &mut Request<Content>, host: &Host) -> Answer {
        let mut response = refusal(StatusCode::PERMANENT_REDIRECT, request.method(), host.clock().now());
        if let Ok(location) = HeaderValue::try_from(self.location(request, host)) {
            response.headers_mut().insert(LOCATION, location);
        }
        Answer::Now(response)
    }
}

impl ToTls {
    fn location(self, request: &Request<Content>, host: &Host) -> String {
        let named = authority(request).ok().flatten();
        let name = named.as_ref().map_or(host.name(), |authority| &authority.name);
        let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        let port = if self.0 == 443 { String::new() } else { format!(":{}", self.0) };
        // An IPv6 literal comes without its brackets.
        if name.contains(':') { format!("https://[{name}]{port}{path}") } else { format!("https://{name}{port}{path}") }
    }
}

/// Tells whoever speaks in clear that this port speaks TLS.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnlyTls;

impl Handler for OnlyTls {
    fn answer(&self, request: &mut Request<Content>, _: &Host) -> Answer {
        let page = page::only_tls();
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = StatusCode::BAD_REQUEST;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_LENGTH, page.len().into());
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if request.method() != Method::HEAD {
            *response.body_mut() = Body::Held(page);
        }
        Answer::Now(response)
    }
}

/// Turns away whom the server has no room for (RFC 9110 15.6.4).
#[derive(Clone, Copy, Debug)]
pub(super) struct Full;

impl Handler for Full {
    fn answer(&self, request: &mut Request<Content>, host: &Host) -> Answer {
        let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, request.method(), host.clock().now());
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        Answer::Now(response)
    }
}
