//! A response's content on its way out.

use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::tunnel::{Enter, Seize};
use crate::site::{Body, FileRange};

/// What follows the head of a response.
pub enum Outgoing {
    /// Content that is there.
    Body(Body),
    /// Content that is made while it is sent. It is dropped when the client goes away.
    Stream(Pin<Box<dyn HttpBody<Data = Bytes, Error = io::Error>>>),
    /// Another protocol, on the connection or the stream of HTTP/2 or 3 that the request came by: for the
    /// answers 101 (RFC 9110 7.8) and, to an extended CONNECT, 200 (RFC 8441, RFC 9220).
    Tunnel(Enter),
    /// Octets that are no answer, on a connection of HTTP/1.x that is taken over for them, head and all; over HTTP/2
    /// the stream is reset.
    Seized(Seize),
}

impl Outgoing {
    /// Content that `body` makes while it is sent.
    pub fn stream(body: impl HttpBody<Data = Bytes, Error = io::Error> + 'static) -> Self {
        Outgoing::Stream(Box::pin(body))
    }
}

impl From<Body> for Outgoing {
    fn from(body: Body) -> Self {
        Outgoing::Body(body)
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Outgoing::Body(body) => Pin::new(body).poll_frame(cx),
            Outgoing::Stream(stream) => stream.as_mut().poll_frame(cx),
            Outgoing::Tunnel(_) | Outgoing::Seized(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Outgoing::Body(body) => body.is_end_stream(),
            Outgoing::Stream(stream) => stream.is_end_stream(),
            Outgoing::Tunnel(_) | Outgoing::Seized(_) => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Body(body) => body.size_hint(),
            Outgoing::Stream(stream) => stream.size_hint(),
            Outgoing::Tunnel(_) | Outgoing::Seized(_) => SizeHint::with_exact(0),
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    /// The next piece. A file is read right here: it is in the system's cache, or the disk is waited for.
    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(next_piece(self.get_mut()).map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.length() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length())
    }
}

fn next_piece(body: &mut Body) -> Option<io::Result<Bytes>> {
    match body {
        Body::Empty => None,
        Body::Held(octets) => Some(mem::take(octets)).filter(|octets| !octets.is_empty()).map(Ok),
        Body::OnDisk(range) => (range.length > 0).then(|| next_of_file(range)),
        Body::Pieces(pieces) => {
            while pieces.first().is_some_and(|piece| piece.length() == 0) {
                pieces.remove(0);
            }
            next_piece(pieces.first_mut()?)
        }
    }
}

fn next_of_file(range: &mut FileRange) -> io::Result<Bytes> {
    let piece = range.read(0, PIECE)?;
    range.offset += piece.len() as u64;
    range.length -= piece.len() as u64;
    Ok(piece)
}

/// Large enough that calls to the system cost little, small enough for the processor's cache, and no
/// more than a connection holds back for a client that does not read.
const PIECE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn pieces_in_memory_and_on_disk_follow_each_other() {
        let text = "0123456789".repeat(20_000);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let range = FileRange { file: Arc::new(file), offset: 5, length: 199_990 };
        let held = |text: &'static str| Body::Held(Bytes::from_static(text.as_bytes()));
        let body = Body::Pieces(vec![held("<"), Body::Empty, Body::OnDisk(range), held(""), held(">")]);
        assert_eq!(body.size_hint().exact(), Some(199_992));
        let sent = body.collect().await.unwrap().to_bytes();
        assert_eq!(sent, format!("<{}>", &text[5..199_995]));
    }

    #[tokio::test]
    async fn a_file_that_was_cut_breaks_the_response_off() {
        let range = FileRange { file: Arc::new(tempfile::tempfile().unwrap()), offset: 0, length: 10 };
        assert!(Body::OnDisk(range).collect().await.is_err());
    }
}
