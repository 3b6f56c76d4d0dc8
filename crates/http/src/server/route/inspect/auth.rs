//! Who asks must say who he is, in one of three ways.

use http::header::{AUTHORIZATION, SET_COOKIE, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use serde_json::json;
use toynet_machine::Time;

use super::super::auth::{Credentials, is_same};
use super::super::reply::{empty, page, with};
use super::asked::Asked;
use super::digest::{Challenge, Verdict};
use super::told;
use crate::digest::Algorithm;
use crate::site::Body;

/// `/basic-auth/{user}/{password}` (RFC 7617); hidden, who is not known finds nothing.
pub(super) fn basic(asked: &Asked, user: &str, password: &str, is_hidden: bool) -> Response<Body> {
    match credentials(asked) {
        Some(Credentials::Basic(name, word)) if is_same(user, &name) && is_same(password, &word) => passed(asked, user),
        _ if is_hidden => empty(StatusCode::NOT_FOUND),
        _ => refused("Basic realm=\"inspect\", charset=\"UTF-8\""),
    }
}

/// `/bearer` (RFC 6750): any token will do.
pub(super) fn bearer(asked: &Asked) -> Response<Body> {
    match credentials(asked) {
        Some(Credentials::Bearer(token)) => {
            told::json(&json!({ "authenticated": true, "token": token }), &asked.method)
        }
        _ => refused("Bearer realm=\"inspect\""),
    }
}

/// `/digest-auth/{qop}/{user}/{password}/{algorithm}` (RFC 7616).
pub(super) fn digest(asked: &Asked, [qop, user, password, algorithm]: [&str; 4], now: Time) -> Response<Body> {
    let Some(algorithm) = Algorithm::named(algorithm) else {
        let text = "The algorithm is one of MD5, SHA-256, SHA-512, SHA-512-256.";
        return page(StatusCode::BAD_REQUEST, text, "RFC 7616, 6.1", &asked.method);
    };
    let challenge = Challenge { realm: "inspect", qop, algorithm };
    let said = asked.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let verdict = said.map(|said| challenge.judge(said, (user, password), (&asked.method, &asked.target), now));
    match verdict {
        Some(Verdict::Right) => passed(asked, user),
        verdict => {
            let is_stale = verdict == Some(Verdict::Stale);
            // Who answers a challenge brings the cookies that came with it, and some clients forget.
            with(refused(&challenge.field(now, is_stale)), SET_COOKIE, "fake=fake_value; Path=/")
        }
    }
}

fn credentials(asked: &Asked) -> Option<Credentials> {
    let mut request = http::Request::new(());
    *request.headers_mut() = asked.headers.clone();
    Credentials::of(&request)
}

fn passed(asked: &Asked, user: &str) -> Response<Body> {
    told::json(&json!({ "authenticated": true, "user": user }), &asked.method)
}

fn refused(challenge: &str) -> Response<Body> {
    with(empty(StatusCode::UNAUTHORIZED), WWW_AUTHENTICATE, challenge)
}
