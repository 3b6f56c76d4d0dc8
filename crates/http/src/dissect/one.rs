//! HTTP/1.x: requests and answers in the same order (RFC 9112 9.3.2).

use std::collections::VecDeque;

use toynet_machine::Time;
use toynet_record::Side;
use toynet_record::dissect::{Message, Note, Said};

mod words;

use super::draft::Draft;
use super::notes;
use super::websocket::WebSocket;
use crate::wire::fault::{Fault, Rule};
use crate::wire::head::{self, Head, Kind, Start};
use crate::wire::{Content, Framing};
use words::{draft, fields, looks_like_start, unread};

/// The conversation on one connection.
#[derive(Debug, Default)]
pub(super) struct Http1 {
    /// Requests that have begun and were not answered yet: no more than the octets that were recorded.
    asked: VecDeque<Asked>,
    count: u64,
    joined_late: bool,
    /// Whether messages get notes.
    explains: bool,
    /// Whether messages are told in full.
    whole: bool,
    requests: Half,
    answers: Half,
}

#[derive(Debug)]
struct Asked {
    exchange: u64,
    method: Vec<u8>,
    /// What the notes on its answer need to know.
    asked: notes::Asked,
}

/// What one side is saying.
#[derive(Debug, Default)]
struct Half {
    state: State,
    /// When it was last heard.
    last: Time,
    /// Whether the other side has spoken since: what comes next may well begin a message.
    is_new_turn: bool,
}

#[derive(Debug)]
enum State {
    /// A head, as far as it was heard.
    Head(Gathered),
    /// The content of a message, or of one that was told before its end.
    Content(Option<Box<Draft>>, Content),
    /// Nobody knows where the next message begins; perhaps a message that cannot be followed to its end.
    Lost(Option<Box<Cut>>),
    /// It is no HTTP any more, but this.
    WebSocket(Box<WebSocket>),
    /// It is no HTTP any more.
    Tunnel,
}

#[derive(Debug, Default)]
struct Gathered {
    octets: Vec<u8>,
    began: Time,
    exchange: u64,
}

/// A message whose end nobody saw.
#[derive(Debug)]
struct Cut {
    draft: Draft,
    content: u64,
    octets: u64,
}

impl Default for State {
    fn default() -> Self {
        State::Head(Gathered::default())
    }
}

impl Http1 {
    /// A conversation whose beginning nobody heard.
    pub fn joined_late(explains: bool, whole: bool) -> Self {
        let half = || Half { state: State::Lost(None), is_new_turn: true, ..Half::default() };
        Self { joined_late: true, requests: half(), answers: half(), ..Self::from_its_beginning(explains, whole) }
    }

    /// A conversation that was heard from its beginning.
    pub fn from_its_beginning(explains: bool, whole: bool) -> Self {
        Self { explains, whole, ..Self::default() }
    }

    pub fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        if said.octets.is_empty() {
            return;
        }
        self.find_again(&said, out);
        let mut rest = said.octets;
        while !rest.is_empty() {
            let count = self.step(said.by, said.time, rest, out);
            rest = rest.get(count..).unwrap_or_default();
        }
        self.heard(said.by, said.time);
    }

    pub fn hole(&mut self, by: Side, length: u64, time: Time, out: &mut Vec<Message>) {
        match std::mem::replace(&mut self.half(by).state, State::Tunnel) {
            State::Head(gathered) => self.lose_head(by, gathered, length),
            State::Content(draft, content) => self.lose_content(by, draft, content, length, time, out),
            State::Lost(mut cut) => {
                cut.iter_mut().for_each(|cut| cut.octets += length);
                self.half(by).state = State::Lost(cut);
            }
            State::WebSocket(mut web) => {
                web.lose();
                self.half(by).state = State::WebSocket(web);
            }
            State::Tunnel => {}
        }
        self.heard(by, time);
    }

    pub fn closed(&mut self, _: Time, out: &mut Vec<Message>) {
        for by in [Side::Initiator, Side::Acceptor] {
            let last = self.half(by).last;
            match std::mem::replace(&mut self.half(by).state, State::Tunnel) {
                State::Head(gathered) if gathered.octets.is_empty() => {}
                State::Head(gathered) => {
                    let fault = Fault { at: gathered.octets.len() as u64, rule: Rule::Cut };
                    out.push(self.broken_head(by, &gathered, fault).finish(last, 0, fault.at));
                }
                State::Content(draft, content) => {
                    let Some(mut draft) = draft else { continue };
                    if !content.ends_with_connection() {
                        draft.miss(0);
                        draft.fail(Fault { at: content.taken(), rule: Rule::Cut });
                    }
                    out.push(draft.finish(last, content.carried(), content.taken()));
                }
                State::Lost(cut) => out.extend(cut.map(|cut| cut.finish(last))),
                State::WebSocket(_) | State::Tunnel => {}
            }
        }
    }

    fn half(&mut self, by: Side) -> &mut Half {
        match by {
            Side::Initiator => &mut self.requests,
            Side::Acceptor => &mut self.answers,
        }
    }

    fn heard(&mut self, by: Side, time: Time) {
        let half = self.half(by);
        (half.last, half.is_new_turn) = (time, false);
        self.half(by.peer()).is_new_turn = true;
    }

    /// After a loss a new turn that looks like the start of a message is taken for one.
    fn find_again(&mut self, said: &Said<'_>, out: &mut Vec<Message>) {
        let half = self.half(said.by);
        if half.is_new_turn
            && looks_like_start(said.by, said.octets)
            && let State::Lost(cut) = &mut half.state
        {
            out.extend(cut.take().map(|cut| cut.finish(half.last)));
            half.state = State::default();
        }
    }

    /// Takes octets from the front of `rest`, and says how many.
    fn step(&mut self, by: Side, time: Time, rest: &[u8], out: &mut Vec<Message>) -> usize {
        match std::mem::replace(&mut self.half(by).state, State::Tunnel) {
            State::Head(gathered) => self.head(by, gathered, time, rest, out),
            State::Content(draft, content) => self.content(by, draft, content, time, rest, out),
            State::Lost(mut cut) => {
                cut.iter_mut().for_each(|cut| cut.octets += rest.len() as u64);
                self.half(by).state = State::Lost(cut);
                rest.len()
            }
            State::WebSocket(mut web) => {
                web.said(time, rest, out);
                self.half(by).state = State::WebSocket(web);
                rest.len()
            }
            State::Tunnel => rest.len(),
        }
    }

    fn head(&mut self, by: Side, mut gathered: Gathered, time: Time, rest: &[u8], out: &mut Vec<Message>) -> usize {
        if gathered.octets.is_empty() {
            let empty_lines = rest.iter().take_while(|octet| b"\r\n".contains(octet)).count();
            if empty_lines > 0 {
                self.half(by).state = State::Head(gathered);
                return empty_lines;
            }
            gathered.began = time;
            gathered.exchange = self.begin(by);
            if let Some(end) = head::end(rest, 0) {
                self.half(by).state = self.read_head(by, &gathered, &rest[..end], time, out);
                return end;
            }
        }
        let before = gathered.octets.len();
        let taken = rest.len().min(head::LONGEST + 1 - before.min(head::LONGEST));
        gathered.octets.extend_from_slice(&rest[..taken]);
        let (state, taken) = match head::end(&gathered.octets, before) {
            Some(end) => (self.read_head(by, &gathered, &gathered.octets[..end], time, out), end - before),
            None if gathered.octets.len() > head::LONGEST => {
                let fault = Fault { at: head::LONGEST as u64, rule: Rule::HeadTooLong };
                out.push(self.broken_head(by, &gathered, fault).finish(time, 0, fault.at));
                (State::Lost(None), taken)
            }
            None => (State::Head(gathered), taken),
        };
        self.half(by).state = state;
        taken
    }

    /// The exchange of a message that begins.
    fn begin(&mut self, by: Side) -> u64 {
        if by == Side::Initiator {
            self.count += 1;
            let exchange = if self.joined_late { 0 } else { self.count };
            self.asked.push_back(Asked { exchange, method: Vec::new(), asked: notes::Asked::default() });
        }
        let asked = if by == Side::Initiator { self.asked.back() } else { self.asked.front() };
        asked.map_or(0, |asked| asked.exchange)
    }

    fn read_head(&mut self, by: Side, gathered: &Gathered, octets: &[u8], time: Time, out: &mut Vec<Message>) -> State {
        let kind = if by == Side::Initiator { Kind::Request } else { Kind::Answer };
        let mut head = match Head::read(octets, kind) {
            Ok(head) => head,
            Err(fault) => {
                let cut = Gathered { octets: octets.to_vec(), ..*gathered };
                out.push(self.broken_head(by, &cut, fault).finish(time, 0, fault.at));
                return State::Lost(None);
            }
        };
        if let Start::Answer { code, .. } = head.start
            && is_final(code)
        {
            self.overtake(time, out);
        }
        let asked = self.asked.front().map(|asked| asked.asked.clone()).unwrap_or_default();
        let framing = self.framing(&mut head);
        let mut draft = draft(by, gathered, &head);
        if self.explains {
            draft.notes = self.notes(&head, framing, &asked);
        }
        let length = octets.len() as u64;
        draft.carried = self.whole.then(|| words::carried(&head, length));
        let Some(framing) = framing else {
            draft.failed = true;
            out.push(draft.finish(time, 0, length));
            return State::Lost(None);
        };
        let content = Content::new(framing, length);
        if framing == Framing::Tunnel {
            let exchange = draft.exchange;
            let (explains, whole) = (self.explains, self.whole);
            let is_websocket = is_websocket(&head);
            if is_websocket {
                draft.goes_on();
            }
            let next = |by| match is_websocket {
                true => State::WebSocket(Box::new(WebSocket::new(exchange, by, explains, whole))),
                false => State::Tunnel,
            };
            self.requests.state = next(Side::Initiator);
            out.push(draft.finish(time, 0, length));
            next(Side::Acceptor)
        } else if content.is_done() {
            out.push(draft.finish(time, 0, length));
            State::default()
        } else {
            State::Content(Some(Box::new(draft)), content)
        }
    }

    /// Tells what was heard of a request that is answered before its end.
    fn overtake(&mut self, time: Time, out: &mut Vec<Message>) {
        if self.asked.len() != 1 {
            return;
        }
        match &mut self.requests.state {
            State::Head(gathered) if !gathered.octets.is_empty() => {
                let at = gathered.octets.len() as u64;
                let fault = flaw(&gathered.octets).unwrap_or(Fault { at, rule: Rule::Unfinished });
                let mut draft = unread(Side::Initiator, gathered);
                draft.fail(fault);
                out.push(draft.finish(time, 0, at));
                self.requests.state = State::Lost(None);
            }
            State::Content(draft, content) => out.extend(draft.take().map(|mut draft| {
                draft.miss(0);
                draft.words.closing.say(", answered before its end");
                draft.finish(time, content.carried(), content.taken())
            })),
            State::Head(_) | State::Lost(_) | State::WebSocket(_) | State::Tunnel => {}
        }
    }

    fn notes(&mut self, head: &Head<'_>, framing: Option<Framing>, asked: &notes::Asked) -> Vec<Note> {
        let fields = fields(head);
        match &head.start {
            Start::Request { method, target } => {
                let (method, target) = (head.octets(method), head.octets(target));
                let asked = notes::Asked::of(method, &fields);
                self.asked.iter_mut().next_back().into_iter().for_each(|last| last.asked = asked.clone());
                notes::of_request(method, target, head.version, &fields, framing)
            }
            Start::Answer { code, .. } => notes::of_answer(*code, head.version, &fields, framing, asked),
        }
    }

    /// How the content is framed; an answer needs to know what was asked.
    fn framing(&mut self, head: &mut Head<'_>) -> Option<Framing> {
        match head.start {
            Start::Request { .. } => {
                let method = head.method().to_vec();
                self.asked.iter_mut().next_back().into_iter().for_each(|asked| asked.method.clone_from(&method));
                Framing::of_request(head)
            }
            Start::Answer { code, .. } => {
                let asked = if is_final(code) { self.asked.pop_front() } else { None };
                Framing::of_answer(head, &asked.map(|asked| asked.method).unwrap_or_default())
            }
        }
    }

    fn broken_head(&mut self, by: Side, gathered: &Gathered, fault: Fault) -> Draft {
        if by == Side::Acceptor {
            self.asked.pop_front();
        }
        let mut draft = unread(by, gathered);
        draft.fail(fault);
        draft
    }

    fn content(
        &mut self,
        by: Side,
        mut draft: Option<Box<Draft>>,
        mut content: Content,
        time: Time,
        rest: &[u8],
        out: &mut Vec<Message>,
    ) -> usize {
        let carried = draft.as_mut().and_then(|draft| draft.carried.as_deref_mut());
        let (state, taken) = match words::take(&mut content, carried, rest) {
            Ok(taken) if content.is_done() => {
                out.extend(draft.map(|draft| draft.finish(time, content.carried(), content.taken())));
                (State::default(), taken)
            }
            Ok(taken) => (State::Content(draft, content), taken),
            Err(fault) => {
                out.extend(draft.map(|mut draft| {
                    draft.miss(0);
                    draft.fail(fault);
                    draft.finish(time, content.carried(), fault.at)
                }));
                (State::Lost(None), rest.len())
            }
        };
        self.half(by).state = state;
        taken
    }

    fn lose_head(&mut self, by: Side, gathered: Gathered, length: u64) {
        let cut = (!gathered.octets.is_empty()).then(|| {
            let octets = gathered.octets.len() as u64 + length;
            if by == Side::Acceptor {
                self.asked.pop_front();
            }
            Box::new(Cut { draft: unread(by, &gathered), content: 0, octets })
        });
        self.half(by).state = State::Lost(cut);
    }

    fn lose_content(
        &mut self,
        by: Side,
        mut draft: Option<Box<Draft>>,
        mut content: Content,
        length: u64,
        time: Time,
        out: &mut Vec<Message>,
    ) {
        let skipped = content.skip(length);
        draft.iter_mut().for_each(|draft| draft.miss(skipped));
        self.half(by).state = if content.is_done() {
            out.extend(draft.map(|draft| draft.finish(time, content.carried(), content.taken())));
            if skipped < length { State::Lost(None) } else { State::default() }
        } else if skipped < length {
            let octets = content.taken() + (length - skipped);
            State::Lost(draft.map(|draft| Box::new(Cut { draft: *draft, content: content.carried(), octets })))
        } else {
            State::Content(draft, content)
        };
    }
}

/// Whether nothing follows in the exchange of an answer with this code (RFC 9110 15.2).
fn is_final(code: u16) -> bool {
    code == 101 || code >= 200
}

/// Whether an answer agrees to WebSocket, and to no extension that would change its frames.
fn is_websocket(answer: &Head<'_>) -> bool {
    let is_agreed = answer.values("upgrade").any(|value| value.eq_ignore_ascii_case(b"websocket"));
    is_agreed && answer.values("sec-websocket-extensions").next().is_none()
}

/// What is wrong with the beginning of a request, if that shows already.
fn flaw(begun: &[u8]) -> Option<Fault> {
    let complete = [begun.trim_ascii_end(), b"\r\n\r\n"].concat();
    Head::read(&complete, Kind::Request).err()
}

impl Cut {
    fn finish(mut self, ended: Time) -> Message {
        self.draft.words.closing.say(", and more that was not kept");
        self.draft.finish(ended, self.content, self.octets)
    }
}
