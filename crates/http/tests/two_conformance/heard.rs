//! What a server answers, frame by frame.

use std::fmt;

use toynet_http::wire::frame::{FrameHead, FrameKind, error_name, number};
use toynet_http::wire::hpack::Decoder;

/// All that was heard on one connection.
#[derive(Debug, Default)]
pub struct Heard {
    pub frames: Vec<Frame>,
    /// Whether the server closed it.
    pub is_closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub head: FrameHead,
    pub payload: Vec<u8>,
    /// The fields of a header block.
    pub fields: Vec<(String, String)>,
}

impl Heard {
    pub fn read(mut octets: &[u8], is_closed: bool) -> Self {
        let (mut frames, mut decoder) = (Vec::new(), Decoder::default());
        while let Some((head, rest)) = octets.split_first_chunk::<{ FrameHead::LENGTH }>() {
            let head = FrameHead::read(head);
            let Some((payload, rest)) = rest.split_at_checked(head.length as usize) else { break };
            octets = rest;
            let fields = if head.kind == FrameKind::Headers { fields(&mut decoder, &head, payload) } else { vec![] };
            frames.push(Frame { head, payload: payload.to_vec(), fields });
        }
        Self { frames, is_closed }
    }

    fn of(&self, kind: FrameKind) -> impl Iterator<Item = &Frame> {
        self.frames.iter().filter(move |frame| frame.head.kind == kind)
    }

    /// The codes with which the connection was ended, each once.
    pub fn gone_away(&self) -> Vec<u32> {
        self.of(FrameKind::GoAway).filter_map(|frame| number(&frame.payload, 4)).collect()
    }

    /// The code with which a stream was reset.
    pub fn reset(&self, stream: u32) -> Option<u32> {
        let mut resets = self.of(FrameKind::RstStream).filter(|frame| frame.head.stream == stream);
        resets.find_map(|frame| number(&frame.payload, 0))
    }

    pub fn is_any_reset(&self) -> bool {
        self.of(FrameKind::RstStream).next().is_some()
    }

    /// The status of the answer on a stream.
    pub fn status(&self, stream: u32) -> Option<u16> {
        let mut heads = self.of(FrameKind::Headers).filter(|frame| frame.head.stream == stream);
        heads.find_map(|frame| field(frame, ":status")?.parse().ok())
    }

    /// How many octets of content came on a stream.
    pub fn content(&self, stream: u32) -> usize {
        let of_stream = self.of(FrameKind::Data).filter(|frame| frame.head.stream == stream);
        of_stream.map(|frame| frame.payload.len()).sum()
    }

    /// How many octets of content came on all streams.
    pub fn all_content(&self) -> usize {
        self.of(FrameKind::Data).map(|frame| frame.payload.len()).sum()
    }

    /// Whether the answer on a stream is complete.
    pub fn is_complete(&self, stream: u32) -> bool {
        let mut ends = self.frames.iter().filter(|frame| frame.head.stream == stream);
        ends.any(|frame| {
            let may_end = matches!(frame.head.kind, FrameKind::Data | FrameKind::Headers);
            may_end && frame.head.has(FrameHead::END_STREAM)
        })
    }

    pub fn has_pong(&self, octets: &[u8; 8]) -> bool {
        self.of(FrameKind::Ping).any(|frame| frame.head.has(FrameHead::ACK) && frame.payload == octets)
    }

    /// How many SETTINGS were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.of(FrameKind::Settings).filter(|frame| frame.head.has(FrameHead::ACK)).count()
    }

    pub fn pongs(&self) -> usize {
        self.of(FrameKind::Ping).filter(|frame| frame.head.has(FrameHead::ACK)).count()
    }

    /// The largest payload of a frame.
    pub fn largest(&self) -> usize {
        self.frames.iter().map(|frame| frame.payload.len()).max().unwrap_or_default()
    }
}

pub fn field<'a>(frame: &'a Frame, name: &str) -> Option<&'a str> {
    frame.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn fields(decoder: &mut Decoder, head: &FrameHead, payload: &[u8]) -> Vec<(String, String)> {
    let block = head.body(payload).expect("the server pads as it says");
    let fields = decoder.decode(block).expect("the server compresses by the rules");
    let text = |octets: Vec<u8>| String::from_utf8_lossy(&octets).into_owned();
    fields.into_iter().map(|field| (text(field.name), text(field.value))).collect()
}

/// For whoever reads why a case failed.
impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Frame { head, payload, fields } in self.frames.iter().take(12) {
            let code = match head.kind {
                FrameKind::RstStream => number(payload, 0),
                FrameKind::GoAway => number(payload, 4),
                _ => None,
            };
            let what = code.map_or("", error_name);
            let status = fields.first().map_or("", |(_, value)| value);
            write!(f, "{:?}/{:x}@{}[{}]{what}{status} ", head.kind, head.flags, head.stream, head.length)?;
        }
        write!(f, "{}", if self.is_closed { "closed" } else { "open" })
    }
}
