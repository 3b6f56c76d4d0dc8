//! A query, read where it lies, without allocation.

use super::{HEADER, flag, option, u16_at};
use crate::codes::{Class, Opcode, RecordType};
use crate::name::Key;

/// The id and the second pair of octets of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags {
    /// The message's id.
    pub id: u16,
    /// QR, opcode, AA, TC, RD, RA, Z, AD, CD, rcode.
    pub bits: u16,
}

impl Flags {
    /// Takes the header of a request; nothing for what is shorter or a response: those get no answer.
    #[inline]
    pub fn read(message: &[u8]) -> Option<Self> {
        if message.len() < HEADER {
            return None;
        }
        let flags = Self { id: u16_at(message, 0)?, bits: u16_at(message, 2)? };
        (flags.bits & flag::QR == 0).then_some(flags)
    }

    /// What the request is for.
    pub fn opcode(self) -> Opcode {
        Opcode((self.bits >> 11 & 15) as u8)
    }

    /// Whether recursion is desired.
    pub fn recursion_desired(self) -> bool {
        self.bits & flag::RD != 0
    }
}

/// A question with its place in the request.
#[derive(Clone)]
pub struct Asked {
    /// QNAME.
    pub name: Key,
    /// QTYPE.
    pub kind: RecordType,
    /// QCLASS.
    pub class: Class,
    /// Where the question ends in the request; it begins after the header.
    pub end: usize,
}

/// What an OPT record says (RFC 6891 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edns<'a> {
    /// The largest datagram that the sender takes.
    pub payload: u16,
    /// The version; only zero exists.
    pub version: u8,
    /// The upper bits of the response code.
    pub upper_rcode: u8,
    /// Whether DNSSEC records are wanted (RFC 3225).
    pub dnssec_ok: bool,
    /// The options, which [`Edns::option`] looks through.
    pub options: &'a [u8],
}

impl<'a> Edns<'a> {
    /// The first option with this code.
    pub fn option(&self, code: u16) -> Option<&'a [u8]> {
        option::each(self.options).find(|(known, _)| *known == code).map(|(_, value)| value)
    }

    pub(crate) fn from_parts(class: u16, ttl: u32, options: &'a [u8]) -> Self {
        let [upper_rcode, version, high, _] = ttl.to_be_bytes();
        Self { payload: class, version, upper_rcode, dnssec_ok: high & 0x80 != 0, options }
    }
}

/// A query with one question.
pub struct Query<'a> {
    /// Id and flags.
    pub flags: Flags,
    /// The question.
    pub asked: Asked,
    /// The OPT record, if there is one.
    pub edns: Option<Edns<'a>>,
    /// The question as it was sent, to be echoed.
    pub question: &'a [u8],
}

/// Why a request has no readable question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Its question or what follows is malformed, or there is not exactly one question (RFC 9619).
    Malformed,
}

impl<'a> Query<'a> {
    /// Reads what follows the header. Records other than OPT are stepped over.
    ///
    /// # Errors
    /// When the answer has to be FORMERR.
    #[inline]
    pub fn read(flags: Flags, message: &'a [u8]) -> Result<Self, Unreadable> {
        if u16_at(message, 4) != Some(1) {
            return Err(Unreadable::Malformed);
        }
        let asked = read_question(message).ok_or(Unreadable::Malformed)?;
        let question = &message[HEADER..asked.end];
        let others = [6, 8, 10].map(|at| u16_at(message, at).unwrap_or_default());
        let edns = match others {
            [0, 0, 0] if message.len() == asked.end => None,
            [0, 0, 0] => return Err(Unreadable::Malformed),
            _ => read_edns(message, asked.end, others).ok_or(Unreadable::Malformed)?,
        };
        Ok(Self { flags, asked, edns, question })
    }
}

#[inline]
fn read_question(message: &[u8]) -> Option<Asked> {
    let name = Key::read(message.get(HEADER..)?)?;
    let at = HEADER + name.wire().len();
    let (kind, class) = (RecordType(u16_at(message, at)?), Class(u16_at(message, at + 2)?));
    Some(Asked { name, kind, class, end: at + 4 })
}

/// Steps over the records; the outer nothing means that they are malformed.
fn read_edns(message: &[u8], from: usize, counts: [u16; 3]) -> Option<Option<Edns<'_>>> {
    let mut at = from;
    let mut edns = None;
    let before = u32::from(counts[0]) + u32::from(counts[1]);
    for index in 0..before + u32::from(counts[2]) {
        let fixed = skip_name(message, at)?;
        let (kind, class) = (RecordType(u16_at(message, fixed)?), u16_at(message, fixed + 2)?);
        let ttl = super::u32_at(message, fixed + 4)?;
        let end = fixed + 10 + usize::from(u16_at(message, fixed + 8)?);
        let rdata = message.get(fixed + 10..end)?;
        if kind == RecordType::OPT {
            // It stands once, in the additional section, and belongs to the root (RFC 6891 6.1.1).
            if edns.is_some() || index < before || fixed != at + 1 || !option::are_whole(rdata) {
                return None;
            }
            edns = Some(Edns::from_parts(class, ttl, rdata));
        }
        at = end;
    }
    (at == message.len()).then_some(edns)
}

/// Where a name that may be compressed ends.
pub(crate) fn skip_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = *message.get(at)?;
        match length {
            0 => return Some(at + 1),
            1..=63 => at += 1 + usize::from(length),
            0xc0.. => return (at + 2 <= message.len()).then_some(at + 2),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03Www\x04shop\x04test\x00\x00\x01\x00\x01";

    #[test]
    fn a_plain_question_is_read() {
        let query = read(QUESTION).unwrap();
        assert_eq!(query.flags.id, 0x1234);
        assert!(query.flags.recursion_desired());
        assert_eq!(query.asked.name.wire(), b"\x03www\x04shop\x04test\x00");
        assert_eq!((query.asked.kind, query.asked.class), (RecordType::A, Class::IN));
        assert!(query.edns.is_none());
    }

    #[test]
    fn edns_is_read_with_its_options() {
        let mut message = QUESTION.to_vec();
        message[11] = 1;
        message.extend_from_slice(b"\0\0\x29\x04\xd0\0\0\x80\0\0\x0c\0\x0a\0\x08COOKIE!!");
        let edns = read(&message).unwrap().edns.unwrap();
        assert_eq!((edns.payload, edns.version, edns.dnssec_ok), (1232, 0, true));
        assert_eq!(edns.option(option::COOKIE), Some(&b"COOKIE!!"[..]));
        assert_eq!(edns.option(option::NSID), None);
    }

    #[test]
    fn a_query_cut_anywhere_is_malformed() {
        for length in HEADER..QUESTION.len() {
            assert!(read(&QUESTION[..length]).is_err(), "{length}");
        }
        let longer = [QUESTION, b"x"].concat();
        assert!(read(&longer).is_err());
    }

    #[test]
    fn responses_and_scraps_are_no_queries() {
        assert!(Flags::read(&QUESTION[..11]).is_none());
        let mut response = QUESTION.to_vec();
        response[2] |= 0x80;
        assert!(Flags::read(&response).is_none());
    }

    fn read(message: &[u8]) -> Result<Query<'_>, Unreadable> {
        Query::read(Flags::read(message).unwrap(), message)
    }
}
