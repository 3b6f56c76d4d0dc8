//! A request as JSON, in httpbin's shape.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Response, StatusCode};
use serde_json::{Map, Value, json};
use toynet_net::Clock;

use super::super::reply::reply;
use super::asked::Asked;
use super::form;
use crate::server::{Answer, Content};
use crate::site::{Body, refusal};

/// What `/get`, `/headers`, `/ip` and `/user-agent` tell.
pub(super) fn without_content(asked: &Asked, endpoint: &str) -> Response<Body> {
    let value = match endpoint {
        "headers" => json!({ "headers": headers(asked) }),
        "ip" => json!({ "origin": asked.origin }),
        "user-agent" => json!({ "user-agent": asked.field("user-agent") }),
        _ => request(asked),
    };
    json(&value, &asked.method)
}

/// What `/post`, `/anything` and their kin tell.
pub(super) fn with_content(asked: Asked, content: Content, clock: Clock) -> Answer {
    after(Duration::ZERO, asked, content, clock)
}

/// The same after some time.
pub(super) fn after(delay: Duration, asked: Asked, content: Content, clock: Clock) -> Answer {
    Answer::Later(Box::pin(async move {
        // A body that does not come must not hold this answer for ever.
        let read = clock.until(clock.now() + LONGEST_BODY, content.read()).await;
        let content = match read {
            Ok(Ok(content)) => content,
            Ok(Err(unreadable)) => return refusal(unreadable.status(), &asked.method, clock.now()),
            Err(_) => return refusal(StatusCode::REQUEST_TIMEOUT, &asked.method, clock.now()),
        };
        if !delay.is_zero() {
            clock.sleep(delay).await;
        }
        json(&whole(&asked, &content), &asked.method)
    }))
}

/// The request and its content; `/anything` tells the method too.
fn whole(asked: &Asked, content: &Bytes) -> Value {
    let mut told = request(asked);
    let media_type = asked.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parts = form::parts(media_type, content);
    let is_form = parts.is_some();
    let (files, fields): (Vec<_>, Vec<_>) = parts.unwrap_or_default().into_iter().partition(|part| part.file.is_some());
    let pairs = |parts: Vec<form::Part>| {
        several(parts.into_iter().map(|part| (part.name, text(&part.content, part.media_type.as_deref()))))
    };
    told["data"] = if is_form { "".into() } else { text(content, Some(media_type)) };
    told["json"] = if is_form { Value::Null } else { serde_json::from_slice(content).unwrap_or(Value::Null) };
    told["files"] = pairs(files);
    told["form"] = pairs(fields);
    if asked.segments[0] == "anything" {
        told["method"] = asked.method.as_str().into();
    }
    told
}

/// What can be told of every request.
pub(super) fn request(asked: &Asked) -> Value {
    json!({
        "args": several(asked.query.iter().map(|(name, value)| (name.clone(), value.clone().into()))),
        "headers": headers(asked),
        "origin": asked.origin,
        "url": format!("{}{}", asked.site, asked.target),
    })
}

/// The fields of a request, spelt as they were before HTTP/2 made them small, lines of one name joined.
pub(super) fn headers(asked: &Asked) -> Value {
    let mut told: Map<String, Value> = Map::new();
    for name in asked.headers.keys() {
        told.insert(title(name.as_str()), asked.field(name.as_str()).into());
    }
    if !told.contains_key("Host") {
        told.insert("Host".to_owned(), asked.site.rsplit('/').next().into());
    }
    told.into()
}

/// `x-real-ip` as `X-Real-Ip`.
fn title(name: &str) -> String {
    let mut is_first = true;
    let letters = name.chars().map(|letter| {
        let shown = if is_first { letter.to_ascii_uppercase() } else { letter };
        is_first = letter == '-';
        shown
    });
    letters.collect()
}

/// Pairs as an object; what has a name more than once is a list.
pub(super) fn several(pairs: impl Iterator<Item = (String, Value)>) -> Value {
    let mut told: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        match told.get_mut(&name) {
            None => drop(told.insert(name, value)),
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    told.into()
}

/// Text as it is, and anything else as a `data:` URL (RFC 2397).
fn text(octets: &[u8], media_type: Option<&str>) -> Value {
    match std::str::from_utf8(octets) {
        Ok(text) => text.into(),
        Err(_) => {
            let media_type = media_type.filter(|name| !name.is_empty()).unwrap_or("application/octet-stream");
            format!("data:{media_type};base64,{}", STANDARD.encode(octets)).into()
        }
    }
}

/// An answer of JSON, for people and programs.
pub(super) fn json(value: &Value, method: &Method) -> Response<Body> {
    reply(StatusCode::OK, "application/json", pretty(value), method)
}

pub(super) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// What other servers wait for a request's content.
const LONGEST_BODY: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_as_people_know_them() {
        assert_eq!(title("x-real-ip"), "X-Real-Ip");
    }

    #[test]
    fn what_comes_twice_is_a_list() {
        let pairs = [("a", 1), ("b", 2), ("a", 3), ("a", 4)].map(|(name, value)| (name.to_owned(), value.into()));
        assert_eq!(several(pairs.into_iter()), json!({ "a": [1, 3, 4], "b": 2 }));
    }

    #[test]
    fn octets_that_are_no_text_are_a_data_url() {
        assert_eq!(text(b"\xff", Some("image/x")), "data:image/x;base64,/w==");
    }
}
