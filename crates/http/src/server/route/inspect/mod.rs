//! Requests are answered with what they are, and with what clients find hard: httpbin's vocabulary.
//!
//! - [`asked`]: a request, taken apart; [`form`]: what its content says; `told`: both as JSON
//! - `simple`, `status`, `redirects`, `cookies`, `auth`, [`digest`], `cached`, `coded`, `fields`: the endpoints by topic
//! - `cors`: who may read the answers
//! - `paced`: content that takes its time; `websocket`: an echo
//! - `front`: the page that lists them

pub mod asked;
mod auth;
mod cached;
mod coded;
mod cookies;
mod cors;
pub mod digest;
mod fields;
pub mod form;
mod front;
mod paced;
mod redirects;
mod simple;
mod status;
mod told;
mod websocket;

use http::{Method, Request, Response, StatusCode};
use toynet_net::Host;

use super::chance::Chance;
use super::reply::{page, with};
use crate::server::{Answer, Content};
use crate::site::Body;
use asked::Asked;

/// The endpoints, below one path.
#[derive(Debug, Default)]
pub struct Inspect {
    /// The path that they are below, without a slash at its end.
    base: String,
    chance: Chance,
}

impl Inspect {
    /// The endpoints below `base`, which is empty or begins with a slash.
    pub fn new(base: String) -> Self {
        Self { base, chance: Chance::default() }
    }

    /// Answers `request`, of whose path `rest` lies behind the route's own.
    pub fn answer(&self, request: &mut Request<Content>, rest: &str, host: &Host) -> Answer {
        let origin = cors::origin(request.headers());
        cors::shared(self.endpoint(request, rest, host), origin)
    }

    fn endpoint(&self, request: &mut Request<Content>, rest: &str, host: &Host) -> Answer {
        let asked = Asked::of(request, rest, &self.base);
        let segments: Vec<&str> = asked.segments.iter().map(String::as_str).collect();
        let methods = methods(&segments);
        if request.method() == Method::OPTIONS {
            return Answer::Now(cors::options(&asked, &methods.join(", ")));
        }
        if methods != ALL && !methods.contains(&request.method().as_str()) {
            return Answer::Now(not_allowed(request.method(), methods));
        }
        let random = |most: usize| self.chance.draw(host, "inspect", |random| random.below(most));
        let now = host.clock().now();
        Answer::Now(match segments[..] {
            [""] => front::page(&asked),
            ["get" | "headers" | "ip" | "user-agent"] => told::without_content(&asked, segments[0]),
            ["post" | "put" | "patch" | "delete"] | ["anything", ..] => {
                return told::with_content(asked, request.body_mut().take(), host.clock());
            }
            ["delay", seconds] => {
                let Some(delay) = seconds.parse().ok().and_then(seconds_up_to_longest) else { return wrong(&asked) };
                return told::after(delay, asked, request.body_mut().take(), host.clock());
            }
            ["status", codes] => {
                return status::answer(&asked, codes, random).map_or_else(|| wrong(&asked), Answer::Now);
            }
            ["redirect" | "relative-redirect" | "absolute-redirect", times] => {
                return redirects::times(&asked, segments[0], times).map_or_else(|| wrong(&asked), Answer::Now);
            }
            ["redirect-to"] => return redirects::to(&asked).map_or_else(|| wrong(&asked), Answer::Now),
            ["cookies"] => cookies::told(&asked),
            ["cookies", "set"] => cookies::set(&asked, &asked.query),
            ["cookies", "set", name, value] => cookies::set(&asked, &[(name.to_owned(), value.to_owned())]),
            ["cookies", "delete"] => cookies::delete(&asked),
            ["basic-auth", user, password] => auth::basic(&asked, user, password, false),
            ["hidden-basic-auth", user, password] => auth::basic(&asked, user, password, true),
            ["bearer"] => auth::bearer(&asked),
            ["digest-auth", qop, user, password] => auth::digest(&asked, [qop, user, password, "MD5"], now),
            ["digest-auth", qop, user, password, algorithm]
            | ["digest-auth", qop, user, password, algorithm, "never"] => {
                auth::digest(&asked, [qop, user, password, algorithm], now)
            }
            ["gzip" | "deflate" | "brotli"] => coded::answer(&asked, segments[0]),
            ["etag", etag] => cached::etag(&asked, etag),
            ["cache"] => cached::conditional(&asked, now),
            ["cache", seconds] => match seconds.parse::<u64>() {
                Ok(seconds) => cached::for_seconds(&asked, seconds),
                Err(_) => return wrong(&asked),
            },
            ["range", count] => match number(count).filter(|count| *count <= MOST_OCTETS) {
                Some(count) => cached::range(request, count, now),
                None => return wrong(&asked),
            },
            ["bytes", count] => match number(count) {
                Some(count) => simple::octets(&asked, count.min(MOST_OCTETS), random),
                None => return wrong(&asked),
            },
            ["uuid"] => simple::uuid(&asked, random),
            ["base64", text] => return simple::base64(&asked, text).map_or_else(|| wrong(&asked), Answer::Now),
            ["links", count] => return simple::links(&asked, count, "0").map_or_else(|| wrong(&asked), Answer::Now),
            ["links", count, at] => return simple::links(&asked, count, at).map_or_else(|| wrong(&asked), Answer::Now),
            ["response-headers"] => fields::answer(&asked),
            ["stream-bytes" | "stream" | "drip" | "sse" | "trailers", ..] => {
                return paced::answer(&asked, host.clock(), random).unwrap_or_else(|| wrong(&asked));
            }
            ["websocket", "echo"] => return websocket::answer(request, host.clock()),
            _ => match simple::document(&asked, &segments) {
                Some(document) => document,
                None => return wrong(&asked),
            },
        })
    }
}

/// The methods of an endpoint.
fn methods(segments: &[&str]) -> &'static [&'static str] {
    match segments {
        ["post"] => &["POST", "OPTIONS"],
        ["put"] => &["PUT", "OPTIONS"],
        ["patch"] => &["PATCH", "OPTIONS"],
        ["delete"] => &["DELETE", "OPTIONS"],
        ["anything" | "delay" | "status" | "redirect-to", ..] => ALL,
        ["response-headers"] => &["GET", "HEAD", "POST", "OPTIONS"],
        ["websocket", "echo"] => &["GET", "CONNECT", "OPTIONS"],
        _ => &["GET", "HEAD", "OPTIONS"],
    }
}

fn not_allowed(method: &Method, allowed: &[&str]) -> Response<Body> {
    let text = format!("This endpoint takes {}.", allowed.join(", "));
    let response = page(StatusCode::METHOD_NOT_ALLOWED, &text, "RFC 9110, 15.5.6", method);
    with(response, http::header::ALLOW, &allowed.join(", "))
}

/// There is no such endpoint, or not with these values.
fn wrong(asked: &Asked) -> Answer {
    let front = format!("{}/", asked.base);
    let text =
        format!("There is no such endpoint, or not with these values: <a href=\"{front}\">here they all are</a>.");
    let is_known = KNOWN.contains(&asked.segments[0].as_str());
    let (status, section) = match is_known {
        true => (StatusCode::BAD_REQUEST, "RFC 9110, 15.5.1"),
        false => (StatusCode::NOT_FOUND, "RFC 9110, 15.5.5"),
    };
    Answer::Now(page(status, &text, section, &asked.method))
}

fn number(text: &str) -> Option<usize> {
    text.parse().ok()
}

fn seconds_up_to_longest(seconds: f64) -> Option<std::time::Duration> {
    std::time::Duration::try_from_secs_f64(seconds.min(LONGEST_DELAY)).ok()
}

/// Endpoints that have values, which may be wrong.
const KNOWN: [&str; 14] = [
    "delay",
    "status",
    "redirect",
    "relative-redirect",
    "absolute-redirect",
    "redirect-to",
    "cache",
    "range",
    "bytes",
    "stream-bytes",
    "stream",
    "drip",
    "base64",
    "links",
];
/// What such an endpoint tells when it is asked; it takes any other, too.
const ALL: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
/// As httpbin: enough to try a client's patience, and no way to hold a connection for long.
const LONGEST_DELAY: f64 = 10.0;
/// As httpbin: more than any window at the beginning, and nothing to hold.
const MOST_OCTETS: usize = 100 * 1024;
