//! Delay that differs from parcel to parcel. Datagrams may overtake each other, a stream stays in order.

use std::time::Duration;

use toynet_machine::Random;

use super::{Condition, Parcel, Verdict};

/// Delays each parcel by a span between zero and `most`, all equally likely.
#[derive(Clone, Debug)]
pub struct Jitter {
    most: Duration,
    random: Random,
}

impl Jitter {
    /// Up to `most`, by the numbers of `random`.
    pub fn new(most: Duration, random: Random) -> Self {
        Self { most, random }
    }
}

impl Condition for Jitter {
    fn judge(&mut self, _: &Parcel, verdict: &mut Verdict) {
        verdict.delay += self.most.mul_f64(self.random.fraction());
    }
}
