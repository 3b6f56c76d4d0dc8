//! As text for PlantUML.

use super::count::{Change, Count};
use super::{Arrow, ArrowKind, Diagram, Kind, Step, Tone, label, wrap};

pub(super) fn write(diagram: &Diagram) -> String {
    let mut out = format!("@startuml\ntitle {}\n", text(&diagram.title));
    out.push_str("hide footbox\n");
    for (place, participant) in diagram.participants.iter().enumerate() {
        let kind = if participant.kind == Kind::You { "actor" } else { "participant" };
        // Between quotation marks nothing is escaped, and the names of hosts have none.
        let name = participant.name.replace(['"', '\\', '%'], "_");
        out.push_str(&format!("{kind} \"{name}\" as p{place}\n"));
    }
    if let (Some(left_out), Some(last)) = (label::left_out(diagram), diagram.participants.len().checked_sub(1)) {
        out.push_str(&format!("note over {} : {}\n", over((0, last)), text(&left_out)));
    }
    steps(&diagram.steps, &mut Count::default(), &mut out);
    out.push_str("@enduml\n");
    out
}

fn steps(steps: &[Step], count: &mut Count, out: &mut String) {
    for step in steps {
        match step {
            Step::Arrow(one) => {
                number(count.arrow(one.number), out);
                arrow(one, out);
            }
            Step::Note(note) => {
                let colour = match note.tone {
                    Tone::Plain => "#F4F4F4",
                    Tone::Fault => "#FFE3B3",
                    Tone::Failure => "#FBD9D7",
                };
                out.push_str(&format!("note over {} {colour} : {}\n", over(note.over), lines(&note.text)));
            }
            Step::Loop(repeated) => {
                out.push_str(&format!("loop {}\n", text(&label::repeats(repeated))));
                self::steps(&repeated.steps, count, out);
                out.push_str("end\n");
            }
        }
    }
}

fn number(change: Option<Change>, out: &mut String) {
    match change {
        Some(Change::From(number)) => out.push_str(&format!("autonumber {number}\n")),
        Some(Change::Off) => out.push_str("autonumber stop\n"),
        None => {}
    }
}

fn arrow(arrow: &Arrow, out: &mut String) {
    let colour = if arrow.failed || arrow.lost { "[#B3261E]" } else { "" };
    let shaft = match arrow.kind {
        ArrowKind::Call | ArrowKind::Signal => format!("-{colour}>"),
        ArrowKind::Reply => format!("-{colour}->"),
    };
    let lost = if arrow.lost { "x" } else { "" };
    out.push_str(&format!("p{} {shaft}{lost} p{} : {}\n", arrow.from, arrow.to, lines(&label::line(arrow))));
    if arrow.opens {
        out.push_str(&format!("activate p{}\n", arrow.to));
    }
    if arrow.closes {
        out.push_str(&format!("deactivate p{}\n", arrow.from));
    }
    let remarks: Vec<String> = arrow.remarks.iter().map(|remark| lines(&label::remark(remark))).collect();
    if !remarks.is_empty() {
        let between = (arrow.from.min(arrow.to), arrow.from.max(arrow.to));
        out.push_str(&format!("note over {} #FFFDF0 : {}\n", over(between), remarks.join("\\n")));
    }
}

fn over((first, last): (usize, usize)) -> String {
    if first == last { format!("p{first}") } else { format!("p{first}, p{last}") }
}

/// A long text in several lines.
fn lines(long: &str) -> String {
    wrap::lines(long).iter().map(|line| text(line)).collect::<Vec<_>>().join("\\n")
}

/// All that Creole, the preprocessor or a tag could take for something else is written by its number.
fn text(text: &str) -> String {
    let mut shown = String::new();
    let mut before = None;
    for character in text.replace('\u{a0}', " ").chars() {
        let is_safe = character.is_alphanumeric()
            || SAFE.contains(character)
            || SAFE_INSIDE.contains(character) && before.is_some_and(|before| before != character);
        if is_safe {
            shown.push(character);
        } else {
            shown.push_str(&format!("<U+{:04X}>", u32::from(character)));
        }
        before = Some(character);
    }
    if shown.trim().is_empty() { "<U+0020>".to_owned() } else { shown }
}

const SAFE: &str = " .,:()+?@•…→";
/// Two of them in a row change the type; one at the beginning makes a list or a heading.
const SAFE_INSIDE: &str = "-/_=!";
