//! What may pass from a client to whoever reads the frames of HTTP/2.
//!
//! Behind it stands a library that keeps the rules, but says PROTOCOL_ERROR for most of what breaks them. Where
//! RFC 9113 demands another word, the gate shuts before the frame and says it. Nothing else is held back: whatever is
//! not judged here is judged behind the gate.

use std::collections::VecDeque;

use super::frame::{FrameHead, FrameKind, HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, PREFACE, settings};
use super::hpack::skim::Skimmer;

/// Follows what one client says in HTTP/2, from its preface on.
#[derive(Debug)]
pub struct FrameGate {
    state: State,
    /// Whether its first SETTINGS came.
    is_greeted: bool,
    /// Nothing once a block was too long to be followed.
    blocks: Option<Skimmer>,
    /// A header block that has begun.
    begun: Option<Begun>,
    /// The highest stream that the client has opened.
    last: u32,
    /// Streams that it has ended or reset, the newest last.
    ended: VecDeque<u32>,
    /// A request with an expectation has come, and nothing passes behind it.
    expecting: Option<u32>,
    /// The table sizes of settings that were not acknowledged yet, where they say any.
    tables: VecDeque<Option<u32>>,
}

#[derive(Debug)]
enum State {
    /// Between two frames.
    Between,
    /// So many octets pass unseen.
    Passing(usize),
    Shut(Violation),
}

#[derive(Debug)]
struct Begun {
    stream: u32,
    ends_stream: bool,
    block: Vec<u8>,
}

/// Why nothing more passes: a connection error (RFC 9113 5.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its code (RFC 9113 7).
    pub code: u32,
    /// The rule in one sentence.
    pub rule: &'static str,
}

impl Default for FrameGate {
    fn default() -> Self {
        let state = State::Passing(PREFACE.len());
        let blocks = Some(Skimmer::default());
        let (ended, tables) = (VecDeque::new(), VecDeque::new());
        Self { state, is_greeted: false, blocks, begun: None, last: 0, ended, expecting: None, tables }
    }
}

impl FrameGate {
    /// How many octets from the front may pass. What lies behind them is to be held and shown again, with more:
    /// no more than a frame, or what follows a request with an expectation.
    pub fn look(&mut self, octets: &[u8]) -> usize {
        let mut passed = 0;
        while passed < octets.len() {
            let rest = &octets[passed..];
            match &mut self.state {
                State::Passing(left) => {
                    let count = rest.len().min(*left);
                    *left -= count;
                    passed += count;
                    if *left == 0 {
                        self.state = State::Between;
                    }
                }
                State::Between if self.expecting.is_some() => break,
                State::Between => match self.frame(rest) {
                    Ok(0) => break,
                    Ok(length) => self.state = State::Passing(length),
                    Err(violation) => self.state = State::Shut(violation),
                },
                State::Shut(_) => break,
            }
        }
        passed
    }

    /// Why nothing more passes, if that is so.
    pub fn violation(&self) -> Option<Violation> {
        match self.state {
            State::Shut(violation) => Some(violation),
            State::Between | State::Passing(_) => None,
        }
    }

    /// The stream of a request with `Expect` whose head has passed and whose content is still to come. What follows it
    /// passes once this was asked for.
    pub fn take_expecting(&mut self) -> Option<u32> {
        self.expecting.take()
    }

    /// Whether the client has reset this stream, or ended it.
    pub fn has_ended(&self, stream: u32) -> bool {
        self.ended.contains(&stream)
    }

    /// The oldest settings were acknowledged: the table size that they said, if any (RFC 9113 6.5.3).
    pub fn acknowledged(&mut self) -> Option<u32> {
        self.tables.pop_front().flatten()
    }

    /// The frame that ends the connection for this reason, with the reason in words (RFC 9113 6.8).
    pub fn farewell(&self, code: u32, why: &str) -> Vec<u8> {
        let length = u32::try_from(8 + why.len()).unwrap_or(8);
        let head = FrameHead { length, kind: FrameKind::GoAway, flags: 0, stream: 0 };
        [&head.write(), &self.last.to_be_bytes()[..], &code.to_be_bytes(), why.as_bytes()].concat()
    }

    /// How many octets a frame has that may pass; none where more of it must be seen.
    fn frame(&mut self, octets: &[u8]) -> Result<usize, Violation> {
        let Some(head) = octets.first_chunk().map(FrameHead::read) else { return Ok(0) };
        if !self.is_greeted && (head.kind != FrameKind::Settings || head.has(FrameHead::ACK)) {
            return Err(GREETING);
        }
        self.is_greeted = true;
        check_length(&head)?;
        let length = FrameHead::LENGTH + head.length as usize;
        match head.kind {
            // Too long for anybody: that is said behind the gate.
            _ if head.length > LARGEST => {}
            FrameKind::Headers | FrameKind::Continuation | FrameKind::Settings => {
                let Some(payload) = octets.get(FrameHead::LENGTH..length) else { return Ok(0) };
                self.whole(&head, payload)?;
            }
            FrameKind::Data if self.ended.contains(&head.stream) => return Err(ENDED),
            FrameKind::Data if head.has(FrameHead::END_STREAM) => self.ends(head.stream),
            FrameKind::RstStream => self.ends(head.stream),
            _ => {}
        }
        Ok(length)
    }

    fn whole(&mut self, head: &FrameHead, payload: &[u8]) -> Result<(), Violation> {
        match head.kind {
            FrameKind::Settings => self.settings(head, payload),
            FrameKind::Headers if head.stream <= self.last && self.ended.contains(&head.stream) => Err(ENDED),
            FrameKind::Headers => {
                let Some(block) = head.body(payload) else { return Ok(()) };
                let ends_stream = head.has(FrameHead::END_STREAM);
                if head.has(FrameHead::END_HEADERS) {
                    return self.block(head.stream, ends_stream, block);
                }
                self.begun = Some(Begun { stream: head.stream, ends_stream, block: block.to_vec() });
                Ok(())
            }
            _ => self.continuation(head, payload),
        }
    }

    fn settings(&mut self, head: &FrameHead, payload: &[u8]) -> Result<(), Violation> {
        let is_too_large = |(name, value)| name == INITIAL_WINDOW_SIZE && value > LARGEST_WINDOW;
        if settings(payload).any(is_too_large) {
            return Err(WINDOW);
        }
        if !head.has(FrameHead::ACK) {
            let sizes = settings(payload).filter(|(name, _)| *name == HEADER_TABLE_SIZE).map(|(_, value)| value);
            self.tables.push_back(sizes.min());
            self.tables.truncate(REMEMBERED);
        }
        Ok(())
    }

    fn continuation(&mut self, head: &FrameHead, payload: &[u8]) -> Result<(), Violation> {
        let Some(mut begun) = self.begun.take_if(|begun| begun.stream == head.stream) else { return Ok(()) };
        begun.block.extend_from_slice(payload);
        if begun.block.len() > LONGEST_BLOCK {
            self.blocks = None;
        } else if head.has(FrameHead::END_HEADERS) {
            return self.block(begun.stream, begun.ends_stream, &begun.block);
        } else {
            self.begun = Some(begun);
        }
        Ok(())
    }

    /// A header block that is whole, of a request or of what follows its content.
    fn block(&mut self, stream: u32, ends_stream: bool, block: &[u8]) -> Result<(), Violation> {
        let Some(skimmer) = &mut self.blocks else { return Ok(()) };
        let skimmed = skimmer.skim(block).map_err(|_| BLOCK)?;
        let is_clients = stream % 2 == 1;
        if is_clients && stream <= self.last && skimmed.has_pseudo {
            return Err(TRAILERS);
        }
        let is_new = stream > self.last;
        self.last = self.last.max(stream);
        if ends_stream {
            self.ends(stream);
        } else if is_new && skimmed.has_expect {
            self.expecting = Some(stream);
        }
        Ok(())
    }

    fn ends(&mut self, stream: u32) {
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back(stream);
    }
}

/// Lengths that no frame of a kind may have.
fn check_length(head: &FrameHead) -> Result<(), Violation> {
    let is_wrong = match head.kind {
        FrameKind::Ping => head.length != 8,
        FrameKind::WindowUpdate | FrameKind::RstStream => head.length != 4,
        FrameKind::GoAway => head.length < 8,
        FrameKind::Priority => head.length != 5,
        FrameKind::Settings => !head.length.is_multiple_of(6) || (head.has(FrameHead::ACK) && head.length != 0),
        _ => false,
    };
    if is_wrong { Err(LENGTH) } else { Ok(()) }
}

const LENGTH: Violation = Violation { code: 0x6, rule: "a frame's length does not suit its kind (RFC 9113 4.2)" };
const WINDOW: Violation = Violation { code: 0x3, rule: "an initial window is larger than 2^31-1 (RFC 9113 6.5.2)" };
const BLOCK: Violation = Violation { code: 0x9, rule: "a header block cannot be decompressed (RFC 9113 4.3)" };
const ENDED: Violation = Violation { code: 0x5, rule: "the stream was ended or reset before (RFC 9113 5.1)" };
const TRAILERS: Violation = Violation {
    code: 0x1,
    rule: "a request on a stream that is not new, or trailers with a pseudo-header (RFC 9113 5.1.1, 8.1)",
};
const GREETING: Violation = Violation { code: 0x1, rule: "the first frame is no SETTINGS (RFC 9113 3.4)" };

/// What everybody takes, and we announce no more (RFC 9113 4.2).
const LARGEST: u32 = 16_384;
/// RFC 9113 6.9.1.
const LARGEST_WINDOW: u32 = (1 << 31) - 1;
/// As many streams as may be open at once: of older ones nobody sends anything on purpose.
const REMEMBERED: usize = 100;
/// More than the field list that a server takes as a rule, which is all that passes of a longer one.
const LONGEST_BLOCK: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_frame_that_is_judged_as_a_whole_waits_for_its_end() {
        let said = said(&[(FrameKind::Headers, 5, 1, &[0x82, 0x86, 0x84])]);
        for end in HELLO..said.len() {
            assert_eq!(FrameGate::default().look(&said[..end]), HELLO, "{end}");
        }
        assert_eq!(FrameGate::default().look(&said), said.len());
    }

    #[test]
    fn what_stands_before_a_violation_passes() {
        let fine = said(&[(FrameKind::Ping, 0, 0, &[0; 8])]);
        let mut gate = FrameGate::default();
        let wrong = [fine.clone(), said(&[(FrameKind::Ping, 0, 0, &[0; 7])])[HELLO..].to_vec()].concat();
        assert_eq!(gate.look(&wrong), fine.len());
        assert_eq!(gate.violation(), Some(LENGTH));
        assert_eq!(gate.look(&fine), 0);
    }

    #[test]
    fn a_farewell_names_the_last_stream() {
        let mut gate = FrameGate::default();
        gate.look(&said(&[(FrameKind::Headers, 5, 7, &[0x82, 0x86, 0x84])]));
        let farewell = gate.farewell(2, "why");
        assert_eq!(farewell, [&[0, 0, 11, 7, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 2][..], b"why"].concat());
    }

    #[test]
    fn behind_a_request_with_an_expectation_nothing_passes_until_it_was_heard() {
        let asks: &[u8] = &[0x83, 0x86, 0x84, 0x0f, 0x14, 12, 49, 48, 48, 45, 99, 111, 110, 116, 105, 110, 117, 101];
        for (kind, split) in [("whole", asks.len()), ("in two frames", 5)] {
            let (begin, end) = asks.split_at(split);
            let whole = if end.is_empty() { 4 } else { 0 };
            let more = (FrameKind::Continuation, 4, 1, end);
            let mut frames = vec![(FrameKind::Headers, whole, 1, begin)];
            frames.extend((!end.is_empty()).then_some(more));
            let head = said(&frames).len();
            frames.push((FrameKind::Data, 1, 1, b"bread"));
            let said = said(&frames);
            let mut gate = FrameGate::default();
            assert_eq!(gate.look(&said), head, "{kind}");
            assert_eq!(gate.look(&said[head..]), 0, "{kind}");
            assert_eq!(gate.take_expecting(), Some(1), "{kind}");
            assert_eq!(gate.look(&said[head..]), said.len() - head, "{kind}");
        }
        // No content will come.
        let said = said(&[(FrameKind::Headers, 5, 1, asks), (FrameKind::Ping, 0, 0, &[0; 8])]);
        assert_eq!(FrameGate::default().look(&said), said.len());
    }

    #[test]
    fn a_block_without_end_is_not_kept() {
        let mut gate = FrameGate::default();
        gate.look(&said(&[(FrameKind::Headers, 0, 1, &[0x82])]));
        let more = said(&[(FrameKind::Continuation, 0, 1, &[b'x'; 16_000])]);
        for _ in 0..100 {
            assert_eq!(gate.look(&more[HELLO..]), more.len() - HELLO);
        }
        assert!(gate.begun.is_none());
    }

    proptest! {
        #[test]
        fn pieces_pass_like_the_whole(
            frames in proptest::collection::vec((0..11_u8, any::<u8>(), 0..8_u32, proptest::collection::vec(any::<u8>(), 0..12)), 0..12),
            cuts in proptest::collection::vec(1..20_usize, 0..30),
        ) {
            let frames: Vec<_> = frames.iter().map(|(kind, flags, stream, payload)| (FrameKind::of(*kind), *flags, *stream, &payload[..])).collect();
            let said = said(&frames);
            let (mut gate, mut held, mut passed, mut rest) = (FrameGate::default(), Vec::new(), 0, &said[..]);
            for cut in cuts.into_iter().chain([said.len()]) {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                rest = after;
                held.extend_from_slice(piece);
                let count = gate.look(&held);
                held.drain(..count);
                passed += count;
            }
            let mut at_once = FrameGate::default();
            prop_assert_eq!(passed, at_once.look(&said));
            prop_assert_eq!(gate.violation(), at_once.violation());
        }
    }

    const HELLO: usize = PREFACE.len() + FrameHead::LENGTH;

    /// The preface, an empty SETTINGS and these frames.
    fn said(frames: &[(FrameKind, u8, u32, &[u8])]) -> Vec<u8> {
        let mut said = PREFACE.to_vec();
        let settings: (FrameKind, u8, u32, &[u8]) = (FrameKind::Settings, 0, 0, &[]);
        for (kind, flags, stream, payload) in [&settings].into_iter().chain(frames) {
            let head = FrameHead { length: payload.len() as u32, kind: *kind, flags: *flags, stream: *stream };
            said.extend_from_slice(&head.write());
            said.extend_from_slice(payload);
        }
        said
    }
}
