//! Answers that no HTTP library would write, by hand.

use std::io;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Response, Version};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::io::AsyncWriteExt;
use toynet_machine::Random;
use toynet_net::{Clock, Stream};

use super::{Asked, Wrong};
use crate::server::body::Outgoing;
use crate::site::date;

/// Takes the connection over to answer so.
pub(super) fn instead(
    mut response: Response<Outgoing>,
    wrong: Wrong,
    asked: &Asked,
    clock: Clock,
    random: &mut Random,
) -> Response<Outgoing> {
    response.headers_mut().entry(DATE).or_insert_with(|| date::format(clock.now()));
    let (is_http11, has_content) = (asked.version == Version::HTTP_11, asked.method != Method::HEAD);
    let garbage = garbage(random);
    let seized = Outgoing::Seized(Box::new(move |mut stream| {
        Box::pin(async move {
            match wrong {
                Wrong::Reset => {
                    stream.reset();
                    return None;
                }
                Wrong::Garbage => stream.write_all(&garbage).await.ok()?,
                Wrong::Cut(_) | Wrong::Long | Wrong::Short | Wrong::Chunk => {
                    let answer = Answer { wrong, is_http11, has_content };
                    answer.write(response, &mut stream).await.ok()?;
                }
                Wrong::Drop | Wrong::Status(_) | Wrong::Slow(_) | Wrong::Loop | Wrong::Stale(_) => {}
            }
            Some(stream)
        })
    }));
    Response::new(seized)
}

/// The same response with a wrong `Content-Length`.
pub(super) fn promise(mut response: Response<Outgoing>, wrong: Wrong) -> Response<Outgoing> {
    let length = length(response.headers()).or(response.body().size_hint().exact()).unwrap_or_default();
    let told = if wrong == Wrong::Long { length + SURPLUS } else { length / 2 };
    response.headers_mut().insert(CONTENT_LENGTH, told.into());
    response.headers_mut().remove(TRANSFER_ENCODING);
    response
}

struct Answer {
    wrong: Wrong,
    is_http11: bool,
    /// The answer to HEAD has none.
    has_content: bool,
}

impl Answer {
    async fn write(&self, response: Response<Outgoing>, stream: &mut Stream) -> io::Result<()> {
        let mut response = match self.wrong {
            Wrong::Long | Wrong::Short => promise(response, self.wrong),
            _ => response,
        };
        let is_chunked = self.frame(&mut response);
        let (parts, mut body) = response.into_parts();
        let version = if self.is_http11 { "HTTP/1.1" } else { "HTTP/1.0" };
        let mut out = format!("{version} {}\r\n", parts.status).into_bytes();
        for (name, value) in &parts.headers {
            out.extend_from_slice(name.as_str().as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        let mut left = match self.wrong {
            _ if !self.has_content => 0,
            Wrong::Cut(count) => count,
            _ => u64::MAX,
        };
        while left > 0
            && let Some(frame) = body.frame().await
        {
            let Ok(octets) = frame?.into_data() else { continue };
            let octets = octets.slice(..octets.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
            left -= octets.len() as u64;
            add(&mut out, &octets, is_chunked);
            if self.wrong == Wrong::Chunk {
                break;
            }
            stream.write_all(&out).await?;
            out.clear();
        }
        if self.wrong == Wrong::Chunk && self.has_content {
            out.extend_from_slice(b"no length\r\n");
        }
        stream.write_all(&out).await
    }

    /// Sees to the fields that say how long the content is; says whether it comes in chunks.
    fn frame(&self, response: &mut Response<Outgoing>) -> bool {
        let known = length(response.headers()).or(response.body().size_hint().exact());
        let is_chunked = self.is_http11 && (self.wrong == Wrong::Chunk || known.is_none());
        let fields = response.headers_mut();
        match known {
            _ if is_chunked => {
                fields.remove(CONTENT_LENGTH);
                fields.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
            }
            Some(length) => {
                fields.insert(CONTENT_LENGTH, length.into());
            }
            None => {}
        }
        fields.insert(CONNECTION, HeaderValue::from_static("close"));
        is_chunked
    }
}

fn length(fields: &HeaderMap) -> Option<u64> {
    fields.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn add(out: &mut Vec<u8>, octets: &Bytes, is_chunked: bool) {
    if is_chunked && !octets.is_empty() {
        out.extend_from_slice(format!("{:x}\r\n", octets.len()).as_bytes());
        out.extend_from_slice(octets);
        out.extend_from_slice(b"\r\n");
    } else {
        out.extend_from_slice(octets);
    }
}

/// Octets by chance, of which the first is that of no version of HTTP.
fn garbage(random: &mut Random) -> Vec<u8> {
    let octets = (1..GARBAGE).map(|_| random.u64() as u8);
    std::iter::once(0xff).chain(octets).collect()
}

/// What `Content-Length` promises too much.
const SURPLUS: u64 = 10;
/// As much as a short answer.
const GARBAGE: usize = 200;
