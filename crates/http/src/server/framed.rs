//! Both directions of a connection in HTTP/2, as far as they are ours: what may pass from the client, and what stands
//! between the frames that are sent to it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;
use toynet_net::Stream;

use super::invitation::Invitations;
use crate::wire::frame::{FrameHead, FrameKind};
use crate::wire::{FrameFlow, FrameGate, hpack};

/// What was said so far.
#[derive(Debug)]
pub(super) struct Framed {
    pub gate: FrameGate,
    /// What is held back may be looked at again.
    has_delivered: bool,
    flow: FrameFlow,
    /// A frame of our own, as far as it is not sent.
    words: Vec<u8>,
    /// The table size that the next header block must begin with.
    table: Option<u32>,
    invitations: Rc<Invitations>,
}

impl Framed {
    pub fn new(invitations: Rc<Invitations>) -> Self {
        let (gate, flow, words) = (FrameGate::default(), FrameFlow::default(), Vec::new());
        Self { gate, has_delivered: false, flow, words, table: None, invitations }
    }

    /// All that may pass has been read. A request that waits for an invitation is told of.
    pub fn delivered(&mut self) {
        if let Some(stream) = self.gate.take_expecting() {
            self.invitations.passes(stream);
            self.has_delivered = true;
        }
    }

    /// Whether what was held behind such a request may pass; said once.
    pub fn has_delivered(&mut self) -> bool {
        std::mem::take(&mut self.has_delivered)
    }

    /// Whether more may not be read yet.
    pub fn must_wait(&self) -> bool {
        self.invitations.must_wait()
    }

    /// What of a frame of our own is still to be sent.
    pub fn unsaid(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.words)
    }

    /// Sends what is said by others, and invitations between.
    pub fn poll_write(
        &mut self,
        stream: &mut Stream,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_invite(stream, cx))?;
        let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| &**slice);
        let count = if self.invitations.is_due() {
            let rest = &first[..first.len().min(self.flow.certain())];
            ready!(Pin::new(stream).poll_write(cx, rest))?
        } else if slices.len() > 1 {
            ready!(Pin::new(stream).poll_write_vectored(cx, slices))?
        } else {
            ready!(Pin::new(stream).poll_write(cx, first))?
        };
        self.follow(slices, count);
        Poll::Ready(Ok(count))
    }

    /// Sends the invitations that are due, where they may stand.
    pub fn poll_invite(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.words.is_empty() {
                if !self.flow.is_between() {
                    return Poll::Ready(Ok(()));
                }
                let Some(invited) = self.invitations.take_due() else { return Poll::Ready(Ok(())) };
                if !self.gate.has_ended(invited) {
                    self.words = invitation(invited, self.table);
                }
                continue;
            }
            match ready!(Pin::new(&mut *stream).poll_write(cx, &self.words))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                said => drop(self.words.drain(..said)),
            }
        }
    }

    fn follow(&mut self, slices: &[IoSlice<'_>], mut count: usize) {
        let Self { gate, flow, table, invitations, .. } = self;
        for slice in slices {
            let sent = &slice[..slice.len().min(count)];
            count -= sent.len();
            flow.follow(sent, |head| match head.kind {
                FrameKind::Headers => {
                    // It says itself how large its table is.
                    *table = None;
                    invitations.close(head.stream);
                }
                FrameKind::RstStream => invitations.close(head.stream),
                FrameKind::Settings if head.has(FrameHead::ACK) => {
                    let size = gate.acknowledged().filter(|size| *size < hpack::USUAL);
                    *table = size.into_iter().chain(*table).min();
                }
                _ => {}
            });
        }
    }
}

/// `100 Continue` on this stream, without a word that changes the table of whoever compresses the other answers. A
/// smaller table than the usual must be acknowledged first (RFC 7541 4.2).
fn invitation(stream: u32, table: Option<u32>) -> Vec<u8> {
    let mut block = table.map(hpack::resize).unwrap_or_default();
    block.extend_from_slice(STATUS_100);
    let length = block.len() as u32;
    let head = FrameHead { length, kind: FrameKind::Headers, flags: FrameHead::END_HEADERS, stream };
    [&head.write()[..], &block].concat()
}

/// A literal without indexing, whose name is the eighth of the static table (RFC 7541 6.2.2, Appendix A).
const STATUS_100: &[u8] = b"\x08\x03100";
