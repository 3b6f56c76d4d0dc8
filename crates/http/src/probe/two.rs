//! Checks of HTTP/2: the basics of its frames.

use super::check::Level::{self, Must, Should};
use super::check::{Check, Ground, Verdict};
use super::heard::Heard;
use crate::wire::frame::{self, FrameHead, FrameKind, PREFACE};

// A line for each reads as the table that it is.
#[rustfmt::skip]
pub(super) const CHECKS: &[Check] = &[
    check("h2-settings", Must, "RFC 9113 3.4", "the server's first frame is SETTINGS", |_| opening(&[]), |h, _| judge(h, begins), "send SETTINGS before anything else"),
    check("h2-settings-ack", Must, "RFC 9113 6.5.3", "SETTINGS are acknowledged", |_| opening(&[]), |h, _| judge(h, heeded), "acknowledge SETTINGS at once"),
    check("h2-request", Must, "RFC 9113 8.1", "a request is answered with HEADERS", |g| opening(&[request(g, 1)]), answers, "answer on the request's stream"),
    check("h2-ping", Must, "RFC 9113 6.7", "PING is answered with its own octets", |_| opening(&[frame(FrameKind::Ping, 0, 0, b"12345678")]), |h, _| judge(h, echoed), "answer PING at once"),
    check("h2-unknown-frame", Must, "RFC 9113 5.5", "an unknown frame is ignored", |g| opening(&[frame(FrameKind::Other(0xee), 0, 0, b"x"), request(g, 1)]), answers, "ignore frames whose kind you do not know"),
    check("h2-unknown-setting", Must, "RFC 9113 6.5.2", "an unknown setting is ignored", |g| opening(&[setting(0xeeee, 1), request(g, 1)]), answers, "ignore settings that you do not know"),
    check("h2-settings-length", Must, "RFC 9113 6.5", "SETTINGS of 5 octets are an error", |_| opening(&[frame(FrameKind::Settings, 0, 0, b"12345")]), of_size, SIZE),
    check("h2-settings-ack-length", Must, "RFC 9113 6.5", "an acknowledgement of SETTINGS with settings in it is an error", |_| opening(&[frame(FrameKind::Settings, FrameHead::ACK, 0, b"123456")]), of_size, SIZE),
    check("h2-settings-on-stream", Must, "RFC 9113 6.5", "SETTINGS on a stream are an error", |_| opening(&[frame(FrameKind::Settings, 0, 1, b"")]), of_protocol, PROTOCOL),
    check("h2-setting-push", Must, "RFC 9113 6.5.2", "SETTINGS_ENABLE_PUSH of 2 is an error", |_| opening(&[setting(2, 2)]), of_protocol, PROTOCOL),
    check("h2-setting-window", Must, "RFC 9113 6.5.2", "a window beyond 31 bits is an error", |_| opening(&[setting(4, 1 << 31)]), of_flow, FLOW),
    check("h2-setting-frame-size", Must, "RFC 9113 6.5.2", "SETTINGS_MAX_FRAME_SIZE below 16,384 is an error", |_| opening(&[setting(FRAME_SIZE, 100)]), of_protocol, PROTOCOL),
    check("h2-ping-length", Must, "RFC 9113 6.7", "PING of 7 octets is an error", |_| opening(&[frame(FrameKind::Ping, 0, 0, b"1234567")]), of_size, SIZE),
    check("h2-ping-on-stream", Must, "RFC 9113 6.7", "PING on a stream is an error", |_| opening(&[frame(FrameKind::Ping, 0, 1, b"12345678")]), of_protocol, PROTOCOL),
    check("h2-goaway-on-stream", Must, "RFC 9113 6.8", "GOAWAY on a stream is an error", |_| opening(&[frame(FrameKind::GoAway, 0, 1, &[0; 8])]), of_protocol, PROTOCOL),
    check("h2-data-on-0", Must, "RFC 9113 6.1", "DATA outside any stream is an error", |_| opening(&[frame(FrameKind::Data, 0, 0, b"x")]), of_protocol, PROTOCOL),
    check("h2-data-idle", Must, "RFC 9113 5.1", "DATA on a stream that nobody has opened is an error", |_| opening(&[frame(FrameKind::Data, 0, 1, b"x")]), |h, _| judge(h, |frames| ended(frames, h, &[1, 5])), PROTOCOL),
    check("h2-reset-idle", Must, "RFC 9113 6.4", "RST_STREAM on a stream that nobody has opened is an error", |_| opening(&[frame(FrameKind::RstStream, 0, 1, &[0, 0, 0, 8])]), of_protocol, PROTOCOL),
    check("h2-window-0", Must, "RFC 9113 6.9", "a window update by nothing is an error", |_| opening(&[frame(FrameKind::WindowUpdate, 0, 0, &[0; 4])]), of_protocol, PROTOCOL),
    check("h2-window-length", Must, "RFC 9113 6.9", "a window update of 3 octets is an error", |_| opening(&[frame(FrameKind::WindowUpdate, 0, 0, &[0; 3])]), of_size, SIZE),
    check("h2-window-overflow", Must, "RFC 9113 6.9.1", "a window that grows beyond 31 bits is an error", |_| opening(&[frame(FrameKind::WindowUpdate, 0, 0, &[0x7f, 0xff, 0xff, 0xff])]), of_flow, FLOW),
    check("h2-stream-even", Must, "RFC 9113 5.1.1", "a client's stream with an even number is an error", |g| opening(&[request(g, 2)]), |h, _| judge(h, |frames| ended(frames, h, &[1, 5])), PROTOCOL),
    check("h2-stream-less", Must, "RFC 9113 5.1.1", "a stream with a number below the last is an error", |g| opening(&[request(g, 3), request(g, 1)]), |h, _| judge(h, |frames| ended(frames, h, &[1, 5])), PROTOCOL),
    check("h2-push-promise", Must, "RFC 9113 8.4", "PUSH_PROMISE of a client is an error", |g| opening(&[request(g, 1), frame(FrameKind::PushPromise, FrameHead::END_HEADERS, 1, &[0, 0, 0, 2])]), of_protocol, PROTOCOL),
    check("h2-frame-long", Must, "RFC 9113 4.2", "a frame longer than was agreed is an error", |_| opening(&[frame(FrameKind::Headers, FrameHead::END_HEADERS, 1, &[0; LONG])]), |h, _| judge(h, |frames| too_long(frames, h)), SIZE),
    check("h2-padding", Must, "RFC 9113 6.2", "padding as long as its frame is an error", |_| opening(&[frame(FrameKind::Headers, FrameHead::PADDED | FrameHead::END_STREAM | FrameHead::END_HEADERS, 1, &[9, 0x82, 0x84])]), of_padding, PROTOCOL),
    check("h2-intruder", Must, "RFC 9113 6.10", "a frame inside a header block is an error", |g| opening(&[without_end(&request(g, 1)), frame(FrameKind::Ping, 0, 0, b"12345678")]), of_protocol, PROTOCOL),
    check("h2-continuation", Must, "RFC 9113 6.10", "CONTINUATION without a header block is an error", |g| opening(&[frame(FrameKind::Continuation, FrameHead::END_HEADERS, 1, &block(&usual(g)))]), of_protocol, PROTOCOL),
    check("h2-hpack-index", Must, "RFC 9113 4.3", "a header block that cannot be read is an error", |_| opening(&[frame(FrameKind::Headers, 5, 1, b"\xff\xff\x03")]), |h, _| judge(h, |frames| ended(frames, h, &[9])), "end the connection with COMPRESSION_ERROR"),
    check("h2-method-missing", Must, "RFC 9113 8.3.1", "a request without :method is malformed", |g| without(g, ":method"), malforms, MALFORMED),
    check("h2-scheme-missing", Must, "RFC 9113 8.3.1", "a request without :scheme is malformed", |g| without(g, ":scheme"), malforms, MALFORMED),
    check("h2-path-missing", Must, "RFC 9113 8.3.1", "a request without :path is malformed", |g| without(g, ":path"), malforms, MALFORMED),
    check("h2-pseudo-unknown", Must, "RFC 9113 8.3", "an unknown pseudo-header is malformed", |g| before(g, ":x", "a"), malforms, MALFORMED),
    check("h2-pseudo-of-answer", Must, "RFC 9113 8.3", ":status in a request is malformed", |g| before(g, ":status", "200"), malforms, MALFORMED),
    check("h2-pseudo-late", Must, "RFC 9113 8.3", "a pseudo-header behind a field is malformed", |g| before(g, "x", "a"), malforms, MALFORMED),
    check("h2-pseudo-twice", Must, "RFC 9113 8.3", "a pseudo-header that is there twice is malformed", |g| with(g, ":method", "GET"), malforms, MALFORMED),
    check("h2-upper-case", Must, "RFC 9113 8.2.1", "a name in upper case is malformed", |g| with(g, "X-Upper", "a"), malforms, MALFORMED),
    check("h2-connection-field", Must, "RFC 9113 8.2.2", "a field of the connection is malformed", |g| with(g, "connection", "keep-alive"), malforms, MALFORMED),
    check("h2-te", Must, "RFC 9113 8.2.2", "a TE other than trailers is malformed", |g| with(g, "te", "gzip"), malforms, MALFORMED),
    check("h2-length-differs", Must, "RFC 9113 8.1.1", "content that is not as long as Content-Length says is malformed", |g| with(g, "content-length", "5"), malforms, MALFORMED),
    check("h2-host-differs", Should, "RFC 9113 8.3.1", "host and :authority that differ are refused", |g| with(g, "host", "other.test"), malforms, "answer 400, or reset the stream"),
];

const fn check(
    name: &'static str,
    level: Level,
    rule: &'static str,
    about: &'static str,
    say: fn(&Ground) -> Vec<u8>,
    judge: fn(&Heard, &Ground) -> Verdict,
    cure: &'static str,
) -> Check {
    Check::new(name, level, rule, about, say, judge, cure).over_two()
}

/// What a client says first, and then.
fn opening(frames: &[Vec<u8>]) -> Vec<u8> {
    [PREFACE.to_vec(), frame(FrameKind::Settings, 0, 0, &[]), frames.concat()].concat()
}

fn frame(kind: FrameKind, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let head = FrameHead { length: payload.len() as u32, kind, flags, stream };
    [&head.write()[..], payload].concat()
}

fn setting(id: u16, value: u32) -> Vec<u8> {
    frame(FrameKind::Settings, 0, 0, &[&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
}

type Fields = Vec<(&'static str, String)>;

/// The pseudo-headers of a GET.
fn usual(ground: &Ground) -> Fields {
    let values = ["GET", ground.scheme(), ground.target.as_str(), ground.host.as_str()];
    [":method", ":scheme", ":path", ":authority"].into_iter().zip(values.map(str::to_owned)).collect()
}

/// A request without one of them.
fn without(ground: &Ground, name: &str) -> Vec<u8> {
    let left: Fields = usual(ground).into_iter().filter(|(other, _)| *other != name).collect();
    opening(&[headers(1, &left)])
}

/// A request with one field more at its end.
fn with(ground: &Ground, name: &'static str, value: &str) -> Vec<u8> {
    opening(&[headers(1, &[usual(ground), vec![(name, value.to_owned())]].concat())])
}

/// A request with one field more at its beginning.
fn before(ground: &Ground, name: &'static str, value: &str) -> Vec<u8> {
    opening(&[headers(1, &[vec![(name, value.to_owned())], usual(ground)].concat())])
}

fn request(ground: &Ground, stream: u32) -> Vec<u8> {
    headers(stream, &usual(ground))
}

/// HEADERS that are the whole of a request.
fn headers(stream: u32, fields: &[(&str, String)]) -> Vec<u8> {
    frame(FrameKind::Headers, FrameHead::END_STREAM | FrameHead::END_HEADERS, stream, &block(fields))
}

fn without_end(frame: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    frame[4] &= !FrameHead::END_HEADERS;
    frame
}

/// A header block in which nothing is indexed (RFC 7541 6.2.2).
fn block(fields: &[(&str, String)]) -> Vec<u8> {
    let literal = |(name, value): &(&str, String)| [&[0][..], &text(name.as_bytes()), &text(value.as_bytes())].concat();
    fields.iter().flat_map(literal).collect()
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
        // What begins with letters has a kind beyond all that are known.
        Some((head, _)) if !matches!(head.kind, FrameKind::Other(_)) => judge(&frames),
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

fn begins(frames: &Frames<'_>) -> Verdict {
    let is_first = frames.first().is_some_and(|(head, _)| head.kind == FrameKind::Settings && head.flags == 0);
    Verdict::of(is_first, || "it is another one".to_owned())
}

fn heeded(frames: &Frames<'_>) -> Verdict {
    let is_there = frames.iter().any(|(head, _)| head.kind == FrameKind::Settings && head.has(FrameHead::ACK));
    Verdict::of(is_there, || "no acknowledgement came".to_owned())
}

fn echoed(frames: &Frames<'_>) -> Verdict {
    let is_echo = |(head, payload): &(FrameHead, &[u8])| {
        head.kind == FrameKind::Ping && head.has(FrameHead::ACK) && *payload == b"12345678"
    };
    Verdict::of(frames.iter().any(is_echo), || "no answer came".to_owned())
}

fn answered(frames: &Frames<'_>) -> Verdict {
    let has_answer = frames.iter().any(|(head, _)| head.kind == FrameKind::Headers && head.stream == 1);
    Verdict::of(has_answer, || "no HEADERS came on the request's stream".to_owned())
}

/// A frame is too long only for whoever has not said that it takes longer ones.
fn too_long(frames: &Frames<'_>, heard: &Heard) -> Verdict {
    let settings = frames.first().map_or(&[][..], |(_, payload)| payload);
    let largest = settings.chunks_exact(6).rfind(|one| one[..2] == FRAME_SIZE.to_be_bytes());
    match largest.and_then(|one| frame::number(one, 2)) {
        Some(largest) if largest as usize >= LONG => {
            Verdict::Skipped(format!("the server takes frames of up to {largest} octets"))
        }
        _ => ended(frames, heard, &[6]),
    }
}

fn answers(heard: &Heard, _: &Ground) -> Verdict {
    judge(heard, answered)
}

fn malforms(heard: &Heard, _: &Ground) -> Verdict {
    judge(heard, malformed)
}

fn of_protocol(heard: &Heard, _: &Ground) -> Verdict {
    judge(heard, |frames| ended(frames, heard, &[1]))
}

/// RFC 9113 6.2 does not say whether it is the connection's error or the stream's.
fn of_padding(heard: &Heard, ground: &Ground) -> Verdict {
    match malforms(heard, ground) {
        Verdict::Broken(_) => of_protocol(heard, ground),
        verdict => verdict,
    }
}

fn of_flow(heard: &Heard, _: &Ground) -> Verdict {
    judge(heard, |frames| ended(frames, heard, &[3]))
}

fn of_size(heard: &Heard, _: &Ground) -> Verdict {
    judge(heard, |frames| ended(frames, heard, &[6]))
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
/// `SETTINGS_MAX_FRAME_SIZE` (RFC 9113 6.5.2).
const FRAME_SIZE: u16 = 5;
/// More than the 16,384 octets that everybody takes.
const LONG: usize = 20_000;
const PROTOCOL: &str = "end the connection with PROTOCOL_ERROR";
const SIZE: &str = "end the connection with FRAME_SIZE_ERROR";
const FLOW: &str = "end the connection with FLOW_CONTROL_ERROR";
const MALFORMED: &str = "reset the stream with PROTOCOL_ERROR, or answer 400";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::hpack::Decoder;

    #[test]
    fn who_takes_longer_frames_is_not_blamed_for_reading_one() {
        let heard = |size| Heard { octets: [setting(FRAME_SIZE, size), goaway(9)].concat(), ..Heard::default() };
        let judged = |heard: Heard| judge(&heard, |frames| too_long(frames, &heard));
        assert!(matches!(judged(heard(1 << 20)), Verdict::Skipped(_)));
        assert!(matches!(judged(heard(16_384)), Verdict::Broken(_)));
    }

    #[test]
    fn whoever_speaks_before_its_settings_is_found() {
        let settings = |octets: Vec<u8>| judge(&Heard { octets, ..Heard::default() }, begins);
        let ping = frame(FrameKind::Ping, 0, 0, b"12345678");
        assert!(matches!(settings(ping), Verdict::Broken(_)));
        assert_eq!(settings(setting(FRAME_SIZE, 16_384)), Verdict::Kept);
        for other in [&b""[..], b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"220 mail.test ESMTP\r\n"] {
            assert!(matches!(settings(other.to_vec()), Verdict::Skipped(_)), "{}", other.escape_ascii());
        }
    }

    fn goaway(code: u32) -> Vec<u8> {
        frame(FrameKind::GoAway, 0, 0, &[[0; 4], code.to_be_bytes()].concat())
    }

    #[test]
    fn a_request_is_read_as_it_was_meant() {
        let ground = Ground {
            url: "http://a.test/".into(),
            host: "a.test".into(),
            target: format!("/{}", "x".repeat(300)),
            ..Ground::default()
        };
        let fields = Decoder::default().decode(&block(&usual(&ground))).unwrap();
        let values: Vec<_> = fields
            .iter()
            .map(|field| (String::from_utf8_lossy(&field.name), String::from_utf8_lossy(&field.value)))
            .collect();
        let expected =
            [(":method", "GET"), (":scheme", "http"), (":path", ground.target.as_str()), (":authority", "a.test")];
        assert_eq!(values, expected.map(|(name, value)| (name.into(), value.into())));
    }
}
