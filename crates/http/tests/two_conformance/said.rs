//! What a client says: frames as octets, whole or broken.

use toynet_http::wire::frame::{FrameHead, FrameKind, PREFACE};

/// What a client says, in turns: between two of them it waits until the server has nothing more to say.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub turns: Vec<Vec<u8>>,
}

pub const END_STREAM: u8 = FrameHead::END_STREAM;
pub const END_HEADERS: u8 = FrameHead::END_HEADERS;
pub const END: u8 = END_STREAM | END_HEADERS;
pub const PADDED: u8 = FrameHead::PADDED;
pub const PRIORITY: u8 = FrameHead::PRIORITY;
pub const ACK: u8 = FrameHead::ACK;

impl Said {
    /// The preface and no settings of its own.
    pub fn hello() -> Self {
        Self::with(&[])
    }

    /// The preface with these settings (RFC 9113 3.4).
    pub fn with(settings: &[(u16, u32)]) -> Self {
        Self { turns: vec![PREFACE.to_vec()] }.settings(settings)
    }

    /// These octets first of all.
    pub fn octets(octets: &[u8]) -> Self {
        Self { turns: vec![octets.to_vec()] }
    }

    pub fn wait(mut self) -> Self {
        self.turns.push(Vec::new());
        self
    }

    pub fn raw(mut self, octets: &[u8]) -> Self {
        self.turns.last_mut().expect("there is a turn").extend_from_slice(octets);
        self
    }

    pub fn frame(self, kind: FrameKind, flags: u8, stream: u32, payload: &[u8]) -> Self {
        self.announcing(payload.len(), kind, flags, stream, payload)
    }

    /// A frame whose head says another length.
    pub fn announcing(self, length: usize, kind: FrameKind, flags: u8, stream: u32, payload: &[u8]) -> Self {
        let head = FrameHead { length: length as u32, kind, flags, stream };
        self.raw(&head.write()).raw(payload)
    }

    pub fn settings(self, settings: &[(u16, u32)]) -> Self {
        let pair = |(name, value): &(u16, u32)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat();
        let payload: Vec<u8> = settings.iter().flat_map(pair).collect();
        self.frame(FrameKind::Settings, 0, 0, &payload)
    }

    pub fn headers(self, flags: u8, stream: u32, block: &[u8]) -> Self {
        self.frame(FrameKind::Headers, flags, stream, block)
    }

    pub fn continuation(self, flags: u8, stream: u32, block: &[u8]) -> Self {
        self.frame(FrameKind::Continuation, flags, stream, block)
    }

    /// A whole request for the front page.
    pub fn get(self, stream: u32) -> Self {
        self.headers(END, stream, &front_page())
    }

    /// The head of a request that content follows.
    pub fn post(self, stream: u32) -> Self {
        self.headers(END_HEADERS, stream, &upload(&[]))
    }

    pub fn data(self, flags: u8, stream: u32, payload: &[u8]) -> Self {
        self.frame(FrameKind::Data, flags, stream, payload)
    }

    pub fn priority(self, stream: u32, depends_on: u32) -> Self {
        let payload = [&depends_on.to_be_bytes()[..], &[15]].concat();
        self.frame(FrameKind::Priority, 0, stream, &payload)
    }

    pub fn reset(self, stream: u32, code: u32) -> Self {
        self.frame(FrameKind::RstStream, 0, stream, &code.to_be_bytes())
    }

    pub fn window(self, stream: u32, more: u32) -> Self {
        self.frame(FrameKind::WindowUpdate, 0, stream, &more.to_be_bytes())
    }

    pub fn ping(self, flags: u8, octets: &[u8; 8]) -> Self {
        self.frame(FrameKind::Ping, flags, 0, octets)
    }

    pub fn go_away(self, stream: u32, code: u32) -> Self {
        self.frame(FrameKind::GoAway, 0, stream, &[[0; 4], code.to_be_bytes()].concat())
    }

    /// What `step` says, for each of the numbers.
    pub fn each(self, numbers: impl Iterator<Item = u32>, step: impl Fn(Self, u32) -> Self) -> Self {
        numbers.fold(self, step)
    }
}

/// A field as a literal without indexing and without Huffman's code (RFC 7541 6.2.2).
pub fn field(name: &str, value: &str) -> Vec<u8> {
    octets(name.as_bytes(), value.as_bytes())
}

pub fn octets(name: &[u8], value: &[u8]) -> Vec<u8> {
    [&[0][..], &string(name), &string(value)].concat()
}

/// RFC 7541 5.2.
fn string(text: &[u8]) -> Vec<u8> {
    [number(text.len(), 7), text.to_vec()].concat()
}

/// RFC 7541 5.1.
pub fn number(number: usize, prefix: u32) -> Vec<u8> {
    let most = (1 << prefix) - 1;
    if number < most {
        return vec![number as u8];
    }
    let (mut written, mut rest) = (vec![most as u8], number - most);
    while rest >= 0x80 {
        written.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    written.push(rest as u8);
    written
}

/// Fields one after the other.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| field(name, value)).collect()
}

pub fn front_page() -> Vec<u8> {
    request("GET", &[])
}

pub fn upload(fields: &[(&str, &str)]) -> Vec<u8> {
    request("POST", fields)
}

pub fn request(method: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let pseudo = [(":method", method), (":scheme", "http"), (":authority", "www.shop.test"), (":path", "/")];
    [block(&pseudo), block(fields)].concat()
}
