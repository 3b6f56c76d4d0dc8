//! Conversations as HAR.

use serde_json::{Value, json};
use toynet_record::dissect::{Dissector, FlowInfo, Role, Said};
use toynet_record::{Flow, FlowCause, FlowId, Party, Side, Transport};

use super::*;
use crate::dissect::HttpDissector;

#[test]
fn an_exchange_is_told_in_all_its_parts() {
    let entry = &entries(
        false,
        &[
            "POST /login?next=%2Fhome HTTP/1.1\r\nHost: shop.test\r\nCookie: id=1; b=2\r\nAuthorization: Basic YTpi\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nname=a+b%",
            "HTTP/1.1 302 Found\r\nLocation: /home\r\nSet-Cookie: id=3; Path=/; Secure\r\nContent-Length: 0\r\n\r\n",
        ],
    )[0];
    assert_eq!(entry["request"]["url"], "https://shop.test/login?next=%2Fhome");
    assert_eq!(entry["request"]["queryString"], json!([{"name": "next", "value": "/home"}]));
    assert_eq!(entry["request"]["cookies"][1], json!({"name": "b", "value": "•••"}));
    assert_eq!(entry["request"]["headers"][2], json!({"name": "Authorization", "value": "Basic •••"}));
    assert_eq!(entry["request"]["postData"]["text"], "name=a+b%");
    assert_eq!(entry["request"]["bodySize"], 9);
    assert_eq!(entry["response"]["redirectURL"], "/home");
    assert_eq!(entry["response"]["cookies"], json!([{"name": "id", "value": "•••", "path": "/", "secure": true}]));
    let timings = json!({"blocked": 1000.0, "dns": -1.0, "connect": 1000.0, "ssl": 1000.0, "send": 0.0, "wait": 1000.0, "receive": 0.0});
    assert_eq!((&entry["timings"], &entry["time"]), (&timings, &json!(3000.0)));
    assert_eq!(entry["startedDateTime"], "1970-01-01T00:00:01.000000Z");
}

#[test]
fn secrets_stand_there_when_they_are_wanted() {
    let asked = "GET / HTTP/1.1\r\nHost: a\r\nCookie: id=hunter2\r\n\r\n";
    let text = |secrets| entries(secrets, &[asked, "HTTP/1.1 204 No Content\r\n\r\n"])[0].to_string();
    assert_eq!(text(false).matches("hunter2").count(), 0);
    assert_eq!(text(true).matches("hunter2").count(), 2, "the field and the cookie");
}

#[test]
fn chunks_are_joined() {
    let asked = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n";
    let content = &entries(false, &[asked, answer])[0]["response"]["content"];
    assert_eq!(*content, json!({"size": 5, "mimeType": "text/plain", "text": "abcde"}));
}

#[test]
fn fields_behind_the_content_are_told_and_their_secrets_hidden() {
    let asked = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum:  1\r\nSet-Cookie: id=3; Path=/\r\n\r\n";
    let response = &entries(false, &[asked, answer])[0]["response"];
    let trailers = json!([{"name": "X-Sum", "value": "1"}, {"name": "Set-Cookie", "value": "id=•••; Path=/"}]);
    assert_eq!((&response["_trailers"], &response["cookies"]), (&trailers, &json!([])));
}

#[test]
fn times_are_those_that_are_known_and_their_sum_is_from_the_first_to_the_last() {
    let (at, cause) = (Time::from_secs, Some(FlowCause { flow: FlowId(1), exchange: 1 }));
    let looked_up = Some((Time::default(), Time::from_nanos(250_000_000)));
    for (transport, cause, secured, looked_up, expected) in [
        (Transport::Tcp, None, None, None, [-1, -1, -1, -1, 1000, 3000]),
        (Transport::Tcp, cause, None, None, [0, -1, 2000, -1, 1000, 1000]),
        (Transport::Tcp, cause, None, looked_up, [750, 250, 2000, -1, 1000, 0]),
        (Transport::Tcp, cause, Some(at(2)), looked_up, [1750, 250, 1000, 1000, 1000, 0]),
        (Transport::Tcp, None, Some(at(2)), None, [1000, -1, 1000, 1000, 1000, 1000]),
        (Transport::Quic, cause, Some(at(1)), None, [-1, -1, -1, -1, 1000, 3000]),
        (Transport::Quic, cause, Some(at(1)), looked_up, [2750, 250, -1, -1, 1000, 0]),
    ] {
        let turns: [&[u8]; 2] = [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"];
        let flow = a_flow(transport, cause);
        let entry = &changed(false, &turns, flow, |exchange| Exchange { secured, looked_up, ..exchange })[0];
        let times = ["blocked", "dns", "connect", "ssl", "wait"].map(|name| entry["timings"][name].as_f64().unwrap());
        let [parts @ .., began] = expected;
        assert_eq!(times.map(|time| time as i64), parts, "{transport:?}");
        assert_eq!(entry["time"].as_f64().unwrap() as i64, 4000 - began, "{transport:?}");
        assert_eq!(entry["startedDateTime"], format!("1970-01-01T00:00:0{}.000000Z", began / 1000));
    }
}

#[test]
fn what_is_not_there_is_said() {
    let asked = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello";
    let entry = &entries(false, &[asked, cut])[0];
    assert_eq!(entry["response"]["content"]["comment"], "only 5 octets were recorded");
    let entry = &entries(false, &[asked])[0];
    assert_eq!((&entry["response"]["status"], &entry["response"]["_error"]), (&json!(0), &json!("gone")));
    assert!(entries(false, &["broken\r\n\r\n", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"]).is_empty());
}

#[test]
fn what_is_said_in_a_websocket_stands_in_the_entry_of_its_handshake() {
    let entry = &told(false, 0, &talk(b"\x88\x02\x03\xe8"))[0];
    let messages = json!([
        {"type": "send", "time": 5.0, "opcode": 1, "data": "hé"},
        {"type": "receive", "time": 6.0, "opcode": 1, "data": "Hello"},
        {"type": "receive", "time": 6.0, "opcode": 2, "data": "AP8="},
        {"type": "send", "time": 7.0, "opcode": 10, "data": ""},
        {"type": "receive", "time": 8.0, "opcode": 8, "data": "A+g="},
    ]);
    assert_eq!((&entry["_webSocketMessages"], &entry["_resourceType"]), (&messages, &json!("websocket")));
    assert_eq!((&entry["request"]["url"], &entry["response"]["status"]), (&json!("wss://a/c"), &json!(101)));
    assert_eq!(entry["comment"], "#7 you → 127.0.0.1");
}

#[test]
fn what_breaks_a_websocket_and_what_is_left_out_of_it_is_said() {
    let entry = &told(false, 3, &talk(b"\x83\x00"))[0];
    let last = entry["_webSocketMessages"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["type"], &last["opcode"], &last["time"]), (&json!("error"), &json!(-1), &json!(8.0)));
    assert!(last["data"].as_str().unwrap().contains("RFC 6455"), "{last}");
    let comment = entry["comment"].as_str().unwrap();
    let left_out = "3 messages are left out behind these: it is more than one file should hold of it";
    assert!(comment.ends_with(left_out), "{comment}");
}

#[test]
fn an_answer_of_the_usual_kind_has_no_messages() {
    let entry = &entries(false, &["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"])[0];
    assert_eq!((entry.get("_webSocketMessages"), entry.get("_resourceType")), (None, None));
}

/// A handshake and some messages, of which the server's last is given.
fn talk(last: &[u8]) -> [&[u8]; 6] {
    [
        b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"\x81\x83\0\0\0\0h\xc3\xa9",
        b"\x81\x05Hello\x82\x02\x00\xff",
        b"\x8a\x80\0\0\0\0",
        last,
    ]
}

/// The entries that turns become, the first of which is the client's.
fn entries(secrets: bool, turns: &[&str]) -> Vec<Value> {
    told(secrets, 0, &turns.iter().map(|turn| turn.as_bytes()).collect::<Vec<_>>())
}

fn told(secrets: bool, left_out: u64, turns: &[&[u8]]) -> Vec<Value> {
    let secured = Some(Time::from_secs(2));
    changed(secrets, turns, a_flow(Transport::Tcp, None), |exchange| Exchange { secured, left_out, ..exchange })
}

/// The entries of turns in this flow, in exchanges that are changed.
fn changed(
    secrets: bool,
    turns: &[&[u8]],
    flow: Flow,
    change: impl FnOnce(Exchange<'_>) -> Exchange<'_>,
) -> Vec<Value> {
    let info = FlowInfo {
        stream: None,
        transport: Transport::Tcp,
        port: 443,
        joined_late: false,
        explain: false,
        whole: true,
    };
    let (mut dissector, mut messages) = (HttpDissector::new(info), Vec::new());
    let sides = [Side::Initiator, Side::Acceptor].into_iter().cycle();
    for ((seconds, by), octets) in (3..).zip(sides).zip(turns) {
        dissector.said(Said { by, time: Time::from_secs(seconds), octets }, &mut messages);
    }
    dissector.closed(Time::from_secs(9), &mut messages);
    let is_answered = messages.iter().any(|message| message.role == Role::Answer);
    let failure = (!is_answered).then_some("gone");
    let exchange = Exchange { flow: &flow, secured: None, looked_up: None, messages: &messages, left_out: 0, failure };
    let exchange = change(exchange);
    let (mut har, mut out) = (Har::new(secrets), Vec::new());
    har.exchange(&exchange, &mut out);
    har.finish(&mut out);
    let log: Value = serde_json::from_slice(&out).unwrap();
    log["log"]["entries"].as_array().unwrap().clone()
}

/// Opened in the first second.
fn a_flow(transport: Transport, cause: Option<FlowCause>) -> Flow {
    let party = || Party { host: None, address: ([127, 0, 0, 1], 443).into() };
    let (stream, opened, joined_late) = (None, Time::from_secs(1), false);
    Flow { stream, id: FlowId(7), transport, initiator: party(), acceptor: party(), cause, opened, joined_late }
}
