//! The model itself, for programs.
//!
//! `v` is 1; `participants` are named by their places in `steps`; a step is an `arrow`, a `note` or a `loop`.

use serde::Serialize;

use super::{Diagram, Participant, Step};
use crate::json::write_line;

#[derive(Serialize)]
struct Object<'a> {
    v: u32,
    title: &'a str,
    participants: &'a [Participant],
    steps: &'a [Step],
    left_out: usize,
}

pub(super) fn write(diagram: &Diagram) -> String {
    let Diagram { title, participants, steps, left_out } = diagram;
    let mut out = String::new();
    write_line(&Object { v: 1, title, participants, steps, left_out: *left_out }, &mut out);
    out
}
