//! The tables `[link."A -> B"]` and `[link."A <-> B"]`.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Spanned;
use toml::de::DeValue;
use toynet_net::link::Window;
use toynet_service::{HostName, Mistake};

use super::table;
use super::units::{Period, Rate, Share, Size};

/// A link as written.
#[derive(Clone, Debug)]
pub struct LinkSpec {
    /// Where the file names it.
    pub span: Range<usize>,
    /// Where what it delays or loses comes from.
    pub from: Spanned<LinkEnd>,
    /// Where it goes to.
    pub to: Spanned<LinkEnd>,
    /// Whether the way back is the same.
    pub both_ways: bool,
    /// What happens on it.
    pub conditions: Conditions,
}

/// An end of a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkEnd {
    /// `*`: any host, and whoever is no host of the lab.
    Any,
    /// One host.
    Host(HostName),
}

/// What happens to what passes one way over a link.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// How long everything takes to arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Period>,
    /// How much longer it may take by chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Period>,
    /// Which share of the packets is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Share>,
    /// How much fits through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// How much may be under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Size>,
    /// When nothing passes.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "cuts")]
    pub cut: Vec<Cut>,
    /// Which share of the datagrams arrives twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Share>,
    /// Which share of the datagrams is overtaken by later ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reorder: Option<Share>,
    /// In which share of the datagrams a bit is turned over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrupt: Option<Share>,
    /// One octet of a stream in so many is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub garble: Option<Size>,
    /// A stream comes in pieces of at most this size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice: Option<Size>,
    /// After how much a stream is reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<After>,
    /// After how much a stream ends this way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_close: Option<After>,
}

/// So many octets of a stream; none at all where `true` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After(pub u64);

/// A time in which nothing passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cut {
    /// How long after the lab's start it begins.
    pub after: Period,
    /// How long it lasts; without end when not written.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Period>,
}

impl Conditions {
    /// The conditions as the network takes them.
    pub fn rule(&self) -> toynet_net::link::Conditions {
        let period = |period: Option<Period>| period.unwrap_or_default().0;
        let share = |share: Option<Share>| share.map_or(0.0, |share| share.0);
        toynet_net::link::Conditions {
            latency: period(self.latency),
            jitter: period(self.jitter),
            loss: share(self.loss),
            rate: self.rate.map(|rate| rate.0.div_ceil(8)),
            cut: self.cut.iter().map(Cut::window).collect(),
            window: self.window.map(|size| usize::try_from(size.0).unwrap_or(usize::MAX)),
            duplicate: share(self.duplicate),
            reorder: share(self.reorder),
            corrupt: share(self.corrupt),
            garble: self.garble.map(|size| size.0),
            slice: self.slice.map(|size| usize::try_from(size.0).unwrap_or(usize::MAX)),
            reset: self.reset.map(|after| after.0),
            half_close: self.half_close.map(|after| after.0),
        }
    }
}

impl Cut {
    fn window(&self) -> Window {
        Window { after: self.after.0, lasts: self.lasts.map_or(Duration::MAX, |lasts| lasts.0) }
    }
}

impl fmt::Display for LinkEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkEnd::Any => f.write_str("*"),
            LinkEnd::Host(name) => name.fmt(f),
        }
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        words.extend(self.latency.map(|latency| format!("latency {latency}")));
        words.extend(self.jitter.map(|jitter| format!("jitter {jitter}")));
        words.extend(self.loss.map(|loss| format!("loss {}", loss.0)));
        words.extend(self.rate.map(|rate| format!("rate {rate}")));
        words.extend(self.window.map(|window| format!("window {window}")));
        words.extend(self.cut.iter().map(ToString::to_string));
        words.extend(self.duplicate.map(|share| format!("duplicate {}", share.0)));
        words.extend(self.reorder.map(|share| format!("reorder {}", share.0)));
        words.extend(self.corrupt.map(|share| format!("corrupt {}", share.0)));
        words.extend(self.garble.map(|size| format!("garble {size}")));
        words.extend(self.slice.map(|size| format!("slice {size}")));
        words.extend(self.reset.map(|after| format!("reset{after}")));
        words.extend(self.half_close.map(|after| format!("half_close{after}")));
        f.write_str(&words.join(", "))
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cut after {}", self.after)?;
        self.lasts.map_or(Ok(()), |lasts| write!(f, " for {lasts}"))
    }
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, " after {}", Size(self.0)) }
    }
}

impl Serialize for After {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == 0 { serializer.serialize_bool(true) } else { Size(self.0).serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AfterVisitor)
    }
}

struct AfterVisitor;

impl Visitor<'_> for AfterVisitor {
    type Value = After;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true for at once, or a size such as \"64KiB\"")
    }

    fn visit_bool<E: Error>(self, at_once: bool) -> Result<After, E> {
        if at_once { Ok(After(0)) } else { Err(E::custom("leave it out where it shall not happen")) }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<After, E> {
        text.parse().map(|Size(octets)| After(octets)).map_err(E::custom)
    }
}

/// A list of times, or `true` for all of them.
fn cuts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Cut>, D::Error> {
    deserializer.deserialize_any(CutsVisitor)
}

struct CutsVisitor;

impl<'de> Visitor<'de> for CutsVisitor {
    type Value = Vec<Cut>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of times such as [{ after = \"10s\", for = \"1m\" }], or true")
    }

    fn visit_bool<E: Error>(self, always: bool) -> Result<Vec<Cut>, E> {
        Ok(if always { vec![Cut::default()] } else { Vec::new() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Cut>, A::Error> {
        let mut cuts = Vec::new();
        while let Some(cut) = list.next_element()? {
            cuts.push(cut);
        }
        Ok(cuts)
    }
}

pub(super) fn read_links(value: Spanned<DeValue<'_>>, text: &str, mistakes: &mut Vec<Mistake>) -> Vec<LinkSpec> {
    let mut links = Vec::new();
    for (key, value) in table::entries(value, "a table of links, as in `[link.\"www.shop.test <-> *\"]`", mistakes) {
        let conditions = table::read(value, mistakes).unwrap_or_default();
        refuse_empty_cuts(&conditions, key.span(), mistakes);
        match ends(key.get_ref(), key.span(), text) {
            Ok((from, to, both_ways)) => links.push(LinkSpec { span: key.span(), from, to, both_ways, conditions }),
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    links
}

fn refuse_empty_cuts(conditions: &Conditions, span: Range<usize>, mistakes: &mut Vec<Mistake>) {
    let is_empty = |cut: &&Cut| cut.lasts == Some(Period::default());
    for cut in conditions.cut.iter().filter(is_empty) {
        let what = format!("this link is cut after {} for no time at all", cut.after);
        mistakes.push(Mistake::new(span.clone(), what).advise("leave `for` out to cut it for good"));
    }
}

type Ends = (Spanned<LinkEnd>, Spanned<LinkEnd>, bool);

pub(super) fn ends(key: &str, span: Range<usize>, text: &str) -> Result<Ends, Box<Mistake>> {
    let arrow = if key.contains("<->") { "<->" } else { "->" };
    let Some((from, to)) = key.split_once(arrow) else {
        let mistake = Mistake::new(span, format!("`{key}` names no two ends"));
        return Err(Box::new(mistake.advise("write `A <-> B` for both ways, `A -> B` for one, `*` for any host")));
    };
    let from_span = part(from, 0, key, &span, text);
    let to_span = part(to, from.len() + arrow.len(), key, &span, text);
    Ok((end(from, from_span)?, end(to, to_span)?, arrow == "<->"))
}

fn end(name: &str, span: Range<usize>) -> Result<Spanned<LinkEnd>, Box<Mistake>> {
    match name.trim() {
        "*" => Ok(Spanned::new(span, LinkEnd::Any)),
        name => match HostName::parse(name) {
            Ok(host) => Ok(Spanned::new(span, LinkEnd::Host(host))),
            Err(rule) => {
                let mistake = Mistake::new(span, format!("`{name}` is no host name"));
                Err(Box::new(mistake.advise(format!("a name {rule}"))))
            }
        },
    }
}

/// Where the part of a quoted key that begins at `start` stands in the file; the whole key where
/// escapes make that unknowable.
fn part(part: &str, start: usize, key: &str, span: &Range<usize>, text: &str) -> Range<usize> {
    let written = text.get(span.clone()).unwrap_or_default();
    let Some(key_at) = written.find(key) else { return span.clone() };
    let blank = part.len() - part.trim_start().len();
    let start = span.start + key_at + start + blank;
    start..start + part.trim().len()
}

#[cfg(test)]
mod tests {
    use crate::fakes;
    use crate::spec::read;

    #[test]
    fn each_end_of_a_link_has_its_own_place() {
        let text = "[link.\"www.shop.test <-> *\"]\nlatency = \"20ms\"\nloss = 0.01\n";
        let reading = read(text, fakes::ALL);
        let link = &reading.spec.links[0];
        assert_eq!((&text[link.from.span()], &text[link.to.span()], link.both_ways), ("www.shop.test", "*", true));
        assert_eq!(link.conditions.to_string(), "latency 20ms, loss 0.01");
    }

    #[test]
    fn cuts_are_windows_of_time() {
        let text = "[link.\"a.test -> b.test\"]\ncut = [{ after = \"10s\", for = \"2h\" }, { after = \"1d\" }]\n";
        let reading = read(text, fakes::ALL);
        assert_eq!(reading.spec.links[0].conditions.to_string(), "cut after 10s for 2h, cut after 1d");
        assert_eq!(reading.mistakes, []);
    }

    #[test]
    fn a_link_without_an_arrow_is_refused() {
        let reading = read("[link.\"a.test\"]\nlatency = 5\nloss = 7\n", fakes::ALL);
        let told: Vec<&str> = reading.mistakes.iter().map(|mistake| mistake.what.as_str()).collect();
        assert_eq!(told[0], "expected a span of time such as \"20ms\", found the integer `5`");
        assert_eq!(told[1], "7 is not between 0 (never) and 1 (always)");
        assert_eq!(told[2], "`a.test` names no two ends");
    }
}
