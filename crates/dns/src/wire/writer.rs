//! A message written in place: names compressed, whole record sets or none.

use super::HEADER;
use crate::codes::RecordType;
use crate::name;
use crate::rdata::compressible_names;

/// Writes a message into a buffer of the caller's.
pub struct Writer<'b> {
    out: &'b mut [u8],
    at: usize,
    limit: usize,
    known: Known,
}

/// The message has no room for what was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// A place in a message to which it can be taken back.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    at: usize,
    known: usize,
}

/// The name that was asked for, at the place where every question begins.
pub const QNAME: [u8; 2] = [0xc0, HEADER as u8];

impl<'b> Writer<'b> {
    /// Begins after the header, which is left to [`Writer::header`], and keeps to `limit` octets.
    #[inline]
    pub fn new(out: &'b mut [u8], limit: usize) -> Self {
        let limit = limit.min(out.len());
        Self { out, at: HEADER, limit, known: Known { offsets: [0; MOST_KNOWN], lengths: [0; MOST_KNOWN], count: 0 } }
    }

    /// How long the message is so far.
    pub fn length(&self) -> usize {
        self.at
    }

    /// Sets how long it may become.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.min(self.out.len());
    }

    /// The place reached.
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark { at: self.at, known: self.known.count }
    }

    /// Takes back what was written after `mark`.
    pub fn back_to(&mut self, mark: Mark) {
        self.at = mark.at;
        self.known.count = mark.known;
    }

    /// Writes the header: id, flags and the four counts.
    #[inline]
    pub fn header(&mut self, id: u16, bits: u16, counts: [u16; 4]) -> Option<usize> {
        let header = self.out.get_mut(..HEADER)?;
        let [questions, answers, authority, additional] = counts;
        for (to, from) in header.chunks_mut(2).zip([id, bits, questions, answers, authority, additional]) {
            to.copy_from_slice(&from.to_be_bytes());
        }
        Some(self.at)
    }

    /// Appends octets as they are.
    ///
    /// # Errors
    /// When they do not fit; then nothing is written.
    #[inline]
    pub fn put(&mut self, octets: &[u8]) -> Result<(), Full> {
        let end = self.at + octets.len();
        if end > self.limit {
            return Err(Full);
        }
        self.out[self.at..end].copy_from_slice(octets);
        self.at = end;
        Ok(())
    }

    /// Appends the question as it was sent; its name can be pointed to from then on.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn question(&mut self, question: &[u8]) -> Result<(), Full> {
        let at = self.at;
        self.put(question)?;
        self.remember(&question[..question.len() - 4], at, usize::MAX);
        Ok(())
    }

    /// Appends a name, its end as a pointer if the message has it already (RFC 1035 4.1.4).
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn name(&mut self, wire: &[u8]) -> Result<(), Full> {
        let at = self.at;
        let mut rest = wire;
        while rest.len() > 1 {
            if let Some(offset) = self.known.find(&self.out[..self.at], rest) {
                let new = wire.len() - rest.len();
                self.put(&wire[..new])?;
                self.put(&(0xc000 | offset).to_be_bytes())?;
                self.remember(wire, at, new);
                return Ok(());
            }
            rest = &rest[1 + usize::from(rest[0])..];
        }
        self.put(wire)?;
        self.remember(wire, at, usize::MAX);
        Ok(())
    }

    /// Appends a record's data with its length; the names in it that may be are compressed.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn rdata(&mut self, kind: RecordType, rdata: &[u8]) -> Result<(), Full> {
        let Some((before, names)) = compressible_names(kind) else {
            self.put(&(rdata.len() as u16).to_be_bytes())?;
            return self.put(rdata);
        };
        let length_at = self.at;
        self.put(&[0, 0])?;
        self.put(&rdata[..before])?;
        let mut rest = &rdata[before..];
        for _ in 0..names {
            let length = name::length(rest).unwrap_or(rest.len());
            self.name(&rest[..length])?;
            rest = &rest[length..];
        }
        self.put(rest)?;
        let length = (self.at - length_at - 2) as u16;
        self.out[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    /// Appends a whole record of class IN.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn record(&mut self, owner: &[u8], kind: RecordType, ttl: u32, rdata: &[u8]) -> Result<(), Full> {
        self.name(owner)?;
        self.put(&fixed(kind, ttl))?;
        self.rdata(kind, rdata)
    }

    /// Makes the first `new` octets' worth of labels of a name that stands at `at` known.
    #[inline]
    fn remember(&mut self, wire: &[u8], at: usize, new: usize) {
        let mut start = 0;
        while start < new && start + 1 < wire.len() {
            self.known.add(at + start, wire.len() - start);
            start += 1 + usize::from(wire[start]);
        }
    }
}

/// Type, class IN and TTL of a record.
#[inline]
pub fn fixed(kind: RecordType, ttl: u32) -> [u8; 8] {
    let [k1, k2] = kind.0.to_be_bytes();
    let [t1, t2, t3, t4] = ttl.to_be_bytes();
    [k1, k2, 0, 1, t1, t2, t3, t4]
}

/// Names that the message has, each with its uncompressed length: equal names are equally long.
struct Known {
    offsets: [u16; MOST_KNOWN],
    lengths: [u8; MOST_KNOWN],
    count: usize,
}

impl Known {
    #[inline]
    fn add(&mut self, offset: usize, length: usize) {
        // A pointer has 14 bits.
        if self.count < MOST_KNOWN && offset < 0x4000 {
            self.offsets[self.count] = offset as u16;
            self.lengths[self.count] = length as u8;
            self.count += 1;
        }
    }

    #[inline]
    fn find(&self, message: &[u8], wire: &[u8]) -> Option<u16> {
        let equally_long = |index: &usize| usize::from(self.lengths[*index]) == wire.len();
        let candidates = (0..self.count).filter(equally_long).map(|index| self.offsets[index]);
        candidates.into_iter().find(|offset| stands_at(message, usize::from(*offset), wire))
    }
}

/// Whether the name at `at`, which may itself end in a pointer, is `wire`.
fn stands_at(message: &[u8], mut at: usize, mut wire: &[u8]) -> bool {
    loop {
        let Some(length) = message.get(at).map(|length| usize::from(*length)) else { return false };
        if length >= 0xc0 {
            let Some(low) = message.get(at + 1) else { return false };
            at = (length & 0x3f) << 8 | usize::from(*low);
            continue;
        }
        let (Some(there), Some(here)) = (message.get(at..=at + length), wire.get(..=length)) else { return false };
        if !there.eq_ignore_ascii_case(here) {
            return false;
        }
        if length == 0 {
            return true;
        }
        at += 1 + length;
        wire = &wire[1 + length..];
    }
}

/// Enough for the thirteen servers of the root with their addresses; what comes after is not compressed.
const MOST_KNOWN: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_in_pointers_to_what_stands_before() {
        let mut out = [0; 512];
        let mut writer = Writer::new(&mut out, 512);
        writer.question(b"\x03www\x04shop\x04test\0\0\x01\0\x01").unwrap();
        writer.name(b"\x03WWW\x04shop\x04test\0").unwrap();
        writer.name(b"\x02ns\x04shop\x04test\0").unwrap();
        writer.name(b"\x01a\x02ns\x04shop\x04test\0").unwrap();
        writer.name(b"\0").unwrap();
        let end = writer.length();
        assert_eq!(out[31..end], *b"\xc0\x0c\x02ns\xc0\x10\x01a\xc0\x21\0");
    }

    #[test]
    fn what_does_not_fit_can_be_taken_back() {
        let mut out = [0; 40];
        let mut writer = Writer::new(&mut out, 20);
        let mark = writer.mark();
        assert_eq!(writer.record(b"\x01a\0", RecordType::A, 1, &[1, 2, 3, 4]), Err(Full));
        writer.back_to(mark);
        assert_eq!(writer.length(), HEADER);
        writer.set_limit(40);
        assert_eq!(writer.record(b"\x01a\0", RecordType::A, 1, &[1, 2, 3, 4]), Ok(()));
    }

    #[test]
    fn only_the_names_of_rfc_1035_are_compressed_in_data() {
        let mut out = [0; 512];
        let mut writer = Writer::new(&mut out, 512);
        writer.name(b"\x01a\x04test\0").unwrap();
        let start = writer.length();
        writer.rdata(RecordType::MX, b"\0\x0a\x01a\x04test\0").unwrap();
        writer.rdata(RecordType::SRV, b"\0\0\0\0\0\0\x01a\x04test\0").unwrap();
        let end = writer.length();
        assert_eq!(out[start..end], *b"\0\x04\0\x0a\xc0\x0c\0\x0e\0\0\0\0\0\0\x01a\x04test\0");
    }
}
