//! Segments become what one side said, in order (RFC 9293 section 3.4).

use std::collections::BTreeMap;

use crate::packet::{ACK, FIN, RST, SYN};

/// What a segment says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub source: u16,
    pub destination: u16,
    pub sequence: u32,
    /// What its sender expects next of the other side.
    pub acknowledged: Option<u32>,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    pub octets: &'a [u8],
    /// Octets at its end that were not kept.
    pub missing: usize,
}

impl<'a> Segment<'a> {
    pub fn parse(payload: &'a [u8], missing: usize) -> Option<Self> {
        let head: &[u8; 20] = payload.first_chunk()?;
        let (two, four) =
            (|at: usize| [head[at], head[at + 1]], |at: usize| [head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let set = |flag: u8| head[13] & flag != 0;
        let octets = payload.get(usize::from(head[12] >> 4) * 4..).filter(|_| head[12] >> 4 >= 5)?;
        Some(Self {
            source: u16::from_be_bytes(two(0)),
            destination: u16::from_be_bytes(two(2)),
            sequence: u32::from_be_bytes(four(4)),
            acknowledged: set(ACK).then(|| u32::from_be_bytes(four(8))),
            syn: set(SYN),
            fin: set(FIN),
            rst: set(RST),
            octets,
            missing,
        })
    }
}

/// A piece of what one side said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Octets(Vec<u8>),
    /// So many octets that the capture does not have.
    Hole(u64),
}

/// One side's octets as they are put in order.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// The place of the octet that comes next: a sequence number, and how often these began anew.
    at: Option<u64>,
    waiting: BTreeMap<u64, Part>,
    held: usize,
    fin: Option<u64>,
}

#[derive(Debug)]
struct Part {
    octets: Vec<u8>,
    missing: usize,
}

impl Way {
    /// The octet of this number comes next, unless that is known better.
    pub fn begin(&mut self, sequence: u32) {
        self.at.get_or_insert(FIRST_ROUND | u64::from(sequence));
    }

    /// Whether the octet of this number comes next.
    pub fn expects(&self, sequence: u32) -> bool {
        self.at.is_some_and(|at| at as u32 == sequence)
    }

    /// Octets that wait for earlier ones.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Takes a segment and gives what follows in order. Of octets that came twice the first count.
    pub fn take(&mut self, segment: &Segment<'_>, out: &mut Vec<Piece>) {
        let sequence = segment.sequence.wrapping_add(u32::from(segment.syn));
        self.begin(sequence);
        let place = self.place(sequence);
        if segment.fin {
            self.fin.get_or_insert(place + (segment.octets.len() + segment.missing) as u64);
        }
        let at = self.at.unwrap_or(place);
        if segment.octets.is_empty() && segment.missing == 0 || place.saturating_sub(at) > FARTHEST {
            return;
        }
        let part = Part { octets: segment.octets.to_vec(), missing: segment.missing };
        if place <= at {
            self.hand_on(place, part, out);
            self.drain(out);
        } else {
            self.hold(place, part);
            while self.held > MOST_WAITING || self.waiting.len() > MOST_PARTS {
                self.leap(out);
            }
        }
    }

    /// Learns that the other side has all octets up to this number: what the capture lacks of them will
    /// not come.
    pub fn acknowledged(&mut self, number: u32, out: &mut Vec<Piece>) {
        self.begin(number);
        let place = self.place(number);
        while self.waiting.first_key_value().is_some_and(|(first, _)| *first < place) {
            self.leap(out);
        }
    }

    /// Nothing more comes: gives what waits.
    pub fn give_up(&mut self, out: &mut Vec<Piece>) {
        while !self.waiting.is_empty() {
            self.leap(out);
        }
    }

    /// Whether the side has said all that it will, and all of it was given.
    pub fn is_over(&self) -> bool {
        self.fin.zip(self.at).is_some_and(|(fin, at)| at >= fin)
    }

    fn hold(&mut self, place: u64, part: Part) {
        let longer = self.waiting.get(&place).is_none_or(|known| known.octets.len() < part.octets.len());
        if longer {
            self.held += part.octets.len();
            self.held -= self.waiting.insert(place, part).map_or(0, |old| old.octets.len());
        }
    }

    /// Goes on behind a gap.
    fn leap(&mut self, out: &mut Vec<Piece>) {
        let Some((first, _)) = self.waiting.first_key_value() else { return };
        let gap = first.saturating_sub(self.at.unwrap_or(*first));
        if gap > 0 {
            out.push(Piece::Hole(gap));
            self.at = Some(*first);
        }
        self.drain(out);
    }

    fn drain(&mut self, out: &mut Vec<Piece>) {
        while let Some(first) = self.waiting.first_entry()
            && Some(*first.key()) <= self.at
        {
            let (place, part) = first.remove_entry();
            self.held -= part.octets.len();
            self.hand_on(place, part, out);
        }
    }

    /// Gives what is new of a part that begins no later than what comes next.
    fn hand_on(&mut self, place: u64, part: Part, out: &mut Vec<Piece>) {
        let at = self.at.unwrap_or(place);
        let known = usize::try_from(at.saturating_sub(place)).unwrap_or(usize::MAX);
        let end = place + (part.octets.len() + part.missing) as u64;
        if end <= at {
            return;
        }
        let octets = part.octets.get(known..).unwrap_or_default();
        if !octets.is_empty() {
            out.push(Piece::Octets(octets.to_vec()));
        }
        let missing = end - at - octets.len() as u64;
        if missing > 0 {
            out.push(Piece::Hole(missing));
        }
        self.at = Some(end);
    }

    /// Where the octet of this number is: half of the numbers lie behind, half ahead.
    fn place(&self, sequence: u32) -> u64 {
        let at = self.at.unwrap_or(FIRST_ROUND);
        let ahead = sequence.wrapping_sub(at as u32) as i32;
        at.saturating_add_signed(ahead.into())
    }
}

/// So that what lies behind the beginning has a place too.
const FIRST_ROUND: u64 = 1 << 32;
/// No window is larger (RFC 7323 section 2.3): what is farther away is of another connection.
const FARTHEST: u64 = 1 << 30;
/// Of one side: a large window of a fast line.
const MOST_WAITING: usize = 1024 * 1024;
/// Segments of an octet each are no conversation.
const MOST_PARTS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_come_in_order_and_once() {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 1, 0, 3], [2, 0, 2, 1]] {
            let mut way = begun(u32::MAX - 4);
            let mut out = Vec::new();
            let parts = [(0, "abcd"), (2, "cdef"), (6, "gh"), (4, "efghij")];
            for part in order.into_iter().chain(0..4) {
                let (offset, text) = parts[part];
                way.take(&segment((u32::MAX - 4).wrapping_add(offset), text), &mut out);
            }
            assert_eq!(text(&out), "abcdefghij", "{order:?}");
            assert_eq!(way.held(), 0);
        }
    }

    #[test]
    fn what_the_other_side_has_and_the_capture_lacks_is_a_hole() {
        let (mut way, mut out) = (begun(100), Vec::new());
        way.take(&segment(100, "one"), &mut out);
        way.take(&segment(110, "two"), &mut out);
        way.acknowledged(103, &mut out);
        assert_eq!(text(&out), "one");
        way.acknowledged(113, &mut out);
        assert_eq!(text(&out), "one(7)two");
    }

    #[test]
    fn an_end_waits_for_what_lies_before_it() {
        let (mut way, mut out) = (begun(100), Vec::new());
        way.take(&Segment { fin: true, ..segment(103, "two") }, &mut out);
        assert!(!way.is_over());
        way.take(&segment(100, "one"), &mut out);
        assert!(way.is_over());
        assert_eq!(text(&out), "onetwo");
    }

    #[test]
    fn what_was_cut_off_a_segment_is_a_hole_until_it_comes_again() {
        let (mut way, mut out) = (begun(1), Vec::new());
        way.take(&Segment { missing: 10, ..segment(1, "begin") }, &mut out);
        way.take(&segment(16, "end"), &mut out);
        assert_eq!(text(&out), "begin(10)end");
    }

    #[test]
    fn what_waits_is_bounded_and_nothing_is_lost() {
        let (mut way, mut out) = (begun(0), Vec::new());
        for number in 1..5000 {
            way.take(&segment(number * 1000, &"x".repeat(999)), &mut out);
        }
        assert!(way.held() <= MOST_WAITING);
        way.give_up(&mut out);
        let octets: usize =
            out.iter().map(|piece| if let Piece::Octets(octets) = piece { octets.len() } else { 0 }).sum();
        assert_eq!(octets, 4999 * 999);
    }

    fn begun(sequence: u32) -> Way {
        let mut way = Way::default();
        way.begin(sequence);
        way
    }

    fn segment(sequence: u32, text: &str) -> Segment<'_> {
        let (octets, missing) = (text.as_bytes(), 0);
        let (syn, fin, rst) = (false, false, false);
        Segment { source: 1, destination: 2, sequence, acknowledged: None, syn, fin, rst, octets, missing }
    }

    fn text(pieces: &[Piece]) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Octets(octets) => String::from_utf8_lossy(octets).into_owned(),
            Piece::Hole(length) => format!("({length})"),
        };
        pieces.iter().map(text).collect()
    }
}
