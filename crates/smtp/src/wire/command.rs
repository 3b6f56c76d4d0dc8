//! Commands (RFC 5321 4.1.1; RFC 3030 for BDAT, RFC 3207 for STARTTLS, RFC 4954 for AUTH).

use std::fmt;

use super::auth::Secret;
use super::parameter::{MailParameters, ParameterFault, RcptParameters};
use super::path::{Cursor, ForwardPath, PathFault, ReversePath};
use super::reply::{Enhanced, Reply};

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Who it is, and that it would like to hear of extensions.
    Ehlo(String),
    /// Who it is.
    Helo(String),
    /// A mail begins.
    Mail(ReversePath, MailParameters),
    /// Whom it is for.
    Rcpt(ForwardPath, RcptParameters),
    /// The content comes after 354.
    Data,
    /// So many octets of content follow at once, perhaps the last.
    Bdat {
        /// How many.
        octets: u64,
        /// Whether they end the content.
        last: bool,
    },
    /// TLS begins after the reply.
    StartTls,
    /// Who the user is, by a mechanism in upper case, perhaps with its first response.
    Auth(String, Option<Secret>),
    /// The mail is given up.
    Rset,
    /// Nothing.
    Noop,
    /// Is there such a user?
    Vrfy(String),
    /// Who is on this list?
    Expn(String),
    /// What is there to say?
    Help,
    /// It is over.
    Quit,
}

/// What is wrong with a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandFault {
    /// Nobody knows it.
    #[error("there is no command {0:?}")]
    Unknown(String),
    /// It exists, and is not done here.
    #[error("{0} is not implemented here")]
    NotImplemented(&'static str),
    /// The line has more octets than this command may have.
    #[error("a {0} line has at most {1} octets")]
    TooLong(&'static str, usize),
    /// The line is not UTF-8, or has control characters.
    #[error("the line is not text")]
    NotText,
    /// The command is not written like this.
    #[error("write {0}")]
    Syntax(&'static str),
    /// The reverse-path is malformed.
    #[error("{0}")]
    ReversePath(PathFault),
    /// The forward-path is malformed.
    #[error("{0}")]
    ForwardPath(PathFault),
    /// A parameter cannot be taken.
    #[error("{0}")]
    Parameter(#[from] ParameterFault),
}

impl Command {
    /// Reads a line without its end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &[u8]) -> Result<Self, CommandFault> {
        let text = std::str::from_utf8(line).map_err(|_| CommandFault::NotText)?;
        if text.chars().any(char::is_control) {
            return Err(CommandFault::NotText);
        }
        // Blanks before the end are tolerated (RFC 5321 4.1.1).
        let text = text.trim_end_matches(' ');
        let (verb, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
        let verb = verb.to_ascii_uppercase();
        let longest = longest(&verb);
        let known = VERBS.iter().find(|(name, _)| *name == verb);
        let Some((verb, read)) = known else { return Err(unknown(&verb)) };
        if line.len() + 2 > longest { Err(CommandFault::TooLong(verb, longest)) } else { read(rest) }
    }
}

impl CommandFault {
    /// What the server says to it.
    pub fn reply(&self) -> Reply {
        let (code, enhanced) = match self {
            CommandFault::Unknown(_) | CommandFault::TooLong(..) | CommandFault::NotText => (500, Enhanced(5, 5, 2)),
            CommandFault::NotImplemented(_) => (502, Enhanced(5, 5, 1)),
            CommandFault::Syntax(_) => (501, Enhanced(5, 5, 4)),
            CommandFault::ReversePath(_) => (501, Enhanced(5, 1, 7)),
            CommandFault::ForwardPath(_) => (501, Enhanced(5, 1, 3)),
            CommandFault::Parameter(ParameterFault::Unknown(_)) => (555, Enhanced(5, 5, 4)),
            CommandFault::Parameter(_) => (501, Enhanced(5, 5, 4)),
        };
        Reply::new(code, enhanced, self.to_string())
    }
}

type Read = fn(&str) -> Result<Command, CommandFault>;

const VERBS: [(&str, Read); 14] = [
    ("EHLO", |rest| name(rest).map(Command::Ehlo).ok_or(CommandFault::Syntax("EHLO and your name or [address]"))),
    ("HELO", |rest| name(rest).map(Command::Helo).ok_or(CommandFault::Syntax("HELO and your name"))),
    ("MAIL", mail),
    ("RCPT", rcpt),
    ("DATA", |rest| alone(rest, Command::Data, "DATA alone")),
    ("BDAT", bdat),
    ("STARTTLS", |rest| alone(rest, Command::StartTls, "STARTTLS alone")),
    ("AUTH", auth),
    ("RSET", |rest| alone(rest, Command::Rset, "RSET alone")),
    ("NOOP", |_| Ok(Command::Noop)),
    ("VRFY", |rest| word(rest).map(Command::Vrfy).ok_or(CommandFault::Syntax("VRFY and a mailbox"))),
    ("EXPN", |rest| word(rest).map(Command::Expn).ok_or(CommandFault::Syntax("EXPN and a list"))),
    ("HELP", |_| Ok(Command::Help)),
    ("QUIT", |rest| alone(rest, Command::Quit, "QUIT alone")),
];

fn mail(rest: &str) -> Result<Command, CommandFault> {
    let rest = after(rest, " FROM:").ok_or(CommandFault::Syntax("MAIL FROM:<address>"))?;
    let mut cursor = Cursor { rest };
    let path = cursor.reverse_path().map_err(CommandFault::ReversePath)?;
    Ok(Command::Mail(path, MailParameters::parse(cursor.rest)?))
}

fn rcpt(rest: &str) -> Result<Command, CommandFault> {
    let rest = after(rest, " TO:").ok_or(CommandFault::Syntax("RCPT TO:<address>"))?;
    let mut cursor = Cursor { rest };
    let path = cursor.forward_path().map_err(CommandFault::ForwardPath)?;
    Ok(Command::Rcpt(path, RcptParameters::parse(cursor.rest)?))
}

fn auth(rest: &str) -> Result<Command, CommandFault> {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    match (words.next(), words.next(), words.next()) {
        (Some(mechanism), first, None) => {
            let first = first.map(|response| Secret(response.as_bytes().to_vec()));
            Ok(Command::Auth(mechanism.to_ascii_uppercase(), first))
        }
        _ => Err(CommandFault::Syntax("AUTH and a mechanism, perhaps with its first response")),
    }
}

fn bdat(rest: &str) -> Result<Command, CommandFault> {
    let fault = CommandFault::Syntax("BDAT, a number of octets and perhaps LAST");
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    // Up to 20 digits (RFC 3030 section 2): more octets than 64 bits count never arrive.
    let is_number = |word: &&str| word.len() <= 20 && word.bytes().all(|octet| octet.is_ascii_digit());
    let octets = words.next().filter(is_number).map(|word| word.parse().unwrap_or(u64::MAX));
    match (octets, words.next(), words.next()) {
        (Some(octets), None, None) => Ok(Command::Bdat { octets, last: false }),
        (Some(octets), Some(last), None) if last.eq_ignore_ascii_case("LAST") => {
            Ok(Command::Bdat { octets, last: true })
        }
        _ => Err(fault),
    }
}

fn unknown(verb: &str) -> CommandFault {
    match NOT_IMPLEMENTED.iter().find(|name| **name == verb) {
        Some(name) => CommandFault::NotImplemented(name),
        None => CommandFault::Unknown(verb.chars().take(16).collect()),
    }
}

/// A name, an address in brackets, or what clients without either say: enough to stand in a trace field.
fn name(rest: &str) -> Option<String> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || "-._:[]".contains(char);
    word(rest).filter(|name| name.len() <= 255 && name.chars().all(is_part))
}

fn word(rest: &str) -> Option<String> {
    rest.strip_prefix(' ').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned)
}

fn alone(rest: &str, command: Command, syntax: &'static str) -> Result<Command, CommandFault> {
    if rest.is_empty() { Ok(command) } else { Err(CommandFault::Syntax(syntax)) }
}

fn after<'a>(rest: &'a str, start: &str) -> Option<&'a str> {
    let (found, rest) = rest.split_at_checked(start.len())?;
    found.eq_ignore_ascii_case(start).then_some(rest)
}

/// Without the line end.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Ehlo(name) => write!(f, "EHLO {name}"),
            Command::Helo(name) => write!(f, "HELO {name}"),
            Command::Mail(path, parameters) => write!(f, "MAIL FROM:{path}{parameters}"),
            Command::Rcpt(path, parameters) => write!(f, "RCPT TO:{path}{parameters}"),
            Command::Data => f.write_str("DATA"),
            Command::Bdat { octets, last: false } => write!(f, "BDAT {octets}"),
            Command::Bdat { octets, last: true } => write!(f, "BDAT {octets} LAST"),
            Command::StartTls => f.write_str("STARTTLS"),
            Command::Auth(mechanism, None) => write!(f, "AUTH {mechanism}"),
            Command::Auth(mechanism, Some(Secret(response))) => {
                write!(f, "AUTH {mechanism} {}", String::from_utf8_lossy(response))
            }
            Command::Rset => f.write_str("RSET"),
            Command::Noop => f.write_str("NOOP"),
            Command::Vrfy(user) => write!(f, "VRFY {user}"),
            Command::Expn(list) => write!(f, "EXPN {list}"),
            Command::Help => f.write_str("HELP"),
            Command::Quit => f.write_str("QUIT"),
        }
    }
}

const NOT_IMPLEMENTED: [&str; 7] = ["ETRN", "ATRN", "TURN", "SEND", "SOML", "SAML", "XCLIENT"];
/// RFC 5321 4.5.3.1.4, line end included.
pub const LONGEST: usize = 512;
/// Longer by what the extensions say: 26 for SIZE (RFC 1870), 17 for BODY (RFC 6152), 10 for SMTPUTF8 (RFC 6531),
/// 500 for AUTH (RFC 4954 section 3), 9 for RET and 107 for ENVID (RFC 3461 4.3, 4.4).
pub const LONGEST_MAIL: usize = LONGEST + 26 + 17 + 10 + 500 + 9 + 107;
/// Longer by 29 for NOTIFY and 507 for ORCPT (RFC 3461 4.1, 4.2).
pub const LONGEST_RCPT: usize = LONGEST + 29 + 507;
/// RFC 4954 section 4.2, for AUTH and the lines of its dialogue.
pub const LONGEST_AUTH: usize = 12_288;

fn longest(verb: &str) -> usize {
    match verb {
        "MAIL" => LONGEST_MAIL,
        "RCPT" => LONGEST_RCPT,
        "AUTH" => LONGEST_AUTH,
        _ => LONGEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_and_written_back() {
        for text in [
            "EHLO client.test",
            "HELO [198.18.0.1]",
            "MAIL FROM:<>",
            "MAIL FROM:<alice@shop.test> SIZE=10 BODY=8BITMIME",
            "RCPT TO:<\"a b\"@club.test>",
            "RCPT TO:<Postmaster>",
            "RCPT TO:<carol@club.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;carol@club.test",
            "STARTTLS",
            "AUTH LOGIN",
            "AUTH PLAIN AGEAYg==",
            "DATA",
            "BDAT 10",
            "BDAT 0 LAST",
            "RSET",
            "NOOP",
            "VRFY alice",
            "EXPN list",
            "HELP",
            "QUIT",
        ] {
            assert_eq!(Command::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        assert_eq!(parse("mail from:<a@b.test>  "), Command::parse(b"MAIL FROM:<a@b.test>"));
    }

    #[test]
    fn each_mistake_has_its_code() {
        for (text, reply) in [
            ("FOO", "500 5.5.2 there is no command \"FOO\""),
            ("", "500 5.5.2 there is no command \"\""),
            ("ETRN x", "502 5.5.1 ETRN is not implemented here"),
            ("STARTTLS now", "501 5.5.4 write STARTTLS alone"),
            ("AUTH", "501 5.5.4 write AUTH and a mechanism, perhaps with its first response"),
            ("EHLO", "501 5.5.4 write EHLO and your name or [address]"),
            ("EHLO a b", "501 5.5.4 write EHLO and your name or [address]"),
            ("DATA now", "501 5.5.4 write DATA alone"),
            ("MAIL <a@b.test>", "501 5.5.4 write MAIL FROM:<address>"),
            ("MAIL FROM: <a@b.test>", "501 5.1.7 the path does not begin with <"),
            ("RCPT TO:<a..b@c.test>", "501 5.1.3 the local part is malformed"),
            ("MAIL FROM:<a@b.test> X=1", "555 5.5.4 the parameter X is not known"),
            ("RCPT TO:<a@b.test> SIZE=1", "555 5.5.4 the parameter SIZE is not known"),
            ("RCPT TO:<a@b.test> NOTIFY=NEVER,DELAY", "501 5.5.4 the value of NOTIFY is malformed"),
            ("MAIL FROM:<a@b.test> SIZE=x", "501 5.5.4 the value of SIZE is malformed"),
            ("BDAT x", "501 5.5.4 write BDAT, a number of octets and perhaps LAST"),
            ("NOOP \0", "500 5.5.2 the line is not text"),
        ] {
            assert_eq!(parse(text).unwrap_err().reply().to_string(), reply, "{text:?}");
        }
    }

    #[test]
    fn a_line_has_512_octets_and_more_where_parameters_stand() {
        let noop = |length: usize| format!("NOOP {}", "x".repeat(length - 7));
        assert!(parse(&noop(512)).is_ok());
        assert_eq!(parse(&noop(513)), Err(CommandFault::TooLong("NOOP", 512)));
        let mail = |length: usize| format!("MAIL FROM:<a@b.test>{}", " ".repeat(length - 22) + "x");
        assert!(matches!(parse(&mail(LONGEST_MAIL - 1)), Err(CommandFault::Parameter(_))));
        assert_eq!(parse(&mail(LONGEST_MAIL + 1)), Err(CommandFault::TooLong("MAIL", LONGEST_MAIL)));
    }

    fn parse(text: &str) -> Result<Command, CommandFault> {
        Command::parse(text.as_bytes())
    }
}
