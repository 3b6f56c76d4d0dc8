//! Master files (RFC 1035 5): text to records, with every mistake told at its place.
//!
//! - [`read`]: a file and what it includes, to records and faults
//! - [`check`](check::check): what is wrong with the zone as a whole
//! - [`write()`]: records back to text

mod check;
mod entry;
mod generate;
mod lex;

use std::fmt;

use crate::name::Name;
use crate::record::Record;

pub use check::check;
pub use entry::{Loaded, Loader, read};

/// Something wrong in a master file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, by the name that it was loaded under.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in octets, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it; may be empty.
    pub advice: String,
    /// Whether the zone can be served all the same.
    pub severity: Severity,
}

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The zone works, but probably not as it was meant.
    Warning,
    /// The zone must not be served.
    Error,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.severity == Severity::Warning { "warning: " } else { "" };
        write!(f, "{}:{}:{}: {kind}{}", self.file, self.line, self.column, self.what)?;
        if self.advice.is_empty() { Ok(()) } else { write!(f, " ({})", self.advice) }
    }
}

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: std::sync::Arc<str>,
    /// The line of its type, from 1.
    pub line: usize,
    /// The column of its type, from 1.
    pub column: usize,
}

impl Place {
    fn fault(&self, severity: Severity, what: impl Into<String>, advice: impl Into<String>) -> Fault {
        let (what, advice) = (what.into(), advice.into());
        Fault { file: self.file.to_string(), line: self.line, column: self.column, what, advice, severity }
    }
}

/// What a master file says.
#[derive(Clone, Debug, Default)]
pub struct ZoneFile {
    /// Its records in their order, each with its place.
    pub entries: Vec<(Record, Place)>,
    /// All that is wrong, by file and place.
    pub faults: Vec<Fault>,
}

impl ZoneFile {
    /// The records without their places.
    pub fn records(&self) -> Vec<Record> {
        self.entries.iter().map(|(record, _)| record.clone()).collect()
    }

    /// Whether the zone must not be served.
    pub fn is_invalid(&self) -> bool {
        self.faults.iter().any(|fault| fault.severity == Severity::Error)
    }
}

/// Reads a zone that stands in one text and checks it as a whole.
pub fn read_zone(file: &str, text: &[u8], origin: &Name, loader: &mut Loader<'_>) -> ZoneFile {
    let mut zone = read(file, text, Some(origin), loader);
    let faults = check(origin, &zone.entries, file);
    zone.faults.extend(faults);
    zone
}

/// Writes records as a master file that reads back as the same records.
pub fn write(records: &[Record]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}
