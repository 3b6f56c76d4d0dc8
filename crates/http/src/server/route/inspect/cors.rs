//! Scripts of any origin may ask here, and read what they are answered (the Fetch standard, 3.2).

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, HeaderMap, HeaderValue,
    ORIGIN, VARY,
};
use http::{Response, StatusCode};

use super::super::reply::{TEXT, reply, with};
use super::asked::Asked;
use crate::server::Answer;
use crate::site::Body;

/// The answer, for whoever asked from a page of any origin.
pub(super) fn shared(answer: Answer, origin: Option<HeaderValue>) -> Answer {
    match answer {
        Answer::Now(response) => Answer::Now(told(response, origin)),
        Answer::Later(response) => Answer::Later(Box::pin(async move { told(response.await, origin) })),
        Answer::Streamed(response) => Answer::Streamed(Box::pin(async move { told(response.await, origin) })),
    }
}

fn told<B>(mut response: Response<B>, origin: Option<HeaderValue>) -> Response<B> {
    let fields = response.headers_mut();
    if origin.is_some() {
        fields.append(VARY, HeaderValue::from_name(ORIGIN));
    }
    fields.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.unwrap_or(HeaderValue::from_static("*")));
    fields.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    response
}

/// OPTIONS: which methods an endpoint takes, as people and browsers ask.
pub(super) fn options(asked: &Asked, methods: &str) -> Response<Body> {
    let answer = with(reply(StatusCode::OK, TEXT, "", &asked.method), ALLOW, methods);
    let answer = with(with(answer, ACCESS_CONTROL_ALLOW_METHODS, methods), ACCESS_CONTROL_MAX_AGE, "3600");
    let wished = asked.headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let fields: HeaderMap = wished.map(|value| (ACCESS_CONTROL_ALLOW_HEADERS, value.clone())).collect();
    let (mut head, content) = answer.into_parts();
    head.headers.extend(fields);
    Response::from_parts(head, content)
}

/// The origin of the page whose script asks.
pub(super) fn origin(fields: &HeaderMap) -> Option<HeaderValue> {
    fields.get(ORIGIN).cloned()
}
