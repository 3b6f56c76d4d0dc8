//! `/response-headers`: an answer whose fields the query says.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{Response, StatusCode};

use super::super::reply::{empty, reply, with};
use super::asked::Asked;
use super::told;
use crate::site::Body;

/// The fields of the query, and all of the answer's told as JSON, spelt as they were typed.
pub(super) fn answer(asked: &Asked) -> Response<Body> {
    let fits = |(name, value): &&(String, String)| {
        let is_own =
            ["content-length", "transfer-encoding", "connection"].contains(&name.to_ascii_lowercase().as_str());
        !is_own && HeaderName::try_from(name).is_ok() && http::HeaderValue::from_bytes(value.as_bytes()).is_ok()
    };
    let named: Vec<_> = asked.query.iter().filter(fits).collect();
    let media_type = asked.value(CONTENT_TYPE.as_str()).filter(|_| named.iter().any(is_type));
    let media_type = media_type.unwrap_or("application/json");
    let (head, content) = reply(StatusCode::OK, media_type, told(&named, media_type), &asked.method).into_parts();
    let others = named.iter().filter(|one| !is_type(one));
    let answer = others.fold(empty(StatusCode::OK), |answer, (name, value)| match HeaderName::try_from(name) {
        Ok(name) => with(answer, name, value),
        Err(_) => answer,
    });
    let mut answer = answer.map(|_| content);
    for name in [CONTENT_TYPE, CONTENT_LENGTH] {
        answer.headers_mut().extend(head.headers.get(&name).map(|value| (name.clone(), value.clone())));
    }
    answer
}

fn is_type(pair: &&(String, String)) -> bool {
    pair.0.eq_ignore_ascii_case(CONTENT_TYPE.as_str())
}

/// The text says how long it is itself.
fn told(named: &[&(String, String)], media_type: &str) -> String {
    let others = named.iter().filter(|one| !is_type(one)).map(|(name, value)| (name.clone(), value.as_str().into()));
    let mut told = told::several(others);
    told["Content-Type"] = media_type.into();
    let mut text = String::new();
    // A longer number makes a longer text, so this ends: with the number that is right.
    while told["Content-Length"].as_str() != Some(text.len().to_string().as_str()) {
        told["Content-Length"] = text.len().to_string().into();
        text = told::pretty(&told);
    }
    text
}
