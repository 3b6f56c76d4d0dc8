//! One request of HTTP/3, in a stream of its own.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame};
use toynet_net::Stream;
use toynet_record::Cause;
use toynet_service::LocalFuture;

use super::super::carried::Carried;
use super::super::exchange::Exchanges;
use super::super::tunnel::{ConnectProtocol, Next};
use super::super::{Content, Outgoing};
use super::Of;
use crate::site::{date, refusal};
use crate::three::{Failed, Got, Receiving, Sending, Tunnel, fields_of};
use crate::wire::hpack::Field;
use crate::wire::three::frame::{self, Kind as FrameKind};
use crate::wire::three::{Code, Message};
use crate::wire::{Kind, fields, qpack};

/// Answers what comes in `stream`.
pub(super) async fn serve(stream: Stream, of: Rc<Of>) {
    let (cause, gone) = (stream.cause(1), stream.unwanted());
    let stream = Rc::new(RefCell::new(stream));
    let (message, watch) = (Message::request(of.serving.limits.header), || Some(Rc::clone(&of.watch) as Rc<_>));
    let receiving = Receiving::new(&stream, of.connection.clone(), message, watch());
    let asked = Asked { receiving, sending: Sending::new(&stream, watch()), of: Rc::clone(&of), cause };
    let answered = tokio::select! {
        biased;
        answered = asked.answer() => answered,
        // A handler at work is dropped with the rest.
        () = gone => Err(Reset(Code::REQUEST_CANCELLED)),
    };
    let answered = match answered {
        Ok(Answered::Tunnel(going_on)) => {
            going_on.await;
            Ok(())
        }
        Ok(Answered::Whole) => Ok(()),
        Err(reset) => Err(reset),
    };
    if let Err(Reset(code)) = answered {
        let mut stream = stream.borrow_mut();
        stream.stop(code.0);
        stream.give_up(code.0);
    }
    of.count(matches!(answered, Err(Reset(Code::REQUEST_CANCELLED))));
}

/// The stream is given up, for this reason.
struct Reset(Code);

/// What there is to do after an answer.
enum Answered {
    /// Nothing: it was sent whole.
    Whole,
    /// It has only a head, and leads to another protocol.
    Tunnel(LocalFuture<()>),
}

struct Asked {
    receiving: Receiving,
    sending: Sending,
    of: Rc<Of>,
    cause: Cause,
}

impl Asked {
    async fn answer(mut self) -> Result<Answered, Reset> {
        let limits = Rc::clone(&self.of.serving.limits);
        let clock = self.of.host.clock();
        let head = match clock.until(clock.now() + limits.header_time, self.receiving.part()).await {
            Err(_) => return self.refuse(StatusCode::REQUEST_TIMEOUT).await,
            Ok(Err(Failed::TooLong)) => return self.refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).await,
            Ok(Ok(Some(Got::Fields(section)))) => section,
            Ok(Ok(Some(Got::Content(_)) | None)) => return Err(Reset(Code::REQUEST_INCOMPLETE)),
            Ok(Err(Failed::Broken(_) | Failed::Lost(_))) => return Err(Reset(Code::REQUEST_CANCELLED)),
        };
        let list = match self.receiving.fields(&head, limits.header) {
            Ok(list) => list,
            Err(Failed::TooLong) => return self.refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).await,
            Err(Failed::Broken(_) | Failed::Lost(_)) => return Err(Reset(Code::REQUEST_CANCELLED)),
        };
        let head = fields::faults_in_three(&list, Kind::Request).is_empty().then(|| head_of(&list)).flatten();
        let head = head.ok_or(Reset(Code::MESSAGE_ERROR))?;
        let of = self.of;
        let method = head.method().clone();
        // Behind CONNECT nothing is a request's content (RFC 9110 9.3.6).
        let (content, receiving) = match method == Method::CONNECT {
            true => (Content::none(Rc::clone(&of.connected)), Some(self.receiving)),
            false => {
                let mut carried = Carried::new(self.receiving, length(head.headers()), limits.header);
                if head.headers().contains_key(EXPECT) {
                    carried = carried.inviting(self.sending.clone());
                }
                (Content::of_stream(carried, limits.body, Rc::clone(&of.connected)), None)
            }
        };
        let next = Next::default();
        let exchanges = Exchanges {
            host: of.host.clone(),
            end: self.cause.end,
            serving: Rc::clone(&of.serving),
            watch: Rc::clone(&of.watch),
            connected: Rc::clone(&of.connected),
            next: next.clone(),
            invitations: Rc::default(),
        };
        of.watch.exchange_begins();
        let response = exchanges.exchange(head.map(|()| content), self.cause).await;
        let response = response.map_err(|_| Reset(Code::INTERNAL_ERROR))?;
        let (Some(receiving), Some(enter)) = (receiving, next.take()) else {
            return send(&self.sending, response, &method).await;
        };
        let head = frame::frame(FrameKind::Headers, &section(response.status(), response.headers()));
        drop(response);
        self.sending.write(&head).await.map_err(|_| Reset(Code::REQUEST_CANCELLED))?;
        let (tunnel, working) = (Tunnel::new(receiving, self.sending), of.watch.at_work());
        Ok(Answered::Tunnel(Box::pin(async move {
            enter(Box::pin(tunnel)).await;
            drop(working);
        })))
    }

    /// Answers what did not become a request.
    async fn refuse(mut self, status: StatusCode) -> Result<Answered, Reset> {
        self.receiving.stop(Code::NO_ERROR);
        let (now, serving) = (self.of.host.clock().now(), &self.of.serving);
        if let Some(log) = &serving.log {
            log.refused(status, &self.of.connected, 0, now);
        }
        let mut response = refusal(status, &Method::GET, now);
        response.headers_mut().insert(http::header::DATE, date::format(now));
        send(&self.sending, response.map(Outgoing::from), &Method::GET).await
    }
}

/// The request that fields make; nothing when they make none.
fn head_of(list: &[Field]) -> Option<Request<()>> {
    let value = |name: &str| list.iter().find(|field| field.name == name.as_bytes()).map(|field| &field.value[..]);
    let mut parts = http::uri::Parts::default();
    let authority = value(":authority").filter(|authority| !authority.is_empty());
    parts.authority = authority.map(Authority::try_from).transpose().ok()?;
    parts.path_and_query = value(":path").map(PathAndQuery::try_from).transpose().ok()?;
    // A target with a path and an authority needs its scheme, and one without authority must not have it.
    let scheme = value(":scheme").filter(|_| parts.authority.is_some());
    parts.scheme = scheme.map(Scheme::try_from).transpose().ok()?;
    let mut request = Request::new(());
    *request.version_mut() = Version::HTTP_3;
    *request.method_mut() = Method::from_bytes(value(":method")?).ok()?;
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    *request.headers_mut() = fields_of(list)?;
    if let Some(protocol) = value(":protocol") {
        request.extensions_mut().insert(ConnectProtocol(HeaderValue::from_bytes(protocol).ok()?));
    }
    length_is_one(request.headers()).then_some(request)
}

fn length(fields: &HeaderMap) -> Option<u64> {
    fields.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// RFC 9110 8.6: one number, or none.
fn length_is_one(fields: &HeaderMap) -> bool {
    let mut lines = fields.get_all(CONTENT_LENGTH).iter();
    lines.next().is_none() || (length(fields).is_some() && lines.next().is_none())
}

/// Sends an answer whole.
async fn send<B>(sending: &Sending, mut response: Response<B>, method: &Method) -> Result<Answered, Reset>
where
    B: HttpBody<Data = Bytes>,
{
    let has_content = *method != Method::HEAD && may_have_content(response.status());
    if has_content && let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(length.into());
    }
    let (head, body) = response.into_parts();
    let mut out = frame::frame(FrameKind::Headers, &section(head.status, &head.headers));
    if has_content {
        content(sending, &mut out, body).await?;
    }
    sending.write(&out).await.map_err(|_| Reset(Code::REQUEST_CANCELLED))?;
    sending.finish().await.map_err(|_| Reset(Code::REQUEST_CANCELLED))?;
    Ok(Answered::Whole)
}

/// Sends `out` and then content, of which what is there at once goes with it, and leaves the last of it in `out`.
async fn content<B>(sending: &Sending, out: &mut Vec<u8>, body: B) -> Result<(), Reset>
where
    B: HttpBody<Data = Bytes>,
{
    let mut body = pin!(body);
    loop {
        let at_once = poll_fn(|cx| Poll::Ready(body.as_mut().poll_frame(cx))).await;
        let next = match at_once {
            Poll::Ready(next) => next,
            Poll::Pending => {
                sending.write(out).await.map_err(|_| Reset(Code::REQUEST_CANCELLED))?;
                out.clear();
                body.frame().await
            }
        };
        match next {
            None => return Ok(()),
            Some(Err(_)) => {
                // What came before the break is sent: a client shall see where it is.
                let _ = sending.write(out).await;
                return Err(Reset(Code::INTERNAL_ERROR));
            }
            Some(Ok(next)) => put(out, next),
        }
        if out.len() >= ENOUGH {
            sending.write(out).await.map_err(|_| Reset(Code::REQUEST_CANCELLED))?;
            out.clear();
        }
    }
}

fn put(out: &mut Vec<u8>, next: Frame<Bytes>) {
    match next.into_data() {
        Ok(octets) if octets.is_empty() => {}
        Ok(octets) => {
            frame::put_head(out, FrameKind::Data, octets.len() as u64);
            out.extend_from_slice(&octets);
        }
        Err(other) => {
            if let Ok(trailers) = other.into_trailers() {
                out.extend(frame::frame(FrameKind::Headers, &qpack::encode(pairs(&trailers))));
            }
        }
    }
}

/// The fields of an answer, without those of a connection of HTTP/1.1 (RFC 9114 4.2).
fn section(status: StatusCode, fields: &HeaderMap) -> Vec<u8> {
    let status = [(&b":status"[..], status.as_str().as_bytes())];
    qpack::encode(status.into_iter().chain(pairs(fields)))
}

fn pairs(fields: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
    const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
    let is_of_one =
        |name: &HeaderName| [CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE].contains(name);
    let pairs = fields.iter().filter(move |(name, _)| !is_of_one(name));
    pairs.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()))
}

/// RFC 9110 6.4.1, and 8.6 for its length.
fn may_have_content(status: StatusCode) -> bool {
    !status.is_informational() && ![StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status)
}

/// As much as a few packets take; whole answers that are shorter go out in one write.
const ENOUGH: usize = 16 * 1024;
