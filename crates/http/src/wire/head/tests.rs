//! What a head breaks, and where.

use proptest::prelude::*;

use super::*;

#[test]
fn a_request_is_read_as_spans() {
    let octets = b"GET /a?b HTTP/1.1\r\nHost: a.test\r\nX-Y:\t z \r\n\r\n";
    let head = Head::read(octets, Kind::Request).expect("a head");
    let Start::Request { method, target } = &head.start else { unreachable!("a request") };
    assert_eq!((head.octets(method), head.octets(target)), (&b"GET"[..], &b"/a?b"[..]));
    assert_eq!(head.version, (1, 1));
    assert_eq!(head.values("x-y").collect::<Vec<_>>(), [b"z"]);
    assert_eq!(head.faults, []);
}

#[test]
fn an_answer_is_read_with_and_without_reason() {
    for (octets, reason) in
        [(&b"HTTP/1.1 404 Not Found\r\n\r\n"[..], &b"Not Found"[..]), (b"HTTP/1.1 404 \r\n\r\n", b"")]
    {
        let head = Head::read(octets, Kind::Answer).expect("a head");
        let Start::Answer { code: 404, reason: span } = &head.start else { unreachable!("{head:?}") };
        assert_eq!((head.octets(span), head.faults.as_slice()), (reason, &[][..]));
    }
}

#[test]
fn each_broken_rule_of_a_request_is_named_with_its_octet() {
    let cases: &[(&str, usize, Rule)] = &[
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", 14, Rule::BareLf),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 29, Rule::BareCr),
        ("GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n", 16, Rule::LeadingSpace),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 31, Rule::ObsFold),
        ("GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n", 26, Rule::SpaceBeforeColon),
        ("GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 25, Rule::NoColon),
        ("GET / HTTP/1.1\r\nHost: a\r\nX(: a\r\n\r\n", 26, Rule::FieldName),
        ("GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n", 25, Rule::FieldName),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 29, Rule::FieldValue),
        ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 6, Rule::RequestLine),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 4, Rule::RequestLine),
        ("GET /a\\ HTTP/1.1\r\nHost: a\r\n\r\n", 6, Rule::Target),
        ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", 4, Rule::Target),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 6, Rule::Version),
        ("GET / HTTP/1.1\r\n\r\n", 0, Rule::HostMissing),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 31, Rule::HostDoubled),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 22, Rule::HostInvalid),
    ];
    for (text, at, rule) in cases {
        let head = Head::read(text.as_bytes(), Kind::Request).expect(text);
        assert_eq!(head.faults, [fault(*at, *rule)], "{text:?}");
    }
}

#[test]
fn each_broken_rule_of_an_answer_is_named_with_its_octet() {
    for (text, at, rule) in
        [("HTTP/1.1 200\r\n\r\n", 8, Rule::StatusLine), ("HTTP/1.1 999 Odd\r\n\r\n", 9, Rule::StatusCode)]
    {
        let head = Head::read(text.as_bytes(), Kind::Answer).expect(text);
        assert_eq!(head.faults, [fault(at, rule)], "{text:?}");
    }
}

#[test]
fn a_start_line_that_says_nothing_is_no_head() {
    for text in ["nonsense\r\n\r\n", "GET /\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n", " / HTTP/1.1\r\n\r\n", "\r\n\r\n", ""] {
        let fault = Head::read(text.as_bytes(), Kind::Request).expect_err(text);
        assert_eq!(fault.rule, Rule::RequestLine, "{text:?}");
    }
    for text in ["HTTP/1.1 abc\r\n\r\n", "HTTP 200 OK\r\n\r\n", "\r\n\r\n"] {
        assert_eq!(Head::read(text.as_bytes(), Kind::Answer).map(drop), Err(fault(0, Rule::StatusLine)), "{text:?}");
    }
}

#[test]
fn http_1_0_needs_no_host() {
    let head = Head::read(b"GET / HTTP/1.0\r\n\r\n", Kind::Request).expect("a head");
    assert_eq!((head.version, head.faults.as_slice()), ((1, 0), &[][..]));
}

#[test]
fn the_end_is_the_empty_line_behind_the_start_line() {
    assert_eq!(end(b"\r\n\r\nGET / HTTP/1.1\r\n\r\nrest", 0), Some(22));
    assert_eq!(end(b"GET / HTTP/1.1\nA: b\n\nrest", 0), Some(21));
    assert_eq!(end(b"GET / HTTP/1.1\r\n", 0), None);
    assert_eq!(end(b"\r\n\r\n", 0), None);
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        method in "[A-Z]{1,8}",
        path in "/[a-z/.]{0,20}",
        fields in proptest::collection::vec(("[a-z][a-z-]{0,9}", "[!-~]([ -~]{0,9}[!-~])?"), 0..6),
    ) {
        let mut text = format!("{method} {path} HTTP/1.0\r\n");
        for (name, value) in &fields {
            text.push_str(&format!("x-{name}: {value}\r\n"));
        }
        text.push_str("\r\n");

        prop_assert_eq!(end(text.as_bytes(), 0), Some(text.len()));
        let head = Head::read(text.as_bytes(), Kind::Request).expect("a head");

        prop_assume!(method != "CONNECT");
        prop_assert_eq!(&head.faults, &[]);
        prop_assert_eq!(head.method(), method.as_bytes());
        let back: Vec<_> = head.fields.iter().map(|field| (head.octets(&field.name), head.octets(&field.value))).collect();
        let names: Vec<_> = fields.iter().map(|(name, _)| format!("x-{name}")).collect();
        let wanted: Vec<_> = names.iter().zip(&fields).map(|(name, (_, value))| (name.as_bytes(), value.as_bytes())).collect();
        prop_assert_eq!(back, wanted);
    }

    #[test]
    fn any_octets_are_read_or_refused_within_themselves(octets in "([ -~]|\r\n|\n|\r|:|é|HTTP/1\\.1 ){0,60}") {
        for kind in [Kind::Request, Kind::Answer] {
            match Head::read(octets.as_bytes(), kind) {
                Ok(head) => prop_assert!(head.faults.iter().all(|fault| fault.at <= octets.len() as u64)),
                Err(fault) => prop_assert!(fault.at <= octets.len() as u64),
            }
        }
    }

    #[test]
    fn the_end_is_the_same_in_pieces(octets in "[a\r\n]{0,20}") {
        let whole = end(octets.as_bytes(), 0);
        let mut seen = 0;
        let in_pieces = (0..=octets.len()).find_map(|length| {
            let found = end(&octets.as_bytes()[..length], seen);
            seen = length;
            found
        });
        prop_assert_eq!(whole, in_pieces);
    }
}
