//! Connections that are broken off.

use super::{Condition, Ending, Parcel, Verdict};

/// Resets a stream when so many octets have gone this way: both ends lose it.
#[derive(Clone, Copy, Debug)]
pub struct Reset(pub u64);

impl Condition for Reset {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        let Some(sent) = parcel.sent else { return };
        let left = self.0.saturating_sub(sent);
        if left <= parcel.length as u64 {
            verdict.ending = Some(Ending::Reset(left as usize));
        }
    }
}
