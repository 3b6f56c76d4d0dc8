//! From a word to a flag.

use toynet_service::near;

use super::Flags;
use super::given::Given;
use super::table::{FLAGS, Flag, Set};

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
        Set::Switch(place) => given.switch().map(|on| *place(flags) = on),
        Set::Other(set) => set(flags, given),
    };
    outcome.map_err(|expected| match given {
        Given::Value(value) if expected.is_empty() => format!("+{name} takes no value, so not `{value}`"),
        Given::Value(value) => format!("`{value}` in +{name} is not {expected}"),
        Given::Yes => format!("+{name} needs {expected}: +{name}=..."),
        Given::No => format!("+{name} cannot be switched off"),
    })
}

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::codes::Opcode;
    use crate::tool::flags::Cookie;

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
