//! What makes each service what it is, so that two lab files can be compared service by service.
//!
//! Where a service stands in its file makes no difference, nor do comments and spaces; what the files say that
//! it names does.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use toml::{Table, Value};
use toynet_service::place::{FileKind, Folder};
use toynet_service::{Files, HostName, ZoneText};

use crate::LabFile;
use crate::plan::{Plan, PlannedHost, PlannedService};

/// A service by its host and protocol.
pub(super) type Key = (String, &'static str);

/// What a lab was made from.
#[derive(Debug)]
pub(super) struct Prints {
    /// The table `[lab]`.
    pub lab: Option<Value>,
    /// The services.
    pub services: BTreeMap<Key, Print>,
}

/// What made a service.
#[derive(Debug, PartialEq)]
pub(super) struct Print {
    written: Option<Value>,
    /// What the files hold that it names, as far as they could be read.
    files: BTreeMap<String, Option<u64>>,
    /// What it serves; all that there is where it remembers the answers of others.
    zones: Vec<Arc<ZoneText>>,
    /// Where it starts to look for those.
    hints: Vec<(HostName, Vec<IpAddr>)>,
    /// Where it stands.
    addresses: Vec<IpAddr>,
}

impl Prints {
    /// Those of `file`, from which `plan` was made.
    pub fn of(plan: &Plan, file: &LabFile) -> Self {
        let root: Table = file.text.parse().unwrap_or_default();
        let services = plan.hosts.iter().flat_map(|host| {
            let written = written(&root, host);
            let print = move |service: &PlannedService| {
                let own = written.and_then(|table| table.get(service.protocol.name));
                (key(host, service), print(plan, host, service, own, &*file.files))
            };
            host.services.iter().map(print)
        });
        Self { lab: root.get("lab").cloned(), services: services.collect() }
    }

    /// The files that services name, as written.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.services.values().flat_map(|print| print.files.keys()).map(PathBuf::from)
    }
}

pub(super) fn key(host: &PlannedHost, service: &PlannedService) -> Key {
    (host.name.to_string(), service.protocol.name)
}

fn written<'a>(root: &'a Table, host: &PlannedHost) -> Option<&'a Table> {
    let is_it = |name: &str| name.trim_end_matches('.').eq_ignore_ascii_case(host.name.as_str());
    root.get("host")?.as_table()?.iter().find(|(name, _)| is_it(name))?.1.as_table()
}

fn print(plan: &Plan, host: &PlannedHost, service: &PlannedService, own: Option<&Value>, files: &dyn Files) -> Print {
    let watching = Watching { files, read: Mutex::default() };
    // What is wrong was found before; here only counts what is looked at.
    service.config.check(&watching);
    let facts = service.config.facts();
    let zones = match (facts.resolves, facts.names) {
        (true, _) => plan.zones.iter().map(|zone| Arc::clone(&zone.zone)).collect(),
        (false, true) => host.zones.clone(),
        (false, false) => Vec::new(),
    };
    let files = watching.read.into_inner().unwrap_or_else(PoisonError::into_inner);
    let hints = if facts.resolves { plan.hints.to_vec() } else { Vec::new() };
    Print { written: own.cloned(), files, zones, hints, addresses: host.addresses.clone() }
}

/// Files, and what they held when they were read.
#[derive(Debug)]
struct Watching<'a> {
    files: &'a dyn Files,
    read: Mutex<BTreeMap<String, Option<u64>>>,
}

impl Files for Watching<'_> {
    fn text(&self, path: &str) -> io::Result<String> {
        let text = self.files.text(path);
        let print = text.as_ref().ok().map(|text| {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            hasher.finish()
        });
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), print);
        text
    }

    fn kind(&self, path: &str) -> FileKind {
        self.files.kind(path)
    }

    fn folder(&self, path: &str) -> io::Result<Folder> {
        self.files.folder(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols;

    #[test]
    fn only_what_a_service_is_made_of_makes_a_difference() {
        let before = prints("[host.\"www.shop.test\".http]\npages = { '/' = 'a' }\n[host.\"www.club.test\".http]\n");
        let moved = prints(
            "# a comment\n[host.\"www.shop.test\"]\nhttp = { pages = { '/' = \"a\" } }\n\n[host.\"www.club.test\".http]\n",
        );
        assert_eq!(before.services, moved.services);
        let changed = prints("[host.\"www.shop.test\".http]\npages = { '/' = 'b' }\n[host.\"www.club.test\".http]\n");
        assert_eq!(different(&before, &changed), ["http on www.shop.test"]);
    }

    #[test]
    fn a_record_concerns_its_name_server_and_who_remembers_it() {
        let before = prints("[host.\"www.shop.test\"]\n");
        let after = prints("[host.\"www.shop.test\"]\nrecords = ['TXT \"bread\"']\n");
        assert_eq!(different(&before, &after), ["dns on ns.shop.test", "dns on resolver.test"]);
    }

    #[test]
    fn a_zone_file_counts_by_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let zone = |serial: u8| {
            let text = format!("@ 60 SOA ns root {serial} 1 1 1 1\n@ 60 NS ns\nns 60 A 198.18.1.1\n");
            std::fs::write(folder.path().join("zone"), text).unwrap();
            let text = "[host.\"ns.shop.test\".dns]\nzones = { 'shop.test' = 'zone' }\n";
            of(LabFile::from_text(text, folder.path()))
        };
        let (one, same, other) = (zone(1), zone(1), zone(2));
        assert_eq!(one.services, same.services);
        assert_eq!(different(&one, &other), ["dns on ns.shop.test", "dns on resolver.test"]);
        assert_eq!(one.files().collect::<Vec<_>>(), [PathBuf::from("zone")]);
    }

    fn prints(text: &str) -> Prints {
        of(LabFile::from_text(text, ""))
    }

    fn of(file: LabFile) -> Prints {
        Prints::of(&file.plan(protocols::ALL).unwrap(), &file)
    }

    fn different(one: &Prints, other: &Prints) -> Vec<String> {
        let pairs = one.services.iter().filter(|(key, print)| other.services.get(*key) != Some(*print));
        pairs.map(|((host, service), _)| format!("{service} on {host}")).collect()
    }
}
