//! Checks of what every request says: `Host`, what it is for, and the version.

use crate::probe::check::Level::{May, Must, Should};
use crate::probe::check::{Check, Verdict};
use crate::probe::judge::{closed, refused, same};

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "host-missing",
        Must,
        "RFC 9112 3.2",
        "HTTP/1.1 without Host is refused",
        |g| g.fill("GET {T} HTTP/1.1\r\n\r\n"),
        refused,
        HOST,
    ),
    Check::new(
        "host-twice",
        Must,
        "RFC 9112 3.2",
        "two Host fields are refused",
        |g| g.get("Host: other.test\r\n"),
        refused,
        HOST,
    ),
    Check::new(
        "host-invalid",
        Must,
        "RFC 9112 3.2",
        "a Host that is none is refused",
        |g| g.fill("GET {T} HTTP/1.1\r\nHost: a b/c\r\n\r\n"),
        refused,
        HOST,
    ),
    Check::new(
        "absolute-form",
        Must,
        "RFC 9112 3.2.2",
        "the absolute-form is understood",
        |g| g.fill(&format!("GET {}://{{H}}{{T}} HTTP/1.1\r\nHost: {{H}}\r\n\r\n", g.scheme())),
        same,
        "take path and host out of an absolute-form target",
    ),
    Check::new(
        "http-1.0",
        Should,
        "RFC 9112 2.3",
        "HTTP/1.0 is answered",
        |g| g.fill("GET {T} HTTP/1.0\r\nHost: {H}\r\n\r\n"),
        same,
        "answer HTTP/1.0, in the framing that it knows",
    ),
    Check::new(
        "http-1.0-closes",
        Should,
        "RFC 9112 9.3",
        "the connection of HTTP/1.0 ends with its answer",
        |g| g.fill("GET {T} HTTP/1.0\r\nHost: {H}\r\n\r\n"),
        closed,
        "close after an answer to HTTP/1.0 without keep-alive",
    )
    .awaits_close(),
    Check::new(
        "http-1.0-unchunked",
        Must,
        "RFC 9112 6.1",
        "HTTP/1.0 gets no chunks",
        |g| g.fill("GET {T} HTTP/1.0\r\nHost: {H}\r\n\r\n"),
        |h, _| Verdict::of(h.field("transfer-encoding").is_empty(), || "the answer has a Transfer-Encoding".into()),
        "frame answers to HTTP/1.0 by length or by closing",
    ),
    Check::new(
        "minor-version",
        Should,
        "RFC 9110 6.2",
        "HTTP/1.2 is answered as HTTP/1.1",
        |g| g.fill("GET {T} HTTP/1.2\r\nHost: {H}\r\n\r\n"),
        same,
        "take a higher minor version for the highest that you know",
    ),
    Check::new(
        "major-version",
        May,
        "RFC 9110 6.2",
        "HTTP/9.9 is refused",
        |g| g.fill("GET {T} HTTP/9.9\r\nHost: {H}\r\n\r\n"),
        |h, _| Verdict::of(!(200..400).contains(&h.status()), || h.words()),
        "answer 505 to a major version that you do not speak",
    ),
];

const HOST: &str = "check Host before anything else, and answer 400";
