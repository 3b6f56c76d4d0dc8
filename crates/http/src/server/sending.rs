//! An answer as long as it is sent.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::StatusCode;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::access::Entry;
use super::watch::Watch;
use super::{Outgoing, Serving};

/// An answer's content. As long as it lives its connection is busy.
pub(super) struct Sending {
    content: Outgoing,
    watch: Rc<Watch>,
    /// How much of the content was taken to be sent.
    octets: u64,
    line: Option<Line>,
}

/// What the access log will say once it is known how much was sent.
pub(super) struct Line {
    pub entry: Box<Entry>,
    pub status: StatusCode,
    pub serving: Rc<Serving>,
}

impl Sending {
    pub fn new(content: Outgoing, watch: &Rc<Watch>, line: Option<Line>) -> Self {
        watch.answer_begins();
        Self { content, watch: Rc::clone(watch), octets: 0, line }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.watch.answer_ends();
        let Some(Line { entry, status, serving }) = self.line.take() else { return };
        if let Some(log) = &serving.log {
            log.write(&entry, status, self.octets);
        }
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.content).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            this.octets += frame.data_ref().map_or(0, |octets| octets.len() as u64);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}
