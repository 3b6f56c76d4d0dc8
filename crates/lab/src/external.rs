//! A server of the user's own in the place of one of the lab's.
//!
//! ```toml
//! [host."www.mine.test"]
//! http = { external = "127.0.0.1:8080" }
//!
//! [host."mail.mine.test"]
//! smtp = { external = "127.0.0.1:2525", domains = ["mine.test"] }
//! ```
//!
//! The lab accepts at the host's address and hands octets on, whatever the protocol. Where it has a port for TLS,
//! that is spoken in front of the server.
//!
//! - `serve`: how octets are handed on; `absent`: what is said while the server is not there

mod absent;
mod serve;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_record::Transport;
use toynet_service::fault::Never;
use toynet_service::tls::{Settings, Tls};
use toynet_service::{Command, Config, Endpoint, Facts, Files, Mistake, Place, Protocol, Reached, Server, What};

use serve::Relaying;

/// A service that hands on what it is told.
#[derive(Debug)]
pub struct External {
    protocol: &'static Protocol,
    table: Table,
    to: SocketAddr,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Where the server listens, outside the lab.
    external: Spanned<String>,
    /// The port inside the lab; the protocol's own where none is said.
    port: Option<Spanned<u16>>,
    /// TLS in front of the server.
    tls: Option<Spanned<Tls>>,
    /// Domains whose mail it takes.
    #[serde(default)]
    domains: Vec<Spanned<String>>,
    /// Further names under which it is reached.
    #[serde(default)]
    names: Vec<Spanned<String>>,
}

/// Whether a service's table means a server outside.
pub fn is_meant(table: &DeValue<'_>) -> bool {
    table.as_table().is_some_and(|table| table.contains_key(KEY))
}

/// Reads the table.
///
/// # Errors
/// What is no such table, with its place.
pub fn read(protocol: &'static Protocol, table: Spanned<DeValue<'_>>) -> Result<External, Error> {
    let table = Table::deserialize(ValueDeserializer::from(table))?;
    let to = address(table.external.get_ref()).unwrap_or(NOWHERE);
    Ok(External { protocol, table, to })
}

impl Config for External {
    fn endpoints(&self) -> Vec<Endpoint> {
        let clear = self.transports().map(|transport| Endpoint { transport, port: self.port() });
        let secured = self.tls().map(|(port, _)| Endpoint { transport: Transport::Tcp, port });
        clear.chain(secured).collect()
    }

    fn facts(&self) -> Facts {
        Facts {
            aliases: self.table.names.clone(),
            mail_domains: self.table.domains.clone(),
            external: Some(self.to),
            ..Facts::default()
        }
    }

    fn check(&self, files: &dyn Files) -> Vec<Mistake> {
        let mut mistakes: Vec<Mistake> = self.check_address().into_iter().collect();
        let tls = self.table.tls.iter();
        mistakes.extend(tls.clone().flat_map(|tls| tls.get_ref().check(files)));
        let has_no_port = |tls: &&Spanned<Tls>| {
            tls.get_ref().settings().is_some_and(|settings| settings.port.is_none()) && !self.has_https()
        };
        mistakes.extend(tls.filter(has_no_port).map(|tls| {
            let what = format!("`{}` has no port where TLS is spoken from the first octet", self.protocol.name);
            Mistake::new(tls.span(), what).advise("say which, as in `tls = { port = 465 }`")
        }));
        mistakes
    }

    /// The server does what it likes; TLS in front of it is the lab's.
    fn never(&self, fault: &What) -> Option<Never> {
        let cure = "let its links do something wrong: `toynet fault kinds link`";
        match Never::without_tls(fault) {
            Some(never) => self.tls().is_none().then_some(never),
            None => Some(Never::new("is served by a program outside, which the lab cannot make do that", cure)),
        }
    }

    fn commands(&self, _: &Reached<'_>) -> Vec<Command> {
        Vec::new()
    }

    fn build(&self, place: &Place) -> io::Result<Box<dyn Server>> {
        if place.outside.values().any(|door| door.to_canonical() == self.to.ip()) {
            return Err(io::Error::other(format!(
                "{} is the lab itself: it would hand on to itself for ever",
                self.to
            )));
        }
        let names = self.table.names.iter().map(|name| name.get_ref().as_str());
        let tls = |(port, settings)| Ok::<_, io::Error>((port, place.tls_server(settings, names, ALPN)?));
        let streams = self.transports().any(|transport| transport == Transport::Tcp);
        Ok(Box::new(Relaying {
            to: self.to,
            streams: streams.then(|| self.port()),
            datagrams: self.transports().any(|transport| transport == Transport::Udp).then(|| self.port()),
            secured: self.tls().map(tls).transpose()?,
            absent: absent::words(self.protocol.name),
        }))
    }
}

impl External {
    fn port(&self) -> u16 {
        let usual = self.protocol.ports.first().map_or(0, |(_, port)| *port);
        self.table.port.as_ref().map_or(usual, |port| *port.get_ref())
    }

    /// What carries the protocol at its first port.
    fn transports(&self) -> impl Iterator<Item = Transport> {
        let usual = self.protocol.ports.first().map(|(_, port)| *port);
        let ports = self.protocol.ports.iter().filter(move |(_, port)| Some(*port) == usual);
        ports.map(|(transport, _)| *transport)
    }

    /// The port for TLS and how it is spoken there; without a word of the file as for any site of the lab.
    fn tls(&self) -> Option<(u16, &Settings)> {
        static USUAL: Settings = Settings::USUAL;
        let settings = match &self.table.tls {
            Some(tls) => tls.get_ref().settings()?,
            None if self.has_https() => &USUAL,
            None => return None,
        };
        settings.port.or(self.has_https().then_some(HTTPS)).map(|port| (port, settings))
    }

    fn has_https(&self) -> bool {
        self.protocol.ports.contains(&(Transport::Tcp, HTTPS))
    }

    fn check_address(&self) -> Option<Mistake> {
        let text = self.table.external.get_ref();
        let refuse = |what: String| Mistake::new(self.table.external.span(), what);
        match address(text) {
            None => Some(refuse(format!("`{text}` is no address with a port")).advise("as in `127.0.0.1:8080`")),
            Some(to) if to.port() == 0 => Some(refuse("nobody listens on port 0".to_owned())),
            Some(to) if !is_near(to.ip()) => Some(
                refuse(format!("{} is an address of the real internet, which a lab never reaches", to.ip()))
                    .advise("name a server of this machine or of a private network (RFC 1918, RFC 4193)"),
            ),
            Some(_) => None,
        }
    }
}

/// `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`.
fn address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) => Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port.parse().ok()?)),
        None => text.parse().ok(),
    }
}

/// Whether an address is this machine's or that of a private network, so that no lab file of a stranger makes
/// anybody call the world.
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

/// The form of its table, for editors.
pub const SCHEMA: &str = include_str!("external/schema.json");
const KEY: &str = "external";
/// What cannot be read is told by the check.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
const HTTPS: u16 = 443;
/// What stands behind is spoken to as it is in clear, where no version is agreed upon (RFC 9113 3.3).
const ALPN: &[&str] = &["http/1.1"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_near_are_read_and_others_are_not_near() {
        for (text, near) in [
            ("127.0.0.1:8080", true),
            ("localhost:25", true),
            ("[::1]:53", true),
            ("172.17.0.2:80", true),
            ("[fd00::1]:80", true),
            ("8.8.8.8:53", false),
            ("0.0.0.0:80", false),
            ("[2606:4700::1]:53", false),
            ("169.254.169.254:80", false),
        ] {
            assert_eq!(address(text).map(|to| is_near(to.ip())), Some(near), "{text}");
        }
        for text in ["8080", "localhost", "localhost:http", "www.shop.test:80", ""] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
