//! What is wrong with a lab file or a file that it names, and where.

use std::ops::Range;

/// One mistake, as a person needs to be told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub spot: Spot,
    /// A second place that it disagrees with, and what to say there.
    pub other: Option<(Spot, String)>,
    /// What is wrong, in one sentence without a full stop.
    pub what: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Octets of the lab file.
    Lab(Range<usize>),
    /// A line and column, both from 1, of a file that the lab file names.
    File {
        /// The file's path as written.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
}

impl Mistake {
    /// A mistake in the lab file.
    pub fn new(span: Range<usize>, what: impl Into<String>) -> Self {
        Self { spot: Spot::Lab(span), other: None, what: what.into(), advice: None }
    }

    /// With what to do about it.
    pub fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// With the place in the lab file that it disagrees with.
    pub fn against(self, span: Range<usize>, label: impl Into<String>) -> Self {
        Self { other: Some((Spot::Lab(span), label.into())), ..self }
    }
}
