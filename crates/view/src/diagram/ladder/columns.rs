//! Where the lifelines stand, and how the names are written above them.

use super::canvas::width;
use super::{LEAST, SHAFT};
use crate::diagram::{Diagram, label};

#[derive(Debug)]
pub(super) struct Columns {
    /// Columns before the first lifeline's own.
    pub gutter: usize,
    pub at: Vec<usize>,
    /// The lines of each name.
    pub names: Vec<Vec<String>>,
    /// Of the tallest name.
    pub height: usize,
    /// What the letters mean that stand for names, where there is no room for names.
    pub legend: Vec<String>,
    /// How wide a row may be.
    pub width: usize,
}

impl Columns {
    pub fn of(diagram: &Diagram, gutter: usize, width: usize) -> Self {
        let names: Vec<&str> = diagram.participants.iter().map(|one| one.name.as_str()).collect();
        let first = names.first().map_or(0, |name| self::width(name) / 2).min(EDGE);
        let room =
            width.saturating_sub(gutter + first + EDGE.min(names.last().map_or(0, |name| self::width(name) / 2)) + 1);
        let gaps = gaps(diagram, &names, room);
        let at: Vec<usize> = std::iter::once(gutter + first)
            .chain(gaps.iter().scan(gutter + first, |at, gap| {
                *at += gap;
                Some(*at)
            }))
            .take(names.len())
            .collect();
        let around = |place: usize| {
            let before = place.checked_sub(1).map_or(2 * first + 2, |place| gaps[place]);
            let after = gaps.get(place).copied().unwrap_or(2 * (width.saturating_sub(at[place])));
            before.min(after).saturating_sub(1)
        };
        let all = |room: &dyn Fn(usize) -> usize| -> Option<Vec<Vec<String>>> {
            names.iter().enumerate().map(|(place, name)| broken(name, room(place))).collect()
        };
        // The gaps are wide enough for the longest labels, unless there are far too many participants.
        let has_room = gaps.iter().zip(least(&names)).all(|(gap, least)| *gap >= least);
        let broken = all(&around).or_else(|| all(&|place| longest_label(names[place])).filter(|_| has_room));
        let legend = if broken.is_some() {
            vec![]
        } else {
            names.iter().zip(0..).map(|(name, at)| format!("{} = {name}", letter(at))).collect()
        };
        let names = broken.unwrap_or_else(|| (0..names.len()).map(|at| vec![letter(at)]).collect());
        let height = names.iter().map(Vec::len).max().unwrap_or(0);
        Self { gutter, at, names, height, legend, width: width.max(gutter + LEAST) }
    }

    /// The last lifeline's column.
    pub fn last(&self) -> usize {
        self.at.last().copied().unwrap_or(self.gutter)
    }
}

/// The distances between lifelines: such that texts fit on their arrows where there is room, and else smaller.
fn gaps(diagram: &Diagram, names: &[&str], room: usize) -> Vec<usize> {
    let number = names.len().saturating_sub(1);
    let mut gaps: Vec<usize> = names
        .windows(2)
        .map(|pair| pair.iter().map(|name| width(name).div_ceil(2)).sum::<usize>() + 2)
        .map(|gap| gap.clamp(LEAST_GAP, MOST_FOR_NAMES))
        .collect();
    let mut needs: Vec<(usize, usize, usize)> = diagram
        .arrows()
        .filter(|arrow| arrow.from != arrow.to)
        .map(|arrow| {
            let needed = (width(&label::line(arrow)) + SHAFT + 1).min(MOST_FOR_TEXT);
            (arrow.from.abs_diff(arrow.to), arrow.from.min(arrow.to), needed)
        })
        .collect();
    needs.sort_unstable();
    for (span, first, needed) in needs {
        let have: usize = gaps[first..first + span].iter().sum();
        let missing = needed.saturating_sub(have);
        for (place, gap) in gaps[first..first + span].iter_mut().enumerate() {
            *gap += missing / span + usize::from(place < missing % span);
        }
    }
    let wanted: usize = gaps.iter().sum();
    if wanted <= room || number == 0 {
        return gaps;
    }
    let mut least = least(names);
    if least.iter().sum::<usize>() > room {
        least = vec![LEAST_GAP.min(room / number).max(TIGHT); number];
    }
    // Everyone gives up the same part of what is more than the least.
    let spare = room.saturating_sub(least.iter().sum());
    let more: usize = gaps.iter().zip(&least).map(|(gap, least)| gap.saturating_sub(*least)).sum();
    let shrunk = gaps.iter().zip(&least).map(|(gap, least)| least + gap.saturating_sub(*least) * spare / more.max(1));
    shrunk.collect()
}

/// Gaps in which at least each label of a name has room.
fn least(names: &[&str]) -> Vec<usize> {
    let half = |name: &str| longest_label(name).div_ceil(2);
    names.windows(2).map(|pair| (half(pair[0]) + half(pair[1]) + 1).max(LEAST_GAP)).collect()
}

fn longest_label(name: &str) -> usize {
    name.split_inclusive('.').map(width).max().unwrap_or(0)
}

/// A name in lines of at most `room`, broken after its labels; nothing where a label is longer.
fn broken(name: &str, room: usize) -> Option<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    for label in name.split_inclusive('.') {
        match lines.last_mut().filter(|line| width(line) + width(label) <= room) {
            Some(line) => line.push_str(label),
            None if width(label) <= room => lines.push(label.to_owned()),
            None => return None,
        }
    }
    Some(lines)
}

/// `A` to `Z`, then `A1`.
fn letter(place: usize) -> String {
    let letter = char::from(b'A' + (place % 26) as u8);
    if place < 26 { letter.to_string() } else { format!("{letter}{}", place / 26) }
}

/// Columns that a name may take beyond the first and the last lifeline.
const EDGE: usize = 10;
/// An arrow of fewer columns cannot be told from a line.
const LEAST_GAP: usize = 8;
/// With very many participants even that is too much.
const TIGHT: usize = 4;
/// Longer names go in several lines.
const MOST_FOR_NAMES: usize = 22;
/// Longer texts stand above their arrows.
const MOST_FOR_TEXT: usize = 46;
