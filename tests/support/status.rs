//! What `toynet status --json` says, as values.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde_json::Value;

/// A running lab as seen from another process.
pub struct Status(Value);

/// A socket on the machine's loopback that leads to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    pub host: String,
    pub transport: String,
    pub port: u16,
    pub address: SocketAddr,
}

impl Status {
    pub fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_else(|error| panic!("status is no JSON ({error}):\n{text}")))
    }

    /// The lab's name.
    pub fn lab(&self) -> &str {
        self.0["lab"].as_str().unwrap_or_else(|| panic!("no lab in {}", self.0))
    }

    /// The process that serves.
    pub fn process(&self) -> u64 {
        self.0["pid"].as_u64().unwrap_or_else(|| panic!("no process in {}", self.0))
    }

    /// How its sockets are made.
    pub fn carrier(&self) -> &str {
        text(&self.0["carrier"])
    }

    /// The names of all hosts.
    pub fn hosts(&self) -> Vec<&str> {
        list(&self.0["hosts"]).iter().map(|host| text(&host["name"])).collect()
    }

    /// All doors of all hosts.
    pub fn doors(&self) -> Vec<Door> {
        list(&self.0["hosts"]).iter().flat_map(|host| self.doors_of(host)).collect()
    }

    /// Ports are moved up by the same number for all doors: 0, or 8000 for whom ports under 1024 are closed.
    pub fn port_offset(&self) -> u16 {
        number(&self.0["port_offset"])
    }

    fn doors_of(&self, host: &Value) -> Vec<Door> {
        let addresses: Vec<IpAddr> = list(&host["reached"]).iter().map(parsed).filter(IpAddr::is_loopback).collect();
        let mut doors = Vec::new();
        for endpoint in list(&host["services"]).iter().flat_map(|service| list(&service["endpoints"])) {
            let port = number(&endpoint["port"]);
            let door = |address: &IpAddr| Door {
                host: text(&host["name"]).to_owned(),
                transport: text(&endpoint["transport"]).to_owned(),
                port,
                address: SocketAddr::new(*address, port + self.port_offset()),
            };
            doors.extend(addresses.iter().map(door));
        }
        doors
    }

    /// The IPv4 door to a host's port.
    pub fn door(&self, host: &str, transport: &str, port: u16) -> SocketAddr {
        let fits = |door: &Door| {
            door.host == host && door.transport == transport && door.port == port && door.address.is_ipv4()
        };
        let found = self.doors().into_iter().find(fits);
        found.unwrap_or_else(|| panic!("no door to {host} {transport}/{port} in {}", self.0)).address
    }

    /// The door to the lab's resolver.
    pub fn resolver(&self) -> SocketAddr {
        parsed(&self.0["resolver"])
    }

    /// The first host whose name begins so and that answers DNS.
    pub fn name_server(&self, beginning: &str) -> SocketAddr {
        let doors = self.doors();
        let found = doors.iter().find(|door| door.host.starts_with(beginning) && door.port == 53);
        found.unwrap_or_else(|| panic!("no name server {beginning}… in {doors:?}")).address
    }

    /// The ready-made commands that the lab prints.
    pub fn commands(&self) -> Vec<&str> {
        list(&self.0["commands"]).iter().map(|command| text(&command["line"])).collect()
    }

    /// The first ready-made command that contains all of `parts`.
    pub fn command(&self, parts: &[&str]) -> &str {
        let found = self.commands().into_iter().find(|line| parts.iter().all(|part| line.contains(part)));
        found.unwrap_or_else(|| panic!("no command with {parts:?} among {:?}", self.commands()))
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn number(value: &Value) -> u16 {
    value.as_u64().and_then(|number| number.try_into().ok()).unwrap_or_else(|| panic!("{value} is no port"))
}

fn parsed<T: FromStr>(value: &Value) -> T {
    text(value).parse().unwrap_or_else(|_| panic!("{value} is no address"))
}
