//! The client: one connection's requests, in any version.
//!
//! - here: requests that are sent and answered whole
//! - [`url`]: where to; [`reach`], [`tunnel`], [`socks`]: the way there; [`failure`]: why there is no answer
//! - [`one`], [`two`], [`three`]: HTTP/1.x octet by octet, HTTP/2 and HTTP/3, as streams; [`outgoing`], [`answer`],
//!   [`content`]: what goes and comes
//! - [`websocket`]: what HTTP can lead to; `settled`: whether HTTP/2 may
//! - [`cookies`], [`coding`], [`digest`], [`disposition`]: what a client does beyond that

pub mod answer;
pub mod coding;
pub mod content;
pub mod cookies;
pub mod digest;
pub mod disposition;
pub mod failure;
pub mod one;
pub mod outgoing;
pub mod reach;
mod settled;
pub mod socks;
pub mod three;
pub mod tunnel;
pub mod two;
pub mod url;
pub mod websocket;

use std::io;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use http::header::{HOST, HeaderValue};
use http::uri::{PathAndQuery, Uri};
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use tokio::task::spawn_local;
use toynet_net::{Host, Stream, tls};

use crate::local::Local;
pub use outgoing::Outgoing;

/// Fetches `url`, over a connection of its own.
///
/// # Errors
/// Why there is no whole answer.
pub async fn get(host: &Host, url: &str) -> Result<Response<Bytes>, ClientError> {
    let request = Request::get(url).body(Full::default())?;
    let stream = host.connect(find(host, request.uri()).await?).await.map_err(ClientError::Network)?;
    Client::http1(stream).await?.send(request).await
}

/// Looks up where the server of a URL of the form `http://...` is found.
///
/// # Errors
/// When the URL is of another form, or its host has no address.
pub async fn find(host: &Host, url: &Uri) -> Result<SocketAddr, ClientError> {
    if url.scheme_str() != Some("http") {
        return Err(ClientError::LocalUrl);
    }
    let name = url.host().ok_or(ClientError::LocalUrl)?;
    let port = url.port_u16().unwrap_or(80);
    if let Ok(address) = name.trim_matches(['[', ']']).parse() {
        return Ok(SocketAddr::new(address, port));
    }
    let resolver = host.resolver().map_err(ClientError::LookUp)?;
    let addresses = resolver.addresses(host, name).await.map_err(ClientError::LookUp)?;
    let first = addresses.first().ok_or_else(|| ClientError::LookUp(io::ErrorKind::NotFound.into()))?;
    Ok(SocketAddr::new(*first, port))
}

/// A connection to a server, which is closed when this is dropped.
#[derive(Debug)]
pub struct Client(Sender);

#[derive(Debug)]
enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
    Three(three::Sender),
}

/// Why there is no whole answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL is none of the form `http://...`.
    #[error("the URL is not of the form http://host/path")]
    LocalUrl,
    /// The request cannot be sent as it stands.
    #[error("the request is malformed: {0}")]
    LocalRequest(#[from] http::Error),
    /// The name in the URL has no address, or nobody could say.
    #[error("the host was not found: {0}")]
    LookUp(#[source] io::Error),
    /// The server cannot be reached.
    #[error("the server was not reached: {0}")]
    Network(#[source] io::Error),
    /// The server went away, or said what is not HTTP.
    #[error("the server broke off: {0}")]
    Peer(#[from] hyper::Error),
    /// HTTP/3 failed.
    #[error(transparent)]
    Three(#[from] failure::Failure),
    /// The answer's content is too large, or ended too soon.
    #[error("the answer cannot be read: {0}")]
    PeerContent(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Client {
    /// Speaks HTTP/1.1 on `stream`.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn http1(stream: Stream) -> Result<Self, ClientError> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        spawn_local(connection);
        Ok(Self(Sender::One(sender)))
    }

    /// Speaks HTTP/2 on `stream`, without asking (RFC 9113 3.3).
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn http2(stream: Stream) -> Result<Self, ClientError> {
        let (sender, connection) = http2::handshake(Local, TokioIo::new(stream)).await?;
        spawn_local(connection);
        Ok(Self(Sender::Two(sender)))
    }

    /// Speaks HTTP/3 with the server called `name` at `to`.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn http3(
        host: &Host,
        to: SocketAddr,
        config: &tls::ClientConfig,
        name: &str,
    ) -> Result<Self, ClientError> {
        let sender = three::Sender::connect(host, to, config, name).await.map_err(ClientError::Network)?;
        Ok(Self(Sender::Three(sender)))
    }

    /// Sends a request, whose target is a whole URL, and reads the answer, of which up to 16 MiB
    /// are taken. Over HTTP/1.1 one request waits for the other.
    ///
    /// # Errors
    /// Why there is no whole answer.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, ClientError> {
        let answer = match &mut self.0 {
            Sender::One(sender) => {
                sender.ready().await?;
                sender.send_request(in_origin_form(request)?).await?
            }
            Sender::Two(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Sender::Three(sender) => return in_three(sender, request).await,
        };
        read(answer).await
    }

    /// One more sender of requests on the same connection, for HTTP/2 and HTTP/3.
    pub fn another(&self) -> Option<Self> {
        match &self.0 {
            Sender::One(_) => None,
            Sender::Two(sender) => Some(Self(Sender::Two(sender.clone()))),
            Sender::Three(sender) => Some(Self(Sender::Three(sender.clone()))),
        }
    }
}

/// What a request of HTTP/1.1 to an origin server looks like (RFC 9112 3.2.1): the path as its target,
/// and the authority in `Host` unless the request has one already.
fn in_origin_form(mut request: Request<Full<Bytes>>) -> Result<Request<Full<Bytes>>, ClientError> {
    let authority = request.uri().authority().ok_or(ClientError::LocalUrl)?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(http::Error::from)?;
    let path = request.uri().path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
    request.headers_mut().entry(HOST).or_insert(host);
    *request.uri_mut() = path.into();
    Ok(request)
}

async fn in_three(sender: &three::Sender, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, ClientError> {
    let (head, content) = request.into_parts();
    let content = content.collect().await.map_or_else(|never| match never {}, |content| content.to_bytes());
    let authority = head.uri.authority().ok_or(ClientError::LocalUrl)?;
    let asked = three::Asked {
        method: head.method.as_str(),
        scheme: "https",
        authority: authority.as_str(),
        target: head.uri.path_and_query().map_or("/", PathAndQuery::as_str),
        protocol: None,
    };
    let fields: Vec<_> =
        head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    let mut answer = sender.send(asked, &fields, content.into(), &mut |_| {}).await?;
    let mut response = Response::builder().status(answer.head.status).version(Version::HTTP_3);
    for (name, value) in &answer.head.fields {
        response = response.header(name, value.as_slice());
    }
    let mut octets = BytesMut::new();
    while let Some(piece) = answer.content.piece().await? {
        octets.extend_from_slice(&piece);
        if octets.len() > LARGEST {
            return Err(ClientError::PeerContent("it is too large".into()));
        }
    }
    Ok(response.body(octets.freeze())?)
}

async fn read(answer: Response<Incoming>) -> Result<Response<Bytes>, ClientError> {
    let (head, content) = answer.into_parts();
    let content = Limited::new(content, LARGEST).collect().await.map_err(ClientError::PeerContent)?;
    Ok(Response::from_parts(head, content.to_bytes()))
}

/// What fits into memory a few times over, and no page of a lab exceeds.
const LARGEST: usize = 16 * 1024 * 1024;
