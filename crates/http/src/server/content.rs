//! What a request carries.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};

/// The content of a request, which arrives while it is read.
#[derive(Debug)]
pub struct Content {
    /// Nothing once it was taken or has been read to its end.
    incoming: Option<Incoming>,
    drained: u64,
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
    pub(super) fn new(incoming: Incoming) -> Self {
        Self { incoming: Some(incoming).filter(|incoming| !incoming.is_end_stream()), drained: 0 }
    }

    /// Takes the content out of its request, which then carries none.
    #[must_use]
    pub fn take(&mut self) -> Self {
        Self { incoming: self.incoming.take(), drained: 0 }
    }

    /// Reads all of it, [`Content::LARGEST`] octets at most.
    ///
    /// # Errors
    /// When there are more, or the client goes away before the end.
    pub async fn read(self) -> Result<Bytes, Unreadable> {
        let Some(incoming) = self.incoming else { return Ok(Bytes::new()) };
        let limited = Limited::new(incoming, Self::LARGEST as usize).collect().await;
        limited.map(|collected| collected.to_bytes()).map_err(|error| match error.is::<LengthLimitError>() {
            true => Unreadable::TooLarge,
            false => Unreadable::Broken,
        })
    }

    /// Whether more was announced than is taken.
    pub(super) fn is_too_large(&self) -> bool {
        self.incoming.as_ref().is_some_and(|incoming| incoming.size_hint().lower() > Self::LARGEST)
    }

    /// Reads and forgets what is left, so that the connection can be used on.
    pub(super) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Unreadable>> {
        while let Some(incoming) = &mut self.incoming {
            let frame = ready!(Pin::new(incoming).poll_frame(cx)).transpose().map_err(|_| Unreadable::Broken)?;
            let Some(frame) = frame else { break };
            self.drained += frame.data_ref().map_or(0, |octets| octets.len() as u64);
            if self.drained > Self::LARGEST {
                return Poll::Ready(Err(Unreadable::TooLarge));
            }
        }
        self.incoming = None;
        Poll::Ready(Ok(()))
    }

    /// A mebioctet: forms and queries are far smaller, and nobody stores files here.
    pub const LARGEST: u64 = 1024 * 1024;
}
