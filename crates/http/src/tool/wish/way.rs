//! How a server is reached and believed, where that is not the usual way.

use std::fs;
use std::net::IpAddr;

use clap::ArgMatches;
use toynet_net::tls::Trust;

use super::{Wish, text};
use crate::client::url::Url;
use crate::tool::proxy::Proxy;
use crate::tool::version::Version;

/// `--resolve` and `--connect-to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Detour {
    /// Nothing: for any.
    pub host: Option<String>,
    pub port: Option<u16>,
    pub to: Way,
}

/// Where a detour leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Addresses(Vec<IpAddr>),
    /// Nothing: the same.
    Host(Option<String>, Option<u16>),
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Four,
    Six,
}

impl Family {
    pub fn has(self, ip: IpAddr) -> bool {
        match self {
            Family::Four => ip.is_ipv4(),
            Family::Six => ip.is_ipv6(),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Family::Four => "IPv4",
            Family::Six => "IPv6",
        }
    }
}

impl Wish {
    /// Whose addresses are looked up for a URL, and at which port its server is.
    pub fn named(&self, url: &Url) -> (String, u16) {
        match self.detour(&url.host, url.port) {
            Some(Way::Host(host, port)) => (host.clone().unwrap_or_else(|| url.host.clone()), port.unwrap_or(url.port)),
            Some(Way::Addresses(_)) | None => (url.host.clone(), url.port),
        }
    }

    /// The detour for a host, if there is one.
    pub fn detour(&self, host: &str, port: u16) -> Option<&Way> {
        let fits = |detour: &&Detour| {
            detour.host.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(host))
                && detour.port.is_none_or(|wanted| wanted == port)
        };
        self.detours.iter().find(fits).map(|detour| &detour.to)
    }
}

pub(super) fn family(matches: &ArgMatches) -> Option<Family> {
    let asked = |id, family| matches.get_flag(id).then_some(family);
    asked("ipv4", Family::Four).or(asked("ipv6", Family::Six))
}

pub(super) fn trust(matches: &ArgMatches) -> Result<Option<Trust>, String> {
    if matches.get_flag("insecure") {
        return Ok(Some(Trust::Anybody));
    }
    let read = |file: &str| fs::read_to_string(file).map_err(|error| format!("{file} cannot be read: {error}"));
    Ok(text(matches, "cacert").map(read).transpose()?.map(Trust::Authorities))
}

pub(super) fn proxy(matches: &ArgMatches, url: &Url, version: Version) -> Result<Option<Proxy>, String> {
    let user = text(matches, "proxy-user");
    let socks = |id, scheme| text(matches, id).map(|place| format!("{scheme}://{place}"));
    let of_socks = socks("socks5", "socks5").or_else(|| socks("socks5-hostname", "socks5h"));
    let Some(text_of_proxy) = text(matches, "proxy").map(str::to_owned).or(of_socks) else {
        return if user.is_none() { Ok(None) } else { Err("-U is for a proxy: say which one by -x".to_owned()) };
    };
    let proxy = Proxy::read(&text_of_proxy, user)?;
    proxy.check(url, version)?;
    Ok(Some(proxy))
}

pub(super) fn detours(matches: &ArgMatches) -> Result<Vec<Detour>, String> {
    let all = |id| matches.get_many::<String>(id).into_iter().flatten();
    let resolved = all("resolve").map(|text| Detour::of_resolve(text));
    resolved.chain(all("connect-to").map(|text| Detour::of_connect_to(text))).collect()
}

impl Detour {
    /// `HOST:PORT:ADDR[,ADDR]`.
    fn of_resolve(text: &str) -> Result<Self, String> {
        let broken = || format!("--resolve '{text}' is not of the form HOST:PORT:ADDR");
        let mut parts = text.splitn(3, ':');
        let (host, port, addresses) = (parts.next(), parts.next(), parts.next());
        let host = host.filter(|host| !host.is_empty()).ok_or_else(broken)?;
        let port = port.filter(|port| *port != "*").map(str::parse).transpose().map_err(|_| broken())?;
        let addresses = addresses.ok_or_else(broken)?.split(',').map(|ip| ip.trim_matches(['[', ']']).parse());
        let addresses = addresses.collect::<Result<Vec<_>, _>>().map_err(|_| broken())?;
        let host = (host != "*").then(|| host.to_owned());
        Ok(Self { host, port, to: Way::Addresses(addresses) })
    }

    /// `HOST:PORT:HOST2:PORT2`, each of which may be empty.
    fn of_connect_to(text: &str) -> Result<Self, String> {
        let broken = || format!("--connect-to '{text}' is not of the form HOST:PORT:HOST2:PORT2");
        let parts = split_authorities(text);
        let [host, port, to, to_port] = parts.as_slice() else { return Err(broken()) };
        let name = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        let number = |port: &str| if port.is_empty() { Ok(None) } else { port.parse().map(Some).map_err(|_| broken()) };
        Ok(Self { host: name(host), port: number(port)?, to: Way::Host(name(to), number(to_port)?) })
    }
}

/// Parts between colons, where brackets keep an address together.
fn split_authorities(text: &str) -> Vec<&str> {
    let mut is_inside = false;
    let split = text.split(|character| {
        is_inside = character == '[' || (is_inside && character != ']');
        character == ':' && !is_inside
    });
    split.map(|part| part.trim_matches(['[', ']'])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detours_are_read_with_brackets_and_gaps() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let resolved = Detour::of_resolve("a.test:443:192.0.2.1,[::1]").unwrap();
        assert_eq!((resolved.host.as_deref(), resolved.port), (Some("a.test"), Some(443)));
        assert_eq!(resolved.to, Way::Addresses(vec![ip("192.0.2.1"), ip("::1")]));
        let connected = Detour::of_connect_to("::[::1]:8080").unwrap();
        assert_eq!((connected.host, connected.port), (None, None));
        assert_eq!(connected.to, Way::Host(Some("::1".into()), Some(8080)));
        for broken in ["a.test", "a.test:80", "a.test:x:192.0.2.1", "a.test:80:b.test"] {
            assert!(Detour::of_resolve(broken).is_err(), "{broken}");
        }
        assert!(Detour::of_connect_to("a:1:b").is_err());
    }
}
