//! Every host of any lab can be found by asking from the root down, and every address leads back to its host.

mod fakes;

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use toynet_lab::{LabFile, Plan};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_host_is_found_from_the_root_down(names in names(), servers in vec(any::<bool>(), 12)) {
        let plan = plan(&names, &servers);
        let net = Net::new(&plan);
        for host in &plan.hosts {
            for address in &host.addresses {
                let kind = if address.is_ipv4() { "A" } else { "AAAA" };
                let found = net.ask(host.name.as_str(), kind, 0);
                prop_assert_eq!(found, vec![address.to_string()], "{} {}", host.name, kind);
            }
        }
    }

    #[test]
    fn every_address_leads_back_to_its_host(names in names(), servers in vec(any::<bool>(), 12)) {
        let plan = plan(&names, &servers);
        let net = Net::new(&plan);
        for host in &plan.hosts {
            for address in &host.addresses {
                let found = net.ask(&reverse(*address), "PTR", 0);
                prop_assert_eq!(found, vec![format!("{}.", host.name)]);
            }
        }
    }

    #[test]
    fn numbers_and_addresses_are_unique(names in names(), servers in vec(any::<bool>(), 12)) {
        let plan = plan(&names, &servers);
        let mut seen = HashSet::new();
        prop_assert!(plan.hosts.iter().all(|host| host.number > 0 && seen.insert(host.number.to_string())));
        prop_assert!(plan.hosts.iter().flat_map(|host| &host.addresses).all(|address| seen.insert(address.to_string())));
    }

    #[test]
    fn a_host_at_the_end_of_the_file_changes_no_other(names in names()) {
        let before = plan(&names[..names.len() - 1], &[]);
        let after = plan(&names, &[]);
        let written = before.hosts.iter().filter(|host| host.is_written());
        for (one, other) in written.zip(&after.hosts) {
            prop_assert_eq!((&one.name, one.number, &one.addresses), (&other.name, other.number, &other.addresses));
        }
    }
}

/// Names that share domains and that lie in, above and below those of derived name servers.
fn names() -> impl Strategy<Value = Vec<String>> {
    let label = prop_oneof!["[a-c]", Just("ns".to_owned()), Just("nic".to_owned()), Just("root-servers".to_owned())];
    let top = prop_oneof![Just("test"), Just("example"), Just("arpa")];
    let name = (vec(label, 1..4), top).prop_map(|(labels, top)| format!("{}.{top}", labels.join(".")));
    btree_set(name, 2..12).prop_map(|names| names.into_iter().collect::<Vec<_>>()).prop_shuffle()
}

/// A lab of these hosts. Some are name servers, and all whose names the lab gives to its own.
fn plan(names: &[String], servers: &[bool]) -> Plan {
    let is_reserved =
        |name: &str| name.starts_with("ns.") || name.starts_with("a.nic.") || name.contains("root-servers");
    let tables = names.iter().enumerate().map(|(place, name)| {
        let is_server = servers.get(place).is_some_and(|is_server| *is_server) || is_reserved(name);
        format!("[host.\"{name}\"]\n{}\n", if is_server { "dns = {}" } else { "http = {}" })
    });
    LabFile::from_text(tables.collect::<String>(), "").plan(fakes::ALL).expect("the test's own text")
}

fn reverse(address: IpAddr) -> String {
    let nibbles =
        |octets: &[u8]| octets.iter().rev().map(|o| format!("{:x}.{:x}.", o & 15, o >> 4)).collect::<String>();
    match address {
        IpAddr::V4(v4) => {
            format!("{}in-addr.arpa", v4.octets().iter().rev().map(|o| format!("{o}.")).collect::<String>())
        }
        IpAddr::V6(v6) => format!("{}ip6.arpa", nibbles(&v6.octets())),
    }
}

/// The name servers of a plan, which know no more than their zones' text.
struct Net {
    hints: Vec<String>,
    /// By the servers' addresses: their zones, longest names first.
    servers: BTreeMap<String, Vec<Zone>>,
}

#[derive(Clone)]
struct Zone {
    origin: String,
    /// Owner and type, data.
    records: BTreeMap<(String, String), Vec<String>>,
}

impl Net {
    fn new(plan: &Plan) -> Self {
        let hints = plan.hints.iter().flat_map(|(_, addresses)| addresses).map(ToString::to_string).collect();
        let mut servers = BTreeMap::new();
        for host in &plan.hosts {
            let mut zones: Vec<Zone> = host.zones.iter().map(|zone| Zone::read(&zone.origin, &zone.text)).collect();
            zones.sort_by_key(|zone| std::cmp::Reverse(zone.origin.len()));
            servers.extend(host.addresses.iter().map(|address| (address.to_string(), zones.clone())));
        }
        Self { hints, servers }
    }

    fn ask(&self, name: &str, kind: &str, depth: usize) -> Vec<String> {
        let name = if name.ends_with('.') { name.to_owned() } else { format!("{name}.") };
        let mut servers = self.hints.clone();
        for _ in 0..8 {
            let zone = servers.iter().filter_map(|server| self.servers.get(server)).flatten();
            let Some(zone) = zone.clone().find(|zone| covers(&zone.origin, &name)) else { return vec![] };
            let Some((cut, names)) = zone.delegation(&name) else { return zone.find(&name, kind) };
            assert!(covers(&zone.origin, &cut) && depth < 8);
            servers = names.iter().flat_map(|server| zone.glue(server)).collect();
            if servers.is_empty() {
                servers = names.iter().flat_map(|server| self.ask(server, "A", depth + 1)).collect();
            }
        }
        vec![]
    }
}

impl Zone {
    fn read(origin: &str, text: &str) -> Self {
        let mut zone = Self { origin: origin.to_owned(), records: BTreeMap::new() };
        for line in text.lines().filter(|line| !line.starts_with([';', '$', ' ']) && !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [owner, "IN", kind, data @ ..] = words.as_slice() else { panic!("{line}") };
            let key = (absolute(owner, origin), (*kind).to_owned());
            zone.records.entry(key).or_default().push(data.join(" "));
        }
        assert!(!zone.find(origin, "SOA").is_empty() && !zone.find(origin, "NS").is_empty(), "{text}");
        zone
    }

    fn find(&self, name: &str, kind: &str) -> Vec<String> {
        self.records.get(&(name.to_owned(), kind.to_owned())).cloned().unwrap_or_default()
    }

    fn glue(&self, server: &str) -> Vec<String> {
        [self.find(server, "A"), self.find(server, "AAAA")].concat()
    }

    fn delegation(&self, name: &str) -> Option<(String, Vec<String>)> {
        let cuts = self.records.iter().filter(|((owner, kind), _)| kind == "NS" && *owner != self.origin);
        let mut above = cuts.filter(|((owner, _), _)| covers(owner, name));
        above.next().map(|((owner, _), servers)| (owner.clone(), servers.clone()))
    }
}

fn absolute(owner: &str, origin: &str) -> String {
    match owner {
        "@" => origin.to_owned(),
        _ if origin == "." => format!("{owner}."),
        _ => format!("{owner}.{origin}"),
    }
}

fn covers(origin: &str, name: &str) -> bool {
    origin == "." || name == origin || name.strip_suffix(origin).is_some_and(|rest| rest.ends_with('.'))
}
