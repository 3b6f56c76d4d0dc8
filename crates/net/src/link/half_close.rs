//! Connections that end one way only.

use super::{Condition, Ending, Parcel, Verdict};

/// Ends a stream this way after so many octets, as if its sender had closed it; what follows is swallowed.
#[derive(Clone, Copy, Debug)]
pub struct HalfClose(pub u64);

impl Condition for HalfClose {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        let Some(sent) = parcel.sent else { return };
        let left = self.0.saturating_sub(sent);
        if left <= parcel.length as u64 {
            verdict.ending = Some(Ending::HalfClose(left as usize));
        }
    }
}
