//! What was read from a connection to see what is spoken there, and is read again.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use toynet_record::Direction;

use crate::Clock;
use crate::fault::Fault;
use crate::link::Link;
use crate::stream::carried::Io;

/// A connection that gives back first what was read from it to look at.
#[derive(Debug)]
pub(crate) struct Replay {
    first: Vec<u8>,
    taken: usize,
    io: Io,
}

impl Replay {
    /// Waits for the first octets.
    pub async fn begin(mut io: Io) -> io::Result<Self> {
        let mut first = Vec::with_capacity(FIRST);
        io.read_buf(&mut first).await?;
        Ok(Self { first, taken: 0, io })
    }

    /// Breaks off the connection below.
    pub fn reset(&mut self) {
        self.io.reset();
    }

    pub fn bend(&mut self, clock: Clock, out: Option<Arc<Link>>, back: Option<Arc<Link>>) {
        self.io.bend(clock, out, back);
    }

    pub fn take_struck(&mut self) -> Vec<(Direction, Arc<Fault>)> {
        self.io.take_struck()
    }

    /// Whether a client has begun that speaks TLS 1.1 at most (RFC 5246 7.4.1.2).
    pub fn is_outdated(&self) -> bool {
        // Record: type, version, length; hello: type, length, version.
        matches!(&self.first[..], [22, 3, _, _, _, 1, _, _, _, 3, minor, ..] if *minor < 3)
    }

    /// The first octet; nothing when the other side had nothing to say.
    pub fn first(&self) -> Option<u8> {
        self.first.first().copied()
    }
}

impl AsyncRead for Replay {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.taken == this.first.len() {
            return Pin::new(&mut this.io).poll_read(cx, buffer);
        }
        let length = buffer.remaining().min(this.first.len() - this.taken);
        buffer.put_slice(&this.first[this.taken..this.taken + length]);
        this.taken += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Replay {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, octets)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

/// A client's hello, with the keys of post-quantum exchange and all, is shorter as a rule.
const FIRST: usize = 2048;
