//! What a request carries.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::carried::Carried;
use super::invitation::Invitation;

/// The content of a request, which arrives while it is read.
#[derive(Debug)]
pub struct Content {
    /// Nothing once it was taken or has been read to its end.
    incoming: Option<Source>,
    drained: u64,
    /// How many octets are read at most.
    largest: u64,
    connected: Rc<Connected>,
}

/// Where content comes from.
#[derive(Debug)]
enum Source {
    /// A connection of HTTP/1.x, or a stream of HTTP/2. Who waits for an invitation there gets it by what is beside it
    /// (RFC 9110 10.1.1).
    Hyper(Incoming, Option<Invitation>),
    /// A stream of HTTP/3.
    Three(Box<Carried>),
}

/// The connection that a request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connected {
    /// Who sends.
    pub peer: SocketAddr,
    /// Where it came in.
    pub local: SocketAddr,
    /// Whether TLS lies on it.
    pub is_secure: bool,
}

impl Connected {
    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }
}

/// Why a request's content cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is more than this server takes (RFC 9110 15.5.14).
    #[error("the content is too large")]
    TooLarge,
    /// It is not framed as it should be, or ended too soon.
    #[error("the content breaks a rule or ended too soon")]
    Broken,
}

impl Unreadable {
    /// What such a request is answered.
    pub fn status(self) -> StatusCode {
        match self {
            Unreadable::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Unreadable::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

impl Content {
    pub(super) fn new(
        incoming: Incoming,
        invitation: Option<Invitation>,
        largest: u64,
        connected: Rc<Connected>,
    ) -> Self {
        let incoming = (!incoming.is_end_stream()).then_some(Source::Hyper(incoming, invitation));
        Self { incoming, drained: 0, largest, connected }
    }

    /// What a stream of HTTP/3 carries.
    pub(super) fn of_stream(carried: Carried, largest: u64, connected: Rc<Connected>) -> Self {
        Self { incoming: Some(Source::Three(Box::new(carried))), drained: 0, largest, connected }
    }

    /// No content.
    pub(in crate::server) fn none(connected: Rc<Connected>) -> Self {
        Self { incoming: None, drained: 0, largest: 0, connected }
    }

    /// Whom it comes from.
    pub fn connected(&self) -> &Rc<Connected> {
        &self.connected
    }

    /// Takes the content out of its request, which then carries none.
    #[must_use]
    pub fn take(&mut self) -> Self {
        Self { incoming: self.incoming.take(), connected: Rc::clone(&self.connected), ..*self }
    }

    /// Reads all of it, as much as the server takes at most.
    ///
    /// # Errors
    /// When there are more, or the client goes away before the end.
    pub async fn read(self) -> Result<Bytes, Unreadable> {
        let Some(incoming) = self.incoming else { return Ok(Bytes::new()) };
        let limited = Limited::new(incoming, usize::try_from(self.largest).unwrap_or(usize::MAX)).collect().await;
        limited.map(|collected| collected.to_bytes()).map_err(|error| match error.is::<LengthLimitError>() {
            true => Unreadable::TooLarge,
            false => Unreadable::Broken,
        })
    }

    /// Whether more than `limit` octets were announced, or without one more than the server takes.
    pub(super) fn is_larger(&self, limit: Option<u64>) -> bool {
        let limit = limit.unwrap_or(self.largest);
        self.incoming.as_ref().is_some_and(|incoming| incoming.size_hint().lower() > limit)
    }

    /// Reads and forgets what is left, so that the connection can be used on.
    pub(super) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Unreadable>> {
        while let Some(incoming) = &mut self.incoming {
            let frame = ready!(Pin::new(incoming).poll_frame(cx)).transpose().map_err(|_| Unreadable::Broken)?;
            let Some(frame) = frame else { break };
            self.drained += frame.data_ref().map_or(0, |octets| octets.len() as u64);
            if self.drained > self.largest {
                return Poll::Ready(Err(Unreadable::TooLarge));
            }
        }
        self.incoming = None;
        Poll::Ready(Ok(()))
    }
}

/// Content that is passed on while it arrives.
impl HttpBody for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.get_mut().incoming {
            Some(incoming) => Pin::new(incoming).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or(SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl HttpBody for Source {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Source::Hyper(incoming, invitation) => {
                let polled = Pin::new(incoming).poll_frame(cx).map_err(io::Error::other);
                let invitation = invitation.take().filter(|_| polled.is_pending());
                invitation.into_iter().for_each(Invitation::send);
                polled
            }
            Source::Three(carried) => Pin::new(carried.as_mut()).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Source::Hyper(incoming, _) => incoming.is_end_stream(),
            Source::Three(carried) => carried.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Source::Hyper(incoming, _) => incoming.size_hint(),
            Source::Three(carried) => carried.size_hint(),
        }
    }
}
