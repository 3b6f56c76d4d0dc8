//! The table `dns` of a host in the lab file.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::num::NonZeroU16;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeValue;
use toynet_record::Transport;
use toynet_service::{Command, Config, Endpoint, Facts, Files, Mistake, Place, Reached, Server, Spot, ZoneText};

use crate::load::read_zone;
use crate::name::Name;
use crate::server::NameServer;
use crate::zonefile::{self, Fault, Severity};

/// A name server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dns {
    /// Whether it answers recursive queries, from the root down.
    resolver: bool,
    /// Zones written by hand: origin to path.
    zones: BTreeMap<Spanned<String>, Spanned<String>>,
    port: NonZeroU16,
}

impl Default for Dns {
    fn default() -> Self {
        Self { resolver: false, zones: BTreeMap::new(), port: PORT }
    }
}

/// Reads the table.
///
/// # Errors
/// When a key is unknown or a value of the wrong kind.
pub fn read(table: Spanned<DeValue<'_>>) -> Result<Box<dyn Config>, toml::de::Error> {
    let dns = Dns::deserialize(toml::de::ValueDeserializer::from(table))?;
    Ok(Box::new(dns))
}

impl Config for Dns {
    fn endpoints(&self) -> Vec<Endpoint> {
        endpoints(self.port.get())
    }

    fn facts(&self) -> Facts {
        let zones = self.zones.iter().map(|(origin, path)| (origin.clone(), path.clone())).collect();
        Facts { zones, resolves: self.resolver, names: !self.resolver, ..Facts::default() }
    }

    fn check(&self, files: &dyn Files) -> Vec<Mistake> {
        let read = self.zones.iter().flat_map(|(origin, path)| check_zone(origin, path, files));
        read.chain(self.check_twins()).collect()
    }

    fn check_zone(&self, zone: &ZoneText) -> Vec<Mistake> {
        // A derived zone's origin is a name, and it includes nothing.
        let Ok(origin) = zone.origin.parse::<Name>() else { return Vec::new() };
        let mut load = |_: &str, _: &str| Err("there is nothing to include".to_owned());
        let file = zonefile::read_zone(&zone.source, zone.text.as_bytes(), &origin, &mut load);
        file.faults.into_iter().filter_map(mistake).collect()
    }

    fn commands(&self, reached: &Reached<'_>) -> Vec<Command> {
        let server = match (reached.is_inside, self.resolver) {
            (true, true) => String::new(),
            (true, false) => at(reached.host, self.port.get()),
            (false, _) => at(reached.address, self.port.get() + reached.port_offset),
        };
        let dig = |rest: String, own: String, shows: &str| Command {
            program: "dig",
            line: format!("dig {}", rest.trim_start()),
            own: Some(format!("dns query {own}")),
            shows: shows.into(),
        };
        if !self.resolver {
            let own = format!("@{0} +norecurse {0} A", reached.host);
            let rest = format!("{server} +norecurse {} A", reached.host);
            return vec![dig(rest, own, "what this name server alone knows")];
        }
        let (name, address) = (reached.example, reached.example_address);
        vec![
            dig(format!("{server} {name}"), name.to_owned(), "a look-up from the lab's root down"),
            dig(format!("{server} -x {address}"), format!("-x {address}"), "the name that belongs to an address"),
            dig(format!("{server} +trace {name}"), format!("+trace {name}"), "each step from the root to the answer"),
        ]
    }

    fn build(&self, place: &Place) -> io::Result<Box<dyn Server>> {
        Ok(Box::new(NameServer::build(self.resolver, self.port.get(), place)?))
    }
}

impl Dns {
    /// Zones that are one however they are written: `shop.test` and `Shop.test.`.
    fn check_twins(&self) -> impl Iterator<Item = Mistake> {
        let mut known: BTreeMap<Name, &Spanned<String>> = BTreeMap::new();
        self.zones.keys().filter_map(move |origin| {
            let first = known.insert(origin.get_ref().parse().ok()?, origin)?;
            let what = format!("the zone `{}` is here twice", origin.get_ref());
            Some(Mistake::new(origin.span(), what).against(first.span(), "the first time"))
        })
    }
}

/// Datagrams and streams at one port (RFC 7766 5).
pub(crate) fn endpoints(port: u16) -> Vec<Endpoint> {
    [Transport::Udp, Transport::Tcp].map(|transport| Endpoint { transport, port }).to_vec()
}

/// `@127.83.0.1`, and the port where it is not dig's own choice.
fn at(server: impl fmt::Display, port: u16) -> String {
    if port == 53 { format!("@{server}") } else { format!("@{server} -p {port}") }
}

fn check_zone(origin: &Spanned<String>, path: &Spanned<String>, files: &dyn Files) -> Vec<Mistake> {
    let name = match origin.get_ref().parse::<Name>() {
        Ok(name) => name,
        Err(error) => {
            return vec![Mistake::new(origin.span(), format!("`{}` is no domain name: {error}", origin.get_ref()))];
        }
    };
    match files.text(path.get_ref()) {
        Ok(text) => read_zone(path.get_ref(), &text, &name, files).faults.into_iter().filter_map(mistake).collect(),
        Err(error) => {
            let what = format!("the zone file `{}` cannot be read: {error}", path.get_ref());
            vec![Mistake::new(path.span(), what).advise("paths start at the lab file's folder")]
        }
    }
}

/// What must be mended; a warning may stand.
fn mistake(fault: Fault) -> Option<Mistake> {
    let Fault { file, line, column, what, advice, severity } = fault;
    let advice = Some(advice).filter(|advice| !advice.is_empty());
    (severity == Severity::Error).then_some(Mistake {
        spot: Spot::File { file, line, column },
        other: None,
        what,
        advice,
    })
}

/// The port of name servers (RFC 1035 4.2).
const PORT: NonZeroU16 = NonZeroU16::new(53).expect("53 is not zero");

#[cfg(test)]
mod tests {
    use toml::de::DeTable;
    use toynet_service::place::{FileKind, Folder};

    use super::*;

    #[test]
    fn one_zone_in_two_ways_of_writing_is_a_mistake() {
        let mistakes =
            mistakes("zones = { 'shop.test' = 'good.zone', 'Shop.test.' = 'good.zone', 'a.test' = 'good.zone' }");
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].what.ends_with("is here twice") && mistakes[0].other.is_some(), "{mistakes:?}");
    }

    #[test]
    fn what_a_zone_includes_is_checked_at_its_own_place() {
        let mistakes = mistakes("zones = { 'shop.test' = 'bad.zone' }");
        let spots: Vec<_> = mistakes.iter().map(|mistake| mistake.spot.clone()).collect();
        let at = |file: &str, line, column| Spot::File { file: file.into(), line, column };
        assert_eq!(spots, [at("bad.zone", 4, 10), at("bad-part", 1, 7)]);
    }

    #[test]
    fn nobody_listens_on_port_0() {
        assert!(config("port = 0").is_err());
        assert_eq!(config("port = 5300").unwrap().endpoints()[0].port, 5300);
    }

    fn config(text: &str) -> Result<Box<dyn Config>, toml::de::Error> {
        let table = DeTable::parse(text).unwrap();
        read(Spanned::new(table.span(), DeValue::Table(table.into_inner())))
    }

    fn mistakes(text: &str) -> Vec<Mistake> {
        config(text).unwrap().check(&Zones)
    }

    #[derive(Debug)]
    struct Zones;

    impl Files for Zones {
        fn text(&self, path: &str) -> io::Result<String> {
            let start = "$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns.other.test.\n";
            match path {
                "good.zone" => Ok(start.into()),
                "bad.zone" => Ok(format!("{start}$INCLUDE nothing\n$INCLUDE good-part\n$INCLUDE bad-part\n")),
                "good-part" => Ok("www A 198.18.0.1\n".into()),
                "bad-part" => Ok("www A 198.18.0\n".into()),
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        }

        fn kind(&self, _: &str) -> FileKind {
            FileKind::File
        }

        fn folder(&self, _: &str) -> io::Result<Folder> {
            Err(io::ErrorKind::NotFound.into())
        }
    }
}
