//! Contents: decoded, and as text where they are some.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use toynet_record::dissect::Carried;

use crate::client::coding::Decoding;

/// A content as HAR has it.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// Without codings: how many octets.
    pub size: u64,
    /// How many octets the codings saved, where there are some and all of it is known.
    pub compression: Option<i64>,
    pub text: Option<String>,
    pub is_base64: bool,
    /// What a reader should know of it.
    pub comment: Option<String>,
}

/// How much contents may be held yet.
#[derive(Debug)]
pub(super) struct Room(usize);

impl Room {
    pub fn of(octets: usize) -> Self {
        Self(octets)
    }

    /// Whether there is place for so many octets, which are held from then on.
    pub fn take(&mut self, octets: usize) -> bool {
        let fits = octets <= self.0;
        self.0 -= if fits { octets } else { 0 };
        fits
    }
}

impl Body {
    /// The content of a message.
    pub fn of(carried: &Carried, room: &mut Room) -> Self {
        let coding = carried.values("content-encoding").collect::<Vec<_>>().join(", ");
        let (content, trouble) = decoded(&carried.content, &coding, carried.is_whole);
        let is_decoded = trouble.is_none() && !coding.is_empty() && carried.is_whole;
        let size = if is_decoded || coding.is_empty() { content.len() as u64 } else { carried.length };
        let cut = (!carried.is_whole).then(|| cut(carried));
        let mut body = Self {
            size: if carried.is_whole { size } else { carried.length.max(size) },
            compression: is_decoded.then(|| content.len() as i64 - carried.length as i64),
            comment: cut.into_iter().chain(trouble).reduce(|one, other| format!("{one}; {other}")),
            ..Self::default()
        };
        if content.is_empty() {
            return body;
        }
        if !room.take(content.len()) {
            body.comment = Some("left out: the contents before it are as much as one file should hold".to_owned());
            return body;
        }
        (body.text, body.is_base64) = match String::from_utf8(content) {
            Ok(text) if !text.contains('\0') => (Some(text), false),
            Ok(text) => (Some(STANDARD.encode(text)), true),
            Err(error) => (Some(STANDARD.encode(error.as_bytes())), true),
        };
        body
    }
}

fn cut(carried: &Carried) -> String {
    let (kept, length) = (carried.content.len() as u64, carried.length);
    match length > kept {
        true => format!("only {kept} of {length} octets were recorded"),
        false => format!("only {kept} octets were recorded"),
    }
}

/// A content without its codings, as far as that can be done; and what got in the way.
fn decoded(content: &[u8], coding: &str, is_whole: bool) -> (Vec<u8>, Option<String>) {
    if coding.is_empty() || content.is_empty() {
        return (content.to_vec(), None);
    }
    let Some(mut decoding) = Decoding::of(coding) else {
        return (content.to_vec(), Some(format!("as it was coded: nobody here knows {coding}")));
    };
    let mut decoded = Vec::new();
    for piece in content.chunks(PIECE) {
        match decoding.piece(Bytes::copy_from_slice(piece)) {
            Ok(octets) => decoded.extend_from_slice(&octets),
            Err(error) => return (content.to_vec(), Some(format!("as it was coded: {error}"))),
        }
        if decoded.len() > Carried::MOST {
            decoded.truncate(Carried::MOST);
            return (decoded, Some("its end is left out: it is larger than one content should be".to_owned()));
        }
    }
    match decoding.end() {
        Ok(octets) => decoded.extend_from_slice(&octets),
        Err(_) if !is_whole => {}
        Err(error) => return (content.to_vec(), Some(format!("as it was coded: {error}"))),
    }
    (decoded, None)
}

/// So little at once that no piece becomes more than memory takes, whatever it is coded with.
const PIECE: usize = 1024;
