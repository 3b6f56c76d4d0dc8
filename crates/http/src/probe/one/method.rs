//! Checks of methods and expectations.

use crate::probe::check::Level::{May, Must, Should};
use crate::probe::check::{Check, Verdict};
use crate::probe::heard::Reply;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "method-unknown",
        Should,
        "RFC 9110 9.1",
        "a method that is unknown is refused",
        |g| g.fill("NONSENSE {T} HTTP/1.1\r\nHost: {H}\r\n\r\n"),
        |h, _| Verdict::of(matches!(h.status(), 501 | 405 | 400 | 403), || h.words()),
        "answer 501",
    )
    .methods(&["NONSENSE"]),
    Check::new(
        "method-case",
        Must,
        "RFC 9110 9.1",
        "get is not GET",
        |g| {
            let ask = |method| g.fill(&format!("{method} {{T}} HTTP/1.1\r\nHost: {{H}}\r\n\r\n"));
            ["get", "NONSENSE"].map(ask).concat()
        },
        |h, _| match (h.status(), h.second()) {
            (200..300, 200..300) => Verdict::Skipped("any method is answered alike".into()),
            (200..300, 0) => Verdict::Skipped("the connection ends before another method can be tried".into()),
            (status, _) => Verdict::of(!(200..300).contains(&status), || h.words()),
        },
        "compare methods with their case",
    )
    .methods(&["get", "NONSENSE"])
    .awaits(2),
    Check::new(
        "allow",
        Must,
        "RFC 9110 15.5.6",
        "405 says which methods there are",
        |g| g.fill("DELETE {T} HTTP/1.1\r\nHost: {H}\r\n\r\n"),
        |h, _| match h.status() {
            405 => Verdict::of(h.last().is_some_and(|reply| reply.field("allow").is_some()), || {
                "the answer 405 has no Allow".into()
            }),
            status => Verdict::Skipped(format!("DELETE is answered {status}")),
        },
        "add Allow to answers of 405",
    )
    .methods(&["DELETE"]),
    Check::new(
        "trace",
        Should,
        "RFC 9110 9.3.8",
        "TRACE does not hand back secrets",
        |g| g.fill("TRACE {T} HTTP/1.1\r\nHost: {H}\r\nCookie: secret=1\r\n\r\n"),
        |h, _| Verdict::of(!String::from_utf8_lossy(&h.octets).contains("secret=1"), || "the Cookie came back".into()),
        "refuse TRACE, or leave out credentials and cookies",
    )
    .methods(&["TRACE"]),
    Check::new(
        "connect",
        Should,
        "RFC 9110 9.3.6",
        "CONNECT is refused by a server that is no proxy",
        |g| g.fill("CONNECT localhost:9 HTTP/1.1\r\nHost: localhost:9\r\n\r\n"),
        |h, _| Verdict::of(!(200..300).contains(&h.status()), || h.words()),
        "refuse CONNECT unless you mean to be a proxy",
    )
    .methods(&["CONNECT"]),
    Check::new(
        "options-server",
        May,
        "RFC 9110 9.3.7",
        "OPTIONS * is answered",
        |g| g.fill("OPTIONS * HTTP/1.1\r\nHost: {H}\r\n\r\n"),
        |h, _| Verdict::of(!matches!(h.status(), 0 | 404), || h.words()),
        "answer OPTIONS * for the server as a whole",
    )
    .methods(&["OPTIONS"]),
    Check::new(
        "expect",
        Must,
        "RFC 9110 10.1.1",
        "a client that waits for 100 is told",
        |g| g.fill("POST {T} HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"),
        |h, _| Verdict::of(!h.replies.is_empty(), || h.words()),
        "answer 100, or the status proper at once",
    )
    .methods(&["POST"])
    .awaits(0),
    Check::new(
        "expect-1.0",
        Must,
        "RFC 9110 15.2",
        "HTTP/1.0 gets no 100",
        |g| g.fill("POST {T} HTTP/1.0\r\nHost: {H}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello"),
        |h, _| Verdict::of(h.replies.iter().all(Reply::is_final), || "an interim answer came".into()),
        "ignore Expect in HTTP/1.0, and send it no 1xx",
    )
    .methods(&["POST"]),
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
