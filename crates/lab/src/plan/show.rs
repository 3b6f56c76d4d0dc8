//! A plan for a person to read and for a program.

use std::fmt;

use serde_json::{Value, json};

use super::roster::port;
use super::{Origin, Plan, PlannedHost, PlannedZone};
use crate::columns::columns;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "lab {}, seed {}, time to live {} s", self.name, self.seed, self.ttl)?;
        writeln!(f, "\n== hosts\n")?;
        let rows: Vec<[String; 5]> = self.hosts.iter().map(row).collect();
        f.write_str(&columns(&["number", "name", "addresses", "services", "because"], &rows))?;
        for zone in &self.zones {
            writeln!(f, "\n== zone {} on {}{}\n", zone.zone.origin, names(zone).join(", "), source(zone))?;
            f.write_str(&zone.zone.text)?;
        }
        if !self.links.is_empty() {
            writeln!(f, "\n== links\n")?;
        }
        for link in &self.links {
            writeln!(f, "{} -> {}: {}", link.from, link.to, link.conditions)?;
        }
        if !self.faults.is_empty() {
            writeln!(f, "\n== faults\n")?;
        }
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        Ok(())
    }
}

fn row(host: &PlannedHost) -> [String; 5] {
    let because = match &host.origin {
        Origin::Written(_) => "lab file".to_owned(),
        Origin::Derived(purpose) => purpose.clone(),
    };
    let addresses: Vec<String> = host.addresses.iter().map(ToString::to_string).collect();
    [host.number.to_string(), host.name.to_string(), addresses.join(" "), services(host), because]
}

/// A host's services with their ports: `dns 53/udp 53/tcp, http 80/tcp`.
pub(crate) fn services(host: &PlannedHost) -> String {
    let services = host.services.iter().map(|service| {
        let ports = service.config.endpoints().into_iter().map(|endpoint| format!(" {}", port(endpoint)));
        format!("{}{}", service.protocol.name, ports.collect::<String>())
    });
    services.collect::<Vec<_>>().join(", ")
}

fn names(zone: &PlannedZone) -> Vec<&str> {
    zone.servers.iter().map(|name| name.as_str()).collect()
}

fn source(zone: &PlannedZone) -> String {
    match zone.zone.source.as_str() {
        "derived" => String::new(),
        path => format!(", from {path}"),
    }
}

impl Plan {
    /// The plan as JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "lab": { "name": self.name, "seed": self.seed, "ttl": self.ttl, "workers": self.workers },
            "hosts": self.hosts.iter().map(host_json).collect::<Vec<_>>(),
            "zones": self.zones.iter().map(zone_json).collect::<Vec<_>>(),
            "links": self.links.iter().map(|link| json!({
                "from": link.from.to_string(),
                "to": link.to.to_string(),
                "conditions": link.conditions,
            })).collect::<Vec<_>>(),
            "hints": self.hints.iter().map(|(name, addresses)| json!({
                "name": name.as_str(),
                "addresses": addresses,
            })).collect::<Vec<_>>(),
        })
    }
}

fn host_json(host: &PlannedHost) -> Value {
    let purpose = match &host.origin {
        Origin::Written(_) => None,
        Origin::Derived(purpose) => Some(purpose),
    };
    json!({
        "number": host.number,
        "name": host.name.as_str(),
        "addresses": host.addresses,
        "aliases": host.aliases,
        "derived": purpose,
        "resolver": host.resolves,
        "services": services_json(host),
        "zones": host.zones.iter().map(|zone| &zone.origin).collect::<Vec<_>>(),
    })
}

/// A host's services as JSON.
pub(crate) fn services_json(host: &PlannedHost) -> Vec<Value> {
    let services = host.services.iter().map(|service| {
        let endpoints = service.config.endpoints().into_iter();
        let endpoints = endpoints.map(|endpoint| json!({ "transport": endpoint.transport, "port": endpoint.port }));
        json!({ "protocol": service.protocol.name, "endpoints": endpoints.collect::<Vec<_>>() })
    });
    services.collect()
}

fn zone_json(zone: &PlannedZone) -> Value {
    json!({
        "origin": zone.zone.origin,
        "source": zone.zone.source,
        "servers": names(zone),
        "text": zone.zone.text,
    })
}
