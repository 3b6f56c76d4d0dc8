//! Content that comes slowly, or breaks off within HTTP.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use toynet_net::Clock;
use toynet_service::LocalFuture;

use crate::server::body::Outgoing;

/// Content at so many octets a second.
pub(super) struct SlowBody {
    body: Outgoing,
    piece: usize,
    left: Bytes,
    pausing: Option<LocalFuture<()>>,
    clock: Clock,
}

impl SlowBody {
    pub fn new(body: Outgoing, rate: u64, clock: Clock) -> Self {
        let piece = usize::try_from(rate / PIECES_A_SECOND).unwrap_or(usize::MAX).max(1);
        Self { body, piece, left: Bytes::new(), pausing: None, clock }
    }

    /// The next piece, after which there is a pause as long as it takes on such a line.
    fn piece(&mut self) -> Frame<Bytes> {
        let piece = self.left.split_to(self.piece.min(self.left.len()));
        let (clock, pause) = (self.clock, Duration::from_secs(1) / PIECES_A_SECOND as u32);
        self.pausing = Some(Box::pin(async move { clock.sleep(pause).await }));
        Frame::data(piece)
    }
}

impl HttpBody for SlowBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if let Some(pausing) = &mut this.pausing {
            ready!(pausing.as_mut().poll(cx));
            this.pausing = None;
        }
        if this.left.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(octets) => this.left = octets,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        Poll::Ready(Some(Ok(this.piece())))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.body.size_hint().exact() {
            Some(length) => SizeHint::with_exact(length + self.left.len() as u64),
            None => SizeHint::default(),
        }
    }
}

/// Content that fails after so many octets.
pub(super) struct CutBody {
    body: Outgoing,
    left: u64,
    failing: Option<LocalFuture<()>>,
    clock: Clock,
}

impl CutBody {
    pub fn new(body: Outgoing, count: u64, clock: Clock) -> Self {
        Self { body, left: count, failing: None, clock }
    }

    /// Fails when what went before is on its way: a stream that is reset takes with it what still waits to be sent.
    fn poll_failure(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let clock = self.clock;
        let failing = self.failing.get_or_insert_with(|| Box::pin(async move { clock.sleep(ON_ITS_WAY).await }));
        failing.as_mut().poll(cx).map(|()| io::ErrorKind::ConnectionReset.into())
    }
}

impl HttpBody for CutBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if this.left == 0 {
            return this.poll_failure(cx).map(|failure| Some(Err(failure)));
        }
        let next = ready!(Pin::new(&mut this.body).poll_frame(cx));
        Poll::Ready(next.map(|frame| {
            frame.map(|frame| match frame.into_data() {
                Ok(octets) => {
                    let count = octets.len().min(usize::try_from(this.left).unwrap_or(usize::MAX));
                    this.left -= count as u64;
                    Frame::data(octets.slice(..count))
                }
                Err(other) => other,
            })
        }))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Often enough that content trickles, seldom enough that a slow line costs nothing.
const PIECES_A_SECOND: u64 = 10;
/// Long enough for a write on a machine that does other work, short enough that it is still a sudden end.
const ON_ITS_WAY: Duration = Duration::from_millis(50);
