//! What options have to say, as values and as octets.

use std::fmt;

use crate::codes::{TelnetOption, Verb};
use crate::wire::Element;

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
        }
    }
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
    fn a_name_has_no_control_characters_and_no_end() {
        let name = [&[0, 0x1b], "x".repeat(2000).as_bytes()].concat();
        let read = Subnegotiation::read(TelnetOption::TTYPE, &name);
        assert_eq!(read, Some(Subnegotiation::TerminalType("x".repeat(40))));
        assert_eq!(Subnegotiation::read(TelnetOption::NAWS, &[0, 80]), None);
    }
}
