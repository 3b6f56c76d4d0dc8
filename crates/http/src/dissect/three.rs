//! HTTP/3 (RFC 9114): of a connection each stream is a flow of its own, and an exchange at most.
//!
//! - here: a request's stream, which may become a WebSocket
//! - `one_way`: control streams and their like

use toynet_machine::Time;
use toynet_record::Side;
use toynet_record::dissect::{Carried, Message, Role, Said};

mod one_way;

use super::draft::Draft;
use super::notes::{self, Asked};
use super::two::words;
use super::websocket::{self, Pair};
use crate::wire::hpack::Field;
use crate::wire::three::{Broken, Message as Wire, Part as WirePart};
use crate::wire::{Kind, fields, qpack};
use one_way::OneWay;

/// One stream.
#[derive(Debug)]
pub(super) enum Http3 {
    Request(Box<Stream>),
    OneWay(Box<OneWay>),
    /// A connection that did not come to be.
    None,
}

/// A request's stream.
#[derive(Debug)]
pub(super) struct Stream {
    number: u64,
    explains: bool,
    /// Whether messages are told in full.
    whole: bool,
    request: Way,
    answer: Way,
    asked: Asked,
    /// Nothing follows the fields of an answer to HEAD.
    is_head: bool,
    /// Whether WebSocket was asked for.
    wants_websocket: bool,
    web: Option<Box<Pair>>,
}

/// One direction.
#[derive(Debug)]
struct Way {
    wire: Wire,
    part: Part,
    octets: u64,
    began: Option<Time>,
    is_lost: bool,
}

#[derive(Debug)]
enum Part {
    Awaited,
    Open {
        draft: Box<Draft>,
        content: u64,
        /// How much content there will be, where that is said. The record does not tell where a stream ends.
        promised: Option<u64>,
        last: Time,
    },
    Done,
}

impl Http3 {
    /// The stream of this number.
    pub fn new(stream: Option<u64>, explains: bool, whole: bool) -> Self {
        match stream {
            // RFC 9000 2.1: the second bit tells whether both sides write.
            Some(number) if number & 2 == 0 => Http3::Request(Box::new(Stream {
                number,
                explains,
                whole,
                request: Way::new(Wire::request(LONGEST)),
                answer: Way::new(Wire::answer(LONGEST)),
                asked: Asked::default(),
                is_head: false,
                wants_websocket: false,
                web: None,
            })),
            Some(number) => Http3::OneWay(Box::new(OneWay::new(number, explains))),
            None => Http3::None,
        }
    }

    pub fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        match self {
            Http3::Request(stream) => stream.said(said, out),
            Http3::OneWay(stream) => stream.said(said, out),
            Http3::None => {}
        }
    }

    pub fn hole(&mut self, by: Side, length: u64, time: Time, out: &mut Vec<Message>) {
        match self {
            Http3::Request(stream) => stream.hole(by, length, time, out),
            Http3::OneWay(stream) => stream.hole(length),
            Http3::None => {}
        }
    }

    pub fn closed(&mut self, _: Time, out: &mut Vec<Message>) {
        if let Http3::Request(stream) = self {
            stream.closed(out);
        }
    }
}

impl Stream {
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        let Said { by, time, octets } = said;
        if by == Side::Acceptor {
            // Whoever is answered has said what there was to say, or what mattered.
            out.extend(self.request.end(|_| {}));
        }
        let way = self.way(by);
        way.octets += octets.len() as u64;
        way.began.get_or_insert(time);
        let mut rest = octets;
        while !self.way(by).is_lost {
            let part = self.way(by).wire.next(&mut rest);
            match part {
                Ok(None) => break,
                Ok(Some(WirePart::Fields(section))) => self.fields(by, &section, time, out),
                Ok(Some(WirePart::Content(octets))) if let Some(web) = &mut self.web => {
                    web.by(by).said(time, octets, out);
                }
                Ok(Some(WirePart::Content(octets))) => {
                    self.way(by).carried(|carried| carried.add(octets));
                    self.way(by).content(octets.len() as u64, time);
                }
                Err(broken) => self.broken(by, broken, time, out),
            }
        }
        self.end_if_whole(by, out);
    }

    fn hole(&mut self, by: Side, length: u64, time: Time, out: &mut Vec<Message>) {
        self.web.iter_mut().for_each(|web| web.by(by).lose());
        let way = self.way(by);
        way.octets += length;
        match way.wire.skip(length) {
            true => {
                way.carried(|carried| carried.miss(length));
                way.content(length, time);
            }
            false => way.is_lost = true,
        }
        self.end_if_whole(by, out);
    }

    fn closed(&mut self, out: &mut Vec<Message>) {
        out.extend(self.request.end(|_| {}));
        let (is_lost, is_head) = (self.answer.is_lost, self.is_head);
        let is_short = matches!(&self.answer.part,
            Part::Open { content, promised: Some(promised), .. } if content < promised && !is_head);
        out.extend(self.answer.end(|draft| {
            if is_lost || is_short {
                draft.miss(0);
            }
            if is_lost {
                draft.words.closing.say(", and more that was not kept");
            } else if is_short {
                draft.fail("the stream ended before the content that was promised (RFC 9114 4.1.2)");
            }
        }));
    }

    fn way(&mut self, by: Side) -> &mut Way {
        match by {
            Side::Initiator => &mut self.request,
            Side::Acceptor => &mut self.answer,
        }
    }

    /// Fields begin a message, or end it as trailers.
    fn fields(&mut self, by: Side, section: &[u8], time: Time, out: &mut Vec<Message>) {
        let list = qpack::decode(section, LONGEST);
        if !matches!(self.way(by).part, Part::Awaited) {
            let trailers = words::trailers(&list.unwrap_or_default());
            return self.way(by).carried(|carried| carried.trailers = trailers);
        }
        let began = self.way(by).began.unwrap_or(time);
        let mut draft = self.draft(by, began, list.as_deref().ok());
        list.as_ref().err().into_iter().for_each(|error| draft.fail(error));
        let fields = list.unwrap_or_default();
        if by == Side::Initiator {
            self.is_head = value(&fields, ":method") == Some(b"HEAD");
            self.wants_websocket = websocket::is_wanted(&fields);
        }
        let way = self.way(by);
        if draft.role == Role::Interim {
            way.wire.was_interim();
            way.began = None;
            return out.push(draft.finish(time, 0, std::mem::take(&mut way.octets)));
        }
        let promised = promised(by, &fields);
        way.part = Part::Open { draft: Box::new(draft), content: 0, promised, last: time };
        if by == Side::Acceptor && self.wants_websocket && websocket::is_agreed(&fields) {
            out.extend(self.answer.end(Draft::goes_on));
            self.request.wire.becomes_tunnel();
            self.answer.wire.becomes_tunnel();
            self.web = Some(Box::new(Pair::new(1, self.explains, self.whole)));
        }
    }

    fn draft(&mut self, by: Side, began: Time, list: Option<&[Field]>) -> Draft {
        let mut draft = words::draft(by, 1, began, list);
        draft.carried = list.filter(|_| self.whole).map(|list| words::carried("HTTP/3", list));
        let kind = if by == Side::Initiator { Kind::Request } else { Kind::Answer };
        let faults = list.map(|list| fields::faults_in_three(list, kind)).unwrap_or_default();
        draft.faults = faults.into_iter().map(notes::as_in_three).collect();
        if by == Side::Initiator {
            draft.words.opening.say(" over HTTP/3");
        }
        if self.explains {
            let first = notes::three::stream(self.number, by == Side::Initiator);
            draft.notes = words::notes(by, first, list, &mut self.asked);
            for note in &mut draft.notes {
                note.rule = note.rule.take().map(|rule| notes::as_in_three(&rule));
            }
        }
        draft
    }

    fn broken(&mut self, by: Side, broken: Broken, time: Time, out: &mut Vec<Message>) {
        let way = self.way(by);
        way.is_lost = true;
        let why = format!("{broken}: {}", broken.code);
        match &mut way.part {
            Part::Open { draft, .. } => draft.fail(why),
            Part::Awaited | Part::Done => {
                let octets = way.octets;
                out.push(one_way::message(by, time, "a frame that may not be there", Some(why), octets));
            }
        }
    }

    fn end_if_whole(&mut self, by: Side, out: &mut Vec<Message>) {
        let is_bare = by == Side::Acceptor && self.is_head;
        let way = self.way(by);
        let is_whole = matches!(&way.part,
            Part::Open { content, promised: Some(promised), .. } if content >= promised || is_bare);
        if is_whole {
            out.extend(way.end(|_| {}));
        }
    }
}

impl Way {
    fn new(wire: Wire) -> Self {
        Self { wire, part: Part::Awaited, octets: 0, began: None, is_lost: false }
    }

    /// Changes what the open message carries, where that is wanted.
    fn carried(&mut self, change: impl FnOnce(&mut Carried)) {
        if let Part::Open { draft, .. } = &mut self.part
            && let Some(carried) = &mut draft.carried
        {
            change(carried);
        }
    }

    fn content(&mut self, octets: u64, time: Time) {
        if let Part::Open { content, last, .. } = &mut self.part {
            *content += octets;
            *last = time;
        }
    }

    /// The message, if one is open, after `change`.
    fn end(&mut self, change: impl FnOnce(&mut Draft)) -> Option<Message> {
        match std::mem::replace(&mut self.part, Part::Done) {
            Part::Open { mut draft, content, last, .. } => {
                change(&mut draft);
                Some(draft.finish(last, content, self.octets))
            }
            Part::Awaited => {
                self.part = Part::Awaited;
                None
            }
            Part::Done => None,
        }
    }
}

/// How much content follows, where fields or method say so.
fn promised(by: Side, list: &[Field]) -> Option<u64> {
    let length = value(list, "content-length").and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let is_bare = match by {
        Side::Initiator => matches!(value(list, ":method"), Some(b"GET" | b"HEAD" | b"OPTIONS" | b"DELETE")),
        Side::Acceptor => matches!(value(list, ":status"), Some(b"204" | b"304")),
    };
    match (by, is_bare) {
        (Side::Acceptor, true) => Some(0),
        (_, is_bare) => length.or(is_bare.then_some(0)),
    }
}

fn value<'a>(fields: &'a [Field], name: &str) -> Option<&'a [u8]> {
    fields.iter().find(|field| field.name == name.as_bytes()).map(|field| field.value.as_slice())
}

/// As much as a header list may have.
const LONGEST: usize = 256 * 1024;
