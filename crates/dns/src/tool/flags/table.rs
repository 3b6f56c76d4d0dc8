//! All flags, and what each sets.

use std::net::IpAddr;
use std::time::Duration;

use super::given::{Expected, Given};
use super::{Cookie, Flags};
use crate::codes::Opcode;
use crate::rdata;
use Set::{Other, Switch};

/// One of them.
pub(super) struct Flag {
    /// The first is the one that is told.
    pub names: &'static [&'static str],
    pub set: Set,
}

/// What giving it changes.
pub(super) enum Set {
    /// It is on or off.
    Switch(fn(&mut Flags) -> &mut bool),
    /// It may have a value, or changes more than one thing.
    Other(fn(&mut Flags, Given<'_>) -> Result<(), Expected>),
}

/// All of them, in the order in which they are told.
pub(super) const FLAGS: &[Flag] = &[
    Flag { names: &["tcp", "vc"], set: Switch(|flags| &mut flags.tcp) },
    Flag { names: &["ignore"], set: Switch(|flags| &mut flags.ignore) },
    Flag { names: &["trace"], set: Other(set_trace) },
    Flag { names: &["time", "timeout"], set: Other(set_time) },
    Flag { names: &["tries"], set: Other(set_tries) },
    Flag { names: &["retry"], set: Other(set_retry) },
    Flag { names: &["qid"], set: Other(set_id) },
    Flag { names: &["opcode"], set: Other(set_opcode) },
    Flag { names: &["recurse", "rdflag"], set: Switch(|flags| &mut flags.recurse) },
    Flag { names: &["aaflag", "aaonly"], set: Switch(|flags| &mut flags.aa) },
    Flag { names: &["adflag"], set: Switch(|flags| &mut flags.ad) },
    Flag { names: &["cdflag"], set: Switch(|flags| &mut flags.cd) },
    Flag { names: &["zflag"], set: Switch(|flags| &mut flags.z) },
    Flag { names: &["header-only"], set: Switch(|flags| &mut flags.header_only) },
    Flag { names: &["edns"], set: Other(set_edns) },
    Flag { names: &["bufsize"], set: Other(set_payload) },
    Flag { names: &["dnssec", "do"], set: Switch(|flags| &mut flags.edns().dnssec) },
    Flag { names: &["nsid"], set: Switch(|flags| &mut flags.edns().nsid) },
    Flag { names: &["cookie"], set: Other(set_cookie) },
    Flag { names: &["subnet", "client"], set: Other(set_subnet) },
    Flag { names: &["ednsopt"], set: Other(set_option) },
    Flag { names: &["short"], set: Switch(|flags| &mut flags.show.short) },
    Flag { names: &["json"], set: Switch(|flags| &mut flags.show.json) },
    Flag { names: &["all"], set: Other(set_all) },
    Flag { names: &["cmd"], set: Switch(|flags| &mut flags.show.cmd) },
    Flag { names: &["comments"], set: Switch(|flags| &mut flags.show.comments) },
    Flag { names: &["question"], set: Switch(|flags| &mut flags.show.question) },
    Flag { names: &["answer"], set: Switch(|flags| &mut flags.show.answer) },
    Flag { names: &["authority"], set: Switch(|flags| &mut flags.show.authority) },
    Flag { names: &["additional"], set: Switch(|flags| &mut flags.show.additional) },
    Flag { names: &["stats"], set: Switch(|flags| &mut flags.show.stats) },
    Flag { names: &["qr"], set: Switch(|flags| &mut flags.show.query) },
    Flag { names: &["multiline"], set: Switch(|flags| &mut flags.show.multiline) },
    Flag { names: &["ttlid", "ttl"], set: Switch(|flags| &mut flags.show.ttl) },
    Flag { names: &["ttlunits"], set: Switch(|flags| &mut flags.show.ttl_units) },
    Flag { names: &["class"], set: Switch(|flags| &mut flags.show.class) },
    Flag { names: &["split"], set: Switch(|flags| &mut flags.show.split) },
    Flag { names: &["identify"], set: Switch(|flags| &mut flags.show.identify) },
];

/// Each step asks for DNSSEC's records too, as dig's do.
fn set_trace(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    flags.trace = given.switch()?;
    if flags.trace {
        flags.edns().dnssec = true;
    }
    Ok(())
}

fn set_time(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    let seconds: f64 = given.number("a number of seconds")?;
    let in_reach = (0.001..=MOST_PATIENCE).contains(&seconds);
    flags.patience =
        if in_reach { Duration::from_secs_f64(seconds) } else { return Err("between 0.001 and 3600 seconds") };
    Ok(())
}

fn set_tries(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    flags.tries = given.number::<u32>("a number from 1")?.clamp(1, MOST_TRIES);
    Ok(())
}

/// The first time is no repetition.
fn set_retry(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    flags.tries = given.number::<u32>("a number")?.min(MOST_TRIES - 1) + 1;
    Ok(())
}

fn set_id(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    flags.id = Some(given.number("a number up to 65535")?);
    Ok(())
}

fn set_payload(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    flags.edns().payload = given.number("a number up to 65535")?;
    Ok(())
}

fn set_opcode(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    let expected = "QUERY, IQUERY, STATUS, NOTIFY, UPDATE or a number up to 15";
    let Given::Value(value) = given else { return Err(expected) };
    let named = (0..=15).map(Opcode).find(|opcode| opcode.to_string().eq_ignore_ascii_case(value));
    let opcode = named.or_else(|| value.parse().ok().filter(|number| *number <= 15).map(Opcode));
    flags.opcode = opcode.ok_or(expected)?;
    Ok(())
}

fn set_edns(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    match given.value() {
        None => flags.edns = None,
        Some(None) => flags.edns().version = 0,
        Some(Some(version)) => flags.edns().version = version.parse().map_err(|_| "a version up to 255")?,
    }
    Ok(())
}

fn set_cookie(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    flags.edns().cookie = match given.value() {
        None => None,
        Some(None) => Some(Cookie::New),
        Some(Some(hex)) => Some(Cookie::Given(read_hex(hex).ok_or("an even number of hexadecimal digits")?)),
    };
    Ok(())
}

fn set_subnet(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    let expected = "a network as 198.18.0.0/24 or 2001:db8::/56";
    flags.edns().subnet = match given {
        Given::No => None,
        Given::Yes => return Err(expected),
        Given::Value(text) => Some(read_subnet(text).ok_or(expected)?),
    };
    Ok(())
}

/// `+subnet=0` is the way to say that one's own network is nobody's business (RFC 7871 7.1.2).
fn read_subnet(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let address: IpAddr = if address == "0" { IpAddr::from([0; 4]) } else { address.parse().ok()? };
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        Some(prefix) => prefix.parse().ok()?,
        None if text == "0" => 0,
        None => whole,
    };
    (prefix <= whole).then_some((address, prefix))
}

fn set_option(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    let expected = "CODE or CODE:HEX";
    match given {
        Given::No => flags.edns().others.clear(),
        Given::Yes => return Err(expected),
        Given::Value(text) => {
            let (code, hex) = text.split_once(':').unwrap_or((text, ""));
            let code = code.parse().map_err(|_| expected)?;
            flags.edns().others.push((code, read_hex(hex).ok_or(expected)?));
        }
    }
    Ok(())
}

fn read_hex(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() { Some(Vec::new()) } else { rdata::read_hex(text.as_bytes()) }
}

fn set_all(flags: &mut Flags, given: Given<'_>) -> Result<(), Expected> {
    let on = given.switch()?;
    let show = &mut flags.show;
    for part in [
        &mut show.cmd,
        &mut show.comments,
        &mut show.question,
        &mut show.answer,
        &mut show.authority,
        &mut show.additional,
        &mut show.stats,
    ] {
        *part = on;
    }
    Ok(())
}

/// Whoever wants more than this writes a loop.
const MOST_TRIES: u32 = 100;
/// An hour, in seconds.
const MOST_PATIENCE: f64 = 3600.0;
