//! What options have to say, as values and as octets.
//!
//! - [`environ`]: variables of the environment

pub mod environ;

use std::fmt;

use crate::codes::{TelnetOption, Verb};
use crate::wire::Element;
use environ::{Variable, VariableName};

/// A subnegotiation whose meaning is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subnegotiation {
    /// The client's window, in characters; 0 where it does not say (RFC 1073).
    WindowSize(u16, u16),
    /// The server asks for the kind of terminal (RFC 1091).
    SendTerminalType,
    /// The kind of terminal, of up to [`LONGEST_NAME`] characters (RFC 1091).
    TerminalType(String),
    /// Asks which options are on (RFC 859).
    SendStatus,
    /// Which options its sender believes to be on (RFC 859).
    Status(Vec<(Verb, TelnetOption)>),
    /// The server asks for variables, or for all of them when it names none (RFC 1572).
    SendEnvironment(Vec<VariableName>),
    /// Variables of the client; said again when they change (RFC 1572).
    Environment(Vec<Variable>),
    /// One side names character sets that it can use, best first (RFC 2066).
    CharsetRequest(Vec<String>),
    /// The other side takes one of them (RFC 2066).
    CharsetAccepted(String),
    /// The other side can use none of them (RFC 2066).
    CharsetRejected,
}

impl Subnegotiation {
    /// Reads what stands between SB and SE; nothing when it means nothing.
    pub fn read(option: TelnetOption, said: &[u8]) -> Option<Self> {
        match (option, said) {
            (TelnetOption::NAWS, [w1, w2, h1, h2]) => {
                Some(Self::WindowSize(u16::from_be_bytes([*w1, *w2]), u16::from_be_bytes([*h1, *h2])))
            }
            (TelnetOption::TTYPE, [SEND]) => Some(Self::SendTerminalType),
            (TelnetOption::TTYPE, [IS, name @ ..]) => Some(Self::TerminalType(printable(name))),
            (TelnetOption::STATUS, [SEND]) => Some(Self::SendStatus),
            (TelnetOption::STATUS, [IS, list @ ..]) => Some(Self::Status(read_status(list))),
            (TelnetOption::NEW_ENVIRON, [SEND, names @ ..]) => {
                Some(Self::SendEnvironment(environ::read(names).into_iter().map(|variable| variable.name).collect()))
            }
            (TelnetOption::NEW_ENVIRON, [IS | INFO, variables @ ..]) => {
                Some(Self::Environment(environ::read(variables)))
            }
            (TelnetOption::CHARSET, [REQUEST, list @ ..]) => Some(Self::CharsetRequest(read_charsets(list)?)),
            (TelnetOption::CHARSET, [ACCEPTED, name @ ..]) => Some(Self::CharsetAccepted(printable(name))),
            (TelnetOption::CHARSET, [REJECTED]) => Some(Self::CharsetRejected),
            _ => None,
        }
    }

    /// The whole subnegotiation for the wire.
    pub fn element(&self) -> Element {
        match self {
            Self::WindowSize(columns, rows) => {
                let size = [columns.to_be_bytes(), rows.to_be_bytes()].concat();
                Element::Subnegotiate(TelnetOption::NAWS, size)
            }
            Self::SendTerminalType => Element::Subnegotiate(TelnetOption::TTYPE, vec![SEND]),
            Self::TerminalType(name) => Element::Subnegotiate(TelnetOption::TTYPE, [&[IS], name.as_bytes()].concat()),
            Self::SendStatus => Element::Subnegotiate(TelnetOption::STATUS, vec![SEND]),
            Self::Status(list) => {
                let list = list.iter().flat_map(|(verb, option)| [verb.octet(), option.0]);
                Element::Subnegotiate(TelnetOption::STATUS, [IS].into_iter().chain(list).collect())
            }
            Self::SendEnvironment(names) => {
                let mut said = vec![SEND];
                names.iter().for_each(|name| name.write(&mut said));
                Element::Subnegotiate(TelnetOption::NEW_ENVIRON, said)
            }
            Self::Environment(variables) => {
                let mut said = vec![IS];
                variables.iter().for_each(|variable| variable.write(&mut said));
                Element::Subnegotiate(TelnetOption::NEW_ENVIRON, said)
            }
            Self::CharsetRequest(names) => {
                let list: String = names.iter().flat_map(|name| [";", name]).collect();
                Element::Subnegotiate(TelnetOption::CHARSET, [&[REQUEST], list.as_bytes()].concat())
            }
            Self::CharsetAccepted(name) => {
                Element::Subnegotiate(TelnetOption::CHARSET, [&[ACCEPTED], name.as_bytes()].concat())
            }
            Self::CharsetRejected => Element::Subnegotiate(TelnetOption::CHARSET, vec![REJECTED]),
        }
    }
}

impl fmt::Display for Subnegotiation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WindowSize(columns, rows) => write!(f, "NAWS {columns}x{rows}"),
            Self::SendTerminalType => f.write_str("TTYPE SEND"),
            Self::TerminalType(name) => write!(f, "TTYPE {name}"),
            Self::SendStatus => f.write_str("STATUS SEND"),
            Self::Status(list) => {
                f.write_str("STATUS")?;
                list.iter().try_for_each(|(verb, option)| write!(f, " {verb} {option}"))
            }
            Self::SendEnvironment(names) => {
                f.write_str("NEW-ENVIRON SEND")?;
                names.iter().try_for_each(|name| write!(f, " {name}"))
            }
            Self::Environment(variables) => {
                f.write_str("NEW-ENVIRON")?;
                variables.iter().try_for_each(|variable| write!(f, " {variable}"))
            }
            Self::CharsetRequest(names) => write!(f, "CHARSET REQUEST {}", names.join(" ")),
            Self::CharsetAccepted(name) => write!(f, "CHARSET ACCEPTED {name}"),
            Self::CharsetRejected => f.write_str("CHARSET REJECTED"),
        }
    }
}

/// The answer to a request for a character set: all text here is UTF-8.
pub fn choose_charset(offered: &[String]) -> Subnegotiation {
    match offered.iter().find(|name| name.eq_ignore_ascii_case("UTF-8")) {
        Some(name) => Subnegotiation::CharsetAccepted(name.clone()),
        None => Subnegotiation::CharsetRejected,
    }
}

/// Names behind a separator that the list itself chooses; a translation table offered before them is passed over.
fn read_charsets(list: &[u8]) -> Option<Vec<String>> {
    let list = list.strip_prefix(b"[TTABLE]").map_or(list, |rest| rest.get(1..).unwrap_or_default());
    let (separator, names) = list.split_first()?;
    Some(names.split(|octet| octet == separator).take(MOST_CHARSETS).map(printable).collect())
}

fn printable(name: &[u8]) -> String {
    let shown = name.iter().filter(|octet| octet.is_ascii_graphic() || **octet == b' ');
    shown.take(LONGEST_NAME).map(|octet| char::from(*octet)).collect()
}

fn read_status(list: &[u8]) -> Vec<(Verb, TelnetOption)> {
    let pairs = list.chunks_exact(2);
    pairs.filter_map(|pair| Some((Verb::read(pair[0])?, TelnetOption(pair[1])))).collect()
}

const IS: u8 = 0;
const SEND: u8 = 1;
const INFO: u8 = 2;
const REQUEST: u8 = 1;
const ACCEPTED: u8 = 2;
const REJECTED: u8 = 3;
/// More than any program can use.
const MOST_CHARSETS: usize = 64;
/// RFC 1091 section 6 allows 40 characters.
pub const LONGEST_NAME: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comes_back_as_it_was_written() {
        for said in [
            Subnegotiation::WindowSize(255, 65_535),
            Subnegotiation::SendTerminalType,
            Subnegotiation::TerminalType("xterm-256color".into()),
            Subnegotiation::SendStatus,
            Subnegotiation::Status(vec![(Verb::Will, TelnetOption::ECHO), (Verb::Do, TelnetOption::NAWS)]),
            Subnegotiation::SendEnvironment(vec![]),
            Subnegotiation::SendEnvironment(vec![VariableName::user()]),
            Subnegotiation::Environment(vec![
                Variable::user("ada"),
                Variable { name: VariableName::Own("TERM_".into()), value: None },
            ]),
            Subnegotiation::CharsetRequest(vec!["UTF-8".into(), "ISO-8859-1".into()]),
            Subnegotiation::CharsetAccepted("UTF-8".into()),
            Subnegotiation::CharsetRejected,
        ] {
            let Element::Subnegotiate(option, octets) = said.element() else { panic!("no subnegotiation") };
            assert_eq!(Subnegotiation::read(option, &octets), Some(said));
        }
    }

    #[test]
    fn they_are_told_in_words() {
        assert_eq!(Subnegotiation::WindowSize(80, 24).to_string(), "NAWS 80x24");
        let status = Subnegotiation::Status(vec![(Verb::Will, TelnetOption::ECHO)]);
        assert_eq!(status.to_string(), "STATUS WILL ECHO");
    }

    #[test]
    fn utf_8_is_the_character_set_whatever_else_is_offered() {
        let read = |list: &[u8]| match Subnegotiation::read(TelnetOption::CHARSET, list) {
            Some(Subnegotiation::CharsetRequest(names)) => choose_charset(&names).to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(read(b"\x01;ISO-8859-1;utf-8"), "CHARSET ACCEPTED utf-8");
        assert_eq!(read(b"\x01[TTABLE]\x01 UTF-8 ASCII"), "CHARSET ACCEPTED UTF-8");
        assert_eq!(read(b"\x01;KOI8-R"), "CHARSET REJECTED");
        assert_eq!(Subnegotiation::read(TelnetOption::CHARSET, b"\x01"), None);
    }

    #[test]
    fn a_name_has_no_control_characters_and_no_end() {
        let name = [&[0, 0x1b], "x".repeat(2000).as_bytes()].concat();
        let read = Subnegotiation::read(TelnetOption::TTYPE, &name);
        assert_eq!(read, Some(Subnegotiation::TerminalType("x".repeat(40))));
        assert_eq!(Subnegotiation::read(TelnetOption::NAWS, &[0, 80]), None);
    }
}
