//! What many checks hope for.

use super::check::{Ground, Verdict};
use super::heard::Heard;

/// It is answered as when nothing is wrong.
pub(super) fn same(heard: &Heard, ground: &Ground) -> Verdict {
    Verdict::of(heard.status() == ground.status, || format!("{} and not {}", heard.words(), ground.status))
}

pub(super) fn refused(heard: &Heard, _: &Ground) -> Verdict {
    Verdict::of(heard.status() == 400, || format!("{} and not 400", heard.words()))
}

/// The connection ends with the answer.
pub(super) fn closed(heard: &Heard, _: &Ground) -> Verdict {
    Verdict::of(heard.status() > 0 && heard.has_ended, || "the connection stays open".to_owned())
}
