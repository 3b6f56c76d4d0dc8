//! Requests as octets: what each must be answered, and by which section.
//!
//! After each stands a second request that must not be answered where the first one's end is in doubt.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use support::{in_virtual_time, network, say, serve_site};

/// What a case must lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// This status, and the connection goes on.
    On(u16),
    /// This status, and nothing after it.
    Last(u16),
}
use Then::{Last, On};

#[test]
fn every_request_is_answered_as_its_section_says() {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let mut wrong = Vec::new();
        let cases = cases();
        assert!(cases.len() >= 120, "{}", cases.len());
        for (section, request, then) in cases {
            let heard = say(&network, format!("{request}{NEXT}").as_bytes()).await;
            let problem = judge(&heard, then);
            if let Some(problem) = problem {
                wrong.push(format!("{section}: {request:.90?}: {problem}\n      {heard:.160?}"));
            }
        }
        assert!(wrong.is_empty(), "{} are wrong:\n  {}", wrong.len(), wrong.join("\n  "));
    });
}

#[test]
fn every_request_is_answered_the_same_when_it_comes_octet_by_octet() {
    use tokio::io::AsyncWriteExt;
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        for (section, request, then) in cases().into_iter().filter(|(_, request, _)| request.len() < 400) {
            let mut stream = support::connect(&network).await;
            for octet in request.bytes().chain(NEXT.bytes()) {
                // What was refused need not be read to its end.
                let _ = stream.write_all(&[octet]).await;
            }
            let heard = support::hear(&mut stream, network.clock()).await;
            assert_eq!(judge(&heard, then), None, "{section}: {request:?}: {heard}");
        }
    });
}

/// What is wrong with an answer.
fn judge(heard: &str, then: Then) -> Option<String> {
    let statuses: Vec<u16> = statuses(heard);
    let finals: Vec<u16> = statuses.into_iter().filter(|status| *status >= 200).collect();
    let head = heard.split("\r\n\r\n").next().unwrap_or_default();
    let field = |name: &str| head.lines().any(|line| line.to_ascii_lowercase().starts_with(name));
    let expected: &[u16] = match then {
        On(status) => &[status, 204],
        Last(status) => &[status],
    };
    if finals != expected {
        return Some(format!("{finals:?} and not {expected:?}"));
    }
    let is_interim = heard.starts_with("HTTP/1.1 1");
    let is_closed = field("connection: close") || heard.starts_with("HTTP/1.0");
    let needs_page = expected[0] >= 400 && !field("content-type: text/html");
    match then {
        _ if !is_interim && !field("date: ") => Some("no Date".into()),
        _ if needs_page && !is_interim => Some("no page".into()),
        Last(status) if status >= 400 && !is_interim && !is_closed => Some("no Connection: close".into()),
        On(405) if !field("allow: ") => Some("no Allow".into()),
        Last(_) | On(_) => None,
    }
}

fn statuses(heard: &str) -> Vec<u16> {
    let lines = heard.split("HTTP/1.").skip(1);
    lines.filter_map(|after| after.get(2..5)?.parse().ok()).collect()
}

const NEXT: &str = "OPTIONS /next HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n";
const HOST: &str = "Host: www.shop.test\r\n";

fn cases() -> Vec<(&'static str, String, Then)> {
    let mut cases = Vec::new();
    let mut add = |section: &'static str, request: String, then| cases.push((section, request, then));
    for (section, line, then) in LINES {
        add(section, format!("{line}\r\n{HOST}\r\n"), *then);
    }
    for (section, fields, then) in HEADS {
        add(section, format!("GET / HTTP/1.1\r\n{fields}\r\n"), *then);
    }
    for (section, fields, then) in FIELDS {
        add(section, format!("GET / HTTP/1.1\r\n{HOST}{fields}\r\n"), *then);
    }
    for (section, rest, then) in UPLOADS {
        add(section, format!("POST / HTTP/1.1\r\n{HOST}{rest}"), *then);
    }
    for (section, chunks, then) in CHUNKS {
        add(section, format!("POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n{chunks}"), *then);
    }
    for (section, whole, then) in WHOLE {
        add(section, (*whole).to_owned(), *then);
    }
    let long = |octets: usize| "x".repeat(octets);
    add("9112 3", format!("GET /{} HTTP/1.1\r\n{HOST}\r\n", long(10_000)), On(414));
    add("9110 4.1", format!("GET /{} HTTP/1.1\r\n{HOST}\r\n", long(7_900)), On(404));
    add("9112 3", format!("GET /{} HTTP/1.1\r\n{HOST}\r\n", long(100_000)), Last(414));
    add("9110 5.4", format!("GET / HTTP/1.1\r\n{HOST}X: {}\r\n\r\n", long(100_000)), Last(431));
    add("9110 5.4", format!("GET / HTTP/1.1\r\n{HOST}{}: x\r\n\r\n", long(100_000)), Last(431));
    add("9110 5.4", format!("GET / HTTP/1.1\r\n{HOST}{}\r\n", "a: b\r\n".repeat(200)), Last(431));
    add("9110 5.4", format!("GET / HTTP/1.1\r\n{HOST}X: {}\r\n\r\n", long(30_000)), On(200));
    add("9112 7.1.1", chunked(&format!("3;{}\r\nabc\r\n0\r\n\r\n", long(20_000))), Last(400));
    add("9112 7.1.2", chunked(&format!("3\r\nabc\r\n0\r\nX: {}\r\n\r\n", long(20_000))), Last(400));
    add("9112 7.1", chunked(&format!("{}3\r\nabc\r\n0\r\n\r\n", "0".repeat(20))), On(405));
    add("9110 15.5.14", chunked(&format!("200000\r\n{}\r\n0\r\n\r\n", long(0x20_0000))), Last(413));
    cases
}

fn chunked(chunks: &str) -> String {
    format!("POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n{chunks}")
}

/// Request lines.
const LINES: &[(&str, &str, Then)] = &[
    ("9112 3", "GET / HTTP/1.1", On(200)),
    ("9112 3", "GET /digits.txt HTTP/1.1", On(200)),
    ("9110 9.3.2", "HEAD / HTTP/1.1", On(200)),
    ("9112 2.2", "\r\n\r\nGET / HTTP/1.1", On(200)),
    ("9112 3", "GET  / HTTP/1.1", Last(400)),
    ("9112 3", "GET /  HTTP/1.1", Last(400)),
    ("9112 3", "GET / HTTP/1.1 ", Last(400)),
    ("9112 3", "GET /a b HTTP/1.1", Last(400)),
    ("9112 3", "GET\t/\tHTTP/1.1", Last(400)),
    ("9112 3", " GET / HTTP/1.1", Last(400)),
    ("9112 3", "GET /", Last(400)),
    ("9112 3", "GET", Last(400)),
    ("9112 3", "GET HTTP/1.1", Last(400)),
    ("9112 3.1", "G@T / HTTP/1.1", Last(400)),
    ("9112 3.1", "G\u{7f}T / HTTP/1.1", Last(400)),
    ("9110 9.1", "get / HTTP/1.1", On(501)),
    ("9110 9.1", "BREW / HTTP/1.1", On(501)),
    ("9110 15.5.6", "PUT / HTTP/1.1", On(405)),
    ("9110 15.5.6", "DELETE / HTTP/1.1", On(405)),
    ("9110 15.5.6", "PATCH / HTTP/1.1", On(405)),
    ("9110 9.3.8", "TRACE / HTTP/1.1", On(405)),
    ("9110 9.3.7", "OPTIONS / HTTP/1.1", On(204)),
    ("9110 9.3.7", "OPTIONS * HTTP/1.1", On(204)),
    ("9112 3.2.4", "GET * HTTP/1.1", Last(400)),
    ("9112 3.2", "GET index.html HTTP/1.1", Last(400)),
    ("9112 3.2.3", "GET www.shop.test:80 HTTP/1.1", Last(400)),
    ("9112 3.2.3", "CONNECT / HTTP/1.1", Last(400)),
    ("9112 3.2.3", "CONNECT www.shop.test HTTP/1.1", Last(400)),
    ("9112 3.2.2", "GET http://www.shop.test/ HTTP/1.1", On(200)),
    ("9112 3.2.2", "GET HTTP://WWW.SHOP.TEST:80/ HTTP/1.1", On(200)),
    ("9110 7.4", "GET http://other.test/ HTTP/1.1", On(421)),
    ("9110 4.2.4", "GET http://me@www.shop.test/ HTTP/1.1", Last(400)),
    ("9112 3.2.2", "GET http:///x HTTP/1.1", Last(400)),
    ("9112 3.2", "GET /#top HTTP/1.1", Last(400)),
    ("3986 2.1", "GET /%zz HTTP/1.1", On(400)),
    ("3986 2.1", "GET /%4 HTTP/1.1", On(400)),
    ("9112 3.2", "GET /\u{e9} HTTP/1.1", Last(400)),
    ("9112 3.2", "GET /\0 HTTP/1.1", Last(400)),
    ("3986 3.4", "GET /?q={a|b} HTTP/1.1", On(200)),
    ("3986 5.2.4", "GET /../etc/passwd HTTP/1.1", On(400)),
    ("3986 5.2.4", "GET /%2e%2e/etc/passwd HTTP/1.1", On(400)),
    ("3986 2.2", "GET /..%2fetc HTTP/1.1", On(404)),
    ("3986 2.2", "GET /a%00b HTTP/1.1", On(400)),
    ("9112 2.3", "GET / HTTP/1.0", Last(200)),
    ("9110 2.5", "GET / HTTP/1.2", On(200)),
    ("9110 2.5", "GET / HTTP/1.9", On(200)),
    ("9110 15.6.6", "GET / HTTP/2.0", Last(505)),
    ("9110 15.6.6", "GET / HTTP/3.0", Last(505)),
    ("9110 15.6.6", "GET / HTTP/0.9", Last(505)),
    ("9112 2.3", "GET / HTTP/1.10", Last(400)),
    ("9112 2.3", "GET / HTTP/1", Last(400)),
    ("9112 2.3", "GET / HTTP/1,1", Last(400)),
    ("9112 2.3", "GET / http/1.1", Last(400)),
    ("9112 2.3", "GET / HTTP/+1.1", Last(400)),
    ("9112 2.3", "GET / HTTPS/1.1", Last(400)),
    ("9112 2.3", "GET / TTP/1.1", Last(400)),
];

/// Whole heads behind the request line.
const HEADS: &[(&str, &str, Then)] = &[
    ("9112 3.2", "", Last(400)),
    ("9112 3.2", "X: y\r\n", Last(400)),
    ("9112 3.2", "Host: www.shop.test\r\nHost: www.shop.test\r\n", Last(400)),
    ("9112 3.2", "Host: www.shop.test\r\nHost: other.test\r\n", Last(400)),
    ("9112 3.2", "host: WWW.Shop.Test\r\n", On(200)),
    ("9112 3.2", "Host:www.shop.test\r\n", On(200)),
    ("9112 5.1", "Host: \t www.shop.test \t \r\n", On(200)),
    ("9110 7.2", "Host: www.shop.test:8080\r\n", On(200)),
    ("9110 7.2", "Host: www.shop.test:\r\n", On(200)),
    ("9112 3.2", "Host:\r\n", On(200)),
    ("9110 7.4", "Host: other.test\r\n", On(421)),
    ("9112 3.2", "Host: www shop.test\r\n", Last(400)),
    ("9112 3.2", "Host: www.shop.test/\r\n", Last(400)),
    ("9110 4.2.4", "Host: me@www.shop.test\r\n", Last(400)),
    ("9112 3.2", "Host: www.shop.test:http\r\n", Last(400)),
    ("9112 3.2", "Host: www.shop.test:99999\r\n", Last(400)),
    ("9112 3.2", "Host: www.shop.test, other.test\r\n", Last(400)),
    ("9112 3.2", "Host: [::1\r\n", Last(400)),
    ("9112 2.2", " X: y\r\nHost: www.shop.test\r\n", Last(400)),
];

/// Fields beside the Host.
const FIELDS: &[(&str, &str, Then)] = &[
    ("9112 5.1", "X : y\r\n", Last(400)),
    ("9112 5.1", "X\t: y\r\n", Last(400)),
    ("9112 5", "no colon\r\n", Last(400)),
    ("9112 5", ": no name\r\n", Last(400)),
    ("9110 5.1", "X(y): z\r\n", Last(400)),
    ("9110 5.1", "X y: z\r\n", Last(400)),
    ("9110 5.1", "X\u{e9}: z\r\n", Last(400)),
    ("9110 5.1", "X\0: z\r\n", Last(400)),
    ("9110 5.5", "X: a\0b\r\n", Last(400)),
    ("9110 5.5", "X: a\u{1}b\r\n", Last(400)),
    ("9110 5.5", "X: a\u{7f}b\r\n", Last(400)),
    ("9110 5.5", "X: a\tb\r\n", On(200)),
    ("9110 5.5", "X: \u{e9}\r\n", On(200)),
    ("9110 5.5", "X:\r\n", On(200)),
    ("9112 2.2", "X: a\rb\r\n", Last(400)),
    ("9112 2.2", "X: a\r\r\n", Last(400)),
    ("9112 2.2", "X: a\n", Last(400)),
    ("9112 2.2", "X: a\n\nGET /smuggled HTTP/1.1\r\n", Last(400)),
    ("9112 5.2", "X: a\r\n b\r\n", Last(400)),
    ("9112 5.2", "X: a\r\n\tb\r\n", Last(400)),
    ("9112 5.2", "X: a\r\n \r\n", Last(400)),
    (
        "9110 7.8",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        On(200),
    ),
    ("9110 7.8", "Connection: upgrade\r\nUpgrade: nonsense\r\n", On(200)),
    ("9110 10.1.1", "Expect: 100-continue\r\n", On(200)),
    ("9110 10.1.1", "Expect: the-unexpected\r\n", On(417)),
    ("9112 9.3", "Connection: close\r\n", Last(200)),
    ("9112 9.3", "Connection: x, CLOSE\r\n", Last(200)),
    ("9112 9.3", "Connection: keep-alive\r\n", On(200)),
    ("9110 10.1.4", "TE: trailers, deflate;q=0.5\r\nConnection: TE\r\n", On(200)),
    ("9110 14.2", "Range: bytes=0-2\r\n", On(206)),
    ("9110 14.2", "Range: bytes=-100\r\n", On(206)),
    ("9110 14.2", "Range: lines=0-2\r\n", On(200)),
    ("9110 14.2", "Range: bytes=3-1\r\n", On(200)),
    ("9110 15.5.17", "Range: bytes=100-\r\n", On(416)),
    ("9110 13.1.2", "If-None-Match: *\r\n", On(304)),
    ("9110 13.1.1", "If-Match: \"other\"\r\n", On(412)),
    ("9110 13.1.3", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", On(304)),
    ("9110 13.1.4", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", On(412)),
];

/// Uploads, from behind the Host on.
const UPLOADS: &[(&str, &str, Then)] = &[
    ("9110 8.6", "Content-Length: 3\r\n\r\nabc", On(405)),
    ("9110 8.6", "Content-Length: 0\r\n\r\n", On(405)),
    ("9110 8.6", "Content-Length: 003\r\n\r\nabc", On(405)),
    ("9110 8.6", "\r\n", On(405)),
    ("9112 6.3", "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", Last(400)),
    ("9112 6.3", "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", Last(400)),
    ("9112 6.3", "Content-Length: 3, 3\r\n\r\nabc", Last(400)),
    ("9112 6.3", "Content-Length: 3, 4\r\n\r\nabc", Last(400)),
    ("9112 6.3", "Content-Length: 3,\r\n\r\nabc", Last(400)),
    ("9110 8.6", "Content-Length: +3\r\n\r\nabc", Last(400)),
    ("9110 8.6", "Content-Length: -3\r\n\r\nabc", Last(400)),
    ("9110 8.6", "Content-Length: 3 3\r\n\r\nabc", Last(400)),
    ("9110 8.6", "Content-Length: 0x3\r\n\r\nabc", Last(400)),
    ("9110 8.6", "Content-Length: 3;\r\n\r\nabc", Last(400)),
    ("9110 8.6", "Content-Length: 3.0\r\n\r\nabc", Last(400)),
    ("9110 8.6", "Content-Length:\r\n\r\nabc", Last(400)),
    ("9110 8.6", "Content-Length: \u{663}\r\n\r\nabc", Last(400)),
    ("9110 8.6", "Content-Length: 18446744073709551619\r\n\r\nabc", Last(400)),
    ("9112 5.1", "Content-Length : 3\r\n\r\nabc", Last(400)),
    ("9112 6.1", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.1", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.3", "Transfer-Encoding: gzip\r\n\r\n", Last(400)),
    ("9112 6.3", "Transfer-Encoding: identity\r\n\r\n", Last(400)),
    ("9112 6.3", "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.1", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.1", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Last(501)),
    ("9112 6.1", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Last(501)),
    ("9112 6.1", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.1", "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.1", "Transfer-Encoding: chunked;x=y\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.1", "Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.1", "Transfer-Encoding:\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.1", "Transfer-Encoding: ChUnKeD\r\n\r\n0\r\n\r\n", On(405)),
    ("9112 6.1", "Transfer-Encoding:\tchunked \r\n\r\n0\r\n\r\n", On(405)),
    ("9112 5.1", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 5.2", "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", Last(400)),
    ("9110 5.1", "Transfer_Encoding: chunked\r\n\r\n", On(405)),
    ("9110 10.1.1", "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", Last(413)),
    ("9110 15.5.14", "Content-Length: 99999999\r\n\r\n", Last(413)),
];

/// Chunks.
const CHUNKS: &[(&str, &str, Then)] = &[
    ("9112 7.1", "0\r\n\r\n", On(405)),
    ("9112 7.1", "3\r\nabc\r\n0\r\n\r\n", On(405)),
    ("9112 7.1", "A\r\n0123456789\r\n00\r\n\r\n", On(405)),
    ("9112 7.1.1", "3;name\r\nabc\r\n0;a=b;c=\"d\"\r\n\r\n", On(405)),
    ("9112 7.1.2", "3\r\nabc\r\n0\r\nX: y\r\nZ:\r\n\r\n", On(405)),
    ("9112 7.1.2", "0\r\nno colon\r\n\r\n", Last(400)),
    ("9112 7.1.2", "0\r\nX : y\r\n\r\n", Last(400)),
    ("9112 7.1.2", "0\r\n X: y\r\n\r\n", Last(400)),
    ("9112 7.1.2", "0\r\nX: a\0b\r\n\r\n", Last(400)),
    ("9112 7.1", "x\r\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1", "\r\n\r\n", Last(400)),
    ("9112 7.1", "-3\r\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1", "+3\r\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1", "0x3\r\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1", " 3\r\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1", "3 3\r\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1", "3_\r\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1", "ffffffffffffffff1\r\nabc", Last(400)),
    ("9112 7.1", "3\r\nabcd\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1", "3\r\nabc0\r\n\r\n", Last(400)),
    ("9112 7.1", "3\r\nab\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1", "3\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1", "3\r\nabc\n0\r\n\r\n", Last(400)),
    ("9112 7.1", "3\r\nabc\r\n0\n\n", Last(400)),
    ("9112 7.1", "3\rabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1.1", "3;a\nb\r\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1.1", "3;a\rb\r\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1.1", "3;a\0\r\nabc\r\n0\r\n\r\n", Last(400)),
    ("9112 7.1.1", "3;a\u{7f}\r\nabc\r\n0\r\n\r\n", Last(400)),
];

/// Requests that are nothing but themselves.
const WHOLE: &[(&str, &str, Then)] = &[
    ("9112 2.2", "GET / HTTP/1.1\nHost: www.shop.test\n\n", On(200)),
    ("9112 2.2", "GET / HTTP/1.1\nHost: www.shop.test\r\n\r\n", Last(400)),
    ("9112 2.2", "GET / HTTP/1.1\r\nHost: www.shop.test\r\n\n", Last(400)),
    ("9112 2.2", "GET / HTTP/1.1\rHost: www.shop.test\r\r\n\r\n", Last(400)),
    ("9112 2.3", "GET / HTTP/1.0\r\n\r\n", Last(200)),
    ("9112 2.3", "GET / HTTP/1.0\r\nHost: www.shop.test\r\n\r\n", Last(200)),
    ("9112 C.2.2", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", On(200)),
    ("9112 3.2", "GET / HTTP/1.0\r\nHost: a.test\r\nHost: b.test\r\n\r\n", Last(400)),
    ("9112 6.1", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Last(400)),
    ("9112 6.3", "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc", On(405)),
    ("9110 9.3.6", "CONNECT www.shop.test:80 HTTP/1.1\r\nHost: www.shop.test:80\r\n\r\n", On(405)),
    ("9112 3", "\u{16}\u{3}\u{1}\u{2}\0\u{1}", Last(400)),
    ("9112 3", "SSH-2.0-OpenSSH_9.2\r\n", Last(400)),
    ("9112 3", "EHLO club.test\r\n", Last(400)),
    ("9112 3", "\0\0\0\0\r\n\r\n", Last(400)),
    ("9113 3.4", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", Last(505)),
];
