//! Envelope and content, for those who want a mail in full.

use toynet_record::dissect::{Carried, Field};

use crate::wire::Command;

/// The path of MAIL or RCPT, by its name in RFC 5321: `reverse-path`, `forward-path`. It stands without brackets.
pub(super) fn envelope(command: &Command) -> Option<Box<Carried>> {
    let (name, path) = match command {
        Command::Mail(path, _) => (REVERSE_PATH, path.to_string()),
        Command::Rcpt(path, _) => (FORWARD_PATH, path.to_string()),
        _ => return None,
    };
    let value = path.trim_start_matches('<').trim_end_matches('>').to_owned();
    let field = Field { name: name.to_owned(), value, secrets: Vec::new() };
    Some(Box::new(Carried::new(vec![field], 0)))
}

/// What came through DATA, without dots that were added and the end: its beginning, of `size` octets.
pub(super) fn content(beginning: &[u8], size: u64, is_done: bool) -> Carried {
    let mut carried = Carried::new(Vec::new(), 0);
    carried.add(beginning);
    let missing = size - beginning.len() as u64;
    if missing > 0 || !is_done {
        carried.miss(missing);
    }
    carried
}

pub(crate) const REVERSE_PATH: &str = "reverse-path";
const FORWARD_PATH: &str = "forward-path";
