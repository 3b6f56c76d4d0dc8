//! What happens between which hosts.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toynet_net::link::Rule;
use toynet_net::topology::GUEST;
use toynet_service::{HostName, Mistake, near};

use super::roster::Roster;
use crate::spec::{Conditions, LinkEnd, LinkSpec, pattern};

/// One way from a host to a host.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Where what passes comes from.
    pub from: LinkEnd,
    /// Where it goes to.
    pub to: LinkEnd,
    /// What happens to it.
    pub conditions: Conditions,
}

/// All links one way each, in the order of the file; the way back follows the way there.
pub(super) fn one_way(specs: Vec<LinkSpec>, roster: &Roster, mistakes: &mut Vec<Mistake>) -> Vec<Link> {
    let mut links = Vec::new();
    let mut seen: HashMap<(LinkEnd, LinkEnd), Range<usize>> = HashMap::new();
    for spec in specs {
        check_ends(&spec, roster, mistakes);
        for link in halves(&spec) {
            match seen.insert((link.from.clone(), link.to.clone()), spec.span.clone()) {
                Some(first) => mistakes.push(twice(&link, spec.span.clone(), first)),
                None => links.push(link),
            }
        }
    }
    links
}

fn halves(spec: &LinkSpec) -> Vec<Link> {
    let (from, to) = (spec.from.get_ref(), spec.to.get_ref());
    let way = |from: &LinkEnd, to: &LinkEnd| {
        let (from, to) = (from.clone(), to.clone());
        Link { from, to, conditions: spec.conditions.clone() }
    };
    let back = (spec.both_ways && from != to).then(|| way(to, from));
    std::iter::once(way(from, to)).chain(back).collect()
}

fn twice(link: &Link, span: Range<usize>, first: Range<usize>) -> Mistake {
    Mistake::new(span, format!("the way from `{}` to `{}` is written twice", link.from, link.to))
        .against(first, "first here")
        .advise("write `A -> B` and `B -> A` where the two ways differ")
}

impl Link {
    /// The link as the network takes it.
    pub fn rule(&self) -> Rule {
        Rule { from: pattern(&self.from), to: pattern(&self.to), conditions: self.conditions.rule() }
    }
}

fn check_ends(link: &LinkSpec, roster: &Roster, mistakes: &mut Vec<Mistake>) {
    for end in [&link.from, &link.to] {
        if let LinkEnd::Host(name) = end.get_ref()
            && name.as_str() != GUEST
            && roster.find(name).is_none()
        {
            mistakes.push(unknown_host(name, end.span(), roster));
        }
    }
    if link.from.get_ref() == link.to.get_ref() && *link.from.get_ref() != LinkEnd::Any {
        let what = format!("`{}` needs no link to itself", link.from.get_ref());
        mistakes.push(Mistake::new(link.to.span(), what).advise("write another host, or `*` for any"));
    }
}

fn unknown_host(name: &HostName, span: Range<usize>, roster: &Roster) -> Mistake {
    let mistake = Mistake::new(span, format!("there is no host `{name}`"));
    let is_alias = |alias: &Spanned<String>| alias.get_ref() == name.as_str();
    if let Some(host) = roster.hosts.iter().find(|host| host.aliases.iter().any(is_alias)) {
        return mistake.advise(format!("that is a further name of `{}`: write this", host.name));
    }
    match near::nearest(name.as_str(), roster.hosts.iter().map(|host| host.name.as_str())) {
        Some(near) => mistake.advise(format!("did you mean `{near}`?")),
        None => mistake.advise("links go between hosts of the lab file, or `*` for any"),
    }
}
