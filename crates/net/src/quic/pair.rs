//! A stream of QUIC (RFC 9000 section 2), in whichever directions it goes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use quinn::{ConnectionError, ReadError, RecvStream, SendStream, VarInt, WriteError};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The directions of a stream, of which it has one or two.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(super) send: Option<SendStream>,
    pub(super) receive: Option<RecvStream>,
}

/// What the other side gave up, by the code that its protocol has for the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// The stream (RFC 9000 19.4 and 19.5).
    Stream(u64),
    /// The connection (RFC 9000 19.19).
    Connection(u64),
}

impl GivenUp {
    /// What an error of a stream or connection says of that; nothing when it has another reason.
    pub fn of(error: &io::Error) -> Option<Self> {
        let inner = error.get_ref()?;
        let lost = match (inner.downcast_ref::<ReadError>(), inner.downcast_ref::<WriteError>()) {
            (Some(ReadError::Reset(code)), _) | (_, Some(WriteError::Stopped(code))) => {
                return Some(GivenUp::Stream(code.into_inner()));
            }
            (Some(ReadError::ConnectionLost(lost)), _) | (_, Some(WriteError::ConnectionLost(lost))) => Some(lost),
            _ => inner.downcast_ref::<ConnectionError>(),
        };
        match lost? {
            ConnectionError::ApplicationClosed(close) => Some(GivenUp::Connection(close.error_code.into_inner())),
            _ => None,
        }
    }
}

impl Pair {
    /// The stream's number (RFC 9000 2.1).
    pub fn number(&self) -> Option<u64> {
        let number = self.send.as_ref().map(|send| send.id()).or(self.receive.as_ref().map(|receive| receive.id()));
        number.map(|id| u64::from(VarInt::from(id)))
    }

    /// Whether the connection's client has opened it.
    pub fn is_of_client(&self) -> bool {
        self.number().is_some_and(|number| number & 1 == 0)
    }

    pub fn is_one_way(&self) -> bool {
        self.send.is_none() || self.receive.is_none()
    }

    /// Waits until the other side wants no more, or has all.
    pub fn stopped(&self) -> Option<impl Future<Output = ()> + use<>> {
        let stopped = self.send.as_ref().map(SendStream::stopped)?;
        Some(async move { drop(stopped.await) })
    }

    /// Sends nothing more, not even what has not gone out yet.
    pub fn reset(&mut self, code: u64) {
        // One that has ended needs no other end.
        self.send.as_mut().map(|send| send.reset(varint(code)));
    }

    /// Wants to hear nothing more.
    pub fn stop(&mut self, code: u64) {
        self.receive.as_mut().map(|receive| receive.stop(varint(code)));
    }
}

/// Codes of protocols have 62 bits at most (RFC 9000 20.2).
pub(super) fn varint(code: u64) -> VarInt {
    VarInt::from_u64(code).unwrap_or(VarInt::MAX)
}

/// The end of a connection is the end of its streams too, and no failure of this side's making.
fn lost(error: io::Error) -> io::Error {
    let inner = error.get_ref();
    let read = inner.and_then(|inner| inner.downcast_ref::<ReadError>());
    let written = inner.and_then(|inner| inner.downcast_ref::<WriteError>());
    let kind = match (read, written) {
        (Some(ReadError::ConnectionLost(lost)), _) | (_, Some(WriteError::ConnectionLost(lost))) => match lost {
            ConnectionError::TimedOut => io::ErrorKind::TimedOut,
            _ => io::ErrorKind::ConnectionAborted,
        },
        _ => return error,
    };
    match error.into_inner() {
        Some(inner) => io::Error::new(kind, inner),
        None => kind.into(),
    }
}

impl AsyncRead for Pair {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().receive {
            Some(receive) => AsyncRead::poll_read(Pin::new(receive), cx, buffer).map_err(lost),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Pair {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().send {
            Some(send) => AsyncWrite::poll_write(Pin::new(send), cx, octets).map_err(lost),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().send {
            Some(send) => AsyncWrite::poll_shutdown(Pin::new(send), cx).map_err(lost),
            None => Poll::Ready(Ok(())),
        }
    }
}
