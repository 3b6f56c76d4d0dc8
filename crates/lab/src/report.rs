//! All that is wrong with a lab file, for a person or a program.
//!
//! - `snippet`: one mistake with the lines that it is about
//! - `place`: octets as lines and columns

mod place;
mod snippet;

use std::borrow::Cow;

use serde_json::{Value, json};
use toynet_service::{Mistake, Spot};

use crate::LabFile;
use place::{Place, place_of};

/// The mistakes of a lab file.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    file: &'a LabFile,
    mistakes: &'a [Mistake],
}

/// How a report looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// In colours and with lines drawn, for a terminal of so many columns.
    Terminal(usize),
    /// In plain ASCII, the same everywhere.
    Plain,
}

impl<'a> Report<'a> {
    /// The report of what is wrong with `file`.
    pub fn new(file: &'a LabFile, mistakes: &'a [Mistake]) -> Self {
        Self { file, mistakes }
    }

    /// Every mistake with the lines that it is about; the last line counts them.
    pub fn text(&self, look: Look) -> String {
        let mut text = String::new();
        for mistake in self.mistakes.iter().take(SHOWN) {
            text.push_str(&snippet::text(self, mistake, look));
            text.push('\n');
        }
        if let Some(more) = self.mistakes.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            text.push_str(&format!("... and {more} more, which `--json` lists\n"));
        }
        text + &self.count()
    }

    /// The mistakes as JSON.
    pub fn to_json(&self) -> Value {
        let mistakes: Vec<Value> = self.mistakes.iter().map(|mistake| self.mistake_json(mistake)).collect();
        json!({ "file": self.file.path, "mistakes": mistakes })
    }

    fn mistake_json(&self, mistake: &Mistake) -> Value {
        let mut json = self.spot_json(&mistake.spot);
        json["what"] = mistake.what.as_str().into();
        if let Some(advice) = &mistake.advice {
            json["advice"] = advice.as_str().into();
        }
        if let Some((spot, label)) = &mistake.other {
            json["other"] = self.spot_json(spot);
            json["other"]["what"] = label.as_str().into();
        }
        json
    }

    fn spot_json(&self, spot: &Spot) -> Value {
        let Place { line, column } = self.place(spot);
        json!({ "file": self.name(spot), "line": line, "column": column })
    }

    fn place(&self, spot: &Spot) -> Place {
        match spot {
            Spot::Lab(span) => place_of(&self.file.text, span.start),
            Spot::File { line, column, .. } => Place { line: *line, column: *column },
        }
    }

    fn name(&self, spot: &'a Spot) -> &'a str {
        match spot {
            Spot::Lab(_) => &self.file.path,
            Spot::File { file, .. } => file,
        }
    }

    fn source(&self, spot: &Spot) -> Cow<'a, str> {
        match spot {
            Spot::Lab(_) => Cow::Borrowed(self.file.text.as_str()),
            Spot::File { file, .. } => Cow::Owned(self.file.files.text(file).unwrap_or_default()),
        }
    }

    fn count(&self) -> String {
        let count = match self.mistakes.len() {
            0 => "no mistakes".to_owned(),
            1 => "1 mistake".to_owned(),
            count => format!("{count} mistakes"),
        };
        format!("{count} in {}\n", self.file.path)
    }
}

/// As many as somebody mends before looking again.
const SHOWN: usize = 50;
