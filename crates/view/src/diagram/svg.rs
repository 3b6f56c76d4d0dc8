//! As a picture: SVG 1.1 with its own style, no script, for light and dark, for screen and paper.
//!
//! - `layout`: where the lifelines stand, how wide texts are
//! - `pen`: elements as text
//! - `style`: colours and type

mod layout;
mod pen;
mod style;

use std::collections::BTreeMap;

use super::wrap::wrap;
use super::{Arrow, ArrowKind, Diagram, Kind, Loop, Note, Step, Tone, label};
use crate::words::{clock, day, grouped, span};
use layout::{Layout, SIZE, SMALL, measure};
use pen::Pen;

pub(super) fn write(diagram: &Diagram) -> String {
    let layout = Layout::of(diagram);
    let mut picture = Picture {
        diagram,
        y: layout.top,
        bars: vec![Vec::new(); diagram.participants.len()],
        colours: colours(diagram),
        layout,
        below: Pen::default(),
        above: Pen::default(),
    };
    picture.left_out();
    picture.steps(&diagram.steps);
    picture.finish()
}

struct Picture<'a> {
    diagram: &'a Diagram,
    layout: Layout,
    /// How far down the page it is drawn.
    y: i32,
    /// Of each participant the bars that have begun: what they are known by, and where.
    bars: Vec<Vec<((u64, u64), i32)>>,
    /// The place of each protocol in the palette.
    colours: BTreeMap<&'static str, usize>,
    /// Frames and bars.
    below: Pen,
    /// Arrows, texts, notes.
    above: Pen,
}

impl Picture<'_> {
    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Arrow(arrow) if arrow.from == arrow.to => self.own(arrow),
                Step::Arrow(arrow) => self.arrow(arrow),
                Step::Note(note) => self.note(note),
                Step::Loop(repeated) => self.repeat(repeated),
            }
        }
    }

    fn arrow(&mut self, arrow: &Arrow) {
        let (from, to) = (self.layout.at[arrow.from], self.layout.at[arrow.to]);
        let way = if from < to { 1 } else { -1 };
        let lines = self.lines(arrow, (from - to).abs() - layout::BESIDE_TEXT);
        let (top, line) = (self.y + ABOVE, self.y + ABOVE + LINE * lines.len() as i32 + 3);
        let offset = label::offset(self.diagram.begins(), arrow.at);
        self.open(arrow, line);
        let start = from + way * BADGE;
        let tip = to - way * if self.bars[arrow.to].is_empty() { 1 } else { BAR / 2 + 1 };
        self.above.open_group(&format!("arrow {}", self.class(arrow)), &self.whole(arrow));
        self.shaft(arrow, (start, tip, line));
        self.label(arrow, &lines, ((from + to) / 2, top), "middle");
        self.badge(arrow, from, line);
        self.above.close_group();
        self.above.text((layout::MARGIN, line + 4), "time", "start", &offset);
        self.close(arrow, line);
        self.y = line + BELOW;
        self.remarks(arrow, top);
    }

    /// To oneself.
    fn own(&mut self, arrow: &Arrow) {
        let at = self.layout.at[arrow.from];
        let lines = self.lines(arrow, layout::OWN_TEXT);
        let top = self.y + ABOVE;
        let (leaves, comes) = (top + 8, top + 8 + (LINE * lines.len() as i32).max(LINE + 4));
        let edge = at + if self.bars[arrow.from].is_empty() { 0 } else { BAR / 2 };
        self.open(arrow, comes);
        let tip = at
            + 1
            + if self.bars[arrow.to].is_empty() {
                0
            } else {
                BAR / 2 + BAR / 2 * (self.bars[arrow.to].len() as i32 - 1)
            };
        self.above.open_group(&format!("arrow {}", self.class(arrow)), &self.whole(arrow));
        let turn = at + layout::OWN_TURN;
        self.above.path(&format!("M{edge} {leaves}H{turn}V{comes}H{}", tip + 6), shaft_class(arrow));
        self.above.head(tip, comes, -1);
        self.label(arrow, &lines, (turn + 8, leaves - 6), "start");
        self.badge(arrow, at, leaves);
        self.above.close_group();
        let offset = label::offset(self.diagram.begins(), arrow.at);
        self.above.text((layout::MARGIN, leaves + 4), "time", "start", &offset);
        self.close(arrow, leaves);
        self.y = comes + BELOW;
        self.remarks(arrow, top);
    }

    fn shaft(&mut self, arrow: &Arrow, (start, tip, line): (i32, i32, i32)) {
        let way = (tip - start).signum();
        let class = shaft_class(arrow);
        if arrow.lost {
            // It ends before it is there (UML 2.5.1, 17.4.3.1: a lost message).
            let end = tip - way * LOST;
            self.above.path(&format!("M{start} {line}H{}", end - way * 6), class);
            self.above.path(
                &format!(
                    "M{} {}L{} {}M{} {}L{} {}",
                    end - 5,
                    line - 5,
                    end + 5,
                    line + 5,
                    end - 5,
                    line + 5,
                    end + 5,
                    line - 5
                ),
                "cross",
            );
        } else {
            self.above.path(&format!("M{start} {line}H{}", tip - way * 6), class);
            self.above.head(tip, line, way);
        }
    }

    fn label(&mut self, arrow: &Arrow, lines: &[String], (x, top): (i32, i32), anchor: &str) {
        let tag = label::tag(arrow).map(|tag| format!("{tag}:"));
        let tail = label::tail(arrow);
        for (number, line) in lines.iter().enumerate() {
            let y = top + LINE * (number as i32 + 1) - 5;
            let tag = tag.as_deref().filter(|tag| number == 0 && line.starts_with(*tag));
            let rest = &line[tag.map_or(0, str::len)..];
            let has_tail = number + 1 == lines.len() && !tail.is_empty();
            let (rest, tail) = match rest.strip_suffix(&tail).filter(|_| has_tail) {
                Some(rest) => (rest, tail.as_str()),
                None => (rest, ""),
            };
            self.above.parts((x, y), "label", anchor, &[("tag", tag.unwrap_or("")), ("", rest), ("dim", tail)]);
        }
    }

    fn lines(&self, arrow: &Arrow, room: i32) -> Vec<String> {
        wrap(&label::line(arrow), room.max(layout::LEAST_TEXT) as usize, MOST_LINES, |text| {
            measure(text, SIZE) as usize
        })
    }

    fn badge(&mut self, arrow: &Arrow, x: i32, y: i32) {
        if arrow.number > 0 {
            self.above.badge(x, y, arrow.number);
        }
    }

    /// What it means stands at the side.
    fn remarks(&mut self, arrow: &Arrow, top: i32) {
        let mut y = top;
        for remark in &arrow.remarks {
            let shown = label::remark(remark);
            let lines = wrap(&shown, layout::REMARK as usize, MOST_LINES, |text| measure(text, SMALL) as usize);
            if y == top && !lines.is_empty() && arrow.number > 0 {
                self.above.text((self.layout.remarks - 8, y + 12), "remark number", "end", &arrow.number.to_string());
            }
            for line in lines {
                let class = if remark.wrong { "remark wrong" } else { "remark" };
                self.above.text((self.layout.remarks, y + 12), class, "start", &line);
                y += SMALL_LINE;
            }
        }
        self.y = self.y.max(y + BELOW / 2);
    }

    fn note(&mut self, note: &Note) {
        let (first, last) = (self.layout.at[note.over.0], self.layout.at[note.over.1]);
        let room = if first == last { layout::NOTE } else { (last - first + 30).max(layout::NOTE) };
        let lines = wrap(&note.text, room as usize, MOST_LINES, |text| measure(text, SMALL) as usize);
        let widest = lines.iter().map(|line| measure(line, SMALL)).max().unwrap_or(0);
        let wide = (widest + 20).max(if first == last { 0 } else { last - first + 30 });
        let left = ((first + last - wide) / 2).max(layout::MARGIN);
        let high = SMALL_LINE * lines.len() as i32 + 10;
        let top = self.y + ABOVE;
        let class = match note.tone {
            Tone::Plain => "note",
            Tone::Fault => "note fault",
            Tone::Failure => "note failure",
        };
        self.above.note((left, top, wide, high), class);
        for (number, line) in lines.iter().enumerate() {
            self.above.text((left + wide / 2, top + 2 + SMALL_LINE * (number as i32 + 1)), "said", "middle", line);
        }
        self.layout.reach(left + wide);
        self.y = top + high + BELOW / 2;
    }

    fn repeat(&mut self, repeated: &Loop) {
        let (first, last) = involved(&repeated.steps);
        let (left, right) = (self.layout.at[first] - FRAME, self.layout.at[last] + FRAME);
        let top = self.y + ABOVE;
        self.y = top + 20;
        self.steps(&repeated.steps);
        let words = label::repeats(repeated);
        let wide = (right - left).max(measure(&words, SMALL) + TAB + 20);
        self.below.rect((left, top, wide, self.y + 4 - top), "frame", 0);
        self.below
            .path(&format!("M{left} {top}H{}V{}L{} {}H{left}Z", left + TAB, top + 12, left + TAB - 8, top + 20), "tab");
        self.above.text((left + 8, top + 15), "loop", "start", "loop");
        self.above.text((left + TAB + 8, top + 15), "said", "start", &words);
        self.layout.reach(left + wide);
        self.y += 10;
    }

    fn left_out(&mut self) {
        let Some(left_out) = label::left_out(self.diagram) else { return };
        self.y += LINE;
        self.above.text((self.layout.at.first().copied().unwrap_or(0), self.y), "said", "start", &left_out);
        self.y += 6;
    }

    fn open(&mut self, arrow: &Arrow, y: i32) {
        if arrow.opens {
            self.bars[arrow.to].push((arrow.key(), y));
        }
    }

    fn close(&mut self, arrow: &Arrow, y: i32) {
        let bars = &mut self.bars[arrow.from];
        let Some(level) = bars.iter().position(|(key, _)| arrow.closes && *key == arrow.key()) else { return };
        let (_, top) = bars.remove(level);
        let left = self.layout.at[arrow.from] - BAR / 2 + level as i32 * BAR / 2;
        self.below.rect((left, top, BAR, (y - top).max(2)), "bar", 0);
    }

    fn class(&self, arrow: &Arrow) -> String {
        let failed = if arrow.failed || arrow.lost { " failed" } else { "" };
        format!("k{}{failed}", self.colours.get(arrow.protocol).copied().unwrap_or(0) % style::PALETTE)
    }

    /// All that is known of an arrow, for who points at it or cannot see it.
    fn whole(&self, arrow: &Arrow) -> String {
        let name = |place: usize| self.diagram.participants.get(place).map_or("", |one| one.name.as_str());
        let (from, to, flow) = (name(arrow.from), name(arrow.to), arrow.flow);
        let number = if arrow.number > 0 { format!("{}. ", arrow.number) } else { String::new() };
        format!("{number}{} #{flow} {from} → {to}: {} {}", clock(arrow.at), arrow.protocol, arrow.text)
    }

    fn finish(mut self) -> String {
        let bottom = self.y + 14;
        let has_feet = bottom - self.layout.top > LONG;
        let high = bottom + if has_feet { HEAD + 12 } else { 0 } + 8;
        let mut lines = Pen::default();
        for x in &self.layout.at {
            lines.path(&format!("M{x} {}V{bottom}", self.layout.top), "life");
        }
        let mut heads = Pen::default();
        for (participant, at) in self.diagram.participants.iter().zip(&self.layout.at) {
            heads.head_of(participant, *at, self.layout.top - HEAD);
            if has_feet {
                heads.head_of(participant, *at, bottom);
            }
        }
        self.layout.reach(0);
        let (wide, title) = (self.layout.wide, &self.diagram.title);
        let about = self.about();
        let mut out = Pen::default();
        out.begin((wide, high), if title.is_empty() { "Sequence diagram" } else { title }, &self.description(&about));
        if !title.is_empty() {
            out.text((layout::MARGIN, 28), "title", "start", title);
        }
        out.text((layout::MARGIN, if title.is_empty() { 28 } else { 46 }), "dim", "start", &about);
        out.add(lines);
        out.add(self.below);
        out.add(heads);
        out.add(self.above);
        out.end()
    }

    fn about(&self) -> String {
        let begins = self.diagram.begins();
        let last = self.diagram.flat().into_iter().map(Step::at).max().unwrap_or_default();
        let number = self.diagram.arrows().count();
        let messages = if number == 1 { "message" } else { "messages" };
        let lasted = span(last.since(begins));
        format!("{} {} UTC, {} {messages} in {lasted}", day(begins), clock(begins), grouped(number as u64))
    }

    fn description(&self, about: &str) -> String {
        let names: Vec<&str> = self.diagram.participants.iter().map(|one| one.name.as_str()).collect();
        format!("UML sequence diagram of what {} said to each other: {about}.", names.join(", "))
    }
}

fn shaft_class(arrow: &Arrow) -> &'static str {
    if arrow.kind == ArrowKind::Reply { "line reply" } else { "line" }
}

/// The first and the last participant that some steps concern.
fn involved(steps: &[Step]) -> (usize, usize) {
    let pairs = steps.iter().map(|step| match step {
        Step::Arrow(arrow) => (arrow.from.min(arrow.to), arrow.from.max(arrow.to)),
        Step::Note(note) => note.over,
        Step::Loop(repeated) => involved(&repeated.steps),
    });
    pairs.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))).unwrap_or_default()
}

/// Protocols in the order in which they show up.
fn colours(diagram: &Diagram) -> BTreeMap<&'static str, usize> {
    let mut colours = BTreeMap::new();
    for arrow in diagram.arrows() {
        let next = colours.len();
        colours.entry(arrow.protocol).or_insert(next);
    }
    colours
}

/// Where a name stands, or a figure above a name.
fn is_figure(kind: Kind) -> bool {
    kind == Kind::You
}

/// Pixels above a label, and below an arrow.
const ABOVE: i32 = 9;
const BELOW: i32 = 8;
/// From line to line of a label, and of a note.
const LINE: i32 = 16;
const SMALL_LINE: i32 = 15;
/// Lines of one label.
const MOST_LINES: usize = 4;
/// The width of a bar.
const BAR: i32 = 10;
/// From the lifeline to where the line begins that a number stands on.
const BADGE: i32 = 9;
/// How far before its target a lost message ends.
const LOST: i32 = 26;
/// How far a loop's frame stands out, and how wide its tab is.
const FRAME: i32 = 34;
const TAB: i32 = 48;
/// The height of a participant.
const HEAD: i32 = 34;
/// Who reads a longer picture does not see the names any more.
const LONG: i32 = 560;
