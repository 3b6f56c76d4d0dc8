//! What is said, in words, with the section of the RFC that rules it.
//!
//! - here: commands; `reply`: replies; `status`: their codes; `header`: the fields of a message

mod header;
mod reply;
mod status;

use toynet_record::dissect::Note;

use super::What;
use crate::wire::command::CommandFault;
use crate::wire::content::ContentFault;
use crate::wire::parameter::{Body, Original, ParameterFault};
use crate::wire::path::Domain;
use crate::wire::{Command, ForwardPath, MailParameters, Notify, RcptParameters, Returned, ReversePath};

/// A line of the client: whether it came before the answer to the one before, and what is wrong with its end.
pub(super) fn command(command: &Result<Command, CommandFault>, is_early: bool, fault: Option<&str>) -> Vec<Note> {
    let mut notes = match command {
        Ok(command) => of(command),
        Err(fault) => vec![wrong(fault)],
    };
    if is_early {
        notes.push(Note::new("comes before the answer to what was said before: the client pipelines", "RFC 2920 3.1"));
    }
    notes.extend(fault.map(line_fault));
    notes
}

/// A line of the dialogue of AUTH.
pub(super) fn secret() -> Vec<Note> {
    vec![Note::new("answers the server's question about the user, in base64", "RFC 4954 4")]
}

/// A reply, by what it is for.
pub(super) fn reply(what: What, code: u16, lines: &[String]) -> Vec<Note> {
    reply::of(what, code, lines)
}

/// A message as far as its beginning is known, with what is wrong with it.
pub(super) fn content(head: &[u8], size: u64, fault: Option<ContentFault>) -> Vec<Note> {
    let mut notes = header::of(head);
    let dots = head.split(|octet| *octet == b'\n').filter(|line| line.starts_with(b".")).count();
    if dots > 0 {
        let text = format!("has {dots} lines that begin with a dot; each gets a second one on the way");
        notes.push(Note::new(text, "RFC 5321 4.5.2"));
    }
    if !head.is_ascii() {
        notes.push(Note::new("has octets beyond ASCII, which BODY=8BITMIME has announced", "RFC 6152 3"));
    }
    match fault {
        Some(fault) => notes.push(content_fault(fault)),
        None => {
            let text = format!("ends with a line that is a single dot, after {size} octets");
            notes.push(Note::new(text, "RFC 5321 4.1.1.4"));
        }
    }
    notes
}

/// What came in chunks: a part of a message, or the whole of it once the last one has come.
pub(super) fn chunk(octets: u64, whole: Option<&[u8]>) -> Vec<Note> {
    let count = format!("is {octets} octets as they are: no dots are doubled, and none ends it");
    let mut notes = vec![Note::new(count, "RFC 3030 2")];
    notes.extend(whole.into_iter().flat_map(header::of));
    notes
}

fn of(command: &Command) -> Vec<Note> {
    let one = |text: &str, rule: &str| vec![Note::new(text, rule)];
    match command {
        Command::Ehlo(name) => hello(name, "asks what the server can do beyond the basics"),
        Command::Helo(name) => hello(name, "greets the old way, which knows no extensions"),
        Command::Mail(from, parameters) => mail(from, parameters),
        Command::Rcpt(to, parameters) => rcpt(to, parameters),
        Command::Data => one("would like to send the message; the server lets it with 354", "RFC 5321 4.1.1.4"),
        Command::Bdat { octets, last } => vec![bdat(*octets, *last)],
        Command::StartTls => one("would like to go on under TLS; the server begins with 220", "RFC 3207 4"),
        Command::Auth(mechanism, first) => auth(mechanism, first.is_some()),
        Command::Rset => one("gives up the mail that has begun, if one has", "RFC 5321 4.1.1.5"),
        Command::Noop => one("wants nothing but an answer", "RFC 5321 4.1.1.9"),
        Command::Vrfy(_) => one("asks whether there is such a user; few servers tell strangers", "RFC 5321 4.1.1.6"),
        Command::Expn(_) => one("asks who is on a list; few servers tell strangers", "RFC 5321 4.1.1.7"),
        Command::Help => one("asks for help", "RFC 5321 4.1.1.8"),
        Command::Quit => one("says goodbye; the server answers and closes the connection", "RFC 5321 4.1.1.10"),
    }
}

fn hello(name: &str, purpose: &str) -> Vec<Note> {
    let mut notes = vec![Note::new(purpose, "RFC 5321 4.1.1.1")];
    notes.push(match name.starts_with('[') {
        true => Note::new(format!("has no name and gives its address, {name}"), "RFC 5321 4.1.3"),
        false => Note::new(format!("calls itself {name}; the server need not believe it"), "RFC 5321 4.1.4"),
    });
    notes
}

fn mail(from: &ReversePath, parameters: &MailParameters) -> Vec<Note> {
    let mut notes = vec![Note::new("begins a mail; this is its envelope, not its header", "RFC 5321 4.1.1.2")];
    notes.push(match from {
        ReversePath::Null => Note::new("has no sender: it is a notification, and none may answer it", "RFC 5321 4.5.5"),
        ReversePath::Mailbox(mailbox) => {
            Note::new(format!("would like to hear at {mailbox} if it cannot be delivered"), "RFC 5321 3.3")
        }
    });
    if let Some(size) = parameters.size {
        let text = format!("has some {size} octets (SIZE), so that the server can refuse it before it comes");
        notes.push(Note::new(text, "RFC 1870 6"));
    }
    notes.extend(parameters.body.map(|body| match body {
        Body::SevenBit => Note::new("is all ASCII (BODY=7BIT)", "RFC 6152 2"),
        Body::EightBitMime => Note::new("has octets beyond ASCII (BODY=8BITMIME)", "RFC 6152 2"),
    }));
    if parameters.smtputf8 {
        let text = "has addresses or header fields beyond ASCII (SMTPUTF8)";
        notes.push(Note::new(text, "RFC 6531 3.4"));
    }
    notes.extend(parameters.ret.map(|ret| match ret {
        Returned::Full => Note::new("wants all of it back if it fails (RET=FULL)", "RFC 3461 4.3"),
        Returned::Headers => Note::new("wants only its header back if it fails (RET=HDRS)", "RFC 3461 4.3"),
    }));
    notes.extend(parameters.envid.as_ref().map(|envid| {
        Note::new(format!("is called {} by its sender in notifications (ENVID)", envid.decoded()), "RFC 3461 4.4")
    }));
    notes.extend(parameters.auth.as_ref().map(|auth| {
        Note::new(format!("was handed in by {} (AUTH), if the server trusts this client", auth.decoded()), "RFC 4954 5")
    }));
    notes
}

fn rcpt(to: &ForwardPath, parameters: &RcptParameters) -> Vec<Note> {
    let mut notes = vec![match to {
        ForwardPath::Postmaster => {
            Note::new("is for whoever looks after the server, whom every server must know", "RFC 5321 4.5.1")
        }
        ForwardPath::Mailbox(mailbox) => {
            let whose = match &mailbox.domain {
                Domain::Name(name) => format!("which {name} alone understands"),
                Domain::Address(_) | Domain::Literal(_) => "at an address, without any domain".to_owned(),
            };
            Note::new(format!("is for the mailbox {}, {whose}", mailbox.local), "RFC 5321 4.1.1.3")
        }
    }];
    notes.extend(parameters.notify.map(|notify| Note::new(wishes(notify), "RFC 3461 4.1")));
    notes.extend(parameters.orcpt.as_ref().map(|Original { address, .. }| {
        Note::new(format!("was for {} when it was handed in (ORCPT)", address.decoded()), "RFC 3461 4.2")
    }));
    notes
}

fn wishes(notify: Notify) -> String {
    let Notify { success, failure, delay } = notify;
    let words = [(success, "is delivered"), (failure, "fails"), (delay, "takes long")];
    let words: Vec<&str> = words.into_iter().filter(|(is_on, _)| *is_on).map(|(_, word)| word).collect();
    match words.is_empty() {
        true => "wants to hear nothing of what becomes of it (NOTIFY=NEVER)".to_owned(),
        false => format!("wants to hear if it {} (NOTIFY)", words.join(" or ")),
    }
}

fn bdat(octets: u64, last: bool) -> Note {
    let which = if last { "the last chunk" } else { "a chunk" };
    Note::new(format!("sends {which} of the message at once: {octets} octets follow"), "RFC 3030 2")
}

fn auth(mechanism: &str, has_response: bool) -> Vec<Note> {
    let mut notes = vec![match mechanism {
        "PLAIN" => Note::new("says who the user is: name and password in one (PLAIN)", "RFC 4616 2"),
        "LOGIN" => Note::new("says who the user is: first the name, then the password (LOGIN)", "RFC 4954 4"),
        other => Note::new(format!("says who the user is by the mechanism {other}"), "RFC 4954 4"),
    }];
    if has_response {
        notes.push(Note::new("is base64, not encrypted: without TLS everyone on the way can read it", "RFC 4954 9"));
    }
    notes
}

fn wrong(fault: &CommandFault) -> Note {
    let rule = match fault {
        CommandFault::Unknown(_) | CommandFault::NotImplemented(_) => "RFC 5321 4.2.4",
        CommandFault::TooLong(..) => "RFC 5321 4.5.3.1.4",
        CommandFault::NotText => "RFC 5321 2.4",
        CommandFault::Syntax(_) => "RFC 5321 4.1.1",
        CommandFault::ReversePath(_) | CommandFault::ForwardPath(_) => "RFC 5321 4.1.2",
        CommandFault::Parameter(ParameterFault::Unknown(_)) => "RFC 5321 2.2.1",
        CommandFault::Parameter(_) => "RFC 5321 4.1.1.11",
    };
    Note::new(format!("is wrong: {fault}"), rule)
}

fn line_fault(fault: &str) -> Note {
    Note::new(format!("is wrong: {}", fault.split(" (RFC").next().unwrap_or(fault)), "RFC 5321 2.3.8")
}

fn content_fault(fault: ContentFault) -> Note {
    let rule = match fault {
        ContentFault::BareLf(_) | ContentFault::BareCr(_) => "RFC 5321 2.3.8",
        ContentFault::LongLine(_) => "RFC 5321 4.5.3.1.6",
        ContentFault::TooLarge(_) => "RFC 1870 6",
    };
    Note::new(format!("is wrong: {fault}"), rule)
}

#[cfg(test)]
mod tests;
