//! One direction of a request's stream: fields, content, trailers (RFC 9114 4.1).

use super::frame::{Frames, Kind, Piece};
use super::{Broken, Code};

/// A message as its frames come.
#[derive(Clone, Debug)]
pub struct Message {
    frames: Frames,
    place: Place,
    is_request: bool,
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A field section, compressed: the message's own, that of an interim answer, or trailers.
    Fields(Vec<u8>),
    /// Octets of content.
    Content(&'a [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Fields,
    Content,
    End,
    /// Only content follows, of another protocol.
    Tunnel,
}

impl Message {
    /// A request, whose fields may have `largest` octets as they are compressed.
    pub fn request(largest: usize) -> Self {
        Self { frames: Frames::new(largest), place: Place::Fields, is_request: true }
    }

    /// The same for an answer.
    pub fn answer(largest: usize) -> Self {
        Self { is_request: false, ..Self::request(largest) }
    }

    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        self.is_request
    }

    /// Takes octets from the front of `rest` until there is a part.
    ///
    /// # Errors
    /// When a frame may not stand where it does, or is too long.
    pub fn next<'a>(&mut self, rest: &mut &'a [u8]) -> Result<Option<Part<'a>>, Broken> {
        loop {
            let Some(piece) = self.frames.next(rest)? else { return Ok(None) };
            match piece {
                Piece::Content(octets) if matches!(self.place, Place::Content | Place::Tunnel) => {
                    return Ok(Some(Part::Content(octets)));
                }
                Piece::Content(_) => return Err(DATA),
                Piece::Frame(Kind::Headers, fields) => {
                    self.place = match self.place {
                        Place::Fields => Place::Content,
                        Place::Content => Place::End,
                        Place::End => return Err(FIELDS),
                        Place::Tunnel => return Err(IN_TUNNEL),
                    };
                    return Ok(Some(Part::Fields(fields)));
                }
                Piece::Frame(Kind::Other(_), _) => {}
                Piece::Frame(Kind::PushPromise, _) if !self.is_request => return Err(PUSHED),
                Piece::Frame(Kind::OfTwo(_), _) => return Err(OF_TWO),
                Piece::Frame(..) => return Err(ELSEWHERE),
            }
        }
    }

    /// The fields that came were those of an interim answer: others will follow.
    pub fn was_interim(&mut self) {
        self.place = Place::Fields;
    }

    /// Fields were exchanged, and what follows is another protocol's (RFC 9114 4.4).
    pub fn becomes_tunnel(&mut self) {
        self.place = Place::Tunnel;
    }

    /// Whether the stream may end here (RFC 9114 7.1).
    ///
    /// # Errors
    /// When a frame is cut.
    pub fn end(&self) -> Result<(), Broken> {
        if self.frames.is_inside() { Err(CUT) } else { Ok(()) }
    }

    /// Whether its own fields have come.
    pub fn has_fields(&self) -> bool {
        self.place != Place::Fields
    }

    /// Steps over octets that nobody kept; says whether it is known what follows.
    pub fn skip(&mut self, length: u64) -> bool {
        self.frames.skip(length)
    }
}

const DATA: Broken = Broken::new(Code::FRAME_UNEXPECTED, "DATA stands outside a message's content (RFC 9114 4.1)");
const FIELDS: Broken = Broken::new(Code::FRAME_UNEXPECTED, "HEADERS stand behind the trailers (RFC 9114 4.1)");
const IN_TUNNEL: Broken =
    Broken::new(Code::FRAME_UNEXPECTED, "HEADERS stand where only DATA may, behind CONNECT (RFC 9114 4.4)");
const ELSEWHERE: Broken =
    Broken::new(Code::FRAME_UNEXPECTED, "a frame of the control stream stands in a request's (RFC 9114 7)");
const PUSHED: Broken = Broken::new(Code::ID_ERROR, "a push is promised that nobody has allowed (RFC 9114 7.2.5)");
/// What stands in any stream for a frame that only HTTP/2 has.
pub(super) const OF_TWO: Broken =
    Broken::new(Code::FRAME_UNEXPECTED, "a frame is one that only HTTP/2 has (RFC 9114 7.2.8)");
const CUT: Broken = Broken::new(Code::FRAME_ERROR, "the stream ends inside a frame (RFC 9114 7.1)");

#[cfg(test)]
mod tests {
    use super::super::frame::frame;
    use super::*;

    #[test]
    fn a_message_is_fields_content_and_trailers() {
        let stream = [frame(Kind::Headers, b"f"), frame(Kind::Data, b"c"), frame(Kind::Headers, b"t")].concat();
        assert_eq!(read(&stream), Ok("<f>c<t>".into()));
        assert_eq!(read(&frame(Kind::Headers, b"f")), Ok("<f>".into()));
    }

    #[test]
    fn frames_elsewhere_are_refused() {
        let fields = frame(Kind::Headers, b"f");
        let after = |frames: &[Vec<u8>]| read(&[&fields[..], &frames.concat()].concat());
        assert_eq!(read(&frame(Kind::Data, b"c")), Err(DATA));
        assert_eq!(read(&frame(Kind::Settings, b"")), Err(ELSEWHERE));
        assert_eq!(read(&frame(Kind::PushPromise, b"")), Err(ELSEWHERE));
        assert_eq!(after(&[frame(Kind::OfTwo(2), b"")]), Err(OF_TWO));
        assert_eq!(after(&[fields.clone(), frame(Kind::Data, b"c")]), Err(DATA));
        assert_eq!(after(&[fields.clone(), fields.clone()]), Err(FIELDS));
        assert_eq!(after(&[vec![0, 5, b'x']]), Err(CUT));
    }

    #[test]
    fn in_a_tunnel_there_is_content_and_no_end_of_it() {
        let mut message = Message::request(100);
        assert!(message.next(&mut &frame(Kind::Headers, b"f")[..]).is_ok());
        message.becomes_tunnel();
        for octets in [b"a", b"b"] {
            assert_eq!(message.next(&mut &frame(Kind::Data, octets)[..]), Ok(Some(Part::Content(octets))));
        }
        assert_eq!(message.next(&mut &frame(Kind::Headers, b"t")[..]), Err(IN_TUNNEL));
    }

    fn read(stream: &[u8]) -> Result<String, Broken> {
        let (mut message, mut told, mut rest) = (Message::request(100), String::new(), stream);
        while let Some(part) = message.next(&mut rest)? {
            told += &match part {
                Part::Fields(fields) => format!("<{}>", fields.escape_ascii()),
                Part::Content(octets) => octets.escape_ascii().to_string(),
            };
        }
        message.end().map(|()| told)
    }
}
