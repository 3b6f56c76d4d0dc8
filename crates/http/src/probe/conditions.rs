//! Checks of conditions and ranges.

use super::check::Level::{May, Must, Should};
use super::check::{Check, Ground, Verdict};
use super::heard::Heard;
use super::judge::same;
use crate::wire::head;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "etag-quoted",
        Must,
        "RFC 9110 8.8.3",
        "an ETag is a quoted text, with W/ before it if it is weak",
        |g| g.get(""),
        |h, _| {
            let tag = h.field("etag");
            Verdict::of(tag.is_empty() || is_tag(tag), || format!("'{tag}' is none"))
        },
        "put the ETag in quotation marks",
    ),
    Check::new(
        "if-none-match",
        Must,
        "RFC 9110 13.1.2",
        "what the client has is not sent again",
        |g| g.get(&format!("If-None-Match: {}\r\n", g.field("etag"))),
        unchanged,
        "answer 304 where If-None-Match names the ETag",
    )
    .needs(tag),
    Check::new(
        "if-none-match-any",
        Must,
        "RFC 9110 13.1.2",
        "If-None-Match: * holds for whatever is there",
        |g| g.get("If-None-Match: *\r\n"),
        unchanged,
        "answer 304 to GET with If-None-Match: *",
    )
    .needs(tag),
    Check::new(
        "304-fields",
        Must,
        "RFC 9110 15.4.5",
        "304 has the fields that 200 would have",
        |g| g.get(&format!("If-None-Match: {}\r\n", g.field("etag"))),
        |h, g| {
            let missing = ["etag", "date", "cache-control", "content-location", "expires", "vary"]
                .into_iter()
                .find(|name| h.field(name).is_empty() && !g.field(name).is_empty());
            match h.status() {
                304 => Verdict::of(missing.is_none(), || format!("{} is missing", missing.unwrap_or_default())),
                status => Verdict::Skipped(format!("the answer is {status}")),
            }
        },
        "send ETag, Date, Cache-Control, Content-Location, Expires and Vary with 304 as with 200",
    )
    .needs(tag),
    Check::new(
        "304-content",
        Must,
        "RFC 9110 15.4.5",
        "304 has no content",
        |g| [g.get(&format!("If-None-Match: {}\r\n", g.field("etag"))), g.get("")].concat(),
        |h, g| match h.status() {
            304 => Verdict::of(h.second() == g.status || ends_with_head(h), || match h.second() {
                0 => "what follows it is no answer".to_owned(),
                second => format!("what follows it is {second}"),
            }),
            status => Verdict::Skipped(format!("the answer is {status}")),
        },
        "end 304 with its head",
    )
    .needs(tag)
    .awaits(2),
    Check::new(
        "if-none-match-wins",
        Must,
        "RFC 9110 13.1.3",
        "If-Modified-Since is ignored beside If-None-Match",
        |g| g.get(&format!("If-None-Match: \"another\"\r\nIf-Modified-Since: {}\r\n", g.field("last-modified"))),
        same,
        "evaluate If-None-Match alone where both are there",
    )
    .needs(dated),
    Check::new(
        "if-modified-since",
        Should,
        "RFC 9110 13.1.3",
        "what has not changed is not sent again",
        |g| g.get(&format!("If-Modified-Since: {}\r\n", g.field("last-modified"))),
        unchanged,
        "answer 304 where nothing has changed since that date",
    )
    .needs(dated),
    Check::new(
        "if-modified-since-broken",
        Must,
        "RFC 9110 13.1.3",
        "a date that is none is ignored",
        |g| g.get("If-Modified-Since: nonsense\r\n"),
        same,
        "ignore If-Modified-Since with a broken date",
    ),
    Check::new(
        "if-match",
        Must,
        "RFC 9110 13.1.1",
        "If-Match with another tag fails",
        |g| g.get("If-Match: \"another\"\r\n"),
        failed,
        "answer 412",
    )
    .needs(tag),
    Check::new(
        "if-unmodified-since",
        Must,
        "RFC 9110 13.1.4",
        "If-Unmodified-Since with an earlier date fails",
        |g| g.get("If-Unmodified-Since: Thu, 01 Jan 1970 00:00:01 GMT\r\n"),
        failed,
        "answer 412",
    )
    .needs(dated),
    Check::new(
        "range",
        Must,
        "RFC 9110 15.3.7",
        "a range is answered with Content-Range and its octets alone",
        |g| g.get("Range: bytes=0-0\r\n"),
        |h, _| {
            let is_part =
                h.field("content-range").starts_with("bytes 0-0/") && h.last().is_some_and(|reply| reply.content == 1);
            Verdict::of(h.status() != 206 || is_part, || {
                format!("206 has the Content-Range '{}'", h.field("content-range"))
            })
        },
        "send Content-Range and just those octets",
    )
    .needs(ranges),
    Check::new(
        "range-heeded",
        Should,
        "RFC 9110 14.3",
        "who says Accept-Ranges: bytes serves ranges",
        |g| g.get("Range: bytes=0-0\r\n"),
        |h, _| Verdict::of(h.status() == 206, || h.words()),
        "answer 206, or do not say Accept-Ranges: bytes",
    )
    .needs(ranges),
    Check::new(
        "range-long-suffix",
        Should,
        "RFC 9110 14.1.2",
        "a suffix longer than the whole is the whole",
        |g| g.get("Range: bytes=-999999999\r\n"),
        |h, g| Verdict::of(h.status() == 206 || h.status() == g.status, || h.words()),
        "take a suffix that is too long for the whole",
    )
    .needs(ranges),
    Check::new(
        "range-clamped",
        Should,
        "RFC 9110 14.1.2",
        "a range that ends beyond the end is cut there",
        |g| g.get("Range: bytes=0-999999999999\r\n"),
        |h, g| Verdict::of(h.status() == 206 || h.status() == g.status, || h.words()),
        "let the range end at the last octet",
    )
    .needs(ranges),
    Check::new(
        "range-beyond",
        Should,
        "RFC 9110 15.5.17",
        "a range beyond the end is 416 with the length",
        |g| g.get("Range: bytes=999999999999-\r\n"),
        |h, g| match h.status() {
            416 => Verdict::of(h.field("content-range").starts_with("bytes */"), || {
                "416 has no Content-Range: bytes */LENGTH".into()
            }),
            status => Verdict::of(status == g.status, || h.words()),
        },
        "answer 416 with Content-Range: bytes */LENGTH",
    )
    .needs(ranges),
    Check::new(
        "range-broken",
        Must,
        "RFC 9110 14.2",
        "a range that is none is ignored or refused",
        |g| g.get("Range: bytes=5-2\r\n"),
        |h, g| Verdict::of(h.status() == g.status || matches!(h.status(), 400 | 416), || h.words()),
        "ignore a Range that is invalid",
    )
    .needs(ranges),
    Check::new(
        "range-unit",
        Must,
        "RFC 9110 14.2",
        "a range in an unknown unit is ignored",
        |g| g.get("Range: lines=0-1\r\n"),
        same,
        "ignore a Range whose unit you do not know",
    ),
    Check::new(
        "range-of-head",
        Must,
        "RFC 9110 14.2",
        "HEAD has no ranges",
        |g| g.fill("HEAD {T} HTTP/1.1\r\nHost: {H}\r\nRange: bytes=0-0\r\n\r\n"),
        same,
        "ignore Range unless the method is GET",
    )
    .methods(&["HEAD"]),
    Check::new(
        "if-range",
        Must,
        "RFC 9110 13.1.5",
        "If-Range with another tag gets the whole",
        |g| g.get("Range: bytes=0-0\r\nIf-Range: \"another\"\r\n"),
        same,
        "ignore Range where If-Range does not hold",
    )
    .needs(ranges),
    Check::new(
        "several-ranges",
        May,
        "RFC 9110 14.2",
        "two ranges are answered as parts, or as the whole",
        |g| g.get("Range: bytes=0-0,2-2\r\n"),
        |h, g| {
            let is_parts = h.field("content-type").starts_with("multipart/byteranges");
            // Ranges that lie close together may be joined into one (RFC 9110 15.3.7.2).
            let is_part = h.status() == 206 && (is_parts || !h.field("content-range").is_empty());
            Verdict::of(is_part || h.status() == g.status || h.status() == 416, || h.words())
        },
        "send multipart/byteranges, or the whole",
    )
    .needs(ranges),
];

fn tag(ground: &Ground) -> Option<&'static str> {
    (!is_tag(ground.field("etag")) || ground.status != 200).then_some("the answer has no ETag")
}

fn dated(ground: &Ground) -> Option<&'static str> {
    (ground.field("last-modified").is_empty() || ground.status != 200).then_some("the answer has no Last-Modified")
}

fn ranges(ground: &Ground) -> Option<&'static str> {
    let is_served = ground.field("accept-ranges").eq_ignore_ascii_case("bytes") && ground.reply.content > 2;
    (!is_served || ground.status != 200).then_some("the answer does not say Accept-Ranges: bytes")
}

fn is_tag(tag: &str) -> bool {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag);
    let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| inner.bytes().all(|octet| octet > b' ' && octet != b'"' && octet != 0x7f))
}

/// The connection ended with the answer's head.
fn ends_with_head(heard: &Heard) -> bool {
    heard.has_ended && head::end(&heard.octets, 0) == Some(heard.octets.len())
}

fn unchanged(heard: &Heard, _: &Ground) -> Verdict {
    Verdict::of(heard.status() == 304, || format!("{} and not 304", heard.words()))
}

fn failed(heard: &Heard, _: &Ground) -> Verdict {
    Verdict::of(heard.status() == 412, || format!("{} and not 412", heard.words()))
}
