//! Reply codes and enhanced status codes in words.

use toynet_record::dissect::Note;

use crate::wire::Enhanced;

/// A reply code: what it says, and what its first digit means for the client.
pub(super) fn code(code: u16) -> Note {
    let class = match code / 100 {
        2 => "done",
        3 => "go on, more is needed",
        4 => "not now, and the same may be tried again later",
        5 => "no, and trying the same again is no use",
        _ => "no code of SMTP",
    };
    match CODES.iter().find(|(known, ..)| *known == code) {
        Some((_, words, rule)) => Note::new(format!("{code}: {words} ({class})"), rule),
        None => Note::new(format!("{code}: {class}"), "RFC 5321 4.2.1"),
    }
}

/// An enhanced code: class, subject and detail.
pub(super) fn enhanced(code: Enhanced) -> Note {
    let Enhanced(class, subject, detail) = code;
    let class = match class {
        2 => "success",
        4 => "failure for now",
        _ => "failure for good",
    };
    let words = DETAILS.iter().find(|(one, other, _)| (*one, *other) == (subject, detail)).map(|(_, _, words)| *words);
    let about = SUBJECTS.get(usize::from(subject)).copied().unwrap_or("something of its own kind");
    // What came later than RFC 3463 stands in the registry that RFC 5248 has made.
    let rule = match (usize::from(subject) < SUBJECTS.len(), is_later(subject, detail)) {
        (true, false) => format!("RFC 3463 3.{}", subject + 1),
        _ => "RFC 5248 2".to_owned(),
    };
    Note::new(format!("{code}: {class}, {}", words.unwrap_or(about)), &rule)
}

fn is_later(subject: u16, detail: u16) -> bool {
    matches!((subject, detail), (1, 9..) | (6, 6..) | (7, 8..))
}

/// RFC 5321 4.2.3, and what extensions have added.
const CODES: [(u16, &str, &str); 31] = [
    (211, "the state of the system", "RFC 5321 4.2.3"),
    (214, "help for people", "RFC 5321 4.2.3"),
    (220, "the server is ready", "RFC 5321 4.2.3"),
    (221, "the server says goodbye and closes the connection", "RFC 5321 4.2.3"),
    (235, "the user is known", "RFC 4954 6"),
    (250, "it was done", "RFC 5321 4.2.3"),
    (251, "the user is elsewhere, and the mail will be passed on", "RFC 5321 3.4"),
    (252, "the user is not looked up, but mail would be tried", "RFC 5321 3.5.3"),
    (334, "the next line of AUTH is awaited", "RFC 4954 4"),
    (354, "the message may come, up to a line that is a single dot", "RFC 5321 4.2.3"),
    (421, "the server closes the connection", "RFC 5321 3.8"),
    (432, "the user must change the password first", "RFC 4954 6"),
    (450, "the mailbox cannot be used at the moment", "RFC 5321 4.2.3"),
    (451, "something went wrong in the server", "RFC 5321 4.2.3"),
    (452, "the server has no room, or not for so many recipients", "RFC 5321 4.5.3.1.10"),
    (454, "TLS or AUTH cannot be had at the moment", "RFC 3207 4"),
    (455, "the parameters cannot be granted", "RFC 5321 4.2.3"),
    (500, "the server does not know the command, or the line is too long", "RFC 5321 4.2.4"),
    (501, "what follows the command is malformed", "RFC 5321 4.2.3"),
    (502, "the command exists and is not done here", "RFC 5321 4.2.4"),
    (503, "the command does not belong here", "RFC 5321 4.1.4"),
    (504, "the parameter is not done here", "RFC 5321 4.2.3"),
    (530, "the server must know the user, or wants TLS, first", "RFC 4954 6"),
    (534, "the mechanism is too weak for this user", "RFC 4954 6"),
    (535, "name and password do not fit", "RFC 4954 6"),
    (538, "the mechanism needs TLS", "RFC 4954 6"),
    (550, "there is no such mailbox, or the mail is not wanted", "RFC 5321 4.2.3"),
    (552, "the message is too large", "RFC 1870 6"),
    (553, "the name of the mailbox is not allowed", "RFC 5321 4.2.3"),
    (554, "it failed, or no mail is taken here", "RFC 5321 3.1"),
    (555, "a parameter is not known", "RFC 5321 4.1.1.11"),
];

/// By number (RFC 3463 section 3).
const SUBJECTS: [&str; 8] = [
    "nothing further is said",
    "about an address",
    "about a mailbox",
    "about the mail system",
    "about the network or the way of the mail",
    "about the protocol",
    "about the content of the mail",
    "about security or policy",
];

/// RFC 3463 section 3, and the registry of RFC 5248.
const DETAILS: [(u16, u16, &str); 41] = [
    (0, 0, "nothing further is said"),
    (1, 0, "the sender's address is fine, or nothing further is said of an address"),
    (1, 1, "there is no such mailbox"),
    (1, 2, "there is no such domain"),
    (1, 3, "the recipient's address is malformed"),
    (1, 4, "the recipient's address stands for more than one mailbox"),
    (1, 5, "the recipient's address is valid"),
    (1, 6, "the mailbox has moved away"),
    (1, 7, "the sender's address is malformed"),
    (1, 8, "the sender's domain is not known"),
    (1, 10, "the domain takes no mail: its MX is null"),
    (2, 0, "nothing further is said of the mailbox"),
    (2, 1, "the mailbox takes no mail"),
    (2, 2, "the mailbox is full"),
    (2, 3, "the message is too large for the mailbox"),
    (3, 0, "the mail system has trouble"),
    (3, 1, "the mail system is full"),
    (3, 2, "the mail system takes no mail now"),
    (3, 4, "the message is too large"),
    (4, 1, "the other host does not answer"),
    (4, 2, "the connection is bad"),
    (4, 3, "the directory cannot be asked"),
    (4, 4, "the mail can be sent nowhere"),
    (4, 6, "the mail goes in circles"),
    (4, 7, "the mail has waited too long"),
    (5, 0, "nothing further is said of the protocol"),
    (5, 1, "the command is not valid here"),
    (5, 2, "the command is malformed"),
    (5, 3, "there are too many recipients"),
    (5, 4, "the arguments of the command are not valid"),
    (6, 0, "the content is malformed"),
    (6, 1, "the kind of content is not supported"),
    (6, 3, "the content would have to be converted, and cannot be"),
    (6, 7, "addresses beyond ASCII are not allowed here"),
    (7, 0, "nothing further is said of security"),
    (7, 1, "it is not allowed"),
    (7, 8, "name and password do not fit"),
    (7, 9, "the mechanism is too weak"),
    (7, 11, "the mechanism needs TLS"),
    (7, 23, "SPF says that the sender may not send from there"),
    (7, 26, "several checks of the sender failed"),
];
