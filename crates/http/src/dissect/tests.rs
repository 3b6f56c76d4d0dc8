//! Conversations, and what is told of them.

use proptest::prelude::*;
use toynet_machine::Time;
use toynet_record::Side::{self, Acceptor, Initiator};
use toynet_record::Transport;
use toynet_record::dissect::{Dissector, FlowInfo, Message, Role, Said};

use super::HttpDissector;

#[test]
fn a_request_and_its_answer_are_one_exchange() {
    let told = tell(&[
        (Initiator, "GET /index.html HTTP/1.1\r\nHost: www.shop.test\r\n\r\n"),
        (Acceptor, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"),
    ]);
    assert_eq!(lines(&told), ["1 > GET /index.html (www.shop.test)", "1 < 200 OK text/html 5 octets"]);
    assert_eq!((told[0].role, told[1].role), (Role::Request, Role::Answer));
    assert_eq!((told[0].octets, told[0].faults.len()), (49, 0));
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let told = tell(&[
        (
            Initiator,
            "GET /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD /b HTTP/1.1\r\nHost: a\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n",
        ),
        (Acceptor, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
        (Acceptor, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n"),
    ]);
    let expected = [
        "1 > GET /a (a)",
        "2 > HEAD /b (a)",
        "3 > GET /c (a)",
        "1 < 200 OK 1 octet",
        "2 < 200 OK",
        "3 < 404 Not Found !",
    ];
    assert_eq!(lines(&told), expected);
}

#[test]
fn interim_answers_belong_to_their_exchange() {
    let told = tell(&[
        (Initiator, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"),
        (Acceptor, "HTTP/1.1 100 Continue\r\n\r\n"),
        (Initiator, "abc"),
        (Acceptor, "HTTP/1.1 204 No Content\r\n\r\n"),
    ]);
    assert_eq!(lines(&told), ["1 < 100 Continue", "1 > POST / (a) 3 octets", "1 < 204 No Content"]);
    assert_eq!(told[0].role, Role::Interim);
}

#[test]
fn an_answer_that_ends_with_the_connection_is_whole() {
    let told = tell(&[(Initiator, "GET / HTTP/1.0\r\n\r\n"), (Acceptor, "HTTP/1.0 200 OK\r\n\r\nhello")]);
    assert_eq!(lines(&told), ["1 > GET /", "1 < 200 OK 5 octets"]);
}

#[test]
fn an_answer_that_was_cut_is_broken() {
    let told = tell(&[
        (Initiator, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (Acceptor, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"),
    ]);
    assert_eq!(lines(&told)[1], "1 < 200 OK 5 octets !");
    assert_eq!(told[1].faults, ["the connection ended inside the message at octet 43 (RFC 9112 8)"]);
}

#[test]
fn what_breaks_a_rule_is_named_and_the_rest_still_told() {
    let told = tell(&[
        (Initiator, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        (Acceptor, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    ]);
    assert_eq!(told[0].faults, ["white space stands before a field's colon at octet 20 (RFC 9112 5.1)"]);
    assert_eq!(lines(&told)[1], "1 < 400 Bad Request !");
}

#[test]
fn a_request_that_is_none_is_shown_as_far_as_it_goes() {
    let told = tell(&[
        (Initiator, "\x16\x03\x01 hello\n\n"),
        (Acceptor, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    ]);
    assert_eq!(lines(&told), ["1 > broken request: \\u{16}\\u{3}\\u{1} hello !", "1 < 400 Bad Request !"]);
}

#[test]
fn a_request_is_refused_before_it_ends() {
    let told = tell(&[(Initiator, "GET / HTTP/9"), (Acceptor, "HTTP/1.1 505 \r\nContent-Length: 0\r\n\r\n")]);
    assert_eq!(lines(&told), ["1 > broken request: GET / HTTP/9 !", "1 < 505 HTTP Version Not Supported !"]);
    assert_eq!(told[0].faults, ["the version is not HTTP/1.0 or HTTP/1.1 at octet 6 (RFC 9112 2.3)"]);
}

#[test]
fn a_request_whose_content_is_not_waited_for_is_told_before_its_answer() {
    let told = tell(&[
        (Initiator, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"),
        (Acceptor, "HTTP/1.1 413 \r\nContent-Length: 0\r\n\r\n"),
        (Initiator, "defghiGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ]);
    let expected = ["1 > POST / (a) 3 octets, answered before its end", "1 < 413 Payload Too Large !", "2 > GET / (a)"];
    assert_eq!(lines(&told), expected);
}

#[test]
fn secrets_are_told_only_to_who_may_know() {
    let told =
        tell(&[(Initiator, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\nCookie: id=1\r\n\r\n")]);
    assert_eq!(told[0].redacted(), "GET / (a), Authorization: Basic •••, Cookie: •••");
}

#[test]
fn a_tunnel_is_no_http_any_more() {
    let told = tell(&[
        (Initiator, "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"),
        (Acceptor, "HTTP/1.1 200 OK\r\n\r\n\x16\x03"),
        (Initiator, "\x16\x03"),
    ]);
    assert_eq!(lines(&told), ["1 > CONNECT a.test:443 (a.test:443)", "1 < 200 OK"]);
}

#[test]
fn a_hole_in_content_of_known_length_is_bridged() {
    let mut flow = Flow::new(false);
    flow.said(Initiator, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    flow.said(Acceptor, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegin");
    flow.hole(Acceptor, 999_995);
    flow.said(Initiator, b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    flow.said(Acceptor, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let expected = ["1 > GET /a (a)", "1 < 200 OK 1,000,000 octets", "2 > GET /b (a)", "2 < 200 OK"];
    assert_eq!(lines(&flow.end()), expected);
}

#[test]
fn after_a_hole_in_chunks_the_next_turn_is_read_again() {
    let mut flow = Flow::new(false);
    flow.said(Initiator, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    flow.said(Acceptor, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbe");
    flow.hole(Acceptor, 5000);
    flow.hole(Acceptor, 5000);
    flow.said(Initiator, b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    flow.said(Acceptor, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let told = flow.end();
    let expected =
        ["1 > GET /a (a)", "2 > GET /b (a)", "1 < 200 OK 5 octets, and more that was not kept", "2 < 200 OK"];
    assert_eq!(lines(&told), expected);
    assert_eq!(told[2].octets, 52 + 10_000);
}

#[test]
fn a_flow_that_was_joined_late_has_no_numbers() {
    let mut flow = Flow::new(true);
    flow.said(Acceptor, b"rest of something");
    flow.said(Initiator, b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    flow.said(Acceptor, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(lines(&flow.end()), ["0 > GET /b (a)", "0 < 200 OK"]);
}

#[test]
fn streams_of_http_2_are_exchanges() {
    let mut flow = Flow::new(false);
    flow.said(Acceptor, &frame(4, 0, 0, b""));
    flow.said(Initiator, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    flow.said(Initiator, &frame(4, 0, 0, b"\0\x01\0\0\x20\0"));
    flow.said(Initiator, &frame(1, 0x5, 1, b"\x82\x86\x84\x41\x01a"));
    flow.said(Initiator, &[frame(1, 0x1, 3, b"\x82\x86"), frame(9, 0x4, 3, b"\x85\xbe")].concat());
    flow.said(Acceptor, &[frame(1, 0x4, 3, b"\x88"), frame(0, 0x1, 3, b"hello")].concat());
    flow.said(Acceptor, &[frame(1, 0x4, 1, b"\x48\x03103"), frame(1, 0x4, 1, b"\x8d\x0f\x10\x09text/html")].concat());
    flow.said(Acceptor, &[frame(0, 0x9, 1, b"\x01hi\0"), frame(7, 0, 0, b"\0\0\0\x03\0\0\0\0")].concat());
    let expected = [
        "1 > GET / (a)",
        "2 > GET /index.html (a)",
        "2 < 200 OK 5 octets",
        "1 < 103 Early Hints",
        "1 < 404 Not Found text/html 2 octets !",
        "0 < GOAWAY NO_ERROR, last stream 3",
    ];
    assert_eq!(lines(&flow.end()), expected);
}

#[test]
fn a_hole_in_data_of_http_2_is_bridged() {
    let mut flow = two(&frame(1, 0x5, 1, b"\x82\x86\x84\x41\x01a"));
    flow.said(Acceptor, &frame(1, 0x4, 1, b"\x88"));
    flow.said(Acceptor, &frame(0, 0x1, 1, &[0; 10_000])[..100]);
    flow.hole(Acceptor, 10_009 - 100);
    flow.said(Acceptor, &frame(7, 0, 0, b"\0\0\0\x01\0\0\0\x02"));
    let expected = ["1 > GET / (a)", "1 < 200 OK 10,000 octets", "0 < GOAWAY INTERNAL_ERROR, last stream 1 !"];
    assert_eq!(lines(&flow.end()), expected);
}

#[test]
fn a_stream_that_is_reset_says_why() {
    let mut flow = two(&frame(1, 0x5, 1, b"\x82\x86\x84\x41\x01a"));
    flow.said(Acceptor, &frame(3, 0, 1, b"\0\0\0\x07"));
    assert_eq!(lines(&flow.end()), ["1 > GET / (a)", "1 < RST_STREAM REFUSED_STREAM !"]);
}

#[test]
fn fields_that_cannot_be_read_are_said_to_be_so() {
    let mut flow = two(&frame(1, 0x5, 1, b"\xff\xff\xff\xff\xff\xff"));
    flow.said(Initiator, &frame(1, 0x5, 3, b"\x82\x86\x84"));
    let told = flow.end();
    assert_eq!(lines(&told)[0], "1 > a request whose fields cannot be read !");
    assert_eq!(lines(&told)[1], "2 > a request whose fields cannot be read");
    assert_eq!(told[0].faults, ["a header block holds a number that is too large (RFC 7541 5.1)"]);
}

#[test]
fn a_frame_inside_a_header_block_ends_the_reading() {
    let mut flow = two(&frame(1, 0x1, 1, b"\x82"));
    flow.said(Initiator, &[frame(0, 0, 1, b"x"), frame(1, 0x5, 3, b"\x82")].concat());
    assert_eq!(lines(&flow.end()), ["0 > broken header block !"]);
}

#[test]
fn the_messages_of_a_websocket_are_told_in_the_exchange_that_agreed_on_it() {
    let mut flow = Flow::new(false);
    flow.said(Initiator, b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    flow.said(Acceptor, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
    flow.said(Initiator, &[0x81, 0x85, 0x37, 0xfa, 0x21]);
    flow.said(Initiator, &[0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    flow.said(Acceptor, b"\x81\x05Hello\x89\x00\x88\x05\x03\xe8bye");
    flow.said(Initiator, &[0x81, 0x01, b'x']);
    let told = flow.end();
    let expected = [
        "1 > GET /chat (a)",
        "1 < 101 Switching Protocols",
        "1 > WebSocket text 5 octets: Hello",
        "1 < WebSocket text 5 octets: Hello",
        "1 < WebSocket ping 0 octets",
        "1 < WebSocket close 1000 (normal closure): bye",
        "1 > broken WebSocket frame !",
    ];
    assert_eq!(lines(&told), expected);
    assert_eq!((told[2].octets, told[2].role), (11, Role::Interim));
}

proptest! {
    #[test]
    fn the_same_octets_give_the_same_messages_however_they_are_cut(cuts in proptest::collection::vec(1..40usize, 0..60), is_two: bool) {
        let (asked, answered) = if is_two { conversation_two() } else { conversation_one() };
        let whole = told(&[&asked[..]], &[&answered[..]]);
        prop_assert!(whole.len() >= 5);
        prop_assert_eq!(told(&pieces(&asked, &cuts), &pieces(&answered, &cuts)), whole);
    }

    #[test]
    fn anything_at_all_is_told_without_panic(
        said in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any::<u8>(), 0..80), 0..300u64), 0..12),
        preface: bool,
        joined_late: bool,
    ) {
        let mut flow = Flow::new(joined_late);
        if preface {
            flow.said(Initiator, crate::wire::frame::PREFACE);
        }
        for (is_client, octets, hole) in said {
            let by = if is_client { Initiator } else { Acceptor };
            flow.said(by, &octets);
            if hole > 200 {
                flow.hole(by, hole);
            }
        }
        for message in flow.end() {
            prop_assert!(!message.summary.contains(['\r', '\n']));
            message.redacted();
        }
    }

    #[test]
    fn almost_http_is_told_without_panic(parts in proptest::collection::vec((any::<bool>(), 0..12usize), 0..30)) {
        const PARTS: [&str; 12] = [
            "GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n",
            "\r\n", "3\r\nabc\r\n", "0\r\n", "abc", "\n", "Host: a\r\n", "POST * HTTP/1.0\r\n", "HTTP/1.1 100 \r\n",
        ];
        let mut flow = Flow::new(false);
        for (is_client, part) in parts {
            flow.said(if is_client { Initiator } else { Acceptor }, PARTS[part].as_bytes());
        }
        flow.end();
    }
}

/// A dissector with what it has told so far.
struct Flow {
    dissector: HttpDissector,
    told: Vec<Message>,
}

impl Flow {
    fn new(joined_late: bool) -> Self {
        let info =
            FlowInfo { transport: Transport::Tcp, port: 80, joined_late, explain: false, whole: false, stream: None };
        Self { dissector: HttpDissector::new(info), told: Vec::new() }
    }

    fn said(&mut self, by: Side, octets: &[u8]) {
        self.dissector.said(Said { by, time: Time::from_secs(1), octets }, &mut self.told);
    }

    fn hole(&mut self, by: Side, length: u64) {
        self.dissector.hole(by, length, Time::from_secs(1), &mut self.told);
    }

    fn end(mut self) -> Vec<Message> {
        self.dissector.closed(Time::from_secs(1), &mut self.told);
        self.told
    }
}

fn tell(said: &[(Side, &str)]) -> Vec<Message> {
    let mut flow = Flow::new(false);
    said.iter().for_each(|(by, text)| flow.said(*by, text.as_bytes()));
    flow.end()
}

fn two(first: &[u8]) -> Flow {
    let mut flow = Flow::new(false);
    flow.said(Initiator, crate::wire::frame::PREFACE);
    flow.said(Initiator, first);
    flow
}

fn told(asked: &[&[u8]], answered: &[&[u8]]) -> Vec<Message> {
    let mut flow = Flow::new(false);
    asked.iter().for_each(|octets| flow.said(Initiator, octets));
    answered.iter().for_each(|octets| flow.said(Acceptor, octets));
    flow.end()
}

fn pieces<'a>(octets: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = octets;
    let mut pieces = Vec::new();
    for cut in cuts {
        let (piece, after) = rest.split_at((*cut).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

fn conversation_one() -> (Vec<u8>, Vec<u8>) {
    let asked = "\r\nPOST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n\
                 GET /b HTTP/1.1\nHost : a\n\nHEAD /c HTTP/1.1\r\nHost: a\r\n\r\nG(T / x\r\n\r\n";
    let answered = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc\
                    HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n\
                    HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    (asked.into(), answered.into())
}

fn conversation_two() -> (Vec<u8>, Vec<u8>) {
    let asked = [
        crate::wire::frame::PREFACE.to_vec(),
        frame(1, 0x4, 1, b"\x83\x86\x84\x41\x01a"),
        frame(0, 0x9, 1, b"\x02hello\0\0"),
        frame(1, 0x5, 3, b"\x82\x86\x84\xbe"),
        frame(6, 0, 0, &[0; 8]),
    ];
    let answered = [
        frame(4, 0, 0, b""),
        frame(1, 0x4, 3, b"\x88"),
        frame(1, 0x5, 1, b"\x8d"),
        frame(0, 0, 3, b"abc"),
        frame(0, 1, 3, b""),
        frame(7, 0, 0, &[0; 8]),
    ];
    (asked.concat(), answered.concat())
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = (payload.len() as u16).to_be_bytes();
    [&[0, high, low, kind, flags, 0, 0, 0, stream], payload].concat()
}

fn lines(told: &[Message]) -> Vec<String> {
    let line = |message: &Message| {
        let arrow = if message.by == Initiator { '>' } else { '<' };
        let failed = if message.failed { " !" } else { "" };
        format!("{} {arrow} {}{failed}", message.exchange, message.summary)
    };
    told.iter().map(line).collect()
}
