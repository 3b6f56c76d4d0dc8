//! What a person reads when a lab starts: its hosts, and commands to try.

mod path;

use std::collections::HashSet;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use serde_json::{Value, json};
use toynet_service::{Command, Doors, Reached};

pub use path::{is_on_path, own_call};

use crate::columns::columns;
use crate::plan::{Plan, PlannedHost, services, services_json};

/// How a lab is reached from where a person types.
#[derive(Clone, Debug)]
pub struct Outside<'a> {
    /// Whether that is inside: the lab's names are known there, and its root trusted.
    pub is_inside: bool,
    /// Where each address of the lab is reached; one that is missing is reached as it is.
    pub addresses: &'a Doors,
    /// What must be added to a standard port: 0 or 8000.
    pub port_offset: u16,
    /// The lab's resolver.
    pub resolver: Option<SocketAddr>,
    /// How toynet itself is called from here.
    pub toynet: &'a str,
    /// The file with the root that vouches for its certificates.
    pub root: Option<&'a Path>,
}

/// The table of a lab and the commands that are worth trying.
#[derive(Debug)]
pub struct Table<'a> {
    plan: &'a Plan,
    outside: &'a Outside<'a>,
    commands: Vec<ToTry>,
}

/// A command that works here as it stands.
#[derive(Debug)]
struct ToTry {
    program: &'static str,
    line: String,
    shows: String,
    /// What it stands in for: the program that is missing, and its line.
    instead_of: Option<String>,
}

impl<'a> Table<'a> {
    /// The table of `plan`, with commands for whose programs `has_program` is true: [`is_on_path`] for the
    /// programs of this machine. For others there are toynet's own clients.
    pub fn new(plan: &'a Plan, outside: &'a Outside<'a>, has_program: &dyn Fn(&str) -> bool) -> Self {
        Self { plan, outside, commands: worth_trying(plan, outside, has_program) }
    }

    /// For a person.
    pub fn text(&self) -> String {
        let (written, derived): (Vec<_>, Vec<_>) = self.plan.hosts.iter().partition(|host| host.is_written());
        let mut text = self.rows("HOST", &written);
        if !derived.is_empty() {
            text.push('\n');
            text.push_str(&self.rows("AROUND THEM", &derived));
        }
        if !self.commands.is_empty() {
            text.push_str("\nTRY\n");
            self.commands.iter().for_each(|command| text.push_str(&command_lines(command)));
        }
        text
    }

    /// For a program.
    pub fn to_json(&self) -> Value {
        let hosts = self.plan.hosts.iter().map(|host| {
            json!({
                "name": host.name.as_str(),
                "addresses": host.addresses,
                "reached": self.reached(host),
                "derived": !host.is_written(),
                "services": services_json(host),
                "mail_domains": mail_domains(host),
            })
        });
        let commands = self
            .commands
            .iter()
            .map(|ToTry { program, line, shows, instead_of }| {
                json!({ "program": program, "line": line, "shows": shows, "instead_of": instead_of })
            });
        json!({
            "lab": self.plan.name,
            "port_offset": self.outside.port_offset,
            "resolver": self.outside.resolver,
            "hosts": hosts.collect::<Vec<_>>(),
            "commands": commands.collect::<Vec<_>>(),
        })
    }

    fn rows(&self, title: &str, hosts: &[&PlannedHost]) -> String {
        let rows: Vec<[String; 3]> = hosts.iter().take(MOST_HOSTS).map(|host| self.row(host)).collect();
        let mut text = columns(&[title, "ADDRESS", "SERVICES"], &rows);
        if hosts.len() > MOST_HOSTS {
            let _ = writeln!(text, "and {} more, which `toynet plan` shows", hosts.len() - MOST_HOSTS);
        }
        text
    }

    fn row(&self, host: &PlannedHost) -> [String; 3] {
        let address = self.reached(host).first().map(ToString::to_string).unwrap_or_default();
        [host.name.to_string(), address, services(host)]
    }

    fn reached(&self, host: &PlannedHost) -> Vec<IpAddr> {
        host.addresses.iter().map(|address| reached(*address, self.outside)).collect()
    }
}

fn mail_domains(host: &PlannedHost) -> Vec<String> {
    let domains = host.services.iter().flat_map(|service| service.config.facts().mail_domains);
    domains.map(toml::Spanned::into_inner).collect()
}

fn reached(address: IpAddr, outside: &Outside<'_>) -> IpAddr {
    outside.addresses.get(&address).copied().unwrap_or(address)
}

/// The command has a line to itself, so that it can be copied whole.
fn command_lines(command: &ToTry) -> String {
    let own = format!("  # {}\n  {}\n", command.shows, command.line);
    match &command.instead_of {
        Some(line) => format!("{own}  # with {}: {line}\n", command.program),
        None => own,
    }
}

/// The best command of each service first, then the second best; written hosts before derived ones.
/// What a second best command shows is shown for one host only.
fn worth_trying(plan: &Plan, outside: &Outside<'_>, has_program: &dyn Fn(&str) -> bool) -> Vec<ToTry> {
    let resolvers = plan.resolvers().filter(|host| !host.is_written());
    let hosts = plan.hosts.iter().filter(|host| host.is_written()).chain(resolvers);
    let all = plan.hosts.iter().flat_map(|host| &host.services);
    let mailboxes: Vec<String> = all.flat_map(|service| service.config.facts().mailboxes).collect();
    let mut ranked: Vec<(usize, ToTry)> = Vec::new();
    for host in hosts.take(MOST_HOSTS) {
        for service in &host.services {
            let commands = service.config.commands(&reach(plan, host, outside, &mailboxes));
            let usable = commands.into_iter().filter_map(|command| to_try(command, outside, has_program));
            ranked.extend(usable.enumerate());
        }
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut seen = HashSet::new();
    let is_new = |(rank, command): &(usize, ToTry)| {
        seen.insert(if *rank == 0 { command.line.clone() } else { command.shows.clone() })
    };
    ranked.into_iter().filter(is_new).map(|(_, command)| command).take(MOST_COMMANDS).collect()
}

/// The command where its program is there, otherwise toynet's own where there is one.
fn to_try(command: Command, outside: &Outside<'_>, has_program: &dyn Fn(&str) -> bool) -> Option<ToTry> {
    let Command { program, line, own, shows } = command;
    if has_program(program) {
        return Some(ToTry { program, line, shows, instead_of: None });
    }
    let own = format!("{} {}", outside.toynet, own?);
    Some(ToTry { program, line: own, shows, instead_of: Some(line) })
}

fn reach<'a>(plan: &'a Plan, host: &'a PlannedHost, outside: &'a Outside<'_>, mailboxes: &'a [String]) -> Reached<'a> {
    let address = host.addresses.first().copied().unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let example = plan.hosts.iter().find(|host| host.is_written()).unwrap_or(host);
    Reached {
        host: host.name.as_str(),
        is_inside: outside.is_inside,
        address: reached(address, outside),
        port_offset: outside.port_offset,
        resolver: outside.resolver,
        example: example.name.as_str(),
        mailboxes,
        root: outside.root,
        example_address: example.addresses.first().copied().unwrap_or(address),
    }
}

/// As many as a screen shows at once beside the rest of the text.
const MOST_HOSTS: usize = 40;
/// More than these nobody reads before trying one.
const MOST_COMMANDS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LabFile, fakes};

    #[test]
    fn hosts_and_commands_are_told_as_seen_from_outside() {
        let plan = plan();
        let host = &plan.hosts[0];
        let addresses = Doors::from([(host.addresses[0], "127.9.1.1".parse().unwrap())]);
        let outside = Outside {
            is_inside: false,
            addresses: &addresses,
            port_offset: 8000,
            resolver: None,
            toynet: "toynet",
            root: None,
        };
        let text = Table::new(&plan, &outside, &|program| program == "curl").text();
        assert!(text.starts_with("HOST"), "{text}");
        assert!(text.contains("www.shop.test  127.9.1.1"), "{text}");
        assert!(text.contains("TRY\n  # the front page\n  curl http://www.shop.test:8080/\n"), "{text}");
    }

    #[test]
    fn where_a_program_is_missing_toynets_own_client_stands_in() {
        let plan = plan();
        let outside = Outside {
            is_inside: false,
            addresses: &Doors::new(),
            port_offset: 0,
            resolver: None,
            toynet: "./toynet",
            root: None,
        };
        let text = Table::new(&plan, &outside, &|_| false).text();
        assert!(
            text.ends_with("  ./toynet dns query a.test\n  # with dig: dig @198.18.0.3 -p 53 www.shop.test\n"),
            "{text}"
        );
    }

    #[test]
    fn a_program_reads_the_same() {
        let plan = plan();
        let outside = Outside {
            is_inside: false,
            addresses: &Doors::new(),
            port_offset: 0,
            resolver: None,
            toynet: "toynet",
            root: None,
        };
        let json = Table::new(&plan, &outside, &|_| true).to_json();
        assert_eq!(json["hosts"][0]["reached"][0], "198.18.1.1");
        assert_eq!(json["commands"][0]["program"], "wget");
        assert_eq!(json["commands"][1]["program"], "dig");
    }

    fn plan() -> Plan {
        LabFile::from_text("[host.\"www.shop.test\".http]\n", "").plan(fakes::ALL).unwrap()
    }
}
