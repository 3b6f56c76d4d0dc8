//! Streams that one side alone writes (RFC 9114 6.2): the control stream, and those of QPACK.

use super::frame::{Frames, Kind, Piece};
use super::message::OF_TWO;
use super::{Broken, Code, frame, number, put_number};

/// One stream, from its first octet.
#[derive(Clone, Debug, Default)]
pub struct OneWay {
    /// What has come of its type, or of an instruction.
    held: Vec<u8>,
    role: Role,
}

#[derive(Clone, Debug, Default)]
enum Role {
    #[default]
    Unknown,
    Control(Box<Control>),
    Push,
    Encoder,
    Decoder,
    /// Of a type that nobody knows.
    Other,
}

#[derive(Clone, Debug)]
struct Control {
    frames: Frames,
    has_settings: bool,
    /// What the last GOAWAY said.
    last: Option<u64>,
    pushes: Option<u64>,
}

/// Which streams the other side has opened.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    /// Whether the other side is the client.
    is_client: bool,
    control: bool,
    encoder: bool,
    decoder: bool,
}

/// What a stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Its type.
    Is(&'static str),
    /// Identifiers and values.
    Settings(Vec<(u64, u64)>),
    /// No requests from this stream on, or from a client no pushes from this one on.
    GoAway(u64),
    /// Another frame.
    Frame(Kind),
    /// It is of a type that nobody knows, and can be stopped (RFC 9114 6.2.3).
    Unknown(u64),
}

/// The control stream as a server or client here begins it: its type and SETTINGS, of which `own` are its own. It grants
/// no dynamic table and no pushes, and has one setting that nobody knows, so that others are kept used to those
/// (RFC 9114 7.2.4.1).
pub fn control(largest_fields: u64, own: &[(u64, u64)]) -> Vec<u8> {
    let mut settings = Vec::new();
    for (identifier, value) in [&[(MAX_FIELD_SECTION_SIZE, largest_fields)], own, &[(0x21 + 0x1f, 0)]].concat() {
        put_number(&mut settings, identifier);
        put_number(&mut settings, value);
    }
    [&[CONTROL as u8][..], &frame::frame(Kind::Settings, &settings)].concat()
}

/// The name of a setting without what all of them begin with, if it has one (RFC 9114 7.2.4.1, 9204 5, 9220 3, 9297 2.1.1).
pub fn setting_name(id: u64) -> Option<&'static str> {
    match id {
        0x1 => Some("QPACK_MAX_TABLE_CAPACITY"),
        MAX_FIELD_SECTION_SIZE => Some("MAX_FIELD_SECTION_SIZE"),
        0x7 => Some("QPACK_BLOCKED_STREAMS"),
        0x8 => Some("ENABLE_CONNECT_PROTOCOL"),
        0x33 => Some("H3_DATAGRAM"),
        _ => None,
    }
}

/// A GOAWAY frame.
pub fn go_away(from: u64) -> Vec<u8> {
    let mut payload = Vec::new();
    put_number(&mut payload, from);
    frame::frame(Kind::GoAway, &payload)
}

impl Streams {
    /// Those of a client.
    pub fn of_client() -> Self {
        Self { is_client: true, control: false, encoder: false, decoder: false }
    }

    /// Those of a server.
    pub fn of_server() -> Self {
        Self { is_client: false, ..Self::of_client() }
    }

    /// One more of them; each may be but once.
    fn add(&mut self, kind: u64) -> Result<(), Broken> {
        let seen = match kind {
            CONTROL => &mut self.control,
            ENCODER => &mut self.encoder,
            DECODER => &mut self.decoder,
            PUSH if self.is_client => return Err(PUSHED),
            PUSH => return Err(NOT_ALLOWED),
            _ => return Ok(()),
        };
        if std::mem::replace(seen, true) { Err(TWICE) } else { Ok(()) }
    }
}

impl OneWay {
    /// Takes what came, and says what it means.
    ///
    /// # Errors
    /// What breaks a rule.
    pub fn said(&mut self, mut octets: &[u8], of: &mut Streams) -> Result<Vec<Told>, Broken> {
        let mut told = Vec::new();
        if matches!(self.role, Role::Unknown) {
            told.extend(self.kind(&mut octets, of)?);
        }
        match &mut self.role {
            Role::Control(control) => {
                while let Some(piece) = control.frames.next(&mut octets)? {
                    told.extend(control.heard(piece, of.is_client)?);
                }
            }
            Role::Encoder => self.encoder(octets)?,
            Role::Decoder => self.decoder(octets)?,
            Role::Unknown | Role::Push | Role::Other => {}
        }
        Ok(told)
    }

    /// The stream ended.
    ///
    /// # Errors
    /// When that one must not (RFC 9114 6.2.1, RFC 9204 4.2).
    pub fn end(&self) -> Result<(), Broken> {
        match self.role {
            Role::Control(_) | Role::Encoder | Role::Decoder => Err(CLOSED),
            Role::Unknown | Role::Push | Role::Other => Ok(()),
        }
    }

    /// Steps over octets that nobody kept; says whether it is known what follows.
    pub fn skip(&mut self, length: u64) -> bool {
        match &mut self.role {
            Role::Control(control) => control.frames.skip(length),
            _ => false,
        }
    }

    fn kind(&mut self, octets: &mut &[u8], of: &mut Streams) -> Result<Option<Told>, Broken> {
        while let Some((octet, rest)) = octets.split_first() {
            self.held.push(*octet);
            *octets = rest;
            let Some(kind) = number(&mut self.held.as_slice()) else { continue };
            self.held.clear();
            of.add(kind)?;
            let (role, told) = match kind {
                CONTROL => (Role::Control(Box::default()), Told::Is("control stream")),
                PUSH => (Role::Push, Told::Is("push stream")),
                ENCODER => (Role::Encoder, Told::Is("QPACK encoder stream")),
                DECODER => (Role::Decoder, Told::Is("QPACK decoder stream")),
                other => (Role::Other, Told::Unknown(other)),
            };
            self.role = role;
            return Ok(Some(told));
        }
        Ok(None)
    }

    /// Nobody here grants a table: nothing but a size of nothing can be said (RFC 9204 4.3).
    fn encoder(&mut self, octets: &[u8]) -> Result<(), Broken> {
        match octets.iter().all(|octet| *octet == SET_SIZE_TO_NOTHING) {
            true => Ok(()),
            false => Err(ENCODED),
        }
    }

    /// Nobody here uses a table: only that a stream was cancelled can be said (RFC 9204 4.4).
    fn decoder(&mut self, octets: &[u8]) -> Result<(), Broken> {
        self.held.extend_from_slice(octets);
        while let Some(first) = self.held.first() {
            if first & 0xc0 != CANCELLED {
                return Err(DECODED);
            }
            // A number of 62 bits (RFC 9204 4.1.1), which ends where no further octet is announced.
            let is_short = first & 0x3f != 0x3f;
            let last = if is_short {
                Some(0)
            } else {
                self.held.iter().skip(1).position(|octet| octet & 0x80 == 0).map(|at| at + 1)
            };
            match last {
                Some(last) if last < LONGEST_NUMBER => drop(self.held.drain(..=last)),
                None if self.held.len() < LONGEST_NUMBER => return Ok(()),
                Some(_) | None => return Err(DECODED),
            }
        }
        Ok(())
    }
}

impl Default for Control {
    fn default() -> Self {
        Self { frames: Frames::new(LARGEST), has_settings: false, last: None, pushes: None }
    }
}

impl Control {
    fn heard(&mut self, piece: Piece<'_>, by_client: bool) -> Result<Option<Told>, Broken> {
        let Piece::Frame(kind, payload) = piece else {
            return Err(if self.has_settings { UNEXPECTED } else { MISSING });
        };
        match kind {
            Kind::Settings if self.has_settings => return Err(UNEXPECTED),
            Kind::Settings => {
                self.has_settings = true;
                return settings(&payload).map(|settings| Some(Told::Settings(settings)));
            }
            _ if !self.has_settings => return Err(MISSING),
            Kind::GoAway => {
                let from = alone(&payload)?;
                // Of a server it is the number of a client's stream for requests (RFC 9114 5.2).
                let is_stream = by_client || from % 4 == 0;
                if !is_stream || self.last.is_some_and(|last| from > last) {
                    return Err(IDENTIFIER);
                }
                self.last = Some(from);
                return Ok(Some(Told::GoAway(from)));
            }
            Kind::MaxPushId => {
                let most = alone(&payload)?;
                if !by_client {
                    return Err(UNEXPECTED);
                }
                if self.pushes.is_some_and(|before| most < before) {
                    return Err(IDENTIFIER);
                }
                self.pushes = Some(most);
            }
            // Nothing is ever promised here.
            Kind::CancelPush => return alone(&payload).and(Err(IDENTIFIER)),
            Kind::OfTwo(_) => return Err(OF_TWO),
            Kind::Data | Kind::Headers | Kind::PushPromise => return Err(UNEXPECTED),
            Kind::Other(_) => {}
        }
        Ok(Some(Told::Frame(kind)))
    }
}

/// The payload of a frame that is one number and nothing else.
fn alone(mut payload: &[u8]) -> Result<u64, Broken> {
    number(&mut payload).filter(|_| payload.is_empty()).ok_or(LAYOUT)
}

fn settings(mut payload: &[u8]) -> Result<Vec<(u64, u64)>, Broken> {
    let mut settings: Vec<(u64, u64)> = Vec::new();
    while !payload.is_empty() {
        let identifier = number(&mut payload).ok_or(LAYOUT)?;
        let value = number(&mut payload).ok_or(LAYOUT)?;
        // RFC 9114 7.2.4.1: those of HTTP/2 are not for HTTP/3.
        if (2..=5).contains(&identifier) || settings.iter().any(|(before, _)| *before == identifier) {
            return Err(SETTING);
        }
        if identifier == ENABLE_CONNECT_PROTOCOL && value > 1 {
            return Err(NEITHER);
        }
        settings.push((identifier, value));
    }
    Ok(settings)
}

/// SETTINGS_MAX_FIELD_SECTION_SIZE (RFC 9114 7.2.4.1).
pub const MAX_FIELD_SECTION_SIZE: u64 = 0x6;
/// SETTINGS_ENABLE_CONNECT_PROTOCOL: with 1, a server lets streams become tunnels for other protocols (RFC 9220 3).
pub const ENABLE_CONNECT_PROTOCOL: u64 = 0x8;

const CONTROL: u64 = 0x0;
const PUSH: u64 = 0x1;
const ENCODER: u64 = 0x2;
const DECODER: u64 = 0x3;

/// RFC 9204 4.3.1.
const SET_SIZE_TO_NOTHING: u8 = 0x20;
/// RFC 9204 4.4.2.
const CANCELLED: u8 = 0x40;
/// As many octets as a number of 62 bits takes behind a prefix.
const LONGEST_NUMBER: usize = 10;
/// Of any control frame: some hundred settings, where there are no ten.
const LARGEST: usize = 4096;

const TWICE: Broken =
    Broken::new(Code::STREAM_CREATION_ERROR, "a stream that may be but once is there twice (RFC 9114 6.2.1)");
const PUSHED: Broken = Broken::new(Code::STREAM_CREATION_ERROR, "a client pushes (RFC 9114 6.2.2)");
const NOT_ALLOWED: Broken = Broken::new(Code::ID_ERROR, "a push that nobody has allowed (RFC 9114 4.6)");
/// What the end of a control stream is, or that of one of QPACK's, also when its reader has asked for that.
pub const CLOSED: Broken =
    Broken::new(Code::CLOSED_CRITICAL_STREAM, "a stream ends that lasts as long as its connection (RFC 9114 6.2.1)");
const UNEXPECTED: Broken =
    Broken::new(Code::FRAME_UNEXPECTED, "a frame stands where it may not in the control stream (RFC 9114 7)");
const MISSING: Broken =
    Broken::new(Code::MISSING_SETTINGS, "the control stream does not begin with SETTINGS (RFC 9114 6.2.1)");
const IDENTIFIER: Broken = Broken::new(Code::ID_ERROR, "an identifier is used as it may not be (RFC 9114 8.1)");
const SETTING: Broken =
    Broken::new(Code::SETTINGS_ERROR, "a setting is there twice, or is one of HTTP/2 (RFC 9114 7.2.4.1)");
const NEITHER: Broken =
    Broken::new(Code::SETTINGS_ERROR, "SETTINGS_ENABLE_CONNECT_PROTOCOL is neither 0 nor 1 (RFC 9220 3)");
const LAYOUT: Broken = Broken::new(Code::FRAME_ERROR, "a frame is not as long as what is in it (RFC 9114 7.1)");
const ENCODED: Broken =
    Broken::new(Code::QPACK_ENCODER_STREAM_ERROR, "a dynamic table is used that was not granted (RFC 9204 4.3)");
const DECODED: Broken =
    Broken::new(Code::QPACK_DECODER_STREAM_ERROR, "fields are acknowledged that used no dynamic table (RFC 9204 4.4)");

#[cfg(test)]
mod tests {
    use super::super::frame::frame;
    use super::*;

    #[test]
    fn our_own_control_stream_is_understood() {
        let told = said(&control(65_536, &[])).unwrap();
        assert_eq!(told, [Told::Is("control stream"), Told::Settings(vec![(6, 65_536), (0x40, 0)])]);
    }

    #[test]
    fn what_breaks_a_rule_is_told_by_its_code() {
        let settings = frame(Kind::Settings, b"");
        let control =
            |frames: &[&[u8]]| said(&[&[0][..], &settings, &frames.concat()].concat()).map_err(|broken| broken.code);
        assert_eq!(control(&[&settings]), Err(Code::FRAME_UNEXPECTED));
        assert_eq!(control(&[&frame(Kind::Data, b"")]), Err(Code::FRAME_UNEXPECTED));
        assert_eq!(control(&[&frame(Kind::Data, b"x")]), Err(Code::FRAME_UNEXPECTED));
        assert_eq!(control(&[&frame(Kind::Headers, b"x")]), Err(Code::FRAME_UNEXPECTED));
        assert_eq!(control(&[&frame(Kind::OfTwo(6), b"x")]), Err(Code::FRAME_UNEXPECTED));
        assert_eq!(control(&[&frame(Kind::GoAway, b"")]), Err(Code::FRAME_ERROR));
        assert_eq!(control(&[&go_away(4), &go_away(8)]), Err(Code::ID_ERROR));
        assert_eq!(control(&[&frame(Kind::MaxPushId, &[9]), &frame(Kind::MaxPushId, &[8])]), Err(Code::ID_ERROR));
        assert_eq!(control(&[&frame(Kind::CancelPush, &[1])]), Err(Code::ID_ERROR));
        assert!(control(&[&frame(Kind::Other(0x21), b"grease"), &go_away(8), &go_away(4)]).is_ok());
        let first = |frame: Vec<u8>| said(&[&[0][..], &frame].concat()).map_err(|broken| broken.code);
        assert_eq!(first(go_away(0)), Err(Code::MISSING_SETTINGS));
        assert_eq!(first(frame(Kind::Data, b"x")), Err(Code::MISSING_SETTINGS));
        assert_eq!(first(frame(Kind::Settings, &[2, 0])), Err(Code::SETTINGS_ERROR));
        assert_eq!(first(frame(Kind::Settings, &[7, 0, 7, 0])), Err(Code::SETTINGS_ERROR));
        assert_eq!(first(frame(Kind::Settings, &[7])), Err(Code::FRAME_ERROR));
        assert_eq!(first(frame(Kind::Settings, &[7; 5000])), Err(Code::EXCESSIVE_LOAD));
    }

    #[test]
    fn streams_are_once_and_of_the_right_side() {
        let code = |octets: &[u8]| said(octets).map_err(|broken| broken.code);
        assert_eq!(code(&[1]), Err(Code::STREAM_CREATION_ERROR));
        assert_eq!(code(&[2, 0x3f]), Err(Code::QPACK_ENCODER_STREAM_ERROR));
        assert_eq!(code(&[3, 0x80]), Err(Code::QPACK_DECODER_STREAM_ERROR));
        for cancelled in [&[3, 0x44][..], &[3, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x44]] {
            assert_eq!(code(cancelled), Ok(vec![Told::Is("QPACK decoder stream")]), "{cancelled:?}");
        }
        assert_eq!(code(&[&[3, 0x7f][..], &[0xff; 9]].concat()), Err(Code::QPACK_DECODER_STREAM_ERROR));
        assert_eq!(code(&[0x21, 1, 2]), Ok(vec![Told::Unknown(0x21)]));
        let mut streams = Streams::of_client();
        assert!(OneWay::default().said(&[0], &mut streams).is_ok());
        assert_eq!(OneWay::default().said(&[0], &mut streams), Err(TWICE));
        let mut stream = OneWay::default();
        assert_eq!(stream.end(), Ok(()));
        stream.said(&[2], &mut streams).unwrap();
        assert_eq!(stream.end(), Err(CLOSED));
    }

    /// Octet by octet.
    fn said(octets: &[u8]) -> Result<Vec<Told>, Broken> {
        let (mut stream, mut streams) = (OneWay::default(), Streams::of_client());
        let parts = octets.chunks(1).map(|part| stream.said(part, &mut streams));
        parts.collect::<Result<Vec<_>, _>>().map(|told| told.concat())
    }
}
