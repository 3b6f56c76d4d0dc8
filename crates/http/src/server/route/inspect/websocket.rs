//! A WebSocket that says everything again (RFC 6455; RFC 8441 over HTTP/2, RFC 9220 over HTTP/3).

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONNECTION, HeaderMap, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{Method, Request, Response, StatusCode, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::Clock;

use super::super::proxy::wants_upgrade;
use super::super::reply::{empty, page, with};
use crate::server::{Answer, ConnectProtocol, Content, Outgoing};
use crate::site::Body;
use crate::tunnel::Tunnel;
use crate::wire::websocket::{Message, Reader, Sender, accept};

/// Shakes hands, or says why not.
pub(super) fn answer(request: &Request<Content>, clock: Clock) -> Answer {
    match handshake(request) {
        Err(refused) => Answer::Now(*refused),
        Ok(agreed) => {
            let enter: crate::server::Enter = Box::new(move |tunnel| {
                Box::pin(async move {
                    // The client may go away at any time, which ends the echo and is no failure.
                    drop(echo(tunnel, clock).await);
                })
            });
            let response = agreed.map(|_| Outgoing::Tunnel(enter));
            Answer::Streamed(Box::pin(async move { response }))
        }
    }
}

/// RFC 6455 4.2, RFC 8441 5.
fn handshake<B>(request: &Request<B>) -> Result<Response<Body>, Box<Response<Body>>> {
    match request.version() {
        Version::HTTP_2 | Version::HTTP_3 => handshake_in_stream(request),
        _ => handshake_in_one(request),
    }
}

/// An extended CONNECT, whose protocol the server has looked at. 426 is for `Upgrade`, which is not there (RFC 9113 8.2.2).
fn handshake_in_stream<B>(request: &Request<B>) -> Result<Response<Body>, Box<Response<Body>>> {
    if ConnectProtocol::of(request).is_none() {
        let text = "This address speaks WebSocket: the request must ask for it by the method <code>CONNECT</code> with \
                    <code>:protocol</code> <code>websocket</code>.";
        return Err(page(StatusCode::BAD_REQUEST, text, "RFC 8441, 5", request.method()).into());
    }
    match is_version_known(request.headers()) {
        true => Ok(empty(StatusCode::OK)),
        false => Err(other_version(StatusCode::BAD_REQUEST, request.method()).into()),
    }
}

fn handshake_in_one<B>(request: &Request<B>) -> Result<Response<Body>, Box<Response<Body>>> {
    let headers = request.headers();
    if !is_upgrade(request) {
        let text = "This address speaks WebSocket: the request must ask for it by <code>Upgrade: websocket</code>, \
                    with <code>Connection: Upgrade</code>.";
        let response = page(StatusCode::UPGRADE_REQUIRED, text, "RFC 9110, 15.5.22", request.method());
        return Err(with(with(response, UPGRADE, "websocket"), CONNECTION, "upgrade").into());
    }
    if !is_version_known(headers) {
        let response = other_version(StatusCode::UPGRADE_REQUIRED, request.method());
        return Err(with(with(response, UPGRADE, "websocket"), CONNECTION, "upgrade").into());
    }
    let Some(key) = key(headers) else {
        let text = "<code>Sec-WebSocket-Key</code> is not 16 octets in Base64, once.";
        return Err(page(StatusCode::BAD_REQUEST, text, "RFC 6455, 4.2.1", request.method()).into());
    };
    let response = with(empty(StatusCode::SWITCHING_PROTOCOLS), UPGRADE, "websocket");
    Ok(with(with(response, CONNECTION, "upgrade"), SEC_WEBSOCKET_ACCEPT, &accept(key)))
}

fn is_upgrade<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    let lines = headers.get_all(UPGRADE).iter().filter_map(|line| line.to_str().ok());
    let mut protocols = lines.flat_map(|line| line.split(','));
    let is_named = protocols.any(|name| name.trim().eq_ignore_ascii_case("websocket"));
    let can_upgrade = request.version() == Version::HTTP_11 && request.method() == Method::GET;
    can_upgrade && is_named && wants_upgrade(headers)
}

fn is_version_known(headers: &HeaderMap) -> bool {
    headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13")
}

/// RFC 6455 4.2.2.
fn other_version(status: StatusCode, method: &Method) -> Response<Body> {
    with(page(status, "The only version here is 13.", "RFC 6455, 4.4", method), SEC_WEBSOCKET_VERSION, "13")
}

fn key(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let key = lines.next()?.to_str().ok()?;
    let is_key = STANDARD.decode(key).is_ok_and(|octets| octets.len() == 16);
    (is_key && lines.next().is_none()).then_some(key)
}

/// Says everything again until one side closes, a rule is broken, or the client falls silent.
async fn echo(mut tunnel: Tunnel, clock: Clock) -> io::Result<()> {
    let mut reader = Reader::new(Sender::Client, LARGEST);
    let mut octets = vec![0; PIECE];
    let mut is_asked = false;
    loop {
        let Ok(read) = clock.until(clock.now() + SILENCE, tunnel.read(&mut octets)).await else {
            if is_asked {
                return close(&mut tunnel, 1001, "no pong came", clock).await;
            }
            is_asked = true;
            say(&mut tunnel, &[Message::Ping(b"still there?".into())], clock).await?;
            continue;
        };
        let mut heard = match read? {
            // The client's end is answered with ours.
            0 => return tunnel.shutdown().await,
            length => &octets[..length],
        };
        is_asked = false;
        let mut said = Vec::new();
        loop {
            match reader.next(&mut heard) {
                Ok(Some(Message::Ping(octets))) => said.push(Message::Pong(octets)),
                Ok(Some(Message::Pong(_))) => {}
                Ok(Some(Message::Close(why))) => {
                    said.push(Message::Close(why));
                    say(&mut tunnel, &said, clock).await?;
                    return tunnel.shutdown().await;
                }
                Ok(Some(message)) => said.push(message),
                Ok(None) => break,
                Err(violation) => {
                    say(&mut tunnel, &said, clock).await?;
                    return close(&mut tunnel, violation.code(), &violation.to_string(), clock).await;
                }
            }
        }
        say(&mut tunnel, &said, clock).await?;
    }
}

async fn close(tunnel: &mut Tunnel, code: u16, why: &str, clock: Clock) -> io::Result<()> {
    say(tunnel, &[Message::Close(Some((code, why.to_owned())))], clock).await?;
    tunnel.shutdown().await?;
    // What still comes is heard out for a moment: closing over unread octets would lose the reason.
    let mut unread = [0; PIECE];
    let draining = async { while tunnel.read(&mut unread).await.is_ok_and(|length| length > 0) {} };
    clock.until(clock.now() + LINGER, draining).await
}

async fn say(tunnel: &mut Tunnel, messages: &[Message], clock: Clock) -> io::Result<()> {
    let mut octets = Vec::new();
    messages.iter().for_each(|message| message.write(None, &mut octets));
    let writing = async {
        tunnel.write_all(&octets).await?;
        tunnel.flush().await
    };
    clock.until(clock.now() + SILENCE, writing).await.flatten()
}

/// As large as any request's content here.
const LARGEST: usize = 1024 * 1024;
/// A read of this size costs little; what comes in one is answered in one.
const PIECE: usize = 8 * 1024;
/// After so long a ping asks whether the client is there, and after so long again it is not.
const SILENCE: Duration = Duration::from_secs(60);
/// How long a client is heard out that was told to go.
const LINGER: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_has_all_its_parts() {
        let right = [("upgrade", "WebSocket"), ("connection", "keep-alive, Upgrade"), VERSION, KEY];
        assert_eq!(shaken(&right), 101);
        assert_eq!(shaken(&right[1..]), 426);
        assert_eq!(shaken(&[right[0], VERSION, KEY]), 426);
        assert_eq!(shaken(&[right[0], right[1], KEY]), 426);
        assert_eq!(shaken(&[right[0], right[1], VERSION]), 400);
        assert_eq!(shaken(&[right[0], right[1], VERSION, ("sec-websocket-key", "c2hvcnQ=")]), 400);
        assert_eq!(shaken(&[right[0], right[1], VERSION, KEY, KEY]), 400);
    }

    fn shaken(fields: &[(&str, &str)]) -> u16 {
        let mut request = Request::get("/websocket/echo");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        handshake(&request.body(()).unwrap()).unwrap_or_else(|refused| *refused).status().as_u16()
    }

    const VERSION: (&str, &str) = ("sec-websocket-version", "13");
    const KEY: (&str, &str) = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
}
