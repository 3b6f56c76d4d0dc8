//! A request's stream, in two hands: one that reads and one that writes.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use toynet_net::Stream;
use toynet_net::quic::Connection;

use super::end;
use crate::wire::hpack::Field;
use crate::wire::qpack::{self, QpackError};
use crate::wire::three::frame::TOO_LONG;
use crate::wire::three::{Broken, Code, Message, Part};

/// A stream that both hands hold.
pub type Shared = Rc<RefCell<Stream>>;

/// Who counts what moves on a connection.
pub trait Traffic {
    /// So many octets were sent.
    fn sent(&self, octets: usize);
    /// So many came.
    fn received(&self, octets: usize);
    /// What is to be sent waits for the other side.
    fn blocked(&self);
}

/// The reading hand. Dropped before the end, it asks for no more.
pub struct Receiving {
    stream: Shared,
    connection: Connection,
    traffic: Option<Rc<dyn Traffic>>,
    message: Message,
    /// What was read and not yet understood.
    held: Bytes,
    is_over: bool,
}

/// The writing hand. Clones write to the same stream.
#[derive(Clone)]
pub struct Sending {
    stream: Shared,
    traffic: Option<Rc<dyn Traffic>>,
    /// What goes out before anything else that is written.
    first: Rc<RefCell<Bytes>>,
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// Fields, compressed.
    Fields(Vec<u8>),
    /// Octets of content.
    Content(Bytes),
}

/// Why there is no further part.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The fields are longer than is allowed.
    #[error("the fields are too long (RFC 9114 4.2.2)")]
    TooLong,
    /// A rule was broken, for which the connection was ended.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The stream or the connection is gone.
    #[error(transparent)]
    Lost(#[from] io::Error),
}

impl From<Failed> for io::Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Lost(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        }
    }
}

impl Receiving {
    /// Reads `message` from a stream of `connection`.
    pub fn new(stream: &Shared, connection: Connection, message: Message, traffic: Option<Rc<dyn Traffic>>) -> Self {
        Self { stream: Rc::clone(stream), connection, traffic, message, held: Bytes::new(), is_over: false }
    }

    /// The next part; nothing at the end.
    ///
    /// # Errors
    /// Why the end does not come.
    pub async fn part(&mut self) -> Result<Option<Got>, Failed> {
        poll_fn(|cx| self.poll_part(cx)).await
    }

    /// The same, to be asked again.
    pub fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Got>, Failed>> {
        let polled = self.poll_next(cx);
        self.is_over |= matches!(polled, Poll::Ready(Ok(None) | Err(Failed::Broken(_) | Failed::Lost(_))));
        polled
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Got>, Failed>> {
        if self.is_over {
            return Poll::Ready(Ok(None));
        }
        loop {
            if let Some(got) = self.next_held()? {
                return Poll::Ready(Ok(Some(got)));
            }
            let mut room = vec![0; PIECE];
            let mut buffer = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut *self.stream.borrow_mut()).poll_read(cx, &mut buffer))?;
            let count = buffer.filled().len();
            self.traffic.iter().for_each(|traffic| traffic.received(count));
            if count == 0 {
                return Poll::Ready(self.message.end().map(|()| None).map_err(|broken| self.broken(broken)));
            }
            room.truncate(count);
            self.held = room.into();
        }
    }

    fn next_held(&mut self) -> Result<Option<Got>, Failed> {
        let mut rest = &self.held[..];
        let part = self.message.next(&mut rest);
        let taken = self.held.len() - rest.len();
        let got = match part {
            Err(TOO_LONG) => Err(Failed::TooLong),
            Err(broken) => Err(self.broken(broken)),
            Ok(None) => Ok(None),
            Ok(Some(Part::Fields(fields))) => Ok(Some(Got::Fields(fields))),
            Ok(Some(Part::Content(octets))) => {
                let from = taken - octets.len();
                Ok(Some(Got::Content(self.held.slice(from..taken))))
            }
        };
        self.held.advance(taken);
        got
    }

    /// Reads fields that came, of at most `largest` octets. Where that is impossible the connection ends (RFC 9204 2.2).
    ///
    /// # Errors
    /// When they are longer, or cannot be read.
    pub fn fields(&mut self, section: &[u8], largest: usize) -> Result<Vec<Field>, Failed> {
        qpack::decode(section, largest).map_err(|error| match error {
            QpackError::TooLong => Failed::TooLong,
            _ => {
                self.is_over = true;
                self.broken(UNREADABLE)
            }
        })
    }

    fn broken(&self, broken: Broken) -> Failed {
        end(&self.connection, broken);
        broken.into()
    }

    /// The fields that came were those of an interim answer.
    pub fn was_interim(&mut self) {
        self.message.was_interim();
    }

    /// What follows is another protocol's (RFC 9114 4.4).
    pub fn becomes_tunnel(&mut self) {
        self.message.becomes_tunnel();
    }

    /// Wants no more of it, and says why.
    pub fn stop(&mut self, code: Code) {
        self.is_over = true;
        self.stream.borrow_mut().stop(code.0);
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if !self.is_over {
            // A server that has its answer is content; a client without it gives up (RFC 9114 4.1 and 4.1.1).
            let is_answer = !self.message.is_request();
            self.stop(if is_answer { Code::REQUEST_CANCELLED } else { Code::NO_ERROR });
        }
    }
}

impl std::fmt::Debug for Receiving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiving").field("message", &self.message).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Sending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}

impl Sending {
    /// Writes to a stream.
    pub fn new(stream: &Shared, traffic: Option<Rc<dyn Traffic>>) -> Self {
        Self { stream: Rc::clone(stream), traffic, first: Rc::default() }
    }

    /// Writes all of `octets`.
    ///
    /// # Errors
    /// When the other side wants no more, or is gone.
    pub async fn write(&self, mut octets: &[u8]) -> io::Result<()> {
        poll_fn(|cx| self.poll_first(cx)).await?;
        while !octets.is_empty() {
            let count = poll_fn(|cx| self.poll_write(cx, octets)).await?;
            octets = &octets[count..];
        }
        Ok(())
    }

    /// Has `octets` go out in [`Sending::poll_first`], at the latest before whatever [`Sending::write`] writes next.
    pub fn say_first(&self, octets: Bytes) {
        *self.first.borrow_mut() = octets;
    }

    /// Writes what is to go out first.
    pub fn poll_first(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut first = self.first.borrow_mut();
        while !first.is_empty() {
            let count = ready!(self.poll_write(cx, &first))?;
            first.advance(count);
        }
        Poll::Ready(Ok(()))
    }

    /// Writes some of `octets`, and says how many.
    ///
    /// # Errors
    /// As for [`Sending::write`].
    pub fn poll_write(&self, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut *self.stream.borrow_mut()).poll_write(cx, octets);
        match (&polled, &self.traffic) {
            (Poll::Pending, Some(traffic)) => traffic.blocked(),
            (Poll::Ready(Ok(count)), Some(traffic)) => traffic.sent(*count),
            _ => {}
        }
        polled
    }

    /// Nothing more comes.
    ///
    /// # Errors
    /// As for [`Sending::write`].
    pub async fn finish(&self) -> io::Result<()> {
        poll_fn(|cx| self.poll_finish(cx)).await
    }

    /// The same, to be asked again.
    ///
    /// # Errors
    /// As for [`Sending::write`].
    pub fn poll_finish(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.borrow_mut()).poll_shutdown(cx)
    }

    /// Breaks off, and says why.
    pub fn give_up(&self, code: Code) {
        self.stream.borrow_mut().give_up(code.0);
    }
}

const UNREADABLE: Broken =
    Broken::new(Code::QPACK_DECOMPRESSION_FAILED, "the fields cannot be decompressed (RFC 9204 2.2)");
/// A window of QUIC's is many of these.
const PIECE: usize = 16 * 1024;
