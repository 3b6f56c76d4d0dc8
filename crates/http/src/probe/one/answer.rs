//! Checks of answers by themselves.

use crate::probe::check::Level::{Must, Should};
use crate::probe::check::{Check, Verdict};

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "head",
        Must,
        "RFC 9110 9.3.2",
        "HEAD is answered without content",
        |g| [g.fill("HEAD {T} HTTP/1.1\r\nHost: {H}\r\nConnection: close\r\n\r\n")].concat(),
        |h, _| {
            let head = crate::wire::head::end(&h.octets, 0).unwrap_or(h.octets.len());
            Verdict::of(h.octets.len() == head, || format!("{} octets follow the head", h.octets.len() - head))
        },
        "send no content in answers to HEAD",
    )
    .methods(&["HEAD"])
    .awaits_close(),
    Check::new(
        "head-like-get",
        Should,
        "RFC 9110 9.3.2",
        "HEAD has the fields of GET",
        |g| g.fill("HEAD {T} HTTP/1.1\r\nHost: {H}\r\n\r\n"),
        |h, g| {
            let differs =
                ["content-type", "etag", "last-modified"].into_iter().find(|name| h.field(name) != g.field(name));
            let has_other_length =
                !h.field("content-length").is_empty() && h.field("content-length") != g.field("content-length");
            Verdict::of(h.status() == g.status && differs.is_none() && !has_other_length, || {
                format!("{} differs", differs.unwrap_or("content-length or the status"))
            })
        },
        "answer HEAD as GET, and leave out the content",
    )
    .methods(&["HEAD"]),
    Check::new(
        "date",
        Must,
        "RFC 9110 6.6.1",
        "answers have a Date",
        |g| g.get(""),
        |h, _| match (h.status(), h.field("date")) {
            (500.., _) => Verdict::Skipped("only answers of 2xx, 3xx and 4xx must have a Date".into()),
            (_, date) => Verdict::of(!date.is_empty(), || "there is no Date".into()),
        },
        "add Date to all answers of 2xx, 3xx and 4xx",
    ),
    Check::new(
        "dates-fixed",
        Must,
        "RFC 9110 5.6.7",
        "Date and Last-Modified are dates as HTTP writes them",
        |g| g.get(""),
        |h, _| {
            let wrong = ["date", "last-modified"].map(|name| h.field(name)).into_iter().find(|date| !is_fixed(date));
            Verdict::of(wrong.is_none(), || format!("'{}' is none", wrong.unwrap_or_default()))
        },
        "write dates as in Sun, 06 Nov 1994 08:49:37 GMT",
    ),
    Check::new(
        "well-formed",
        Must,
        "RFC 9112 4",
        "an answer breaks no rule of its syntax",
        |g| g.get(""),
        |h, _| {
            Verdict::of(h.last().is_some_and(|reply| reply.faults.is_empty()), || {
                h.last().map_or_else(|| h.words(), |reply| reply.faults.join("; "))
            })
        },
        "send what RFC 9112 allows",
    ),
];

/// Whether it is a date in the one form that is sent (RFC 9110 5.6.7), or none at all.
fn is_fixed(date: &str) -> bool {
    date.is_empty() || httpdate::parse_http_date(date).is_ok_and(|time| httpdate::fmt_http_date(time) == date)
}
