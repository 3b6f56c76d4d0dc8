//! A host that is down, or a way that is cut, until somebody says otherwise.

use serde::{Deserialize, Serialize};

use super::{Condition, Ending, Parcel, Verdict};

/// How nothing arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Down {
    /// Connections and datagrams are refused, and connections that stand are reset: the machine runs, its services
    /// do not.
    Refuse,
    /// Nothing is heard. Streams wait, and go on once it is over.
    Silence,
}

impl Condition for Down {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        match self {
            Down::Refuse if !parcel.stream => {
                verdict.lost = Some("lost: nobody takes it");
                verdict.refused = true;
            }
            Down::Silence if !parcel.stream => verdict.lost = Some("lost: the way is cut"),
            Down::Refuse => verdict.ending = Some(Ending::Reset(0)),
            Down::Silence => verdict.held = true,
        }
    }
}
