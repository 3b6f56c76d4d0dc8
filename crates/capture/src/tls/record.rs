//! What one side said, as records (RFC 8446 section 5.1), also where a part of it is missing.

use super::keys::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE};

/// Octets of one side that become records.
#[derive(Debug)]
pub(super) struct Records {
    waiting: Vec<u8>,
    at: usize,
    /// Octets to come that belong to a record of which a part is missing.
    skip: u64,
    /// Octets that were missing and passed over, since nobody knows where a record begins.
    gap: u64,
    in_step: bool,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub kind: u8,
    pub body: Vec<u8>,
}

/// What a hole costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Nothing more than one before it.
    Nothing,
    /// One record, with a body of so many octets.
    Record(u64),
    /// Nobody knows where the next record begins: it is looked for.
    Step,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing, until more was heard.
    Nothing,
    /// A record that follows the one before.
    Record(Record),
    /// What may be a record, somewhere behind so many octets that are none or are missing.
    Perhaps(Record, u64),
    /// No record.
    Nonsense,
}

impl Default for Records {
    fn default() -> Self {
        Self { waiting: Vec::new(), at: 0, skip: 0, gap: 0, in_step: true }
    }
}

impl Records {
    pub fn push(&mut self, octets: &[u8]) {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(octets.len());
        self.skip -= skipped as u64;
        self.waiting.drain(..self.at);
        self.at = 0;
        self.waiting.extend_from_slice(&octets[skipped..]);
    }

    /// So many octets are missing.
    pub fn hole(&mut self, length: u64) -> Lost {
        if self.skip > 0 && length <= self.skip {
            self.skip -= length;
            return Lost::Nothing;
        }
        let waiting = self.waiting.len() - self.at;
        let missing = |body: usize| (HEAD + body).saturating_sub(waiting) as u64;
        let body = self.head().map(|(_, body)| body).filter(|body| self.in_step && missing(*body) >= length);
        self.waiting.clear();
        self.at = 0;
        if let Some(body) = body {
            self.skip = missing(body) - length;
            return Lost::Record(body as u64);
        }
        self.gap += length - self.skip + waiting as u64;
        self.skip = 0;
        self.in_step = false;
        Lost::Step
    }

    /// Octets from the first record that is missing, while it is not known which records these are.
    pub fn gap(&self) -> u64 {
        self.gap
    }

    /// The kind of the next record, if its head is there.
    pub fn kind(&self) -> Option<u8> {
        self.head().map(|(kind, _)| kind)
    }

    pub fn next(&mut self) -> Next {
        if self.in_step { self.following() } else { self.candidate() }
    }

    /// What was [`Next::Perhaps`] a record is one.
    pub fn settle(&mut self) {
        if let Some((_, length)) = self.head() {
            self.at += HEAD + length;
        }
        self.gap = 0;
        self.in_step = true;
    }

    /// What was [`Next::Perhaps`] a record is none.
    pub fn reject(&mut self) {
        self.at += 1;
        self.gap += 1;
    }

    /// All that is no record yet.
    pub fn rest(&mut self) -> Vec<u8> {
        let rest = self.waiting.split_off(self.at.min(self.waiting.len()));
        self.waiting.clear();
        self.at = 0;
        rest
    }

    fn following(&mut self) -> Next {
        match self.head() {
            Some((kind, length)) if is_head(kind, self.version(), length) => match self.body(length) {
                Some(body) => {
                    self.at += HEAD + length;
                    Next::Record(Record { kind, body })
                }
                None => Next::Nothing,
            },
            Some(_) => Next::Nonsense,
            None => Next::Nothing,
        }
    }

    fn candidate(&mut self) -> Next {
        while let Some((kind, length)) = self.head() {
            if kind != CHANGE_CIPHER_SPEC && self.version() == TLS12 && is_head(kind, TLS12, length) {
                let perhaps = |body| Next::Perhaps(Record { kind, body }, self.gap);
                return self.body(length).map_or(Next::Nothing, perhaps);
            }
            self.reject();
        }
        Next::Nothing
    }

    fn head(&self) -> Option<(u8, usize)> {
        let head: &[u8; HEAD] = self.waiting.get(self.at..)?.first_chunk()?;
        Some((head[0], usize::from(u16::from_be_bytes([head[3], head[4]]))))
    }

    fn version(&self) -> [u8; 2] {
        self.waiting.get(self.at + 1..self.at + 3).and_then(|two| two.try_into().ok()).unwrap_or_default()
    }

    fn body(&self, length: usize) -> Option<Vec<u8>> {
        self.waiting.get(self.at + HEAD..self.at + HEAD + length).map(<[u8]>::to_vec)
    }
}

/// Whether five octets are the head of a record.
pub(super) fn is_head(kind: u8, version: [u8; 2], length: usize) -> bool {
    matches!(kind, CHANGE_CIPHER_SPEC | ALERT | HANDSHAKE | APPLICATION_DATA | HEARTBEAT)
        && version[0] == 3
        && version[1] <= 4
        && (1..=LONGEST).contains(&length)
}

pub(super) const HEAD: usize = 5;
const HEARTBEAT: u8 = 24;
const TLS12: [u8; 2] = [3, 3];
/// What a record's body may have in TLS 1.2 (RFC 5246 section 6.2.3), more than in TLS 1.3.
const LONGEST: usize = (1 << 14) + 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_however_their_octets_come() {
        let octets = [record(22, 3), record(23, 2)].concat();
        for at in 0..octets.len() {
            let mut records = Records::default();
            let mut kinds = Vec::new();
            for part in [&octets[..at], &octets[at..]] {
                records.push(part);
                while let Next::Record(Record { kind, .. }) = records.next() {
                    kinds.push(kind);
                }
            }
            assert_eq!(kinds, [22, 23], "{at}");
        }
        let mut records = Records::default();
        records.push(b"GET / HTTP/1.1");
        assert_eq!(records.next(), Next::Nonsense);
    }

    #[test]
    fn a_hole_inside_a_record_costs_that_record_only() {
        let mut records = Records::default();
        records.push(&record(23, 100)[..50]);
        assert_eq!(records.hole(20), Lost::Record(100));
        records.push(&[&[0; 35][..], &record(21, 2)].concat());
        assert_eq!(records.next(), Next::Record(Record { kind: 21, body: vec![7; 2] }));
    }

    #[test]
    fn after_a_larger_hole_records_are_looked_for() {
        let mut records = Records::default();
        records.push(&record(23, 100)[..50]);
        assert_eq!(records.hole(60), Lost::Step);
        records.push(&[&[23, 3, 3, 0xff][..], &record(23, 9)].concat());
        let Next::Perhaps(record, gap) = records.next() else { panic!("there is one") };
        assert_eq!((record.body.len(), gap), (9, 114));
        records.settle();
        assert_eq!((records.next(), records.rest()), (Next::Nothing, vec![]));
    }

    fn record(kind: u8, length: u16) -> Vec<u8> {
        [&[kind, 3, 3], &length.to_be_bytes()[..], &vec![7; usize::from(length)]].concat()
    }
}
