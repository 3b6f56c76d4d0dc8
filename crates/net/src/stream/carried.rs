//! What carries the octets of a stream.

use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use toynet_record::Direction;

use crate::carrier::ports::relay;
use crate::fault::Fault;
use crate::link::Link;
use crate::{Clock, pipe, quic, tls};

/// What carries a stream.
#[derive(Debug)]
pub(crate) enum Io {
    Tcp(TcpStream),
    Pipe(pipe::End),
    Quic(quic::Pair),
    Tls(Box<tls::Session>),
    /// Octets were read from it to see what is spoken.
    Replay(Box<tls::Replay>),
    /// Taken away by an upgrade that has not finished or has failed.
    Gone,
}

impl Io {
    /// The socket itself when there are no conditions.
    pub fn over(stream: TcpStream, clock: Clock, out: Option<Arc<Link>>, back: Option<Arc<Link>>) -> Self {
        if out.is_none() && back.is_none() {
            return Io::Tcp(stream);
        }
        Io::Pipe(relay(stream, clock, out, back))
    }

    /// Puts conditions on what has none so far.
    pub fn bend(&mut self, clock: Clock, out: Option<Arc<Link>>, back: Option<Arc<Link>>) {
        match self {
            Io::Tcp(_) => {
                if let Io::Tcp(stream) = mem::replace(self, Io::Gone) {
                    *self = Self::over(stream, clock, out, back);
                }
            }
            Io::Pipe(io) => io.bend(out, back),
            Io::Tls(io) => io.bend(clock, out, back),
            Io::Replay(io) => io.bend(clock, out, back),
            // Its links are those of datagrams.
            Io::Quic(_) | Io::Gone => {}
        }
    }

    /// What links did wrong on purpose since the last call.
    pub fn take_struck(&mut self) -> Vec<(Direction, Arc<Fault>)> {
        match self {
            Io::Pipe(io) => io.take_struck(),
            Io::Tls(io) => io.take_struck(),
            Io::Replay(io) => io.take_struck(),
            Io::Tcp(_) | Io::Quic(_) | Io::Gone => Vec::new(),
        }
    }

    pub fn reset(&mut self) {
        match self {
            // A socket that cannot be reset is closed, which is all that can be done then.
            Io::Tcp(io) => drop(io.set_zero_linger()),
            Io::Pipe(io) => io.reset(),
            Io::Tls(io) => io.reset(),
            Io::Replay(io) => io.reset(),
            Io::Quic(io) => io.reset(0),
            Io::Gone => {}
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Io::Tcp(io) => Pin::new(io).poll_read(cx, buffer),
            Io::Pipe(io) => Pin::new(io).poll_read(cx, buffer),
            Io::Quic(io) => Pin::new(io).poll_read(cx, buffer),
            Io::Replay(io) => Pin::new(io.as_mut()).poll_read(cx, buffer),
            Io::Tls(io) => Pin::new(io.as_mut()).poll_read(cx, buffer),
            Io::Gone => Poll::Ready(Err(gone())),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Io::Tcp(io) => Pin::new(io).poll_write(cx, octets),
            Io::Pipe(io) => Pin::new(io).poll_write(cx, octets),
            Io::Quic(io) => Pin::new(io).poll_write(cx, octets),
            Io::Replay(io) => Pin::new(io.as_mut()).poll_write(cx, octets),
            Io::Tls(io) => Pin::new(io.as_mut()).poll_write(cx, octets),
            Io::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Io::Tcp(io) => Pin::new(io).poll_write_vectored(cx, slices),
            Io::Pipe(io) => Pin::new(io).poll_write_vectored(cx, slices),
            Io::Quic(io) => Pin::new(io).poll_write_vectored(cx, slices),
            Io::Replay(io) => Pin::new(io.as_mut()).poll_write_vectored(cx, slices),
            Io::Tls(io) => Pin::new(io.as_mut()).poll_write_vectored(cx, slices),
            Io::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Io::Tcp(io) => io.is_write_vectored(),
            Io::Tls(io) => io.is_write_vectored(),
            Io::Replay(io) => io.is_write_vectored(),
            Io::Pipe(_) | Io::Quic(_) | Io::Gone => false,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Io::Tcp(io) => Pin::new(io).poll_flush(cx),
            Io::Pipe(io) => Pin::new(io).poll_flush(cx),
            Io::Quic(io) => Pin::new(io).poll_flush(cx),
            Io::Replay(io) => Pin::new(io.as_mut()).poll_flush(cx),
            Io::Tls(io) => Pin::new(io.as_mut()).poll_flush(cx),
            Io::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Io::Tcp(io) => Pin::new(io).poll_shutdown(cx),
            Io::Pipe(io) => Pin::new(io).poll_shutdown(cx),
            Io::Quic(io) => Pin::new(io).poll_shutdown(cx),
            Io::Replay(io) => Pin::new(io.as_mut()).poll_shutdown(cx),
            Io::Tls(io) => Pin::new(io.as_mut()).poll_shutdown(cx),
            Io::Gone => Poll::Ready(Err(gone())),
        }
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection was lost while TLS started")
}
