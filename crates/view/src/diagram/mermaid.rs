//! As text for Mermaid, which GitHub and many others draw.

use std::fmt::Write;

use super::count::{Change, Count};
use super::{Arrow, ArrowKind, Diagram, Kind, Step, Tone, label, wrap};

pub(super) fn write(diagram: &Diagram) -> String {
    let mut out = String::from("sequenceDiagram\n");
    line(&mut out, 1, &format!("accTitle: {}", text(&diagram.title)));
    for (place, participant) in diagram.participants.iter().enumerate() {
        let kind = if participant.kind == Kind::You { "actor" } else { "participant" };
        line(&mut out, 1, &format!("{kind} p{place} as {}", text(&participant.name)));
    }
    if let (Some(left_out), Some(last)) = (label::left_out(diagram), diagram.participants.len().checked_sub(1)) {
        line(&mut out, 1, &format!("Note over {}: {}", over((0, last)), text(&left_out)));
    }
    steps(&diagram.steps, 1, &mut Count::default(), &mut out);
    out
}

fn steps(steps: &[Step], depth: usize, count: &mut Count, out: &mut String) {
    for step in steps {
        match step {
            Step::Arrow(one) => {
                number(count.arrow(one.number), depth, out);
                arrow(one, depth, out);
            }
            Step::Note(note) => {
                let mark = match note.tone {
                    Tone::Plain => "",
                    Tone::Fault => "⚡ ",
                    Tone::Failure => "✗ ",
                };
                line(out, depth, &format!("Note over {}: {mark}{}", over(note.over), lines(&note.text)));
            }
            Step::Loop(repeated) => {
                line(out, depth, &format!("loop {}", text(&label::repeats(repeated))));
                self::steps(&repeated.steps, depth + 1, count, out);
                line(out, depth, "end");
            }
        }
    }
}

fn number(change: Option<Change>, depth: usize, out: &mut String) {
    match change {
        Some(Change::From(number)) => line(out, depth, &format!("autonumber {number}")),
        Some(Change::Off) => line(out, depth, "autonumber off"),
        None => {}
    }
}

fn arrow(arrow: &Arrow, depth: usize, out: &mut String) {
    let shaft = match (arrow.kind, arrow.lost) {
        (ArrowKind::Call | ArrowKind::Signal, false) => "->>",
        (ArrowKind::Call | ArrowKind::Signal, true) => "-x",
        (ArrowKind::Reply, false) => "-->>",
        (ArrowKind::Reply, true) => "--x",
    };
    let bar = if arrow.opens {
        "+"
    } else if arrow.closes {
        "-"
    } else {
        ""
    };
    let mark = if arrow.failed { "✗ " } else { "" };
    line(out, depth, &format!("p{}{shaft}{bar}p{}: {mark}{}", arrow.from, arrow.to, lines(&label::line(arrow))));
    let remarks: Vec<String> = arrow.remarks.iter().map(|remark| lines(&label::remark(remark))).collect();
    if !remarks.is_empty() {
        let between = (arrow.from.min(arrow.to), arrow.from.max(arrow.to));
        line(out, depth, &format!("Note over {}: {}", over(between), remarks.join("<br/>")));
    }
}

fn over((first, last): (usize, usize)) -> String {
    if first == last { format!("p{first}") } else { format!("p{first},p{last}") }
}

fn line(out: &mut String, depth: usize, text: &str) {
    out.push_str(&"    ".repeat(depth));
    out.push_str(text);
    out.push('\n');
}

/// A long text in several lines.
fn lines(long: &str) -> String {
    wrap::lines(long).iter().map(|line| text(line)).collect::<Vec<_>>().join("<br/>")
}

/// All that Mermaid or the HTML that it makes could take for something else is written by its number.
fn text(text: &str) -> String {
    let mut shown = String::new();
    for character in text.replace('\u{a0}', " ").chars() {
        if character.is_alphanumeric() || SAFE.contains(character) {
            shown.push(character);
        } else {
            let _ = write!(shown, "#{};", u32::from(character));
        }
    }
    // What is said must not be empty, and must not be taken for the end of a loop.
    if shown.trim().is_empty() { "#32;".to_owned() } else { shown }
}

const SAFE: &str = " .,:-_/()=+*?!@•…→'";
