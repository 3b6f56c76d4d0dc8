//! The lab file as written: every value with its place, nothing derived.
//!
//! - `table`: tolerant reading: what is wrong is noted and left out
//! - `host`, `link`, `fault`: the tables of hosts, links and faults

mod fault;
mod host;
mod link;
mod table;

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
pub use toynet_service::units;
use toynet_service::{HostName, Mistake, Protocol, Spot, near};

pub(crate) use fault::pattern;
pub use fault::{ANY_KINDS, FaultSpec, LINK_KINDS, LinkFault, ServiceFault, TLS_KINDS, Target};
pub use host::{HostSpec, ServiceSpec};
pub use link::{Conditions, Cut, LinkEnd, LinkSpec};

/// A lab file as written, as far as it could be understood.
#[derive(Debug, Default)]
pub struct Spec {
    /// What holds for the lab as a whole.
    pub lab: LabSpec,
    /// The hosts, in the order of the file.
    pub hosts: Vec<HostSpec>,
    /// The links, in the order of the file.
    pub links: Vec<LinkSpec>,
    /// The faults, in the order of the file.
    pub faults: Vec<FaultSpec>,
}

/// The table `[lab]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabSpec {
    /// The lab's name; the file's own when there is none.
    pub name: Option<Spanned<String>>,
    /// What all chance in the lab grows from.
    pub seed: Option<u64>,
    /// How many threads serve; as many as there are cores when not written.
    pub workers: Option<Spanned<u16>>,
    /// The time to live of derived records, in seconds.
    pub ttl: Option<Spanned<u32>>,
}

/// A lab file, read.
#[derive(Debug, Default)]
pub struct Reading {
    /// What could be understood.
    pub spec: Spec,
    /// What could not.
    pub mistakes: Vec<Mistake>,
    /// Whether the text is TOML. When it is not, much of the file may be missing from `spec`.
    pub is_toml: bool,
}

/// Reads a lab file, noting everything that is wrong with its form.
pub fn read(text: &str, protocols: &[&'static Protocol]) -> Reading {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut mistakes = Vec::new();
    let spec = read_root(root.into_inner(), text, protocols, &mut mistakes);
    let broken: Vec<usize> = errors.iter().filter_map(|error| error.span()).map(|span| line_of(text, &span)).collect();
    mistakes.retain(|mistake| !broken.contains(&line_of_spot(text, &mistake.spot)));
    mistakes.extend(errors.iter().map(|error| table::in_words(error, 0..0)));
    Reading { spec, mistakes, is_toml: broken.is_empty() }
}

fn read_root(root: DeTable<'_>, text: &str, protocols: &[&'static Protocol], mistakes: &mut Vec<Mistake>) -> Spec {
    let mut spec = Spec::default();
    let mut faults = None;
    for (key, value) in table::in_order(root) {
        match key.get_ref().as_ref() {
            "lab" => spec.lab = read_lab(value, mistakes),
            "host" => spec.hosts = host::read_hosts(value, protocols, mistakes),
            "link" => spec.links = link::read_links(value, text, mistakes),
            "fault" => faults = Some(value),
            other => mistakes.push(unknown_table(other, key.span())),
        }
    }
    // They speak of hosts that may stand further down.
    if let Some(faults) = faults {
        spec.faults = fault::read_faults(faults, text, &spec.hosts, protocols, mistakes);
    }
    spec
}

/// Reads one fault from a text of its own, in the form of a table `[[fault]]` without that line. `speaks` are the
/// hosts of the lab with their protocols.
///
/// # Errors
/// All that is wrong with it.
pub fn read_fault(
    text: &str,
    speaks: Vec<(HostName, Vec<&'static str>)>,
    protocols: &[&'static Protocol],
) -> Result<FaultSpec, Vec<Mistake>> {
    let hosts: Vec<HostSpec> = speaks.into_iter().map(|(name, named)| HostSpec::known(name, named)).collect();
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut mistakes: Vec<Mistake> = errors.iter().map(|error| table::in_words(error, 0..0)).collect();
    mistakes.extend(fault::unknown_host(root.get_ref(), &hosts));
    if !mistakes.is_empty() {
        mistakes.dedup();
        return Err(mistakes);
    }
    let value = Spanned::new(0..text.len(), DeValue::Table(root.into_inner()));
    let fault = fault::read_fault(value, text, &hosts, protocols, &mut mistakes);
    fault.filter(|_| mistakes.is_empty()).ok_or(mistakes)
}

fn read_lab(value: Spanned<DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> LabSpec {
    let lab: LabSpec = table::read(value, mistakes).unwrap_or_default();
    if let Some(name) = lab.name.as_ref().filter(|name| !is_lab_name(name.get_ref())) {
        let what = format!("a lab cannot be called `{}`", name.get_ref());
        mistakes.push(Mistake::new(name.span(), what).advise(LAB_NAMES));
    }
    if let Some(workers) = lab.workers.as_ref().filter(|workers| *workers.get_ref() == 0) {
        mistakes.push(Mistake::new(workers.span(), "a lab without workers serves nobody").advise("write at least 1"));
    }
    if let Some(ttl) = lab.ttl.as_ref().filter(|ttl| *ttl.get_ref() > LONGEST_TTL) {
        let what = "a time to live of this length is read as 0 by resolvers";
        mistakes.push(Mistake::new(ttl.span(), what).advise(format!("write at most {LONGEST_TTL}")));
    }
    lab
}

/// Whether a lab can be called `name`, which is a part of paths and of what a person types.
pub fn is_lab_name(name: &str) -> bool {
    !name.contains('.') && HostName::parse(name).is_ok()
}

fn unknown_table(name: &str, span: Range<usize>) -> Mistake {
    let mistake = Mistake::new(span, format!("unknown table `{name}`"));
    match near::advice(name, &["lab", "host", "link", "fault"]) {
        Some(advice) => mistake.advise(advice),
        None => mistake,
    }
}

fn line_of_spot(text: &str, spot: &Spot) -> usize {
    match spot {
        Spot::Lab(span) => line_of(text, span),
        Spot::File { line, .. } => *line,
    }
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    let start = span.start.min(text.len());
    text.as_bytes()[..start].iter().filter(|octet| **octet == b'\n').count()
}

/// RFC 2181 section 8: the most significant bit is zero.
const LONGEST_TTL: u32 = 0x7fff_ffff;
/// What the names of labs are made of.
pub const LAB_NAMES: &str = "use up to 63 letters, digits, hyphens and underscores";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes;

    #[test]
    fn hosts_keep_the_order_of_the_file() {
        let reading = read("[host.\"z.test\"]\n[host.\"a.test\"]\n", fakes::ALL);
        let names: Vec<&str> = reading.spec.hosts.iter().map(|host| host.name.get_ref().as_str()).collect();
        assert_eq!(names, ["z.test", "a.test"]);
        assert_eq!(reading.mistakes, []);
    }

    #[test]
    fn mistakes_of_syntax_and_of_meaning_are_told_together() {
        let reading = read("[lab]\nseeed = 1\nname =\n[hots]\n", fakes::ALL);
        let told: Vec<&str> = reading.mistakes.iter().map(|mistake| mistake.what.as_str()).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(!reading.is_toml);
    }

    #[test]
    fn a_table_that_is_none_is_told() {
        let reading = read("lab = 3\nhost = 4\nlink = 5", fakes::ALL);
        assert_eq!(reading.mistakes.len(), 3, "{:?}", reading.mistakes);
    }
}
