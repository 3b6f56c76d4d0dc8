//! The tables `[[fault]]`: what a service does wrong on purpose.
//!
//! - `links`: what links do wrong, and hosts that are down; `when`: at which occasions

mod links;
mod when;

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toynet_net::fault::{What, When};
use toynet_service::tls::fault as tls;
use toynet_service::{HostName, Mistake, Protocol, Spot, near};

use super::host::HostSpec;
use super::table;
pub(crate) use links::pattern;
pub use links::{LINK_KINDS, LinkFault};
pub use toynet_service::tls::fault::KINDS as TLS_KINDS;
pub use when::KINDS as ANY_KINDS;

/// A fault as written.
#[derive(Clone)]
pub struct FaultSpec {
    /// Who commits what.
    pub target: Target,
    /// When.
    pub when: When,
    /// What, as it is written.
    pub text: String,
}

/// Who commits a fault, and what it is.
#[derive(Clone)]
pub enum Target {
    /// A service does.
    Service(ServiceFault),
    /// Links do.
    Links(LinkFault),
}

/// A fault of a service as written.
#[derive(Clone)]
pub struct ServiceFault {
    /// The host whose service commits it.
    pub host: Spanned<HostName>,
    /// The protocol of that service.
    pub protocol: &'static Protocol,
    /// For whom alone: a host's name, an address, or `you` for whoever is no host of the lab.
    pub peer: Option<Spanned<String>>,
    /// What, as the protocol understands it.
    pub what: What,
}

/// Keys and values of a table.
type Entries<'i> = Vec<(Spanned<Cow<'i, str>>, Spanned<DeValue<'i>>)>;

/// What is said of any fault.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    host: Spanned<String>,
    service: Option<Spanned<String>>,
    peer: Option<Spanned<String>>,
}

/// Reads all tables `[[fault]]`; `hosts` are those of the file.
pub(super) fn read_faults(
    value: Spanned<DeValue<'_>>,
    text: &str,
    hosts: &[HostSpec],
    protocols: &[&'static Protocol],
    mistakes: &mut Vec<Mistake>,
) -> Vec<FaultSpec> {
    let span = value.span();
    let DeValue::Array(list) = value.into_inner() else {
        mistakes.push(Mistake::new(span, "expected a list of faults").advise("write each as `[[fault]]`"));
        return Vec::new();
    };
    list.into_iter().filter_map(|one| read_fault(one, text, hosts, protocols, mistakes)).collect()
}

/// Reads one.
pub(crate) fn read_fault(
    value: Spanned<DeValue<'_>>,
    text: &str,
    hosts: &[HostSpec],
    protocols: &[&'static Protocol],
    mistakes: &mut Vec<Mistake>,
) -> Option<FaultSpec> {
    let span = value.span();
    let DeValue::Table(table) = value.into_inner() else {
        mistakes.push(Mistake::new(span, "a fault is a table").advise("write it as `[[fault]]`"));
        return None;
    };
    let (when, entries) = parted(table.into_iter().collect(), when::KEYS);
    let when = table::read::<when::Written>(table_of(&span, when), mistakes).map(|when| when.checked(mistakes));
    if links::is_meant(&entries) {
        return links::read(entries, when, &span, text, mistakes);
    }
    let (common, what) = parted(entries, COMMON);
    let common: Common = table::read(table_of(&span, common), mistakes)?;
    let host = host_name(&common.host, mistakes)?;
    let protocol = protocol(&common, &host, hosts, protocols, mistakes)?;
    let Some(words) = protocol.fault else {
        let what = format!("the protocol `{}` knows no faults", protocol.name);
        mistakes.push(Mistake::new(common.host.span(), what));
        return None;
    };
    if what.is_empty() {
        let advice = format!("`toynet fault kinds {}` tells what a service of that kind can do wrong", protocol.name);
        mistakes.push(Mistake::new(common.host.span(), "this fault does nothing").advise(advice));
        return None;
    }
    let told = in_words(&what, text);
    let is_of_tls = what.iter().any(|(key, _)| key.get_ref() == tls::KEY);
    if is_of_tls && !words.tls {
        mistakes.push(Mistake::new(common.host.span(), format!("`{}` speaks no TLS", protocol.name)));
        return None;
    }
    let read = if is_of_tls { tls::read } else { words.read };
    let before = mistakes.len();
    let what = table::read_with(table_of(&span, what), mistakes, read);
    forget_what_follows(&span, before, mistakes);
    if what.is_none() && common.service.is_none() {
        mistakes.extend(mistyped(&host, hosts));
    }
    let what = what?;
    let target = Target::Service(ServiceFault { host, protocol, peer: common.peer, what });
    Some(FaultSpec { target, when: when?, text: told })
}

/// The mistake of who names a host that is none of `hosts`, which are all that there are.
pub(super) fn unknown_host(fault: &DeTable<'_>, hosts: &[HostSpec]) -> Option<Mistake> {
    let host = fault.get("host")?;
    let name = HostName::parse(host.get_ref().as_str()?).ok()?;
    if hosts.iter().any(|spec| *spec.name.get_ref() == name) {
        return None;
    }
    let mistake = Mistake::new(host.span(), format!("there is no host `{name}`"));
    Some(match near::nearest(name.as_str(), hosts.iter().map(|spec| spec.name.get_ref().as_str())) {
        Some(near) => mistake.advise(format!("did you mean `{near}`?")),
        None => mistake,
    })
}

/// What may be wrong when a fault makes no sense as one of a name server that the lab brings along.
fn mistyped(host: &Spanned<HostName>, hosts: &[HostSpec]) -> Option<Mistake> {
    let names = || hosts.iter().map(|spec| spec.name.get_ref().as_str());
    let name = host.get_ref().as_str();
    let near = near::nearest(name, names()).filter(|near| *near != name)?;
    let what = format!("no table names `{name}`, so this is taken for a fault of a name server");
    Some(Mistake::new(host.span(), what).advise(format!("did you mean `{near}`?")))
}

/// What is wrong with a table as a whole, once an entry was, is that this entry is missing now.
fn forget_what_follows(whole: &Range<usize>, before: usize, mistakes: &mut Vec<Mistake>) {
    let new = mistakes.split_off(before);
    let is_of_whole = |mistake: &Mistake| mistake.spot == Spot::Lab(whole.clone());
    let has_others = new.iter().any(|mistake| !is_of_whole(mistake));
    mistakes.extend(new.into_iter().filter(|mistake| !(has_others && is_of_whole(mistake))));
}

/// Those with one of these keys, and the others.
fn parted<'i>(entries: Entries<'i>, keys: &[&str]) -> (Entries<'i>, Entries<'i>) {
    entries.into_iter().partition(|(key, _)| keys.contains(&key.get_ref().as_ref()))
}

fn table_of<'i>(span: &Range<usize>, entries: Entries<'i>) -> Spanned<DeValue<'i>> {
    Spanned::new(span.clone(), DeValue::Table(DeTable::from_iter(entries)))
}

/// `answer SERVFAIL, name www.shop.test`: the entries as they stand in the file.
fn in_words(what: &Entries<'_>, text: &str) -> String {
    let mut entries: Vec<_> = what.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let words = entries.iter().map(|(key, value)| {
        let written = text.get(value.span()).unwrap_or_default();
        format!("{} {}", key.get_ref(), written.trim_matches(['"', '\'']))
    });
    words.collect::<Vec<_>>().join(", ")
}

fn host_name(name: &Spanned<String>, mistakes: &mut Vec<Mistake>) -> Option<Spanned<HostName>> {
    match HostName::parse(name.get_ref()) {
        Ok(host) => Some(Spanned::new(name.span(), host)),
        Err(rule) => {
            let what = format!("`{}` is no host name", name.get_ref());
            mistakes.push(Mistake::new(name.span(), what).advise(format!("a name {rule}")));
            None
        }
    }
}

/// The protocol that `service` names; without it the host's only one. Hosts that the file does not name are
/// name servers that the lab brings along.
fn protocol(
    common: &Common,
    host: &Spanned<HostName>,
    hosts: &[HostSpec],
    protocols: &[&'static Protocol],
    mistakes: &mut Vec<Mistake>,
) -> Option<&'static Protocol> {
    let find = |name: &str| protocols.iter().copied().find(|protocol| protocol.name == name);
    if let Some(service) = &common.service {
        let found = find(service.get_ref());
        if found.is_none() {
            let names: Vec<&str> = protocols.iter().map(|protocol| protocol.name).collect();
            let mistake = Mistake::new(service.span(), format!("there is no service `{}`", service.get_ref()));
            mistakes.push(match near::advice(service.get_ref(), &names) {
                Some(advice) => mistake.advise(advice),
                None => mistake,
            });
        }
        return found;
    }
    match hosts.iter().find(|spec| spec.name.get_ref() == host.get_ref()).map(|spec| spec.named.as_slice()) {
        None => find("dns"),
        Some([only]) => find(only),
        Some([]) => {
            mistakes.push(Mistake::new(host.span(), format!("`{}` has no service", host.get_ref())));
            None
        }
        Some([..]) => {
            let what = format!("`{}` has several services", host.get_ref());
            mistakes.push(Mistake::new(host.span(), what).advise("say which one with `service`"));
            None
        }
    }
}

impl std::fmt::Debug for FaultSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaultSpec").field("text", &self.text).finish_non_exhaustive()
    }
}

/// The keys that say where and for whom; those that are left say what.
const COMMON: &[&str] = &["host", "service", "peer"];
