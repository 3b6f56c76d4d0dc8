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

use toynet_record::Direction;

use crate::Clock;
use crate::fault::Fault;
use crate::link::{DEFAULT_WINDOW, Ending, Link, Parcel, Verdict};

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
    /// What a link holds is offered to it again when this rings.
    again: Option<Pin<Box<Sleep>>>,
}

/// One direction.
#[derive(Debug)]
struct Way {
    clock: Clock,
    link: Option<Arc<Link>>,
    under_way: VecDeque<Piece>,
    octets: usize,
    /// Octets of the stream that have been sent.
    sent: u64,
    window: usize,
    last_arrival: Instant,
    finished: Option<Instant>,
    /// Something on the way closed it: what follows is swallowed.
    swallows: bool,
    /// The connection is reset; the reader learns of it then.
    reset: Option<Instant>,
    /// The reader is gone: writing is pointless.
    abandoned: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    struck: Struck,
}

/// Faults of the link that struck, until somebody writes them down.
#[derive(Debug, Default)]
struct Struck {
    told: Vec<Arc<Fault>>,
    /// The one that holds the stream up, which is tried again and again.
    holding: Option<Arc<Fault>>,
}

#[derive(Debug)]
struct Piece {
    arrives: Instant,
    octets: Vec<u8>,
    taken: usize,
}

impl End {
    fn new(incoming: Rc<RefCell<Way>>, outgoing: Rc<RefCell<Way>>) -> Self {
        Self { incoming, outgoing, alarm: None, again: None }
    }

    /// Breaks the connection off, both ways.
    pub fn reset(&mut self) {
        self.outgoing.borrow_mut().break_off();
        self.incoming.borrow_mut().break_off();
    }

    /// Puts a link where there is none, on either way.
    pub fn bend(&mut self, out: Option<Arc<Link>>, back: Option<Arc<Link>>) {
        for (way, link) in [(&self.outgoing, out), (&self.incoming, back)] {
            let mut way = way.borrow_mut();
            way.link = way.link.take().or(link);
        }
    }

    /// The faults of the links that struck since the last call, whoever sent then.
    pub fn take_struck(&mut self) -> Vec<(Direction, Arc<Fault>)> {
        let take = |way: &RefCell<Way>| std::mem::take(&mut way.borrow_mut().struck.told);
        let sent = take(&self.outgoing).into_iter().map(|fault| (Direction::Sent, fault));
        sent.chain(take(&self.incoming).into_iter().map(|fault| (Direction::Received, fault))).collect()
    }

    fn poll_again(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let again = self.again.get_or_insert_with(|| Box::pin(tokio::time::sleep(RETRANSMISSION)));
        std::task::ready!(again.as_mut().poll(cx));
        self.again = None;
        Poll::Ready(())
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
                Next::Reset => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                Next::Nothing => return Poll::Pending,
                Next::At(instant) => std::task::ready!(this.wait_until(instant, cx)),
            }
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            if this.again.is_some() {
                std::task::ready!(this.poll_again(cx));
            }
            let put = this.outgoing.borrow_mut().put(octets, cx);
            match put {
                Put::Taken(length) => return Poll::Ready(Ok(length)),
                Put::Full => return Poll::Pending,
                Put::Held => std::task::ready!(this.poll_again(cx)),
                Put::Closed => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
                Put::Reset => {
                    this.reset();
                    return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                }
            }
        }
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

/// What becomes of octets that are to be sent.
enum Put {
    Taken(usize),
    /// There is no room for them; the writer is woken when there is.
    Full,
    /// The link lets nothing pass at present.
    Held,
    Closed,
    Reset,
}

enum Next {
    Taken,
    End,
    Reset,
    At(Instant),
    Nothing,
}

impl Struck {
    fn hear(&mut self, struck: Vec<Arc<Fault>>, is_held: bool) {
        let is_same = |held: &Arc<Fault>| struck.last().is_some_and(|last| Arc::ptr_eq(held, last));
        let is_known = is_held && self.holding.as_ref().is_some_and(is_same);
        self.holding = if is_held { struck.last().cloned() } else { None };
        if !is_known && self.told.len() < MOST_STRUCK {
            self.told.extend(struck);
        }
    }
}

impl Way {
    fn new(clock: Clock, link: Option<Arc<Link>>) -> Self {
        let window = link.as_ref().map_or(DEFAULT_WINDOW, |link| link.window());
        Self {
            clock,
            link,
            under_way: VecDeque::new(),
            octets: 0,
            sent: 0,
            window,
            last_arrival: Instant::now(),
            finished: None,
            swallows: false,
            reset: None,
            abandoned: false,
            reader: None,
            writer: None,
            struck: Struck::default(),
        }
    }

    fn put(&mut self, octets: &[u8], cx: &mut Context<'_>) -> Put {
        match () {
            () if self.reset.is_some() => return Put::Reset,
            () if self.swallows => return Put::Taken(octets.len()),
            () if self.abandoned || self.finished.is_some() => return Put::Closed,
            () => {}
        }
        let room = self.window.saturating_sub(self.octets);
        // Nor is each octet that is read made room for by a parcel of its own (RFC 9293 3.8.6.2).
        if room < octets.len().min(self.window / 4).max(1) {
            self.writer = Some(cx.waker().clone());
            return Put::Full;
        }
        let octets = &octets[..octets.len().min(room)];
        let verdict = self.judge(octets.len());
        if verdict.held {
            return Put::Held;
        }
        let passing = match verdict.ending {
            Some(Ending::Reset(count) | Ending::HalfClose(count)) => &octets[..count.min(octets.len())],
            None => octets,
        };
        self.send(passing, &verdict);
        match verdict.ending {
            None => {}
            Some(Ending::HalfClose(_)) => {
                self.swallows = true;
                self.finished = Some(self.last_arrival);
            }
            Some(Ending::Reset(_)) => {
                self.reset = Some(self.last_arrival);
                self.wake_reader();
                return Put::Reset;
            }
        }
        self.wake_reader();
        Put::Taken(octets.len())
    }

    /// Puts octets on their way, in as many pieces as the link makes of them.
    fn send(&mut self, octets: &[u8], verdict: &Verdict) {
        let mut earliest = self.last_arrival;
        let last = earliest.max(Instant::now() + verdict.delay);
        let mut left = octets.len();
        for piece in octets.chunks(piece_size(verdict)) {
            left -= piece.len();
            let arrives = earliest.max(before_the_rest(last, left, verdict.pace));
            let mut octets = piece.to_vec();
            if let Some(every) = verdict.garbled {
                garble(&mut octets, self.sent, every);
            }
            self.sent += octets.len() as u64;
            self.octets += octets.len();
            self.under_way.push_back(Piece { arrives, octets, taken: 0 });
            earliest = if verdict.piece.is_some() { arrives + BETWEEN_PIECES } else { arrives };
            self.last_arrival = earliest;
        }
    }

    fn judge(&mut self, length: usize) -> Verdict {
        let Some(link) = &self.link else { return Verdict::default() };
        let parcel = self.parcel(length);
        let mut struck = Vec::new();
        let verdict = link.judge_noting(&parcel, &mut |fault| struck.push(Arc::clone(fault)));
        self.struck.hear(struck, verdict.held);
        verdict
    }

    fn parcel(&self, length: usize) -> Parcel {
        Parcel { length, now: self.clock.now(), stream: true, sent: Some(self.sent) }
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
        let next = self.under_way.front().map(|piece| piece.arrives).or(self.reset).or(self.finished);
        match next {
            Some(instant) if instant <= now && self.reset.is_some() => Next::Reset,
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
            // That the end is late as well is no hit of its own.
            let verdict = self.link.as_ref().map(|link| link.judge(&self.parcel(0))).unwrap_or_default();
            let delay = if verdict.held { LAST_TRY } else { verdict.delay };
            self.last_arrival = self.last_arrival.max(Instant::now() + delay);
            self.finished = Some(self.last_arrival);
            self.wake_reader();
        }
    }

    fn break_off(&mut self) {
        self.reset.get_or_insert(self.last_arrival);
        self.wake_reader();
        self.writer.take().into_iter().for_each(Waker::wake);
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

/// How large pieces are: what the link says, and on a line with a rate what it carries between two reads.
fn piece_size(verdict: &Verdict) -> usize {
    let paced = verdict.pace.map(|pace| usize::try_from(pace / PIECES_A_SECOND).unwrap_or(usize::MAX).max(1));
    verdict.piece.into_iter().chain(paced).min().unwrap_or(usize::MAX)
}

/// When a piece is there whose last octet arrives `left` octets before `last` at this pace.
fn before_the_rest(last: Instant, left: usize, pace: Option<u64>) -> Instant {
    let Some(pace) = pace else { return last };
    let nanos = left as u128 * 1_000_000_000 / u128::from(pace.max(1));
    last.checked_sub(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))).unwrap_or(last)
}

/// Turns one bit over in each octet of a stream whose number, from 1, `every` divides; `before` went before these.
fn garble(octets: &mut [u8], before: u64, every: u64) {
    for (number, octet) in (before + 1..).zip(octets) {
        if number.is_multiple_of(every) {
            *octet ^= 1 << (number / every % 8);
        }
    }
}

/// Between two looks of the end that writes them down; a parcel seldom meets more than one.
const MOST_STRUCK: usize = 64;
/// As often a stream tries a way that is cut: the least that Linux waits before it sends again.
const RETRANSMISSION: Duration = Duration::from_millis(200);
/// When the other side learns of an end that fell into a cut, at the latest: Linux gives a closed connection up
/// after some minutes.
const LAST_TRY: Duration = Duration::from_secs(120);
/// On a line with a rate: often enough that text trickles, seldom enough that a fast line costs nothing.
const PIECES_A_SECOND: u64 = 50;
/// Long enough that each piece is a read of its own on a machine that does other work.
const BETWEEN_PIECES: Duration = Duration::from_millis(2);
