//! Octets of one direction cut into frames, holes and all.

use std::collections::BTreeSet;

use toynet_machine::Time;

use crate::wire::frame::{FrameHead, FrameKind};

/// One frame.
#[derive(Debug)]
pub(super) struct Frame {
    pub head: FrameHead,
    /// The payload; of DATA its first octet only, unless all of it is wanted.
    pub payload: Vec<u8>,
    pub began: Time,
    /// Whether all of the payload that matters was kept.
    pub is_whole: bool,
}

/// Cuts one direction into frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Octets before the first frame: the preface.
    before: usize,
    head: Vec<u8>,
    began: Time,
    current: Option<(Frame, u64)>,
    is_lost: bool,
    /// Whether the payload of DATA is wanted too.
    whole: bool,
    /// Streams of which it is wanted in any case: no more than the octets that were recorded.
    wanted: BTreeSet<u32>,
}

impl Frame {
    /// Octets of the frame, head included.
    pub fn on_wire(&self) -> u64 {
        u64::from(self.head.length) + FrameHead::LENGTH as u64
    }

    /// The beginning of the content in a DATA frame, as far as it was kept without a hole.
    pub fn kept_content(&self) -> &[u8] {
        match (self.is_whole, self.head.has(FrameHead::PADDED)) {
            (true, _) => self.head.body(&self.payload).unwrap_or_default(),
            (false, false) => &self.payload,
            (false, true) => &[],
        }
    }

    /// Octets of content in a DATA frame.
    pub fn content(&self) -> u64 {
        let padding = self.payload.first().filter(|_| self.head.has(FrameHead::PADDED));
        let padding = padding.map_or(0, |length| u64::from(*length) + 1);
        u64::from(self.head.length).saturating_sub(padding)
    }
}

impl Frames {
    /// Frames that begin after `before` other octets.
    pub fn after(before: usize, whole: bool) -> Self {
        Self { before, whole, ..Self::default() }
    }

    /// The payload of DATA is wanted in this stream from now on.
    pub fn want(&mut self, stream: u32) {
        self.wanted.insert(stream);
    }

    /// A stream is over.
    pub fn forget(&mut self, stream: u32) {
        self.wanted.remove(&stream);
    }

    /// Nobody knows where the next frame begins.
    pub fn lose(&mut self) {
        self.is_lost = true;
    }

    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Takes octets from the front of `rest` until a frame is complete.
    pub fn next(&mut self, rest: &mut &[u8], time: Time) -> Option<Frame> {
        self.before -= take(rest, self.before).len();
        if self.is_lost || self.before > 0 {
            return None;
        }
        if self.current.is_none() {
            if self.head.is_empty() {
                self.began = time;
            }
            self.head.extend_from_slice(take(rest, FrameHead::LENGTH - self.head.len()));
            let head = FrameHead::read(self.head.as_slice().try_into().ok()?);
            self.head.clear();
            let frame = Frame { head, payload: Vec::new(), began: self.began, is_whole: true };
            self.current = Some((frame, u64::from(head.length)));
        }
        let (frame, left) = self.current.as_mut()?;
        let is_wanted = self.whole || self.wanted.contains(&frame.head.stream);
        let octets = take(rest, usize::try_from(*left).unwrap_or(usize::MAX));
        *left -= octets.len() as u64;
        let room = match frame.is_whole || frame.head.kind != FrameKind::Data {
            true => kept(frame.head.kind, is_wanted).saturating_sub(frame.payload.len()),
            // What follows on a hole would be taken for what was in it.
            false => 0,
        };
        frame.payload.extend_from_slice(&octets[..octets.len().min(room)]);
        frame.is_whole &= octets.len() <= room || frame.head.kind == FrameKind::Data && !is_wanted;
        self.complete()
    }

    /// Steps over octets that nobody kept. They may end a frame, never more than one.
    pub fn skip(&mut self, length: u64) -> Option<Frame> {
        match &mut self.current {
            Some((frame, left)) if length <= *left => {
                *left -= length;
                frame.is_whole = false;
            }
            _ => self.is_lost = true,
        }
        if self.is_lost { None } else { self.complete() }
    }

    fn complete(&mut self) -> Option<Frame> {
        self.current.take_if(|(_, left)| *left == 0).map(|(frame, _)| frame)
    }
}

/// How much of a payload is worth keeping: the length of DATA's padding, and all that others say.
fn kept(kind: FrameKind, whole: bool) -> usize {
    if kind == FrameKind::Data && !whole { 1 } else { LONGEST }
}

fn take<'a>(rest: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (taken, after) = rest.split_at(most.min(rest.len()));
    *rest = after;
    taken
}

/// Most peers take frames of 16 KiB and no more (RFC 9113 4.2); fields never need this many.
const LONGEST: usize = 256 * 1024;
