//! HTTP/2: many exchanges at once, each in a stream of its own (RFC 9113).

use std::collections::BTreeMap;

use toynet_machine::Time;
use toynet_record::Side;
use toynet_record::dissect::{Message, Role, Said};

mod frames;
pub(super) mod words;

use super::draft::{Draft, Words};
use super::notes;
use super::websocket::{self, Pair};
use crate::wire::frame::{self, FrameHead, FrameKind, PREFACE};
use crate::wire::hpack::{Decoder, Field};
use frames::{Frame, Frames};

/// The conversation on one connection.
#[derive(Debug)]
pub(super) struct Http2 {
    count: u64,
    /// Whether messages get notes, and frames are messages.
    explains: bool,
    /// Whether messages are told in full.
    whole: bool,
    /// Streams that are not over: no more than the octets that were recorded.
    streams: BTreeMap<u32, Stream>,
    client: Way,
    server: Way,
}

/// One direction.
#[derive(Debug, Default)]
struct Way {
    frames: Frames,
    /// Nothing once a block was lost: the tables of both sides then differ.
    decoder: Option<Decoder>,
    block: Option<Block>,
}

/// A header block that is not complete.
#[derive(Debug)]
struct Block {
    stream: u32,
    ends_stream: bool,
    is_promise: bool,
    began: Time,
    octets: Vec<u8>,
    on_wire: u64,
    is_whole: bool,
}

#[derive(Debug, Default)]
struct Stream {
    exchange: u64,
    request: Part,
    answer: Part,
    /// What the notes on its answer need to know.
    asked: notes::Asked,
    tunnel: Tunnel,
}

/// What an extended CONNECT leads to.
#[derive(Debug, Default)]
enum Tunnel {
    #[default]
    None,
    /// WebSocket was asked for.
    Wanted,
    WebSocket(Box<Pair>),
}

#[derive(Debug, Default)]
enum Part {
    #[default]
    Awaited,
    Open {
        draft: Box<Draft>,
        content: u64,
        octets: u64,
        last: Time,
    },
    /// The message is over, and its stream is not.
    Tunnel,
    Done,
}

/// What a frame adds to its message.
struct Piece {
    content: u64,
    on_wire: u64,
    ends: bool,
}

impl Http2 {
    /// A conversation from its beginning.
    pub fn new(explains: bool, whole: bool) -> Self {
        let way = |skip| Way { frames: Frames::after(skip, whole), decoder: Some(Decoder::default()), block: None };
        Self { count: 0, explains, whole, streams: BTreeMap::new(), client: way(PREFACE.len()), server: way(0) }
    }

    pub fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        let mut rest = said.octets;
        while let Some(frame) = self.way(said.by).frames.next(&mut rest, said.time) {
            self.frame(said.by, frame, said.time, out);
        }
    }

    pub fn hole(&mut self, by: Side, length: u64, time: Time, out: &mut Vec<Message>) {
        if let Some(frame) = self.way(by).frames.skip(length) {
            self.frame(by, frame, time, out);
        }
    }

    pub fn closed(&mut self, _: Time, out: &mut Vec<Message>) {
        for (_, stream) in std::mem::take(&mut self.streams) {
            for (part, by) in [(stream.request, Side::Initiator), (stream.answer, Side::Acceptor)] {
                let is_lost = self.way(by).frames.is_lost();
                out.extend(part.end(|draft| {
                    draft.miss(0);
                    match is_lost {
                        true => draft.words.closing.say(", and more that was not kept"),
                        false => draft.fail("the connection ended inside the message (RFC 9113 8.1)"),
                    }
                }));
            }
        }
    }

    fn way(&mut self, by: Side) -> &mut Way {
        match by {
            Side::Initiator => &mut self.client,
            Side::Acceptor => &mut self.server,
        }
    }

    fn frame(&mut self, by: Side, frame: Frame, time: Time, out: &mut Vec<Message>) {
        let is_next = |block: &Block| frame.head.kind == FrameKind::Continuation && frame.head.stream == block.stream;
        if self.way(by).block.as_ref().is_some_and(|block| !is_next(block)) {
            out.push(words::intruder(by, time, &frame));
            return self.way(by).frames.lose();
        }
        if self.explains
            && let Some((summary, notes)) = notes::frames::of(&frame.head, &frame.payload)
        {
            out.push(words::explained(by, time, &frame, &summary, notes));
        }
        match frame.head.kind {
            FrameKind::Data => self.data(by, &frame, time, out),
            FrameKind::Headers | FrameKind::PushPromise => self.headers(by, &frame, time, out),
            FrameKind::Continuation => self.continuation(by, &frame, time, out),
            FrameKind::RstStream => self.reset(by, &frame, time, out),
            FrameKind::Settings => self.settings(by, &frame),
            FrameKind::GoAway => out.push(words::go_away(by, time, &frame)),
            FrameKind::Priority | FrameKind::Ping | FrameKind::WindowUpdate | FrameKind::Other(_) => {}
        }
    }

    fn data(&mut self, by: Side, frame: &Frame, time: Time, out: &mut Vec<Message>) {
        let ends = frame.head.has(FrameHead::END_STREAM);
        if let Some(Stream { tunnel: Tunnel::WebSocket(web), .. }) = self.streams.get_mut(&frame.head.stream) {
            let kept = frame.kept_content();
            web.by(by).said(time, kept, out);
            if !frame.is_whole || frame.content() > kept.len() as u64 {
                web.by(by).lose();
            }
        } else if self.whole
            && let Some(Part::Open { draft, .. }) = self.streams.get_mut(&frame.head.stream).map(|one| one.part(by))
            && let Some(carried) = &mut draft.carried
        {
            let kept = frame.kept_content();
            carried.add(kept);
            if !frame.is_whole {
                carried.miss(frame.content().saturating_sub(kept.len() as u64));
            }
        }
        let piece = Piece { content: frame.content(), on_wire: frame.on_wire(), ends };
        self.more(by, frame.head.stream, piece, time, out);
    }

    fn headers(&mut self, by: Side, frame: &Frame, time: Time, out: &mut Vec<Message>) {
        let fragment = frame.head.body(&frame.payload);
        self.way(by).block = Some(Block {
            stream: frame.head.stream,
            ends_stream: frame.head.has(FrameHead::END_STREAM),
            is_promise: frame.head.kind == FrameKind::PushPromise,
            began: frame.began,
            octets: fragment.unwrap_or_default().to_vec(),
            on_wire: frame.on_wire(),
            is_whole: frame.is_whole && fragment.is_some(),
        });
        if frame.head.has(FrameHead::END_HEADERS) {
            self.block(by, time, out);
        }
    }

    fn continuation(&mut self, by: Side, frame: &Frame, time: Time, out: &mut Vec<Message>) {
        let Some(block) = &mut self.way(by).block else { return };
        block.on_wire += frame.on_wire();
        block.is_whole &= frame.is_whole && block.octets.len() <= LONGEST_BLOCK;
        if block.is_whole {
            block.octets.extend_from_slice(&frame.payload);
        }
        if frame.head.has(FrameHead::END_HEADERS) {
            self.block(by, time, out);
        }
    }

    /// A header block is complete.
    fn block(&mut self, by: Side, time: Time, out: &mut Vec<Message>) {
        let way = self.way(by);
        let Some(block) = way.block.take() else { return };
        let decoder = way.decoder.take().filter(|_| block.is_whole);
        let fields = decoder.map(|mut decoder| decoder.decode(&block.octets).inspect(|_| way.decoder = Some(decoder)));
        if block.is_promise {
            return;
        }
        let (fields, fault) = match fields {
            Some(Ok(fields)) => (Some(fields), None),
            Some(Err(error)) => (None, Some(error.to_string())),
            None => (None, None),
        };
        self.open(by, &block, fields.as_deref(), fault, time, out);
    }

    /// Fields begin a message, or end it as trailers.
    fn open(
        &mut self,
        by: Side,
        block: &Block,
        fields: Option<&[Field]>,
        fault: Option<String>,
        time: Time,
        out: &mut Vec<Message>,
    ) {
        if by == Side::Initiator && !self.streams.contains_key(&block.stream) {
            self.count += 1;
            self.streams.insert(block.stream, Stream { exchange: self.count, ..Stream::default() });
        }
        let Some(stream) = self.streams.get_mut(&block.stream) else { return };
        let exchange = stream.exchange;
        if matches!(stream.part(by), Part::Awaited) {
            let list = fields.unwrap_or_default();
            if by == Side::Initiator && websocket::is_wanted(list) {
                stream.tunnel = Tunnel::Wanted;
            }
            let becomes_websocket =
                by == Side::Acceptor && matches!(stream.tunnel, Tunnel::Wanted) && websocket::is_agreed(list);
            let mut draft = words::draft(by, exchange, block.began, fields);
            if self.explains {
                let first = notes::frames::stream(block.stream, by == Side::Initiator);
                draft.notes = words::notes(by, first, fields, &mut stream.asked);
            }
            draft.carried = fields.filter(|_| self.whole).map(|fields| words::carried("HTTP/2", fields));
            fault.into_iter().for_each(|fault| draft.fail(fault));
            if draft.role == Role::Interim {
                return out.push(draft.finish(time, 0, block.on_wire));
            }
            *stream.part(by) = Part::Open { draft: Box::new(draft), content: 0, octets: 0, last: time };
            if becomes_websocket && !block.ends_stream {
                return self.becomes_websocket(block, out);
            }
        } else if let (Part::Open { draft, .. }, Some(list)) = (stream.part(by), fields)
            && let Some(carried) = &mut draft.carried
        {
            carried.trailers = words::trailers(list);
        }
        let piece = Piece { content: 0, on_wire: block.on_wire, ends: block.ends_stream };
        self.more(by, block.stream, piece, time, out);
    }

    /// Request and answer are over, and what follows in their stream are the messages of a WebSocket.
    fn becomes_websocket(&mut self, block: &Block, out: &mut Vec<Message>) {
        let (explains, whole) = (self.explains, self.whole);
        let Some(stream) = self.streams.get_mut(&block.stream) else { return };
        if let Part::Open { octets, .. } = &mut stream.answer {
            *octets += block.on_wire;
        }
        for by in [Side::Initiator, Side::Acceptor] {
            let part = std::mem::replace(stream.part(by), Part::Tunnel);
            out.extend(part.end(Draft::goes_on));
        }
        stream.tunnel = Tunnel::WebSocket(Box::new(Pair::new(stream.exchange, explains, whole)));
        self.client.frames.want(block.stream);
        self.server.frames.want(block.stream);
    }

    /// More of a message, perhaps its end.
    fn more(&mut self, by: Side, id: u32, piece: Piece, time: Time, out: &mut Vec<Message>) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let part = stream.part(by);
        if let Part::Open { content, octets, last, .. } = part {
            *content += piece.content;
            *octets += piece.on_wire;
            *last = time;
        }
        if piece.ends {
            out.extend(std::mem::replace(part, Part::Done).end(|_| {}));
        }
        if stream.is_over() {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: u32) -> Option<Stream> {
        self.client.frames.forget(id);
        self.server.frames.forget(id);
        self.streams.remove(&id)
    }

    fn settings(&mut self, by: Side, frame: &Frame) {
        for (identifier, value) in frame::settings(&frame.payload) {
            if identifier == frame::HEADER_TABLE_SIZE
                && let Some(decoder) = &mut self.way(by.peer()).decoder
            {
                // A smaller table counts only from its acknowledgement on: never refuse the usual size.
                decoder.allow(value.max(4096));
            }
        }
    }

    fn reset(&mut self, by: Side, frame: &Frame, time: Time, out: &mut Vec<Message>) {
        let code = frame::number(&frame.payload, 0).unwrap_or_default();
        let Some(mut stream) = self.forget(frame.head.stream) else { return };
        let is_failure = code != 0;
        let is_answered = !matches!(stream.answer, Part::Awaited);
        for side in [Side::Initiator, Side::Acceptor] {
            out.extend(std::mem::replace(stream.part(side), Part::Done).end(|draft| {
                draft.miss(0);
                if is_failure || side == Side::Acceptor {
                    draft.fail(format!("the stream was reset: {} (RFC 9113 6.4)", frame::error_name(code)));
                }
            }));
        }
        let is_websocket = matches!(stream.tunnel, Tunnel::WebSocket(_));
        if !is_answered || is_websocket {
            let told = words::reset(by, stream.exchange, time, code, frame.on_wire());
            out.push(if is_websocket { Message { role: Role::Interim, ..told } } else { told });
        }
    }
}

impl Stream {
    fn part(&mut self, by: Side) -> &mut Part {
        match by {
            Side::Initiator => &mut self.request,
            Side::Acceptor => &mut self.answer,
        }
    }

    fn is_over(&self) -> bool {
        matches!((&self.request, &self.answer), (Part::Done, Part::Done))
    }
}

impl Part {
    /// The message, if one is open, after `change`.
    fn end(self, change: impl FnOnce(&mut Draft)) -> Option<Message> {
        match self {
            Part::Open { mut draft, content, octets, last } => {
                change(&mut draft);
                Some(draft.finish(last, content, octets))
            }
            Part::Awaited | Part::Tunnel | Part::Done => None,
        }
    }
}

/// As much as a header list may have.
const LONGEST_BLOCK: usize = 256 * 1024;
