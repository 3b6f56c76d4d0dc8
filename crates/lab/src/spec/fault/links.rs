//! Faults of links: `link = "A <-> B"`, a host that is `down`, a `partition`.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeValue;
use toynet_net::fault::When;
use toynet_net::link::{Bend, Down, Pattern, Way};
use toynet_net::topology::GUEST;
use toynet_service::{HostName, Mistake};

use super::super::link::{Conditions, LinkEnd, ends};
use super::super::table;
use super::{Entries, FaultSpec, Target, in_words, parted, table_of};

/// A fault of links as written.
#[derive(Clone, Debug)]
pub struct LinkFault {
    /// The hosts that it names.
    pub hosts: Vec<Spanned<HostName>>,
    /// Which links those are, for a person.
    pub name: String,
    /// What happens on which of them.
    pub bend: Bend,
}

/// What is said of any fault of links.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    link: Option<Spanned<String>>,
    partition: Option<Spanned<Vec<Vec<Spanned<String>>>>>,
    host: Option<Spanned<String>>,
    down: Option<Spanned<Down>>,
}

/// Whether a fault with these keys is one of links.
pub(super) fn is_meant(entries: &Entries<'_>) -> bool {
    entries.iter().any(|(key, _)| ["link", "partition", "down"].contains(&key.get_ref().as_ref()))
}

pub(super) fn read(
    entries: Entries<'_>,
    when: Option<When>,
    span: &Range<usize>,
    text: &str,
    mistakes: &mut Vec<Mistake>,
) -> Option<FaultSpec> {
    let (common, what) = parted(entries, COMMON);
    let told = in_words(&what, text);
    let has_conditions = !what.is_empty();
    let before = mistakes.len();
    let common: Common = table::read(table_of(span, common), mistakes)?;
    let conditions = conditions(table_of(span, what), span, mistakes);
    // What was wrong with them is missing now, and was told.
    let conditions = conditions.filter(|_| mistakes.len() == before);
    let (fault, told) = match (&common.link, &common.partition, &common.host, &common.down) {
        (Some(link), None, None, None) if has_conditions => (of_link(link, &conditions?, text, mistakes)?, told),
        (Some(link), None, None, None) => {
            let mistake = Mistake::new(link.span(), "this fault does nothing");
            mistakes.push(mistake.advise("`toynet fault kinds link` tells what a link can do wrong"));
            return None;
        }
        // What was wrong in the groups is missing now, and was told.
        (None, Some(_), None, None) if mistakes.len() > before => return None,
        (None, Some(groups), None, None) if !has_conditions => (partition(groups, mistakes)?, "cut".to_owned()),
        (None, None, Some(host), Some(down)) if !has_conditions => {
            let told = if *down.get_ref() == Down::Refuse { "refuses" } else { "is silent" };
            (host_down(host, *down.get_ref(), mistakes)?, told.to_owned())
        }
        // What was wrong in the table is missing now, and was told.
        _ if mistakes.len() > before => return None,
        _ => {
            let mistake = Mistake::new(span.clone(), "this is not one fault of links");
            mistakes.push(mistake.advise(FORMS));
            return None;
        }
    };
    Some(FaultSpec { target: Target::Links(fault), when: when?, text: told })
}

/// When a fault strikes is said for the fault as a whole, so what is cut is cut meanwhile.
fn conditions(value: Spanned<DeValue<'_>>, span: &Range<usize>, mistakes: &mut Vec<Mistake>) -> Option<Conditions> {
    let conditions: Conditions = table::read(value, mistakes)?;
    if conditions.cut.iter().any(|cut| *cut != Default::default()) {
        let mistake = Mistake::new(span.clone(), "when this fault cuts is said twice");
        mistakes.push(mistake.advise("write `cut = true`, and when with `at` and `for`"));
    }
    if conditions.window.is_some() {
        let mistake = Mistake::new(span.clone(), "a window is no fault");
        mistakes.push(mistake.advise("write it in the link's own table: `[link.\"A <-> B\"]`"));
    }
    Some(conditions)
}

fn of_link(
    link: &Spanned<String>,
    conditions: &Conditions,
    text: &str,
    mistakes: &mut Vec<Mistake>,
) -> Option<LinkFault> {
    let (from, to, both_ways) =
        ends(link.get_ref(), link.span(), text).map_err(|mistake| mistakes.push(*mistake)).ok()?;
    let there = Way { from: pattern(from.get_ref()), to: pattern(to.get_ref()) };
    let back = both_ways.then(|| Way { from: there.to.clone(), to: there.from.clone() });
    let is_cut = !conditions.cut.is_empty();
    let mut rule = conditions.rule();
    rule.cut.clear();
    if !is_cut && rule == Default::default() {
        let mistake = Mistake::new(link.span(), "nothing happens on this link: all that it says is 0");
        mistakes.push(mistake.advise("`toynet fault kinds link` tells what a link can do wrong"));
        return None;
    }
    if there.from == Pattern::Outside && there.to == Pattern::Outside {
        let what = format!("what passes from `{GUEST}` to `{GUEST}` does not pass through the lab");
        mistakes.push(Mistake::new(link.span(), what).advise(format!("name a host, or write `{GUEST} <-> *`")));
        return None;
    }
    let hosts = [&from, &to].into_iter().filter_map(|end| match end.get_ref() {
        LinkEnd::Host(name) => Some(Spanned::new(end.span(), name.clone())),
        LinkEnd::Any => None,
    });
    Some(LinkFault {
        hosts: hosts.collect(),
        name: link.get_ref().clone(),
        bend: Bend {
            ways: std::iter::once(there).chain(back).collect(),
            conditions: rule,
            down: is_cut.then_some(Down::Silence),
        },
    })
}

fn host_down(host: &Spanned<String>, down: Down, mistakes: &mut Vec<Mistake>) -> Option<LinkFault> {
    let name = super::host_name(host, mistakes)?;
    let host = || pattern(&LinkEnd::Host(name.get_ref().clone()));
    let ways = vec![Way { from: Pattern::Any, to: host() }, Way { from: host(), to: Pattern::Any }];
    let told = format!("{} <-> *", name.get_ref());
    Some(LinkFault { hosts: vec![name], name: told, bend: Bend { ways, down: Some(down), ..Bend::default() } })
}

/// No group hears of another one. A group alone hears of nobody else.
fn partition(groups: &Spanned<Vec<Vec<Spanned<String>>>>, mistakes: &mut Vec<Mistake>) -> Option<LinkFault> {
    let mut hosts: Vec<Spanned<HostName>> = Vec::new();
    let mut parts: Vec<Vec<HostName>> = Vec::new();
    for group in groups.get_ref() {
        let mut part = Vec::new();
        for name in group {
            let host = super::host_name(name, mistakes)?;
            if let Some(first) = hosts.iter().find(|known| known.get_ref() == host.get_ref()) {
                let mistake = Mistake::new(name.span(), format!("`{}` stands in two groups", name.get_ref()));
                mistakes.push(mistake.against(first.span(), "first here"));
                return None;
            }
            part.push(host.get_ref().clone());
            hosts.push(host);
        }
        parts.push(part);
    }
    if parts.is_empty() || parts.iter().any(Vec::is_empty) {
        let mistake = Mistake::new(groups.span(), "a partition of nobody parts nobody");
        mistakes.push(mistake.advise("write `partition = [[\"a.test\", \"b.test\"], [\"c.test\"]]`"));
        return None;
    }
    let mut ways = Vec::new();
    let host = |name: &HostName| pattern(&LinkEnd::Host(name.clone()));
    match &parts[..] {
        [only] => {
            let others = || Pattern::Not(only.iter().map(ToString::to_string).collect());
            for name in only {
                ways.push(Way { from: host(name), to: others() });
                ways.push(Way { from: others(), to: host(name) });
            }
        }
        _ => {
            for (at, part) in parts.iter().enumerate() {
                let others = parts.iter().enumerate().filter(|(other, _)| *other != at).flat_map(|(_, part)| part);
                for other in others {
                    ways.extend(part.iter().map(|name| Way { from: host(name), to: host(other) }));
                }
            }
        }
    }
    let shown: Vec<String> =
        parts.iter().map(|part| part.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")).collect();
    let bend = Bend { ways, down: Some(Down::Silence), ..Bend::default() };
    Some(LinkFault { hosts, name: shown.join(" | "), bend })
}

/// As the network takes an end of a link; `you` is whoever is no host of the lab.
pub(crate) fn pattern(end: &LinkEnd) -> Pattern {
    match end {
        LinkEnd::Any => Pattern::Any,
        LinkEnd::Host(name) if name.as_str() == GUEST => Pattern::Outside,
        LinkEnd::Host(name) => Pattern::Host(name.to_string()),
    }
}

const COMMON: &[&str] = &["link", "partition", "host", "down"];
const FORMS: &str = "write `link` and what happens there, or `host` and `down`, or `partition` alone";

/// What can go wrong.
pub const LINK_KINDS: &[(&str, &str)] = &[
    (
        "link = \"www.shop.test <-> *\", latency = \"2s\"",
        "everything takes so much longer; `->` for one way, `you` for outside",
    ),
    ("link = \"a.test -> b.test\", jitter = \"200ms\"", "... or up to so much longer by chance"),
    ("link = \"a.test <-> b.test\", loss = 0.3", "datagrams are lost, streams wait for what is sent again"),
    ("link = \"a.test <-> b.test\", rate = \"56kbit\"", "so much passes and no more"),
    ("link = \"a.test <-> b.test\", cut = true", "nothing passes; streams wait and go on afterwards"),
    ("link = \"a.test <-> b.test\", duplicate = 0.1", "datagrams arrive twice"),
    ("link = \"a.test <-> b.test\", reorder = 0.1", "datagrams are overtaken by later ones"),
    ("link = \"a.test <-> b.test\", corrupt = 0.01", "a bit of a datagram is turned over"),
    ("link = \"a.test <-> b.test\", garble = \"10KiB\"", "one octet of a stream in so many is wrong"),
    ("link = \"a.test <-> b.test\", slice = \"1B\"", "streams come in pieces of at most this size"),
    ("link = \"a.test <-> b.test\", reset = \"10KiB\"", "a stream is reset after so much; true for at once"),
    ("link = \"a.test -> b.test\", half_close = \"1KiB\"", "a stream ends this way after so much; true for at once"),
    (
        "host = \"a.test\", down = \"refuse\"",
        "the host refuses connections and datagrams (curl: 7, dig: 9) and resets connections that stand; what the system refuses is counted where toynet's clients meet it",
    ),
    ("host = \"a.test\", down = \"silence\"", "nothing is heard of the host"),
    (
        "partition = [[\"a.test\", \"b.test\"], [\"c.test\"]]",
        "groups that do not hear of each other; one alone: of nobody else",
    ),
    (
        "at = \"10s\", for = \"1m\", every = 3, probability = 0.5",
        "with any of these: when; each datagram or piece of a stream is an occasion",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes;
    use crate::spec::read as read_file;

    #[test]
    fn each_kind_can_be_said_as_it_is_shown() {
        for (words, _) in &LINK_KINDS[..LINK_KINDS.len() - 1] {
            let reading = read_file(&format!("fault = [{{ {words} }}]\n"), fakes::ALL);
            assert_eq!((reading.mistakes, reading.spec.faults.len()), (vec![], 1), "{words}");
        }
    }

    #[test]
    fn groups_do_not_hear_of_each_other() {
        let reading = read_file("fault = [{ partition = [['a.test', 'b.test'], ['c.test']] }]\n", fakes::ALL);
        let Target::Links(fault) = &reading.spec.faults[0].target else { panic!("a fault of links") };
        assert_eq!((fault.name.as_str(), fault.bend.ways.len()), ("a.test, b.test | c.test", 4));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            "link = 'a.test <-> b.test'",
            "link = 'a.test'",
            "link = 'a.test <-> b.test', cut = [{ after = '1s' }]",
            "link = 'a.test <-> b.test', window = '1KiB'",
            "link = 'a.test <-> b.test', lattency = '1s'",
            "link = 'a.test <-> b.test', reset = 5",
            "host = 'a.test', down = 'broken'",
            "host = 'a.test', down = 'refuse', loss = 1",
            "partition = []",
            "partition = [[]]",
            "partition = [['a.test'], []]",
            "partition = [['a.test'], ['a.test']]",
            "link = 'a.test <-> b.test', peer = 'you', cut = true",
            "down = 'refuse'",
        ] {
            assert_ne!(read_file(&format!("fault = [{{ {words} }}]\n"), fakes::ALL).mistakes, [], "{words}");
        }
    }
}
