//! The fields of a request (RFC 9113 8.2, 8.3, 8.5; RFC 8441).

use super::Then::{Answers, Malformed, Refused};
use super::said::{END, END_HEADERS, END_STREAM, Said, block, octets, request};
use super::{Case, WELCOME};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (rule, fields) in BESIDE {
        cases.push(Case { rule, said: get(&request("GET", &[*fields])), then: Malformed(1) });
    }
    for (rule, fields) in WHOLE {
        cases.push(Case { rule, said: get(&block(fields)), then: Malformed(1) });
    }
    for (rule, fields) in FINE {
        cases.push(Case { rule, said: get(&block(fields)), then: Answers(1, 200, WELCOME) });
    }
    for (rule, name, value) in OCTETS {
        let whole = [request("GET", &[]), octets(name, value)].concat();
        cases.push(Case { rule, said: get(&whole), then: Malformed(1) });
    }
    let mut add = |rule, said: Said, then| cases.push(Case { rule, said, then });
    let connect = |fields: &[(&str, &str)]| Said::hello().headers(END_HEADERS, 1, &block(fields));
    add(
        "9113 8.5: CONNECT with a path",
        connect(&[(":method", "CONNECT"), (":authority", "a.test:80"), (":path", "/")]),
        Malformed(1),
    );
    add(
        "9113 8.5: CONNECT with a scheme",
        connect(&[(":method", "CONNECT"), (":authority", "a.test:80"), (":scheme", "http")]),
        Malformed(1),
    );
    add("9113 8.5: CONNECT without an authority", connect(&[(":method", "CONNECT")]), Malformed(1));
    add(
        "8441 4: :protocol without CONNECT",
        get(&[block(&[(":protocol", "websocket")]), request("GET", &[])].concat()),
        Malformed(1),
    );
    let long = "x".repeat(70_000);
    let mut said = Said::hello().headers(END_STREAM, 1, &[]);
    let whole = request("GET", &[("x", &long)]);
    let pieces: Vec<&[u8]> = whole.chunks(16_384).collect();
    for (at, piece) in pieces.iter().enumerate() {
        said = said.continuation(if at + 1 == pieces.len() { END_HEADERS } else { 0 }, 1, piece);
    }
    add("9113 10.5.1: more fields than are read", said, Refused(1, 431));
    cases
}

fn get(block: &[u8]) -> Said {
    Said::hello().headers(END, 1, block)
}

/// A field beside a front page's request.
const BESIDE: &[(&str, (&str, &str))] = &[
    ("9113 8.2.1: upper case", ("X-Test", "ok")),
    ("9113 8.2.1: upper case inside", ("x-tEst", "ok")),
    ("9113 8.2.1: no name", ("", "ok")),
    ("9113 8.2.1: a space in a name", ("x test", "ok")),
    ("9113 8.2.1: a colon in a name", ("x:test", "ok")),
    ("9113 8.2.1: a separator in a name", ("x(test)", "ok")),
    ("9113 8.2.1: a line end in a value", ("x", "a\nb")),
    ("9113 8.2.1: a carriage return in a value", ("x", "a\rb")),
    ("9113 8.2.1: NUL in a value", ("x", "a\0b")),
    ("9113 8.2.1: a space before a value", ("x", " a")),
    ("9113 8.2.1: a space behind a value", ("x", "a ")),
    ("9113 8.2.1: a tab before a value", ("x", "\ta")),
    ("9113 8.2.1: a tab behind a value", ("x", "a\t")),
    ("9113 8.2.1: a space alone", ("x", " ")),
    ("9113 8.2.2: Connection", ("connection", "keep-alive")),
    ("9113 8.2.2: Connection: close", ("connection", "close")),
    ("9113 8.2.2: Keep-Alive", ("keep-alive", "timeout=5")),
    ("9113 8.2.2: Proxy-Connection", ("proxy-connection", "keep-alive")),
    ("9113 8.2.2: Transfer-Encoding", ("transfer-encoding", "chunked")),
    ("9113 8.2.2: Upgrade", ("upgrade", "h2c")),
    ("9113 8.2.2: TE", ("te", "gzip")),
    ("9113 8.2.2: TE with more than trailers", ("te", "trailers, deflate;q=0.5")),
    ("9113 8.3: a pseudo-header behind a field", (":path", "/")),
    ("9113 8.3: an unknown pseudo-header", (":test", "ok")),
    ("9113 8.3.1: Host beside another authority", ("host", "other.test")),
    ("9113 8.3.1: Host with user information", ("host", "me@www.shop.test")),
    ("9112 3.2: no host at all", ("host", "www shop.test")),
];

const OCTETS: &[(&str, &[u8], &[u8])] = &[
    ("9113 8.2.1: 0x7f in a name", b"x\x7f", b"ok"),
    ("9113 8.2.1: 0x80 in a name", b"x\x80", b"ok"),
    ("9113 8.2.1: NUL in a name", b"x\0", b"ok"),
    ("9113 8.2.1: a line end in a name", b"x\ny", b"ok"),
    ("9110 5.5: 0x7f in a value", b"x", b"a\x7fb"),
    ("9110 5.5: 0x01 in a value", b"x", b"a\x01b"),
];

type Fields = &'static [(&'static str, &'static str)];

const METHOD: (&str, &str) = (":method", "GET");
const SCHEME: (&str, &str) = (":scheme", "http");
const PATH: (&str, &str) = (":path", "/");
const AUTHORITY: (&str, &str) = (":authority", "www.shop.test");

/// All fields of a request.
const WHOLE: &[(&str, Fields)] = &[
    ("9113 8.3: an unknown pseudo-header first", &[(":test", "x"), METHOD, SCHEME, PATH, AUTHORITY]),
    ("9113 8.3: a response's pseudo-header", &[METHOD, SCHEME, PATH, AUTHORITY, (":status", "200")]),
    ("9113 8.3: :method behind a field", &[SCHEME, PATH, AUTHORITY, ("x", "y"), METHOD]),
    ("9113 8.3: :authority behind a field", &[METHOD, SCHEME, PATH, ("x", "y"), AUTHORITY]),
    ("9113 8.3.1: no :method", &[SCHEME, PATH, AUTHORITY]),
    ("9113 8.3.1: no :scheme", &[METHOD, PATH, AUTHORITY]),
    ("9113 8.3.1: no :path", &[METHOD, SCHEME, AUTHORITY]),
    ("9113 8.3.1: nothing at all", &[]),
    ("9113 8.3.1: no pseudo-header", &[("host", "www.shop.test")]),
    ("9113 8.3.1: an empty :path", &[METHOD, SCHEME, (":path", ""), AUTHORITY]),
    ("9113 8.3.1: an empty :method", &[(":method", ""), SCHEME, PATH, AUTHORITY]),
    ("9113 8.3.1: :method twice", &[METHOD, METHOD, SCHEME, PATH, AUTHORITY]),
    ("9113 8.3.1: :scheme twice", &[METHOD, SCHEME, SCHEME, PATH, AUTHORITY]),
    ("9113 8.3.1: :path twice", &[METHOD, SCHEME, PATH, PATH, AUTHORITY]),
    ("9113 8.3.1: :authority twice", &[METHOD, SCHEME, PATH, AUTHORITY, AUTHORITY]),
    ("9113 8.3.1: a :path that begins with no slash", &[METHOD, SCHEME, (":path", "index.html"), AUTHORITY]),
    ("9113 8.3.1: * and not OPTIONS", &[METHOD, SCHEME, (":path", "*"), AUTHORITY]),
    ("9113 8.3.1: a space in :path", &[METHOD, SCHEME, (":path", "/a b"), AUTHORITY]),
    ("9113 8.3.1: a space in :method", &[(":method", "GET /"), SCHEME, PATH, AUTHORITY]),
    ("9113 8.3.1: user information in :authority", &[METHOD, SCHEME, PATH, (":authority", "me@www.shop.test")]),
    ("9113 8.3.1: a space in :authority", &[METHOD, SCHEME, PATH, (":authority", "www shop.test")]),
    ("9113 8.3.1: neither :authority nor Host", &[METHOD, SCHEME, PATH]),
    ("9113 8.3.1: no port in :authority", &[METHOD, SCHEME, PATH, (":authority", "www.shop.test:http")]),
    ("9113 8.3: upper case in a pseudo-header", &[(":Method", "GET"), SCHEME, PATH, AUTHORITY]),
    ("9112 3.2: Host twice", &[METHOD, SCHEME, PATH, ("host", "www.shop.test"), ("host", "www.shop.test")]),
];

const FINE: &[(&str, Fields)] = &[
    ("9113 8.3: in any order", &[PATH, AUTHORITY, METHOD, SCHEME]),
    ("9113 8.3.1: Host in the authority's place", &[METHOD, SCHEME, PATH, ("host", "www.shop.test")]),
    ("9113 8.3.1: Host beside the same authority", &[METHOD, SCHEME, PATH, AUTHORITY, ("host", "WWW.shop.test")]),
    ("9113 8.3.1: a query", &[METHOD, SCHEME, (":path", "/?q"), AUTHORITY]),
    ("9113 8.2.2: TE: trailers", &[METHOD, SCHEME, PATH, AUTHORITY, ("te", "trailers")]),
    ("9113 8.2.3: Cookie in pieces", &[METHOD, SCHEME, PATH, AUTHORITY, ("cookie", "a=b"), ("cookie", "c=d")]),
    ("9113 8.2.1: an empty value", &[METHOD, SCHEME, PATH, AUTHORITY, ("x", "")]),
    ("9113 8.2.1: a space inside a value", &[METHOD, SCHEME, PATH, AUTHORITY, ("x", "a b\tc")]),
    ("9110 5.5: octets above 0x7f in a value", &[METHOD, SCHEME, PATH, AUTHORITY, ("x", "\u{e9}")]),
    ("9113 8.3.1: a scheme in upper case", &[METHOD, (":scheme", "HTTP"), PATH, AUTHORITY]),
];
