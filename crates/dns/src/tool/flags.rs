//! The words that begin with `+`: how to ask, and what to show. They are dig's, and may be shortened as there.

use std::net::IpAddr;
use std::time::Duration;

use toynet_service::near;

use crate::codes::Opcode;
use crate::rdata;
use crate::wire::SAFE_PAYLOAD;

/// All that flags say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flags {
    /// Over a stream, and not only when the answer is too long.
    pub tcp: bool,
    /// Whether a truncated answer is taken as it is.
    pub ignore: bool,
    /// Whether to walk down from the root.
    pub trace: bool,
    /// How long to wait for an answer.
    pub patience: Duration,
    /// How often to ask.
    pub tries: u32,
    /// The message's id, where chance is not to choose it.
    pub id: Option<u16>,
    /// What the message is for.
    pub opcode: Opcode,
    /// RD.
    pub recurse: bool,
    /// AA.
    pub aa: bool,
    /// AD.
    pub ad: bool,
    /// CD.
    pub cd: bool,
    /// The bit that is reserved.
    pub z: bool,
    /// Whether to leave the question out.
    pub header_only: bool,
    /// EDNS, if it is wanted.
    pub edns: Option<Edns>,
    /// What to show.
    pub show: Show,
}

/// What the OPT record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edns {
    /// The version.
    pub version: u8,
    /// The largest datagram that is taken.
    pub payload: u16,
    /// DO.
    pub dnssec: bool,
    /// Whether the server is to say who it is.
    pub nsid: bool,
    /// A cookie: of one's own, or a new one.
    pub cookie: Option<Cookie>,
    /// For whom is asked: address and prefix length.
    pub subnet: Option<(IpAddr, u8)>,
    /// Further options, by code.
    pub others: Vec<(u16, Vec<u8>)>,
}

/// A cookie to send (RFC 7873).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// One that chance makes.
    New,
    /// This one.
    Given(Vec<u8>),
}

/// What to show of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Show {
    /// The data of the answer section alone.
    pub short: bool,
    /// As JSON.
    pub json: bool,
    /// What was typed.
    pub cmd: bool,
    /// Headings, header and OPT.
    pub comments: bool,
    /// The question section.
    pub question: bool,
    /// The answer section.
    pub answer: bool,
    /// The authority section.
    pub authority: bool,
    /// The additional section.
    pub additional: bool,
    /// Who answered, when and how fast.
    pub stats: bool,
    /// The query too.
    pub query: bool,
    /// Records over several lines, with what their fields are.
    pub multiline: bool,
    /// The TTL of records.
    pub ttl: bool,
    /// TTLs with units.
    pub ttl_units: bool,
    /// The class of records.
    pub class: bool,
    /// Long data in pieces.
    pub split: bool,
    /// With `short`, who answered.
    pub identify: bool,
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            tcp: false,
            ignore: false,
            trace: false,
            patience: PATIENCE,
            tries: TRIES,
            id: None,
            opcode: Opcode::QUERY,
            recurse: true,
            aa: false,
            ad: false,
            cd: false,
            z: false,
            header_only: false,
            edns: Some(Edns::default()),
            show: Show::default(),
        }
    }
}

impl Default for Edns {
    fn default() -> Self {
        let (nsid, cookie, subnet, others) = (false, None, None, Vec::new());
        Self { version: 0, payload: SAFE_PAYLOAD, dnssec: false, nsid, cookie, subnet, others }
    }
}

impl Default for Show {
    fn default() -> Self {
        Self {
            short: false,
            json: false,
            cmd: true,
            comments: true,
            question: true,
            answer: true,
            authority: true,
            additional: true,
            stats: true,
            query: false,
            multiline: false,
            ttl: true,
            ttl_units: false,
            class: true,
            split: true,
            identify: false,
        }
    }
}

/// Sets what one flag says, which is given without its plus sign.
///
/// # Errors
/// When there is no such flag or its value makes no sense, with advice.
pub fn set(flags: &mut Flags, text: &str) -> Result<(), String> {
    let (word, value) = text.split_once('=').map_or((text, None), |(word, value)| (word, Some(value)));
    let word = word.to_ascii_lowercase();
    let (flag, given) = match (find(&word), word.strip_prefix("no").map(find), value) {
        (Ok(flag), _, Some(value)) => (flag, Given::Value(value)),
        (Ok(flag), _, None) => (flag, Given::Yes),
        (Err(_), Some(Ok(flag)), None) => (flag, Given::No),
        (Err(_), Some(Ok(flag)), Some(_)) => return Err(format!("+no{} takes no value", flag.names[0])),
        (Err(Unclear::Several(names)), ..) | (_, Some(Err(Unclear::Several(names))), _) => {
            return Err(format!("+{word} may be {}", names.join(", ")));
        }
        (Err(Unclear::Unknown), ..) => return Err(unknown(&word)),
    };
    let name = flag.names[0];
    let outcome = match flag.set {
        Switch(place) => given.switch().map(|on| *place(flags) = on),
        Other(set) => set(flags, given),
    };
    outcome.map_err(|expected| match given {
        Given::Value(value) if expected.is_empty() => format!("+{name} takes no value, so not `{value}`"),
        Given::Value(value) => format!("`{value}` in +{name} is not {expected}"),
        Given::Yes => format!("+{name} needs {expected}: +{name}=..."),
        Given::No => format!("+{name} cannot be switched off"),
    })
}

/// How a flag was given.
#[derive(Clone, Copy)]
enum Given<'a> {
    /// `+flag`
    Yes,
    /// `+noflag`
    No,
    /// `+flag=value`
    Value(&'a str),
}

/// What should have been given; empty where no value is taken.
type Expected = &'static str;

struct Flag {
    /// The first is the one that is told.
    names: &'static [&'static str],
    set: Set,
}

enum Set {
    /// It is on or off.
    Switch(fn(&mut Flags) -> &mut bool),
    /// It may have a value, or changes more than one thing.
    Other(fn(&mut Flags, Given<'_>) -> Result<(), Expected>),
}
use Set::{Other, Switch};

enum Unclear {
    Unknown,
    Several(Vec<String>),
}

/// A flag by its name or the beginning of it, if that can be no other.
fn find(word: &str) -> Result<&'static Flag, Unclear> {
    if let Some(exact) = FLAGS.iter().find(|flag| flag.names.contains(&word)) {
        return Ok(exact);
    }
    let begins = |flag: &&Flag| flag.names.iter().any(|name| name.starts_with(word));
    match FLAGS.iter().filter(begins).collect::<Vec<_>>().as_slice() {
        [] => Err(Unclear::Unknown),
        [one] => Ok(one),
        several => Err(Unclear::Several(several.iter().map(|flag| format!("+{}", flag.names[0])).collect())),
    }
}

fn unknown(word: &str) -> String {
    let (no, bare) = word.strip_prefix("no").map_or(("", word), |bare| ("no", bare));
    let names = || FLAGS.iter().flat_map(|flag| flag.names).copied();
    let near = near::nearest(word, names()).map(|near| format!("+{near}"));
    let near = near.or_else(|| near::nearest(bare, names()).map(|near| format!("+{no}{near}")));
    let advice = near.map_or_else(|| "--help lists them".to_owned(), |near| format!("did you mean {near}?"));
    format!("+{word} is no flag ({advice})")
}

impl<'a> Given<'a> {
    fn switch(self) -> Result<bool, Expected> {
        match self {
            Given::Yes => Ok(true),
            Given::No => Ok(false),
            Given::Value(_) => Err(""),
        }
    }

    fn number<T: std::str::FromStr>(self, expected: Expected) -> Result<T, Expected> {
        match self {
            Given::Value(value) => value.parse().map_err(|_| expected),
            Given::Yes | Given::No => Err(expected),
        }
    }

    /// A value that need not be there; nothing when the flag is switched off.
    fn value(self) -> Option<Option<&'a str>> {
        match self {
            Given::Yes => Some(None),
            Given::No => None,
            Given::Value(value) => Some(Some(value)),
        }
    }
}

const FLAGS: &[Flag] = &[
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

impl Flags {
    /// What OPT says; to say anything in it switches it on.
    fn edns(&mut self) -> &mut Edns {
        self.edns.get_or_insert_default()
    }
}

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

/// As dig: three times five seconds.
const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: u32 = 3;
/// Whoever wants more than this writes a loop.
const MOST_TRIES: u32 = 100;
/// An hour, in seconds.
const MOST_PATIENCE: f64 = 3600.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_switched_on_and_off() {
        let flags = of(&["tcp", "norecurse", "nocomments", "cdflag", "vc"]).unwrap();
        assert!(flags.tcp && !flags.recurse && !flags.show.comments && flags.cd && flags.show.stats);
        let only = of(&["noall", "answer"]).unwrap().show;
        assert!(only.answer && !only.question && !only.stats && !only.cmd);
    }

    #[test]
    fn a_beginning_is_enough_where_it_is_clear() {
        assert!(!of(&["norec"]).unwrap().recurse);
        assert!(of(&["mult"]).unwrap().show.multiline);
        assert_eq!(of(&["ti=2"]).unwrap().patience, Duration::from_secs(2));
        assert_eq!(of(&["a"]).unwrap_err(), "+a may be +aaflag, +adflag, +all, +answer, +authority, +additional");
        assert_eq!(of(&["noad"]).unwrap_err(), "+noad may be +adflag, +additional");
    }

    #[test]
    fn to_say_anything_in_opt_switches_edns_on() {
        let edns = of(&["noedns", "nsid", "do", "bufsize=512", "subnet=198.18.0.0/24", "ednsopt=65001:abcd", "cookie"]);
        let edns = edns.unwrap().edns.unwrap();
        assert!(edns.nsid && edns.dnssec && edns.cookie == Some(Cookie::New));
        assert_eq!((edns.payload, edns.subnet), (512, Some(("198.18.0.0".parse().unwrap(), 24))));
        assert_eq!(edns.others, [(65001, vec![0xab, 0xcd])]);
        assert_eq!(of(&["noedns"]).unwrap().edns, None);
        assert_eq!(of(&["edns=3"]).unwrap().edns.unwrap().version, 3);
        assert_eq!(of(&["subnet=0"]).unwrap().edns.unwrap().subnet, Some(("0.0.0.0".parse().unwrap(), 0)));
    }

    #[test]
    fn values_are_read_where_they_belong() {
        let flags = of(&["tries=1", "retry=4", "timeout=0.5", "qid=7", "opcode=notify"]).unwrap();
        assert_eq!((flags.tries, flags.patience, flags.id), (5, Duration::from_millis(500), Some(7)));
        assert_eq!(flags.opcode, Opcode::NOTIFY);
    }

    #[test]
    fn what_makes_no_sense_is_told_with_advice() {
        for (flag, told) in [
            ("shotr", "+shotr is no flag (did you mean +short?)"),
            ("noanswre", "+noanswre is no flag (did you mean +noanswer?)"),
            ("xyzzy", "+xyzzy is no flag (--help lists them)"),
            ("short=1", "+short takes no value, so not `1`"),
            ("nobufsize=1", "+nobufsize takes no value"),
            ("bufsize", "+bufsize needs a number up to 65535: +bufsize=..."),
            ("bufsize=70000", "`70000` in +bufsize is not a number up to 65535"),
            ("notime", "+time cannot be switched off"),
            ("time=0", "`0` in +time is not between 0.001 and 3600 seconds"),
            ("subnet=198.18.0.0/33", "`198.18.0.0/33` in +subnet is not a network as 198.18.0.0/24 or 2001:db8::/56"),
            ("cookie=abc", "`abc` in +cookie is not an even number of hexadecimal digits"),
        ] {
            assert_eq!(of(&[flag]).unwrap_err(), told);
        }
    }

    fn of(texts: &[&str]) -> Result<Flags, String> {
        let mut flags = Flags::default();
        texts.iter().try_for_each(|text| set(&mut flags, text))?;
        Ok(flags)
    }
}
