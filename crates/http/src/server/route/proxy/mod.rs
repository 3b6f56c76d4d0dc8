//! Other hosts of the lab answer in this one's place (RFC 9110 7.6, RFC 7239).
//!
//! - [`upstream`]: who is asked, and who is left out for a while
//! - [`fields`]: what of a message is for the next hop alone
//! - `upgrade`: from HTTP to another protocol, through a proxy; `relay`: octets both ways

pub mod fields;
mod relay;
mod upgrade;
pub mod upstream;

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HOST, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri, Version};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use hyper::client::conn::http1::{self, Parts};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;
use tokio::task::spawn_local;
use toynet_net::{Host, Stream};

use super::chance::Chance;
use super::reply::{escape, page};
use crate::server::{Answer, Content, Outgoing};
use fields::Hop;
use upgrade::Upgrade;
pub(super) use upgrade::wants_upgrade;
use upstream::Upstreams;
pub use upstream::{Turns, Upstream, UpstreamError};

/// Passes requests on.
#[derive(Debug)]
pub struct Proxy {
    upstreams: Upstreams,
    chance: Chance,
}

/// A request on its way through.
struct Passing {
    request: Request<Content>,
    rest: String,
    upgrade: Option<Upgrade>,
}

/// What becomes of a connection to an upstream once HTTP ends on it.
type Ended = oneshot::Receiver<Parts<TokioIo<Stream>>>;

/// Why there is no answer of an upstream's.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("its name was not found ({0})")]
    LookUp(io::Error),
    #[error("no connection ({0})")]
    Connect(io::Error),
    #[error("it broke off ({0})")]
    Broken(#[from] hyper::Error),
    #[error("it was silent for {} seconds", .0.as_secs())]
    Silent(Duration),
}

impl Passing {
    /// The same once more, if asking twice does no more than asking once (RFC 9110 9.2.2) and nothing was
    /// carried.
    fn again(&self) -> Option<Self> {
        let content = self.request.body();
        if !self.request.method().is_idempotent() || !content.is_end_stream() || self.upgrade.is_some() {
            return None;
        }
        let mut request = Request::new(Content::none(Rc::clone(content.connected())));
        *request.method_mut() = self.request.method().clone();
        *request.uri_mut() = self.request.uri().clone();
        *request.headers_mut() = self.request.headers().clone();
        Some(Self { request, rest: self.rest.clone(), upgrade: None })
    }
}

impl Proxy {
    /// A proxy for `upstreams`, of which there is at least one, by `turns`.
    pub fn new(upstreams: Vec<Upstream>, turns: Arc<Turns>) -> Self {
        Self { upstreams: Upstreams::new(upstreams, turns), chance: Chance::default() }
    }

    /// Answers `request`, of whose path `rest` lies behind the route's own.
    pub fn answer(self: Rc<Self>, request: &mut Request<Content>, rest: &str, host: &Host) -> Answer {
        let (method, upgrade) = (request.method().clone(), Upgrade::of(request));
        let hop = Hop { host: host.name().to_owned(), connected: **request.body().connected() };
        if hop.is_circle(request) {
            let text = "This request has gone in a circle: each proxy on its way asked the next.";
            let looped = page(StatusCode::LOOP_DETECTED, text, "RFC 5842, 7.2", &method);
            return Answer::Now(looped);
        }
        let content = request.body_mut().take();
        let mut asked = Request::new(content);
        *asked.method_mut() = method.clone();
        *asked.uri_mut() = request.uri().clone();
        *asked.headers_mut() = hop.forwarded(request);
        let passing = Passing { request: asked, rest: rest.to_owned(), upgrade };
        let host = host.clone();
        Answer::Streamed(Box::pin(async move {
            match self.pass(passing, &host).await {
                Ok(answer) => hop.returned(answer),
                Err(failures) => failed(&failures, &method).map(Outgoing::from),
            }
        }))
    }

    /// Asks one upstream after the other until one answers, or may have done something.
    async fn pass(&self, mut passing: Passing, host: &Host) -> Result<Response<Outgoing>, Vec<(String, Failure)>> {
        let mut failures = Vec::new();
        for (at, upstream) in self.upstreams.in_turn(host.clock().now()) {
            let stream = match connect(upstream, host).await {
                Ok(stream) => stream,
                Err(failure) => {
                    failures.push(self.leave_out(at, failure, upstream, host));
                    continue;
                }
            };
            let again = passing.again();
            match self.exchange(passing, upstream, stream, host).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failures.push(self.leave_out(at, failure, upstream, host)),
            }
            let broke_off = matches!(failures.last(), Some((_, Failure::Broken(_))));
            let Some(again) = again.filter(|_| broke_off) else { break };
            passing = again;
        }
        Err(failures)
    }

    fn leave_out(&self, at: usize, failure: Failure, upstream: &Upstream, host: &Host) -> (String, Failure) {
        tracing::warn!(host = host.name(), upstream = upstream.authority(), "an upstream is left out: {failure}");
        self.upstreams.leave_out(at, host.clock().now());
        (upstream.authority().to_owned(), failure)
    }

    async fn exchange(
        &self,
        passing: Passing,
        upstream: &Upstream,
        stream: Stream,
        host: &Host,
    ) -> Result<Response<Outgoing>, Failure> {
        let Passing { mut request, rest, upgrade } = passing;
        address(&mut request, upstream, &rest);
        if let Some(upgrade) = &upgrade {
            upgrade.ask(&mut request, || self.chance.draw(host, "websocket key", |random| random.u64()));
        }
        let (mut sender, ended) = open(stream).await?;
        let clock = host.clock();
        let sent = clock.until(clock.now() + LONGEST_WAIT, sender.send_request(request)).await;
        let answer = sent.map_err(|_| Failure::Silent(LONGEST_WAIT))??;
        match upgrade {
            Some(upgrade) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
                Ok(upgrade.agreed(answer.map(|_| ()), ended, clock))
            }
            Some(upgrade) if upgrade.would_mistake(answer.status()) => {
                let text = "The server behind this one does not change to the protocol that was asked for.";
                let refused = page(StatusCode::NOT_IMPLEMENTED, text, "RFC 9220, 3", &Method::CONNECT);
                Ok(refused.map(Outgoing::from))
            }
            _ => Ok(answer.map(|content| Outgoing::stream(content.map_err(io::Error::other)))),
        }
    }
}

async fn connect(upstream: &Upstream, host: &Host) -> Result<Stream, Failure> {
    let clock = host.clock();
    let found = clock.until(clock.now() + LONGEST_CONNECT, upstream.find(host)).await;
    let address = found.flatten().map_err(Failure::LookUp)?;
    let connected = clock.until(clock.now() + LONGEST_CONNECT, host.connect(address)).await;
    connected.flatten().map_err(Failure::Connect)
}

/// Says in the request where it goes: the upstream is told its own name, as a browser would.
fn address(request: &mut Request<Content>, upstream: &Upstream, rest: &str) {
    let target = upstream.target(request.uri(), rest);
    *request.uri_mut() = Uri::try_from(target).unwrap_or_default();
    *request.version_mut() = Version::HTTP_11;
    if let Ok(authority) = HeaderValue::from_str(upstream.authority()) {
        request.headers_mut().insert(HOST, authority);
    }
}

/// Speaks HTTP/1.1 on `stream`, for one exchange.
async fn open(stream: Stream) -> Result<(http1::SendRequest<Content>, Ended), Failure> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let (over, ended) = oneshot::channel();
    spawn_local(async move {
        // Whoever waits for the answer hears of a failure; nobody else needs the connection.
        if let Ok(parts) = connection.without_shutdown().await {
            drop(over.send(parts));
        }
    });
    Ok((sender, ended))
}

/// 504 when somebody was silent, otherwise 502, and who was asked.
fn failed(failures: &[(String, Failure)], method: &Method) -> Response<crate::site::Body> {
    let is_late = failures.iter().any(|(_, failure)| match failure {
        Failure::Silent(_) => true,
        Failure::LookUp(error) | Failure::Connect(error) => error.kind() == io::ErrorKind::TimedOut,
        Failure::Broken(_) => false,
    });
    let (status, section) = match is_late {
        true => (StatusCode::GATEWAY_TIMEOUT, "RFC 9110, 15.6.5"),
        false => (StatusCode::BAD_GATEWAY, "RFC 9110, 15.6.3"),
    };
    let each = failures
        .iter()
        .map(|(upstream, failure)| format!("<br><code>{}</code>: {}", escape(upstream), escape(&failure.to_string())));
    let text = format!("No server behind this one has given an answer.{}", each.collect::<String>());
    page(status, &text, section, method)
}

/// A link that takes longer to cross would lose its users; nginx waits a minute, and people with it.
const LONGEST_CONNECT: Duration = Duration::from_secs(5);
/// What nginx waits, and most load balancers do.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
