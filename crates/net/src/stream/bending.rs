//! When a connection meets what links do wrong from now on.

use std::task::{Context, Poll, Waker};

use crate::Host;
use crate::fault::Faults;

/// What a connection knows of the faults of links.
#[derive(Debug)]
pub(super) struct Bending {
    faults: Faults,
    /// The list as the connection has met it.
    version: u64,
    /// Who waits for what carried the connection until now.
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Bending {
    pub fn of(host: &Host) -> Self {
        let faults = host.network.topology().link_faults().clone();
        Self { version: faults.version(), faults, reader: None, writer: None }
    }

    /// Whether the faults are others by now.
    #[inline]
    pub fn is_due(&self) -> bool {
        self.faults.version() != self.version
    }

    /// The faults are met as they are now, and something else carries the connection: who waits is to ask that.
    pub fn is_met(&mut self) {
        self.version = self.faults.version();
        self.reader.take().into_iter().for_each(Waker::wake);
        self.writer.take().into_iter().for_each(Waker::wake);
    }

    /// Takes note of who waits to read.
    #[inline]
    pub fn reads<T>(&mut self, polled: &Poll<T>, cx: &Context<'_>) {
        if polled.is_pending() {
            keep(&mut self.reader, cx);
        }
    }

    /// Takes note of who waits to write.
    #[inline]
    pub fn writes<T>(&mut self, polled: &Poll<T>, cx: &Context<'_>) {
        if polled.is_pending() {
            keep(&mut self.writer, cx);
        }
    }
}

fn keep(waiting: &mut Option<Waker>, cx: &Context<'_>) {
    if !waiting.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
        *waiting = Some(cx.waker().clone());
    }
}
