use toynet_record::dissect::{Dissector, FlowInfo, Message, Said};
use toynet_record::{Side, Transport};

use crate::dissect::HttpDissector;

#[test]
fn a_request_is_explained_from_its_first_word_to_its_framing() {
    let request =
        "GET /a?b HTTP/1.1\r\nHost: www.shop.test\r\nRange: bytes=-500\r\nX-Own: 1\r\nConnection: close\r\n\r\n";
    let notes = told(&[(Side::Initiator, request)]);
    for (text, rule) in [
        ("GET asks for what is there, and changes nothing", "RFC 9110 9.3.1"),
        ("the path /a, with the query b: the target in origin-form", "RFC 9112 3.2.1"),
        ("the sender speaks HTTP/1.1", "RFC 9112 2.3"),
        ("Host: www.shop.test: the site that is meant: many may live at one address", "RFC 9110 7.2"),
        ("Range: the last 500 octets", "RFC 9110 14.2"),
        ("X-Own: 1: a field that the RFCs of HTTP do not define", "RFC 9110 5.1"),
        ("the request ends with its head: there is no content", "RFC 9112 6.3"),
        ("the sender closes the connection after this exchange", "RFC 9112 9.3"),
    ] {
        assert!(notes.contains(&(text.to_owned(), rule.to_owned())), "{text} ({rule})\n{notes:#?}");
    }
}

#[test]
fn what_a_server_wants_and_what_a_client_gives_for_it_have_sections_of_their_own() {
    let request = "GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: Digest username=me\r\n\r\n";
    let answer = "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\nContent-Length: 0\r\n\r\n";
    let notes = told(&[(Side::Initiator, request), (Side::Acceptor, answer)]);
    for (text, rule) in [("Authorization: ", "RFC 7616 3.4"), ("WWW-Authenticate: ", "RFC 7616 3.3")] {
        assert!(notes.iter().any(|(told, of)| told.starts_with(text) && of == rule), "{text} {notes:#?}");
    }
}

#[test]
fn secrets_are_not_told() {
    let request = "GET http://me:hidden@a.test/ HTTP/1.1\r\nHost: a.test\r\nAuthorization: Basic aGlkZGVu\r\nCookie: id=hidden; hidden\r\nProxy-Authorization: hidden\r\n\r\n";
    let answer = "HTTP/1.1 200 OK\r\nSet-Cookie: id=hidden; Path=/; SameSite=Lax\r\nSet-Cookie: hidden\r\nContent-Length: 0\r\n\r\n";
    let notes = told(&[(Side::Initiator, request), (Side::Acceptor, answer)]);
    let secret = notes.iter().find(|(text, _)| text.contains("hidden") || text.contains("aGlk"));
    assert_eq!(secret, None);
    assert!(
        notes
            .iter()
            .any(|(text, _)| text.starts_with("Authorization: credentials in Basic, user and password in base64"))
    );
    assert!(notes.iter().any(|(text, _)| text == "Set-Cookie: it goes to paths below /"));
}

#[test]
fn what_a_condition_has_led_to_is_said() {
    for (fields, answer, expected) in [
        (
            "If-None-Match: \"a\"\r\n",
            "304 Not Modified",
            "If-None-Match held: the client's copy is still good, and no content is sent",
        ),
        (
            "If-Match: \"a\"\r\n",
            "412 Precondition Failed\r\nContent-Length: 0",
            "If-Match did not hold: nothing was done",
        ),
        ("Range: bytes=0-1\r\n", "206 Partial Content\r\nContent-Length: 0", "the Range was heeded"),
        ("Range: bytes=0-1\r\n", "200 OK\r\nContent-Length: 0", "the Range was not heeded, which a server may do"),
        (
            "Range: bytes=0-1\r\nIf-Range: \"a\"\r\n",
            "200 OK\r\nContent-Length: 0",
            "If-Range did not hold, so all of it is sent: the client's part is of another version",
        ),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let answer = format!("HTTP/1.1 {answer}\r\n\r\n");
        let notes = told(&[(Side::Initiator, &request), (Side::Acceptor, &answer)]);
        assert!(notes.iter().any(|(text, _)| text == expected), "{expected}\n{notes:#?}");
    }
}

#[test]
fn how_long_an_answer_may_be_kept_is_said_in_all() {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    for (fields, expected) in [
        ("Cache-Control: max-age=3600, public\r\n".to_owned(), "in all: the answer is fresh for 1 hour"),
        ("Cache-Control: no-store\r\n".to_owned(), "in all: no cache may keep the answer"),
        (format!("{date}Expires: Sun, 06 Nov 1994 08:51:07 GMT\r\n"), "in all: the answer is fresh for 90 seconds"),
        (format!("{date}Expires: 0\r\n"), "in all: the answer is stale already"),
        (
            format!("{date}Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\r\n"),
            "in all: nothing is said; a cache may guess, usually a tenth of the time since the last change: 144 minutes",
        ),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{fields}\r\n");
        let notes = told(&[(Side::Initiator, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), (Side::Acceptor, &answer)]);
        assert!(notes.iter().any(|(text, _)| text == expected), "{expected}\n{notes:#?}");
    }
}

#[test]
fn without_being_asked_nothing_is_explained() {
    let mut out = Vec::new();
    let info = FlowInfo {
        transport: Transport::Tcp,
        port: 80,
        joined_late: false,
        explain: false,
        whole: false,
        stream: None,
    };
    HttpDissector::new(info).said(said(Side::Initiator, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), &mut out);
    assert_eq!(out.iter().map(|message| message.notes.len()).sum::<usize>(), 0);
}

#[test]
fn the_frames_of_http_2_are_explained() {
    let mut octets = crate::wire::frame::PREFACE.to_vec();
    octets.extend(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64");
    octets.extend(b"\0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86");
    let messages = messages(&[(Side::Initiator, &octets)]);
    let notes: Vec<_> = messages.iter().flat_map(|message| &message.notes).map(|note| note.text.as_str()).collect();
    assert_eq!(notes[0], "SETTINGS_MAX_CONCURRENT_STREAMS: no more than 100 requests at once");
    assert!(notes[1].starts_with("a HEADERS frame opens stream 1"), "{notes:?}");
    assert!(notes.contains(&"the path /: the target in origin-form"), "{notes:?}");
}

fn told(spoken: &[(Side, &str)]) -> Vec<(String, String)> {
    let spoken: Vec<(Side, &[u8])> = spoken.iter().map(|(by, text)| (*by, text.as_bytes())).collect();
    let notes = messages(&spoken).into_iter().flat_map(|message| message.notes);
    notes.map(|note| (note.text, note.rule.unwrap_or_default())).collect()
}

fn messages(spoken: &[(Side, &[u8])]) -> Vec<Message> {
    let info =
        FlowInfo { transport: Transport::Tcp, port: 80, joined_late: false, explain: true, whole: false, stream: None };
    let mut dissector = HttpDissector::new(info);
    let mut out = Vec::new();
    for (by, octets) in spoken {
        dissector.said(said(*by, octets), &mut out);
    }
    out
}

fn said(by: Side, octets: &[u8]) -> Said<'_> {
    Said { by, time: toynet_machine::Time::default(), octets }
}
