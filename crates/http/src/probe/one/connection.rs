//! Checks of how long a connection lasts.

use crate::probe::check::Level::Must;
use crate::probe::check::{Check, Ground, Verdict};
use crate::probe::heard::Heard;
use crate::probe::judge::closed;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "keep-alive",
        Must,
        "RFC 9112 9.3",
        "a connection serves again",
        twice,
        both,
        "keep the connection open, or say Connection: close",
    )
    .awaits(2),
    Check::new(
        "pipelining",
        Must,
        "RFC 9112 9.3.2",
        "requests that come together are answered in their order",
        |g| [g.fill("HEAD {T} HTTP/1.1\r\nHost: {H}\r\n\r\n"), g.get("")].concat(),
        both,
        "answer pipelined requests one after the other",
    )
    .methods(&["HEAD", "GET"])
    .awaits(2),
    Check::new(
        "close",
        Must,
        "RFC 9112 9.6",
        "Connection: close is heeded",
        |g| g.get("Connection: close\r\n"),
        closed,
        "close after the answer to a request with Connection: close",
    )
    .awaits_close(),
];

fn twice(ground: &Ground) -> Vec<u8> {
    [ground.get(""), ground.get("")].concat()
}

fn both(heard: &Heard, ground: &Ground) -> Verdict {
    let says_close = heard.field("connection").to_ascii_lowercase().contains("close");
    let is_old = heard.last().is_some_and(|reply| reply.version < (1, 1));
    let may_end = says_close || (is_old && heard.has_ended);
    let is_kept = heard.status() == ground.status && (heard.second() == ground.status || may_end);
    Verdict::of(is_kept, || format!("{}, then {}", heard.status(), heard.second()))
}
