//! Datagrams that arrive twice.

use toynet_machine::Random;

use super::{Condition, Parcel, Verdict};

/// Doubles each datagram with the same probability. TCP drops what it has already, so streams are left alone.
#[derive(Clone, Debug)]
pub struct Duplicate {
    probability: f64,
    random: Random,
}

impl Duplicate {
    /// One datagram in 1 / `probability`, by the numbers of `random`.
    pub fn new(probability: f64, random: Random) -> Self {
        Self { probability, random }
    }
}

impl Condition for Duplicate {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        if !parcel.stream && self.random.fraction() < self.probability {
            verdict.copies += 1;
        }
    }
}
