//! One request and its answer.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http::header::{ALT_SVC, CONNECTION, DATE, EXPECT, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use hyper::body::{Body as _, Incoming};
use hyper::service::Service;
use hyper::upgrade::{self, OnUpgrade};
use toynet_net::{Clock, Host};
use toynet_record::{Cause, EndId};
use toynet_service::LocalFuture;

use super::access::Entry;
use super::content::Unreadable;
use super::invitation::Invitations;
use super::sending::{Line, Sending};
use super::tunnel::{self, ConnectProtocol, Next};
use super::watch::{AtWork, Standstill, Watch};
use super::{Answer, Connected, Content, Outgoing, Serving};
use crate::fault;
use crate::host::authority;
use crate::site::{Body, date, refusal};

/// The exchanges of one connection.
#[derive(Debug)]
pub(super) struct Exchanges {
    pub host: Host,
    pub end: EndId,
    pub serving: Rc<Serving>,
    pub watch: Rc<Watch>,
    pub connected: Rc<Connected>,
    pub next: Next,
    /// Who waits for `100 Continue` in HTTP/2.
    pub invitations: Rc<Invitations>,
}

impl Service<Request<Incoming>> for Exchanges {
    type Response = Response<Sending>;
    type Error = io::Error;
    type Future = Exchange;

    fn call(&self, request: Request<Incoming>) -> Exchange {
        let cause = Cause { end: self.end, exchange: self.watch.exchange_begins() };
        let largest = self.serving.limits.body;
        let request = with_protocol(request);
        let is_expecting = request.headers().contains_key(EXPECT) && !request.body().is_end_stream();
        let invitation = if is_expecting { self.invitations.claim() } else { None };
        let content = |incoming| Content::new(incoming, invitation, largest, Rc::clone(&self.connected));
        self.exchange(request.map(content), cause)
    }
}

impl Exchanges {
    /// Has a request answered that has begun, in whichever version.
    pub fn exchange(&self, mut request: Request<Content>, cause: Cause) -> Exchange {
        let entry = self.serving.log.as_ref().map(|_| Box::new(Entry::of(&request, self.host.clock().now())));
        let refuse = |status| Answer::Now(self.refusal(status, &request));
        let answer = match self.serving.sites.find(&request) {
            Err(status) => refuse(status),
            Ok(_) if !is_scheme_served(&request) => refuse(StatusCode::MISDIRECTED_REQUEST),
            Ok(_) if !are_values_bare(&request) => refuse(StatusCode::BAD_REQUEST),
            // RFC 9220 3.
            Ok(_) if !is_protocol_known(&request) => refuse(StatusCode::NOT_IMPLEMENTED),
            Ok(_) if !is_coding_known(request.headers()) => refuse(StatusCode::NOT_IMPLEMENTED),
            Ok(_) if !is_expectation_known(request.headers()) => refuse(StatusCode::EXPECTATION_FAILED),
            // Before the handler is asked, so that no `100 Continue` invites what is not wanted.
            Ok(site) if request.body().is_larger(site.largest_content(&request)) => {
                refuse(StatusCode::PAYLOAD_TOO_LARGE)
            }
            Ok(site) => fault::answer(&**site, &mut request, &self.host.because(cause), cause),
        };
        Exchange::new(request, answer, entry, self)
    }

    /// HTTP/3 is at the port of the same number as the client sees it, which it has written where that is not the
    /// usual one: doors have the same numbers for TCP and UDP.
    fn elsewhere(&self, request: &Request<Content>) -> Option<HeaderValue> {
        if !(self.serving.has_three && self.connected.is_secure) {
            return None;
        }
        let port = authority(request).ok().flatten().and_then(|authority| authority.port).unwrap_or(443);
        HeaderValue::try_from(format!("h3=\":{port}\"; ma={REMEMBERED}")).ok()
    }

    fn refusal(&self, status: StatusCode, request: &Request<Content>) -> Response<Body> {
        let mut response = refusal(status, request.method(), self.host.clock().now());
        let is_last = matches!(
            status,
            // What follows a request that two readers can read in two ways may be part of it (RFC 9112 11.2).
            StatusCode::BAD_REQUEST | StatusCode::NOT_IMPLEMENTED |
            // Its content is not read.
            StatusCode::PAYLOAD_TOO_LARGE
        );
        if is_last && request.version() <= Version::HTTP_11 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Whether the target is of a scheme that its connection meets: what is https comes by TLS (RFC 9110 7.4).
fn is_scheme_served(request: &Request<Content>) -> bool {
    let Some(scheme) = request.uri().scheme_str() else { return true };
    let is = |name: &str| scheme.eq_ignore_ascii_case(name);
    match (is("http"), is("https")) {
        (true, _) => true,
        (_, true) => request.body().connected().is_secure,
        _ => request.method() == Method::CONNECT,
    }
}

/// Whether no field begins or ends with white space, which HTTP/1.1 takes off and later versions forbid (RFC 9113 8.2.1).
fn are_values_bare<B>(request: &Request<B>) -> bool {
    let is_bare = |value: &HeaderValue| value.as_bytes().trim_ascii().len() == value.len();
    request.version() <= Version::HTTP_11 || request.headers().values().all(is_bare)
}

/// hyper's own word for what an extended CONNECT of HTTP/2 asks for is not to be had for HTTP/3.
fn with_protocol<B>(mut request: Request<B>) -> Request<B> {
    let protocol = request.extensions_mut().remove::<hyper::ext::Protocol>();
    if let Some(protocol) = protocol.and_then(|protocol| HeaderValue::from_str(protocol.as_str()).ok()) {
        request.extensions_mut().insert(ConnectProtocol(protocol));
    }
    request
}

/// A stream can become a WebSocket, and nothing else.
fn is_protocol_known<B>(request: &Request<B>) -> bool {
    ConnectProtocol::of(request).is_none_or(|protocol| protocol == "websocket")
}

/// Nothing is decoded here but `chunked` (RFC 9112 6.1).
fn is_coding_known(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(TRANSFER_ENCODING).iter();
    let is_chunked = |line: &HeaderValue| line.as_bytes().eq_ignore_ascii_case(b"chunked");
    lines.next().is_none_or(is_chunked) && lines.next().is_none()
}

/// RFC 9110 10.1.1.
fn is_expectation_known(headers: &HeaderMap) -> bool {
    headers.get_all(EXPECT).iter().all(|line| line.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// An answer on its way.
pub(super) struct Exchange {
    /// A handler that has not answered yet.
    handler: Option<Working>,
    response: Option<Response<Outgoing>>,
    content: Content,
    method: Method,
    /// Whether the connection has other exchanges beside this one.
    is_shared: bool,
    clock: Clock,
    watch: Rc<Watch>,
    /// The stream of an extended CONNECT of HTTP/2.
    stream: Option<OnUpgrade>,
    next: Next,
    /// What the access log will say.
    entry: Option<Box<Entry>>,
    /// Where else the same is to be had (RFC 7838 3).
    elsewhere: Option<HeaderValue>,
    serving: Rc<Serving>,
}

impl Exchange {
    fn new(mut request: Request<Content>, answer: Answer, entry: Option<Box<Entry>>, of: &Exchanges) -> Self {
        let mut content = request.body_mut().take();
        // A client that waits for `100 Continue` need not send what nobody reads (RFC 9110 10.1.1).
        if content.is_larger(None) || request.headers().contains_key(EXPECT) {
            drop(content.take());
        }
        let (handler, response) = match answer {
            Answer::Now(response) => (None, Some(response.map(Outgoing::from))),
            Answer::Later(answer) => {
                let answer = Box::pin(async move { answer.await.map(Outgoing::from) });
                (Some(Working::begin(answer, &of.watch)), None)
            }
            Answer::Streamed(answer) => (Some(Working::begin(answer, &of.watch)), None),
        };
        let is_shared = request.version() >= Version::HTTP_2;
        let is_stream = request.method() == Method::CONNECT && request.version() == Version::HTTP_2;
        let stream = is_stream.then(|| upgrade::on(&mut request));
        let (watch, next, clock) = (Rc::clone(&of.watch), of.next.clone(), of.host.clock());
        let elsewhere = of.elsewhere(&request);
        let (method, serving) = (request.method().clone(), Rc::clone(&of.serving));
        Self { handler, response, content, method, is_shared, clock, watch, stream, next, entry, elsewhere, serving }
    }

    /// The answer as it is sent; what follows it is set up.
    fn send(&mut self, response: Response<Outgoing>) -> Response<Outgoing> {
        let mut response = self.dated(response);
        if let Some(elsewhere) = self.elsewhere.take() {
            response.headers_mut().entry(ALT_SVC).or_insert(elsewhere);
        }
        response.map(|content| match content {
            Outgoing::Tunnel(enter) => {
                match self.stream.take() {
                    Some(stream) => tunnel::enter_stream(stream, enter, Rc::clone(&self.watch)),
                    None => self.next.set(enter),
                }
                Body::Empty.into()
            }
            content => content,
        })
    }

    /// What is answered when a request's content does not come as it should.
    fn refusal(&self, unreadable: Unreadable) -> Response<Outgoing> {
        let too_slow = self.watch.given_up().and_then(Standstill::status);
        let status = too_slow.filter(|_| unreadable == Unreadable::Broken).unwrap_or(unreadable.status());
        let mut response = refusal(status, &self.method, self.clock.now());
        if !self.is_shared {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response.map(Outgoing::from)
    }

    /// Leaves the connection to whoever takes it over. A stream of HTTP/2 or 3 is reset.
    fn seize(&mut self, body: Outgoing) -> Poll<io::Result<Response<Sending>>> {
        match body {
            Outgoing::Seized(seize) if !self.is_shared => {
                self.next.seize(seize);
                Poll::Pending
            }
            _ => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }

    fn dated(&self, mut response: Response<Outgoing>) -> Response<Outgoing> {
        if !response.headers().contains_key(DATE) {
            response.headers_mut().insert(DATE, date::format(self.clock.now()));
        }
        response
    }
}

impl Future for Exchange {
    type Output = io::Result<Response<Sending>>;

    /// The handler's answer first, then the rest of what the client says, then the answer is given.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(handler) = &mut this.handler {
            this.response = Some(ready!(handler.answer.as_mut().poll(cx)));
            this.handler = None;
        }
        if let Err(unreadable) = ready!(this.content.poll_drain(cx)) {
            drop(this.content.take());
            this.response = Some(this.refusal(unreadable));
        }
        match this.response.take() {
            Some(response) if matches!(response.body(), Outgoing::Seized(_)) => this.seize(response.into_body()),
            Some(response) => {
                let sent = this.send(response);
                let (status, serving) = (sent.status(), Rc::clone(&this.serving));
                let line = this.entry.take().map(|entry| Line { entry, status, serving });
                Poll::Ready(Ok(sent.map(|content| Sending::new(content, &this.watch, line))))
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.watch.exchange_ends();
    }
}

/// A handler at work.
struct Working {
    answer: LocalFuture<Response<Outgoing>>,
    _at_work: AtWork,
}

impl Working {
    fn begin(answer: LocalFuture<Response<Outgoing>>, watch: &Rc<Watch>) -> Self {
        Self { answer, _at_work: watch.at_work() }
    }
}

/// Seconds for which a client may remember where HTTP/3 is. A lab is often gone after minutes, and another has its names.
const REMEMBERED: u32 = 300;
