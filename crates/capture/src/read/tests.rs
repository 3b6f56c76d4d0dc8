use toynet_machine::Time;
use toynet_record::{Closing, Direction, EndId, Entry, Event, Party, Reader, Seen, Side, Transport};

use super::*;
use crate::write::{Capture, Style};

#[test]
fn a_capture_of_ours_comes_back_as_the_record_that_it_was_made_of() {
    let told = told(&read(&made()[..], &none()).unwrap());
    assert_eq!(
        told,
        [
            "1 laptop.shop.test:40000 > www.shop.test:80 Tcp",
            "1 > GET / HTTP/1.1",
            &format!("1 < {}", "x".repeat(1460)),
            &format!("1 < {}", "x".repeat(540)),
            "1 closed Finished",
            "2 laptop.shop.test:40001 > www.shop.test:53 Udp",
            "2 > question",
            "2 < answer",
            "3 laptop.shop.test:40002 > www.shop.test:81 Tcp",
            "3 closed Refused",
        ]
    );
}

#[test]
fn a_file_that_is_cut_is_read_up_to_the_cut() {
    let whole = made();
    let all = read(&whole[..], &none()).unwrap();
    assert!(!all.is_cut && all.others == 0);
    for length in 0..whole.len() {
        match read(&whole[..length], &none()) {
            Ok(recording) => assert!(recording.frames <= all.frames),
            Err(error) => assert!(length < 300, "{length}: {error}"),
        }
    }
}

#[test]
fn pcap_of_either_byte_order_and_resolution_is_read() {
    let packet =
        crate::packet::Path::new("1.1.1.1:4000".parse().unwrap(), "2.2.2.2:53".parse().unwrap()).udp(b"hello").unwrap();
    for (magic, nanos) in [(0xa1b2_c3d4_u32, false), (0xa1b2_3c4d, true)] {
        for big in [false, true] {
            let number = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
            let length = packet.len() as u32;
            let part = if nanos { 5_000_000 } else { 5_000 };
            let head = [magic, 0, 0, 0, 65_535, 101, 1_000_000, part, length, length].map(number).concat();
            let recording = read(&[&head[..], &packet].concat()[..], &none()).unwrap();
            assert_eq!(told(&recording), ["1 1.1.1.1:4000 > 2.2.2.2:53 Udp", "1 > hello"]);
            let first = recording.journal.entries().next().unwrap();
            assert_eq!(first.time, Time::from_nanos(1_000_000_005_000_000));
        }
    }
}

#[test]
fn what_is_no_capture_is_said_to_be_none() {
    for octets in [&b""[..], b"abc", b"[host.\"www.shop.test\"]", b"\x0a\x0d\x0d\x0aabcdefgh"] {
        assert!(matches!(read(octets, &none()), Err(ReadError::Other)), "{octets:?}");
    }
    assert!(is_capture(&made()) && !is_capture(b"toynet journal\n") && !is_capture(b"a"));
}

#[test]
fn no_octet_that_is_turned_makes_it_panic() {
    let whole = made();
    for at in 0..whole.len() {
        for turned in [0, 0xff, whole[at] ^ 0x80] {
            let mut octets = whole.clone();
            octets[at] = turned;
            let _ = read(&octets[..], &none());
        }
    }
}

fn none() -> KeyLog {
    KeyLog::default()
}

/// A page, a question with its answer, and a port that nobody listens on.
fn made() -> Vec<u8> {
    let mut roster = Roster::default();
    roster.add("www.shop.test", [[198, 18, 0, 1].into()]);
    roster.add("laptop.shop.test", [[198, 18, 0, 2].into()]);
    let mut capture = Capture::new("test", "", &roster, Style::Packets);
    let mut reader = Reader::new(roster);
    let open = |transport, port: u16, server: u16| Seen::Opened {
        side: Side::Initiator,
        transport,
        stream: None,
        local: ([198, 18, 0, 2], port).into(),
        peer: ([198, 18, 0, 1], server).into(),
        cause: None,
    };
    let sent = |octets| Seen::Octets { direction: Direction::Sent, number: 1, octets };
    let received = |octets| Seen::Octets { direction: Direction::Received, number: 1, octets };
    let seen = [
        (1, open(Transport::Tcp, 40_000, 80)),
        (1, sent(b"GET / HTTP/1.1")),
        (1, received(&[b'x'; 2000])),
        (1, Seen::Closed { how: Closing::Finished }),
        (2, open(Transport::Udp, 40_001, 53)),
        (2, sent(b"question")),
        (2, received(b"answer")),
        (3, open(Transport::Tcp, 40_002, 81)),
        (3, Seen::Closed { how: Closing::Refused }),
    ];
    for (order, (end, seen)) in (1..).zip(seen) {
        let entry = Entry { end: EndId::new(0, end), time: Time::from_nanos(order), order, seen };
        reader.read(&entry, |event| capture.hear(&event));
    }
    capture.take()
}

fn told(recording: &Recording) -> Vec<String> {
    let mut reader = Reader::new(recording.roster.clone());
    let mut told = Vec::new();
    for entry in recording.journal.entries() {
        reader.read(&entry, |event| told.push(in_words(&event)));
    }
    told
}

fn in_words(event: &Event<'_>) -> String {
    let name = |party: &Party| format!("{}:{}", party.host.clone().unwrap_or_default(), party.address.port());
    match event {
        Event::Opened(flow) => {
            format!("{} {} > {} {:?}", flow.id, name(&flow.initiator), name(&flow.acceptor), flow.transport)
        }
        Event::Said { flow, by, octets, .. } => {
            let way = if *by == Side::Initiator { '>' } else { '<' };
            format!("{flow} {way} {}", octets.escape_ascii())
        }
        Event::Closed { flow, how, .. } => format!("{flow} closed {how:?}"),
        other => format!("{other:?}"),
    }
}
