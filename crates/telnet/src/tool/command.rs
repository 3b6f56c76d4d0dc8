//! What a person can tell the client itself, behind its escape character.

use crate::codes::{Signal, TelnetOption, Verb};

/// A command for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Go back to the conversation.
    Resume,
    /// Hang up.
    Quit,
    /// How things stand.
    Status,
    /// What can be toggled, and how it stands.
    Display,
    /// Stop until the shell lets the client go on.
    Suspend,
    /// What there is to type.
    Help,
    /// Send something that is no text.
    Send(Sent),
    /// Turn a habit of the client round.
    Toggle(Habit),
    /// Show what one can do or not: `send ?`.
    Explain(&'static str),
}

/// What can be sent beside text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Signal(Signal),
    /// The escape character itself.
    Escape,
    /// All that was not yet read may be forgotten, up to here.
    Synch,
    /// A question which options are on.
    GetStatus,
    Ask(Verb, TelnetOption),
}

/// A habit of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Steps of negotiation are shown.
    Options,
    /// Enter is sent as CR LF, not as CR NUL.
    Crlf,
}

impl Command {
    /// Reads a line. A word may be cut as long as its beginning is that of one alone.
    ///
    /// # Errors
    /// What is wrong, for the person who typed it.
    pub fn parse(line: &str) -> Result<Self, String> {
        let mut words = line.split_whitespace();
        let Some(word) = words.next() else { return Ok(Self::Resume) };
        let rest: Vec<&str> = words.collect();
        match unfold(word, &COMMANDS).map_err(|many| wrong(word, many, "?"))? {
            "quit" | "close" | "exit" => Ok(Self::Quit),
            "status" => Ok(Self::Status),
            "display" => Ok(Self::Display),
            "z" => Ok(Self::Suspend),
            "send" => send(&rest),
            "toggle" => toggle(&rest),
            _ => Ok(Self::Help),
        }
    }
}

fn send(words: &[&str]) -> Result<Command, String> {
    let sent = match words {
        [] | ["?"] => return Ok(Command::Explain(SEND_HELP)),
        [verb @ ("do" | "dont" | "will" | "wont"), option] => {
            let option =
                TelnetOption::named(option).ok_or_else(|| format!("{option} is no option: a name or 0 to 255"))?;
            Sent::Ask(verb_of(verb), option)
        }
        [verb @ ("do" | "dont" | "will" | "wont"), ..] => return Err(format!("type it as: send {verb} OPTION")),
        [word] => match unfold(word, &SENT).map_err(|many| wrong(word, many, "send ?"))? {
            "synch" => Sent::Synch,
            "escape" => Sent::Escape,
            "getstatus" => Sent::GetStatus,
            name => Sent::Signal(Signal::named(name).ok_or_else(|| format!("{name} cannot be sent"))?),
        },
        _ => return Err("one thing at a time: send ? tells what there is".to_owned()),
    };
    Ok(Command::Send(sent))
}

fn verb_of(word: &str) -> Verb {
    match word {
        "do" => Verb::Do,
        "dont" => Verb::Dont,
        "will" => Verb::Will,
        _ => Verb::Wont,
    }
}

fn toggle(words: &[&str]) -> Result<Command, String> {
    match words {
        [] | ["?"] => Ok(Command::Explain(TOGGLE_HELP)),
        [word] => match unfold(word, &["options", "crlf"]).map_err(|many| wrong(word, many, "toggle ?"))? {
            "options" => Ok(Command::Toggle(Habit::Options)),
            _ => Ok(Command::Toggle(Habit::Crlf)),
        },
        _ => Err("one thing at a time: toggle ? tells what there is".to_owned()),
    }
}

/// The word of a list that begins so.
///
/// # Errors
/// Whether there are several.
fn unfold(begun: &str, words: &[&'static str]) -> Result<&'static str, bool> {
    let begun = begun.to_lowercase();
    let mut found = words.iter().filter(|word| word.starts_with(&begun));
    match (words.iter().find(|word| **word == begun), found.next(), found.next()) {
        (Some(word), _, _) | (None, Some(word), None) => Ok(word),
        (None, Some(_), Some(_)) => Err(true),
        (None, None, _) => Err(false),
    }
}

fn wrong(word: &str, ambiguous: bool, help: &str) -> String {
    let what = if ambiguous { "can be several commands" } else { "is no command" };
    format!("{word} {what}: {help} tells what there is")
}

const COMMANDS: [&str; 10] = ["quit", "close", "exit", "status", "display", "z", "send", "toggle", "help", "?"];
const SENT: [&str; 15] =
    ["ayt", "ao", "brk", "ip", "el", "ec", "ga", "nop", "eof", "susp", "abort", "eor", "synch", "escape", "getstatus"];

/// What there is to type.
pub(super) const HELP: &str = "\
quit             hang up (close and exit do the same)
status           how things stand
send WHAT        send a command or an option; send ? tells which
toggle WHAT      turn a habit round; toggle ? tells which
display          how the habits stand
z                stop until the shell lets the client go on
?                this
(nothing)        back to the conversation";
const SEND_HELP: &str = "\
ayt      are you there?           ip       interrupt the process
ao       abort output             brk      break
ec       erase character          el       erase line
ga       go ahead                 nop      nothing
eof      end of file              susp     suspend the process
abort    abort the process        eor      end of record
synch    data mark                escape   the escape character
getstatus  which options are on   do|dont|will|wont OPTION";
const TOGGLE_HELP: &str = "\
options  show the negotiation of options
crlf     send Enter as CR LF, not as CR NUL";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_be_cut_as_long_as_they_are_clear() {
        for (line, command) in [
            ("", Command::Resume),
            ("q", Command::Quit),
            ("STAT", Command::Status),
            ("send ayt", Command::Send(Sent::Signal(Signal::Ayt))),
            ("send sy", Command::Send(Sent::Synch)),
            ("send do echo", Command::Send(Sent::Ask(Verb::Do, TelnetOption::ECHO))),
            ("send wont 31", Command::Send(Sent::Ask(Verb::Wont, TelnetOption::NAWS))),
            ("t o", Command::Toggle(Habit::Options)),
            ("?", Command::Help),
        ] {
            assert_eq!(Command::parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn errors_say_what_to_type() {
        for (line, error) in [
            ("frob", "frob is no command: ? tells what there is"),
            ("s", "s can be several commands: ? tells what there is"),
            ("send e", "e can be several commands: send ? tells what there is"),
            ("send do", "type it as: send do OPTION"),
            ("send do nothing", "nothing is no option: a name or 0 to 255"),
            ("toggle x", "x is no command: toggle ? tells what there is"),
        ] {
            assert_eq!(Command::parse(line), Err(error.to_owned()));
        }
    }

    #[test]
    fn everything_that_can_be_sent_is_known() {
        for word in SENT {
            assert!(matches!(Command::parse(&format!("send {word}")), Ok(Command::Send(_))), "{word}");
        }
    }
}
