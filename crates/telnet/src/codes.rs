//! The numbers of commands and options, and their names.

use std::fmt;

/// Interpret As Command: what follows is no data (RFC 854).
pub const IAC: u8 = 255;
/// Begins a subnegotiation (RFC 855).
pub const SB: u8 = 250;
/// Ends a subnegotiation (RFC 855).
pub const SE: u8 = 240;

/// The four commands that negotiate an option (RFC 854).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// The sender wants to perform the option, or confirms that it does.
    Will,
    /// The sender refuses to perform the option, or to go on.
    Wont,
    /// The sender wants the other side to perform it, or confirms that it may.
    Do,
    /// The sender wants the other side not to perform it.
    Dont,
}

/// A command without an operand (RFC 854; the first four of RFC 1184 and RFC 885).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// End of file.
    Eof,
    /// Suspend the process.
    Susp,
    /// Abort the process.
    Abort,
    /// End of record.
    Eor,
    /// No operation.
    Nop,
    /// Data mark: the end of a Synch.
    Dm,
    /// The break key.
    Brk,
    /// Interrupt the process.
    Ip,
    /// Abort output.
    Ao,
    /// Are you there?
    Ayt,
    /// Erase character.
    Ec,
    /// Erase line.
    El,
    /// Go ahead.
    Ga,
}

/// An option by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TelnetOption(pub u8);

impl Verb {
    /// The verb with this number.
    pub fn read(octet: u8) -> Option<Self> {
        VERBS.iter().find(|(_, number, _)| *number == octet).map(|(verb, _, _)| *verb)
    }

    /// Its number.
    pub fn octet(self) -> u8 {
        match self {
            Verb::Will => 251,
            Verb::Wont => 252,
            Verb::Do => 253,
            Verb::Dont => 254,
        }
    }
}

impl Signal {
    /// The command with this number.
    pub fn read(octet: u8) -> Option<Self> {
        SIGNALS.iter().find(|(_, number, _)| *number == octet).map(|(signal, _, _)| *signal)
    }

    /// Its number.
    pub fn octet(self) -> u8 {
        self.row().1
    }

    /// The command of a name, whatever its case.
    pub fn named(text: &str) -> Option<Self> {
        SIGNALS.iter().find(|(_, _, name)| name.eq_ignore_ascii_case(text)).map(|(signal, _, _)| *signal)
    }

    fn row(self) -> &'static (Signal, u8, &'static str) {
        SIGNALS.iter().find(|(signal, _, _)| *signal == self).expect("the table has every signal")
    }
}

impl TelnetOption {
    /// Eight bits, uninterpreted (RFC 856).
    pub const BINARY: Self = Self(0);
    /// The sender echoes what it receives (RFC 857).
    pub const ECHO: Self = Self(1);
    /// No Go Ahead after each turn (RFC 858).
    pub const SGA: Self = Self(3);
    /// Which options are on (RFC 859).
    pub const STATUS: Self = Self(5);
    /// A mark in the stream that comes back (RFC 860).
    pub const TIMING_MARK: Self = Self(6);
    /// The kind of terminal (RFC 1091).
    pub const TTYPE: Self = Self(24);
    /// End of record marks (RFC 885).
    pub const EOR: Self = Self(25);
    /// The size of the window (RFC 1073).
    pub const NAWS: Self = Self(31);
    /// Variables of the environment (RFC 1572).
    pub const NEW_ENVIRON: Self = Self(39);
    /// A character set for both (RFC 2066).
    pub const CHARSET: Self = Self(42);

    /// The option of a name or a number, whatever its case.
    pub fn named(text: &str) -> Option<Self> {
        let named = OPTIONS.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
        named.map(|(number, _)| *number).or_else(|| text.parse().ok()).map(Self)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = VERBS.iter().find(|(verb, _, _)| verb == self).map_or("", |(_, _, name)| name);
        f.write_str(name)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().2)
    }
}

impl fmt::Display for TelnetOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match OPTIONS.iter().find(|(number, _)| *number == self.0) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "OPTION-{}", self.0),
        }
    }
}

const VERBS: [(Verb, u8, &str); 4] =
    [(Verb::Will, 251, "WILL"), (Verb::Wont, 252, "WONT"), (Verb::Do, 253, "DO"), (Verb::Dont, 254, "DONT")];

const SIGNALS: [(Signal, u8, &str); 13] = [
    (Signal::Eof, 236, "EOF"),
    (Signal::Susp, 237, "SUSP"),
    (Signal::Abort, 238, "ABORT"),
    (Signal::Eor, 239, "EOR"),
    (Signal::Nop, 241, "NOP"),
    (Signal::Dm, 242, "DM"),
    (Signal::Brk, 243, "BRK"),
    (Signal::Ip, 244, "IP"),
    (Signal::Ao, 245, "AO"),
    (Signal::Ayt, 246, "AYT"),
    (Signal::Ec, 247, "EC"),
    (Signal::El, 248, "EL"),
    (Signal::Ga, 249, "GA"),
];

/// The names that people meet, of IANA's registry "Telnet Options" and of what MUDs use beside it.
const OPTIONS: [(u8, &str); 30] = [
    (0, "BINARY"),
    (1, "ECHO"),
    (2, "RECONNECTION"),
    (3, "SGA"),
    (5, "STATUS"),
    (6, "TIMING-MARK"),
    (18, "LOGOUT"),
    (23, "SEND-LOCATION"),
    (24, "TTYPE"),
    (25, "EOR"),
    (31, "NAWS"),
    (32, "TSPEED"),
    (33, "LFLOW"),
    (34, "LINEMODE"),
    (35, "XDISPLOC"),
    (36, "ENVIRON"),
    (37, "AUTH"),
    (38, "ENCRYPT"),
    (39, "NEW-ENVIRON"),
    (40, "TN3270E"),
    (42, "CHARSET"),
    (44, "COM-PORT"),
    (46, "START-TLS"),
    (69, "MSDP"),
    (70, "MSSP"),
    (85, "MCCP1"),
    (86, "MCCP2"),
    (87, "MCCP3"),
    (201, "GMCP"),
    (255, "EXOPL"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_number() {
        for octet in 0..=255 {
            assert!(Verb::read(octet).is_none_or(|verb| verb.octet() == octet));
            assert!(Signal::read(octet).is_none_or(|signal| signal.octet() == octet));
        }
        assert_eq!(Signal::read(246), Some(Signal::Ayt));
        assert_eq!(Verb::read(253), Some(Verb::Do));
    }

    #[test]
    fn an_option_without_a_name_has_its_number() {
        assert_eq!(TelnetOption::NAWS.to_string(), "NAWS");
        assert_eq!(TelnetOption(200).to_string(), "OPTION-200");
    }
}
