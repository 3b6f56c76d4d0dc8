//! Datagrams that are overtaken.

use std::time::Duration;

use toynet_machine::Random;

use super::{Condition, Parcel, Verdict};

/// Holds each datagram back with the same probability, so that later ones overtake it. TCP puts in order what
/// comes out of order, so streams are left alone.
#[derive(Clone, Debug)]
pub struct Reorder {
    probability: f64,
    random: Random,
}

impl Reorder {
    /// One datagram in 1 / `probability`, by the numbers of `random`.
    pub fn new(probability: f64, random: Random) -> Self {
        Self { probability, random }
    }
}

impl Condition for Reorder {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        if !parcel.stream && self.random.fraction() < self.probability {
            verdict.delay += HELD_BACK;
        }
    }
}

/// Longer than a client takes between datagrams that it sends in a row, and shorter than it waits for an answer.
const HELD_BACK: Duration = Duration::from_millis(50);
