//! A connection that tells the versions of HTTP apart, and lets through only what can be read in one way.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use toynet_net::{Clock, Stream};

use super::framed::Framed;
use super::guard::Guard;
use super::invitation::Invitations;
use super::parting::Parting;
use super::watch::Watch;
use crate::wire::frame::PREFACE;
use crate::wire::{Gate, Refusal};

/// A watched stream behind a gate. To its reader the client has closed its side where the gate is shut.
#[derive(Debug)]
pub(super) struct Watched {
    stream: Stream,
    /// What was read and is to pass, and behind it what the gate holds back.
    held: Vec<u8>,
    /// How many of those octets may pass.
    passed: usize,
    gate: Guard,
    /// Whether the reader came to where the gate is shut.
    is_at_end: bool,
    watch: Rc<Watch>,
    clock: Clock,
    /// The end of HTTP/2, once it is near.
    parting: Option<Parting>,
}

/// The versions that share a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

impl Watched {
    /// Reads until it is clear which version the client speaks (RFC 9113 3.4).
    pub async fn open(
        mut stream: Stream,
        gate: Gate,
        invitations: &Rc<Invitations>,
        watch: Rc<Watch>,
        clock: Clock,
    ) -> io::Result<(Self, Version)> {
        let mut held = Vec::new();
        let version = loop {
            let count = read(&mut stream, &mut held, &watch).await?;
            watch.received(count);
            let looked_at = held.len().min(PREFACE.len());
            if count == 0 || held[..looked_at] != PREFACE[..looked_at] {
                break Version::One;
            }
            if looked_at == PREFACE.len() {
                break Version::Two;
            }
        };
        let mut gate = match version {
            Version::One => Guard::One(gate),
            Version::Two => Guard::Two(Box::new(Framed::new(Rc::clone(invitations)))),
        };
        let passed = gate.look(&mut held);
        let watched = Self { stream, held, passed, gate, is_at_end: false, watch, clock, parting: None };
        watched.has_looked();
        Ok((watched, version))
    }

    /// The same as a stream of another protocol, which gives back `unread` first.
    pub fn after(mut self, unread: &Bytes) -> Self {
        if let Guard::One(gate) = &mut self.gate {
            gate.open();
        }
        self.held.splice(..0, unread.iter().copied());
        self.passed = self.held.len();
        self
    }

    /// Waits until there is something to read, and has it at hand then.
    pub async fn rest(&mut self) {
        if self.held.is_empty()
            && read(&mut self.stream, &mut self.held, &self.watch).await.is_ok_and(|count| count > 0)
        {
            self.watch.received(self.held.len());
            self.look_at_held();
        }
    }

    /// Why the reader of HTTP/1.x met an end that is not the client's.
    pub fn refusal(&self) -> Option<Refusal> {
        match &self.gate {
            Guard::One(gate) => gate.refusal().filter(|_| self.is_at_end),
            Guard::Two(_) => None,
        }
    }

    /// What is refused, as far as it was read.
    pub fn refused(&self) -> &[u8] {
        &self.held
    }

    /// The stream itself.
    pub fn into_stream(self) -> Stream {
        self.stream
    }

    fn pass_held(&mut self, buffer: &mut ReadBuf<'_>) {
        let length = buffer.remaining().min(self.passed);
        buffer.put_slice(&self.held[..length]);
        self.passed -= length;
        if length == self.held.len() {
            // Connections that wait keep nothing.
            self.held = Vec::new();
        } else {
            self.held.drain(..length);
        }
    }

    /// What was read is with the reader, as far as it may pass.
    fn delivered(&mut self) {
        if let Guard::Two(framed) = &mut self.gate
            && self.passed == 0
        {
            framed.delivered();
        }
    }

    fn look_at_held(&mut self) {
        self.passed = self.gate.look(&mut self.held);
        self.has_looked();
    }

    /// Tells what the gate made of what came.
    fn has_looked(&self) {
        let is_in_content = self.gate.is_in_content();
        self.watch.in_content(is_in_content);
        if self.passed < self.held.len() && !is_in_content {
            self.watch.holds_head(self.clock);
        }
    }

    /// Reads right into `buffer`, where nearly always all may stay.
    fn poll_direct(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let before = buffer.filled().len();
        ready!(self.poll_stream(cx, buffer))?;
        let new = &mut buffer.filled_mut()[before..];
        let count = new.len();
        let passed = self.gate.look(new);
        if passed < count {
            self.held.extend_from_slice(&new[passed..]);
            buffer.set_filled(before + passed);
        }
        self.has_looked();
        Poll::Ready(Ok(count))
    }

    /// Reads on behind what is held back.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut more = [0; FIRST];
        let mut more = ReadBuf::new(&mut more);
        ready!(self.poll_stream(cx, &mut more))?;
        self.held.extend_from_slice(more.filled());
        self.look_at_held();
        Poll::Ready(Ok(more.filled().len()))
    }

    fn poll_stream(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.watch.reads(polled.is_pending().then(|| cx.waker()));
        if polled.is_ready() {
            self.watch.received(buffer.filled().len() - before);
        }
        polled
    }
}

/// Reads what comes first; nothing when nobody waits for it any more. While it waits it keeps no room for it.
async fn read(stream: &mut Stream, held: &mut Vec<u8>, watch: &Watch) -> io::Result<usize> {
    poll_fn(|cx| {
        if watch.given_up().is_some() {
            return Poll::Ready(Ok(0));
        }
        let mut octets = [MaybeUninit::uninit(); FIRST];
        let mut octets = ReadBuf::uninit(&mut octets);
        let polled = Pin::new(&mut *stream).poll_read(cx, &mut octets);
        watch.reads(polled.is_pending().then(|| cx.waker()));
        held.extend_from_slice(octets.filled());
        polled.map_ok(|()| octets.filled().len())
    })
    .await
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        loop {
            if this.passed > 0 {
                this.pass_held(buffer);
                this.delivered();
                return Poll::Ready(Ok(()));
            }
            if let Some(why) = this.watch.given_up() {
                if let (Guard::One(gate), Some(status)) = (&mut this.gate, why.status()) {
                    gate.shut(status);
                }
                this.is_at_end = true;
                return Poll::Ready(Ok(()));
            }
            if this.gate.must_wait() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if this.gate.resume() && !this.held.is_empty() {
                this.look_at_held();
                continue;
            }
            if this.gate.is_shut() {
                this.is_at_end = true;
                return Poll::Ready(Ok(()));
            }
            let count = match this.held.is_empty() {
                true => ready!(this.poll_direct(cx, buffer))?,
                false => ready!(this.poll_held(cx))?,
            };
            if count == 0 || buffer.filled().len() > before {
                this.delivered();
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = match &mut this.gate {
            Guard::One(_) => Pin::new(&mut this.stream).poll_write(cx, octets),
            Guard::Two(framed) => framed.poll_write(&mut this.stream, cx, &[io::IoSlice::new(octets)]),
        };
        told(&this.watch, polled)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = match &mut this.gate {
            Guard::One(_) => Pin::new(&mut this.stream).poll_write_vectored(cx, slices),
            Guard::Two(framed) => framed.poll_write(&mut this.stream, cx, slices),
        };
        told(&this.watch, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Guard::Two(framed) = &mut this.gate {
            ready!(framed.poll_invite(&mut this.stream, cx))?;
        }
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    /// A client of HTTP/2 is told why, where that was not said by whoever stands behind the gate.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let Guard::Two(framed) = &mut this.gate else { return Pin::new(&mut this.stream).poll_shutdown(cx) };
        let parting = this.parting.get_or_insert_with(|| {
            let last_word = match framed.gate.violation() {
                Some(violation) => framed.gate.farewell(violation.code, violation.rule),
                None if this.is_at_end => framed.gate.farewell(NO_ERROR, ""),
                None => Vec::new(),
            };
            Parting::Saying([framed.unsaid(), last_word].concat())
        });
        parting.poll(&mut this.stream, this.clock, cx)
    }
}

fn told(watch: &Watch, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
    match &polled {
        Poll::Ready(Ok(length)) => watch.sent(*length),
        Poll::Ready(Err(_)) => {}
        Poll::Pending => watch.blocked(),
    }
    polled
}

/// Most requests fit, so that they are one read and one entry of the record.
const FIRST: usize = 4096;
/// RFC 9113 7.
const NO_ERROR: u32 = 0x0;
