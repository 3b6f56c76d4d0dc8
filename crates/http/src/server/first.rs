//! A connection whose first octets have been read, to tell the versions of HTTP apart.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use toynet_net::Stream;

use super::watch::Watch;
use crate::wire::frame::PREFACE;

/// A watched stream that gives back first what was read from it to look at.
#[derive(Debug)]
pub(super) struct Watched {
    stream: Stream,
    first: Vec<u8>,
    taken: usize,
    watch: Rc<Watch>,
}

/// The versions that share a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

impl Watched {
    /// Reads until it is clear which version the client speaks (RFC 9113 3.4).
    pub async fn open(mut stream: Stream, watch: Rc<Watch>) -> io::Result<(Self, Version)> {
        let mut first = Vec::with_capacity(FIRST);
        let version = loop {
            let count = stream.read_buf(&mut first).await?;
            watch.received(count);
            let looked_at = first.len().min(PREFACE.len());
            if count == 0 || first[..looked_at] != PREFACE[..looked_at] {
                break Version::One;
            }
            if looked_at == PREFACE.len() {
                break Version::Two;
            }
        };
        Ok((Self { stream, first, taken: 0, watch }, version))
    }

    /// The same, which gives back `unread` first.
    pub fn after(self, unread: Bytes) -> Self {
        Self { first: unread.into(), taken: 0, ..self }
    }

    /// The stream itself.
    pub fn into_stream(self) -> Stream {
        self.stream
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.taken < this.first.len() {
            let length = buffer.remaining().min(this.first.len() - this.taken);
            buffer.put_slice(&this.first[this.taken..this.taken + length]);
            this.taken += length;
            return Poll::Ready(Ok(()));
        }
        this.first = Vec::new();
        this.taken = 0;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        this.watch.received(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = ready!(Pin::new(&mut this.stream).poll_write(cx, octets));
        Poll::Ready(result.inspect(|length| this.watch.sent(*length)))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = ready!(Pin::new(&mut this.stream).poll_write_vectored(cx, slices));
        Poll::Ready(result.inspect(|length| this.watch.sent(*length)))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Most requests fit, so that they are one read and one entry of the record.
const FIRST: usize = 4096;
