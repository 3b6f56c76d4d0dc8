//! The frames of a stream of HTTP/3 (RFC 9114 7).

use super::{Broken, Code, number, put_number};

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Content.
    Data,
    /// The fields of a message, or its trailers.
    Headers,
    /// A push that is wanted no more.
    CancelPush,
    /// What the sender can take.
    Settings,
    /// A request that the server makes up.
    PushPromise,
    /// No further requests.
    GoAway,
    /// How many pushes may be.
    MaxPushId,
    /// A frame of HTTP/2 that HTTP/3 does not have (RFC 9114 7.2.8).
    OfTwo(u64),
    /// Anything else, to be passed over (RFC 9114 9).
    Other(u64),
}

/// A part of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Some octets of a DATA frame, or none of an empty one.
    Content(&'a [u8]),
    /// A whole frame of another kind. What is to be passed over comes without its payload.
    Frame(Kind, Vec<u8>),
}

/// Cuts one direction of a stream into frames.
#[derive(Clone, Debug)]
pub struct Frames {
    /// Type and length, as far as they have come.
    head: Vec<u8>,
    current: Option<Current>,
    /// The longest payload of a frame that must be held whole.
    largest: usize,
}

#[derive(Clone, Debug)]
struct Current {
    kind: Kind,
    left: u64,
    payload: Vec<u8>,
}

impl Kind {
    fn of(number: u64) -> Self {
        match number {
            0x0 => Kind::Data,
            0x1 => Kind::Headers,
            0x3 => Kind::CancelPush,
            0x4 => Kind::Settings,
            0x5 => Kind::PushPromise,
            0x7 => Kind::GoAway,
            0xd => Kind::MaxPushId,
            0x2 | 0x6 | 0x8 | 0x9 => Kind::OfTwo(number),
            other => Kind::Other(other),
        }
    }

    fn number(self) -> u64 {
        match self {
            Kind::Data => 0x0,
            Kind::Headers => 0x1,
            Kind::CancelPush => 0x3,
            Kind::Settings => 0x4,
            Kind::PushPromise => 0x5,
            Kind::GoAway => 0x7,
            Kind::MaxPushId => 0xd,
            Kind::OfTwo(number) | Kind::Other(number) => number,
        }
    }

    /// Its name in RFC 9114.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Data => "DATA",
            Kind::Headers => "HEADERS",
            Kind::CancelPush => "CANCEL_PUSH",
            Kind::Settings => "SETTINGS",
            Kind::PushPromise => "PUSH_PROMISE",
            Kind::GoAway => "GOAWAY",
            Kind::MaxPushId => "MAX_PUSH_ID",
            Kind::OfTwo(_) => "a frame of HTTP/2",
            Kind::Other(_) => "an unknown frame",
        }
    }
}

/// A frame as octets. Of content its head alone is often wanted: `length` is that of all the payload.
pub fn put_head(out: &mut Vec<u8>, kind: Kind, length: u64) {
    put_number(out, kind.number());
    put_number(out, length);
}

/// A whole frame as octets.
pub fn frame(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 4);
    put_head(&mut out, kind, payload.len() as u64);
    out.extend_from_slice(payload);
    out
}

impl Frames {
    /// A stream from its first frame on; of no frame but DATA more than `largest` octets are held.
    pub fn new(largest: usize) -> Self {
        Self { head: Vec::new(), current: None, largest }
    }

    /// Takes octets from the front of `rest` until there is a piece.
    ///
    /// # Errors
    /// When a frame is too long to be held.
    pub fn next<'a>(&mut self, rest: &mut &'a [u8]) -> Result<Option<Piece<'a>>, Broken> {
        loop {
            if self.current.is_none() && !self.head(rest)? {
                return Ok(None);
            }
            let Some(current) = &mut self.current else { continue };
            let octets = take(rest, current.left);
            current.left -= octets.len() as u64;
            match current.kind {
                Kind::Data => {
                    let is_whole = self.current.take_if(|current| current.left == 0).is_some();
                    return Ok((is_whole || !octets.is_empty()).then_some(Piece::Content(octets)));
                }
                Kind::Other(_) => {}
                _ => current.payload.extend_from_slice(octets),
            }
            match self.current.take_if(|current| current.left == 0) {
                Some(Current { kind, payload, .. }) => return Ok(Some(Piece::Frame(kind, payload))),
                None if rest.is_empty() => return Ok(None),
                None => {}
            }
        }
    }

    /// Steps over octets that nobody kept; says whether it is known where the next frame begins.
    pub fn skip(&mut self, length: u64) -> bool {
        match &mut self.current {
            Some(current) if length <= current.left => {
                current.left -= length;
                // What is not whole cannot be understood.
                current.kind = if current.kind == Kind::Data { Kind::Data } else { Kind::Other(0) };
                self.current.take_if(|current| current.left == 0);
                true
            }
            _ => false,
        }
    }

    /// Whether a frame has begun and not ended.
    pub fn is_inside(&self) -> bool {
        self.current.is_some() || !self.head.is_empty()
    }

    /// Reads type and length; says whether they are whole.
    fn head(&mut self, rest: &mut &[u8]) -> Result<bool, Broken> {
        while let Some((octet, after)) = rest.split_first() {
            self.head.push(*octet);
            *rest = after;
            let mut head = self.head.as_slice();
            let (Some(kind), Some(left)) = (number(&mut head), number(&mut head)) else { continue };
            self.head.clear();
            let kind = Kind::of(kind);
            if left > self.largest as u64 && !matches!(kind, Kind::Data | Kind::Other(_)) {
                // The payload is passed over by whoever goes on all the same.
                self.current = Some(Current { kind: Kind::Other(0), left, payload: Vec::new() });
                return Err(TOO_LONG);
            }
            self.current = Some(Current { kind, left, payload: Vec::new() });
            return Ok(true);
        }
        Ok(false)
    }
}

fn take<'a>(rest: &mut &'a [u8], most: u64) -> &'a [u8] {
    let (taken, after) = rest.split_at(usize::try_from(most).unwrap_or(usize::MAX).min(rest.len()));
    *rest = after;
    taken
}

/// What a frame is that nobody holds.
pub const TOO_LONG: Broken = Broken::new(Code::EXCESSIVE_LOAD, "a frame is longer than anybody holds (RFC 9114 10.5)");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_stream_is_the_same_however_it_is_cut() {
        let stream = [
            frame(Kind::Headers, b"fields"),
            frame(Kind::Other(0x21), b"grease"),
            frame(Kind::Data, b""),
            frame(Kind::Data, b"content"),
            frame(Kind::Headers, b""),
        ]
        .concat();
        for size in 1..stream.len() {
            let mut frames = Frames::new(100);
            let mut told = String::new();
            for part in stream.chunks(size) {
                let mut rest = part;
                while let Some(piece) = frames.next(&mut rest).unwrap() {
                    told += &match piece {
                        Piece::Content(octets) => String::from_utf8_lossy(octets).into_owned(),
                        Piece::Frame(kind, payload) => format!("[{} {}]", kind.name(), payload.escape_ascii()),
                    };
                }
            }
            assert_eq!(told, "[HEADERS fields][an unknown frame ]content[HEADERS ]", "{size}");
            assert!(!frames.is_inside());
        }
    }

    #[test]
    fn a_frame_that_nobody_holds_is_an_error() {
        let mut frames = Frames::new(10);
        assert_eq!(frames.next(&mut &frame(Kind::Headers, &[0; 11])[..]), Err(TOO_LONG));
    }

    proptest! {
        #[test]
        fn any_octets_are_frames_or_none(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut frames = Frames::new(64);
            let mut rest = &octets[..];
            while let Ok(Some(_)) = frames.next(&mut rest) {}
        }
    }
}
