//! The frames of HTTP/2 in words.

use toynet_record::dissect::Note;

use crate::wire::frame::{self, FrameHead, FrameKind};

/// What a stream is.
pub(in super::super) fn stream(id: u32, is_request: bool) -> Note {
    let text = match is_request {
        true => format!("a HEADERS frame opens stream {id}, compressed by HPACK: many requests share the connection"),
        false => format!("a HEADERS frame in stream {id}, the request's own: answers come in any order"),
    };
    Note::new(text, "RFC 9113 5")
}

/// What a frame of the connection says; nothing of frames that belong to a message.
pub(in super::super) fn of(head: &FrameHead, payload: &[u8]) -> Option<(String, Vec<Note>)> {
    let note = |text: String, rule: &str| vec![Note::new(text, rule)];
    let is_answer = head.has(FrameHead::ACK);
    Some(match head.kind {
        FrameKind::Settings if is_answer => (
            "SETTINGS, heeded".to_owned(),
            note("the other side's settings are heeded from here on".to_owned(), "RFC 9113 6.5.3"),
        ),
        FrameKind::Settings => {
            let settings: Vec<(u16, u32)> = frame::settings(payload).collect();
            let notes = settings.iter().map(|(id, value)| setting(*id, *value)).collect();
            (format!("SETTINGS, {} of them", settings.len()), notes)
        }
        FrameKind::Ping if is_answer => {
            ("PING, answered".to_owned(), note("the sign of life comes back".to_owned(), "RFC 9113 6.7"))
        }
        FrameKind::Ping => ("PING".to_owned(), note("a sign of life is wanted".to_owned(), "RFC 9113 6.7")),
        FrameKind::WindowUpdate => {
            let more = frame::number(payload, 0).unwrap_or_default() & !(1 << 31);
            let of = if head.stream == 0 { "the connection".to_owned() } else { format!("stream {}", head.stream) };
            (
                format!("WINDOW_UPDATE {of}"),
                note(format!("{more} more octets of content may be sent on {of}"), "RFC 9113 6.9"),
            )
        }
        FrameKind::Priority => {
            ("PRIORITY".to_owned(), note("a priority that nobody heeds any more".to_owned(), "RFC 9113 5.3.2"))
        }
        FrameKind::Other(code) => {
            (format!("frame of kind {code}"), note("an unknown frame, to be ignored".to_owned(), "RFC 9113 5.5"))
        }
        FrameKind::Data
        | FrameKind::Headers
        | FrameKind::RstStream
        | FrameKind::PushPromise
        | FrameKind::GoAway
        | FrameKind::Continuation => return None,
    })
}

fn setting(id: u16, value: u32) -> Note {
    let text = match id {
        1 => format!("SETTINGS_HEADER_TABLE_SIZE: HPACK's table may have {value} octets"),
        2 if value == 0 => "SETTINGS_ENABLE_PUSH: no pushes, please".to_owned(),
        2 => "SETTINGS_ENABLE_PUSH: pushes are welcome".to_owned(),
        3 => format!("SETTINGS_MAX_CONCURRENT_STREAMS: no more than {value} requests at once"),
        4 => format!("SETTINGS_INITIAL_WINDOW_SIZE: {value} octets of content may be sent on a new stream"),
        5 => format!("SETTINGS_MAX_FRAME_SIZE: no frame has more than {value} octets"),
        6 => format!("SETTINGS_MAX_HEADER_LIST_SIZE: no more than {value} octets of fields"),
        8 => format!("SETTINGS_ENABLE_CONNECT_PROTOCOL: {value}: WebSocket can be had over a stream"),
        9 => format!("SETTINGS_NO_RFC7540_PRIORITIES: {value}: the old priorities are not used"),
        other => format!("setting {other} is unknown, and ignored"),
    };
    let rule = match id {
        8 => "RFC 8441 3",
        9 => "RFC 9218 2.1",
        _ => "RFC 9113 6.5.2",
    };
    Note::new(text, rule)
}
