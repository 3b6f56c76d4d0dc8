//! Which fields of the answers agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use toynet_dns::codes::RecordType;
use toynet_dns::record::Record;
use toynet_dns::wire::{Message, flag};

use crate::queries::Query;

#[derive(Default)]
pub struct Tally {
    queries: usize,
    /// By field: where all peers agree, and where we agree with them.
    fields: BTreeMap<&'static str, (usize, usize)>,
    pub differences: Vec<String>,
}

impl Tally {
    pub fn compare(&mut self, query: &Query, ours: &Message, theirs: &[Message]) {
        self.queries += 1;
        let cut = std::iter::once(ours).chain(theirs).any(|message| message.has(flag::TC));
        for (field, read) in FIELDS {
            // What is left of a truncated answer is each server's own affair; that it is truncated is not.
            let is_section = !matches!(*field, "rcode" | "AA" | "TC");
            let expected = read(&theirs[0]);
            if (cut && is_section) || theirs.iter().any(|their| read(their) != expected) {
                continue;
            }
            let counts = self.fields.entry(field).or_default();
            counts.0 += 1;
            let is = read(ours);
            if is == expected {
                counts.1 += 1;
            } else {
                self.differences.push(format!("{query}: {field} is {is:?}, the peers have {expected:?}"));
            }
        }
    }
}

type Read = fn(&Message) -> BTreeSet<String>;

const FIELDS: &[(&str, Read)] = &[
    ("rcode", |message| [message.rcode().to_string()].into()),
    ("AA", |message| [message.has(flag::AA).to_string()].into()),
    ("TC", |message| [message.has(flag::TC).to_string()].into()),
    ("answer", |message| lines(&message.answers)),
    ("authority", |message| lines(&message.authority)),
    ("additional", |message| lines(&message.additional)),
    ("EDNS", |message| [message.edns().is_some().to_string()].into()),
];

fn lines(records: &[Record]) -> BTreeSet<String> {
    records
        .iter()
        .filter(|record| record.kind != RecordType::OPT)
        .map(|record| record.to_string().to_lowercase())
        .collect()
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} queries", self.queries)?;
        for (field, (agreed, same)) in &self.fields {
            writeln!(f, "{field}: the peers agree on {agreed}, we on {same} of them")?;
        }
        self.differences.iter().take(40).try_for_each(|difference| writeln!(f, "DIFFERENT: {difference}"))
    }
}
