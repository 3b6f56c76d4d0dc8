//! What all forms say of an arrow, a loop, a moment.

use std::time::Duration;

use toynet_machine::Time;

use super::{Arrow, ArrowKind, Diagram, Loop, Remark};
use crate::words::{grouped, span};

/// What is spoken, where the arrow does not answer in it.
pub(super) fn tag(arrow: &Arrow) -> Option<&'static str> {
    (arrow.kind != ArrowKind::Reply).then_some(arrow.protocol)
}

/// How long it took, and what it is for. It has blanks at which no line breaks.
pub(super) fn tail(arrow: &Arrow) -> String {
    let took = arrow.took.filter(|took| !took.is_zero()).map(|took| format!("({})", span(took)));
    let because = arrow.because.map(|number| format!("(for {number})"));
    took.into_iter().chain(because).collect::<Vec<_>>().join(" ").replace(' ', "\u{a0}")
}

/// Tag, text and tail in one line.
pub(super) fn line(arrow: &Arrow) -> String {
    let tag = tag(arrow).map(|tag| format!("{tag}: ")).unwrap_or_default();
    let tail = tail(arrow);
    let blank = if tail.is_empty() { "" } else { " " };
    format!("{tag}{}{blank}{tail}", arrow.text)
}

pub(super) fn remark(remark: &Remark) -> String {
    let rule = remark.rule.as_ref().map(|rule| format!(" ({rule})"));
    format!("{}{}{}", if remark.wrong { "! " } else { "" }, remark.text, rule.unwrap_or_default())
}

pub(super) fn repeats(repeated: &Loop) -> String {
    let lasted = if repeated.lasted.is_zero() { String::new() } else { format!(" in {}", span(repeated.lasted)) };
    format!("{} times{lasted}", grouped(repeated.times as u64))
}

/// How long after the beginning: `+1.2 ms`.
pub(super) fn offset(begin: Time, time: Time) -> String {
    match time.since(begin) {
        Duration::ZERO => "0".to_owned(),
        later => format!("+{}", span(later)),
    }
}

/// What is missing, if anything is.
pub(super) fn left_out(diagram: &Diagram) -> Option<String> {
    let number = grouped(diagram.left_out as u64);
    (diagram.left_out > 0)
        .then(|| format!("{number} earlier messages are left out: select fewer, by flow, host or time"))
}
