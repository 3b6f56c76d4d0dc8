//! The streams and frames of HTTP/3 in words.

use toynet_record::dissect::Note;

use crate::wire::three::one_way::Told;

/// What a request's stream is.
pub(in super::super) fn stream(number: u64, is_request: bool) -> Note {
    let text = match is_request {
        true => format!(
            "a HEADERS frame opens stream {number} of QUIC, compressed by QPACK: what is lost holds up no other"
        ),
        false => format!("a HEADERS frame in stream {number}, the request's own"),
    };
    Note::new(text, "RFC 9114 4.1")
}

/// What a stream says that one side alone writes.
pub(in super::super) fn of(told: &Told) -> (String, Vec<Note>) {
    let note = |text: &str, rule: &str| vec![Note::new(text, rule)];
    match told {
        Told::Is("control stream") => (
            "the control stream".to_owned(),
            note("lasts as long as the connection, and begins with what the sender can take", "RFC 9114 6.2.1"),
        ),
        Told::Is(name) => {
            (format!("the {name}"), note("what tables of fields are made of, where any were granted", "RFC 9204 4.2"))
        }
        Told::Settings(settings) => {
            let notes = settings.iter().map(|(id, value)| setting(*id, *value)).collect();
            (format!("SETTINGS, {} of them", settings.len()), notes)
        }
        Told::GoAway(from) => (
            format!("GOAWAY, nothing from {from} on"),
            note("what began before is still answered; the rest can be asked elsewhere", "RFC 9114 5.2"),
        ),
        Told::Frame(kind) => (kind.name().to_owned(), note("a frame of the control stream", "RFC 9114 7.2")),
        Told::Unknown(kind) => (
            format!("a stream of type {kind:#x}"),
            note("nobody knows the type, and its receiver does not read on", "RFC 9114 6.2.3"),
        ),
    }
}

fn setting(id: u64, value: u64) -> Note {
    let (text, rule) = match id {
        0x1 => (format!("SETTINGS_QPACK_MAX_TABLE_CAPACITY: QPACK's table may have {value} octets"), "RFC 9204 5"),
        0x6 => (format!("SETTINGS_MAX_FIELD_SECTION_SIZE: no more than {value} octets of fields"), "RFC 9114 7.2.4.1"),
        0x7 => (format!("SETTINGS_QPACK_BLOCKED_STREAMS: {value} streams may wait for the table"), "RFC 9204 5"),
        0x8 => (format!("SETTINGS_ENABLE_CONNECT_PROTOCOL: {value}: WebSocket over a stream"), "RFC 9220 3"),
        0x33 => (format!("SETTINGS_H3_DATAGRAM: {value}: datagrams beside the streams"), "RFC 9297 2.1.1"),
        // RFC 9114 7.2.4.1: 0x1f * N + 0x21.
        other if other >= 0x21 && (other - 0x21) % 0x1f == 0 => (
            format!("setting {other:#x} means nothing: whoever does not know one must pass over it"),
            "RFC 9114 7.2.4.1",
        ),
        other => (format!("setting {other:#x} is unknown, and passed over"), "RFC 9114 7.2.4.1"),
    };
    Note::new(text, rule)
}
