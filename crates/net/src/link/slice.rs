//! Streams in small pieces.

use super::{Condition, Parcel, Verdict};

/// A stream arrives in pieces of no more than so many octets, each a read of its own.
#[derive(Clone, Copy, Debug)]
pub struct Slice(pub usize);

impl Condition for Slice {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        if parcel.sent.is_some() {
            verdict.piece = Some(self.0.max(1));
        }
    }
}
