//! Ends connections that stand still.
//!
//! Whoever moves octets or begins an exchange only counts; the clock is looked at every few seconds, so
//! that a request costs no timer.

use std::cell::Cell;
use std::time::Duration;

use toynet_net::Clock;

/// What has happened on a connection.
#[derive(Debug, Default)]
pub(super) struct Watch {
    sent: Cell<u64>,
    received: Cell<u64>,
    exchanges: Cell<u64>,
    /// Exchanges whose answer has not begun.
    open: Cell<u32>,
    /// Those of them that a handler works on.
    handled: Cell<u32>,
    /// Octets came since the last exchange began.
    is_head_begun: Cell<bool>,
    is_http2: Cell<bool>,
}

/// Why a connection was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Standstill {
    #[error("the client took too long to send a request's head")]
    Head,
    #[error("the connection stood still")]
    Idle,
}

impl Watch {
    pub fn sent(&self, octets: usize) {
        self.sent.set(self.sent.get() + octets as u64);
    }

    pub fn received(&self, octets: usize) {
        self.received.set(self.received.get() + octets as u64);
        self.is_head_begun.set(self.is_head_begun.get() || octets > 0);
    }

    /// Counts an exchange and gives its number, from 1.
    pub fn exchange_begins(&self) -> u64 {
        self.is_head_begun.set(false);
        self.open.set(self.open.get() + 1);
        self.exchanges.set(self.exchanges.get() + 1);
        self.exchanges.get()
    }

    pub fn exchange_ends(&self) {
        self.open.set(self.open.get() - 1);
    }

    pub fn handler_begins(&self) {
        self.handled.set(self.handled.get() + 1);
    }

    pub fn handler_ends(&self) {
        self.handled.set(self.handled.get() - 1);
    }

    pub fn is_http2(&self) {
        self.is_http2.set(true);
    }

    /// Waits until the connection stands still.
    pub async fn standstill(&self, clock: Clock) -> Standstill {
        let (mut silent, mut in_head) = (Duration::ZERO, Duration::ZERO);
        let mut before = self.look();
        loop {
            clock.sleep(LOOK).await;
            let now = self.look();
            let is_silent = now == before && self.handled.get() == 0;
            silent = if is_silent { silent + LOOK } else { Duration::ZERO };
            in_head = if now.is_still_in_head(&before) { in_head + LOOK } else { Duration::ZERO };
            before = now;
            if in_head >= LONGEST_HEAD {
                return Standstill::Head;
            }
            if silent >= LONGEST_SILENCE {
                return Standstill::Idle;
            }
        }
    }

    fn look(&self) -> Look {
        let is_waiting = self.open.get() == 0 && !self.is_http2.get();
        Look {
            sent: self.sent.get(),
            received: self.received.get(),
            exchanges: self.exchanges.get(),
            is_in_head: self.is_head_begun.get() && is_waiting,
        }
    }
}

/// What is to be seen of a connection at one time.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    sent: u64,
    received: u64,
    exchanges: u64,
    /// Between the first octet of a head and its end. The frames of HTTP/2 do not tell.
    is_in_head: bool,
}

impl Look {
    /// While an answer is sent, the next head may have to wait.
    fn is_still_in_head(&self, before: &Self) -> bool {
        let is_same = self.exchanges == before.exchanges && self.sent == before.sent;
        self.is_in_head && before.is_in_head && is_same
    }
}

/// How often a connection is looked at; limits are kept this well.
const LOOK: Duration = Duration::from_secs(5);
/// A head is one packet as a rule; a person who types it into a terminal needs some seconds.
const LONGEST_HEAD: Duration = Duration::from_secs(10);
/// What other servers allow a client that does not read, and more than the round trip of any link that
/// makes sense.
const LONGEST_SILENCE: Duration = Duration::from_secs(75);
