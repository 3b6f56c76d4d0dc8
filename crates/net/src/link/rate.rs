//! A line that carries so much and no more.

use std::time::Duration;

use toynet_machine::Time;

use super::{Condition, Parcel, Verdict};

/// Carries so many octets a second; what comes while it is busy waits its turn. Streams trickle.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    octets_per_second: u64,
    free_at: Time,
}

impl Rate {
    /// A line of so many octets a second, at least one.
    pub fn new(octets_per_second: u64) -> Self {
        Self { octets_per_second: octets_per_second.max(1), free_at: Time::default() }
    }
}

impl Condition for Rate {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        let starts = self.free_at.max(parcel.now);
        let nanos = parcel.length as u128 * 1_000_000_000 / u128::from(self.octets_per_second);
        let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        if !parcel.stream && starts.since(parcel.now) > LONGEST_QUEUE {
            verdict.lost = Some("dropped: the line is full");
            return;
        }
        self.free_at = starts + takes;
        verdict.delay += self.free_at.since(parcel.now);
        if parcel.sent.is_some() {
            let slowest = verdict.pace.map_or(self.octets_per_second, |pace| pace.min(self.octets_per_second));
            verdict.pace = Some(slowest);
        }
    }
}

/// A queue of one second, then datagrams are dropped: what a badly sized router does.
const LONGEST_QUEUE: Duration = Duration::from_secs(1);
