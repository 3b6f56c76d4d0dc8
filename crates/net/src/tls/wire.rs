//! What lies under TLS: counts the octets of its records, and notes the alert that is sent in clear.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use toynet_record::Direction;

use crate::Clock;
use crate::fault::Fault;
use crate::link::Link;
use crate::stream::carried::Io;

#[derive(Debug)]
pub(super) struct Wire {
    io: Io,
    sent: u64,
    received: u64,
    alert: Option<u8>,
}

impl Wire {
    pub fn new(io: Io) -> Self {
        Self { io, sent: 0, received: 0, alert: None }
    }

    pub fn reset(&mut self) {
        self.io.reset();
    }

    pub fn bend(&mut self, clock: Clock, out: Option<Arc<Link>>, back: Option<Arc<Link>>) {
        self.io.bend(clock, out, back);
    }

    pub fn take_struck(&mut self) -> Vec<(Direction, Arc<Fault>)> {
        self.io.take_struck()
    }

    pub fn take_lengths(&mut self) -> [(Direction, u64); 2] {
        let (sent, received) = (std::mem::take(&mut self.sent), std::mem::take(&mut self.received));
        [(Direction::Sent, sent), (Direction::Received, received)]
    }

    /// The alert that this end has sent before there were keys.
    pub fn alert(&self) -> Option<u8> {
        self.alert
    }

    fn look_at(&mut self, record: &[u8]) {
        // Type, version, length, level, description (RFC 8446 5.1 and 6).
        if let [21, _, _, 0, 2, _, alert] = record {
            self.alert = Some(*alert);
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut this.io).poll_read(cx, buffer));
        this.received += (buffer.filled().len() - before) as u64;
        Poll::Ready(result)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.look_at(octets);
        let length = ready!(Pin::new(&mut this.io).poll_write(cx, octets))?;
        this.sent += length as u64;
        Poll::Ready(Ok(length))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        slices.iter().for_each(|slice| this.look_at(slice));
        let length = ready!(Pin::new(&mut this.io).poll_write_vectored(cx, slices))?;
        this.sent += length as u64;
        Poll::Ready(Ok(length))
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
