//! What lies under TLS: counts the octets of its records.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use toynet_record::Direction;

use crate::stream::Io;

#[derive(Debug)]
pub(super) struct Wire {
    io: Io,
    sent: u64,
    received: u64,
}

impl Wire {
    pub fn new(io: Io) -> Self {
        Self { io, sent: 0, received: 0 }
    }

    pub fn take_lengths(&mut self) -> [(Direction, u64); 2] {
        let (sent, received) = (std::mem::take(&mut self.sent), std::mem::take(&mut self.received));
        [(Direction::Sent, sent), (Direction::Received, received)]
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
        let length = ready!(Pin::new(&mut this.io).poll_write(cx, octets))?;
        this.sent += length as u64;
        Poll::Ready(Ok(length))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
