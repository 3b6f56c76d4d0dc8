//! The tables `[host."NAME"]`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toynet_service::{Config, HostName, Mistake, Protocol, near};

use super::table;
use super::units::Address;
use crate::external;

/// A host as written.
#[derive(Debug)]
pub struct HostSpec {
    /// Its name.
    pub name: Spanned<HostName>,
    /// Its addresses, if any are written.
    pub addresses: Vec<Spanned<IpAddr>>,
    /// Further records for its zone in presentation form, as `TXT "hello"` or `blog CNAME www`.
    pub records: Vec<Spanned<String>>,
    /// Its services that could be read, in the order of the file.
    pub services: Vec<ServiceSpec>,
    /// The protocols that the file names for it, readable or not.
    pub named: Vec<&'static str>,
}

impl HostSpec {
    /// A host of which no more is known than what it speaks.
    pub(super) fn known(name: HostName, named: Vec<&'static str>) -> Self {
        let (addresses, records, services) = (Vec::new(), Vec::new(), Vec::new());
        Self { name: Spanned::new(0..0, name), addresses, records, services, named }
    }
}

/// A service as written.
#[derive(Clone, Debug)]
pub struct ServiceSpec {
    /// Its protocol.
    pub protocol: &'static Protocol,
    /// Where the file names it.
    pub span: Range<usize>,
    /// What the file says of it.
    pub config: Arc<dyn Config>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HostTable {
    address: Option<Spanned<Address>>,
    addresses: Option<Spanned<Vec<Spanned<Address>>>>,
    records: Vec<Spanned<String>>,
}

pub(super) fn read_hosts(
    value: Spanned<DeValue<'_>>,
    protocols: &[&'static Protocol],
    mistakes: &mut Vec<Mistake>,
) -> Vec<HostSpec> {
    let mut hosts: Vec<HostSpec> = Vec::new();
    let mut seen: HashMap<HostName, Range<usize>> = HashMap::new();
    for (key, value) in table::entries(value, "a table of hosts, as in `[host.\"www.shop.test\"]`", mistakes) {
        let Some(host) = read_host(key.get_ref(), key.span(), value, protocols, mistakes) else {
            continue;
        };
        let name = host.name.get_ref();
        match seen.get(name) {
            Some(first) => mistakes.push(twice(name, key.span(), first.clone())),
            None => {
                seen.insert(name.clone(), key.span());
                hosts.push(host);
            }
        }
    }
    hosts
}

fn twice(name: &HostName, span: Range<usize>, first: Range<usize>) -> Mistake {
    Mistake::new(span, format!("the host `{name}` is written twice"))
        .against(first, "first here")
        .advise("capital and small letters make no difference in a name")
}

fn read_host(
    key: &str,
    span: Range<usize>,
    value: Spanned<DeValue<'_>>,
    protocols: &[&'static Protocol],
    mistakes: &mut Vec<Mistake>,
) -> Option<HostSpec> {
    let value_span = value.span();
    let DeValue::Table(mut table) = value.into_inner() else {
        mistakes.push(Mistake::new(value_span, format!("the host `{key}` is no table")));
        return None;
    };
    let keys: Vec<&str> = HOST_KEYS.iter().copied().chain(protocols.iter().map(|protocol| protocol.name)).collect();
    if let Some(whole) = unquoted(key, &table, &keys) {
        let what = format!("`{key}` is read as a host of its own, because the dots are not quoted");
        mistakes.push(Mistake::new(span, what).advise(format!("write `[host.\"{whole}\"]`")));
        return None;
    }
    refuse_unknown(&mut table, &keys, mistakes);
    let services = read_services(&mut table, protocols, mistakes);
    let named = services.iter().map(|(name, _)| *name).collect();
    let rest: HostTable = table::read(Spanned::new(value_span, DeValue::Table(table)), mistakes).unwrap_or_default();
    let name = name(key, span, mistakes)?;
    Some(HostSpec {
        name,
        addresses: addresses(rest.address, rest.addresses, mistakes),
        records: rest.records,
        services: services.into_iter().filter_map(|(_, service)| service).collect(),
        named,
    })
}

fn name(key: &str, span: Range<usize>, mistakes: &mut Vec<Mistake>) -> Option<Spanned<HostName>> {
    match HostName::parse(key) {
        Err(rule) => {
            mistakes.push(Mistake::new(span, format!("`{key}` is no host name")).advise(format!("a name {rule}")));
            None
        }
        Ok(name) if name.labels().count() < 2 => {
            let what = format!("`{name}` would be a top-level domain, not a host in one");
            let example = if name.as_str() == "test" { "www.test".to_owned() } else { format!("{name}.test") };
            mistakes.push(Mistake::new(span, what).advise(format!("write a name with a dot, such as `{example}`")));
            None
        }
        // RFC 3696 section 2: else nobody could tell it from an address.
        Ok(name) if name.labels().next_back().is_some_and(|top| top.bytes().all(|octet| octet.is_ascii_digit())) => {
            let what = format!("`{name}` would be read as an address and not as a name");
            mistakes.push(Mistake::new(span, what).advise("write a name, and `address = \"...\"` below it"));
            None
        }
        Ok(name) => Some(Spanned::new(span, name)),
    }
}

/// The name that was meant when a name with dots was written without quotes: TOML then nests a table for each label.
fn unquoted(key: &str, table: &DeTable<'_>, known: &[&str]) -> Option<String> {
    let (inner, value) = table.iter().next()?;
    let is_label = !key.contains('.') && table.len() == 1 && !known.contains(&inner.get_ref().as_ref());
    let table = value.get_ref().as_table().filter(|_| is_label)?;
    let rest = unquoted(inner.get_ref(), table, known).unwrap_or_else(|| inner.get_ref().to_string());
    Some(format!("{key}.{rest}"))
}

fn refuse_unknown(table: &mut DeTable<'_>, known: &[&str], mistakes: &mut Vec<Mistake>) {
    let unknown = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
    for key in unknown.cloned().collect::<Vec<_>>() {
        let name = key.get_ref().as_ref();
        let mistake = Mistake::new(key.span(), format!("a host has no `{name}`"));
        mistakes.push(match near::advice(name, known) {
            Some(advice) => mistake.advise(advice),
            None => mistake,
        });
        table.remove(name);
    }
}

fn read_services(
    table: &mut DeTable<'_>,
    protocols: &[&'static Protocol],
    mistakes: &mut Vec<Mistake>,
) -> Vec<(&'static str, Option<ServiceSpec>)> {
    let mut services = Vec::new();
    for protocol in protocols {
        let Some((key, value)) = table.remove_entry(protocol.name) else { continue };
        let span = key.span();
        let config: Option<Box<dyn Config>> = if external::is_meant(value.get_ref()) {
            let table = table::read_with(value, mistakes, |value| external::read(protocol, value));
            table.map(|external| Box::new(external) as _)
        } else {
            table::read_with(value, mistakes, protocol.read)
        };
        let service = config.map(|config| ServiceSpec { protocol, span: span.clone(), config: Arc::from(config) });
        services.push((span.start, (protocol.name, service)));
    }
    services.sort_by_key(|(start, _)| *start);
    services.into_iter().map(|(_, service)| service).collect()
}

fn addresses(
    one: Option<Spanned<Address>>,
    many: Option<Spanned<Vec<Spanned<Address>>>>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<Spanned<IpAddr>> {
    if let (Some(one), Some(many)) = (&one, &many) {
        let what = "a host has either `address` or `addresses`";
        mistakes.push(Mistake::new(many.span(), what).against(one.span(), "it has this already"));
    }
    let many = many.map(Spanned::into_inner).unwrap_or_default();
    let all = one.into_iter().chain(many);
    all.map(|address| Spanned::new(address.span(), address.get_ref().0)).collect()
}

const HOST_KEYS: &[&str] = &["address", "addresses", "records"];

#[cfg(test)]
mod tests {
    use crate::fakes;
    use crate::spec::read;

    #[test]
    fn names_that_differ_by_case_are_one_host() {
        let told = mistakes("[host.\"WWW.shop.test\"]\n[host.\"www.shop.test\"]\n");
        assert_eq!(told, ["the host `www.shop.test` is written twice"]);
    }

    #[test]
    fn a_name_without_quotes_is_understood() {
        let told = mistakes("[host.www.shop.test]\nhttp = {}\n");
        assert_eq!(told, ["`www` is read as a host of its own, because the dots are not quoted"]);
        let told = mistakes("[host.www.shop.test.http]\nroot = 'x'\n");
        assert_eq!(told.len(), 1, "{told:?}");
    }

    #[test]
    fn a_top_level_domain_is_no_host() {
        let told = mistakes("[host.test.http]\n");
        assert_eq!(told, ["`test` would be a top-level domain, not a host in one"]);
    }

    #[test]
    fn an_unknown_protocol_is_told() {
        let told = mistakes("[host.\"a.test\"]\nhtpp = {}\ncolour = 1\n");
        assert_eq!(told, ["a host has no `colour`", "a host has no `htpp`"]);
    }

    #[test]
    fn services_are_in_the_order_of_the_file() {
        let reading = read("[host.\"a.test\"]\nhttp = {}\ndns = {}\n", fakes::ALL);
        assert_eq!(reading.spec.hosts[0].named, ["http", "dns"]);
    }

    fn mistakes(text: &str) -> Vec<String> {
        read(text, fakes::ALL).mistakes.into_iter().map(|mistake| mistake.what).collect()
    }
}
