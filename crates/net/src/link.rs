//! What lies between two hosts: an ordered list of conditions, one small file each.
//!
//! A link is one direction. Delays add up; a loss settles a datagram's fate. A stream never loses
//! octets: there a loss costs the time of a retransmission, as TCP would take it.

mod cut;
mod jitter;
mod latency;
mod loss;
mod rate;
mod rules;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use toynet_machine::Time;

pub use cut::{Cut, Window};
pub use jitter::Jitter;
pub use latency::Latency;
pub use loss::Loss;
pub use rate::Rate;
pub use rules::{Conditions, Links, Pattern, Rule};

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
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How long it takes.
    pub delay: Duration,
    /// Why it never arrives, if it does not.
    pub lost: Option<&'static str>,
}

/// One direction between two hosts, with the state of its conditions.
#[derive(Debug)]
pub struct Link {
    window: usize,
    conditions: Mutex<Vec<Box<dyn Condition>>>,
}

impl Link {
    /// A link with these conditions, on which up to `window` octets of each stream are under way at once.
    pub fn new(window: usize, conditions: Vec<Box<dyn Condition>>) -> Self {
        Self { window, conditions: Mutex::new(conditions) }
    }

    /// How many octets of a stream may be under way at once.
    pub fn window(&self) -> usize {
        self.window
    }

    /// What becomes of a parcel.
    pub fn judge(&self, parcel: &Parcel) -> Verdict {
        let mut verdict = Verdict::default();
        let mut conditions = self.conditions.lock().unwrap_or_else(PoisonError::into_inner);
        for condition in conditions.iter_mut() {
            condition.judge(parcel, &mut verdict);
        }
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
