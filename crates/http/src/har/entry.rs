//! One exchange.

use std::time::Duration;

use serde::Serialize;
use toynet_machine::Time;
use toynet_record::dissect::{Carried, Role};
use toynet_record::export::Exchange;
use toynet_record::{Message, Party, Transport};

use super::body::{Body, Room};
use super::fields::{self, Cookie, Pair};
use super::websocket::{self, Conversation};

/// An exchange that can be told.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    exchange: Exchange<'a>,
    request: (&'a Message, &'a Carried),
    answer: Option<(&'a Message, &'a Carried)>,
}

impl<'a> Parts<'a> {
    /// Nothing when the request could not be read.
    pub fn of(exchange: &Exchange<'a>) -> Option<Self> {
        let find = |role| exchange.messages.iter().find(|message| message.role == role);
        let whole = |message: &'a Message| Some((message, message.carried.as_deref()?));
        let answer = find(Role::Answer).and_then(whole);
        Some(Self { exchange: *exchange, request: whole(find(Role::Request)?)?, answer })
    }

    /// When the entry begins: with what was done for its sake before it could be asked for.
    pub fn began(&self) -> Time {
        let opened = self.connected().map(|_| self.exchange.flow.opened);
        self.exchange.looked_up.map(|(began, _)| began).or(opened).unwrap_or(self.request.0.time)
    }

    pub fn is_cut(&self) -> bool {
        self.exchange.messages.iter().filter_map(|one| one.carried.as_ref()).any(|one| !one.is_whole)
    }

    pub fn has_secrets(&self) -> bool {
        self.carried()
            .flat_map(|carried| carried.fields.iter().chain(&carried.trailers))
            .any(|field| !field.secrets.is_empty())
    }

    pub fn entry(&self, secrets: bool, room: &mut Room) -> Entry {
        let timings = self.timings();
        let flow = self.exchange.flow;
        let said = self.is_websocket().then(|| Conversation::of(&self.exchange, room));
        let (messages, remark) = said.map_or((None, None), |said| (Some(said.messages), said.comment));
        let between = format!("#{} {} → {}", flow.id, name(&flow.initiator, "you"), name(&flow.acceptor, ""));
        Entry {
            started_date_time: fields::rfc3339(self.began()),
            time: timings.sum(),
            request: self.request(secrets, room),
            response: self.response(secrets, room),
            cache: Empty {},
            timings,
            server_ip_address: flow.acceptor.address.ip().to_canonical().to_string(),
            connection: flow.id.to_string(),
            resource_type: messages.is_some().then_some("websocket"),
            messages,
            comment: [Some(between), remark].into_iter().flatten().collect::<Vec<_>>().join("; "),
        }
    }

    fn is_websocket(&self) -> bool {
        self.answer.is_some_and(|(_, carried)| carried.goes_on)
    }

    fn carried(&self) -> impl Iterator<Item = &'a Carried> {
        [Some(self.request.1), self.answer.map(|answer| answer.1)].into_iter().flatten()
    }

    /// When the connection was there, if this is the first request on it. Streams of QUIC are opened on one that is.
    fn connected(&self) -> Option<Time> {
        let Exchange { flow, secured, .. } = self.exchange;
        if self.request.0.exchange != 1 || flow.joined_late || flow.transport != Transport::Tcp {
            return None;
        }
        // Only who opens a flow himself knows its cause, and he asks as soon as he can.
        secured.or_else(|| flow.cause.map(|_| self.request.0.time))
    }

    fn timings(&self) -> Timings {
        let (request, answer) = (self.request.0, self.answer.map(|answer| answer.0));
        let sent = request.time + request.lasted;
        let waited = answer.map(|answer| answer.time.since(sent));
        let looked_up = self.exchange.looked_up.map(|(began, ended)| ended.since(began));
        let connect = self.connected().map(|connected| connected.since(self.exchange.flow.opened));
        let ready = [looked_up, connect].into_iter().flatten().reduce(|one, other| one + other);
        let idle = ready.map(|ready| request.time.since(self.began() + ready));
        Timings {
            blocked: millis(idle),
            dns: millis(looked_up),
            connect: millis(connect),
            ssl: millis(connect.filter(|_| self.exchange.secured.is_some())),
            send: millis(Some(request.lasted)),
            wait: millis(waited.or(Some(Duration::ZERO))),
            receive: millis(answer.map(|answer| answer.lasted).or(Some(Duration::ZERO))),
        }
    }

    fn request(&self, secrets: bool, room: &mut Room) -> Request {
        let carried = self.request.1;
        let target = carried.fields.iter().find(|field| field.name == ":path");
        let target = target.map(|field| fields::shown(field, secrets));
        let flow = self.exchange.flow;
        let host = carried.value("host").or(carried.value(":authority")).filter(|host| !host.is_empty());
        let host = host.map_or_else(|| authority(&flow.acceptor), str::to_owned);
        let scheme = match (self.is_websocket(), self.exchange.secured.is_some()) {
            (false, false) => "http",
            (false, true) => "https",
            (true, false) => "ws",
            (true, true) => "wss",
        };
        // CONNECT names no path (RFC 9113 8.5).
        let target = target.unwrap_or_else(|| host.clone());
        let query = target.split('#').next().unwrap_or_default().split_once('?').map(|(_, query)| query);
        Request {
            method: carried.value(":method").unwrap_or_default().to_owned(),
            url: fields::url(scheme, &host, &target),
            http_version: version(carried),
            cookies: fields::cookies(carried, secrets),
            headers: fields::headers(carried, secrets),
            query_string: query.map(fields::query).unwrap_or_default(),
            post_data: (carried.length > 0).then(|| PostData::of(carried, room)),
            headers_size: head(carried),
            body_size: carried.length as i64,
        }
    }

    fn response(&self, secrets: bool, room: &mut Room) -> Response {
        let Some((message, carried)) = self.answer else { return self.no_response() };
        let body = Body::of(carried, room);
        Response {
            status: carried.value(":status").and_then(|status| status.parse().ok()).unwrap_or(0),
            status_text: carried.value(":reason").unwrap_or_default().to_owned(),
            http_version: version(carried),
            cookies: fields::set_cookies(carried, secrets),
            headers: fields::headers(carried, secrets),
            redirect_url: carried.value("location").unwrap_or_default().to_owned(),
            headers_size: head(carried),
            body_size: carried.length as i64,
            content: Content::of(body, carried),
            trailers: fields::trailers(carried, secrets),
            error: None,
            comment: Some(message.faults.join("; ")).filter(|faults| !faults.is_empty()),
        }
    }

    /// Browsers' tools say it with status 0.
    fn no_response(&self) -> Response {
        let why = self.exchange.failure.unwrap_or("the answer cannot be read").to_owned();
        let content = Content { mime_type: UNKNOWN_TYPE.to_owned(), ..Content::default() };
        Response {
            status: 0,
            status_text: String::new(),
            http_version: version(self.request.1),
            cookies: Vec::new(),
            headers: Vec::new(),
            content,
            redirect_url: String::new(),
            headers_size: -1,
            body_size: -1,
            trailers: Vec::new(),
            error: Some(why.clone()),
            comment: Some(why),
        }
    }
}

fn version(carried: &Carried) -> String {
    carried.value(":version").unwrap_or("HTTP/1.1").to_owned()
}

/// Octets of the head, where it stands by itself.
fn head(carried: &Carried) -> i64 {
    if carried.head == 0 { -1 } else { carried.head as i64 }
}

fn name<'a>(party: &'a Party, stranger: &'a str) -> std::borrow::Cow<'a, str> {
    match (&party.host, stranger) {
        (Some(host), _) => host.into(),
        (None, "") => party.address.ip().to_canonical().to_string().into(),
        (None, stranger) => stranger.into(),
    }
}

fn authority(party: &Party) -> String {
    party.host.clone().unwrap_or_else(|| party.address.to_string())
}

fn millis(span: Option<Duration>) -> f64 {
    span.map_or(UNKNOWN, |span| span.as_nanos() as f64 / 1e6)
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    started_date_time: String,
    time: f64,
    request: Request,
    response: Response,
    cache: Empty,
    timings: Timings,
    #[serde(rename = "serverIPAddress")]
    server_ip_address: String,
    connection: String,
    #[serde(rename = "_resourceType", skip_serializing_if = "Option::is_none")]
    resource_type: Option<&'static str>,
    #[serde(rename = "_webSocketMessages", skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<websocket::Message>>,
    comment: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    http_version: String,
    cookies: Vec<Cookie>,
    headers: Vec<Pair>,
    query_string: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData>,
    headers_size: i64,
    body_size: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    mime_type: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    params: Vec<Pair>,
    text: String,
    /// HAR has no place for it here; a name that begins with `_` is free.
    #[serde(rename = "_encoding", skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

impl PostData {
    fn of(carried: &Carried, room: &mut Room) -> Self {
        let body = Body::of(carried, room);
        let mime_type = media_type(carried);
        let text = body.text.unwrap_or_default();
        let is_form = mime_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
        let params = if is_form && !body.is_base64 { fields::query(&text) } else { Vec::new() };
        Self { mime_type, params, text, encoding: body.is_base64.then_some("base64"), comment: body.comment }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status: u16,
    status_text: String,
    http_version: String,
    cookies: Vec<Cookie>,
    headers: Vec<Pair>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: String,
    headers_size: i64,
    body_size: i64,
    /// HAR has no place for them.
    #[serde(rename = "_trailers", skip_serializing_if = "Vec::is_empty")]
    trailers: Vec<Pair>,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    compression: Option<i64>,
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

impl Content {
    fn of(body: Body, carried: &Carried) -> Self {
        let Body { size, compression, text, is_base64, comment } = body;
        let encoding = is_base64.then_some("base64");
        Self { size, compression, mime_type: media_type(carried), text, encoding, comment }
    }
}

fn media_type(carried: &Carried) -> String {
    carried.value("content-type").unwrap_or(UNKNOWN_TYPE).to_owned()
}

/// Milliseconds; -1 where nobody knows, or where there was none.
#[derive(Debug, Serialize)]
struct Timings {
    blocked: f64,
    dns: f64,
    connect: f64,
    ssl: f64,
    send: f64,
    wait: f64,
    receive: f64,
}

impl Timings {
    /// `ssl` is a part of `connect`.
    fn sum(&self) -> f64 {
        [self.blocked, self.dns, self.connect, self.send, self.wait, self.receive]
            .iter()
            .filter(|part| **part > 0.0)
            .sum()
    }
}

#[derive(Debug, Serialize)]
struct Empty {}

const UNKNOWN: f64 = -1.0;
const UNKNOWN_TYPE: &str = "x-unknown";
