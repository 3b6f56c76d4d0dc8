//! One mistake with the lines that it is about.

use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceCode,
    ThemeCharacters, ThemeStyles,
};
use toynet_service::{Mistake, Spot};

use super::place::{Place, span};
use super::{Look, Report};

pub(super) fn text(report: &Report<'_>, mistake: &Mistake, look: Look) -> String {
    let mut text = String::new();
    let rendered = handler(look).render_report(&mut text, &Snippet::new(report, mistake));
    match rendered {
        Ok(()) => text,
        Err(fmt::Error) => format!("{}\n", mistake.what),
    }
}

fn handler(look: Look) -> GraphicalReportHandler {
    match look {
        Look::Terminal(width) => GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_width(width),
        Look::Plain => {
            let theme = GraphicalTheme { characters: ThemeCharacters::ascii(), styles: ThemeStyles::none() };
            GraphicalReportHandler::new_themed(theme).with_width(PLAIN_WIDTH)
        }
    }
    .with_links(false)
    .with_context_lines(1)
}

/// A mistake as miette wants it.
#[derive(Debug)]
struct Snippet<'a> {
    what: &'a str,
    advice: Option<String>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
}

impl<'a> Snippet<'a> {
    fn new(report: &Report<'_>, mistake: &'a Mistake) -> Self {
        let source = report.source(&mistake.spot);
        let mut labels = vec![LabeledSpan::new_primary_with_span(None, span(&source, &mistake.spot))];
        let mut advice = mistake.advice.clone();
        match &mistake.other {
            Some((spot, label)) if is_same_file(spot, &mistake.spot) => {
                labels[0] = LabeledSpan::new_primary_with_span(Some("here".to_owned()), span(&source, &mistake.spot));
                labels.push(LabeledSpan::new_with_span(Some(label.clone()), span(&source, spot)));
            }
            Some((spot, label)) => {
                let Place { line, column } = report.place(spot);
                let elsewhere = format!("{label}: {}:{line}:{column}", report.name(spot));
                advice = Some(advice.map_or(elsewhere.clone(), |advice| format!("{elsewhere}\n{advice}")));
            }
            None => {}
        }
        if is_too_long(&source, &span(&source, &mistake.spot)) {
            let Place { line, column } = report.place(&mistake.spot);
            let place = format!("that is {}:{line}:{column}, a line too long to show", report.name(&mistake.spot));
            let advice = Some(advice.map_or(place.clone(), |advice| format!("{place}\n{advice}")));
            return Self { what: &mistake.what, advice, source: None, labels: Vec::new() };
        }
        let source = Some(NamedSource::new(report.name(&mistake.spot), source.into_owned()));
        Self { what: &mistake.what, advice, source, labels }
    }
}

/// Whether the lines of `span`, or those beside it, fill more than a screen.
fn is_too_long(text: &str, span: &Range<usize>) -> bool {
    let around = |octets: &[u8]| octets.split(|octet| *octet == b'\n').take(2).map(<[u8]>::len).sum::<usize>();
    let before: Vec<u8> = text.as_bytes()[..span.start].iter().rev().take(LONGEST).copied().collect();
    around(&before) + around(&text.as_bytes()[span.start..]) >= LONGEST
}

fn is_same_file(one: &Spot, other: &Spot) -> bool {
    match (one, other) {
        (Spot::Lab(_), Spot::Lab(_)) => true,
        (Spot::File { file: one, .. }, Spot::File { file: other, .. }) => one == other,
        (Spot::Lab(_), Spot::File { .. }) | (Spot::File { .. }, Spot::Lab(_)) => false,
    }
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for Snippet<'_> {}

impl Diagnostic for Snippet<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.advice.as_ref().map(|advice| Box::new(advice) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// Wide enough that a sentence of ours stays on one line; the same wherever it is written.
const PLAIN_WIDTH: usize = 120;
/// Octets of three lines that a person still reads.
const LONGEST: usize = 2000;
