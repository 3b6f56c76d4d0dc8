//! WebSocket, once HTTP has agreed on it: on a connection of HTTP/1.1 (RFC 6455), or in a stream of HTTP/2 (RFC 8441)
//! or HTTP/3 (RFC 9220).

use std::time::Duration;

use toynet_machine::Time;
use toynet_record::Side;
use toynet_record::dissect::{Carried, Message, Note};

use super::carried;
use super::line::{Line, octets};
use super::notes;
use crate::wire::hpack::Field;
use crate::wire::websocket::{self, Reader, Sender, code};

/// What one side says, in the exchange that agreed on it.
#[derive(Clone, Debug)]
pub(super) struct WebSocket {
    exchange: u64,
    by: Side,
    reader: Reader,
    /// Whether messages get notes.
    explains: bool,
    /// Whether messages are told in full.
    whole: bool,
    /// When the message began that is being heard, and when a control frame did that stands inside it.
    began: Option<Time>,
    control_began: Option<Time>,
    /// Octets since the last message that was told.
    unread: u64,
    is_broken: bool,
}

/// Both sides of one conversation, in a stream.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    client: WebSocket,
    server: WebSocket,
}

impl Pair {
    pub fn new(exchange: u64, explains: bool, whole: bool) -> Self {
        let way = |by| WebSocket::new(exchange, by, explains, whole);
        Self { client: way(Side::Initiator), server: way(Side::Acceptor) }
    }

    pub fn by(&mut self, by: Side) -> &mut WebSocket {
        match by {
            Side::Initiator => &mut self.client,
            Side::Acceptor => &mut self.server,
        }
    }
}

impl WebSocket {
    pub fn new(exchange: u64, by: Side, explains: bool, whole: bool) -> Self {
        let sender = if by == Side::Initiator { Sender::Client } else { Sender::Server };
        // No more is gathered than was recorded.
        let reader = Reader::new(sender, usize::MAX);
        let (began, control_began) = (None, None);
        Self { exchange, by, reader, explains, whole, began, control_began, unread: 0, is_broken: false }
    }

    pub fn said(&mut self, time: Time, mut rest: &[u8], out: &mut Vec<Message>) {
        while !rest.is_empty() && !self.is_broken {
            self.begin(time);
            let before = rest.len();
            let next = self.reader.next(&mut rest);
            self.unread += (before - rest.len()) as u64;
            match next {
                Ok(None) => {}
                Ok(Some(message)) => {
                    let told = self.message(&message, time);
                    out.push(told);
                }
                Err(violation) => {
                    self.is_broken = true;
                    let began = self.began.unwrap_or(time);
                    let told = self.told(Line::of("broken WebSocket frame"), began, time, self.unread);
                    out.push(Message { failed: true, faults: vec![violation.to_string()], ..told });
                }
            }
        }
    }

    /// Where the next frame begins is not known any more.
    pub fn lose(&mut self) {
        self.is_broken = true;
    }

    /// A message begins, or what may be a control frame inside one.
    fn begin(&mut self, time: Time) {
        match self.reader.is_inside() {
            true => self.control_began.get_or_insert(time),
            false => self.began.get_or_insert(time),
        };
    }

    fn message(&mut self, message: &websocket::Message, ended: Time) -> Message {
        let is_control = message.opcode().is_control();
        let began = match is_control && self.reader.is_inside() {
            true => self.control_began.take(),
            false => self.began.take(),
        };
        self.control_began = None;
        self.unread = 0;
        let extent = self.reader.last();
        let told = self.told(words(message), began.unwrap_or(ended), ended, extent.octets);
        let is_bad = matches!(message, websocket::Message::Close(Some((code, _))) if code::is_failure(*code));
        Message {
            failed: is_bad,
            notes: if self.explains { notes::websocket::of(message, extent, self.by) } else { Vec::<Note>::new() },
            carried: self.whole.then(|| in_full(message)),
            ..told
        }
    }

    fn told(&self, line: Line, began: Time, ended: Time, octets: u64) -> Message {
        let lasted = if ended > began { ended - began } else { Duration::ZERO };
        let (exchange, secrets) = (self.exchange, line.secrets);
        Message { exchange, lasted, secrets, octets, ..Message::new(self.by, began, line.text) }
    }
}

fn words(message: &websocket::Message) -> Line {
    let mut line = Line::of("WebSocket ");
    match message {
        websocket::Message::Text(text) => {
            line.say(&format!("text {}: ", octets(text.len() as u64)));
            line.quote(text.as_bytes());
        }
        websocket::Message::Binary(binary) => line.say(&format!("binary {}", octets(binary.len() as u64))),
        websocket::Message::Ping(said) => line.say(&format!("ping {}", octets(said.len() as u64))),
        websocket::Message::Pong(said) => line.say(&format!("pong {}", octets(said.len() as u64))),
        websocket::Message::Close(None) => line.say("close"),
        websocket::Message::Close(Some((code, why))) => {
            line.say(&format!("close {code} ({})", code::meaning(*code)));
            if !why.is_empty() {
                line.say(": ");
                line.quote(why.as_bytes());
            }
        }
    }
    line.text.truncate(line.text.trim_end().len());
    line
}

/// Its opcode as a field, and what it carries.
fn in_full(message: &websocket::Message) -> Box<Carried> {
    let opcode = message.opcode().code().to_string();
    let mut carried = carried::of(&[(carried::OPCODE, opcode.as_bytes())], &[], 0);
    carried.add(&message.payload());
    carried
}

/// Whether a request asks for WebSocket in a stream (RFC 8441 5).
pub(super) fn is_wanted(request: &[Field]) -> bool {
    let is = |name: &str, value: &[u8]| {
        request.iter().any(|field| field.name == name.as_bytes() && field.value.eq_ignore_ascii_case(value))
    };
    is(":method", b"CONNECT") && is(":protocol", b"websocket")
}

/// Whether an answer in a stream agrees to it, and to no extension that would change its frames.
pub(super) fn is_agreed(answer: &[Field]) -> bool {
    let value = |name: &str| answer.iter().find(|field| field.name == name.as_bytes()).map(|field| &field.value);
    value(":status").is_some_and(|status| status.starts_with(b"2")) && value("sec-websocket-extensions").is_none()
}

#[cfg(test)]
mod tests {
    use Side::{Acceptor, Initiator};
    use toynet_record::Transport;
    use toynet_record::dissect::{Dissector, FlowInfo, Role, Said};

    use super::super::HttpDissector;
    use super::*;
    use crate::wire::frame::PREFACE;
    use crate::wire::qpack;
    use crate::wire::three::frame as three;

    #[test]
    fn it_is_told_the_same_whichever_version_carries_it() {
        for version in [One, Two, Three] {
            let mut flow = Flow::new(version, false);
            for (by, octets) in conversation() {
                flow.say(by, &octets);
            }
            let told = flow.end();
            let lines: Vec<_> = told.iter().skip(2).map(line).collect();
            let expected = [
                "1 > WebSocket text 6 octets: gr\u{fc}n?",
                "1 < WebSocket ping 1 octet",
                "1 < WebSocket text 5 octets: Hello",
                "1 > WebSocket binary 3 octets",
                "1 < WebSocket close 1011 (the server failed): oh !",
            ];
            assert_eq!(lines, expected, "{version:?}");
            assert_eq!(told[1].role, Role::Answer);
            let head =
                ["1 > GET /c (a)", "1 > CONNECT /c (a) for websocket", "1 > CONNECT /c (a) for websocket over HTTP/3"];
            assert_eq!(line(&told[0]), head[version as usize]);
        }
    }

    #[test]
    fn a_fragmented_message_lasts_and_a_ping_inside_it_does_not() {
        let mut flow = Flow::new(Two, true);
        for (seconds, (by, octets)) in (10..).zip(conversation()) {
            flow.now = Time::from_secs(seconds);
            flow.say(by, &octets);
        }
        let told = flow.end();
        let ping = told.iter().find(|message| message.summary.contains("ping")).unwrap();
        assert_eq!((ping.time, ping.lasted, ping.octets), (Time::from_secs(13), Duration::ZERO, 3));
        let hello = told.iter().find(|message| message.summary.contains("Hello")).unwrap();
        assert_eq!((hello.time, hello.lasted.as_secs(), hello.octets), (Time::from_secs(12), 2, 9));
        let notes: Vec<_> = hello.notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(notes[1], "in 2 frames, of which the last has the bit FIN");
        let close = told.last().unwrap();
        assert_eq!(close.notes[0].rule.as_deref(), Some("RFC 6455 7.4.1"));
        assert_eq!(hello.carried.as_ref().unwrap().content, b"Hello");
    }

    #[test]
    fn in_a_stream_that_is_reset_or_has_a_hole_nothing_is_guessed() {
        let mut flow = Flow::new(Two, false);
        flow.say(Initiator, &masked(1, b"a"));
        flow.dissector
            .said(Said { by: Acceptor, time: flow.now, octets: &[0, 0, 5, 0, 0, 0, 0, 0, 1, 0x81] }, &mut flow.told);
        flow.dissector.hole(Acceptor, 4, flow.now, &mut flow.told);
        flow.say(Acceptor, b"\x81\x01b");
        flow.raw(Initiator, &[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8]);
        let told = flow.end();
        let lines: Vec<_> = told.iter().skip(2).map(line).collect();
        assert_eq!(lines, ["1 > WebSocket text 1 octet: a", "1 > RST_STREAM CANCEL !"]);
        assert_eq!(told.last().unwrap().role, Role::Interim);
    }

    #[test]
    fn a_refusal_or_an_extension_makes_no_websocket() {
        for answer in
            [&[(":status", "404")][..], &[(":status", "200"), ("sec-websocket-extensions", "permessage-deflate")]]
        {
            for version in [Two, Three] {
                let mut flow = Flow::asked(version, false, WANTED, answer);
                flow.say(Acceptor, b"\x81\x05Hello");
                assert_eq!(flow.end().len(), 2);
            }
        }
    }

    fn conversation() -> Vec<(Side, Vec<u8>)> {
        vec![
            (Initiator, [&masked(1, "gr\u{fc}n?".as_bytes())[..4]].concat()),
            (Initiator, masked(1, "gr\u{fc}n?".as_bytes())[4..].to_vec()),
            (Acceptor, b"\x01\x03Hel".to_vec()),
            (Acceptor, b"\x89\x01?".to_vec()),
            (Acceptor, b"\x80\x02lo".to_vec()),
            (Initiator, masked(2, &[1, 2, 3])),
            (Acceptor, b"\x88\x04\x03\xf3oh".to_vec()),
        ]
    }

    fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [9, 8, 7, 6];
        let payload: Vec<u8> = payload.iter().zip(mask.iter().cycle()).map(|(octet, mask)| octet ^ mask).collect();
        [&[0x80 | opcode, 0x80 | payload.len() as u8][..], &mask, &payload].concat()
    }

    #[derive(Clone, Copy, Debug)]
    enum Version {
        One,
        Two,
        Three,
    }
    use Version::{One, Three, Two};

    struct Flow {
        version: Version,
        dissector: HttpDissector,
        now: Time,
        told: Vec<Message>,
    }

    impl Flow {
        fn new(version: Version, is_whole: bool) -> Self {
            Self::asked(version, is_whole, WANTED, &[(":status", "200")])
        }

        fn asked(version: Version, is_whole: bool, asked: &[(&str, &str)], answered: &[(&str, &str)]) -> Self {
            let (transport, stream) = match version {
                Three => (Transport::Quic, Some(0)),
                One | Two => (Transport::Tcp, None),
            };
            let info = FlowInfo { transport, port: 80, joined_late: false, explain: is_whole, whole: is_whole, stream };
            let now = Time::from_secs(1);
            let mut flow = Self { version, dissector: HttpDissector::new(info), now, told: Vec::new() };
            let (request, answer) = match version {
                One => (ASKED.to_vec(), AGREED.to_vec()),
                Two => ([&PREFACE[..], &two(1, 4, &literal(asked))].concat(), two(1, 4, &literal(answered))),
                Three => (
                    three::frame(three::Kind::Headers, &section(asked)),
                    three::frame(three::Kind::Headers, &section(answered)),
                ),
            };
            flow.raw(Initiator, &request);
            flow.raw(Acceptor, &answer);
            // Frames of the connection and not of the conversation.
            flow.told.retain(|message| message.exchange > 0);
            flow
        }

        fn raw(&mut self, by: Side, octets: &[u8]) {
            self.dissector.said(Said { by, time: self.now, octets }, &mut self.told);
        }

        fn say(&mut self, by: Side, octets: &[u8]) {
            let octets = match self.version {
                One => octets.to_vec(),
                Two => two(0, 0, octets),
                Three => three::frame(three::Kind::Data, octets),
            };
            self.raw(by, &octets);
        }

        fn end(mut self) -> Vec<Message> {
            self.dissector.closed(self.now, &mut self.told);
            self.told
        }
    }

    fn line(message: &Message) -> String {
        let (arrow, failed) = (if message.by == Initiator { '>' } else { '<' }, if message.failed { " !" } else { "" });
        format!("{} {arrow} {}{failed}", message.exchange, message.summary)
    }

    fn two(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        [&[0, 0, payload.len() as u8, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    fn literal(list: &[(&str, &str)]) -> Vec<u8> {
        let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
        list.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
    }

    fn section(list: &[(&str, &str)]) -> Vec<u8> {
        qpack::encode(list.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())))
    }

    const WANTED: &[(&str, &str)] = &[
        (":method", "CONNECT"),
        (":scheme", "https"),
        (":authority", "a"),
        (":path", "/c"),
        (":protocol", "websocket"),
    ];
    const ASKED: &[u8] = b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const AGREED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";
}
