//! Elements as text.

use super::layout::{SIZE, box_width};
use super::{HEAD, is_figure, style};
use crate::diagram::Participant;

#[derive(Debug, Default)]
pub(super) struct Pen(String);

impl Pen {
    pub fn begin(&mut self, (wide, high): (i32, i32), title: &str, description: &str) {
        self.0 += &format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" \
             role=\"img\" aria-labelledby=\"diagram-title diagram-about\">\n\
             <title id=\"diagram-title\">{}</title>\n<desc id=\"diagram-about\">{}</desc>\n<style>\n{}</style>\n\
             <rect class=\"page\" width=\"{wide}\" height=\"{high}\"/>\n",
            escaped(title),
            escaped(description),
            style::SHEET,
        );
    }

    pub fn end(mut self) -> String {
        self.0 += "</svg>\n";
        self.0
    }

    pub fn add(&mut self, other: Pen) {
        self.0 += &other.0;
    }

    pub fn open_group(&mut self, class: &str, title: &str) {
        self.0 += &format!("<g class=\"{class}\"><title>{}</title>\n", escaped(title));
    }

    pub fn close_group(&mut self) {
        self.0 += "</g>\n";
    }

    pub fn text(&mut self, at: (i32, i32), class: &str, anchor: &str, text: &str) {
        self.parts(at, class, anchor, &[("", text)]);
    }

    /// A text some parts of which have a class of their own.
    pub fn parts(&mut self, (x, y): (i32, i32), class: &str, anchor: &str, parts: &[(&str, &str)]) {
        let anchor = if anchor == "start" { String::new() } else { format!(" text-anchor=\"{anchor}\"") };
        self.0 += &format!("<text x=\"{x}\" y=\"{y}\" class=\"{class}\"{anchor}>");
        for (class, text) in parts.iter().filter(|(_, text)| !text.is_empty()) {
            match *class {
                "" => self.0 += &escaped(text),
                class => self.0 += &format!("<tspan class=\"{class}\">{}</tspan>", escaped(text)),
            }
        }
        self.0 += "</text>\n";
    }

    pub fn path(&mut self, path: &str, class: &str) {
        self.0 += &format!("<path d=\"{path}\" class=\"{class}\"/>\n");
    }

    pub fn rect(&mut self, (x, y, wide, high): (i32, i32, i32, i32), class: &str, round: i32) {
        let round = if round > 0 { format!(" rx=\"{round}\"") } else { String::new() };
        self.0 += &format!("<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\"{round} class=\"{class}\"/>\n");
    }

    /// An arrow's head whose tip is here.
    pub fn head(&mut self, x: i32, y: i32, way: i32) {
        let back = x - way * 10;
        self.path(&format!("M{x} {y}L{back} {}L{} {y}L{back} {}Z", y - 5, back + way * 2, y + 5), "head");
    }

    /// An arrow's number.
    pub fn badge(&mut self, x: i32, y: i32, number: u64) {
        let digits = number.to_string();
        let wide = 18.max(digits.len() as i32 * 7 + 6);
        self.rect((x - wide / 2, y - 9, wide, 18), "badge", 9);
        self.text((x, y + 4), "digits", "middle", &digits);
    }

    /// A sheet with a folded corner.
    pub fn note(&mut self, (x, y, wide, high): (i32, i32, i32, i32), class: &str) {
        let (right, bottom) = (x + wide, y + high);
        self.path(&format!("M{x} {y}H{}L{right} {}V{bottom}H{x}Z", right - 8, y + 8), class);
        self.path(&format!("M{} {y}V{}H{right}", right - 8, y + 8), class);
    }

    /// A participant: a box, or a figure where it is somebody.
    pub fn head_of(&mut self, participant: &Participant, x: i32, y: i32) {
        if is_figure(participant.kind) {
            let path = format!(
                "M{x} {0}V{1}M{2} {3}H{4}M{5} {6}L{x} {1}L{7} {6}",
                y - 2,
                y + 8,
                x - 8,
                y + 2,
                x + 8,
                x - 7,
                y + 17,
                x + 7
            );
            self.0 += &format!("<circle cx=\"{x}\" cy=\"{}\" r=\"5\" class=\"figure\"/>\n", y - 7);
            self.path(&path, "figure");
            self.text((x, y + HEAD - 4), "name", "middle", &participant.name);
        } else {
            let wide = box_width(&participant.name, participant.kind);
            self.rect((x - wide / 2, y, wide, HEAD), "box", 4);
            self.text((x, y + (HEAD + SIZE) / 2 - 2), "name", "middle", &participant.name);
        }
    }
}

/// Text as XML takes it (XML 1.0, 2.2 and 2.4).
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => shown.push('\u{fffd}'),
            _ if character.is_control() => shown.push('\u{fffd}'),
            _ => shown.push(character),
        }
    }
    shown
}
