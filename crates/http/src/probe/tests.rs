//! What checks make of answers that are right and wrong.

use super::Test;
use super::check::{Check, Ground, Point, Verdict};
use super::heard::{self, Heard};

#[test]
fn every_check_has_a_name_of_its_own_a_rule_and_a_cure() {
    let points = super::tests().map(|test| match test {
        Test::Stream(check) => &check.point,
        Test::Three(check) => &check.point,
    });
    let all: Vec<_> = points.collect();
    assert!(all.len() > 100, "{}", all.len());
    for (at, point) in all.iter().enumerate() {
        let Point { name, about, rule, cure, .. } = point;
        assert_eq!(all.iter().position(|other| other.name == *name), Some(at), "{name}");
        assert!(rule.starts_with("RFC ") && !cure.is_empty() && !about.is_empty(), "{name}");
    }
}

#[test]
fn what_is_allowed_is_not_found_fault_with() {
    let late = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let twice = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    for (name, answer, has_ended) in [
        ("chunk-size-broken", late, false),
        ("chunk-size-huge", FINE, false),
        ("chunk-size-huge", "", false),
        ("target-long", FINE, false),
        ("target-with-space", "HTTP/1.1 301 Moved\r\nLocation: /a%20b\r\nContent-Length: 0\r\n\r\n", false),
        ("expect-1.0", FINE, false),
        ("304-content", "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n", true),
    ] {
        assert_eq!(judged(name, answer, has_ended), Verdict::Kept, "{name} {answer}");
    }
    for (name, answer) in [("method-case", twice), ("date", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")] {
        assert!(matches!(judged(name, answer, false), Verdict::Skipped(_)), "{name} {answer}");
    }
}

#[test]
fn what_is_wrong_is_found() {
    let wrapped = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let other = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 501 No\r\nContent-Length: 0\r\n\r\n";
    for (name, answer, has_ended) in [
        ("chunk-size-huge", wrapped, false),
        ("method-case", other, false),
        ("length-and-chunks", REFUSED, false),
        ("lengths-differ", REFUSED, false),
        ("length-broken", FINE, true),
        ("target-long", "", true),
        ("target-8000", REFUSED, true),
        ("target-with-space", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false),
        ("expect-1.0", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false),
        ("dates-fixed", "HTTP/1.1 200 OK\r\nDate: 2026-11-23\r\nContent-Length: 0\r\n\r\n", false),
        ("etag-quoted", "HTTP/1.1 200 OK\r\nETag: abc\r\nContent-Length: 0\r\n\r\n", false),
        ("304-content", "HTTP/1.1 304 Not Modified\r\n\r\nhello", true),
    ] {
        assert!(matches!(judged(name, answer, has_ended), Verdict::Broken(_)), "{name} {answer}");
    }
}

#[test]
fn the_absolute_form_has_the_scheme_of_the_url() {
    let url = crate::client::url::Url::parse("https://a.test/x").unwrap();
    let check = named("absolute-form");
    assert!((check.say)(&Ground::of(&url)).starts_with(b"GET https://a.test/x HTTP/1.1\r\n"));
}

fn judged(name: &str, answer: &str, has_ended: bool) -> Verdict {
    let (check, octets) = (named(name), answer.as_bytes().to_vec());
    let ground = Ground { status: 200, ..Ground::default() };
    (check.judge)(&Heard { replies: heard::replies(&octets, check.methods, has_ended), octets, has_ended }, &ground)
}

fn named(name: &str) -> &'static Check {
    super::tests()
        .find_map(|test| match test {
            Test::Stream(check) if check.point.name == name => Some(check),
            Test::Stream(_) | Test::Three(_) => None,
        })
        .unwrap()
}

const FINE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const REFUSED: &str = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
