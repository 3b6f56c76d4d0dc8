//! A derived zone as master-file text (RFC 1035 section 5), laid out for reading.

use std::collections::HashSet;
use std::fmt::Write;
use std::ops::Range;

/// A zone that is being filled.
#[derive(Debug, Default)]
pub(super) struct Zone {
    /// Its name without the final dot.
    pub origin: String,
    records: Vec<(Section, Record)>,
    glued: HashSet<usize>,
}

/// What a record is there for; its place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    NameServers,
    Hosts,
    Addresses,
    Aliases,
    Mail,
    Written,
    Delegations,
}

#[derive(Debug)]
pub(super) struct Record {
    /// The owner without the final dot.
    pub owner: String,
    /// The time to live in seconds, where it is not the zone's.
    pub ttl: String,
    pub kind: String,
    pub data: String,
    /// Where the lab file has it.
    pub span: Option<Range<usize>>,
}

/// A zone's text, and which of its lines are from where in the lab file.
#[derive(Debug)]
pub(super) struct Text {
    pub text: String,
    /// Lines from 1.
    pub written: Vec<(usize, Range<usize>)>,
}

impl Zone {
    pub fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..Self::default() }
    }

    pub fn push(&mut self, section: Section, owner: &str, kind: &str, data: String) {
        let record = Record { owner: owner.to_owned(), ttl: String::new(), kind: kind.to_owned(), data, span: None };
        self.records.push((section, record));
    }

    pub fn push_written(&mut self, record: Record) {
        self.records.push((Section::Written, record));
    }

    /// Whether this host's addresses are not yet in the zone as glue; from here on they are.
    pub fn needs_glue(&mut self, host: usize) -> bool {
        self.glued.insert(host)
    }

    /// The zone as text. `primary` is its first name server.
    pub fn text(mut self, primary: &str, ttl: u32) -> Text {
        self.records.sort_by_key(|(section, _)| *section);
        let width = self.records.iter().map(|(_, record)| self.relative(&record.owner).len()).max();
        let width = width.unwrap_or_default().clamp(1, WIDEST);
        let mut out = Text { text: self.head(primary, ttl), written: Vec::new() };
        let mut lines = out.text.lines().count();
        let mut last = None;
        for (section, record) in &self.records {
            if last.replace(*section) != Some(*section) {
                let _ = write!(out.text, "\n; {}\n", section.title());
                lines += 2;
            }
            let owner = self.relative(&record.owner);
            let class = format!("{} IN", record.ttl);
            let _ = writeln!(out.text, "{owner:width$} {class}  {:5}  {}", record.kind, record.data);
            lines += 1;
            out.written.extend(record.span.clone().map(|span| (lines, span)));
        }
        out
    }

    fn head(&self, primary: &str, ttl: u32) -> String {
        let origin = absolute(&self.origin);
        let mailbox = absolute(format!("hostmaster.{}", self.origin).trim_end_matches('.'));
        let mut head = format!("$ORIGIN {origin}\n$TTL {ttl}\n\n@  IN  SOA  {} {mailbox} (\n", absolute(primary));
        for (value, meaning) in TIMERS.iter().copied().chain([(ttl, "time to live of negative answers")]) {
            let _ = writeln!(head, "        {value:<7} ; {meaning}");
        }
        head + "        )\n"
    }

    /// A name as it is written inside this zone.
    fn relative<'a>(&self, name: &'a str) -> &'a str {
        match name.strip_suffix(self.origin.as_str()) {
            Some("") => "@",
            Some(rest) => rest.strip_suffix('.').unwrap_or(rest),
            None => name,
        }
    }
}

impl Section {
    fn title(self) -> &'static str {
        match self {
            Section::NameServers => "name servers",
            Section::Hosts => "hosts",
            Section::Addresses => "addresses",
            Section::Aliases => "further names of hosts",
            Section::Mail => "mail",
            Section::Written => "from the lab file",
            Section::Delegations => "delegations, with glue",
        }
    }
}

/// A name with the final dot.
pub(super) fn absolute(name: &str) -> String {
    format!("{name}.")
}

/// Nothing ever changes, so the serial is the first; the times are those that RIPE-203 advises for small
/// zones, cut down to a lab's.
const TIMERS: &[(u32, &str)] = &[(1, "serial"), (3600, "refresh"), (600, "retry"), (604_800, "expire")];
/// Longer owners stick out: the names of IPv6 addresses would push all data off the screen.
const WIDEST: usize = 48;
