//! What became of an errand, for programs: JSON, and `-w`.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use toynet_machine::Time;
use toynet_service::Ending;

use super::wish::Wish;
use crate::client::answer::AnswerHead;
use crate::client::url::Url;

/// What happened so far.
#[derive(Debug)]
pub(crate) struct Story {
    pub began: Time,
    pub steps: Steps,
    pub total: Duration,
    pub method: String,
    pub url: Url,
    pub redirects: Vec<Redirect>,
    /// Until the last redirection.
    pub redirecting: Duration,
    pub connections: u32,
    pub local: Option<SocketAddr>,
    pub peer: Option<SocketAddr>,
    pub tls: Option<String>,
    pub head: Option<AnswerHead>,
    pub asked_octets: u64,
    pub uploaded: u64,
    pub downloaded: u64,
}

/// When the last connection and exchange reached each step, from the beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Steps {
    pub looked_up: Option<Duration>,
    pub connected: Option<Duration>,
    /// A proxy has led to the server.
    pub led: Option<Duration>,
    pub secured: Option<Duration>,
    pub asked: Option<Duration>,
    pub first: Option<Duration>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Redirect {
    status: u16,
    from: String,
    to: String,
}

impl Story {
    pub fn begin(wish: &Wish, began: Time) -> Self {
        Self {
            began,
            steps: Steps::default(),
            total: Duration::ZERO,
            method: wish.method.clone(),
            url: wish.url.clone(),
            redirects: Vec::new(),
            redirecting: Duration::ZERO,
            connections: 0,
            local: None,
            peer: None,
            tls: None,
            head: None,
            asked_octets: 0,
            uploaded: 0,
            downloaded: 0,
        }
    }

    pub fn hears(&mut self, head: &AnswerHead, url: &Url, method: &str) {
        (self.url, self.method, self.head) = (url.clone(), method.to_owned(), Some(head.clone()));
    }

    pub fn redirected(&mut self, status: u16, from: &Url, to: &Url, now: Time) {
        self.redirects.push(Redirect { status, from: from.to_string(), to: to.to_string() });
        self.redirecting = now - self.began;
    }

    pub fn status(&self) -> u16 {
        self.head.as_ref().map_or(0, |head| head.status)
    }

    /// In one line: `200 OK, 1024 octets`.
    pub fn outcome(&self) -> String {
        let Some(head) = &self.head else { return "no answer".to_owned() };
        let code = http::StatusCode::from_u16(head.status).ok();
        let usual = code.and_then(|code| code.canonical_reason()).unwrap_or_default();
        let reason = if head.reason.is_empty() { usual } else { &head.reason };
        let reason: String = reason.chars().filter(|character| !character.is_control()).take(LONGEST_REASON).collect();
        let status = format!("{} {reason}", head.status);
        format!("{}, {} octet{}", status.trim_end(), self.downloaded, if self.downloaded == 1 { "" } else { "s" })
    }

    /// How long each step took, a line for each.
    pub fn timing(&self) -> String {
        let Steps { looked_up, connected, led, secured, asked, first } = self.steps;
        let ends = [
            ("name look-up", looked_up),
            ("connection", connected),
            ("way by proxy", led),
            ("TLS", secured),
            ("request", asked),
            ("first octet", first),
            ("content", Some(self.total)),
        ];
        let mut before = Duration::ZERO;
        let mut text = String::new();
        for (what, end) in ends.into_iter().filter_map(|(what, end)| Some((what, end?))) {
            text += &format!("{what:<13} {:>10.3} ms\n", milliseconds(end.saturating_sub(before)));
            before = before.max(end);
        }
        text + &format!("{:<13} {:>10.3} ms\n", "total", milliseconds(self.total))
    }
}

/// The result as one JSON object. Fields may be added to it; none changes its meaning.
pub(super) fn json(story: &Story, kept: Option<&[u8]>, ending: &Ending) -> String {
    let head = story.head.as_ref();
    let text = kept.and_then(|kept| std::str::from_utf8(kept).ok());
    let result = Told {
        v: 1,
        method: &story.method,
        url: story.url.to_string(),
        version: head.map(|head| head.version),
        status: head.map(|head| head.status),
        reason: head.map(|head| head.reason.as_str()).filter(|reason| !reason.is_empty()),
        fields: head.map(|head| {
            head.fields.iter().map(|(name, value)| FieldTold { name, value: String::from_utf8_lossy(value) }).collect()
        }),
        content: text.filter(|_| head.is_some()),
        content_base64: if text.is_none() { kept.map(|kept| STANDARD.encode(kept)) } else { None },
        octets: story.downloaded,
        redirects: &story.redirects,
        local: story.local,
        peer: story.peer,
        tls: story.tls.as_deref(),
        timing_ms: Timing::of(story),
        error: ending.remark.as_deref(),
    };
    serde_json::to_string(&result).unwrap_or_default() + "\n"
}

#[derive(Serialize)]
struct Told<'a> {
    v: u32,
    method: &'a str,
    url: String,
    version: Option<&'a str>,
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<FieldTold<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_base64: Option<String>,
    octets: u64,
    redirects: &'a [Redirect],
    local: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    tls: Option<&'a str>,
    timing_ms: Timing,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct FieldTold<'a> {
    name: &'a str,
    value: std::borrow::Cow<'a, str>,
}

/// From the beginning to each step.
#[derive(Serialize)]
struct Timing {
    looked_up: Option<f64>,
    connected: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    led: Option<f64>,
    secured: Option<f64>,
    first: Option<f64>,
    total: f64,
}

impl Timing {
    fn of(story: &Story) -> Self {
        let Steps { looked_up, connected, led, secured, first, .. } = story.steps;
        let [looked_up, connected, led, secured, first] =
            [looked_up, connected, led, secured, first].map(|step| step.map(milliseconds));
        Self { looked_up, connected, led, secured, first, total: milliseconds(story.total) }
    }
}

/// `-w`: `%{name}` becomes a value, `%header{Name}` a field, and `\n` a line end.
pub(super) fn filled_in(format: &str, story: &Story, ending: &Ending) -> String {
    let mut text = String::new();
    let mut rest = format;
    while let Some(at) = rest.find(['%', '\\']) {
        text += &rest[..at];
        rest = &rest[at..];
        let taken = [("%{", '}'), ("%header{", '}')].into_iter().find_map(|(begin, end)| {
            let inside = rest.strip_prefix(begin)?;
            let end = inside.find(end)?;
            Some((begin, &inside[..end], begin.len() + end + 1))
        });
        let length = match taken {
            Some(("%{", name, length)) => {
                text += &value(name, story, ending).unwrap_or_else(|| rest[..length].to_owned());
                length
            }
            Some((_, name, length)) => {
                let field = story.head.as_ref().and_then(|head| head.field(name));
                text += &String::from_utf8_lossy(field.unwrap_or_default());
                length
            }
            None => escape(rest, &mut text),
        };
        rest = &rest[length..];
    }
    text + rest
}

fn escape(rest: &str, text: &mut String) -> usize {
    let known = [("%%", "%"), ("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"), ("\\\\", "\\")];
    let (from, to) = known.into_iter().find(|(from, _)| rest.starts_with(from)).unwrap_or((&rest[..1], &rest[..1]));
    text.push_str(to);
    from.len()
}

/// The value that curl has under this name.
fn value(name: &str, story: &Story, ending: &Ending) -> Option<String> {
    let head = story.head.as_ref();
    let Steps { looked_up, connected, secured, asked, first, .. } = story.steps;
    let seconds = |step: Option<Duration>| format!("{:.6}", step.unwrap_or_default().as_secs_f64());
    let speed = |octets: u64| format!("{:.0}", octets as f64 / story.total.as_secs_f64().max(f64::EPSILON));
    Some(match name {
        "http_code" | "response_code" => format!("{:03}", story.status()),
        "http_version" => head.map_or("0", |head| head.version.trim_start_matches("HTTP/")).to_owned(),
        "method" => story.method.clone(),
        "scheme" => story.url.scheme().to_owned(),
        "url_effective" => story.url.to_string(),
        "url" => story.redirects.first().map_or_else(|| story.url.to_string(), |first| first.from.clone()),
        "redirect_url" => {
            let location = head.and_then(|head| head.text("location"));
            location.and_then(|location| story.url.join(location).ok()).map(|url| url.to_string()).unwrap_or_default()
        }
        "content_type" => head.and_then(|head| head.text("content-type")).unwrap_or_default().to_owned(),
        "num_redirects" => story.redirects.len().to_string(),
        "num_connects" => story.connections.to_string(),
        "num_headers" => head.map_or(0, |head| head.fields.len()).to_string(),
        "size_download" => story.downloaded.to_string(),
        "size_upload" => story.uploaded.to_string(),
        "size_header" => head.map_or(0, |head| head.octets.len()).to_string(),
        "size_request" => story.asked_octets.to_string(),
        "speed_download" => speed(story.downloaded),
        "speed_upload" => speed(story.uploaded),
        "time_namelookup" => seconds(looked_up),
        "time_connect" => seconds(connected),
        "time_appconnect" => seconds(secured),
        "time_pretransfer" => seconds(asked),
        "time_starttransfer" => seconds(first),
        "time_redirect" => seconds(Some(story.redirecting)),
        "time_total" => seconds(Some(story.total)),
        "remote_ip" => story.peer.map(|peer| peer.ip().to_string()).unwrap_or_default(),
        "remote_port" => story.peer.map(|peer| peer.port().to_string()).unwrap_or_default(),
        "local_ip" => story.local.map(|local| local.ip().to_string()).unwrap_or_default(),
        "local_port" => story.local.map(|local| local.port().to_string()).unwrap_or_default(),
        "exitcode" => ending.how.status().to_string(),
        "errormsg" => ending.remark.clone().unwrap_or_default(),
        "json" => json(story, None, ending).trim_end().to_owned(),
        "header_json" => head.map_or_else(|| "{}".to_owned(), header_json),
        _ => return None,
    })
}

/// The fields of an answer by name, each with all its values.
fn header_json(head: &AnswerHead) -> String {
    let mut told = serde_json::Map::new();
    for (name, value) in &head.fields {
        let values = told.entry(name.to_ascii_lowercase()).or_insert_with(|| Vec::<serde_json::Value>::new().into());
        if let Some(values) = values.as_array_mut() {
            values.push(String::from_utf8_lossy(value).into());
        }
    }
    serde_json::Value::from(told).to_string()
}

fn milliseconds(span: Duration) -> f64 {
    (span.as_secs_f64() * 1e6).round() / 1e3
}

/// Long enough for any that makes sense.
const LONGEST_REASON: usize = 60;
