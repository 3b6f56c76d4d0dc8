//! Frames put together to messages (RFC 6455 5.4 to 8.1), with every rule of theirs.

use std::borrow::Cow;

use super::code;
use super::frame::{self, FrameHead, HeadError, Opcode};

/// A whole message, or a control frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Octets.
    Binary(Vec<u8>),
    /// To be answered by a pong with the same octets.
    Ping(Vec<u8>),
    /// The answer to a ping.
    Pong(Vec<u8>),
    /// The sender has no more to say; why, as a code and words, if it says why.
    Close(Option<(u16, String)>),
}

/// Who sends, which says whether payloads are masked (RFC 6455 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Masks all that it sends.
    Client,
    /// Masks nothing.
    Server,
}

/// A rule that a sender breaks; the connection is failed with [`Violation::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A length in the wrong form.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// A frame is not masked.
    #[error("a client masks all that it sends (RFC 6455 5.1)")]
    Unmasked,
    /// A frame is masked.
    #[error("a server masks nothing (RFC 6455 5.1)")]
    Masked,
    /// A reserved bit is set.
    #[error("a frame has a reserved bit that no extension was agreed for (RFC 6455 5.2)")]
    Reserved,
    /// An opcode is unknown.
    #[error("a frame has an unknown opcode (RFC 6455 5.2)")]
    Opcode,
    /// A control frame is long, or in fragments.
    #[error("a control frame is in one piece and has 125 octets at most (RFC 6455 5.5)")]
    Control,
    /// A continuation without a beginning.
    #[error("a frame continues a message that has not begun (RFC 6455 5.4)")]
    Continuation,
    /// A beginning inside a message.
    #[error("a message begins inside another (RFC 6455 5.4)")]
    Nested,
    /// The reason to close is malformed.
    #[error("a close frame has no valid code (RFC 6455 7.4)")]
    Close,
    /// Text is not UTF-8.
    #[error("text is not UTF-8 (RFC 6455 8.1)")]
    Utf8,
    /// A message is larger than is taken.
    #[error("a message is too large (RFC 6455 7.4.1)")]
    TooLarge,
}

impl Violation {
    /// The code with which a connection is closed for it (RFC 6455 7.4.1).
    pub fn code(self) -> u16 {
        match self {
            Violation::Utf8 => 1007,
            Violation::TooLarge => 1009,
            _ => 1002,
        }
    }
}

/// Puts together what one side sends.
#[derive(Clone, Debug)]
pub struct Reader {
    sender: Sender,
    largest: usize,
    /// The head of the next frame, as far as it was heard.
    gathered: Vec<u8>,
    frame: Option<Frame>,
    begun: Option<Begun>,
    last: Extent,
}

/// How a message stood on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// In how many frames.
    pub frames: u64,
    /// In how many octets, heads included.
    pub octets: u64,
}

/// A message that has begun.
#[derive(Clone, Debug)]
struct Begun {
    is_text: bool,
    octets: Vec<u8>,
    /// How many of the octets are UTF-8 for sure: they need not be looked at again.
    checked: usize,
    extent: Extent,
}

/// A frame whose head was heard.
#[derive(Clone, Debug)]
struct Frame {
    head: FrameHead,
    /// How much of the payload has come.
    taken: u64,
    /// The payload of a control frame; what others carry goes into their message at once.
    control: Vec<u8>,
}

impl Reader {
    /// Reads what `sender` sends; a message has `largest` octets at most.
    pub fn new(sender: Sender, largest: usize) -> Self {
        Self { sender, largest, gathered: Vec::new(), frame: None, begun: None, last: Extent::default() }
    }

    /// How the message that came last stood on the wire.
    pub fn last(&self) -> Extent {
        self.last
    }

    /// Whether a message of several frames has begun and not ended: control frames may stand inside.
    pub fn is_inside(&self) -> bool {
        self.begun.is_some()
    }

    /// Takes octets from the front of `octets` up to the end of a message; nothing when all were taken
    /// and none is complete.
    ///
    /// # Errors
    /// When a rule is broken: what follows means nothing.
    pub fn next(&mut self, octets: &mut &[u8]) -> Result<Option<Message>, Violation> {
        loop {
            if self.frame.is_none() {
                let Some(head) = self.head(octets)? else { return Ok(None) };
                self.begin(head);
            }
            let Some(frame) = self.frame.as_mut() else { return Ok(None) };
            let left = usize::try_from(frame.head.length - frame.taken).unwrap_or(usize::MAX);
            let (taken, rest) = octets.split_at(left.min(octets.len()));
            *octets = rest;
            let begun = self.begun.as_mut().filter(|_| !frame.head.opcode.is_control());
            let into = match begun {
                Some(begun) => &mut begun.octets,
                None => &mut frame.control,
            };
            let before = into.len();
            into.extend_from_slice(taken);
            if let Some(mask) = frame.head.mask {
                frame::mask(&mut into[before..], mask, (frame.taken % 4) as usize);
            }
            frame.taken += taken.len() as u64;
            let (head, is_whole) = (frame.head, taken.len() == left);
            self.check_text(&head)?;
            if !is_whole {
                return Ok(None);
            }
            if let Some(message) = self.end(head)? {
                return Ok(Some(message));
            }
        }
    }

    fn begin(&mut self, head: FrameHead) {
        if let Opcode::Text | Opcode::Binary = head.opcode {
            let is_text = head.opcode == Opcode::Text;
            self.begun = Some(Begun { is_text, octets: Vec::new(), checked: 0, extent: Extent::default() });
        }
        self.frame = Some(Frame { head, taken: 0, control: Vec::new() });
    }

    /// Text fails as early as it can; a letter that is not complete may become so.
    fn check_text(&mut self, head: &FrameHead) -> Result<(), Violation> {
        match self.begun.as_mut().filter(|begun| begun.is_text && !head.opcode.is_control()) {
            Some(begun) => begun.check(),
            None => Ok(()),
        }
    }

    fn head(&mut self, octets: &mut &[u8]) -> Result<Option<FrameHead>, Violation> {
        while let Some((first, rest)) = octets.split_first() {
            self.gathered.push(*first);
            *octets = rest;
            if let Some((head, _)) = FrameHead::read(&self.gathered)? {
                self.gathered.clear();
                self.check(&head)?;
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    fn check(&self, head: &FrameHead) -> Result<(), Violation> {
        let before = self.begun.as_ref().map_or(0, |begun| begun.octets.len() as u64);
        match (self.sender, head.mask) {
            (Sender::Client, None) => return Err(Violation::Unmasked),
            (Sender::Server, Some(_)) => return Err(Violation::Masked),
            (Sender::Client, Some(_)) | (Sender::Server, None) => {}
        }
        match head.opcode {
            _ if head.reserved != 0 => Err(Violation::Reserved),
            Opcode::Other(_) => Err(Violation::Opcode),
            control if control.is_control() && (!head.is_final || head.length > 125) => Err(Violation::Control),
            Opcode::Continuation if self.begun.is_none() => Err(Violation::Continuation),
            Opcode::Text | Opcode::Binary if self.begun.is_some() => Err(Violation::Nested),
            _ if before.saturating_add(head.length) > self.largest as u64 => Err(Violation::TooLarge),
            _ => Ok(()),
        }
    }

    /// A frame is complete: what that makes of it.
    fn end(&mut self, head: FrameHead) -> Result<Option<Message>, Violation> {
        let control = self.frame.take().map(|frame| frame.control).unwrap_or_default();
        let octets = head.octets();
        self.last = Extent { frames: 1, octets };
        let begun = match head.opcode {
            Opcode::Ping => return Ok(Some(Message::Ping(control))),
            Opcode::Pong => return Ok(Some(Message::Pong(control))),
            Opcode::Close => return close(&control).map(Some),
            Opcode::Text | Opcode::Binary | Opcode::Continuation | Opcode::Other(_) => {
                self.begun.as_mut().ok_or(Violation::Continuation)?
            }
        };
        begun.extent = Extent { frames: begun.extent.frames + 1, octets: begun.extent.octets + octets };
        if !head.is_final {
            return Ok(None);
        }
        self.last = begun.extent;
        let Some(Begun { is_text, octets, .. }) = self.begun.take() else { return Ok(None) };
        match is_text {
            true => String::from_utf8(octets).map(|text| Some(Message::Text(text))).map_err(|_| Violation::Utf8),
            false => Ok(Some(Message::Binary(octets))),
        }
    }
}

impl Begun {
    fn check(&mut self) -> Result<(), Violation> {
        match std::str::from_utf8(&self.octets[self.checked..]) {
            Ok(_) => self.checked = self.octets.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(Violation::Utf8),
        }
        Ok(())
    }
}

fn close(payload: &[u8]) -> Result<Message, Violation> {
    let Some((code, words)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(Message::Close(None)) } else { Err(Violation::Close) };
    };
    let code = u16::from_be_bytes(*code);
    let words = String::from_utf8(words.to_vec()).map_err(|_| Violation::Utf8)?;
    if code::is_sayable(code) { Ok(Message::Close(Some((code, words)))) } else { Err(Violation::Close) }
}

impl Message {
    /// What its first frame says that it is.
    pub fn opcode(&self) -> Opcode {
        match self {
            Message::Text(_) => Opcode::Text,
            Message::Binary(_) => Opcode::Binary,
            Message::Ping(_) => Opcode::Ping,
            Message::Pong(_) => Opcode::Pong,
            Message::Close(_) => Opcode::Close,
        }
    }

    /// What it carries.
    pub fn payload(&self) -> Cow<'_, [u8]> {
        match self {
            Message::Text(text) => text.as_bytes().into(),
            Message::Binary(octets) | Message::Ping(octets) | Message::Pong(octets) => octets.into(),
            Message::Close(None) => Cow::Borrowed(&[]),
            Message::Close(Some((code, words))) => [&code.to_be_bytes(), words.as_bytes()].concat().into(),
        }
    }

    /// Writes it as one frame to the end of `out`; a client's with a mask.
    pub fn write(&self, mask: Option<[u8; 4]>, out: &mut Vec<u8>) {
        let (opcode, payload) = (self.opcode(), self.payload());
        FrameHead { is_final: true, reserved: 0, opcode, mask, length: payload.len() as u64 }.write(out);
        let at = out.len();
        out.extend_from_slice(&payload);
        if let Some(mask) = mask {
            frame::mask(&mut out[at..], mask, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fragments_are_one_message_and_control_frames_may_stand_between() {
        let octets = [&[0x01, 3][..], b"Hel", &[0x89, 1], b"?", &[0x80, 2], b"lo"].concat();
        let told = read(Sender::Server, &octets);
        assert_eq!(told, [Ok(Message::Ping(b"?".into())), Ok(Message::Text("Hello".into()))]);
    }

    #[test]
    fn each_broken_rule_is_told() {
        for (octets, violation) in [
            (&[0x81, 0x80, 0, 0, 0, 0][..], Violation::Masked),
            (&[0xc1, 0], Violation::Reserved),
            (&[0x83, 0], Violation::Opcode),
            (&[0x8b, 0], Violation::Opcode),
            (&[0x09, 0], Violation::Control),
            (&[0x89, 126, 0, 126], Violation::Control),
            (&[0x80, 0], Violation::Continuation),
            (&[0x01, 0, 0x81, 0], Violation::Nested),
            (&[0x88, 1, 3], Violation::Close),
            (&[0x88, 2, 3, 0xed], Violation::Close),
            (&[0x88, 3, 3, 0xe8, 0xff], Violation::Utf8),
            (&[0x81, 1, 0xff], Violation::Utf8),
            (&[0x01, 1, 0xff], Violation::Utf8),
            (&[0x81, 2, 0xc3, 0x28], Violation::Utf8),
            (&[0x81, 1, 0xc3], Violation::Utf8),
            (&[0x82, 126, 1, 1], Violation::TooLarge),
            (&[0x81, 126, 0, 1], Violation::Head(HeadError::Longer)),
        ] {
            assert_eq!(read(Sender::Server, octets), [Err(violation)], "{octets:x?}");
        }
        assert_eq!(read(Sender::Client, &[0x81, 0]), [Err(Violation::Unmasked)]);
    }

    #[test]
    fn text_that_cannot_become_utf_8_fails_before_its_frame_ends() {
        assert_eq!(read(Sender::Server, &[0x81, 100, b'a', 0xc3, 0x28]), [Err(Violation::Utf8)]);
        assert_eq!(read(Sender::Server, &[0x81, 100, b'a', 0xc3]), []);
        assert_eq!(read(Sender::Server, &[0x01, 1, 0xf4, 0x80, 100, 0x90]), [Err(Violation::Utf8)]);
    }

    #[test]
    fn a_message_knows_its_frames_and_their_octets() {
        let mut reader = Reader::new(Sender::Server, LARGEST);
        let mut octets = &[0x01, 3, b'H', b'e', b'l', 0x89, 1, b'?', 0x80, 2, b'l', b'o'][..];
        assert_eq!(reader.next(&mut octets), Ok(Some(Message::Ping(b"?".into()))));
        assert_eq!((reader.last(), reader.is_inside()), (Extent { frames: 1, octets: 3 }, true));
        assert_eq!(reader.next(&mut octets), Ok(Some(Message::Text("Hello".into()))));
        assert_eq!((reader.last(), reader.is_inside()), (Extent { frames: 2, octets: 9 }, false));
    }

    #[test]
    fn a_letter_may_be_split_over_fragments() {
        let octets = [0x01, 1, 0xc3, 0x80, 1, 0xa4];
        assert_eq!(read(Sender::Server, &octets), [Ok(Message::Text("ä".into()))]);
    }

    proptest! {
        #[test]
        fn any_split_of_any_octets_gives_the_same(octets: Vec<u8>, at: proptest::sample::Index) {
            let whole = read(Sender::Server, &octets);
            let at = at.index(octets.len() + 1);
            let mut reader = Reader::new(Sender::Server, LARGEST);
            let mut parts = told(&mut reader, &octets[..at]);
            if parts.last().is_none_or(Result::is_ok) {
                parts.extend(told(&mut reader, &octets[at..]));
            }
            prop_assert_eq!(parts, whole);
        }

        #[test]
        fn a_message_comes_back_as_it_was(text in "\\PC{0,40}", mask: [u8; 4], kind in 0..5) {
            let message = match kind {
                0 => Message::Binary(text.into_bytes()),
                1 => Message::Ping(text.into_bytes().into_iter().take(125).collect()),
                2 => Message::Close(None),
                3 => Message::Close(Some((1000, text.chars().take(20).collect()))),
                _ => Message::Text(text),
            };
            let mut octets = Vec::new();
            message.write(Some(mask), &mut octets);
            prop_assert_eq!(read(Sender::Client, &octets), [Ok(message)]);
        }
    }

    fn read(sender: Sender, octets: &[u8]) -> Vec<Result<Message, Violation>> {
        told(&mut Reader::new(sender, LARGEST), octets)
    }

    fn told(reader: &mut Reader, mut octets: &[u8]) -> Vec<Result<Message, Violation>> {
        let mut all = Vec::new();
        loop {
            match reader.next(&mut octets) {
                Ok(Some(message)) => all.push(Ok(message)),
                Ok(None) => return all,
                Err(violation) => {
                    all.push(Err(violation));
                    return all;
                }
            }
        }
    }

    const LARGEST: usize = 256;
}
