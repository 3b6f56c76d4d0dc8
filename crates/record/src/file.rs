//! A journal as a file: a head, then portions of entries as they came.
//!
//! | octets | what |
//! |---|---|
//! | 15 | `toynet journal\n` |
//! | 1 | the version of the form: 1 |
//! | 4 | the length of the head, in little endian as all numbers |
//! | that | the head, as JSON: `lab`, `made_by`, `roster` |
//! | 4 + 8 | of each portion: its length, and how many entries were left out before it |
//! | that | whole entries, in order |
//!
//! A file that was cut off can be read up to the cut.

use serde::{Deserialize, Serialize};

use crate::{Entry, Journal, Roster};

/// What stands at the beginning of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The lab's name.
    pub lab: String,
    /// The program and its version.
    pub made_by: String,
    /// The hosts by address.
    pub roster: Roster,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct Recording {
    /// How it begins.
    pub head: Head,
    /// All entries.
    pub journal: Journal,
    /// Entries that were too many to be written down.
    pub left_out: u64,
    /// Whether it ends in the middle of something.
    pub is_cut: bool,
}

/// Why a file is no journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// It is something else.
    Other,
    /// It is of another version.
    Version(u8),
    /// It ends before its head does, or that makes no sense.
    Head,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FileError::Other => f.write_str("is no journal of a lab"),
            FileError::Version(version) => {
                write!(f, "is a journal of form {version}; this toynet reads form {VERSION}")
            }
            FileError::Head => f.write_str("is a journal whose head is broken"),
        }
    }
}

impl std::error::Error for FileError {}

/// Whether octets begin as a journal does, of whatever version.
pub fn is_journal(beginning: &[u8]) -> bool {
    beginning.starts_with(MAGIC)
}

/// The beginning of a file.
pub fn head(head: &Head) -> Vec<u8> {
    let text = serde_json::to_vec(head).expect("names and addresses are plain values");
    let length = u32::try_from(text.len()).expect("a head of 4 GiB would name more hosts than there are addresses");
    [MAGIC, &[VERSION], &length.to_le_bytes(), &text].concat()
}

/// What stands before the octets of a portion, of which there may be up to 2^32 - 1.
pub fn portion(octets: u32, left_out: u64) -> [u8; PORTION_HEAD] {
    let mut head = [0; PORTION_HEAD];
    head[..4].copy_from_slice(&octets.to_le_bytes());
    head[4..].copy_from_slice(&left_out.to_le_bytes());
    head
}

/// Reads a whole file.
///
/// # Errors
/// When its beginning is none of a journal.
pub fn read(octets: &[u8]) -> Result<Recording, FileError> {
    let rest = octets.strip_prefix(MAGIC).ok_or(FileError::Other)?;
    let (version, rest) = rest.split_first().ok_or(FileError::Head)?;
    if *version != VERSION {
        return Err(FileError::Version(*version));
    }
    let (length, rest) = rest.split_first_chunk().ok_or(FileError::Head)?;
    let (text, mut rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(FileError::Head)?;
    let mut head: Head = serde_json::from_slice(text).map_err(|_| FileError::Head)?;
    head.roster.index();
    let (mut entries, mut left_out, mut is_cut) = (Vec::new(), 0_u64, false);
    while !rest.is_empty() && !is_cut {
        is_cut = !take_portion(&mut rest, &mut entries, &mut left_out);
    }
    Ok(Recording { head, journal: entries.into(), left_out, is_cut })
}

/// Takes a portion off the front and says whether it was whole.
fn take_portion(rest: &mut &[u8], entries: &mut Vec<u8>, left_out: &mut u64) -> bool {
    let Some((head, after)) = rest.split_first_chunk::<PORTION_HEAD>() else { return false };
    let (length, missed) = head.split_at(4);
    let length = length.iter().rev().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    *left_out += missed.iter().rev().fold(0, |missed, octet| missed << 8 | u64::from(*octet));
    let (portion, after) = after.split_at_checked(length).unwrap_or((after, &[]));
    *rest = after;
    let mut broken = portion;
    while Entry::read(&mut broken).is_some() {}
    entries.extend_from_slice(&portion[..portion.len() - broken.len()]);
    portion.len() == length && broken.is_empty()
}

const MAGIC: &[u8] = b"toynet journal\n";
const VERSION: u8 = 1;
/// Length and what was left out.
const PORTION_HEAD: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Direction, EndId, Seen};
    use toynet_machine::Time;

    #[test]
    fn a_file_comes_back_as_it_was() {
        let recording = read(&file()).unwrap();
        assert_eq!(recording.head, a_head());
        assert_eq!(recording.head.roster.name("198.18.0.1".parse().unwrap()), Some("www.shop.test"));
        assert_eq!(numbers(&recording), [1, 2, 3, 4]);
        assert_eq!((recording.left_out, recording.is_cut), (7, false));
    }

    #[test]
    fn a_file_that_was_cut_is_read_up_to_the_cut() {
        let whole = file();
        let begins = head(&a_head()).len();
        let mut before = 0;
        for length in begins..whole.len() {
            let recording = read(&whole[..length]).unwrap();
            let read = numbers(&recording).len();
            assert!(read >= before && read < 4, "{length}");
            before = read;
        }
        assert_eq!(before, 3);
    }

    #[test]
    fn what_is_no_journal_is_said_to_be_none() {
        assert_eq!(read(b"[host.\"www.shop.test\".http]").unwrap_err(), FileError::Other);
        assert_eq!(read(b"").unwrap_err(), FileError::Other);
        assert_eq!(read(b"toynet journal\n\x02").unwrap_err(), FileError::Version(2));
        let whole = head(&a_head());
        for length in MAGIC.len()..whole.len() {
            assert_eq!(read(&whole[..length]).unwrap_err(), FileError::Head, "{length}");
        }
    }

    #[test]
    fn garbage_after_the_head_does_no_harm() {
        let mut octets = head(&a_head());
        octets.extend_from_slice(&[0xff; 100]);
        let recording = read(&octets).unwrap();
        assert!(recording.is_cut && numbers(&recording).is_empty());
    }

    fn file() -> Vec<u8> {
        let mut octets = head(&a_head());
        for (from, left_out) in [(1, 0), (3, 7)] {
            let mut entries = Vec::new();
            for number in from..from + 2 {
                let seen = Seen::Octets { direction: Direction::Sent, number, octets: b"GET /" };
                Entry { end: EndId::new(0, 1), time: Time::from_nanos(number), order: number, seen }
                    .write(&mut entries);
            }
            octets.extend_from_slice(&portion(entries.len() as u32, left_out));
            octets.extend_from_slice(&entries);
        }
        octets
    }

    fn a_head() -> Head {
        let mut roster = Roster::default();
        roster.add("www.shop.test", ["198.18.0.1".parse().unwrap()]);
        Head { lab: "shop".into(), made_by: "toynet 0".into(), roster }
    }

    fn numbers(recording: &Recording) -> Vec<u64> {
        recording.journal.entries().map(|entry| entry.order).collect()
    }
}
