//! A stream on which another protocol is spoken, in DATA frames (RFC 9114 4.4, RFC 9220 3).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Got, Receiving, Sending};
use crate::wire::three::Code;
use crate::wire::three::frame::{self, Kind};

/// Octets both ways. Shut down it ends as a connection of TCP does with FIN; dropped before that, as one does that is
/// reset: with H3_REQUEST_CANCELLED.
pub struct Tunnel {
    receiving: Receiving,
    sending: Sending,
    /// What came and was not read.
    came: Bytes,
    /// What is left of a frame on its way out.
    frame: Bytes,
    is_shut: bool,
}

impl Tunnel {
    /// A stream whose fields were exchanged in both directions.
    pub fn new(mut receiving: Receiving, sending: Sending) -> Self {
        receiving.becomes_tunnel();
        Self { receiving, sending, came: Bytes::new(), frame: Bytes::new(), is_shut: false }
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.frame.is_empty() {
            let count = ready!(self.sending.poll_write(cx, &self.frame))?;
            self.frame.advance(count);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.came.is_empty() {
            match ready!(this.receiving.poll_part(cx)) {
                Ok(Some(Got::Content(octets))) => this.came = octets,
                // It refuses fields by itself.
                Ok(Some(Got::Fields(_)) | None) => return Poll::Ready(Ok(())),
                Err(failed) => return Poll::Ready(Err(failed.into())),
            }
        }
        let count = this.came.len().min(buffer.remaining());
        buffer.put_slice(&this.came.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_frame(cx))?;
        let octets = &octets[..octets.len().min(LARGEST)];
        let mut frame = Vec::with_capacity(octets.len() + 8);
        frame::put_head(&mut frame, Kind::Data, octets.len() as u64);
        frame.extend_from_slice(octets);
        self.frame = frame.into();
        // What does not go out at once does so with the next octets, or when it is flushed.
        match self.poll_frame(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(octets.len())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_frame(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_frame(cx))?;
        ready!(self.sending.poll_finish(cx))?;
        self.is_shut = true;
        Poll::Ready(Ok(()))
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        if !self.is_shut {
            self.receiving.stop(Code::REQUEST_CANCELLED);
            self.sending.give_up(Code::REQUEST_CANCELLED);
        }
    }
}

impl std::fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tunnel").field("receiving", &self.receiving).finish_non_exhaustive()
    }
}

/// So much is copied into one frame: what a few packets take.
const LARGEST: usize = 16 * 1024;
