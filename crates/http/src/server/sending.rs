//! An answer as long as it is sent.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::Outgoing;
use super::watch::Watch;

/// An answer's content. As long as it lives its connection is busy.
pub(super) struct Sending {
    content: Outgoing,
    watch: Rc<Watch>,
}

impl Sending {
    pub fn new(content: Outgoing, watch: &Rc<Watch>) -> Self {
        watch.answer_begins();
        Self { content, watch: Rc::clone(watch) }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.watch.answer_ends();
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.get_mut().content).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}
