//! A connection, seen by its tap.

mod bending;
pub(crate) mod carried;

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use toynet_record::{Cause, Closing, Direction, EndId};

use bending::Bending;
use carried::Io;

use crate::Host;
use crate::tap::Tap;
use crate::tls::{self, fault::TlsFault};

/// A connection between two hosts, or between a host and a stranger.
///
/// All octets that go through it are recorded, in clear where TLS lies on it.
#[derive(Debug)]
pub struct Stream {
    // Before the tap, so that the connection is closed before that is written down.
    io: Io,
    tap: Tap,
    host: Host,
    is_accepted: bool,
    bending: Bending,
}

/// How a connection begins where TLS is expected.
#[derive(Debug)]
pub enum Begun {
    /// With TLS.
    Secured(Stream),
    /// Without, or with nothing at all. What was said can be read.
    InClear(Stream),
}

impl Stream {
    /// One that this host has opened.
    pub(crate) fn opened(io: Io, tap: Tap, host: &Host) -> Self {
        Self { io, tap, host: host.clone(), is_accepted: false, bending: Bending::of(host) }
    }

    /// One that this host has accepted.
    pub(crate) fn accepted(io: Io, tap: Tap, host: &Host) -> Self {
        Self { is_accepted: true, ..Self::opened(io, tap, host) }
    }

    /// The lab address of this end.
    pub fn local(&self) -> SocketAddr {
        self.tap.local()
    }

    /// The lab address of the other end, or a stranger's own.
    pub fn peer(&self) -> SocketAddr {
        self.tap.peer()
    }

    /// This end, for the causes of what is done on behalf of its exchanges.
    pub fn end(&self) -> EndId {
        self.tap.end()
    }

    /// The cause that the exchange of this number, from 1, is for whatever it makes necessary.
    pub fn cause(&self, exchange: u64) -> Cause {
        Cause { end: self.end(), exchange }
    }

    /// Says that the exchange of this number, from 1, is begun for the sake of another one.
    pub fn because(&self, exchange: u64, cause: Cause) {
        self.tap.because(exchange, cause);
    }

    /// Writes down that what is sent next is spoilt on purpose, and how.
    pub fn fault(&self, what: &str) {
        self.tap.fault(Direction::Sent, what);
    }

    /// Breaks the connection off: the peer is told that it is reset, not that it ended.
    pub fn reset(mut self) {
        self.tap.ends(Closing::Reset);
        self.io.reset();
    }

    /// Waits until the peer says something or ends, and looks at it: it is there still, and not recorded. Nothing at
    /// its end.
    ///
    /// # Errors
    /// As the system says; where the connection is no socket of its, always.
    pub async fn peek(&self, room: &mut [u8]) -> io::Result<usize> {
        match &self.io {
            Io::Tcp(io) => io.peek(room).await,
            Io::Pipe(_) | Io::Quic(_) | Io::Tls(_) | Io::Replay(_) | Io::Gone => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// What was agreed when TLS started, if it has.
    pub fn tls(&self) -> Option<&tls::Terms> {
        match &self.io {
            Io::Tls(session) => Some(session.terms()),
            Io::Tcp(_) | Io::Pipe(_) | Io::Quic(_) | Io::Replay(_) | Io::Gone => None,
        }
    }

    /// Which stream of its connection it is (RFC 9000 2.1), where it is one of QUIC.
    pub fn number(&self) -> Option<u64> {
        match &self.io {
            Io::Quic(pair) => pair.number(),
            Io::Tcp(_) | Io::Pipe(_) | Io::Tls(_) | Io::Replay(_) | Io::Gone => None,
        }
    }

    /// Sends nothing more in a stream of QUIC, and says why by a code of the protocol on it; what was sent may be
    /// lost. To other streams nothing happens.
    pub fn give_up(&mut self, code: u64) {
        if let Io::Quic(pair) = &mut self.io {
            self.tap.ends(Closing::Reset);
            pair.reset(code);
        }
    }

    /// Asks the other side of a stream of QUIC to send nothing more, and says why. To other streams nothing happens.
    pub fn stop(&mut self, code: u64) {
        if let Io::Quic(pair) = &mut self.io {
            pair.stop(code);
        }
    }

    /// Waits until the other side of a stream of QUIC wants no more of what is written to it, or has all of it. Of
    /// other streams that is not known.
    pub fn unwanted(&self) -> impl Future<Output = ()> + use<> {
        let stopped = match &self.io {
            Io::Quic(pair) => pair.stopped(),
            Io::Tcp(_) | Io::Pipe(_) | Io::Tls(_) | Io::Replay(_) | Io::Gone => None,
        };
        async move {
            match stopped {
                Some(stopped) => stopped.await,
                None => std::future::pending().await,
            }
        }
    }

    /// Starts TLS as the server of a port where it is spoken from the first octet.
    ///
    /// # Errors
    /// As the handshake says. Who speaks in clear is no error but [`Begun::InClear`].
    pub async fn accept_tls(mut self, server: &tls::Server) -> io::Result<Begun> {
        let io = std::mem::replace(&mut self.io, Io::Gone);
        let begun = tls::first_octets(io).await.map_err(|failed| self.refused(failed))?;
        match begun.first() {
            Some(TLS_HANDSHAKE) => {
                let session = self.accept_handshake(begun, server).await;
                self.secured(session).map(Begun::Secured)
            }
            first => {
                if first.is_some() {
                    self.tap.unsecured(Direction::Received, "clear text where TLS is spoken");
                }
                self.io = Io::Replay(Box::new(begun));
                Ok(Begun::InClear(self))
            }
        }
    }

    /// Starts TLS as the server. `unread` is what the protocol has received and not yet understood.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] when `unread` is not empty: it was sent in clear and must not
    /// count as said under TLS (RFC 3207 section 6); otherwise as the handshake says.
    pub async fn start_tls_as_server(mut self, server: &tls::Server, unread: &[u8]) -> io::Result<Self> {
        refuse_unread(unread)?;
        let io = std::mem::replace(&mut self.io, Io::Gone);
        let begun = tls::first_octets(io).await.map_err(|failed| self.refused(failed))?;
        let session = self.accept_handshake(begun, server).await;
        self.secured(session)
    }

    async fn accept_handshake(&self, begun: tls::Replay, server: &tls::Server) -> Result<tls::Session, tls::Failed> {
        let clock = self.host.clock();
        let struck = self.host.faults().strike(clock.now(), self.peer().ip(), |_: &TlsFault| self.is_accepted);
        struck.iter().for_each(|struck| self.tap.fault(Direction::Sent, &struck.text));
        tls::accept_as(begun, server, struck.as_ref().map(|struck| (&*struck.what, clock))).await
    }

    /// Starts TLS as the client of the server called `name`. For `unread` see
    /// [`Stream::start_tls_as_server`].
    ///
    /// # Errors
    /// As for the server; also when the certificate is not one for `name`.
    pub async fn start_tls_as_client(
        mut self,
        config: &tls::ClientConfig,
        name: &str,
        unread: &[u8],
    ) -> io::Result<Self> {
        refuse_unread(unread)?;
        let io = std::mem::replace(&mut self.io, Io::Gone);
        let session = tls::connect(io, config, name).await;
        self.secured(session)
    }

    fn secured(mut self, session: Result<tls::Session, tls::Failed>) -> io::Result<Self> {
        let mut session = session.map_err(|failed| self.refused(failed))?;
        for (direction, length) in session.take_sealed() {
            self.tap.sealed(direction, length);
        }
        self.tap.secured(&session.terms().to_string(), &session.take_secrets());
        self.io = Io::Tls(Box::new(session));
        Ok(self)
    }

    fn refused(&mut self, failed: tls::Failed) -> io::Error {
        self.tap.unsecured(failed.refusal.direction, &failed.refusal.why);
        self.tap.failed(&failed.error);
        failed.error
    }

    #[inline]
    fn bend_if_due(&mut self) {
        if self.bending.is_due() {
            self.bend();
        }
    }

    /// Meets faults that were set since.
    #[cold]
    fn bend(&mut self) {
        let peer = self.peer().ip();
        let back = if self.is_accepted { self.host.link_in(peer) } else { None };
        self.io.bend(self.host.clock(), self.host.link_out(peer), back);
        self.bending.is_met();
    }

    /// Writes down what the links did wrong on purpose to either way.
    fn note_struck(&mut self) {
        for (direction, fault) in self.io.take_struck() {
            self.tap.struck(direction, &fault);
        }
    }

    fn note_sealed(&mut self) {
        if let Io::Tls(session) = &mut self.io {
            for (direction, length) in session.take_sealed() {
                self.tap.sealed(direction, length);
            }
        }
    }

    fn noted<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| {
            if let Some(refusal) = tls::refusal(error) {
                self.tap.unsecured(refusal.direction, &refusal.why);
            }
            // A stream that goes one way may last as long as its connection.
            if !matches!(&self.io, Io::Quic(pair) if pair.is_one_way()) {
                self.tap.failed(error);
            }
        })
    }
}

fn refuse_unread(unread: &[u8]) -> io::Result<()> {
    if unread.is_empty() {
        return Ok(());
    }
    let why = format!("{} octets were sent in clear before TLS started", unread.len());
    Err(io::Error::new(io::ErrorKind::InvalidData, why))
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.bend_if_due();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.io).poll_read(cx, buffer);
        this.bending.reads(&polled, cx);
        this.note_struck();
        let result = ready!(polled);
        this.note_sealed();
        this.noted(result)?;
        let octets = &buffer.filled()[before..];
        if !octets.is_empty() {
            this.tap.octets(Direction::Received, this.tap.now(), octets);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.bend_if_due();
        let time = this.tap.now();
        let polled = Pin::new(&mut this.io).poll_write(cx, octets);
        this.bending.writes(&polled, cx);
        this.note_struck();
        let result = ready!(polled);
        let length = this.noted(result)?;
        this.tap.octets(Direction::Sent, time, &octets[..length]);
        Poll::Ready(Ok(length))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut room = [0; SHORT];
        if let Some(octets) = joined(slices, &mut room) {
            return self.poll_write(cx, octets);
        }
        let this = self.get_mut();
        this.bend_if_due();
        let time = this.tap.now();
        let polled = Pin::new(&mut this.io).poll_write_vectored(cx, slices);
        this.bending.writes(&polled, cx);
        this.note_struck();
        let result = ready!(polled);
        let length = this.noted(result)?;
        let mut left = length;
        for slice in slices {
            let part = &slice[..slice.len().min(left)];
            this.tap.octets(Direction::Sent, time, part);
            left -= part.len();
        }
        Poll::Ready(Ok(length))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.io).poll_flush(cx);
        this.bending.writes(&polled, cx);
        this.note_struck();
        let result = ready!(polled);
        this.note_sealed();
        Poll::Ready(this.noted(result))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.io).poll_shutdown(cx);
        this.bending.writes(&polled, cx);
        this.note_struck();
        let result = ready!(polled);
        Poll::Ready(this.noted(result))
    }
}

/// Several slices as one, when all of them are short: a head and its page cost the system less in one
/// piece, and are one entry of the record.
fn joined<'a>(slices: &[io::IoSlice<'_>], room: &'a mut [u8; SHORT]) -> Option<&'a [u8]> {
    let length = slices.iter().map(|slice| slice.len()).sum();
    let mut left = room.get_mut(..length).filter(|_| slices.len() > 1)?;
    for slice in slices {
        let (place, rest) = left.split_at_mut(slice.len());
        place.copy_from_slice(slice);
        left = rest;
    }
    Some(&room[..length])
}

/// The content type of the record that opens a TLS connection (RFC 8446 5.1).
const TLS_HANDSHAKE: u8 = 22;
/// Copying so much takes less time than the system takes to gather it.
const SHORT: usize = 2048;
