//! The time that anything takes.

use std::time::Duration;

use super::{Condition, Parcel, Verdict};

/// Delays everything by the same span.
#[derive(Clone, Copy, Debug)]
pub struct Latency(pub Duration);

impl Condition for Latency {
    fn judge(&mut self, _: &Parcel, verdict: &mut Verdict) {
        verdict.delay += self.0;
    }
}
