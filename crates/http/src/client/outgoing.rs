//! What a request carries, as it goes out.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// Octets on their way to a server, read as they are sent.
pub struct Outgoing {
    /// How many there are, where that is known beforehand.
    pub length: Option<u64>,
    octets: Pin<Box<dyn AsyncRead>>,
}

impl Outgoing {
    /// What `octets` gives, `length` in all if that is known.
    pub fn new(octets: impl AsyncRead + 'static, length: Option<u64>) -> Self {
        Self { length, octets: Box::pin(octets) }
    }

    /// Nothing.
    pub fn nothing() -> Self {
        Self::new(tokio::io::empty(), Some(0))
    }

    /// This, and then what follows.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let length = self.length.zip(next.length).map(|(first, second)| first + second);
        Self { length, octets: Box::pin(self.octets.chain(next.octets)) }
    }

    /// The next piece; nothing at the end.
    ///
    /// # Errors
    /// As what is read says.
    pub async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        let mut piece = BytesMut::with_capacity(PIECE);
        let length = self.octets.read_buf(&mut piece).await?;
        Ok((length > 0).then(|| piece.freeze()))
    }
}

impl From<Bytes> for Outgoing {
    fn from(octets: Bytes) -> Self {
        Self::new(io::Cursor::new(octets.clone()), Some(octets.len() as u64))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let mut room = vec![0; PIECE];
        let mut buffer = ReadBuf::new(&mut room);
        ready!(self.get_mut().octets.as_mut().poll_read(cx, &mut buffer))?;
        let length = buffer.filled().len();
        room.truncate(length);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(room.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.length == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("length", &self.length).finish_non_exhaustive()
    }
}

/// A frame of HTTP/2 takes as much (RFC 9113 4.2).
const PIECE: usize = 16 * 1024;
