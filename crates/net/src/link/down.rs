//! A host that is down, or a way that is cut, until somebody says otherwise.

use serde::{Deserialize, Serialize};

use super::{Condition, Ending, Parcel, Verdict};

/// How nothing arrives. Datagrams are lost in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Down {
    /// Connections are refused and those that stand are reset: the machine runs, its services do not.
    Refuse,
    /// Nothing is heard. Streams wait, and go on once it is over.
    Silence,
}

impl Condition for Down {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        match self {
            _ if !parcel.stream => verdict.lost = Some("lost: the way is cut"),
            Down::Refuse => verdict.ending = Some(Ending::Reset(0)),
            Down::Silence => verdict.held = true,
        }
    }
}
