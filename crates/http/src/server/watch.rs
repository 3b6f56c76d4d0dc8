//! Ends connections that stand still.
//!
//! Whoever moves octets or begins an exchange only counts; the clock is looked at every few seconds, so
//! that a request costs no timer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use http::StatusCode;
use toynet_machine::Time;
use toynet_net::Clock;

use super::Limits;

/// What has happened on a connection.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// When the connection began.
    since: Time,
    sent: Cell<u64>,
    received: Cell<u64>,
    exchanges: Cell<u64>,
    /// Exchanges whose answer has not begun.
    open: Cell<u32>,
    /// Answers whose content is not sent yet.
    answers: Cell<u32>,
    /// Exchanges that a handler works on.
    handled: Cell<u32>,
    /// Octets came since the last exchange began.
    is_head_begun: Cell<bool>,
    /// Since when a head has been incomplete.
    head_held: Cell<Option<Time>>,
    /// Content of a request is still to come.
    is_in_content: Cell<bool>,
    /// What is to be sent waits for the client.
    is_blocked: Cell<bool>,
    /// Many exchanges share the connection, in frames.
    is_shared: Cell<bool>,
    /// Nothing has been asked for so long that what serves requests may go until something is.
    is_to_rest: Cell<bool>,
    /// Notice was given: what is asked is answered, and then it is over.
    is_parting: Cell<bool>,
    /// Who reads what the client says, and whether it waits for that.
    reader: RefCell<Option<Waker>>,
    is_waiting: Cell<bool>,
    given_up: Cell<Option<Standstill>>,
}

/// A handler at work on a connection.
#[derive(Debug)]
pub(super) struct AtWork(Rc<Watch>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.handled.set(self.0.handled.get() - 1);
    }
}

/// Why a connection is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Standstill {
    #[error("the client took too long to send a request's head")]
    Head,
    #[error("the client took too long to send a request's content")]
    Content,
    #[error("the client does not read what is sent to it")]
    Unread,
    #[error("the connection stood still")]
    Idle,
}

impl Standstill {
    /// What the client is answered (RFC 9110 15.5.9).
    pub fn status(self) -> Option<StatusCode> {
        match self {
            Standstill::Head | Standstill::Content => Some(StatusCode::REQUEST_TIMEOUT),
            Standstill::Unread | Standstill::Idle => None,
        }
    }
}

impl Watch {
    /// Of a connection that begins now.
    pub fn at(now: Time) -> Self {
        Self { since: now, ..Self::default() }
    }

    /// Whether something was asked on it, or it had the time for that.
    pub fn has_had_its_turn(&self, now: Time) -> bool {
        self.exchanges.get() > 0 || now.since(self.since) >= GRACE
    }

    pub fn sent(&self, octets: usize) {
        self.sent.set(self.sent.get() + octets as u64);
        self.is_blocked.set(false);
    }

    pub fn blocked(&self) {
        self.is_blocked.set(true);
    }

    pub fn received(&self, octets: usize) {
        self.received.set(self.received.get() + octets as u64);
        // Frames are not heads.
        self.is_head_begun.set(!self.is_shared.get() && (self.is_head_begun.get() || octets > 0));
    }

    /// A part of a head is held back until the rest comes. Most heads come whole, and need no clock.
    pub fn holds_head(&self, clock: Clock) {
        if self.head_held.get().is_none() {
            self.head_held.set(Some(clock.now()));
        }
    }

    pub fn in_content(&self, is_it: bool) {
        self.is_in_content.set(is_it);
    }

    /// Whether `waker` waits for the client now, or nobody does.
    pub fn reads(&self, waker: Option<&Waker>) {
        self.is_waiting.set(waker.is_some());
        let mut reader = self.reader.borrow_mut();
        if let Some(waker) = waker.filter(|waker| !reader.as_ref().is_some_and(|reader| reader.will_wake(waker))) {
            *reader = Some(waker.clone());
        }
    }

    /// Counts an exchange and gives its number, from 1.
    pub fn exchange_begins(&self) -> u64 {
        self.is_head_begun.set(false);
        self.head_held.set(None);
        self.open.set(self.open.get() + 1);
        self.exchanges.set(self.exchanges.get() + 1);
        self.exchanges.get()
    }

    pub fn exchange_ends(&self) {
        self.open.set(self.open.get() - 1);
    }

    pub fn answer_begins(&self) {
        self.answers.set(self.answers.get() + 1);
    }

    pub fn answer_ends(&self) {
        self.answers.set(self.answers.get() - 1);
    }

    /// A handler works on an exchange as long as what this returns lives.
    pub fn at_work(self: &Rc<Self>) -> AtWork {
        self.handled.set(self.handled.get() + 1);
        AtWork(Rc::clone(self))
    }

    pub fn is_shared(&self) {
        self.is_shared.set(true);
        self.is_head_begun.set(false);
    }

    /// Whether the connection could be closed without a loss: nothing is asked, nothing on its way.
    pub fn is_idle(&self) -> bool {
        // The frames of HTTP/2 do not tell where a head begins.
        let is_in_head = self.is_head_begun.get() && !self.is_shared.get();
        self.open.get() == 0
            && self.answers.get() == 0
            && self.handled.get() == 0
            && !self.is_blocked.get()
            && !is_in_head
    }

    /// What is asked is answered, and then it is over.
    pub fn part(&self) {
        if self.is_idle() && !self.is_shared.get() {
            return self.give_up(Standstill::Idle);
        }
        self.is_parting.set(true);
        self.wake();
    }

    /// Whether what serves requests may go until something is asked; said once.
    pub fn is_to_rest(&self) -> bool {
        self.is_to_rest.replace(false) && self.is_idle() && !self.is_parting.get()
    }

    pub fn is_parting(&self) -> bool {
        self.is_parting.get()
    }

    /// Nothing more is taken from the client.
    pub fn give_up(&self, why: Standstill) {
        self.given_up.set(Some(why));
        self.wake();
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    pub fn given_up(&self) -> Option<Standstill> {
        self.given_up.get()
    }

    /// Waits until the connection stands still.
    pub async fn standstill(&self, limits: &Limits, clock: Clock) -> Standstill {
        let look = look(limits);
        let mut before = self.look(clock);
        let mut spans = Spans::default();
        loop {
            let span = spans.to_next_look(limits, look);
            clock.sleep(span).await;
            let now = self.look(clock);
            spans.add(&before, &now, span);
            if let Some(why) = spans.over(limits) {
                return why;
            }
            // Once in each span of silence.
            let has_fallen_silent = spans.silent >= look && spans.silent < look + span;
            if has_fallen_silent && !self.is_shared.get() && self.is_idle() {
                self.is_to_rest.set(true);
                self.wake();
            }
            before = now;
        }
    }

    fn look(&self, clock: Clock) -> Look {
        let is_between = self.open.get() == 0 && self.handled.get() == 0 && !self.is_shared.get();
        Look {
            sent: self.sent.get(),
            received: self.received.get(),
            exchanges: self.exchanges.get(),
            is_in_head: self.is_head_begun.get() && is_between,
            head_age: self.head_held.get().map(|held| clock.now().since(held)).unwrap_or_default(),
            is_in_content: self.is_in_content.get(),
            is_waiting: self.is_waiting.get(),
            is_blocked: self.is_blocked.get(),
            is_handled: self.handled.get() > 0,
        }
    }
}

/// What is to be seen of a connection at one time.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    sent: u64,
    received: u64,
    exchanges: u64,
    /// Between the first octet of a head and its end. Frames do not tell.
    is_in_head: bool,
    head_age: Duration,
    is_in_content: bool,
    /// Somebody waits for what the client says.
    is_waiting: bool,
    is_blocked: bool,
    is_handled: bool,
}

/// How long things have been going on.
#[derive(Debug, Default)]
struct Spans {
    silent: Duration,
    head: Duration,
    content: Duration,
    /// Octets since the content was first waited for.
    of_content: u64,
    without_content: Duration,
    blocked: Duration,
}

impl Spans {
    fn add(&mut self, before: &Look, now: &Look, span: Duration) {
        let on = |is_on: bool, so_far: Duration| if is_on { so_far + span } else { Duration::ZERO };
        let is_same = now.exchanges == before.exchanges && now.sent == before.sent;
        // While nobody reads on, it is not the client that is slow.
        let is_read = now.is_waiting || now.received != before.received;
        let is_content = now.is_in_content && before.is_in_content && now.exchanges == before.exchanges && is_read;
        let is_silent = is_same && now.received == before.received && !now.is_handled;
        self.silent = on(is_silent, self.silent);
        // While an answer is sent, the next head may have to wait.
        self.head = match is_same && now.is_in_head {
            true if before.is_in_head => self.head + span,
            true => now.head_age.min(span),
            false => Duration::ZERO,
        };
        self.blocked = on(is_same && now.is_blocked && before.is_blocked, self.blocked);
        self.content = on(is_content, self.content);
        self.without_content = on(is_content && now.received == before.received, self.without_content);
        self.of_content = if is_content { self.of_content + (now.received - before.received) } else { 0 };
    }

    /// How long to wait for the next look: the time for a head is short beside that between two looks.
    fn to_next_look(&self, limits: &Limits, look: Duration) -> Duration {
        let left = limits.header_time.saturating_sub(self.head);
        if self.head.is_zero() { look } else { left.clamp(SHORTEST_LOOK.min(look), look) }
    }

    fn over(&self, limits: &Limits) -> Option<Standstill> {
        let slowest = Duration::from_secs(self.of_content / Limits::SLOWEST);
        let content = self.without_content >= limits.body_time || self.content > limits.body_time + slowest;
        [
            (self.head >= limits.header_time, Standstill::Head),
            (content, Standstill::Content),
            (self.blocked >= limits.write_time, Standstill::Unread),
            (self.silent >= limits.idle_time, Standstill::Idle),
        ]
        .into_iter()
        .find_map(|(is_over, why)| is_over.then_some(why))
    }
}

/// How often a connection is looked at; limits are kept this well.
fn look(limits: &Limits) -> Duration {
    let shortest = limits.header_time.min(limits.body_time).min(limits.write_time).min(limits.idle_time);
    (shortest / 2).clamp(SHORTEST_LOOK, LONGEST_LOOK)
}

/// What a client of a far network needs to send what it has connected for.
const GRACE: Duration = Duration::from_millis(300);
const LONGEST_LOOK: Duration = Duration::from_secs(5);
/// A thousand connections then cost a worker some thousandth of its time.
const SHORTEST_LOOK: Duration = Duration::from_millis(100);
