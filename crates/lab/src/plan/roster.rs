//! The hosts of a lab while it is being planned, and what their services mean for others.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toynet_record::Transport;
use toynet_service::{Config, Endpoint, Files, HostName, Mistake, Protocol};

use super::{Origin, PlannedHost, PlannedService};
use crate::spec::{HostSpec, ServiceSpec};

/// All hosts: those of the file in its order, then the derived ones.
#[derive(Debug, Default)]
pub(super) struct Roster {
    pub hosts: Vec<Draft>,
    by_name: HashMap<HostName, usize>,
}

/// A host that is being planned.
#[derive(Debug)]
pub(super) struct Draft {
    pub name: HostName,
    pub origin: Origin,
    pub written_addresses: Vec<Spanned<IpAddr>>,
    pub records: Vec<Spanned<String>>,
    pub services: Vec<ServiceSpec>,
    /// The protocols that the file names for it, readable or not.
    pub named: Vec<&'static str>,
    /// Zones written by hand: origin and path.
    pub zones: Vec<(Spanned<String>, Spanned<String>)>,
    pub resolves: bool,
    pub names: bool,
    pub aliases: Vec<Spanned<String>>,
    pub mail_domains: Vec<Spanned<String>>,
    pub number: u16,
    pub addresses: Vec<IpAddr>,
}

impl Roster {
    pub fn new(specs: Vec<HostSpec>, mistakes: &mut Vec<Mistake>) -> Self {
        if specs.is_empty() && mistakes.is_empty() {
            let advice = "write one, such as\n[host.\"www.shop.test\".http]\nroot = \"site\"";
            mistakes.push(Mistake::new(0..0, "a lab needs a host").advise(advice));
        }
        let mut roster = Self::default();
        for spec in specs {
            check_ports(&spec.services, mistakes);
            let host = Draft::written(spec, mistakes);
            roster.add(host);
        }
        roster
    }

    /// Adds a host whose name is not taken, and tells its place.
    pub fn add(&mut self, host: Draft) -> usize {
        self.by_name.insert(host.name.clone(), self.hosts.len());
        self.hosts.push(host);
        self.hosts.len() - 1
    }

    pub fn find(&self, name: &HostName) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Whether the files that services name are there and as they must be.
    pub fn check_files(&self, files: &dyn Files, mistakes: &mut Vec<Mistake>) {
        let services = self.hosts.iter().flat_map(|host| &host.services);
        mistakes.extend(services.flat_map(|service| service.config.check(files)));
    }

    /// Whether a further name of one host is the name of another.
    pub fn check_aliases(&self, mistakes: &mut Vec<Mistake>) {
        for (place, host) in self.hosts.iter().enumerate() {
            for alias in &host.aliases {
                let taken = HostName::parse(alias.get_ref()).ok().and_then(|name| self.find(&name));
                if let Some(other) = taken.filter(|other| *other != place) {
                    mistakes.push(collision(alias, &self.hosts[other]));
                }
            }
        }
    }
}

fn collision(alias: &Spanned<String>, host: &Draft) -> Mistake {
    let mistake = Mistake::new(alias.span(), format!("`{}` is the name of another host", alias.get_ref()));
    match &host.origin {
        Origin::Written(span) => mistake.against(span.clone(), "this one"),
        Origin::Derived(purpose) => mistake.advise(format!("the lab brings that host along: {purpose}")),
    }
}

impl Draft {
    fn written(spec: HostSpec, mistakes: &mut Vec<Mistake>) -> Self {
        let origin = Origin::Written(spec.name.span());
        let mut host = Self::new(spec.name.into_inner(), origin);
        host.written_addresses = spec.addresses;
        host.records = spec.records;
        host.named = spec.named;
        for service in &spec.services {
            host.learn(&*service.config, mistakes);
        }
        host.services = spec.services;
        host
    }

    /// A host that the lab brings along, for `purpose`.
    pub fn derived(name: HostName, purpose: String, protocol: &'static Protocol, config: Arc<dyn Config>) -> Self {
        let mut host = Self::new(name, Origin::Derived(purpose));
        host.learn(&*config, &mut Vec::new());
        host.services.push(ServiceSpec { protocol, span: 0..0, config });
        host
    }

    fn new(name: HostName, origin: Origin) -> Self {
        Self {
            name,
            origin,
            written_addresses: Vec::new(),
            records: Vec::new(),
            services: Vec::new(),
            named: Vec::new(),
            zones: Vec::new(),
            resolves: false,
            names: false,
            aliases: Vec::new(),
            mail_domains: Vec::new(),
            number: 0,
            addresses: Vec::new(),
        }
    }

    fn learn(&mut self, config: &dyn Config, mistakes: &mut Vec<Mistake>) {
        let facts = config.facts();
        self.resolves |= facts.resolves;
        self.names |= facts.names;
        self.zones.extend(facts.zones);
        let mut known = |names: Vec<Spanned<String>>, into: &mut Vec<Spanned<String>>| {
            for name in names {
                match domain_name(&name) {
                    Ok(name) if into.contains(&name) => {}
                    Ok(name) => into.push(name),
                    Err(mistake) => mistakes.push(*mistake),
                }
            }
        };
        known(facts.aliases, &mut self.aliases);
        known(facts.mail_domains, &mut self.mail_domains);
    }

    pub fn is_written(&self) -> bool {
        matches!(self.origin, Origin::Written(_))
    }

    pub fn span(&self) -> Range<usize> {
        match &self.origin {
            Origin::Written(span) => span.clone(),
            Origin::Derived(_) => 0..0,
        }
    }

    pub fn plan(self) -> PlannedHost {
        let service = |service: ServiceSpec| PlannedService { protocol: service.protocol, config: service.config };
        PlannedHost {
            number: self.number,
            name: self.name,
            addresses: self.addresses,
            origin: self.origin,
            aliases: self.aliases.into_iter().map(Spanned::into_inner).collect(),
            services: self.services.into_iter().map(service).collect(),
            zones: Vec::new(),
            resolves: self.resolves,
        }
    }
}

/// A name in a domain, in lower case; its first label may be `*` (RFC 4592).
fn domain_name(name: &Spanned<String>) -> Result<Spanned<String>, Box<Mistake>> {
    let text = name.get_ref();
    let (star, rest) = text.strip_prefix("*.").map_or(("", text.as_str()), |rest| ("*.", rest));
    let refuse = |rule: &str| {
        let mistake = Mistake::new(name.span(), format!("`{text}` is no domain name"));
        Box::new(mistake.advise(format!("a name {rule}")))
    };
    let parsed = HostName::parse(rest).map_err(refuse)?;
    match parsed.labels().count() {
        0 | 1 => Err(refuse("that the lab can answer for has a dot in it")),
        _ => Ok(Spanned::new(name.span(), format!("{star}{parsed}"))),
    }
}

fn check_ports(services: &[ServiceSpec], mistakes: &mut Vec<Mistake>) {
    let mut taken: BTreeMap<Endpoint, &ServiceSpec> = BTreeMap::new();
    for service in services {
        let clash = service.config.endpoints().into_iter().find_map(|endpoint| {
            // Datagrams are all of one kind to the system.
            let socket = match endpoint.transport {
                Transport::Quic => Endpoint { transport: Transport::Udp, ..endpoint },
                _ => endpoint,
            };
            let first = taken.insert(socket, service)?;
            Some((endpoint, first))
        });
        let Some((endpoint, first)) = clash else { continue };
        let what =
            format!("`{}` and `{}` both listen on {}", first.protocol.name, service.protocol.name, port(endpoint));
        mistakes.push(if first.span == service.span {
            Mistake::new(
                service.span.clone(),
                format!("`{}` listens twice on {}", service.protocol.name, port(endpoint)),
            )
        } else {
            Mistake::new(service.span.clone(), what)
                .against(first.span.clone(), "this was first")
                .advise("give one of them another port, or put it on a host of its own")
        });
    }
}

pub(super) fn port(endpoint: Endpoint) -> String {
    let transport = match endpoint.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
        Transport::Quic => "quic",
        Transport::Command => "command",
    };
    format!("{}/{transport}", endpoint.port)
}
