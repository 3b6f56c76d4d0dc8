//! The words for what a name server does wrong.

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::Error as _;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_service::What;
use toynet_service::fault::{self, Deeds};
use toynet_service::units::Period;

use super::{DnsFault, Wrong};
use crate::codes::RecordType;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    transport: Option<Transport>,
    answer: Option<String>,
    delay: Option<Period>,
    stale: Option<Ipv4Addr>,
    alias: Option<String>,
    wrong: Option<Part>,
    #[serde(default)]
    drop: bool,
    #[serde(default)]
    truncate: bool,
    #[serde(default)]
    oversize: bool,
    #[serde(default)]
    half: bool,
    #[serde(default)]
    lame: bool,
    #[serde(default, rename = "loop")]
    circle: bool,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Transport {
    Udp,
    Tcp,
}

/// Which part of a response is wrong.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    Id,
    Question,
    Source,
    Pointer,
    Glue,
}

/// Reads them.
///
/// # Errors
/// When a word is unknown, or not exactly one thing is to go wrong.
pub fn read(value: Spanned<DeValue<'_>>) -> Result<What, Error> {
    let table = Table::deserialize(ValueDeserializer::from(value))?;
    let code = |code: &String| code.parse().ok().filter(|code: &crate::codes::Rcode| code.0 <= MOST);
    let answer = table.answer.as_ref().map(|text| code(text).ok_or_else(|| Error::custom(CODES))).transpose()?;
    let part = table.wrong.map(|part| match part {
        Part::Id => Wrong::Id,
        Part::Question => Wrong::Question,
        Part::Source => Wrong::Source,
        Part::Pointer => Wrong::Pointer,
        Part::Glue => Wrong::Glue,
    });
    let flags = [
        (table.drop, Wrong::Drop),
        (table.truncate, Wrong::Truncate),
        (table.oversize, Wrong::Oversize),
        (table.half, Wrong::Half),
        (table.lame, Wrong::Lame),
        (table.circle, Wrong::Loop),
    ];
    let delay = fault::delay(table.delay)?;
    let deeds = Deeds::flags(flags).and(part).and(answer.map(Wrong::Answer));
    let domain = |name: String| name.parse().map_err(|_| Error::custom(format!("`{name}` is no domain name")));
    let alias = table.alias.map(domain).transpose()?;
    if alias.is_some() && table.name.is_none() {
        return Err(Error::custom(WHICH));
    }
    let wrong = deeds.and(table.stale.map(Wrong::Stale)).and(alias.map(Wrong::Alias));
    let wrong = wrong.one_or_late(delay.is_some(), "dns")?;
    let name = table.name.map(domain);
    let kind = table.kind.map(|kind| kind.parse().map_err(|_| Error::custom(format!("`{kind}` is no record type"))));
    let kind: Option<RecordType> = kind.transpose()?;
    let own_kind = wrong.as_ref().and_then(Wrong::own_kind);
    if kind.is_some() && own_kind.is_some() && kind != own_kind {
        return Err(Error::custom(OF_ADDRESSES));
    }
    let wanted = table.transport.map(|transport| transport == Transport::Tcp);
    let stream = match (wanted, wrong.as_ref().and_then(Wrong::own_way)) {
        (Some(false), Some(true)) => return Err(Error::custom(OF_STREAMS)),
        (Some(true), Some(false)) => return Err(Error::custom(OF_DATAGRAMS)),
        (wanted, _) => wanted.or(wrong.as_ref().and_then(Wrong::usual_way)),
    };
    let delay = delay.unwrap_or_default();
    Ok(Arc::new(DnsFault { name: name.transpose()?, kind: kind.or(own_kind), stream, delay, wrong }))
}

/// All that fit into a header's four bits and an OPT record's eight (RFC 6891 6.1.3).
const MOST: u16 = 0xfff;

const OF_ADDRESSES: &str = "an address answers queries for A alone\nleave `type` out";
const OF_STREAMS: &str = "a datagram comes as a whole or not at all\nwrite `transport = \"tcp\"`, or leave it out";
const OF_DATAGRAMS: &str = "that goes wrong with datagrams alone\nwrite `transport = \"udp\"`, or leave it out";

const WHICH: &str = "which name is an alias?\nadd `name`, as in `name = \"shop.test\"`";
const CODES: &str = "a response code is SERVFAIL, REFUSED, NXDOMAIN, BADCOOKIE, ..., or RCODE11 by its number";

/// What can go wrong.
pub const KINDS: &[(&str, &str)] = &[
    ("drop = true", "no answer; the client asks again, then gives up"),
    ("delay = \"2s\"", "the answer comes late; goes with each of the others too"),
    ("answer = \"SERVFAIL\"", "this response code and nothing else; any, those beyond RCODE15 for who asks with EDNS"),
    ("truncate = true", "over UDP, TC is set and the answer is missing: the client turns to TCP"),
    ("wrong = \"id\"", "an id that nobody asked with: the client waits on"),
    ("wrong = \"question\"", "an answer to another question"),
    ("wrong = \"source\"", "the answer comes from another port"),
    ("wrong = \"pointer\"", "a compression pointer that points at itself"),
    ("wrong = \"glue\"", "a referral whose addresses lead nowhere; resolvers keep it for its time to live"),
    ("oversize = true", "a datagram longer than the client said it can take"),
    ("half = true", "over TCP half a message, and the connection ends"),
    ("lame = true", "the server does not know the zone that was delegated to it"),
    ("loop = true", "the name is an alias of itself"),
    ("name = \"shop.test\", alias = \"shop.hoster.test\"", "that name alone is an alias, whatever else is there"),
    ("stale = \"198.18.0.99\"", "an address that the name had once; for queries of type A"),
    ("name = \"www.shop.test\", type = \"A\", transport = \"udp\"", "with any of these: for such queries only"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_can_be_said_as_it_is_shown() {
        for (words, _) in &KINDS[..KINDS.len() - 1] {
            let text = format!("{{ {words} }}");
            assert!(read(DeValue::parse(&text).unwrap()).is_ok(), "{words}");
        }
    }

    #[test]
    fn one_thing_goes_wrong_at_a_time() {
        for text in [
            "{ }",
            "{ drop = true, lame = true }",
            "{ answer = 'OOPS' }",
            "{ wrong = 'colour' }",
            "{ delay = '0s' }",
            "{ half = true, transport = 'udp' }",
            "{ wrong = 'source', transport = 'tcp' }",
            "{ alias = 'a.test' }",
            "{ stale = '198.18.0.99', type = 'MX' }",
            "{ answer = 'RCODE4096' }",
        ] {
            assert!(read(DeValue::parse(text).unwrap()).is_err(), "{text}");
        }
    }
}
