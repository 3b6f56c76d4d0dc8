//! Any message as values, as far as it can be read.

use super::query::Edns;
use super::{HEADER, flag, u16_at, u32_at};
use crate::codes::{Class, Opcode, Rcode, RecordType};
use crate::name::{MAX_NAME, Name};
use crate::rdata::{Field, fields, is_valid};
use crate::record::Record;

/// A message: what was read of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: u16,
    /// QR, opcode, flags and the lower four bits of the rcode.
    pub bits: u16,
    /// The question section.
    pub questions: Vec<Question>,
    /// The answer section.
    pub answers: Vec<Record>,
    /// The authority section.
    pub authority: Vec<Record>,
    /// The additional section, OPT included: its class is the payload, its TTL the rest (RFC 6891 6.1.2).
    pub additional: Vec<Record>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// QNAME.
    pub name: Name,
    /// QTYPE.
    pub kind: RecordType,
    /// QCLASS.
    pub class: Class,
}

/// A message, and where it broke if it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// All that stands before the place where it broke.
    pub message: Message,
    /// The first thing wrong.
    pub broken: Option<Broken>,
}

/// Where and how a message breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("octet {at}: {what} ({section})")]
pub struct Broken {
    /// The offset of the octet from the message's start.
    pub at: usize,
    /// In which part.
    pub section: Section,
    /// What is wrong there.
    pub what: &'static str,
}

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The first twelve octets.
    Header,
    /// Questions.
    Question,
    /// Answers.
    Answer,
    /// Authority.
    Authority,
    /// Additional.
    Additional,
    /// After the last record.
    End,
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Section::Header => "header",
            Section::Question => "question section",
            Section::Answer => "answer section",
            Section::Authority => "authority section",
            Section::Additional => "additional section",
            Section::End => "after the last record",
        })
    }
}

impl Message {
    /// Reads as much of a message as makes sense.
    pub fn decode(octets: &[u8]) -> Decoded {
        let mut message = Message::default();
        let broken = Decoder { octets, at: 0, section: Section::Header }.read(&mut message).err();
        Decoded { message, broken }
    }

    /// Reads a message that must be whole.
    ///
    /// # Errors
    /// Where and how it breaks.
    pub fn read(octets: &[u8]) -> Result<Self, Broken> {
        let Decoded { message, broken } = Self::decode(octets);
        broken.map_or(Ok(message), Err)
    }

    /// Whether it is a response.
    pub fn is_response(&self) -> bool {
        self.has(flag::QR)
    }

    /// Whether a bit of [`flag`] is set.
    pub fn has(&self, bit: u16) -> bool {
        self.bits & bit != 0
    }

    /// What it is for.
    pub fn opcode(&self) -> Opcode {
        Opcode((self.bits >> 11 & 15) as u8)
    }

    /// Its response code with the upper bits of EDNS.
    pub fn rcode(&self) -> Rcode {
        let upper = self.edns().map_or(0, |edns| u16::from(edns.upper_rcode));
        Rcode(upper << 4 | self.bits & 15)
    }

    /// What its OPT record says.
    pub fn edns(&self) -> Option<Edns<'_>> {
        let opt = self.additional.iter().find(|record| record.kind == RecordType::OPT)?;
        Some(Edns::from_parts(opt.class.0, opt.ttl, &opt.rdata))
    }
}

struct Decoder<'a> {
    octets: &'a [u8],
    at: usize,
    section: Section,
}

impl Decoder<'_> {
    fn read(&mut self, message: &mut Message) -> Result<(), Broken> {
        message.id = self.u16()?;
        message.bits = self.u16()?;
        let counts = [self.u16()?, self.u16()?, self.u16()?, self.u16()?];
        self.section = Section::Question;
        for _ in 0..counts[0] {
            message.questions.push(self.question()?);
        }
        let sections = [
            (Section::Answer, &mut message.answers),
            (Section::Authority, &mut message.authority),
            (Section::Additional, &mut message.additional),
        ];
        for ((section, records), count) in sections.into_iter().zip(&counts[1..]) {
            self.section = section;
            for _ in 0..*count {
                records.push(self.record()?);
            }
        }
        self.section = Section::End;
        if self.at == self.octets.len() { Ok(()) } else { Err(self.broken(self.at, "octets that nothing announced")) }
    }

    fn question(&mut self) -> Result<Question, Broken> {
        Ok(Question { name: self.name()?, kind: RecordType(self.u16()?), class: Class(self.u16()?) })
    }

    fn record(&mut self) -> Result<Record, Broken> {
        let owner = self.name()?;
        let (kind, class) = (RecordType(self.u16()?), Class(self.u16()?));
        let ttl = u32_at(self.octets, self.at).ok_or_else(|| self.end())?;
        self.at += 4;
        let length = usize::from(self.u16()?);
        let start = self.at;
        if start + length > self.octets.len() {
            return Err(self.broken(start - 2, "the data's length goes past the end of the message"));
        }
        let rdata = self.rdata(kind, start + length)?;
        Ok(Record { owner, kind, class, ttl, rdata: rdata.into() })
    }

    /// The data up to `end`, with its names uncompressed.
    fn rdata(&mut self, kind: RecordType, end: usize) -> Result<Vec<u8>, Broken> {
        let start = self.at;
        let mut rdata = Vec::with_capacity(end - start);
        // Compressed names are taken wherever they may be met, as RFC 3597 4 asks of receivers.
        for field in fields(kind).filter(|fields| fields.iter().any(is_name)).unwrap_or_default() {
            if is_name(field) {
                rdata.extend_from_slice(self.name()?.wire());
            } else {
                let rest = self.octets.get(self.at..end).unwrap_or_default();
                let length = crate::rdata::field_length(*field, rest)
                    .ok_or_else(|| self.broken(self.at, "the data is too short for its type"))?;
                rdata.extend_from_slice(&rest[..length]);
                self.at += length;
            }
            if self.at > end {
                return Err(self.broken(start, "a name goes past the end of the data"));
            }
        }
        rdata.extend_from_slice(&self.octets[self.at..end]);
        self.at = end;
        if kind == RecordType::OPT || is_valid(kind, &rdata) {
            Ok(rdata)
        } else {
            Err(self.broken(start, "the data is not what its type says"))
        }
    }

    fn name(&mut self) -> Result<Name, Broken> {
        let mut wire = Vec::new();
        let (mut at, mut after) = (self.at, None);
        loop {
            let length = *self.octets.get(at).ok_or_else(|| self.end())?;
            match length {
                0 => break,
                1..=63 => {
                    let label = self.octets.get(at..=at + usize::from(length)).ok_or_else(|| self.end())?;
                    wire.extend_from_slice(label);
                    at += label.len();
                }
                0xc0.. => {
                    let low = *self.octets.get(at + 1).ok_or_else(|| self.end())?;
                    after.get_or_insert(at + 2);
                    let target = usize::from(length & 0x3f) << 8 | usize::from(low);
                    // Pointers lead back, which also ends every loop (RFC 1035 4.1.4).
                    if target >= at {
                        return Err(self.broken(at, "a compression pointer that does not point back"));
                    }
                    at = target;
                }
                _ => return Err(self.broken(at, "a label of an unknown kind")),
            }
            if wire.len() >= MAX_NAME {
                return Err(self.broken(self.at, "a name of more than 255 octets"));
            }
        }
        wire.push(0);
        let name = Name::from_wire(&wire).map_err(|_| self.broken(self.at, "no name"))?;
        self.at = after.unwrap_or(at + 1);
        Ok(name)
    }

    fn u16(&mut self) -> Result<u16, Broken> {
        let value = u16_at(self.octets, self.at).ok_or_else(|| self.end())?;
        self.at += 2;
        Ok(value)
    }

    fn end(&self) -> Broken {
        self.broken(self.octets.len(), "the message ends early")
    }

    fn broken(&self, at: usize, what: &'static str) -> Broken {
        Broken { at, section: self.section, what }
    }
}

fn is_name(field: &Field) -> bool {
    matches!(field, Field::Name | Field::PlainName)
}

/// A query in wire form for what is not on the hot path: clients and look-ups.
pub fn write_query(id: u16, bits: u16, question: &Question, edns: Option<(u16, bool)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + question.name.wire().len() + 4 + super::OPT);
    for value in [id, bits, 1, 0, 0, u16::from(edns.is_some())] {
        out.extend_from_slice(&value.to_be_bytes());
    }
    out.extend_from_slice(question.name.wire());
    out.extend_from_slice(&question.kind.0.to_be_bytes());
    out.extend_from_slice(&question.class.0.to_be_bytes());
    if let Some((payload, dnssec_ok)) = edns {
        let [high, low] = payload.to_be_bytes();
        out.extend_from_slice(&[0, 0, 41, high, low, 0, 0, if dnssec_ok { 0x80 } else { 0 }, 0, 0, 0]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: &[u8] = b"\0\x07\x84\0\0\x01\0\x01\0\0\0\0\x04shop\x04test\0\0\x0f\0\x01\
        \xc0\x0c\0\x0f\0\x01\0\0\x0e\x10\0\x09\0\x0a\x04mail\xc0\x0c";

    #[test]
    fn compressed_names_are_read_in_data_too() {
        let message = Message::read(RESPONSE).unwrap();
        assert_eq!(message.answers[0].to_string(), "shop.test. 3600 IN MX 10 mail.shop.test.");
        assert!(message.has(flag::AA));
    }

    #[test]
    fn a_cut_message_is_read_up_to_the_cut() {
        for length in 0..RESPONSE.len() {
            let Decoded { message, broken } = Message::decode(&RESPONSE[..length]);
            assert!(broken.is_some());
            assert_eq!(message.questions.len(), usize::from(length >= 27));
        }
    }

    #[test]
    fn a_pointer_that_points_ahead_is_named_by_its_octet() {
        let mut response = RESPONSE.to_vec();
        response[28] = 0x1c;
        let broken = Message::decode(&response).broken.unwrap();
        assert_eq!(broken.to_string(), "octet 27: a compression pointer that does not point back (answer section)");
    }

    #[test]
    fn octets_after_the_last_record_are_told() {
        let longer = [RESPONSE, b"\0"].concat();
        let Decoded { message, broken } = Message::decode(&longer);
        assert_eq!(message.answers.len(), 1);
        assert_eq!(broken.unwrap().section, Section::End);
    }
}
