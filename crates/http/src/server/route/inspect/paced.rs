//! Content that takes its time: `/drip`, `/stream`, `/stream-bytes`, `/sse`, `/trailers`.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRAILER};
use http::{Method, Response, StatusCode};
use hyper::body::{Body as HttpBody, Frame};
use serde_json::json;
use toynet_net::Clock;
use toynet_service::LocalFuture;

use super::super::reply::{OCTETS, TEXT};
use super::asked::Asked;
use super::{MOST_OCTETS, seconds_up_to_longest, simple, told};
use crate::server::{Answer, Outgoing};

/// Pieces with a pause before each but the first, and perhaps trailers.
struct Paced {
    pieces: Box<dyn Iterator<Item = Bytes>>,
    pause: Duration,
    pausing: Option<LocalFuture<()>>,
    is_begun: bool,
    trailers: Option<HeaderMap>,
    clock: Clock,
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if this.pausing.is_none() && this.is_begun && !this.pause.is_zero() {
            let (clock, pause) = (this.clock, this.pause);
            this.pausing = Some(Box::pin(async move { clock.sleep(pause).await }));
        }
        if let Some(pausing) = &mut this.pausing {
            ready!(pausing.as_mut().poll(cx));
            this.pausing = None;
        }
        this.is_begun = true;
        let next = this.pieces.next().map(Frame::data);
        Poll::Ready(next.or_else(|| this.trailers.take().map(Frame::trailers)).map(Ok))
    }
}

/// The answer; nothing when there is no such endpoint with these values.
pub(super) fn answer(asked: &Asked, clock: Clock, random: impl Fn(usize) -> usize) -> Option<Answer> {
    let segments: Vec<&str> = asked.segments.iter().map(String::as_str).collect();
    match segments[..] {
        ["stream-bytes", count] => {
            let octets = Bytes::from(simple::some_octets(asked, super::number(count)?.min(MOST_OCTETS), random));
            let size = number(asked, "chunk_size", 10 * 1024)?.max(1) as usize;
            let starts = (0..octets.len()).step_by(size);
            let pieces = starts.map(move |from| octets.slice(from..octets.len().min(from.saturating_add(size))));
            Some(paced(asked, OCTETS, pieces, Duration::ZERO, clock))
        }
        ["stream", count] => {
            let (count, request) = (super::number(count)?.min(MOST_LINES), told::request(asked));
            let line = move |id: usize| {
                let mut line = request.clone();
                line["id"] = id.into();
                Bytes::from(format!("{line}\n"))
            };
            Some(paced(asked, "application/json", (0..count).map(line), Duration::ZERO, clock))
        }
        ["drip"] => drip(asked, clock),
        ["sse"] => sse(asked, clock),
        ["trailers"] => Some(trailers(asked, clock)),
        _ => None,
    }
}

/// Octets one by one, spread over `duration` seconds, after `delay` seconds.
fn drip(asked: &Asked, clock: Clock) -> Option<Answer> {
    let count = number(asked, "numbytes", 10)?.min(MOST_DRIPS);
    let duration = seconds(asked, "duration", 2.0)?;
    let delay = seconds(asked, "delay", 0.0)?;
    let status = StatusCode::from_u16(number(asked, "code", 200)?.try_into().ok()?).ok();
    let status = status.filter(|status| status.as_u16() >= 200)?;
    let pause = duration.checked_div(count.saturating_sub(1).max(1) as u32).unwrap_or_default();
    let pieces = (0..count).map(|_| Bytes::from_static(b"*"));
    let mut response = response(asked, OCTETS, pieces, pause, clock);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_LENGTH, count.into());
    Some(Answer::Streamed(Box::pin(async move {
        clock.sleep(delay).await;
        response
    })))
}

/// `count` events, `delay` seconds apart, as the HTML standard frames them (9.2); who comes back goes on
/// behind the last one that he has seen.
fn sse(asked: &Asked, clock: Clock) -> Option<Answer> {
    let count = number(asked, "count", 10)?.min(MOST_LINES as u64);
    let pause = seconds(asked, "delay", 1.0)?;
    let seen = asked.field("last-event-id").and_then(|id| id.parse::<u64>().ok()).map_or(0, |id| id.saturating_add(1));
    let event = move |id: u64| {
        let data = json!({ "id": id, "time": clock.now().secs() });
        Bytes::from(format!("event: ping\nid: {id}\ndata: {data}\n\n"))
    };
    let mut response = response(asked, "text/event-stream", (seen..count.max(seen)).map(event), pause, clock);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(now(response))
}

/// Fields of the query, behind the content (RFC 9110 6.5).
fn trailers(asked: &Asked, clock: Clock) -> Answer {
    let named = asked.query.iter().take(MOST_TRAILERS);
    let fields: HeaderMap =
        named.filter_map(|(name, value)| Some((HeaderName::try_from(name).ok()?, value.parse().ok()?))).collect();
    let names = fields.keys().map(HeaderName::as_str).collect::<Vec<_>>().join(", ");
    let pieces = std::iter::once(Bytes::from_static(b"The fields come behind this line.\n"));
    let mut response = response(asked, TEXT, pieces, Duration::ZERO, clock);
    if let Ok(names) = HeaderValue::from_str(&names) {
        response.headers_mut().insert(TRAILER, names);
    }
    let pieces = std::iter::once(Bytes::from_static(b"The fields come behind this line.\n"));
    let paced = Paced { trailers: Some(fields), ..body(pieces, Duration::ZERO, clock) };
    now(response.map(|_| Outgoing::stream(paced)))
}

fn paced(
    asked: &Asked,
    media_type: &'static str,
    pieces: impl Iterator<Item = Bytes> + 'static,
    pause: Duration,
    clock: Clock,
) -> Answer {
    now(response(asked, media_type, pieces, pause, clock))
}

fn now(response: Response<Outgoing>) -> Answer {
    Answer::Streamed(Box::pin(async move { response }))
}

fn response(
    asked: &Asked,
    media_type: &'static str,
    pieces: impl Iterator<Item = Bytes> + 'static,
    pause: Duration,
    clock: Clock,
) -> Response<Outgoing> {
    let content = match asked.method {
        Method::HEAD => crate::site::Body::Empty.into(),
        _ => Outgoing::stream(body(pieces, pause, clock)),
    };
    let mut response = Response::new(content);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn body(pieces: impl Iterator<Item = Bytes> + 'static, pause: Duration, clock: Clock) -> Paced {
    Paced { pieces: Box::new(pieces), pause, pausing: None, is_begun: false, trailers: None, clock }
}

fn number(asked: &Asked, name: &str, otherwise: u64) -> Option<u64> {
    asked.value(name).map_or(Some(otherwise), |text| text.parse().ok())
}

fn seconds(asked: &Asked, name: &str, otherwise: f64) -> Option<Duration> {
    asked.value(name).map_or(Some(otherwise), |text| text.parse().ok()).and_then(seconds_up_to_longest)
}

/// Each is a write of its own: a thousand in ten seconds are a hundred a second.
const MOST_DRIPS: u64 = 1000;
/// As httpbin.
const MOST_LINES: usize = 100;
/// More than any real message has.
const MOST_TRAILERS: usize = 20;
