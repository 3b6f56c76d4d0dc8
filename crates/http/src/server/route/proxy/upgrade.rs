//! From HTTP to another protocol, through a proxy (RFC 9110 7.8, RFC 8441, RFC 9220).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Method, Request, Response, StatusCode, Version};
use tokio::io::AsyncWriteExt;
use toynet_net::Clock;

use super::{Ended, relay};
use crate::server::{ConnectProtocol, Content, Outgoing};

/// The protocol that a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Upgrade {
    protocol: HeaderValue,
    /// Whether it was asked for by an extended CONNECT of HTTP/2 or 3.
    is_connect: bool,
}

impl Upgrade {
    pub fn of<B>(request: &Request<B>) -> Option<Self> {
        if let Some(protocol) = ConnectProtocol::of(request) {
            return Some(Self { protocol: protocol.clone(), is_connect: true });
        }
        let protocol = request.headers().get(UPGRADE)?.clone();
        (request.version() == Version::HTTP_11 && wants_upgrade(request.headers()))
            .then_some(Self { protocol, is_connect: false })
    }

    /// Asks for it in HTTP/1.1.
    pub fn ask(&self, request: &mut Request<Content>, random: impl Fn() -> u64) {
        let headers = request.headers_mut();
        headers.insert(UPGRADE, self.protocol.clone());
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        if !self.is_connect {
            return;
        }
        // Extended CONNECT proves by itself that both ends mean it, so that the client sent no key (RFC 8441 5).
        let key = STANDARD.encode([random().to_be_bytes(), random().to_be_bytes()].concat());
        headers.entry(SEC_WEBSOCKET_VERSION).or_insert(HeaderValue::from_static("13"));
        if let Ok(key) = HeaderValue::from_str(&key) {
            headers.insert(SEC_WEBSOCKET_KEY, key);
        }
        *request.method_mut() = Method::GET;
        let empty = Content::none(std::rc::Rc::clone(request.body().connected()));
        *request.body_mut() = empty;
    }

    /// Whether an answer without an upgrade would be taken for one: 2xx to an extended CONNECT opens a tunnel (RFC 8441 4).
    pub fn would_mistake(&self, status: StatusCode) -> bool {
        self.is_connect && status.is_success()
    }

    /// The answer to the client once the upstream has agreed.
    pub fn agreed(&self, answer: Response<()>, upstream: Ended, clock: Clock) -> Response<Outgoing> {
        let mut answer = answer.map(|()| {
            Outgoing::Tunnel(Box::new(move |mut client| {
                Box::pin(async move {
                    let Ok(parts) = upstream.await else { return };
                    if client.write_all(&parts.read_buf).await.is_ok() {
                        relay::both_ways(client, parts.io.into_inner(), clock).await;
                    }
                })
            }))
        });
        if self.is_connect {
            *answer.status_mut() = StatusCode::OK;
            answer.headers_mut().remove(SEC_WEBSOCKET_ACCEPT);
        }
        answer
    }
}

/// Whether `Connection` names the upgrade, as it must (RFC 9110 7.8).
pub(in crate::server::route) fn wants_upgrade(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(CONNECTION).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|word| word.trim().eq_ignore_ascii_case("upgrade"))
}
