//! Cookies (RFC 6265): told, set and deleted.

use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::super::reply::{empty, with};
use super::asked::Asked;
use super::told;
use crate::site::Body;

/// The cookies that the client sent.
pub(super) fn told(asked: &Asked) -> Response<Body> {
    let lines = asked.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut cookies: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        // The first is of the longest path: that which was meant for this page (RFC 6265 5.4).
        cookies.entry(name).or_insert(value.into());
    }
    told::json(&json!({ "cookies": cookies }), &asked.method)
}

/// Sets cookies and shows them.
pub(super) fn set(asked: &Asked, cookies: &[(String, String)]) -> Response<Body> {
    to_cookies(asked, cookies.iter().map(|(name, value)| format!("{}={}; Path=/", plain(name), plain(value))))
}

/// Deletes those that the query names.
pub(super) fn delete(asked: &Asked) -> Response<Body> {
    let past = "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/";
    to_cookies(asked, asked.query.iter().map(|(name, _)| format!("{}=; {past}", plain(name))))
}

fn to_cookies(asked: &Asked, lines: impl Iterator<Item = String>) -> Response<Body> {
    let response = with(empty(StatusCode::FOUND), LOCATION, &format!("{}/cookies", asked.base));
    lines.take(MOST).fold(response, |response, line| with(response, SET_COOKIE, &line))
}

/// What no cookie can hold is percent-encoded (RFC 6265 4.1.1).
fn plain(text: &str) -> String {
    let is_plain = |octet: u8| octet.is_ascii_graphic() && !b"\",;\\=%".contains(&octet);
    text.bytes()
        .map(|octet| if is_plain(octet) { char::from(octet).to_string() } else { format!("%{octet:02X}") })
        .collect()
}

/// RFC 6265 6.1: as many as a browser keeps for a site at least.
const MOST: usize = 50;
