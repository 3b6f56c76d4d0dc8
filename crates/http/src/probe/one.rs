//! Checks of HTTP/1.x itself: request lines, Host, framing, connections.

use super::check::Level::{May, Must, Should};
use super::check::{Check, Ground, Verdict};
use super::heard::Heard;

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
        |g| g.fill("GET http://{H}{T} HTTP/1.1\r\nHost: {H}\r\n\r\n"),
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
    ).awaits_close(),
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
        "RFC 9110 2.5",
        "HTTP/1.2 is answered as HTTP/1.1",
        |g| g.fill("GET {T} HTTP/1.2\r\nHost: {H}\r\n\r\n"),
        same,
        "take a higher minor version for the highest that you know",
    ),
    Check::new(
        "major-version",
        Should,
        "RFC 9110 15.6.6",
        "HTTP/9.9 is refused",
        |g| g.fill("GET {T} HTTP/9.9\r\nHost: {H}\r\n\r\n"),
        refused_or_not_done,
        "answer 505 to a major version that you do not speak",
    ),
    Check::new(
        "keep-alive",
        Must,
        "RFC 9112 9.3",
        "a connection serves again",
        twice,
        both,
        "keep the connection open, or say Connection: close",
    ).awaits(2),
    Check::new(
        "pipelining",
        Must,
        "RFC 9112 9.3.2",
        "requests that come together are answered in their order",
        |g| [g.fill("HEAD {T} HTTP/1.1\r\nHost: {H}\r\n\r\n"), g.get("")].concat(),
        both,
        "answer pipelined requests one after the other",
    ).methods(&["HEAD", "GET"]).awaits(2),
    Check::new(
        "close",
        Must,
        "RFC 9112 9.6",
        "Connection: close is heeded",
        |g| g.get("Connection: close\r\n"),
        closed,
        "close after the answer to a request with Connection: close",
    ).awaits_close(),
    Check::new("head", Must, "RFC 9110 9.3.2", "HEAD is answered without content", |g| [g.fill("HEAD {T} HTTP/1.1\r\nHost: {H}\r\nConnection: close\r\n\r\n")].concat(), |h, _| {
        let head = crate::wire::head::end(&h.octets, 0).unwrap_or(h.octets.len());
        Verdict::of(h.octets.len() == head, || format!("{} octets follow the head", h.octets.len() - head))
    }, "send no content in answers to HEAD").methods(&["HEAD"]).awaits_close(),
    Check::new("head-like-get", Should, "RFC 9110 9.3.2", "HEAD has the fields of GET", |g| g.fill("HEAD {T} HTTP/1.1\r\nHost: {H}\r\n\r\n"), |h, g| {
        let differs = ["content-type", "etag", "last-modified"].into_iter().find(|name| h.field(name) != g.field(name));
        let has_other_length = !h.field("content-length").is_empty() && h.field("content-length") != g.field("content-length");
        Verdict::of(h.status() == g.status && differs.is_none() && !has_other_length, || format!("{} differs", differs.unwrap_or("content-length or the status")))
    }, "answer HEAD as GET, and leave out the content").methods(&["HEAD"]),
    Check::new(
        "date",
        Must,
        "RFC 9110 6.6.1",
        "answers have a Date",
        |g| g.get(""),
        |h, _| Verdict::of(!h.field("date").is_empty(), || "there is no Date".into()),
        "add Date to all answers of 2xx, 3xx and 4xx",
    ),
    Check::new(
        "well-formed",
        Must,
        "RFC 9112 4",
        "an answer breaks no rule of its syntax",
        |g| g.get(""),
        |h, _| {
            Verdict::of(h.last().is_some_and(|reply| reply.faults.is_empty()), || h.last().map_or_else(|| h.words(), |reply| reply.faults.join("; ")))
        },
        "send what RFC 9112 allows",
    ),
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
        refused_or_closed,
        "check the size for overflow",
    ).methods(&["POST", "GET"]).awaits(2),
    Check::new(
        "length-and-chunks",
        Must,
        "RFC 9112 6.1",
        "Content-Length beside chunks is refused, or the connection is closed",
        |g| {
            [g.fill("POST {T} HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), g.get("")].concat()
        },
        refused_or_closed,
        "refuse such requests: two readers may read two things",
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
    Check::new(
        "obs-fold",
        Must,
        "RFC 9112 5.2",
        "a folded field is refused, or read as one",
        |g| g.get("X-Folded: a\r\n b\r\n"),
        |h, g| Verdict::of(h.status() == 400 || h.status() == g.status, || h.words()),
        "answer 400, or put spaces for the fold",
    ),
    Check::new(
        "space-before-colon",
        Must,
        "RFC 9112 5.1",
        "a space before the colon is refused",
        |g| g.get("X-Spaced : a\r\n"),
        refused,
        "answer 400",
    ),
    Check::new(
        "space-before-field",
        Must,
        "RFC 9112 2.2",
        "a space before the first field is refused, or the line dropped",
        |g| g.fill("GET {T} HTTP/1.1\r\n X-Smuggled: a\r\nHost: {H}\r\n\r\n"),
        |h, g| Verdict::of(h.status() == 400 || h.status() == g.status, || h.words()),
        "answer 400",
    ),
    Check::new(
        "bare-cr",
        Must,
        "RFC 9112 2.2",
        "a CR without LF is refused, or read as a space",
        |g| g.get("X-Bare: a\rb\r\n"),
        |h, g| Verdict::of(h.status() == 400 || h.status() == g.status, || h.words()),
        "answer 400",
    ),
    Check::new(
        "nul",
        Must,
        "RFC 9110 5.5",
        "a NUL in a field is refused, or read as a space",
        |g| g.get("X-Null: a\0b\r\n"),
        |h, g| Verdict::of(h.status() == 400 || h.status() == g.status, || h.words()),
        "answer 400",
    ),
    Check::new(
        "no-colon",
        Must,
        "RFC 9112 5",
        "a line without a colon is refused",
        |g| g.get("nonsense\r\n"),
        refused,
        "answer 400",
    ),
    Check::new(
        "bare-lf",
        May,
        "RFC 9112 2.2",
        "lines that end with LF alone are read or refused, and not waited for",
        |g| g.fill("GET {T} HTTP/1.1\nHost: {H}\n\n"),
        |h, g| Verdict::of(h.status() == 400 || h.status() == g.status, || h.words()),
        "read LF as CR LF, or answer 400",
    ),
    Check::new(
        "leading-line",
        Should,
        "RFC 9112 2.2",
        "an empty line before a request is ignored",
        |g| [b"\r\n".to_vec(), g.get("")].concat(),
        same,
        "ignore at least one empty line before a request",
    ),
    Check::new(
        "request-line-spaces",
        Should,
        "RFC 9112 3",
        "two spaces in the request line are refused, or read as one",
        |g| g.fill("GET  {T}  HTTP/1.1\r\nHost: {H}\r\n\r\n"),
        |h, g| Verdict::of(h.status() == 400 || h.status() == g.status, || h.words()),
        "answer 400",
    ),
    Check::new(
        "target-with-space",
        Should,
        "RFC 9112 3.2",
        "a target with a space is refused",
        |g| g.fill("GET /a b HTTP/1.1\r\nHost: {H}\r\n\r\n"),
        refused_or_not_done,
        "answer 400",
    ),
    Check::new(
        "target-long",
        Should,
        "RFC 9112 3",
        "a target of 100,000 octets is refused as such",
        |g| g.fill(&format!("GET /{} HTTP/1.1\r\nHost: {{H}}\r\n\r\n", "a".repeat(100_000))),
        |h, _| Verdict::of(matches!(h.status(), 414 | 431 | 400 | 404), || h.words()),
        "answer 414, and read or wait a moment before closing",
    ),
    Check::new(
        "target-8000",
        Should,
        "RFC 9112 3",
        "a request line of 8,000 octets is read",
        |g| g.fill(&format!("GET /{} HTTP/1.1\r\nHost: {{H}}\r\n\r\n", "a".repeat(7_950))),
        |h, _| Verdict::of(!matches!(h.status(), 0 | 414 | 431), || h.words()),
        "read request lines of at least 8,000 octets",
    ),
    Check::new(
        "fields-long",
        Should,
        "RFC 6585 5",
        "a field of a million octets is refused as such",
        |g| g.get(&format!("X-Long: {}\r\n", "a".repeat(1_000_000))),
        |h, g| Verdict::of(matches!(h.status(), 431 | 400 | 413) || h.status() == g.status, || h.words()),
        "answer 431, and read or wait a moment before closing",
    ),
    Check::new(
        "method-unknown",
        Should,
        "RFC 9110 9.1",
        "a method that is unknown is refused",
        |g| g.fill("NONSENSE {T} HTTP/1.1\r\nHost: {H}\r\n\r\n"),
        |h, _| Verdict::of(matches!(h.status(), 501 | 405 | 400 | 403), || h.words()),
        "answer 501",
    ).methods(&["NONSENSE"]),
    Check::new(
        "method-case",
        Must,
        "RFC 9110 9.1",
        "get is not GET",
        |g| g.fill("get {T} HTTP/1.1\r\nHost: {H}\r\n\r\n"),
        |h, _| Verdict::of(!(200..300).contains(&h.status()), || h.words()),
        "compare methods with their case",
    ).methods(&["get"]),
    Check::new("allow", Must, "RFC 9110 15.5.6", "405 says which methods there are", |g| g.fill("DELETE {T} HTTP/1.1\r\nHost: {H}\r\n\r\n"), |h, _| match h.status() {
        405 => Verdict::of(h.last().is_some_and(|reply| reply.field("allow").is_some()), || "the answer 405 has no Allow".into()),
        status => Verdict::Skipped(format!("DELETE is answered {status}")),
    }, "add Allow to answers of 405").methods(&["DELETE"]),
    Check::new(
        "trace",
        Should,
        "RFC 9110 9.3.8",
        "TRACE does not hand back secrets",
        |g| g.fill("TRACE {T} HTTP/1.1\r\nHost: {H}\r\nCookie: secret=1\r\n\r\n"),
        |h, _| {
            Verdict::of(!String::from_utf8_lossy(&h.octets).contains("secret=1"), || "the Cookie came back".into())
        },
        "refuse TRACE, or leave out credentials and cookies",
    ).methods(&["TRACE"]),
    Check::new(
        "connect",
        Should,
        "RFC 9110 9.3.6",
        "CONNECT is refused by a server that is no proxy",
        |g| g.fill("CONNECT localhost:9 HTTP/1.1\r\nHost: localhost:9\r\n\r\n"),
        |h, _| Verdict::of(!(200..300).contains(&h.status()), || h.words()),
        "refuse CONNECT unless you mean to be a proxy",
    ).methods(&["CONNECT"]),
    Check::new(
        "options-server",
        Should,
        "RFC 9110 9.3.7",
        "OPTIONS * is answered",
        |g| g.fill("OPTIONS * HTTP/1.1\r\nHost: {H}\r\n\r\n"),
        |h, _| Verdict::of(!matches!(h.status(), 0 | 404), || h.words()),
        "answer OPTIONS * for the server as a whole",
    ).methods(&["OPTIONS"]),
    Check::new(
        "expect",
        Must,
        "RFC 9110 10.1.1",
        "a client that waits for 100 is told",
        |g| g.fill("POST {T} HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"),
        |h, _| Verdict::of(!h.replies.is_empty(), || h.words()),
        "answer 100, or the status proper at once",
    ).methods(&["POST"]).awaits(0),
    Check::new(
        "expect-unknown",
        May,
        "RFC 9110 10.1.1",
        "an expectation that is unknown is answered",
        |g| g.get("Expect: nonsense\r\n"),
        |h, g| Verdict::of(h.status() == 417 || h.status() == g.status, || h.words()),
        "answer 417, or ignore it",
    ),
];

const HOST: &str = "check Host before anything else, and answer 400";

fn twice(ground: &Ground) -> Vec<u8> {
    [ground.get(""), ground.get("")].concat()
}

fn chunked(ground: &Ground, chunks: &str) -> Vec<u8> {
    let head = "POST {T} HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: chunked\r\n\r\n";
    [ground.fill(head), chunks.as_bytes().to_vec(), ground.get("")].concat()
}

pub(super) fn same(heard: &Heard, ground: &Ground) -> Verdict {
    Verdict::of(heard.status() == ground.status, || format!("{} and not {}", heard.words(), ground.status))
}

fn refused(heard: &Heard, _: &Ground) -> Verdict {
    Verdict::of(heard.status() == 400, || format!("{} and not 400", heard.words()))
}

/// Whatever the reason, and what follows is not read.
fn refused_and_closed(heard: &Heard, _: &Ground) -> Verdict {
    let is_kept = heard.status() == 400 || (heard.status() >= 400 && heard.has_ended);
    Verdict::of(is_kept, || format!("{} and not 400", heard.words()))
}

fn refused_or_not_done(heard: &Heard, _: &Ground) -> Verdict {
    Verdict::of(!(200..400).contains(&heard.status()), || heard.words())
}

/// Nothing after it was understood as a request.
fn refused_or_closed(heard: &Heard, _: &Ground) -> Verdict {
    Verdict::of(heard.second() == 0 && (heard.has_ended || heard.status() >= 400), || match heard.second() {
        0 => format!("{} and waits", heard.words()),
        second => format!("{}, and what followed {second}", heard.words()),
    })
}

fn closed(heard: &Heard, _: &Ground) -> Verdict {
    Verdict::of(heard.status() > 0 && heard.has_ended, || "the connection stays open".to_owned())
}

fn both(heard: &Heard, ground: &Ground) -> Verdict {
    let says_close = heard.field("connection").to_ascii_lowercase().contains("close");
    let is_old = heard.last().is_some_and(|reply| reply.version < (1, 1));
    let may_end = says_close || (is_old && heard.has_ended);
    let is_kept = heard.status() == ground.status && (heard.second() == ground.status || may_end);
    Verdict::of(is_kept, || format!("{}, then {}", heard.status(), heard.second()))
}

/// What follows is understood as the request that it is, or not heard any more.
fn in_step(heard: &Heard, ground: &Ground) -> Verdict {
    let is_kept = heard.second() == ground.status || (heard.status() > 0 && heard.second() == 0 && heard.has_ended);
    Verdict::of(is_kept, || format!("{}, and the request behind it {}", heard.words(), heard.second()))
}
