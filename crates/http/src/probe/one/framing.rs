//! Checks of where content ends: chunks and lengths.

use crate::probe::check::Level::{Must, Should};
use crate::probe::check::{Check, Ground, Verdict};
use crate::probe::heard::Heard;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "chunked",
        Must,
        "RFC 9112 7.1",
        "chunks are read to their end",
        |g| chunked(g, "5\r\nhello\r\n0\r\n\r\n"),
        in_step,
        "read chunked content, also where it is not wanted, or close",
    ).methods(&["POST", "GET"]).awaits(2),
    Check::new(
        "chunk-extension",
        Must,
        "RFC 9112 7.1.1",
        "extensions of chunks are ignored",
        |g| chunked(g, "5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n"),
        in_step,
        "ignore chunk extensions that you do not know",
    ).methods(&["POST", "GET"]).awaits(2),
    Check::new(
        "trailers",
        Must,
        "RFC 9112 7.1.2",
        "trailers are read with the chunks",
        |g| chunked(g, "0\r\nX-Trailer: a\r\n\r\n"),
        in_step,
        "read trailers up to the empty line",
    ).methods(&["POST", "GET"]).awaits(2),
    Check::new(
        "chunk-size-broken",
        Must,
        "RFC 9112 7.1",
        "a chunk size that is no number is refused",
        |g| chunked(g, "0x5\r\nhello\r\n0\r\n\r\n"),
        refused_or_closed,
        "answer 400 and close where chunks make no sense",
    ).methods(&["POST", "GET"]).awaits(2),
    Check::new(
        "chunk-size-huge",
        Must,
        "RFC 9112 7.1",
        "a chunk size beyond 64 bits does not wrap around",
        |g| chunked(g, "10000000000000005\r\nhello\r\n0\r\n\r\n"),
        not_wrapped,
        "check the size for overflow",
    ).methods(&["POST", "GET"]).awaits(2),
    Check::new(
        "length-and-chunks",
        Must,
        "RFC 9112 6.1",
        "the connection is closed after Content-Length beside chunks",
        |g| {
            [g.fill("POST {T} HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), g.get("")].concat()
        },
        closed_behind,
        "answer 400 and close: two readers may read two things",
    ).methods(&["POST", "GET"]).awaits(2),
    Check::new(
        "lengths-differ",
        Must,
        "RFC 9112 6.3",
        "two lengths that differ are refused",
        |g| g.fill("POST {T} HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
        refused_and_closed,
        "answer 400 and close",
    ).methods(&["POST"]).awaits_close(),
    Check::new(
        "length-broken",
        Must,
        "RFC 9112 6.3",
        "a length that is no number is refused",
        |g| g.fill("POST {T} HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5x\r\n\r\nhello"),
        refused_and_closed,
        "answer 400 and close",
    ).methods(&["POST"]).awaits_close(),
    Check::new(
        "length-negative",
        Must,
        "RFC 9112 6.3",
        "a negative length is refused",
        |g| g.fill("POST {T} HTTP/1.1\r\nHost: {H}\r\nContent-Length: -1\r\n\r\n"),
        refused_and_closed,
        "answer 400 and close",
    ).methods(&["POST"]).awaits_close(),
    Check::new(
        "coding-unknown",
        Should,
        "RFC 9112 6.1",
        "a transfer coding that is unknown is refused",
        |g| g.fill("POST {T} HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: nonsense, chunked\r\n\r\n0\r\n\r\n"),
        |h, _| Verdict::of(matches!(h.status(), 400 | 501), || h.words()),
        "answer 501",
    ).methods(&["POST"]),
    Check::new(
        "chunked-not-last",
        Must,
        "RFC 9112 6.3",
        "a transfer coding that does not end with chunked is refused",
        |g| g.fill("POST {T} HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
        |h, _| Verdict::of(matches!(h.status(), 400 | 501), || h.words()),
        "answer 400 and close",
    ).methods(&["POST"]),
];

fn chunked(ground: &Ground, chunks: &str) -> Vec<u8> {
    let head = "POST {T} HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: chunked\r\n\r\n";
    [ground.fill(head), chunks.as_bytes().to_vec(), ground.get("")].concat()
}

/// Whatever the reason, and what follows is not read.
fn refused_and_closed(heard: &Heard, _: &Ground) -> Verdict {
    Verdict::of(heard.status() >= 400 && heard.has_ended, || match heard.status() {
        400.. if !heard.has_ended => format!("{}, and the connection stays open", heard.words()),
        _ => format!("{} and not 400", heard.words()),
    })
}

/// Nothing after it was understood as a request. Whoever answers before having read all says 400 late.
fn refused_or_closed(heard: &Heard, _: &Ground) -> Verdict {
    let is_kept = heard.second() == 400 || (heard.second() == 0 && (heard.has_ended || heard.status() >= 400));
    Verdict::of(is_kept, || match heard.second() {
        0 => format!("{} and waits", heard.words()),
        second => format!("{}, and what followed {second}", heard.words()),
    })
}

/// Nothing after it was understood as a request: who waits for so much content has understood how much that is.
fn not_wrapped(heard: &Heard, _: &Ground) -> Verdict {
    let is_kept = matches!(heard.second(), 0 | 400);
    Verdict::of(is_kept, || format!("{}, and what followed {}", heard.words(), heard.second()))
}

/// Nothing can come after it.
fn closed_behind(heard: &Heard, _: &Ground) -> Verdict {
    Verdict::of(heard.second() == 0 && heard.has_ended, || match heard.second() {
        0 => format!("{}, and the connection stays open", heard.words()),
        second => format!("{}, and what followed {second}", heard.words()),
    })
}

/// What follows is understood as the request that it is, or not heard any more.
fn in_step(heard: &Heard, ground: &Ground) -> Verdict {
    let is_kept = heard.second() == ground.status || (heard.status() > 0 && heard.second() == 0 && heard.has_ended);
    Verdict::of(is_kept, || format!("{}, and the request behind it {}", heard.words(), heard.second()))
}
