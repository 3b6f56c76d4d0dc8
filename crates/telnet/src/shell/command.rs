//! From a line to a command.

use std::fmt;

/// What a person can want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What there is, or how one command is used.
    Help(Option<String>),
    /// Who is here.
    Who,
    /// One's own name.
    WhoAmI,
    /// The date and time.
    Date,
    /// Which hosts are worth a visit.
    Hosts,
    /// Something for all to hear.
    Say(String),
    /// Something for one to hear.
    Tell(String, String),
    /// Say line by line.
    Chat,
    /// What is on the board.
    ListPosts,
    /// One post of the board.
    ReadPost(u64),
    /// A post of one's own; perhaps with its subject.
    Post(Option<String>),
    /// Look up a name.
    Dig(String, Kind),
    /// Fetch a page.
    Get(String),
    /// Send a mail to an address; perhaps with its subject.
    Mail(String, Option<String>),
    /// Leave.
    Quit,
}

/// What can be looked up of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its addresses of any kind.
    Address,
    /// Its IPv4 addresses.
    A,
    /// Its IPv6 addresses.
    Aaaa,
    /// Its mail exchangers.
    Mx,
}

/// A line that means nothing, and what to type instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misunderstood {
    /// There is no such command.
    #[error("There is no command \"{0}\". Type help to see what there is.")]
    Unknown(Typed),
    /// The command needs something else behind it.
    #[error("Type it as: {0}")]
    Usage(&'static str),
    /// A record type that cannot be asked for.
    #[error("\"{0}\" cannot be looked up here. Take A, AAAA or MX.")]
    Kind(Typed),
}

/// A word as it was typed, shown up to a width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed(String);

impl Command {
    /// Reads a line; an empty one is no command.
    ///
    /// # Errors
    /// What is wrong with it, in words for the person who typed it.
    pub fn parse(line: &str) -> Result<Option<Self>, Misunderstood> {
        let (word, rest) = split(line);
        let needs = |usage| if rest.is_empty() { Err(Misunderstood::Usage(usage)) } else { Ok(rest.to_owned()) };
        Ok(Some(match word.to_lowercase().as_str() {
            "" => return Ok(None),
            "help" | "?" | "h" => Self::Help(some(rest)),
            "who" | "w" => Self::Who,
            "whoami" => Self::WhoAmI,
            "date" | "time" => Self::Date,
            "hosts" => Self::Hosts,
            "say" => Self::Say(needs("say TEXT")?),
            "tell" | "msg" => parse_tell(rest)?,
            "chat" => Self::Chat,
            "board" => parse_board(rest)?,
            "list" => Self::ListPosts,
            "read" => Self::ReadPost(number(rest)?),
            "post" => Self::Post(some(rest)),
            "dig" | "host" | "nslookup" => parse_dig(rest)?,
            "get" | "open" => Self::Get(needs("get URL, as in: get http://www.shop.test/")?),
            "mail" => parse_mail(rest)?,
            "quit" | "exit" | "logout" | "bye" | "q" => Self::Quit,
            _ => return Err(Misunderstood::Unknown(Typed(word.to_owned()))),
        }))
    }
}

impl Kind {
    fn parse(text: &str) -> Result<Self, Misunderstood> {
        match text.to_ascii_uppercase().as_str() {
            "" => Ok(Kind::Address),
            "A" => Ok(Kind::A),
            "AAAA" => Ok(Kind::Aaaa),
            "MX" => Ok(Kind::Mx),
            _ => Err(Misunderstood::Kind(Typed(text.to_owned()))),
        }
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.40}", self.0)
    }
}

fn parse_tell(rest: &str) -> Result<Command, Misunderstood> {
    match split(rest) {
        (_, "") => Err(Misunderstood::Usage("tell NAME TEXT")),
        (name, text) => Ok(Command::Tell(name.to_lowercase(), text.to_owned())),
    }
}

fn parse_board(rest: &str) -> Result<Command, Misunderstood> {
    match split(rest) {
        ("" | "list", _) => Ok(Command::ListPosts),
        ("read", which) => Ok(Command::ReadPost(number(which)?)),
        ("post", subject) => Ok(Command::Post(some(subject))),
        (word, "") if word.parse::<u64>().is_ok() => Ok(Command::ReadPost(number(word)?)),
        _ => Err(Misunderstood::Usage("board, board read NUMBER or board post SUBJECT")),
    }
}

fn parse_dig(rest: &str) -> Result<Command, Misunderstood> {
    match split(rest) {
        ("", _) => Err(Misunderstood::Usage("dig NAME [TYPE], as in: dig www.shop.test A")),
        (name, kind) => Ok(Command::Dig(name.to_owned(), Kind::parse(kind)?)),
    }
}

fn parse_mail(rest: &str) -> Result<Command, Misunderstood> {
    let (to, subject) = split(rest);
    match to.rsplit_once('@') {
        Some((local, domain)) if is_plain(local) && is_plain(domain) => Ok(Command::Mail(to.to_owned(), some(subject))),
        Some(_) | None => Err(Misunderstood::Usage("mail ADDRESS [SUBJECT], as in: mail carol@club.test Hello")),
    }
}

/// Whether a part of an address is free of what would have to be quoted (RFC 5321 4.1.2), or end a command.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic() && !b"<>()[]\\,;:\"@".contains(&octet))
}

fn number(text: &str) -> Result<u64, Misunderstood> {
    text.trim_start_matches('#').parse().map_err(|_| Misunderstood::Usage("read NUMBER; type board for the numbers"))
}

/// The first word and what stands behind it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_whatever_their_case_and_spaces() {
        for (line, command) in [
            ("  WHO ", Command::Who),
            ("say  hello  you", Command::Say("hello  you".into())),
            ("tell Bob hi there", Command::Tell("bob".into(), "hi there".into())),
            ("board", Command::ListPosts),
            ("board 3", Command::ReadPost(3)),
            ("read #3", Command::ReadPost(3)),
            ("board post Bread is fresh", Command::Post(Some("Bread is fresh".into()))),
            ("dig club.test mx", Command::Dig("club.test".into(), Kind::Mx)),
            ("mail carol@club.test", Command::Mail("carol@club.test".into(), None)),
            ("bye", Command::Quit),
        ] {
            assert_eq!(Command::parse(line), Ok(Some(command)), "{line}");
        }
        assert_eq!(Command::parse("  "), Ok(None));
    }

    #[test]
    fn errors_say_what_to_type() {
        for (line, error) in [
            ("frobnicate now", "There is no command \"frobnicate\". Type help to see what there is."),
            ("tell bob", "Type it as: tell NAME TEXT"),
            ("dig a.test SOA", "\"SOA\" cannot be looked up here. Take A, AAAA or MX."),
            ("read twice", "Type it as: read NUMBER; type board for the numbers"),
        ] {
            assert_eq!(Command::parse(line).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn an_address_cannot_smuggle_commands() {
        for to in ["carol", "a@b>", "<a@b", "a@", "@b", "a\"@b", "a@b@c"] {
            assert!(Command::parse(&format!("mail {to}")).is_err(), "{to}");
        }
    }
}
