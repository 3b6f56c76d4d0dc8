//! What lies between two hosts: an ordered list of conditions, one small file each.
//!
//! A link is one direction. Delays add up; a loss settles a datagram's fate. A stream never loses
//! octets: there a loss costs the time of a retransmission, as TCP would take it.
//!
//! What a link does by the lab file it does from the start (`rules`). What it does wrong on purpose for a time
//! comes and goes while it lives (`live`): all datagrams meet that at once, connections that stand with the next octets
//! that go over them.

mod corrupt;
mod cut;
mod down;
mod duplicate;
mod half_close;
mod jitter;
mod latency;
mod live;
mod loss;
mod rate;
mod reorder;
mod reset;
mod rules;
mod slice;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use toynet_machine::Time;

use crate::fault::Fault;

pub use corrupt::{Corrupt, Garble};
pub use cut::{Cut, Window};
pub use down::Down;
pub use duplicate::Duplicate;
pub use half_close::HalfClose;
pub use jitter::Jitter;
pub use latency::Latency;
use live::Live;
pub use live::{Bend, Way};
pub(crate) use live::{refuses, refusing};
pub use loss::Loss;
pub use rate::Rate;
pub use reorder::Reorder;
pub use reset::Reset;
pub use rules::{Conditions, Links, Pattern, Rule};
pub use slice::Slice;

/// Something that happens to what crosses a link.
pub trait Condition: fmt::Debug + Send {
    /// Adds this condition's part to the verdict on `parcel`.
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict);
}

/// What wants to cross.
#[derive(Clone, Copy, Debug)]
pub struct Parcel {
    /// Its octets.
    pub length: usize,
    /// The time.
    pub now: Time,
    /// Whether it is a part of a stream, which cannot be lost.
    pub stream: bool,
    /// How many octets of the stream went before it; nothing for a datagram and for a stream's handshake.
    pub sent: Option<u64>,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How long it takes.
    pub delay: Duration,
    /// Why it never arrives, if it does not.
    pub lost: Option<&'static str>,
    /// Whether the sender of a datagram that is lost hears that nobody takes it.
    pub refused: bool,
    /// A stream waits here until that changes.
    pub held: bool,
    /// How many further times a datagram arrives.
    pub copies: usize,
    /// A bit of a datagram that arrives wrong, counted around its end.
    pub flipped: Option<u64>,
    /// One octet in so many of a stream arrives wrong.
    pub garbled: Option<u64>,
    /// A stream arrives in pieces of no more octets.
    pub piece: Option<usize>,
    /// A stream arrives little by little, so many octets a second; the delay is that of the last of them.
    pub pace: Option<u64>,
    /// How the stream ends in this parcel.
    pub ending: Option<Ending>,
}

impl Verdict {
    /// The octets of a datagram as they arrive.
    pub(crate) fn spoil<'a>(&self, octets: &'a [u8]) -> Cow<'a, [u8]> {
        match self.flipped {
            Some(bit) if !octets.is_empty() => {
                let bit = bit as usize % (octets.len() * 8);
                let mut octets = octets.to_vec();
                octets[bit / 8] ^= 1 << (bit % 8);
                octets.into()
            }
            Some(_) | None => octets.into(),
        }
    }
}

/// How a stream ends before its time, after so many octets of a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Both ways at once.
    Reset(usize),
    /// This way alone, as if its sender had closed it.
    HalfClose(usize),
}

/// One direction between two hosts, with the state of its conditions.
#[derive(Debug)]
pub struct Link {
    window: usize,
    conditions: Mutex<Vec<Box<dyn Condition>>>,
    live: Live,
}

impl Default for Link {
    fn default() -> Self {
        Self::new(DEFAULT_WINDOW, Vec::new())
    }
}

impl Link {
    /// A link with these conditions, on which up to `window` octets of each stream are under way at once.
    pub fn new(window: usize, conditions: Vec<Box<dyn Condition>>) -> Self {
        Self { window, conditions: Mutex::new(conditions), live: Live::default() }
    }

    /// The same, which does wrong besides what `live` says.
    pub(crate) fn with(self, live: Live) -> Self {
        Self { live, ..self }
    }

    /// How many octets of a stream may be under way at once.
    pub fn window(&self) -> usize {
        self.window
    }

    /// What becomes of a parcel.
    pub fn judge(&self, parcel: &Parcel) -> Verdict {
        self.judge_noting(parcel, &mut |_| {})
    }

    /// The same; `note` hears of each fault that has a part in it, and is to count that hit where it is written down.
    pub(crate) fn judge_noting(&self, parcel: &Parcel, note: &mut dyn FnMut(&Arc<Fault>)) -> Verdict {
        let mut verdict = Verdict::default();
        let mut conditions = self.conditions.lock().unwrap_or_else(PoisonError::into_inner);
        for condition in conditions.iter_mut() {
            condition.judge(parcel, &mut verdict);
        }
        self.live.judge(parcel, &mut verdict, note);
        verdict.delay = verdict.delay.min(FOR_EVER);
        verdict
    }
}

/// A cut without end: longer than any lab runs, and short enough to be added to any clock.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// What a stream without a link of its own may have under way: the default receive buffer of Linux.
pub const DEFAULT_WINDOW: usize = 128 * 1024;

#[cfg(test)]
mod tests;
