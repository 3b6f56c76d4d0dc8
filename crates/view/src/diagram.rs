//! A record as a UML sequence diagram: one model, and a file for each form that shows it.
//!
//! - here: the model: participants, arrows, bars, notes, loops
//! - `build`: the model from what is told; `packets`: from what was seen as such
//! - `fold`: what repeats becomes a loop
//! - `ladder`, `mermaid`, `plantuml`, `svg`, `object`: the forms
//! - `count`: numbers where a program counts arrows itself; `label`: what all forms say of an arrow; `wrap`: long texts in several lines

mod build;
mod count;
mod fold;
mod label;
mod ladder;
mod mermaid;
mod object;
mod packets;
mod plantuml;
mod svg;
mod wrap;

use std::time::Duration;

use serde::Serialize;
use toynet_machine::Time;
use toynet_record::FlowCause;

use crate::Source;
use crate::log::Show;

/// A sequence diagram.
#[derive(Debug)]
pub struct Diagram {
    title: String,
    participants: Vec<Participant>,
    steps: Vec<Step>,
    /// Messages that the diagram would have been too long with.
    left_out: usize,
}

/// How much of what passed is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Requests and their answers.
    Story,
    /// Every message.
    #[default]
    Message,
    /// What was sent at once, connections and their ends included; nothing is folded.
    Packet,
}

/// What a diagram is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines of a terminal.
    Ladder {
        /// How wide it may be.
        columns: usize,
        /// With the escape codes of a terminal.
        colour: bool,
    },
    /// Text for Mermaid 10 or later.
    Mermaid,
    /// Text for PlantUML.
    PlantUml,
    /// A picture that needs nothing else.
    Svg,
    /// The model, for programs.
    Json,
}

/// Who takes part, in the lab's order; whoever is no host of it stands at the sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Participant {
    name: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Whoever is outside and asks.
    You,
    Host,
    /// A server outside.
    Stranger,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "step", rename_all = "lowercase")]
enum Step {
    Arrow(Arrow),
    Note(Note),
    Loop(Loop),
}

#[derive(Clone, Debug, Serialize)]
struct Arrow {
    /// Of a message: its number among all of the record, as a capture has it. Of a packet: from 1, over all that are
    /// drawn. What is neither has 0.
    #[serde(skip_serializing_if = "is_none")]
    number: u64,
    /// Its place among all arrows before any were folded.
    #[serde(skip)]
    id: usize,
    from: usize,
    to: usize,
    kind: ArrowKind,
    /// It is known, or as good as known, not to have arrived.
    lost: bool,
    failed: bool,
    protocol: &'static str,
    flow: u64,
    exchange: u64,
    time: String,
    #[serde(skip)]
    at: Time,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<f64>,
    #[serde(skip)]
    took: Option<Duration>,
    /// It begins a bar at its target, which the arrow of the same exchange that `closes` ends.
    opens: bool,
    closes: bool,
    /// The number of the arrow that caused it, where no bar shows that.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<Remark>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum ArrowKind {
    /// It asks.
    Call,
    /// It answers.
    Reply,
    /// It is said for itself.
    Signal,
}

/// A sentence about an arrow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Remark {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// It says what is wrong.
    wrong: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Note {
    /// The first and the last participant that it spans.
    over: (usize, usize),
    tone: Tone,
    text: String,
    #[serde(skip)]
    at: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Tone {
    Plain,
    /// The lab did it on purpose.
    Fault,
    Failure,
}

/// Steps that came several times in a row.
#[derive(Clone, Debug, Serialize)]
struct Loop {
    times: usize,
    #[serde(skip)]
    lasted: Duration,
    steps: Vec<Step>,
}

impl Diagram {
    /// The diagram of a record, of at most so many arrows: the last ones, but whole exchanges.
    pub fn of(source: &Source<'_>, title: &str, show: &Show, detail: Detail, most: usize) -> Self {
        let built = match detail {
            Detail::Story | Detail::Message => build::build(source, show, detail, most),
            Detail::Packet => packets::build(source, show, most),
        };
        let folded = match detail {
            Detail::Story | Detail::Message => fold::fold(built.steps),
            Detail::Packet => fold::Folded::plain(number(built.steps)),
        };
        let (participants, left_out) = (built.participants, built.left_out);
        Self { title: title.to_owned(), participants, steps: resolve(folded), left_out }
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// It as text, picture or data. The same diagram gives the same octets.
    pub fn write(&self, form: Form) -> String {
        match form {
            Form::Ladder { columns, colour } => ladder::write(self, columns, colour),
            Form::Mermaid => mermaid::write(self),
            Form::PlantUml => plantuml::write(self),
            Form::Svg => svg::write(self),
            Form::Json => object::write(self),
        }
    }

    /// All arrows and notes, loops taken apart, in order.
    fn flat(&self) -> Vec<&Step> {
        let mut flat = Vec::new();
        let mut rest: Vec<&Step> = self.steps.iter().rev().collect();
        while let Some(step) = rest.pop() {
            match step {
                Step::Loop(repeated) => rest.extend(repeated.steps.iter().rev()),
                Step::Arrow(_) | Step::Note(_) => flat.push(step),
            }
        }
        flat
    }

    fn arrows(&self) -> impl Iterator<Item = &Arrow> {
        self.flat().into_iter().filter_map(|step| match step {
            Step::Arrow(arrow) => Some(arrow),
            Step::Note(_) | Step::Loop(_) => None,
        })
    }

    /// When it begins.
    fn begins(&self) -> Time {
        let times = self.flat().into_iter().map(Step::at);
        times.min().unwrap_or_default()
    }
}

impl Step {
    fn at(&self) -> Time {
        match self {
            Step::Arrow(arrow) => arrow.at,
            Step::Note(note) => note.at,
            Step::Loop(repeated) => repeated.steps.first().map(Step::at).unwrap_or_default(),
        }
    }
}

impl Arrow {
    /// What a bar is known by.
    fn key(&self) -> (u64, u64) {
        (self.flow, self.exchange)
    }
}

/// A model whose arrows name their causes by id.
#[derive(Debug, Default)]
struct Built {
    participants: Vec<Participant>,
    steps: Vec<Step>,
    left_out: usize,
}

/// What caused something.
type Causes = std::collections::BTreeMap<FlowCause, usize>;

/// Numbers arrows that are no messages.
fn number(mut steps: Vec<Step>) -> Vec<Step> {
    let mut next = 0;
    for_each_arrow(&mut steps, &mut |arrow| {
        next += 1;
        arrow.number = next;
    });
    steps
}

/// Arrows name what caused them by its number. Until then `because` holds an id.
fn resolve(folded: fold::Folded) -> Vec<Step> {
    let fold::Folded { mut steps, dropped } = folded;
    let mut numbers = std::collections::BTreeMap::new();
    for_each_arrow(&mut steps, &mut |arrow| {
        numbers.insert(arrow.id as u64, arrow.number);
    });
    for_each_arrow(&mut steps, &mut |arrow| {
        let kept = arrow.because.map(|id| dropped.get(&(id as usize)).map_or(id, |kept| *kept as u64));
        arrow.because = kept.and_then(|id| numbers.get(&id).copied()).filter(|number| *number > 0);
    });
    steps
}

fn is_none(number: &u64) -> bool {
    *number == 0
}

fn for_each_arrow(steps: &mut [Step], visit: &mut impl FnMut(&mut Arrow)) {
    for step in steps {
        match step {
            Step::Arrow(arrow) => visit(arrow),
            Step::Loop(repeated) => for_each_arrow(&mut repeated.steps, visit),
            Step::Note(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
