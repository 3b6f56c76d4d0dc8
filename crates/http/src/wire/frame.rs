//! The frames of HTTP/2 (RFC 9113 4 and 6).

/// What a client says first of all (RFC 9113 3.4).
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The nine octets in front of every frame's payload (RFC 9113 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// Octets of payload, less than 2^24.
    pub length: u32,
    /// What the frame is.
    pub kind: FrameKind,
    /// Flags; what they mean depends on the kind.
    pub flags: u8,
    /// The stream; 0 is the connection. 31 bits.
    pub stream: u32,
}

/// What a frame is (RFC 9113 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// Content.
    Data,
    /// The beginning of a header block, or of trailers.
    Headers,
    /// A priority, which nobody heeds any more.
    Priority,
    /// The end of a stream before its time.
    RstStream,
    /// What the sender can take.
    Settings,
    /// A request that the server makes up.
    PushPromise,
    /// A sign of life.
    Ping,
    /// The end of the connection.
    GoAway,
    /// Room for more content.
    WindowUpdate,
    /// More of a header block.
    Continuation,
    /// Anything else, to be ignored (RFC 9113 5.5).
    Other(u8),
}

impl FrameHead {
    /// How many octets it takes.
    pub const LENGTH: usize = 9;
    /// The sender has no more to say on the stream (DATA, HEADERS).
    pub const END_STREAM: u8 = 0x1;
    /// The settings were heeded (SETTINGS), or this is the answer (PING).
    pub const ACK: u8 = 0x1;
    /// The header block is complete (HEADERS, PUSH_PROMISE, CONTINUATION).
    pub const END_HEADERS: u8 = 0x4;
    /// A length of padding comes first (DATA, HEADERS, PUSH_PROMISE).
    pub const PADDED: u8 = 0x8;
    /// A priority comes first (HEADERS).
    pub const PRIORITY: u8 = 0x20;

    /// Reads a frame's head.
    pub fn read(octets: &[u8; Self::LENGTH]) -> Self {
        let [a, b, c, kind, flags, stream @ ..] = *octets;
        Self {
            length: u32::from_be_bytes([0, a, b, c]),
            kind: FrameKind::of(kind),
            flags,
            stream: u32::from_be_bytes(stream) & !RESERVED,
        }
    }

    /// Writes it.
    pub fn write(&self) -> [u8; Self::LENGTH] {
        let [_, a, b, c] = self.length.to_be_bytes();
        let [w, x, y, z] = (self.stream & !RESERVED).to_be_bytes();
        [a, b, c, self.kind.code(), self.flags, w, x, y, z]
    }

    /// Whether it carries `flag`.
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The payload without padding, priority and promised stream: content, or a piece of a header block;
    /// nothing when it is too short for what it says (RFC 9113 6.1, 6.2, 6.6).
    pub fn body<'a>(&self, payload: &'a [u8]) -> Option<&'a [u8]> {
        let may_pad = matches!(self.kind, FrameKind::Data | FrameKind::Headers | FrameKind::PushPromise);
        let mut rest = payload;
        if may_pad && self.has(Self::PADDED) {
            let (padding, after) = rest.split_first()?;
            rest = after.get(..after.len().checked_sub(usize::from(*padding))?)?;
        }
        match self.kind {
            FrameKind::Headers if self.has(Self::PRIORITY) => rest.get(5..),
            FrameKind::PushPromise => rest.get(4..),
            _ => Some(rest),
        }
    }
}

impl FrameKind {
    /// The kind with this code (RFC 9113 11.2).
    pub const fn of(code: u8) -> Self {
        match code {
            0 => FrameKind::Data,
            1 => FrameKind::Headers,
            2 => FrameKind::Priority,
            3 => FrameKind::RstStream,
            4 => FrameKind::Settings,
            5 => FrameKind::PushPromise,
            6 => FrameKind::Ping,
            7 => FrameKind::GoAway,
            8 => FrameKind::WindowUpdate,
            9 => FrameKind::Continuation,
            other => FrameKind::Other(other),
        }
    }

    /// Its code.
    pub const fn code(self) -> u8 {
        match self {
            FrameKind::Data => 0,
            FrameKind::Headers => 1,
            FrameKind::Priority => 2,
            FrameKind::RstStream => 3,
            FrameKind::Settings => 4,
            FrameKind::PushPromise => 5,
            FrameKind::Ping => 6,
            FrameKind::GoAway => 7,
            FrameKind::WindowUpdate => 8,
            FrameKind::Continuation => 9,
            FrameKind::Other(code) => code,
        }
    }
}

/// The settings of a SETTINGS payload as (identifier, value) (RFC 9113 6.5.1).
pub fn settings(payload: &[u8]) -> impl Iterator<Item = (u16, u32)> {
    payload.chunks_exact(6).map(|setting| {
        let [a, b, value @ ..] = [setting[0], setting[1], setting[2], setting[3], setting[4], setting[5]];
        (u16::from_be_bytes([a, b]), u32::from_be_bytes(value))
    })
}

/// The four octets from `at` on: the error code of RST_STREAM (0) and of GOAWAY (4).
pub fn number(payload: &[u8], at: usize) -> Option<u32> {
    let octets = payload.get(at..at + 4)?;
    Some(octets.iter().fold(0, |number, octet| number << 8 | u32::from(*octet)))
}

/// The name of an error code (RFC 9113 7).
pub const fn error_name(code: u32) -> &'static str {
    match code {
        0x0 => "NO_ERROR",
        0x1 => "PROTOCOL_ERROR",
        0x2 => "INTERNAL_ERROR",
        0x3 => "FLOW_CONTROL_ERROR",
        0x4 => "SETTINGS_TIMEOUT",
        0x5 => "STREAM_CLOSED",
        0x6 => "FRAME_SIZE_ERROR",
        0x7 => "REFUSED_STREAM",
        0x8 => "CANCEL",
        0x9 => "COMPRESSION_ERROR",
        0xa => "CONNECT_ERROR",
        0xb => "ENHANCE_YOUR_CALM",
        0xc => "INADEQUATE_SECURITY",
        0xd => "HTTP_1_1_REQUIRED",
        _ => "an unknown error",
    }
}

/// SETTINGS_HEADER_TABLE_SIZE (RFC 9113 6.5.2).
pub const HEADER_TABLE_SIZE: u16 = 0x1;
/// SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 6.5.2).
pub const INITIAL_WINDOW_SIZE: u16 = 0x4;
const RESERVED: u32 = 1 << 31;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn padding_and_priority_are_taken_off() {
        let head = |kind, flags| FrameHead { length: 0, kind, flags, stream: 1 };
        let padded = head(FrameKind::Data, FrameHead::PADDED);
        assert_eq!(padded.body(b"\x02abc\0\0"), Some(&b"abc"[..]));
        assert_eq!(padded.body(b"\x05abc"), None);
        assert_eq!(padded.body(b""), None);
        let both = head(FrameKind::Headers, FrameHead::PADDED | FrameHead::PRIORITY);
        assert_eq!(both.body(b"\x01\0\0\0\0\x10ab\0"), Some(&b"ab"[..]));
        assert_eq!(both.body(b"\x01\0\0"), None);
        assert_eq!(head(FrameKind::Continuation, FrameHead::PADDED).body(b"ab"), Some(&b"ab"[..]));
    }

    #[test]
    fn settings_are_pairs() {
        let pairs: Vec<_> = settings(b"\0\x01\0\0\x10\0\0\x03\0\0\0\x64x").collect();
        assert_eq!(pairs, [(1, 4096), (3, 100)]);
    }

    proptest! {
        #[test]
        fn a_head_comes_back_as_it_was(octets in any::<[u8; 9]>()) {
            let mut without_reserved = octets;
            without_reserved[5] &= 0x7f;
            prop_assert_eq!(FrameHead::read(&octets).write(), without_reserved);
        }
    }
}
