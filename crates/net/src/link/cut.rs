//! Times at which nothing passes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use toynet_machine::Time;

use super::{Condition, Parcel, Verdict};

/// A span of the lab's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When it begins, after the start of the lab.
    pub after: Duration,
    /// How long it lasts.
    pub lasts: Duration,
}

/// Loses every datagram and holds every stream while one of the windows is open.
#[derive(Clone, Debug)]
pub struct Cut {
    windows: Vec<Window>,
    began: Time,
}

impl Cut {
    /// Cut during `windows`, counted from `began`.
    pub fn new(windows: Vec<Window>, began: Time) -> Self {
        Self { windows, began }
    }
}

impl Condition for Cut {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        let at = parcel.now.since(self.began);
        for window in &self.windows {
            let ends = window.after.saturating_add(window.lasts);
            if window.after <= at && at < ends {
                if parcel.stream {
                    verdict.delay += ends - at;
                } else {
                    verdict.lost = Some("lost: the link is cut");
                }
            }
        }
    }
}
