//! Which service does what wrong, and for whom; which links do.

use std::net::IpAddr;

use toml::Spanned;
use toynet_net::fault::{Meant, What, When};
use toynet_net::link::Bend;
use toynet_net::topology::GUEST;
use toynet_record::Transport;
use toynet_service::fault::Never;
use toynet_service::{Config, HostName, Mistake, near};

use super::PlannedHost;
use super::roster::Roster;
use crate::spec::{FaultSpec, LinkFault, ServiceFault, Target};

/// A fault, ready to be set.
#[derive(Clone)]
pub struct PlannedFault {
    /// Who commits what.
    pub place: FaultPlace,
    /// When.
    pub when: When,
    /// What and for whom, in words.
    pub text: String,
}

/// Who commits a fault, and what it is.
#[derive(Clone)]
pub enum FaultPlace {
    /// A service.
    Service {
        /// The host.
        host: HostName,
        /// The protocol of its service.
        service: &'static str,
        /// For whom.
        meant: Meant,
        /// What, as the protocol understands it.
        what: What,
    },
    /// Links.
    Links {
        /// Which, for a person.
        name: String,
        /// What happens there.
        bend: Bend,
    },
}

impl PlannedFault {
    /// For whom a service commits it; links bend what anybody sends.
    pub fn meant(&self) -> Option<&Meant> {
        match &self.place {
            FaultPlace::Service { meant, .. } => Some(meant),
            FaultPlace::Links { .. } => None,
        }
    }
}

impl std::fmt::Display for PlannedFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            FaultPlace::Service { host, service, .. } => write!(f, "{service} on {host}: {}", self.text),
            FaultPlace::Links { name, .. } => write!(f, "link {name}: {}", self.text),
        }
    }
}

impl std::fmt::Debug for PlannedFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// Checks faults against the hosts that there are.
pub(super) fn check(specs: Vec<FaultSpec>, roster: &Roster, mistakes: &mut Vec<Mistake>) -> Vec<PlannedFault> {
    let hosts: Vec<Known<'_>> = roster
        .hosts
        .iter()
        .map(|host| Known {
            name: &host.name,
            addresses: &host.addresses,
            services: host.services.iter().map(|service| (service.protocol.name, &*service.config)).collect(),
        })
        .collect();
    specs.into_iter().filter_map(|spec| planned(spec, &hosts, mistakes)).collect()
}

/// A host as far as faults need to know it.
pub(super) struct Known<'a> {
    pub name: &'a HostName,
    pub addresses: &'a [IpAddr],
    pub services: Vec<(&'static str, &'a dyn Config)>,
}

impl<'a> Known<'a> {
    pub fn new(host: &'a PlannedHost) -> Self {
        let services = host.services.iter().map(|service| (service.protocol.name, &*service.config)).collect();
        Self { name: &host.name, addresses: &host.addresses, services }
    }
}

impl Known<'_> {
    /// Whether it serves, and nothing over datagrams. Who serves nothing may be a person's own.
    fn has_streams_alone(&self) -> bool {
        let endpoints = self.services.iter().flat_map(|(_, config)| config.endpoints());
        !self.services.is_empty() && endpoints.into_iter().all(|endpoint| endpoint.transport == Transport::Tcp)
    }
}

pub(super) fn planned(spec: FaultSpec, hosts: &[Known<'_>], mistakes: &mut Vec<Mistake>) -> Option<PlannedFault> {
    let FaultSpec { target, when, text } = spec;
    match target {
        Target::Service(fault) => of_service(fault, when, text, hosts, mistakes),
        Target::Links(LinkFault { hosts: named, name, bend }) => {
            let mut ends = Vec::new();
            for host in named.iter().filter(|host| host.get_ref().as_str() != GUEST) {
                ends.push((host, find(host, host.get_ref().as_str(), hosts, mistakes)?));
            }
            if let [(place, one), (_, other)] = &ends[..]
                && bend.is_of_datagrams()
                && one.has_streams_alone()
                && other.has_streams_alone()
            {
                let what =
                    format!("neither `{}` nor `{}` takes datagrams, to which this happens", one.name, other.name);
                let mistake = Mistake::new(place.span(), what);
                mistakes.push(mistake.advise("what happens to streams: `loss`, `slice`, `garble`, `reset`, ..."));
                return None;
            }
            Some(PlannedFault { place: FaultPlace::Links { name, bend }, when, text })
        }
    }
}

fn of_service(
    fault: ServiceFault,
    when: When,
    text: String,
    hosts: &[Known<'_>],
    mistakes: &mut Vec<Mistake>,
) -> Option<PlannedFault> {
    let host = find(&fault.host, fault.host.get_ref().as_str(), hosts, mistakes)?;
    let Some((_, config)) = host.services.iter().find(|(name, _)| *name == fault.protocol.name) else {
        let what = format!("`{}` does not speak `{}`", host.name, fault.protocol.name);
        let spoken: Vec<&str> = host.services.iter().map(|(name, _)| *name).collect();
        mistakes.push(Mistake::new(fault.host.span(), what).advise(format!("it speaks {}", spoken.join(", "))));
        return None;
    };
    if let Some(Never { why, cure }) = config.never(&fault.what) {
        mistakes.push(Mistake::new(fault.host.span(), format!("`{}` {why}", host.name)).advise(cure));
        return None;
    }
    let (meant, only) = match &fault.peer {
        None => (Meant::All, String::new()),
        Some(peer) if peer.get_ref() == GUEST => {
            let all = hosts.iter().flat_map(|host| host.addresses.iter().copied());
            (Meant::NotOf(all.collect()), format!(", peer {GUEST}"))
        }
        Some(peer) if let Ok(address) = peer.get_ref().parse::<IpAddr>() => {
            (Meant::Of(vec![address]), format!(", peer {address}"))
        }
        Some(peer) => {
            let name = Spanned::new(peer.span(), fault.host.get_ref().clone());
            let found = find(&name, peer.get_ref(), hosts, mistakes)?;
            (Meant::Of(found.addresses.to_vec()), format!(", peer {}", found.name))
        }
    };
    let ServiceFault { host, protocol, what, .. } = fault;
    let place = FaultPlace::Service { host: host.into_inner(), service: protocol.name, meant, what };
    Some(PlannedFault { place, when, text: format!("{text}{only}") })
}

fn find<'a>(
    place: &Spanned<HostName>,
    name: &str,
    hosts: &'a [Known<'a>],
    mistakes: &mut Vec<Mistake>,
) -> Option<&'a Known<'a>> {
    let found = hosts.iter().find(|host| host.name.as_str().eq_ignore_ascii_case(name));
    if found.is_none() {
        let mistake = Mistake::new(place.span(), format!("there is no host `{name}`"));
        mistakes.push(match near::nearest(name, hosts.iter().map(|host| host.name.as_str())) {
            Some(near) => mistake.advise(format!("did you mean `{near}`?")),
            None => mistake,
        });
    }
    found
}
