//! HTTP/2 on one connection, by hyper.

use http::{HeaderName, HeaderValue, Method};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::ext::Protocol;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use toynet_net::Stream;

use super::Outgoing;
use super::answer::{Answer, AnswerHead};
use super::failure::Failure;
use super::settled::Settled;
use super::url::Url;
use crate::local::Local;

/// A connection on which requests are sent, many at once if need be.
#[derive(Clone, Debug)]
pub struct Sender(SendRequest<Outgoing>);

impl Sender {
    /// Begins on a connection.
    ///
    /// # Errors
    /// When it is lost.
    pub async fn new(stream: Stream) -> Result<Self, Failure> {
        let (sender, connection) =
            handshake(Local, TokioIo::new(stream)).await.map_err(|error| Failure::of_two(&error))?;
        tokio::task::spawn_local(connection);
        Ok(Self(sender))
    }

    /// Sends a request and reads the head of its answer. Fields that HTTP/2 does not know are left out (RFC 9113
    /// 8.2.2).
    ///
    /// # Errors
    /// Why there is none.
    pub async fn ask(
        &mut self,
        method: &str,
        url: &Url,
        fields: &[(String, Vec<u8>)],
        content: Outgoing,
    ) -> Result<Answer<Incoming>, Failure> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| Failure::PeerTwo(error.to_string()))?;
        let request = request(method, url, fields, content)?;
        self.0.ready().await.map_err(|error| Failure::of_two(&error))?;
        let answer = self.0.send_request(request).await.map_err(|error| Failure::of_two(&error))?;
        let (head, content) = answer.into_parts();
        Ok(Answer { head: AnswerHead::of_two(&head), content })
    }
}

/// Asks for a tunnel for `protocol` in a stream of a new connection (RFC 8441 4): the head of the answer, and the tunnel,
/// or the content of a refusal.
///
/// # Errors
/// Why there is no answer; when the server does not let streams become tunnels.
pub async fn open(
    stream: Stream,
    protocol: &'static str,
    url: &Url,
    fields: &[(String, Vec<u8>)],
) -> Result<(AnswerHead, Result<impl AsyncRead + AsyncWrite + use<>, Incoming>), Failure> {
    let (stream, settled) = Settled::new(stream);
    let (mut sender, connection) =
        handshake(Local, TokioIo::new(stream)).await.map_err(|error| Failure::of_two(&error))?;
    tokio::task::spawn_local(connection);
    if !settled.await.map_err(|_| Failure::Silent)? {
        return Err(Failure::PeerWebSocket("it does not let a stream become one (RFC 8441 3): say --http1.1"));
    }
    let mut request = request(Method::CONNECT, url, fields, Outgoing::nothing())?;
    request.extensions_mut().insert(Protocol::from_static(protocol));
    let answer = sender.send_request(request).await.map_err(|error| Failure::of_two(&error))?;
    if !answer.status().is_success() {
        let (head, content) = answer.into_parts();
        return Ok((AnswerHead::of_two(&head), Err(content)));
    }
    let (head, content) = answer.into_parts();
    let said = AnswerHead::of_two(&head);
    let answer = http::Response::from_parts(head, content);
    let stream = hyper::upgrade::on(answer).await.map_err(|error| Failure::of_two(&error))?;
    Ok((said, Ok(TokioIo::new(stream))))
}

fn request(
    method: Method,
    url: &Url,
    fields: &[(String, Vec<u8>)],
    content: Outgoing,
) -> Result<http::Request<Outgoing>, Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure::PeerTwo(error.to_string());
    let host = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let authority = host.map_or_else(|| url.authority(), |(_, value)| String::from_utf8_lossy(value).into_owned());
    let uri = format!("{}://{authority}{}", url.scheme(), url.target);
    let mut request = http::Request::builder().method(method).uri(uri).version(http::Version::HTTP_2);
    for (name, value) in fields.iter().filter(|(name, _)| !is_of_one(name)) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| broken(&error))?;
        request = request.header(name, HeaderValue::from_bytes(value).map_err(|error| broken(&error))?);
    }
    request.body(content).map_err(|error| broken(&error))
}

/// Fields that belong to a connection of HTTP/1.1, and `Host`, which `:authority` stands for.
pub(super) fn is_of_one(name: &str) -> bool {
    const OF_ONE: [&str; 6] = ["host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];
    OF_ONE.iter().any(|one| name.eq_ignore_ascii_case(one))
}
