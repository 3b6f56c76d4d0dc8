//! Octets that arrive other than they were sent.

use toynet_machine::Random;

use super::{Condition, Parcel, Verdict};

/// Turns one bit of a datagram over, with the same probability for each datagram. Streams are left alone: TCP's
/// checksum would find it, and what is sent again is right.
#[derive(Clone, Debug)]
pub struct Corrupt {
    probability: f64,
    random: Random,
}

impl Corrupt {
    /// One datagram in 1 / `probability`, and which bit, by the numbers of `random`.
    pub fn new(probability: f64, random: Random) -> Self {
        Self { probability, random }
    }
}

impl Condition for Corrupt {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        if !parcel.stream && self.random.fraction() < self.probability {
            verdict.flipped = Some(self.random.u64());
        }
    }
}

/// Turns one bit over in one octet of a stream in so many: what a broken middlebox does behind the checksum.
#[derive(Clone, Copy, Debug)]
pub struct Garble(pub u64);

impl Condition for Garble {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        if parcel.sent.is_some() {
            verdict.garbled = Some(self.0.max(1));
        }
    }
}
