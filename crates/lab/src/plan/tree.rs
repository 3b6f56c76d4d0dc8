//! Which zones a lab has and who serves them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;
use toynet_service::{Config, HostName, Mistake, Protocol, Spot};

use super::roster::{Draft, Roster};

/// All zones, parents before children. Names are in lower case without the final dot, the root's is empty.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub zones: Vec<ZoneDraft>,
    by_origin: HashMap<String, usize>,
}

/// A zone that is being planned.
#[derive(Debug)]
pub(super) struct ZoneDraft {
    pub origin: String,
    /// The places of its name servers among the hosts.
    pub servers: Vec<usize>,
    /// Where it is written by hand: its origin and its file's path in the lab file.
    pub written: Option<(Range<usize>, Spanned<String>)>,
}

/// The services of derived name servers. They differ only in the zones that they are given.
#[derive(Clone, Debug)]
pub(super) struct Servers {
    protocol: &'static Protocol,
    authority: Arc<dyn Config>,
    resolver: Arc<dyn Config>,
}

impl Servers {
    pub fn of(protocol: &'static Protocol) -> Self {
        let read = |text: &str| {
            let table = DeValue::parse(text).expect("this is TOML");
            Arc::from((protocol.read)(table).expect("dns reads the tables of derived name servers"))
        };
        Self { protocol, authority: read("{}"), resolver: read("{ resolver = true }") }
    }
}

/// Finds all zones of the hosts' names, and adds the hosts that must serve them.
pub(super) fn grow(roster: &mut Roster, servers: &Servers, mistakes: &mut Vec<Mistake>) -> Tree {
    let mut written = written_zones(roster, mistakes);
    let domains = domains(roster, written.keys());
    let by_domain = name_servers(roster);
    let mut grower = Grower { tree: Tree::default(), roster, servers, mistakes };
    grower.plant_root(written.remove(""));
    grower.add_resolver();
    for top in top_level(&domains, &written) {
        match written.remove(&top) {
            Some(zone) => grower.tree.add(zone),
            None => grower.plant(&top, &[&format!("a.nic.{top}")]),
        }
    }
    for domain in domains {
        match (written.remove(&domain), by_domain.get(&domain)) {
            (Some(zone), _) => grower.tree.add(zone),
            (None, _) if grower.tree.by_origin.contains_key(&domain) => {}
            (None, Some(hosts)) => grower.tree.add(ZoneDraft::derived(&domain, hosts.clone())),
            (None, None) => grower.plant(&domain, &[&format!("ns.{domain}")]),
        }
    }
    let mut deeper: Vec<ZoneDraft> = written.into_values().collect();
    deeper.sort_by_key(|zone| (zone.origin.split('.').count(), zone.origin.clone()));
    deeper.into_iter().for_each(|zone| grower.tree.add(zone));
    grower.tree
}

struct Grower<'a> {
    tree: Tree,
    roster: &'a mut Roster,
    servers: &'a Servers,
    mistakes: &'a mut Vec<Mistake>,
}

impl Grower<'_> {
    fn plant_root(&mut self, written: Option<ZoneDraft>) {
        let Some(zone) = written else {
            self.plant("", &["a.root-servers.test", "b.root-servers.test"]);
            return self.plant("root-servers.test", &["a.root-servers.test", "b.root-servers.test"]);
        };
        self.tree.add(zone);
    }

    /// A derived zone on name servers of these names.
    fn plant(&mut self, origin: &str, names: &[&str]) {
        let servers = names.iter().filter_map(|name| self.authority(name, origin)).collect();
        self.tree.add(ZoneDraft::derived(origin, servers));
    }

    /// The host of this name, which must be a name server.
    fn authority(&mut self, name: &str, origin: &str) -> Option<usize> {
        let name = HostName::parse(name).ok()?;
        let purpose = match origin {
            "" => "root name server".to_owned(),
            _ => format!("name server of {origin}"),
        };
        match self.roster.find(&name) {
            Some(place) if self.roster.hosts[place].names => Some(place),
            Some(place) => {
                self.refuse(place, &purpose, "dns = {}");
                None
            }
            None => Some(self.derive(name, purpose, self.servers.authority.clone())),
        }
    }

    fn add_resolver(&mut self) {
        if self.roster.hosts.iter().any(|host| host.resolves) {
            return;
        }
        let name = HostName::parse("resolver.test").expect("this is a name");
        match self.roster.find(&name) {
            Some(place) => self.refuse(place, "recursive resolver", "dns = { resolver = true }"),
            None => {
                self.derive(name, "recursive resolver".to_owned(), self.servers.resolver.clone());
            }
        }
    }

    fn derive(&mut self, name: HostName, purpose: String, config: Arc<dyn Config>) -> usize {
        self.roster.add(Draft::derived(name, purpose, self.servers.protocol, config))
    }

    fn refuse(&mut self, place: usize, purpose: &str, needed: &str) {
        let host = &self.roster.hosts[place];
        let is_unread =
            host.named.contains(&"dns") && !host.services.iter().any(|service| service.protocol.name == "dns");
        if !is_unread {
            let what = format!("`{}` would be the {purpose}, but it is none", host.name);
            let advice = format!("add `{needed}` to make it one, or give it another name");
            self.mistakes.push(Mistake::new(host.span(), what).advise(advice));
        }
    }
}

impl Tree {
    pub fn add(&mut self, zone: ZoneDraft) {
        self.by_origin.insert(zone.origin.clone(), self.zones.len());
        self.zones.push(zone);
    }

    pub fn zone(&self, origin: &str) -> Option<&ZoneDraft> {
        self.by_origin.get(origin).map(|place| &self.zones[*place])
    }

    /// The zone that holds a name's records: the deepest one at or above it.
    pub fn zone_of(&self, name: &str) -> Option<usize> {
        ancestors(name).find_map(|origin| self.by_origin.get(origin).copied())
    }

    /// The zone that delegates this one.
    pub fn parent_of(&self, origin: &str) -> Option<usize> {
        ancestors(origin).skip(1).find_map(|origin| self.by_origin.get(origin).copied())
    }
}

impl ZoneDraft {
    pub fn derived(origin: &str, servers: Vec<usize>) -> Self {
        Self { origin: origin.to_owned(), servers, written: None }
    }
}

/// A name, then each domain that it is in, up to the root.
fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| match name.split_once('.') {
        Some((_, parent)) => Some(parent),
        None if name.is_empty() => None,
        None => Some(""),
    })
}

/// Whether `name` is `origin` or a name in it.
pub(super) fn is_in(name: &str, origin: &str) -> bool {
    origin.is_empty() || name.strip_suffix(origin).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn written_zones(roster: &Roster, mistakes: &mut Vec<Mistake>) -> HashMap<String, ZoneDraft> {
    let mut zones: HashMap<String, ZoneDraft> = HashMap::new();
    for (place, host) in roster.hosts.iter().enumerate() {
        for (origin, path) in &host.zones {
            let Some(name) = zone_name(origin, mistakes) else { continue };
            let written = Some((origin.span(), path.clone()));
            let zone =
                zones.entry(name.clone()).or_insert_with(|| ZoneDraft { written, ..ZoneDraft::derived(&name, vec![]) });
            check_same_file(zone, path, mistakes);
            if !zone.servers.contains(&place) {
                zone.servers.push(place);
            }
        }
    }
    zones
}

fn zone_name(origin: &Spanned<String>, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let text = origin.get_ref();
    if text == "." {
        return Some(String::new());
    }
    match HostName::parse(text) {
        Ok(name) => Some(name.to_string()),
        Err(rule) => {
            let is_told = mistakes.iter().any(|mistake| mistake.spot == Spot::Lab(origin.span()));
            if !is_told {
                let mistake = Mistake::new(origin.span(), format!("`{text}` is no name of a zone"));
                mistakes.push(mistake.advise(format!("a name {rule}")));
            }
            None
        }
    }
}

fn check_same_file(zone: &ZoneDraft, path: &Spanned<String>, mistakes: &mut Vec<Mistake>) {
    let Some((_, first)) = &zone.written else { return };
    if first.get_ref() != path.get_ref() {
        let what = format!("the zone `{}.` is written in two files", zone.origin);
        let advice = "servers of one zone answer alike: name the same file for all of them";
        mistakes.push(Mistake::new(path.span(), what).against(first.span(), "the other one").advise(advice));
    }
}

/// The domains of all names: their last two labels, in the order of the file.
fn domains<'a>(roster: &'a Roster, written: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut domains = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |name: &str| {
        if let Some(domain) = last_two(name).filter(|domain| !seen.contains(*domain)) {
            seen.insert(domain.to_owned());
            domains.push(domain.to_owned());
        }
    };
    for host in &roster.hosts {
        add(host.name.as_str());
        host.aliases.iter().chain(&host.mail_domains).for_each(|name| add(name.get_ref()));
    }
    let mut zones: Vec<&String> = written.filter(|zone| zone.split('.').count() == 2).collect();
    zones.sort();
    zones.into_iter().for_each(|zone| add(zone));
    domains
}

fn last_two(name: &str) -> Option<&str> {
    let before = name.rsplit_once('.')?.0;
    Some(before.rfind('.').map_or(name, |dot| &name[dot + 1..]))
}

/// The top-level domains of all zones, in the order of the file; `test` and `arpa` are always among them.
fn top_level(domains: &[String], written: &HashMap<String, ZoneDraft>) -> Vec<String> {
    let mut names: Vec<&str> = domains.iter().map(String::as_str).collect();
    let mut zones: Vec<&str> = written.keys().map(String::as_str).collect();
    zones.sort_unstable();
    names.extend(zones);
    names.extend(["test", "arpa"]);
    let mut seen = HashSet::new();
    let tops = names.into_iter().map(|name| name.rsplit('.').next().unwrap_or(name));
    tops.filter(|top| seen.insert(*top)).map(str::to_owned).collect()
}

/// The written name servers in each domain.
fn name_servers(roster: &Roster) -> HashMap<String, Vec<usize>> {
    let mut servers: HashMap<String, Vec<usize>> = HashMap::new();
    let hosts = roster.hosts.iter().enumerate().filter(|(_, host)| host.names);
    for (place, host) in hosts {
        if let Some(domain) = last_two(host.name.as_str()) {
            servers.entry(domain.to_owned()).or_default().push(place);
        }
    }
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_the_last_two_labels() {
        assert_eq!(last_two("www.shop.test"), Some("shop.test"));
        assert_eq!(last_two("shop.test"), Some("shop.test"));
        assert_eq!(last_two("test"), None);
    }

    #[test]
    fn every_name_is_in_the_root() {
        assert_eq!(ancestors("a.b").collect::<Vec<_>>(), ["a.b", "b", ""]);
        assert!(is_in("a.b", "") && is_in("a.b", "b") && is_in("b", "b"));
        assert!(!is_in("ab", "b") && !is_in("b", "a.b"));
    }
}
