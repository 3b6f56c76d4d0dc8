//! Checks of HTTP/3 (RFC 9114) and of its field compression (RFC 9204).

use super::check::Level::{self, May, Must, Should};
use super::check::{Ground, Point, Verdict};
use crate::wire::hpack::Field;
use crate::wire::qpack;
use crate::wire::three::frame::{Kind, frame};
use crate::wire::three::{Code, put_number};

/// A check.
pub(super) struct Check {
    pub point: Point,
    /// Whether it is the one that a server fails that is not there.
    pub is_first: bool,
    pub say: fn(&Ground) -> Vec<Saying>,
    pub judge: fn(&Heard) -> Verdict,
}

/// What is said on one stream.
pub(super) struct Saying {
    pub way: Way,
    pub octets: Vec<u8>,
    /// Whether the stream ends then.
    pub ends: bool,
}

/// Who writes on a stream.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// Both: it is for a request.
    Request,
    /// The client.
    Alone,
}

/// All that was heard on one connection of HTTP/3.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// What came on the request's stream.
    pub octets: Vec<u8>,
    /// The fields of the answer, those of interim ones aside.
    pub answer: Option<Vec<Field>>,
    /// Why the request's stream was reset.
    pub reset: Option<Code>,
    /// Whether the connection has ended, and why if it was said in HTTP/3's own terms.
    pub ended: Option<Option<Code>>,
    /// What the server's own streams say wrong.
    pub faults: Vec<&'static str>,
    pub settings: Option<Vec<(u64, u64)>>,
}

/// A request as any other.
pub(super) const PLAIN: fn(&Ground) -> Vec<Saying> = |g| vec![control(&[]), request(&usual(g))];

// A line for each reads as the table that it is.
#[rustfmt::skip]
pub(super) const CHECKS: &[Check] = &[
    Check { is_first: true, ..check("h3-alt-svc", Should, "RFC 7838 2.1", "HTTP/3 is where Alt-Svc tells", PLAIN, answered, "tell of an alternative only where it answers, with a certificate for the origin") },
    check("h3-settings", Must, "RFC 9114 6.2.1", "the control stream begins with SETTINGS", PLAIN, of_settings, "open a control stream and send SETTINGS before anything else"),
    check("h3-frame-reserved", Must, "RFC 9114 7.2.8", "a reserved frame is ignored", |g| vec![control(&[]), raw(&[frame(Kind::Other(0x21), b"grease"), fields(&usual(g))].concat())], answered, "pass over frames whose type you do not know"),
    check("h3-setting-reserved", Must, "RFC 9114 7.2.4.1", "a reserved setting is ignored", |g| vec![settings(&[(0x40, 1)]), request(&usual(g))], answered, "ignore settings that you do not know"),
    check("h3-stream-reserved", Must, "RFC 9114 6.2", "a stream of an unknown type is no error", |g| vec![control(&[]), alone(0x21, b"grease"), request(&usual(g))], answered, "discard it, or abort reading it with H3_STREAM_CREATION_ERROR"),
    check("h3-data-first", Must, "RFC 9114 4.1", "DATA before HEADERS is an error", |_| vec![control(&[]), raw(&frame(Kind::Data, b"x"))], unexpected, UNEXPECTED),
    check("h3-settings-on-request", Must, "RFC 9114 7.2.4", "SETTINGS in a request's stream are an error", |g| behind(g, &frame(Kind::Settings, b"")), unexpected, UNEXPECTED),
    check("h3-goaway-on-request", Must, "RFC 9114 7.2.6", "GOAWAY in a request's stream is an error", |g| behind(g, &frame(Kind::GoAway, &[0])), unexpected, UNEXPECTED),
    check("h3-cancel-push-on-request", Must, "RFC 9114 7.2.3", "CANCEL_PUSH in a request's stream is an error", |g| behind(g, &frame(Kind::CancelPush, &[0])), unexpected, UNEXPECTED),
    check("h3-max-push-id-on-request", Must, "RFC 9114 7.2.7", "MAX_PUSH_ID in a request's stream is an error", |g| behind(g, &frame(Kind::MaxPushId, &[0])), unexpected, UNEXPECTED),
    check("h3-push-promise", Must, "RFC 9114 7.2.5", "PUSH_PROMISE of a client is an error", |g| behind(g, &frame(Kind::PushPromise, &[0, 0, 0])), unexpected, UNEXPECTED),
    check("h3-frame-of-two", Must, "RFC 9114 7.2.8", "a frame that only HTTP/2 has is an error", |g| behind(g, &frame(Kind::OfTwo(6), b"12345678")), unexpected, UNEXPECTED),
    check("h3-settings-twice", Must, "RFC 9114 7.2.4", "SETTINGS twice are an error", |_| vec![control(&frame(Kind::Settings, b""))], unexpected, UNEXPECTED),
    check("h3-data-on-control", Must, "RFC 9114 7.2.1", "DATA in the control stream is an error", |_| vec![control(&frame(Kind::Data, b"x"))], unexpected, UNEXPECTED),
    check("h3-headers-on-control", Must, "RFC 9114 7.2.2", "HEADERS in the control stream are an error", |g| vec![control(&fields(&usual(g)))], unexpected, UNEXPECTED),
    check("h3-settings-missing", Must, "RFC 9114 6.2.1", "a control stream that does not begin with SETTINGS is an error", |_| vec![alone(0, &frame(Kind::MaxPushId, &[0]))], |h| ended(h, Code::MISSING_SETTINGS), "end the connection with H3_MISSING_SETTINGS"),
    check("h3-setting-of-two", Must, "RFC 9114 7.2.4.1", "a setting that only HTTP/2 has is an error", |_| vec![settings(&[(2, 0)])], |h| ended(h, Code::SETTINGS_ERROR), "end the connection with H3_SETTINGS_ERROR"),
    check("h3-setting-twice", May, "RFC 9114 7.2.4", "the same setting twice is an error", |_| vec![settings(&[(6, 9000), (6, 9000)])], |h| ended(h, Code::SETTINGS_ERROR), "end the connection with H3_SETTINGS_ERROR"),
    check("h3-control-closed", Must, "RFC 9114 6.2.1", "a control stream that ends is an error", |_| vec![Saying { ends: true, ..control(&[]) }], closed, CLOSED),
    check("h3-control-twice", Must, "RFC 9114 6.2.1", "a second control stream is an error", |_| vec![control(&[]), control(&[])], created, CREATED),
    check("h3-push-stream", Must, "RFC 9114 6.2.2", "a push stream of a client is an error", |_| vec![control(&[]), alone(1, &[0])], created, CREATED),
    check("h3-frame-layout", Must, "RFC 9114 7.1", "a frame with more in it than belongs there is an error", |_| vec![control(&frame(Kind::MaxPushId, &[0, 0]))], |h| ended(h, Code::FRAME_ERROR), "end the connection with H3_FRAME_ERROR"),
    check("h3-frame-cut", Must, "RFC 9114 7.1", "a stream that ends inside a frame is an error", |g| vec![control(&[]), raw(fields(&usual(g)).split_last().map_or(&[], |(_, cut)| cut))], |h| ended(h, Code::FRAME_ERROR), "end the connection with H3_FRAME_ERROR"),
    check("h3-max-push-id-less", Must, "RFC 9114 7.2.7", "a MAX_PUSH_ID below the last is an error", |_| vec![control(&[frame(Kind::MaxPushId, &[9]), frame(Kind::MaxPushId, &[8])].concat())], |h| ended(h, Code::ID_ERROR), "end the connection with H3_ID_ERROR"),
    check("h3-request-empty", Should, "RFC 9114 4.1", "a stream that ends without a request is given up", |_| vec![control(&[]), raw(&[])], given_up, "reset the stream with H3_REQUEST_INCOMPLETE"),
    check("h3-method-missing", Must, "RFC 9114 4.3.1", "a request without :method is malformed", |g| without(g, ":method"), malformed, MALFORMED),
    check("h3-scheme-missing", Must, "RFC 9114 4.3.1", "a request without :scheme is malformed", |g| without(g, ":scheme"), malformed, MALFORMED),
    check("h3-path-missing", Must, "RFC 9114 4.3.1", "a request without :path is malformed", |g| without(g, ":path"), malformed, MALFORMED),
    check("h3-authority-missing", Must, "RFC 9114 4.3.1", "a request without :authority and host is malformed", |g| without(g, ":authority"), malformed, MALFORMED),
    check("h3-host-differs", Must, "RFC 9114 4.3.1", "host and :authority that differ are malformed", |g| with(g, "host", "other.test"), malformed, MALFORMED),
    check("h3-pseudo-unknown", Must, "RFC 9114 4.3", "an unknown pseudo-header is malformed", |g| before(g, ":x", "a"), malformed, MALFORMED),
    check("h3-pseudo-of-answer", Must, "RFC 9114 4.3", ":status in a request is malformed", |g| before(g, ":status", "200"), malformed, MALFORMED),
    check("h3-pseudo-late", Must, "RFC 9114 4.3", "a pseudo-header behind a field is malformed", |g| before(g, "x", "a"), malformed, MALFORMED),
    check("h3-pseudo-twice", Must, "RFC 9114 4.3.1", "a pseudo-header that is there twice is malformed", |g| with(g, ":method", "GET"), malformed, MALFORMED),
    check("h3-upper-case", Must, "RFC 9114 4.2", "a name in upper case is malformed", |g| with(g, "X-Upper", "a"), malformed, MALFORMED),
    check("h3-connection-field", Must, "RFC 9114 4.2", "a field of the connection is malformed", |g| with(g, "connection", "keep-alive"), malformed, MALFORMED),
    check("h3-te", Must, "RFC 9114 4.2", "a TE other than trailers is malformed", |g| with(g, "te", "gzip"), malformed, MALFORMED),
    check("h3-length-differs", Must, "RFC 9114 4.1.2", "content that is not as long as Content-Length says is malformed", |g| with(g, "content-length", "5"), malformed, MALFORMED),
    check("qpack-index", Must, "RFC 9204 3.1", "an index that the static table does not have is an error", |_| vec![control(&[]), raw(&frame(Kind::Headers, &[0, 0, 0xff, 0x7f]))], unreadable, UNREADABLE),
    check("qpack-insert-count", Must, "RFC 9204 4.5.1.1", "fields that need more entries than the table can hold are an error", |_| vec![control(&[]), raw(&frame(Kind::Headers, &[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0x80]))], unreadable, UNREADABLE),
    check("qpack-cut", Must, "RFC 9204 2.2", "a field section that ends inside a field is an error", |_| vec![control(&[]), raw(&frame(Kind::Headers, &[0, 0, 0x51, 5, b'/']))], unreadable, UNREADABLE),
    check("qpack-capacity", Must, "RFC 9204 4.3.1", "a table above what was granted is an error", |_| vec![control(&[]), alone(2, &[0x3f, 0xe1, 0xff, 0xff, 0xff, 0x03])], |h| ended(h, Code::QPACK_ENCODER_STREAM_ERROR), "end the connection with QPACK_ENCODER_STREAM_ERROR"),
    check("qpack-acknowledged", Must, "RFC 9204 4.4.3", "an acknowledgement of no entries is an error", |_| vec![control(&[]), alone(3, &[0])], |h| ended(h, Code::QPACK_DECODER_STREAM_ERROR), "end the connection with QPACK_DECODER_STREAM_ERROR"),
    check("qpack-closed", Must, "RFC 9204 4.2", "an encoder stream that ends is an error", |_| vec![control(&[]), Saying { ends: true, ..alone(2, &[]) }], closed, CLOSED),
    check("qpack-twice", Must, "RFC 9204 4.2", "a second encoder stream is an error", |_| vec![control(&[]), alone(2, &[]), alone(2, &[])], created, CREATED),
];

impl Heard {
    pub fn status(&self) -> Option<&[u8]> {
        let mut fields = self.answer.iter().flatten();
        fields.find(|field| field.name == b":status").map(|field| field.value.as_slice())
    }
}

const fn check(
    name: &'static str,
    level: Level,
    rule: &'static str,
    about: &'static str,
    say: fn(&Ground) -> Vec<Saying>,
    judge: fn(&Heard) -> Verdict,
    cure: &'static str,
) -> Check {
    Check { point: Point { name, about, level, rule, cure }, is_first: false, say, judge }
}

type Fields = Vec<(&'static str, String)>;

/// The pseudo-headers of a GET.
fn usual(ground: &Ground) -> Fields {
    let values = ["GET", "https", ground.host.as_str(), ground.target.as_str()];
    [":method", ":scheme", ":authority", ":path"].into_iter().zip(values.map(str::to_owned)).collect()
}

/// A request without one of them.
fn without(ground: &Ground, name: &str) -> Vec<Saying> {
    let left: Fields = usual(ground).into_iter().filter(|(other, _)| *other != name).collect();
    vec![control(&[]), request(&left)]
}

/// A request with one field more at its end.
fn with(ground: &Ground, name: &'static str, value: &str) -> Vec<Saying> {
    vec![control(&[]), request(&[usual(ground), vec![(name, value.to_owned())]].concat())]
}

/// A request with one field more at its beginning.
fn before(ground: &Ground, name: &'static str, value: &str) -> Vec<Saying> {
    vec![control(&[]), request(&[vec![(name, value.to_owned())], usual(ground)].concat())]
}

/// A frame behind the fields of a request.
fn behind(ground: &Ground, frame: &[u8]) -> Vec<Saying> {
    vec![control(&[]), raw(&[&fields(&usual(ground)), frame].concat())]
}

fn request(list: &[(&'static str, String)]) -> Saying {
    raw(&fields(list))
}

fn raw(octets: &[u8]) -> Saying {
    Saying { way: Way::Request, octets: octets.to_vec(), ends: true }
}

/// The control stream with empty SETTINGS, and what follows there.
fn control(more: &[u8]) -> Saying {
    alone(0, &[&frame(Kind::Settings, b""), more].concat())
}

fn settings(list: &[(u64, u64)]) -> Saying {
    let mut payload = Vec::new();
    list.iter().flat_map(|(id, value)| [*id, *value]).for_each(|number| put_number(&mut payload, number));
    alone(0, &frame(Kind::Settings, &payload))
}

/// A stream of this type that goes on.
fn alone(kind: u64, octets: &[u8]) -> Saying {
    let mut all = Vec::new();
    put_number(&mut all, kind);
    all.extend_from_slice(octets);
    Saying { way: Way::Alone, octets: all, ends: false }
}

fn fields(list: &[(&'static str, String)]) -> Vec<u8> {
    frame(Kind::Headers, &qpack::encode(list.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()))))
}

fn answered(heard: &Heard) -> Verdict {
    Verdict::of(heard.answer.is_some(), || format!("no answer came; {}", words(heard)))
}

fn of_settings(heard: &Heard) -> Verdict {
    match (heard.faults.first(), &heard.settings) {
        (Some(fault), _) => Verdict::Broken((*fault).to_owned()),
        (None, settings) => Verdict::of(settings.is_some(), || "no SETTINGS came".to_owned()),
    }
}

/// The connection was ended with this error, or with the unspecific one (RFC 9114 8.1).
fn ended(heard: &Heard, wanted: Code) -> Verdict {
    let is_right = |code: Code| code == wanted || code == GENERAL;
    Verdict::of(heard.ended.flatten().is_some_and(is_right), || words(heard))
}

fn unexpected(heard: &Heard) -> Verdict {
    ended(heard, Code::FRAME_UNEXPECTED)
}

fn closed(heard: &Heard) -> Verdict {
    ended(heard, Code::CLOSED_CRITICAL_STREAM)
}

fn created(heard: &Heard) -> Verdict {
    ended(heard, Code::STREAM_CREATION_ERROR)
}

fn unreadable(heard: &Heard) -> Verdict {
    ended(heard, Code::QPACK_DECOMPRESSION_FAILED)
}

fn given_up(heard: &Heard) -> Verdict {
    Verdict::of(heard.reset.is_some() || heard.ended.is_some() || heard.answer.is_some(), || words(heard))
}

/// A stream error, which may be one of the connection, or an answer that says so (RFC 9114 4.1.2).
fn malformed(heard: &Heard) -> Verdict {
    let is_refused = heard.status().is_some_and(|status| matches!(status, b"400" | b"421"));
    let is_right = |code: Code| code == Code::MESSAGE_ERROR || code == GENERAL;
    let is_reset = heard.reset.or(heard.ended.flatten()).is_some_and(is_right);
    Verdict::of(is_refused || is_reset, || words(heard))
}

/// What became of it.
fn words(heard: &Heard) -> String {
    match (heard.ended, heard.reset, heard.status()) {
        (Some(Some(code)), ..) => format!("the connection was ended with {code}"),
        (Some(None), ..) => "the connection was ended by QUIC".to_owned(),
        (None, Some(code), _) => format!("the stream was reset with {code}"),
        (None, None, Some(status)) => format!("the request was answered {}", status.escape_ascii()),
        (None, None, None) => "nothing was said, and the connection stays open".to_owned(),
    }
}

/// For whoever does not tell such things apart.
const GENERAL: Code = Code(0x101);
const UNEXPECTED: &str = "end the connection with H3_FRAME_UNEXPECTED";
const CLOSED: &str = "end the connection with H3_CLOSED_CRITICAL_STREAM";
const CREATED: &str = "end the connection with H3_STREAM_CREATION_ERROR";
const MALFORMED: &str = "reset the stream with H3_MESSAGE_ERROR, or answer 400";
const UNREADABLE: &str = "end the connection with QPACK_DECOMPRESSION_FAILED";
