//! A connection inside the process, over which a link's conditions are applied.
//!
//! Both carriers use it: in `memory` it is the connection; over real sockets it stands between a
//! service and its socket wherever a link has conditions.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::Clock;
use crate::link::{DEFAULT_WINDOW, Link, Parcel};

/// The two ends of a connection; what the first writes crosses `there`, what the second writes `back`.
pub(crate) fn pair(clock: Clock, there: Option<Arc<Link>>, back: Option<Arc<Link>>) -> (End, End) {
    let there = Rc::new(RefCell::new(Way::new(clock, there)));
    let back = Rc::new(RefCell::new(Way::new(clock, back)));
    (End::new(Rc::clone(&back), Rc::clone(&there)), End::new(there, back))
}

/// One end of a connection.
#[derive(Debug)]
pub(crate) struct End {
    incoming: Rc<RefCell<Way>>,
    outgoing: Rc<RefCell<Way>>,
    alarm: Option<Pin<Box<Sleep>>>,
}

/// One direction.
#[derive(Debug)]
struct Way {
    clock: Clock,
    link: Option<Arc<Link>>,
    under_way: VecDeque<Piece>,
    octets: usize,
    window: usize,
    last_arrival: Instant,
    finished: Option<Instant>,
    /// The reader is gone: writing is pointless.
    abandoned: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

#[derive(Debug)]
struct Piece {
    arrives: Instant,
    octets: Vec<u8>,
    taken: usize,
}

impl End {
    fn new(incoming: Rc<RefCell<Way>>, outgoing: Rc<RefCell<Way>>) -> Self {
        Self { incoming, outgoing, alarm: None }
    }

    fn wait_until(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if alarm.deadline() != at {
            alarm.as_mut().reset(at);
        }
        alarm.as_mut().poll(cx)
    }
}

impl AsyncRead for End {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let next = this.incoming.borrow_mut().take(buffer, cx);
            match next {
                Next::Taken | Next::End => return Poll::Ready(Ok(())),
                Next::Nothing => return Poll::Pending,
                Next::At(instant) => std::task::ready!(this.wait_until(instant, cx)),
            }
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.outgoing.borrow_mut().put(octets, cx)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.borrow_mut().finish();
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.outgoing.borrow_mut().finish();
        self.incoming.borrow_mut().abandon();
    }
}

enum Next {
    Taken,
    End,
    At(Instant),
    Nothing,
}

impl Way {
    fn new(clock: Clock, link: Option<Arc<Link>>) -> Self {
        let window = link.as_ref().map_or(DEFAULT_WINDOW, |link| link.window());
        Self {
            clock,
            link,
            under_way: VecDeque::new(),
            octets: 0,
            window,
            last_arrival: Instant::now(),
            finished: None,
            abandoned: false,
            reader: None,
            writer: None,
        }
    }

    fn put(&mut self, octets: &[u8], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.abandoned || self.finished.is_some() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = self.window.saturating_sub(self.octets);
        if room == 0 {
            self.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let octets = &octets[..octets.len().min(room)];
        let arrives = self.arrival(octets.len());
        self.octets += octets.len();
        self.under_way.push_back(Piece { arrives, octets: octets.to_vec(), taken: 0 });
        self.wake_reader();
        Poll::Ready(Ok(octets.len()))
    }

    /// When something of this length that is sent now arrives; never before what was sent earlier.
    fn arrival(&mut self, length: usize) -> Instant {
        let delay = self
            .link
            .as_ref()
            .map_or(Duration::ZERO, |link| link.judge(&Parcel { length, now: self.clock.now(), stream: true }).delay);
        self.last_arrival = self.last_arrival.max(Instant::now() + delay);
        self.last_arrival
    }

    fn take(&mut self, buffer: &mut ReadBuf<'_>, cx: &mut Context<'_>) -> Next {
        let now = Instant::now();
        let before = buffer.filled().len();
        while buffer.remaining() > 0 {
            let Some(piece) = self.under_way.front_mut().filter(|piece| piece.arrives <= now) else { break };
            let left = &piece.octets[piece.taken..];
            let length = left.len().min(buffer.remaining());
            buffer.put_slice(&left[..length]);
            piece.taken += length;
            self.octets -= length;
            if piece.taken == piece.octets.len() {
                self.under_way.pop_front();
            }
        }
        if buffer.filled().len() > before || buffer.remaining() == 0 {
            self.writer.take().into_iter().for_each(Waker::wake);
            return Next::Taken;
        }
        let next = self.under_way.front().map(|piece| piece.arrives).or(self.finished);
        match next {
            Some(instant) if instant <= now => Next::End,
            Some(instant) => Next::At(instant),
            None => {
                self.reader = Some(cx.waker().clone());
                Next::Nothing
            }
        }
    }

    fn finish(&mut self) {
        if self.finished.is_none() {
            self.finished = Some(self.arrival(0));
            self.wake_reader();
        }
    }

    fn abandon(&mut self) {
        self.abandoned = true;
        self.under_way.clear();
        self.writer.take().into_iter().for_each(Waker::wake);
    }

    fn wake_reader(&mut self) {
        self.reader.take().into_iter().for_each(Waker::wake);
    }
}
