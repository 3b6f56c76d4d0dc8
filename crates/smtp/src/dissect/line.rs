//! What one side has said of a line.

use toynet_machine::Time;

/// Gathers lines, also those that are not as they should be.
#[derive(Debug, Default)]
pub(super) struct Lines {
    held: Vec<u8>,
    began: Time,
}

/// A line, without its end.
#[derive(Debug)]
pub(super) struct Line {
    pub octets: Vec<u8>,
    pub began: Time,
    /// With its end.
    pub length: u64,
    /// What is wrong with its end.
    pub fault: Option<&'static str>,
}

impl Lines {
    /// Takes octets up to the end of a line, and says how many.
    pub fn take(&mut self, time: Time, octets: &[u8]) -> (usize, Option<Line>) {
        if self.held.is_empty() {
            self.began = time;
        }
        let end = memchr::memchr(b'\n', octets);
        let room = LONGEST - self.held.len().min(LONGEST);
        let count = end.map_or(octets.len(), |end| end + 1).min(room.max(1));
        self.held.extend_from_slice(&octets[..count]);
        let is_whole = self.held.ends_with(b"\n") || self.held.len() >= LONGEST;
        (count, if is_whole { self.finish() } else { None })
    }

    /// What there is of a line.
    pub fn finish(&mut self) -> Option<Line> {
        let mut octets = std::mem::take(&mut self.held);
        let length = octets.len() as u64;
        let fault = if octets.ends_with(b"\r\n") {
            octets.truncate(octets.len() - 2);
            octets.contains(&b'\r').then_some(BARE_CR)
        } else if octets.ends_with(b"\n") {
            octets.pop();
            Some(BARE_LF)
        } else {
            Some("The line has no end (RFC 5321 2.3.8).")
        };
        (length > 0).then_some(Line { octets, began: self.began, length, fault })
    }

    pub fn forget(&mut self) {
        self.held.clear();
    }
}

impl Line {
    /// As text without control characters.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.octets).replace(char::is_control, "�")
    }
}

const BARE_CR: &str = "CR stands without LF (RFC 5321 2.3.8).";
const BARE_LF: &str = "The line ends with LF alone (RFC 5321 2.3.8).";
/// RFC 4954 section 4.2 gives the lines of AUTH 12,288 octets; no others are as long.
const LONGEST: usize = 12_288;
