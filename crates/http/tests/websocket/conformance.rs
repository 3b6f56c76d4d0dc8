//! Every rule of RFC 6455 for frames, in the order in which the Autobahn test suite looks at them: what is sent octet by
//! octet, and what the echo says to it.

use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::yield_now;
use toynet_http::wire::websocket::{Message, Reader, Sender};
use toynet_net::Network;

use super::support::{in_virtual_time, network, serve};
use super::{inspecting, shake_hands};

/// What is sent and what comes back.
struct Case {
    what: String,
    sent: Vec<u8>,
    /// Octets that are sent at once.
    piece: usize,
    heard: Vec<Message>,
    /// The code with which the server ends it; without one the client ends it in good order.
    code: Option<u16>,
}

#[test]
fn messages_of_every_length_come_back() {
    let mut cases = Vec::new();
    for length in [0, 1, 125, 126, 127, 128, 65_535, 65_536] {
        let letters = "*".repeat(length);
        cases.push(Case::same(format!("1.1 text of {length}"), text(&letters), said(&letters)));
        cases.push(Case::same(format!("1.2 octets of {length}"), binary(length), Message::Binary(vec![0xfe; length])));
    }
    cases.push(Case::same("1.1.8", text(&"*".repeat(65_536)), said(&"*".repeat(65_536))).in_pieces(997));
    cases.push(Case::same("1.2.8", binary(65_536), Message::Binary(vec![0xfe; 65_536])).in_pieces(997));
    try_all(cases);
}

#[test]
fn pings_are_answered_and_pongs_are_not() {
    let pong = |octets: &[u8]| Message::Pong(octets.to_vec());
    let most = [0xfe; 125];
    try_all(vec![
        Case::same("2.1", frame(0x89, b""), pong(b"")),
        Case::same("2.2", frame(0x89, b"Hello"), pong(b"Hello")),
        Case::same("2.3", frame(0x89, b"\x00\xff\xfe\xfd"), pong(b"\x00\xff\xfe\xfd")),
        Case::same("2.4", frame(0x89, &most), pong(&most)),
        Case::fails("2.5", frame(0x89, &[0xfe; 126]), 1002),
        Case::same("2.6", frame(0x89, &most), pong(&most)).in_pieces(1),
        Case::all("2.7 to 2.9", [frame(0x8a, b""), frame(0x8a, b"x"), frame(0x89, b"p")].concat(), vec![pong(b"p")]),
        Case::all("2.10", pings(), (0..10).map(|number| pong(&[number])).collect()),
        Case::all("2.11", pings(), (0..10).map(|number| pong(&[number])).collect()).in_pieces(1),
    ]);
}

#[test]
fn reserved_bits_and_opcodes_fail_at_once() {
    let mut cases = Vec::new();
    for bits in 1..=7_u8 {
        for opcode in [1, 2, 8, 9, 10] {
            let bad = frame(0x80 | bits << 4 | opcode, b"");
            cases.push(Case::fails(format!("3 bits {bits} opcode {opcode}"), bad.clone(), 1002));
            let after = [text("Hello"), bad, frame(0x89, b"")].concat();
            cases.push(Case::fails(format!("3 later, bits {bits} opcode {opcode}"), after, 1002).after(said("Hello")));
        }
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for payload in [&b""[..], b"reserved"] {
            cases.push(Case::fails(format!("4 opcode {opcode}"), frame(0x80 | opcode, payload), 1002));
        }
        let after = [text("Hello"), frame(0x80 | opcode, b""), frame(0x89, b"")].concat();
        cases.push(Case::fails(format!("4 later, opcode {opcode}"), after, 1002).after(said("Hello")).in_pieces(1));
    }
    try_all(cases);
}

#[test]
fn fragments_are_joined_and_control_frames_may_stand_between() {
    let (begin, end) = (frame(0x01, b"frag"), frame(0x80, b"ment"));
    let (more, ping) = (frame(0x00, b"x"), frame(0x89, b"?"));
    let pong = Message::Pong(b"?".to_vec());
    let both = || vec![pong.clone(), said("fragment")];
    let mut cases = vec![
        Case::fails("5.1", [frame(0x09, b"a"), frame(0x80, b"b")].concat(), 1002),
        Case::fails("5.2", [frame(0x0a, b"a"), frame(0x80, b"b")].concat(), 1002),
        Case::fails("5, a close in fragments", [frame(0x08, b""), frame(0x80, b"")].concat(), 1002),
        Case::fails("5.15", [begin.clone(), end.clone(), more.clone(), text("x")].concat(), 1002)
            .after(said("fragment")),
        Case::fails("5.16", [more.clone(), text("x"), end.clone()].concat(), 1002),
        Case::fails("5.17", [end.clone(), text("x"), end.clone()].concat(), 1002),
        Case::fails("5.18", [begin.clone(), text("x")].concat(), 1002),
        Case::fails("5, octets inside text", [begin.clone(), binary(1)].concat(), 1002),
    ];
    for piece in [usize::MAX, 7, 1] {
        let of = |what: &str, sent: &[&[u8]], heard| Case::all(what, sent.concat(), heard).in_pieces(piece);
        cases.push(of("5.3 to 5.5", &[&begin, &end], vec![said("fragment")]));
        cases.push(of("5.6 to 5.8", &[&begin, &ping, &end], both()));
        let twice = vec![pong.clone(), pong.clone(), said("fragmxment")];
        cases.push(of("5.19 and 5.20", &[&begin, &ping, &frame(0, b"mx"), &ping, &end], twice));
        cases.push(Case::fails("5.9 to 5.11", [end.clone(), text("x")].concat(), 1002).in_pieces(piece));
        cases.push(Case::fails("5.12 to 5.14", [more.clone(), text("x")].concat(), 1002).in_pieces(piece));
    }
    try_all(cases);
}

#[test]
fn text_is_utf_8_and_fails_where_it_stops_being_so() {
    let greeting = "Hello-µ@ßöäüàá-UTF-8!!";
    let mut cases = vec![
        Case::same("6.1.1", text(""), said("")),
        Case::same("6.1.2", [frame(1, b""), frame(0, b""), frame(0x80, b"")].concat(), said("")),
        Case::same("6.1.3", [frame(1, b""), frame(0, b"middle"), frame(0x80, b"")].concat(), said("middle")),
        Case::same("6.2.1", text(greeting), said(greeting)),
        Case::same("6.2.3", by_octets(greeting.as_bytes()), said(greeting)),
        // The end of neither message is sent: what came is enough to know.
        Case::fails("6.4.1", [frame(1, b"\xce\xba"), frame(0, b"\xf4\x90\x80\x80")].concat(), 1007),
        Case::fails("6.4.2", [frame(1, b"\xce\xba\xf4"), frame(0, b"\x90")].concat(), 1007),
        Case::fails("6.4.3", frame(0x81, b"\xce\xba\xf4\x90\x80\x80edited")[..12].to_vec(), 1007),
        Case::fails("6.4.4", frame(0x81, b"\xce\xba\xf4\x90\x80\x80edited")[..10].to_vec(), 1007).in_pieces(1),
    ];
    for valid in VALID {
        cases.push(Case::same(format!("6 valid {valid:?}"), text(valid), said(valid)));
        cases.push(Case::same(format!("6 in octets, {valid:?}"), by_octets(valid.as_bytes()), said(valid)));
    }
    for invalid in INVALID {
        cases.push(Case::fails(format!("6 invalid {invalid:x?}"), frame(0x81, invalid), 1007));
        cases.push(Case::fails(format!("6 in octets, invalid {invalid:x?}"), by_octets(invalid), 1007));
    }
    // What is no text may be anything.
    cases.push(Case::same("6, octets", frame(0x82, b"\xff\xc0"), Message::Binary(vec![0xff, 0xc0])));
    try_all(cases);
}

#[test]
fn a_close_is_answered_once_and_nothing_after_it() {
    let close = |payload: &[u8]| frame(0x88, payload);
    let with = |code: u16, why: &str| [&code.to_be_bytes(), why.as_bytes()].concat();
    let longest = "*".repeat(123);
    let large = text(&"*".repeat(256 * 1024));
    let mut cases = vec![
        Case::closes("7.1.1", [text("Hello"), close(&with(1000, ""))].concat(), Some((1000, ""))).after(said("Hello")),
        Case::closes("7.1.2", [close(b""), close(b"")].concat(), None),
        Case::closes("7.1.3", [close(b""), frame(0x89, b"?")].concat(), None),
        Case::closes("7.1.4", [close(b""), text("late")].concat(), None),
        Case::closes("7.1.5", [frame(1, b"frag"), close(b""), frame(0x80, b"ment")].concat(), None),
        Case::closes("7.1.6", [large, close(b""), frame(0x89, b"")].concat(), None)
            .after(said(&"*".repeat(256 * 1024))),
        Case::closes("7.3.1", close(b""), None),
        Case::fails("7.3.2", close(b"a"), 1002),
        Case::closes("7.3.3", close(&with(1000, "")), Some((1000, ""))),
        Case::closes("7.3.4", close(&with(1000, "Hello")), Some((1000, "Hello"))),
        Case::closes("7.3.5", close(&with(1000, &longest)), Some((1000, &longest))),
        Case::fails("7.3.6", close(&with(1000, &"*".repeat(124))), 1002),
        Case::fails("7.5.1", close(&[&with(1000, ""), &b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80"[..]].concat()), 1007),
    ];
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
        cases.push(Case::closes(format!("7.7 code {code}"), close(&with(code, "")), Some((code, ""))));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        cases.push(Case::fails(format!("7.9 and 7.13 code {code}"), close(&with(code, "")), 1002));
        cases.push(Case::fails(format!("7.9 code {code} in octets"), close(&with(code, "why")), 1002).in_pieces(1));
    }
    try_all(cases);
}

#[test]
fn what_is_large_comes_back_and_what_is_too_large_is_refused_by_its_head() {
    let most = "*".repeat(1024 * 1024);
    let in_frames = |size: usize| {
        let pieces: Vec<&[u8]> = most.as_bytes().chunks(size).collect();
        let code = |at: usize| if at == 0 { 1 } else { 0 } | if at + 1 == pieces.len() { 0x80 } else { 0 };
        pieces.iter().enumerate().flat_map(|(at, piece)| frame(code(at), piece)).collect::<Vec<_>>()
    };
    let short = "*".repeat(65_536);
    let short_frames: Vec<&[u8]> = short.as_bytes().chunks(1300).collect();
    let mut auto = frame(0x01, short_frames[0]);
    short_frames[1..].iter().for_each(|piece| auto.extend(frame(0, piece)));
    auto.extend(frame(0x80, b""));
    let too_large =
        [text(&most[..most.len() - 1]), frame(1, b"x"), frame(0x80, most.as_bytes())[..14].to_vec()].concat();
    try_all(vec![
        Case::same("9.1", text(&most), said(&most)),
        Case::same("9.3", in_frames(4096), said(&most)),
        Case::same("9.5", text(&most), said(&most)).in_pieces(65_536),
        Case::same("10.1.1", auto, said(&short)),
        Case::fails("one octet more", frame(0x82, &[0; 1024 * 1024 + 1])[..14].to_vec(), 1009),
        Case::fails("one octet more in fragments", too_large, 1009).after(said(&most[..most.len() - 1])),
    ]);
}

#[test]
fn a_head_has_one_form_and_a_client_a_mask() {
    let mask = [1, 2, 3, 4];
    let head = |octets: &[u8]| [octets, &mask, &[b'x'; 4]].concat();
    try_all(vec![
        Case::fails("5.1 unmasked", b"\x81\x05Hello".to_vec(), 1002),
        Case::fails("5.1 unmasked ping", b"\x89\x00".to_vec(), 1002),
        Case::fails("5.1 unmasked after a fragment", [frame(1, b"a"), b"\x80\x00".to_vec()].concat(), 1002),
        Case::fails("5.2 sixteen bits for 4", head(&[0x81, 0xfe, 0, 4]), 1002),
        Case::fails("5.2 sixty-four bits for 4", head(&[0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 4]), 1002),
        Case::fails("5.2 sixty-four bits for 65,535", head(&[0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), 1002),
        Case::fails("5.2 the highest bit", head(&[0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 4]), 1002),
        Case::fails("5.2 a ping's length in sixteen bits", head(&[0x89, 0xfe, 0, 4]), 1002),
    ]);
}

impl Case {
    fn all(what: impl Into<String>, sent: Vec<u8>, heard: Vec<Message>) -> Self {
        Self { what: what.into(), sent, piece: usize::MAX, heard, code: None }
    }

    fn same(what: impl Into<String>, sent: Vec<u8>, heard: Message) -> Self {
        Self::all(what, sent, vec![heard])
    }

    fn fails(what: impl Into<String>, sent: Vec<u8>, code: u16) -> Self {
        Self { code: Some(code), ..Self::all(what, sent, Vec::new()) }
    }

    fn closes(what: impl Into<String>, sent: Vec<u8>, why: Option<(u16, &str)>) -> Self {
        let close = Message::Close(why.map(|(code, why)| (code, why.to_owned())));
        // Another close is not answered.
        Self { code: Some(0), ..Self::all(what, sent, vec![close]) }
    }

    /// What is heard before all else.
    fn after(mut self, first: Message) -> Self {
        self.heard.insert(0, first);
        self
    }

    fn in_pieces(self, piece: usize) -> Self {
        Self { piece, ..self }
    }

    async fn try_it(self, network: &Rc<Network>) {
        let mut sent = self.sent.clone();
        let mut expected = self.heard;
        if self.code.is_none() {
            sent.extend(frame(0x88, b"\x03\xe8"));
            expected.push(Message::Close(Some((1000, String::new()))));
        }
        let (mut reading, mut writing) = tokio::io::split(shake_hands(network).await);
        let piece = self.piece;
        let saying = tokio::task::spawn_local(async move {
            for piece in sent.chunks(piece) {
                // A server that has closed need not read on.
                if writing.write_all(piece).await.is_err() {
                    break;
                }
                yield_now().await;
            }
            writing
        });
        let mut octets = Vec::new();
        let _ = reading.read_to_end(&mut octets).await;
        drop(saying.await);
        let (mut reader, mut rest, mut heard) = (Reader::new(Sender::Server, usize::MAX), &octets[..], Vec::new());
        while let Some(message) = reader.next(&mut rest).unwrap() {
            heard.push(message);
        }
        match (self.code, heard.last()) {
            (Some(code @ 1..), Some(Message::Close(Some((told, why))))) => {
                assert_eq!(*told, code, "{}: {why}", self.what);
                heard.pop();
            }
            (Some(1..), other) => unreachable!("{}: it ends with {other:?}", self.what),
            _ => {}
        }
        assert!(heard == expected, "{}: {:.200}", self.what, format!("{heard:?}"));
    }
}

fn try_all(cases: Vec<Case>) {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve(&network, inspecting()).await;
        for case in cases {
            case.try_it(&network).await;
        }
    });
}

fn text(text: &str) -> Vec<u8> {
    frame(0x81, text.as_bytes())
}

fn binary(length: usize) -> Vec<u8> {
    frame(0x82, &vec![0xfe; length])
}

fn said(text: &str) -> Message {
    Message::Text(text.to_owned())
}

fn pings() -> Vec<u8> {
    (0..10).flat_map(|number| frame(0x89, &[number])).collect()
}

/// Text in fragments of one octet.
fn by_octets(text: &[u8]) -> Vec<u8> {
    let mut sent = frame(0x01, b"");
    text.iter().for_each(|octet| sent.extend(frame(0x00, &[*octet])));
    sent.extend(frame(0x80, b""));
    sent
}

/// A masked frame whose first octet is `first`.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let length = match payload.len() {
        length @ 0..126 => vec![0x80 | length as u8],
        length @ 126..65_536 => [&[0xfe][..], &(length as u16).to_be_bytes()].concat(),
        length => [&[0xff][..], &(length as u64).to_be_bytes()].concat(),
    };
    let masked: Vec<u8> = payload.iter().zip(MASK.iter().cycle()).map(|(octet, mask)| octet ^ mask).collect();
    [&[first][..], &length, &MASK, &masked].concat()
}

/// Sections 6.5 to 6.22: the first and last letters of each length, and what are no characters but may be sent.
const VALID: [&str; 16] = [
    "κόσμε",
    "\0",
    "\u{7f}",
    "\u{80}",
    "\u{7ff}",
    "\u{800}",
    "\u{ffff}",
    "\u{10000}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffd}",
    "\u{10ffff}",
    "\u{fffe}",
    "\u{1fffe}",
    "\u{10fffe}",
    "a\u{301}",
];

/// Of the same: beyond the last letter, five and six octets, continuations alone, letters cut short, overlong forms,
/// surrogates.
const INVALID: [&[u8]; 37] = [
    b"\xf4\x90\x80\x80",
    b"\xf7\xbf\xbf\xbf",
    b"\xf8\x88\x80\x80\x80",
    b"\xfb\xbf\xbf\xbf\xbf",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xfd\xbf\xbf\xbf\xbf\xbf",
    b"\x80",
    b"\xbf",
    b"\x80\xbf",
    b"\x80\xbf\x80\xbf\x80\xbf",
    b"\xc0 \xc1 ",
    b"\xe0 \xef ",
    b"\xf0 \xf7 ",
    b"\xf8 \xfb ",
    b"\xfc \xfd ",
    b"\xc0",
    b"\xe0\x80",
    b"\xf0\x80\x80",
    b"\xdf",
    b"\xef\xbf",
    b"\xf7\xbf\xbf",
    b"\xfe",
    b"\xff",
    b"\xfe\xfe\xff\xff",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xf8\x80\x80\x80\xaf",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xc0\x80",
    b"\xe0\x80\x80",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
];
