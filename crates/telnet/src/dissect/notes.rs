//! Commands, options and line ends explained.

use toynet_record::Side;
use toynet_record::dissect::Note;

use super::agreed::Step;
use crate::codes::{Signal, TelnetOption, Verb};
use crate::subnegotiation::Subnegotiation;

/// A step of negotiation: who wants what of whom, or what they answer.
pub(super) fn negotiation(by: Side, verb: Verb, option: TelnetOption, step: Step) -> Note {
    let (who, other) = (name(by), name(by.peer()));
    let is_performer = matches!(verb, Verb::Will | Verb::Wont);
    let what = doing(option);
    let text = match (step, is_performer) {
        (Step::Wish, true) => format!("{who} offers to {what} ({option})"),
        (Step::Wish, false) => format!("{who} asks {other} to {what} ({option})"),
        (Step::Consent, true) => format!("{who} agrees to {what} ({option})"),
        (Step::Consent, false) => format!("{who} lets {other} {what} ({option})"),
        (Step::Refusal, true) => format!("{who} will not {what} ({option}), as it is free to say"),
        (Step::Refusal, false) => format!("{who} does not want {other} to {what} ({option}), as it is free to say"),
        (Step::Stop, true) => format!("from here on {who} does not {what} ({option})"),
        (Step::Stop, false) => format!("{who} demands that {other} does not {what} any longer ({option})"),
        (Step::StopGranted, _) => format!("{who} confirms that {option} is off, which nobody may refuse"),
        (Step::Repeat(_), _) => format!("{who} says {verb} {option} though it is so already: it must not be answered"),
        (Step::WishAgain(times), _) => format!("{who} says {verb} {option} again, though it was refused {times} times"),
        (Step::Mark, _) => timing_mark(by, verb),
    };
    let rule = match step {
        Step::Repeat(_) | Step::WishAgain(_) => "RFC 1143 7".to_owned(),
        Step::Refusal if rule(option).is_none() => "RFC 854 (WON'T, DON'T)".to_owned(),
        Step::StopGranted => "RFC 854 (WON'T, DON'T)".to_owned(),
        Step::Wish | Step::Consent | Step::Refusal | Step::Stop | Step::Mark => {
            rule(option).map_or_else(|| "RFC 855".to_owned(), |rfc| format!("{rfc} 2"))
        }
    };
    Note::new(text, &rule)
}

fn timing_mark(by: Side, verb: Verb) -> String {
    let (who, other) = (name(by), name(by.peer()));
    match verb {
        Verb::Do => format!("{who} asks {other} for a mark when all before it is worked off"),
        Verb::Will => format!("{who} has worked off all before the mark that was asked for"),
        Verb::Wont => format!("{who} gives no marks, and that answer is a mark as well"),
        Verb::Dont => format!("{who} wants no mark"),
    }
}

/// What an option has to say; `agreed` tells whether it is on.
pub(super) fn subnegotiation(by: Side, option: TelnetOption, said: &[u8], agreed: bool) -> Note {
    let (who, other) = (name(by), name(by.peer()));
    let what = match Subnegotiation::read(option, said) {
        Some(Subnegotiation::WindowSize(0, 0)) => format!("{who} leaves the size of its window open"),
        Some(Subnegotiation::WindowSize(columns, rows)) => {
            format!("{who} has a window of {columns} columns and {rows} rows, in two octets each")
        }
        Some(Subnegotiation::SendTerminalType) => format!("{who} asks for the kind of terminal (SEND)"),
        Some(Subnegotiation::TerminalType(kind)) => format!("{who} has a terminal of the kind {kind} (IS)"),
        Some(Subnegotiation::SendStatus) => format!("{who} asks what {other} believes to be on (SEND)"),
        Some(Subnegotiation::Status(list)) => {
            format!("{who} believes {} options to be on, each told by the verb that it would send (IS)", list.len())
        }
        Some(Subnegotiation::SendEnvironment(names)) if names.is_empty() => {
            format!("{who} asks for all variables of the environment (SEND)")
        }
        Some(Subnegotiation::SendEnvironment(names)) => {
            let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
            format!("{who} asks for the variables {} (SEND)", names.join(", "))
        }
        Some(Subnegotiation::Environment(variables)) => {
            let names: Vec<_> = variables.iter().map(|variable| variable.name.as_str()).collect();
            format!("{who} tells the variables {}; any program can claim any value", names.join(", "))
        }
        Some(Subnegotiation::CharsetRequest(names)) => {
            format!("{who} can use the character sets {}, best first (REQUEST)", names.join(", "))
        }
        Some(Subnegotiation::CharsetAccepted(name)) => format!("{who} takes the character set {name} (ACCEPTED)"),
        Some(Subnegotiation::CharsetRejected) => format!("{who} can use none of the character sets (REJECTED)"),
        None => format!("{who} says {} octets about {option}, between IAC SB and IAC SE", said.len()),
    };
    let doubt = if agreed { "" } else { ", though the option was never agreed" };
    let rule = match rule(option) {
        Some(rfc) if agreed => format!("{rfc} 2"),
        Some(_) | None => "RFC 855".to_owned(),
    };
    Note::new(format!("{what}{doubt}"), &rule)
}

/// A command without an operand.
pub(super) fn signal(by: Side, signal: Signal) -> Note {
    let (who, other) = (name(by), name(by.peer()));
    let (text, rule) = match signal {
        Signal::Nop => (format!("{who} says nothing, and so tells that it is there"), "RFC 854 (NOP)"),
        Signal::Dm => {
            (format!("{who} marks the end of a Synch: what came before it may be thrown away"), "RFC 854 (SYNCH)")
        }
        Signal::Brk => (format!("{who} presses the break key"), "RFC 854 (BREAK)"),
        Signal::Ip => (format!("{who} wants what runs at {other} to be interrupted"), "RFC 854 (IP)"),
        Signal::Ao => (format!("{who} wants no more output of what runs; it may run to its end"), "RFC 854 (AO)"),
        Signal::Ayt => (format!("{who} asks whether {other} is there, and wants to see an answer"), "RFC 854 (AYT)"),
        Signal::Ec => (format!("{who} erases the character before"), "RFC 854 (EC)"),
        Signal::El => (format!("{who} erases the line"), "RFC 854 (EL)"),
        Signal::Ga => (format!("{who} has said what it wanted: it is the turn of {other}"), "RFC 854 (GA)"),
        Signal::Eor => (format!("{who} ends a record, such as a prompt"), "RFC 885 2"),
        Signal::Eof => (format!("{who} has no more to type"), "RFC 1184 2.5"),
        Signal::Susp => (format!("{who} wants what runs to be suspended"), "RFC 1184 2.5"),
        Signal::Abort => (format!("{who} wants what runs to be aborted"), "RFC 1184 2.5"),
    };
    Note::new(text, rule)
}

/// A subnegotiation that was cut short or was too long.
pub(super) fn broken(by: Side, option: TelnetOption) -> Note {
    Note::new(format!("{} begins to speak of {option} and does not end it by IAC SE", name(by)), "RFC 855")
}

/// IAC and an octet that is no command.
pub(super) fn stray(by: Side, octet: u8) -> Note {
    let text = format!("{} sends IAC {octet}, which is no command: 255 in data is sent twice", name(by));
    Note::new(text, "RFC 854 (IAC)")
}

/// How a typed line ended.
pub(super) fn line_end(first: u8, next: Option<u8>) -> Option<Note> {
    let rule = "RFC 854 (CR, LF)";
    Some(match (first, next) {
        (b'\r', Some(b'\n')) => Note::new("the line ends with CR LF, as lines do on the network", rule),
        (b'\r', Some(0)) => Note::new("the Enter key came as CR NUL: a CR that moves no line down", rule),
        (b'\n', _) => Note::new("the line ends with LF alone, which RFC 854 does not have", rule),
        (b'\r', Some(_)) => Note::new("the line ends with CR alone, as only BINARY allows", "RFC 856 3"),
        // What follows the CR has not come.
        _ => return None,
    })
}

/// How the line came to be seen.
pub(super) fn echo(server_echoes: bool) -> Note {
    match server_echoes {
        true => Note::new("each key went by itself, and the server showed what it took of it", "RFC 857 2"),
        false => {
            Note::new("the client showed and edited the line, and sent it whole", "RFC 854 (PRINTER AND KEYBOARD)")
        }
    }
}

fn name(side: Side) -> &'static str {
    match side {
        Side::Initiator => "the client",
        Side::Acceptor => "the server",
    }
}

fn doing(option: TelnetOption) -> String {
    let row = OPTIONS.iter().find(|(number, _, _)| *number == option.0);
    row.map_or_else(|| format!("perform option {}", option.0), |(_, _, doing)| (*doing).to_owned())
}

fn rule(option: TelnetOption) -> Option<&'static str> {
    OPTIONS.iter().find(|(number, _, _)| *number == option.0).map(|(_, rule, _)| *rule)
}

const OPTIONS: [(u8, &str, &str); 19] = [
    (0, "RFC 856", "send eight-bit octets as they are"),
    (1, "RFC 857", "show what it receives"),
    (3, "RFC 858", "leave out the Go Ahead at the end of each turn"),
    (5, "RFC 859", "tell which options it believes to be on"),
    (18, "RFC 727", "log itself out"),
    (24, "RFC 1091", "tell the kind of its terminal"),
    (25, "RFC 885", "mark the end of each record"),
    (31, "RFC 1073", "tell the size of its window"),
    (32, "RFC 1079", "tell the speed of its terminal"),
    (33, "RFC 1372", "switch flow control when told"),
    (34, "RFC 1184", "edit lines itself by rules that are agreed"),
    (35, "RFC 1096", "tell where its X display is"),
    (36, "RFC 1408", "tell variables of its environment, in the old form"),
    (37, "RFC 2941", "prove who it is"),
    (38, "RFC 2946", "encrypt what it sends"),
    (39, "RFC 1572", "tell variables of its environment"),
    (40, "RFC 2355", "speak as a 3270 terminal"),
    (42, "RFC 2066", "agree on a character set"),
    (44, "RFC 2217", "give access to a serial port"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::agreed::Performer;

    #[test]
    fn who_asks_whom_for_what_is_told() {
        let told = |by, verb, option, step| negotiation(by, verb, option, step).text;
        let (c, s) = (Side::Initiator, Side::Acceptor);
        assert_eq!(
            told(s, Verb::Will, TelnetOption::ECHO, Step::Wish),
            "the server offers to show what it receives (ECHO)"
        );
        assert_eq!(
            told(s, Verb::Do, TelnetOption::NAWS, Step::Wish),
            "the server asks the client to tell the size of its window (NAWS)"
        );
        assert_eq!(
            told(c, Verb::Wont, TelnetOption::NAWS, Step::Refusal),
            "the client will not tell the size of its window (NAWS), as it is free to say"
        );
        assert_eq!(Performer::of(c, Verb::Wont), Performer::Client);
    }

    #[test]
    fn the_environment_is_told_by_name_alone() {
        let note = subnegotiation(Side::Initiator, TelnetOption::NEW_ENVIRON, b"\x00\x03TOKEN\x01sesame", false);
        assert!(note.text.contains("TOKEN") && !note.text.contains("sesame") && note.text.contains("never agreed"));
    }
}
