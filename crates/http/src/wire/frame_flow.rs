//! Where one frame ends and the next begins in what is sent in HTTP/2.

use super::frame::{FrameHead, FrameKind};

/// Follows what one side sends, from its first frame on.
#[derive(Debug, Default)]
pub struct FrameFlow {
    /// What there is of a frame's head.
    head: Vec<u8>,
    /// How much of a frame's payload is to come.
    left: usize,
    /// Another frame would break a header block in two (RFC 9113 4.3).
    is_in_block: bool,
}

impl FrameFlow {
    /// Whether a frame of somebody else may stand here.
    pub fn is_between(&self) -> bool {
        self.head.is_empty() && self.left == 0 && !self.is_in_block
    }

    /// How many octets more are of the same frame for sure; at least 1.
    pub fn certain(&self) -> usize {
        if self.left > 0 { self.left } else { FrameHead::LENGTH - self.head.len() }
    }

    /// Goes on behind these octets, and tells the frames that begin in them.
    pub fn follow(&mut self, mut octets: &[u8], mut begins: impl FnMut(FrameHead)) {
        while !octets.is_empty() {
            let (these, rest) = octets.split_at(self.certain().min(octets.len()));
            octets = rest;
            if self.left > 0 {
                self.left -= these.len();
                continue;
            }
            self.head.extend_from_slice(these);
            if let Some(head) = self.head.first_chunk().map(FrameHead::read) {
                self.head.clear();
                self.begin(&head);
                begins(head);
            }
        }
    }

    fn begin(&mut self, head: &FrameHead) {
        self.left = head.length as usize;
        if matches!(head.kind, FrameKind::Headers | FrameKind::PushPromise | FrameKind::Continuation) {
            self.is_in_block = !head.has(FrameHead::END_HEADERS);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_stands_between_the_pieces_of_a_header_block() {
        let mut flow = FrameFlow::default();
        assert!(flow.is_between());
        for (kind, flags, is_between) in [
            (FrameKind::Headers, 0, false),
            (FrameKind::Continuation, 0, false),
            (FrameKind::Continuation, FrameHead::END_HEADERS, true),
            (FrameKind::Data, 0, true),
            (FrameKind::Headers, FrameHead::END_HEADERS, true),
        ] {
            flow.follow(&frame(kind, flags, 3), |_| {});
            assert_eq!(flow.is_between(), is_between, "{kind:?}");
        }
    }

    proptest! {
        #[test]
        fn frames_are_found_however_they_are_cut(
            frames in proptest::collection::vec((0..11_u8, any::<u8>(), 0..40_usize), 0..12),
            cuts in proptest::collection::vec(1..20_usize, 0..80),
        ) {
            let frames: Vec<_> = frames.iter().map(|(kind, flags, length)| frame(FrameKind::of(*kind), *flags, *length)).collect();
            let (mut flow, mut found, all) = (FrameFlow::default(), Vec::new(), frames.concat());
            let mut rest = &all[..];
            for cut in cuts.into_iter().chain([all.len()]) {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                rest = after;
                flow.follow(piece, |head| found.push(head.write()));
            }
            prop_assert_eq!(found, frames.iter().map(|frame| *frame.first_chunk().unwrap()).collect::<Vec<_>>());
            prop_assert_eq!(flow.certain(), FrameHead::LENGTH);
        }
    }

    fn frame(kind: FrameKind, flags: u8, length: usize) -> Vec<u8> {
        let head = FrameHead { length: length as u32, kind, flags, stream: 1 };
        [&head.write()[..], &vec![0; length]].concat()
    }
}
