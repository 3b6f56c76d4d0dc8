//! Checks of HTTP/2: the basics of its frames.

use super::check::Level::{Must, Should};
use super::check::{Check, Ground, Verdict};
use super::heard::Heard;
use crate::wire::frame::{self, FrameHead, FrameKind, PREFACE};

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "h2-settings",
        Must,
        "RFC 9113 3.4",
        "the server's first frame is SETTINGS",
        |_| opening(&[]),
        |h, _| {
            judge(h, |frames| {
                Verdict::of(
                    frames.first().is_some_and(|(head, _)| head.kind == FrameKind::Settings && head.flags == 0),
                    || "it is another one".into(),
                )
            })
        },
        "send SETTINGS before anything else",
    )
    .over_two(),
    Check::new(
        "h2-settings-ack",
        Must,
        "RFC 9113 6.5.3",
        "SETTINGS are acknowledged",
        |_| opening(&[]),
        |h, _| {
            judge(h, |frames| {
                Verdict::of(
                    frames.iter().any(|(head, _)| head.kind == FrameKind::Settings && head.has(FrameHead::ACK)),
                    || "no acknowledgement came".into(),
                )
            })
        },
        "acknowledge SETTINGS at once",
    )
    .over_two(),
    Check::new(
        "h2-request",
        Must,
        "RFC 9113 8.1",
        "a request is answered with HEADERS",
        |g| opening(&[request(g, 1)]),
        |h, _| judge(h, answered),
        "answer on the request's stream",
    )
    .over_two(),
    Check::new(
        "h2-ping",
        Must,
        "RFC 9113 6.7",
        "PING is answered with its own octets",
        |_| opening(&[frame(FrameKind::Ping, 0, 0, b"12345678")]),
        |h, _| {
            judge(h, |frames| {
                Verdict::of(
                    frames.iter().any(|(head, payload)| {
                        head.kind == FrameKind::Ping && head.has(FrameHead::ACK) && payload == b"12345678"
                    }),
                    || "no answer came".into(),
                )
            })
        },
        "answer PING at once",
    )
    .over_two(),
    Check::new(
        "h2-unknown-frame",
        Must,
        "RFC 9113 5.5",
        "an unknown frame is ignored",
        |g| opening(&[frame(FrameKind::Other(0xee), 0, 0, b"x"), request(g, 1)]),
        |h, _| judge(h, answered),
        "ignore frames whose kind you do not know",
    )
    .over_two(),
    Check::new(
        "h2-unknown-setting",
        Must,
        "RFC 9113 6.5.2",
        "an unknown setting is ignored",
        |g| opening(&[frame(FrameKind::Settings, 0, 0, b"\xee\xee\0\0\0\x01"), request(g, 1)]),
        |h, _| judge(h, answered),
        "ignore settings that you do not know",
    )
    .over_two(),
    Check::new(
        "h2-settings-length",
        Must,
        "RFC 9113 6.5",
        "SETTINGS of 5 octets are an error",
        |_| opening(&[frame(FrameKind::Settings, 0, 0, b"12345")]),
        |h, _| judge(h, |frames| ended(frames, h, &[6])),
        "end the connection with FRAME_SIZE_ERROR",
    )
    .over_two(),
    Check::new(
        "h2-data-on-0",
        Must,
        "RFC 9113 6.1",
        "DATA outside any stream is an error",
        |_| opening(&[frame(FrameKind::Data, 0, 0, b"x")]),
        |h, _| judge(h, |frames| ended(frames, h, &[1])),
        "end the connection with PROTOCOL_ERROR",
    )
    .over_two(),
    Check::new(
        "h2-window-0",
        Must,
        "RFC 9113 6.9",
        "a window update by nothing is an error",
        |_| opening(&[frame(FrameKind::WindowUpdate, 0, 0, &[0; 4])]),
        |h, _| judge(h, |frames| ended(frames, h, &[1])),
        "end the connection with PROTOCOL_ERROR",
    )
    .over_two(),
    Check::new(
        "h2-stream-even",
        Must,
        "RFC 9113 5.1.1",
        "a client's stream with an even number is an error",
        |g| opening(&[request(g, 2)]),
        |h, _| judge(h, |frames| ended(frames, h, &[1, 5])),
        "end the connection with PROTOCOL_ERROR",
    )
    .over_two(),
    Check::new(
        "h2-frame-long",
        Must,
        "RFC 9113 4.2",
        "a frame longer than was agreed is an error",
        |_| opening(&[frame(FrameKind::Headers, 4, 1, &[0; 20_000])]),
        |h, _| judge(h, |frames| ended(frames, h, &[6])),
        "end the connection with FRAME_SIZE_ERROR",
    )
    .over_two(),
    Check::new(
        "h2-intruder",
        Must,
        "RFC 9113 6.10",
        "a frame inside a header block is an error",
        |g| opening(&[without_end(&request(g, 1)), frame(FrameKind::Ping, 0, 0, b"12345678")]),
        |h, _| judge(h, |frames| ended(frames, h, &[1])),
        "end the connection with PROTOCOL_ERROR",
    )
    .over_two(),
    Check::new(
        "h2-hpack-index",
        Must,
        "RFC 9113 4.3",
        "a header block that cannot be read is an error",
        |_| opening(&[frame(FrameKind::Headers, 5, 1, b"\xff\xff\x03")]),
        |h, _| judge(h, |frames| ended(frames, h, &[9])),
        "end the connection with COMPRESSION_ERROR",
    )
    .over_two(),
    Check::new(
        "h2-upper-case",
        Must,
        "RFC 9113 8.2.1",
        "a name in upper case is malformed",
        |g| opening(&[with(g, b"X-Upper", b"a")]),
        |h, _| judge(h, malformed),
        "reset the stream with PROTOCOL_ERROR",
    )
    .over_two(),
    Check::new(
        "h2-connection-field",
        Must,
        "RFC 9113 8.2.2",
        "a field of the connection is malformed",
        |g| opening(&[with(g, b"connection", b"keep-alive")]),
        |h, _| judge(h, malformed),
        "reset the stream with PROTOCOL_ERROR",
    )
    .over_two(),
    Check::new(
        "h2-host-differs",
        Should,
        "RFC 9113 8.3.1",
        "host and :authority that differ are refused",
        |g| opening(&[with(g, b"host", b"other.test")]),
        |h, _| judge(h, malformed),
        "answer 400, or reset the stream",
    )
    .over_two(),
];

/// What a client says first, and then.
fn opening(frames: &[Vec<u8>]) -> Vec<u8> {
    [PREFACE.to_vec(), frame(FrameKind::Settings, 0, 0, &[]), frames.concat()].concat()
}

fn frame(kind: FrameKind, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let head = FrameHead { length: payload.len() as u32, kind, flags, stream };
    [&head.write()[..], payload].concat()
}

/// HEADERS of a GET, nothing of it indexed but names and values of the static table.
fn request(ground: &Ground, stream: u32) -> Vec<u8> {
    frame(FrameKind::Headers, FrameHead::END_STREAM | FrameHead::END_HEADERS, stream, &fields(ground))
}

fn with(ground: &Ground, name: &[u8], value: &[u8]) -> Vec<u8> {
    let more = [&[0][..], &text(name), &text(value)].concat();
    frame(FrameKind::Headers, FrameHead::END_STREAM | FrameHead::END_HEADERS, 1, &[fields(ground), more].concat())
}

fn without_end(frame: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    frame[4] &= !FrameHead::END_HEADERS;
    frame
}

/// `:method: GET`, `:scheme`, `:path` and `:authority` (RFC 7541 6.1 and 6.2.2).
fn fields(ground: &Ground) -> Vec<u8> {
    let scheme = if ground.url.starts_with("https:") { 0x87 } else { 0x86 };
    [&[0x82, scheme, 0x04][..], &text(ground.target.as_bytes()), &[0x01], &text(ground.host.as_bytes())].concat()
}

/// A text without Huffman code (RFC 7541 5.2).
fn text(octets: &[u8]) -> Vec<u8> {
    let most = 127;
    let mut text = if octets.len() < most { vec![octets.len() as u8] } else { vec![most as u8] };
    if let Some(mut rest) = octets.len().checked_sub(most) {
        while rest >= 128 {
            text.push((rest % 128) as u8 | 0x80);
            rest /= 128;
        }
        text.push(rest as u8);
    }
    text.extend_from_slice(octets);
    text
}

type Frames<'a> = [(FrameHead, &'a [u8])];

/// Judges the frames that came, if the server speaks HTTP/2 at all.
fn judge(heard: &Heard, judge: impl Fn(&Frames<'_>) -> Verdict) -> Verdict {
    let frames = frames(&heard.octets);
    match frames.first() {
        _ if heard.octets.starts_with(b"HTTP/1") || heard.octets.is_empty() => {
            Verdict::Skipped("HTTP/2 is not spoken there".to_owned())
        }
        Some((head, _)) if matches!(head.kind, FrameKind::Settings | FrameKind::GoAway) => judge(&frames),
        _ => Verdict::Skipped("HTTP/2 is not spoken there".to_owned()),
    }
}

fn frames(mut octets: &[u8]) -> Vec<(FrameHead, &[u8])> {
    let mut frames = Vec::new();
    while let Some((head, rest)) = octets.split_first_chunk::<{ FrameHead::LENGTH }>() {
        let head = FrameHead::read(head);
        let Some((payload, after)) = rest.split_at_checked(head.length as usize) else { break };
        frames.push((head, payload));
        octets = after;
    }
    frames
}

fn answered(frames: &Frames<'_>) -> Verdict {
    let has_answer = frames.iter().any(|(head, _)| head.kind == FrameKind::Headers && head.stream == 1);
    Verdict::of(has_answer, || "no HEADERS came on the request's stream".to_owned())
}

/// The connection was ended with one of these errors, with the unspecific one, or without a word.
fn ended(frames: &Frames<'_>, heard: &Heard, codes: &[u32]) -> Verdict {
    let code = frames
        .iter()
        .find(|(head, _)| head.kind == FrameKind::GoAway)
        .and_then(|(_, payload)| frame::number(payload, 4));
    match code {
        Some(code) => Verdict::of(codes.contains(&code) || code == PROTOCOL_ERROR, || {
            format!("GOAWAY says {}", frame::error_name(code))
        }),
        None => Verdict::of(heard.has_ended, || "the connection stays open".to_owned()),
    }
}

/// The stream was reset, the connection ended, or the request answered 400.
fn malformed(frames: &Frames<'_>) -> Verdict {
    let is_refused = |(head, payload): &(FrameHead, &[u8])| match head.kind {
        FrameKind::RstStream | FrameKind::GoAway => true,
        // `:status: 400` is in the static table, at 12.
        FrameKind::Headers => payload.first() == Some(&0x8c) || is_literal_400(payload),
        _ => false,
    };
    Verdict::of(frames.iter().any(is_refused), || "the request was answered as any other".to_owned())
}

fn is_literal_400(payload: &[u8]) -> bool {
    let mut decoder = crate::wire::hpack::Decoder::default();
    let fields = decoder.decode(payload).unwrap_or_default();
    fields.iter().any(|field| field.name == b":status" && matches!(field.value.as_slice(), b"400" | b"421"))
}

/// For what has no code of its own, and for whoever does not tell such things apart (RFC 9113 7).
const PROTOCOL_ERROR: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::hpack::Decoder;

    #[test]
    fn a_request_is_read_as_it_was_meant() {
        let ground = Ground {
            url: "http://a.test/".into(),
            host: "a.test".into(),
            target: format!("/{}", "x".repeat(300)),
            ..Ground::default()
        };
        let fields = Decoder::default().decode(&fields(&ground)).unwrap();
        let values: Vec<_> = fields
            .iter()
            .map(|field| (String::from_utf8_lossy(&field.name), String::from_utf8_lossy(&field.value)))
            .collect();
        let expected =
            [(":method", "GET"), (":scheme", "http"), (":path", ground.target.as_str()), (":authority", "a.test")];
        assert_eq!(values, expected.map(|(name, value)| (name.into(), value.into())));
    }
}
