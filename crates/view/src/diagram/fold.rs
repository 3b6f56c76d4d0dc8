//! What repeats becomes a loop: retries, keep-alives, the same question again and again.

use std::collections::{BTreeMap, BTreeSet};

use super::{Arrow, Loop, Note, Step};

/// Steps with loops, and which of the arrows that went stand for which that stayed.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub steps: Vec<Step>,
    pub dropped: BTreeMap<usize, usize>,
}

impl Folded {
    /// Steps as they are.
    pub fn plain(steps: Vec<Step>) -> Self {
        Self { steps, dropped: BTreeMap::new() }
    }
}

/// Folds what comes at least [`TIMES`] times in a row.
pub(super) fn fold(steps: Vec<Step>) -> Folded {
    let mut folded = Folded::default();
    let mut rest = &steps[..];
    while let Some(first) = rest.first() {
        let (length, times) = best(rest);
        if times < TIMES {
            folded.steps.push(first.clone());
            rest = &rest[1..];
            continue;
        }
        let (repeated, after) = rest.split_at(length * times);
        for (at, step) in repeated.iter().enumerate() {
            if let (Step::Arrow(gone), Step::Arrow(kept)) = (step, &repeated[at % length]) {
                folded.dropped.insert(gone.id, kept.id);
            }
        }
        let lasted = repeated[repeated.len() - 1].at().since(repeated[0].at());
        folded.steps.push(Step::Loop(Loop { times, lasted, steps: repeated[..length].to_vec() }));
        rest = after;
    }
    folded
}

/// The length of a unit at the front and how often it comes, where most is folded by it.
fn best(steps: &[Step]) -> (usize, usize) {
    let mut best = (1, 1);
    for length in 1..=LONGEST.min(steps.len() / TIMES) {
        let times =
            1 + steps[length..].chunks_exact(length).take_while(|next| are_same(&steps[..length], next)).count();
        if times >= TIMES && length * times > best.0 * best.1 && is_whole(&steps[..length]) {
            best = (length, times);
        }
    }
    best
}

fn are_same(one: &[Step], other: &[Step]) -> bool {
    is_whole(other) && one.iter().zip(other).all(|(one, other)| is_same(one, other))
}

/// Whether every bar that begins in it ends in it, and none other.
fn is_whole(unit: &[Step]) -> bool {
    let keys = |chosen: fn(&Arrow) -> bool| -> BTreeSet<(u64, u64)> {
        let arrows = unit.iter().filter_map(|step| match step {
            Step::Arrow(arrow) => Some(arrow),
            Step::Note(_) | Step::Loop(_) => None,
        });
        arrows.filter(|arrow| chosen(arrow)).map(Arrow::key).collect()
    };
    keys(|arrow| arrow.opens) == keys(|arrow| arrow.closes)
}

fn is_same(one: &Step, other: &Step) -> bool {
    match (one, other) {
        (Step::Arrow(one), Step::Arrow(other)) => looks(one) == looks(other) && one.remarks == other.remarks,
        (Step::Note(one), Step::Note(other)) => {
            (one.over, one.tone, &one.text) == (other.over, other.tone, &other.text)
        }
        (Step::Arrow(_) | Step::Note(Note { .. }) | Step::Loop(_), _) => false,
    }
}

fn looks(arrow: &Arrow) -> impl PartialEq + '_ {
    let Arrow { from, to, kind, lost, failed, protocol, text, opens, closes, .. } = arrow;
    ((from, to, kind, protocol), (lost, failed, opens, closes), text)
}

/// Twice is no habit.
const TIMES: usize = 3;
/// A delivery that is tried again takes some ten messages with its look-ups.
const LONGEST: usize = 24;
