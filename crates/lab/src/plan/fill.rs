//! The records of each derived zone.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use toynet_service::{Files, Mistake, Spot, ZoneText};

use super::roster::Draft;
use super::tree::{Tree, ZoneDraft, is_in};
use super::zone::{Section, Zone, absolute};
use super::{extra, reverse};

/// The text of every zone, in the tree's order: derived, or read where it is written by hand.
pub(super) fn texts(
    tree: &Tree,
    hosts: &[Draft],
    ttl: u32,
    files: &dyn Files,
    mistakes: &mut Vec<Mistake>,
) -> Vec<Arc<ZoneText>> {
    let mut fill = Fill { tree, hosts, zones: tree.zones.iter().map(|zone| Zone::new(&zone.origin)).collect() };
    fill.servers();
    fill.hosts();
    fill.mail();
    fill.reverse();
    fill.written(mistakes);
    let pairs = tree.zones.iter().zip(fill.zones);
    let texts = pairs.map(|(draft, zone)| match &draft.written {
        None => derived(draft, zone, hosts, ttl, mistakes),
        Some((_, path)) => by_hand(draft, path, files, mistakes),
    });
    texts.map(Arc::new).collect()
}

struct Fill<'a> {
    tree: &'a Tree,
    hosts: &'a [Draft],
    zones: Vec<Zone>,
}

impl Fill<'_> {
    /// NS records at each zone's top and in its parent.
    fn servers(&mut self) {
        for (place, draft) in self.tree.zones.iter().enumerate() {
            self.name_servers(place, draft, Section::NameServers);
            if let Some(parent) = self.tree.parent_of(&draft.origin) {
                self.name_servers(parent, draft, Section::Delegations);
            }
        }
    }

    fn name_servers(&mut self, place: usize, draft: &ZoneDraft, section: Section) {
        for server in &draft.servers {
            let name = self.hosts[*server].name.as_str();
            self.zones[place].push(section, &draft.origin, "NS", absolute(name));
        }
        for server in &draft.servers {
            self.glue(place, *server, section);
        }
    }

    /// A name server below the zone, in another one, can only be found if its addresses are told along.
    fn glue(&mut self, place: usize, server: usize, section: Section) {
        let host = &self.hosts[server];
        let is_below = is_in(host.name.as_str(), &self.tree.zones[place].origin);
        let is_elsewhere = self.tree.zone_of(host.name.as_str()) != Some(place);
        if is_below && is_elsewhere && self.zones[place].needs_glue(server) {
            addresses(&mut self.zones[place], section, host.name.as_str(), &host.addresses);
        }
    }

    fn hosts(&mut self) {
        for host in self.hosts {
            self.addresses(Section::Hosts, host.name.as_str(), host);
            for alias in host.aliases.iter().filter(|alias| alias.get_ref() != host.name.as_str()) {
                self.addresses(Section::Aliases, alias.get_ref(), host);
            }
        }
    }

    fn addresses(&mut self, section: Section, name: &str, host: &Draft) {
        if let Some(place) = self.tree.zone_of(name) {
            addresses(&mut self.zones[place], section, name, &host.addresses);
        }
    }

    /// Several hosts that take a domain's mail are asked in the order of the file.
    fn mail(&mut self) {
        let mut preferences = HashMap::new();
        for host in self.hosts {
            for domain in &host.mail_domains {
                let Some(place) = self.tree.zone_of(domain.get_ref()) else { continue };
                let preference = preferences.entry(domain.get_ref()).and_modify(|last| *last += 10).or_insert(10);
                let data = format!("{preference} {}", absolute(host.name.as_str()));
                self.zones[place].push(Section::Mail, domain.get_ref(), "MX", data);
            }
        }
    }

    fn reverse(&mut self) {
        for host in self.hosts {
            for address in &host.addresses {
                let name = reverse::name(*address);
                if let Some(place) = self.tree.zone_of(&name) {
                    self.zones[place].push(Section::Addresses, &name, "PTR", absolute(host.name.as_str()));
                }
            }
        }
    }

    fn written(&mut self, mistakes: &mut Vec<Mistake>) {
        for host in self.hosts {
            let Some(place) = self.tree.zone_of(host.name.as_str()) else { continue };
            let draft = &self.tree.zones[place];
            for record in &host.records {
                match (&draft.written, extra::read(record, &host.name, &draft.origin)) {
                    (Some((span, _)), _) => mistakes.push(extra::belongs_in_file(record, draft, span.clone())),
                    (None, Ok(record)) => self.zones[place].push_written(record),
                    (None, Err(mistake)) => mistakes.push(*mistake),
                }
            }
        }
    }
}

fn addresses(zone: &mut Zone, section: Section, name: &str, addresses: &[IpAddr]) {
    for address in addresses {
        let kind = if address.is_ipv4() { "A" } else { "AAAA" };
        zone.push(section, name, kind, address.to_string());
    }
}

fn derived(draft: &ZoneDraft, zone: Zone, hosts: &[Draft], ttl: u32, mistakes: &mut Vec<Mistake>) -> ZoneText {
    let server = draft.servers.first().map(|server| &hosts[*server]);
    let primary = server.map_or("", |host| host.name.as_str());
    let text = zone.text(primary, ttl);
    let derived = ZoneText { origin: absolute(&draft.origin), source: "derived".to_owned(), text: text.text };
    if !text.written.is_empty() {
        let services = server.iter().flat_map(|host| &host.services);
        let found = services.flat_map(|service| service.config.check_zone(&derived));
        mistakes.extend(found.map(|mistake| extra::in_lab_file(mistake, &text.written)));
    }
    derived
}

fn by_hand(
    draft: &ZoneDraft,
    path: &toml::Spanned<String>,
    files: &dyn Files,
    mistakes: &mut Vec<Mistake>,
) -> ZoneText {
    let text = files.text(path.get_ref()).unwrap_or_else(|error| {
        let is_told = mistakes.iter().any(|mistake| mistake.spot == Spot::Lab(path.span()));
        if !is_told {
            mistakes.push(Mistake::new(path.span(), unreadable(path.get_ref(), &error)));
        }
        String::new()
    });
    ZoneText { origin: absolute(&draft.origin), source: path.get_ref().clone(), text }
}

fn unreadable(path: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no file `{path}`"),
        _ => format!("the file `{path}` cannot be read: {error}"),
    }
}
