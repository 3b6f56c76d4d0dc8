//! A worker's record: one strip of entries for each service, each with a quota.
//!
//! Writing appends to the current chunk of a strip: no lock, no channel, no formatting, no hashing.
//! When a strip is full its oldest chunk goes, so a flood evicts only its own kind. Readers take
//! chunks by reference; what they have taken stays whole however much the ledger forgets.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use toynet_machine::Time;

use crate::{EndId, Entry, Seen};

/// A service's place in a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StripId(pub u32);

/// How many octets a strip may hold; with 0 nothing is ever written.
#[derive(Clone, Copy, Debug)]
pub struct Quota(pub usize);

impl Default for Quota {
    /// 4 MiB: some 15,000 DNS exchanges or 60 flows of 64 KiB, for each service.
    fn default() -> Self {
        Self(4 * 1024 * 1024)
    }
}

/// What one worker has seen.
#[derive(Debug)]
pub struct Ledger {
    worker: u16,
    quota: Quota,
    strips: Vec<Strip>,
    ends: u64,
    order: u64,
}

/// How far a reader has come in one ledger: entries of each strip.
#[derive(Clone, Debug, Default)]
pub struct Cursor(Vec<u64>);

/// What a reader takes from one ledger at once.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Entries, ordered within each piece.
    pub pieces: Vec<Piece>,
    /// Entries that were forgotten before this reader came to them.
    pub missed: u64,
}

/// Whole entries of one service.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The entries.
    pub octets: Bytes,
    /// How many they are.
    pub entries: u64,
}

impl Ledger {
    /// The empty ledger of a worker.
    pub fn new(worker: u16, quota: Quota) -> Self {
        Self { worker, quota, strips: Vec::new(), ends: 0, order: 0 }
    }

    /// Makes room for one more service.
    pub fn add_strip(&mut self) -> StripId {
        if self.quota.0 == 0 {
            return NOWHERE;
        }
        self.strips.push(Strip::default());
        StripId(self.strips.len() as u32 - 1)
    }

    /// A number for an end that is about to be opened.
    pub fn new_end(&mut self) -> EndId {
        self.ends += 1;
        EndId::new(self.worker, self.ends)
    }

    /// The position in a strip that the next entry will have.
    pub fn position(&self, strip: StripId) -> u64 {
        self.strips.get(strip.0 as usize).map_or(0, Strip::end)
    }

    /// Whether the entry at a position has been forgotten.
    #[inline]
    pub fn is_forgotten(&self, strip: StripId, position: u64) -> bool {
        self.strips.get(strip.0 as usize).is_some_and(|strip| position < strip.start)
    }

    /// Appends what `end` saw.
    #[inline]
    pub fn write(&mut self, strip: StripId, end: EndId, time: Time, seen: Seen<'_>) {
        self.order += 1;
        let entry = Entry { end, time, order: self.order, seen };
        if let Some(strip) = self.strips.get_mut(strip.0 as usize) {
            strip.write(&entry, self.quota.0);
        }
    }

    /// Appends what an end of another process saw, with that process's own time and order.
    pub fn append(&mut self, strip: StripId, entry: &Entry<'_>) {
        if let Some(strip) = self.strips.get_mut(strip.0 as usize) {
            strip.write(entry, self.quota.0);
        }
    }

    /// Whether something was written that `cursor` has not passed.
    pub fn has_news(&self, cursor: &Cursor) -> bool {
        self.strips.iter().enumerate().any(|(at, strip)| strip.end() > cursor.at(at))
    }

    /// Takes all that lies behind `cursor` and moves it to the end.
    pub fn read(&mut self, cursor: &mut Cursor) -> Batch {
        let mut batch = Batch::default();
        cursor.0.resize(self.strips.len(), 0);
        for (strip, at) in self.strips.iter_mut().zip(&mut cursor.0) {
            strip.read(at, &mut batch);
        }
        batch
    }

    /// Octets that the ledger holds.
    pub fn held(&self) -> usize {
        self.strips.iter().map(|strip| strip.held + strip.current.len()).sum()
    }

    /// Entries that were forgotten to stay within the quotas.
    pub fn forgotten(&self) -> u64 {
        self.strips.iter().map(|strip| strip.start).sum()
    }
}

impl Cursor {
    fn at(&self, strip: usize) -> u64 {
        self.0.get(strip).copied().unwrap_or(0)
    }
}

/// The entries of one service. Positions count entries since the strip began.
#[derive(Debug, Default)]
struct Strip {
    full: VecDeque<Piece>,
    /// Octets in `full`.
    held: usize,
    /// The position of the first entry that is still held.
    start: u64,
    /// The position after the last one in `full`.
    sealed: u64,
    current: BytesMut,
    /// Entries in `current`.
    entries: u64,
    /// How large the next chunk will be.
    next_chunk: usize,
}

impl Strip {
    #[inline]
    fn write(&mut self, entry: &Entry<'_>, quota: usize) {
        let need = Entry::HEAD + entry.seen.payload();
        if self.current.capacity() - self.current.len() < need {
            self.begin_chunk(need, quota);
        }
        entry.write(&mut self.current);
        self.entries += 1;
    }

    #[cold]
    fn begin_chunk(&mut self, need: usize, quota: usize) {
        self.seal();
        // Several chunks make a quota, or forgetting one would forget all.
        let largest = LARGEST_CHUNK.min(quota / 4).max(SMALLEST_CHUNK);
        self.next_chunk = (self.next_chunk * 4).clamp(SMALLEST_CHUNK, largest);
        let size = self.next_chunk.max(need);
        while self.held + size > quota {
            let Some(oldest) = self.full.pop_front() else { break };
            self.held -= oldest.octets.len();
            self.start += oldest.entries;
        }
        self.current = BytesMut::with_capacity(size);
    }

    fn seal(&mut self) {
        let octets = self.current.split().freeze();
        if !octets.is_empty() {
            let entries = std::mem::take(&mut self.entries);
            self.held += octets.len();
            self.sealed += entries;
            self.full.push_back(Piece { octets, entries });
        }
    }

    fn end(&self) -> u64 {
        self.sealed + self.entries
    }

    fn read(&mut self, at: &mut u64, batch: &mut Batch) {
        self.seal();
        batch.missed += self.start.saturating_sub(*at);
        let mut position = self.start;
        for piece in &self.full {
            if position >= *at {
                batch.pieces.push(piece.clone());
            }
            position += piece.entries;
        }
        *at = position;
    }
}

/// A strip that no ledger has: what is written there is gone.
const NOWHERE: StripId = StripId(u32::MAX);
/// The first chunk of a strip: a host that speaks little costs little.
const SMALLEST_CHUNK: usize = 1024;
/// Below the allocator's threshold for a mapping of its own, so that chunks are reused warm.
const LARGEST_CHUNK: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Direction;

    #[test]
    fn a_reader_takes_each_entry_once_and_in_order() {
        let mut ledger = Ledger::new(0, Quota::default());
        let strip = ledger.add_strip();
        let mut cursor = Cursor::default();
        let mut seen = Vec::new();
        for number in 1..=500 {
            write(&mut ledger, strip, number);
            if number % 7 == 0 {
                assert!(ledger.has_news(&cursor));
                seen.extend(numbers(&ledger.read(&mut cursor)));
                assert!(!ledger.has_news(&cursor));
            }
        }
        seen.extend(numbers(&ledger.read(&mut cursor)));
        assert_eq!(seen, (1..=500).collect::<Vec<_>>());
    }

    #[test]
    fn a_flood_evicts_only_its_own_kind() {
        let mut ledger = Ledger::new(0, Quota(256 * 1024));
        let (quiet, loud) = (ledger.add_strip(), ledger.add_strip());
        write(&mut ledger, quiet, 1);
        (2..100_000).for_each(|number| write(&mut ledger, loud, number));

        assert!(ledger.held() < 2 * 256 * 1024);
        let batch = ledger.read(&mut Cursor::default());
        let numbers = numbers(&batch);
        assert_eq!((numbers[0], *numbers.last().unwrap()), (1, 99_999));
        assert!(batch.missed > 0);
        assert_eq!(batch.missed, ledger.forgotten());
    }

    #[test]
    fn who_may_hold_nothing_writes_nothing() {
        let mut ledger = Ledger::new(0, Quota(0));
        let strip = ledger.add_strip();
        write(&mut ledger, strip, 1);
        assert!(!ledger.has_news(&Cursor::default()));
        assert_eq!((ledger.held(), ledger.position(strip)), (0, 0));
        assert!(ledger.read(&mut Cursor::default()).pieces.is_empty());
    }

    fn write(ledger: &mut Ledger, strip: StripId, number: u64) {
        let seen = Seen::Octets { direction: Direction::Sent, number, octets: &[7; 100] };
        ledger.write(strip, EndId::new(0, 1), Time::from_nanos(number), seen);
    }

    fn numbers(batch: &Batch) -> Vec<u64> {
        let mut numbers = Vec::new();
        for piece in &batch.pieces {
            let mut rest = &piece.octets[..];
            while let Some(entry) = Entry::read(&mut rest) {
                match entry.seen {
                    Seen::Octets { number, .. } => numbers.push(number),
                    other => panic!("unexpected {other:?}"),
                }
            }
        }
        numbers
    }
}
