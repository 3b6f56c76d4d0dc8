//! A journal in which TLS passed, with the clear text instead.

use std::collections::BTreeMap;

use toynet_record::{Direction, EndId, Entry, Journal, Seen, Side, Transport};

use super::follow::{Follower, Heard};
use super::handshake::is_client_hello;
use super::keylog::KeyLog;
use super::record::{HEAD, is_head};

/// Finds TLS in streams, from their first octet on or in mid-conversation as after STARTTLS, and opens what it has
/// the keys of. What it cannot open passes as it is, once that was said in a [`Seen::Shut`].
///
/// Entries are taken one at a time, in order; it holds the handshakes of connections that are yet to be agreed.
#[derive(Debug, Default)]
pub struct Opener {
    streams: BTreeMap<EndId, Stream>,
    heard: Vec<Heard>,
}

#[derive(Debug)]
struct Stream {
    side: Side,
    /// Who spoke last.
    last: Option<Side>,
    joined_late: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Clear,
    /// It is not known yet whether what its initiator says is a hello.
    Unclear(Vec<u8>),
    Secured(Box<Follower>),
    /// TLS whose beginning is missing.
    Closed,
}

impl Opener {
    /// Opens a whole journal.
    pub fn journal(journal: &Journal, keys: &KeyLog) -> Journal {
        let mut opener = Self::default();
        let mut octets = Vec::with_capacity(journal.as_bytes().len());
        for entry in journal.entries() {
            opener.take(&entry, keys, &mut |entry: &Entry<'_>| entry.write(&mut octets));
        }
        octets.into()
    }

    /// Takes an entry and gives what it becomes.
    pub fn take(&mut self, entry: &Entry<'_>, keys: &KeyLog, give: &mut impl FnMut(&Entry<'_>)) {
        let passes_otherwise = match entry.seen {
            Seen::Octets { direction, octets, .. } => self.said(entry.end, direction, octets, keys),
            Seen::Hole { direction, length } => self.hole(entry.end, direction, length, keys),
            _ => false,
        };
        if passes_otherwise {
            return self.give(entry, give);
        }
        match entry.seen {
            Seen::Opened { side, transport: Transport::Tcp, .. } => self.begin(entry.end, side, false),
            Seen::Again { side, transport: Transport::Tcp, .. } if !self.streams.contains_key(&entry.end) => {
                self.begin(entry.end, side, true);
            }
            // It was opened by whoever wrote it down.
            Seen::Secured { .. } | Seen::Shut { .. } => drop(self.streams.remove(&entry.end)),
            Seen::Closed { .. } => {
                self.close(entry.end);
                self.give(entry, give);
                self.streams.remove(&entry.end);
            }
            _ => {}
        }
        give(entry);
    }

    fn begin(&mut self, end: EndId, side: Side, joined_late: bool) {
        let stream = Stream { side, last: None, joined_late, state: State::Clear };
        self.streams.insert(end, stream);
        while self.streams.len() > MOST_STREAMS {
            self.streams.pop_first();
        }
    }

    /// Whether the octets pass as something else than what they are.
    fn said(&mut self, end: EndId, direction: Direction, octets: &[u8], keys: &KeyLog) -> bool {
        let Some(stream) = self.streams.get_mut(&end) else { return false };
        let by = direction.speaker(stream.side);
        stream.said(by, octets, keys, &mut self.heard)
    }

    fn hole(&mut self, end: EndId, direction: Direction, length: u64, keys: &KeyLog) -> bool {
        let Some(stream) = self.streams.get_mut(&end) else { return false };
        let by = direction.speaker(stream.side);
        stream.last = Some(by);
        match &mut stream.state {
            State::Secured(follower) => {
                follower.hole(by, length, keys, &mut self.heard);
                true
            }
            State::Unclear(_) => {
                stream.flush(&mut self.heard);
                self.heard.push(Heard::Hole { by, length });
                true
            }
            State::Clear | State::Closed => false,
        }
    }

    fn close(&mut self, end: EndId) {
        let Some(stream) = self.streams.get_mut(&end) else { return };
        match &mut stream.state {
            State::Secured(follower) => follower.closed(&mut self.heard),
            State::Unclear(_) => stream.flush(&mut self.heard),
            State::Clear | State::Closed => {}
        }
    }

    /// Gives what was heard, as entries in the place of `entry`.
    fn give(&mut self, entry: &Entry<'_>, give: &mut impl FnMut(&Entry<'_>)) {
        let Some(side) = self.streams.get(&entry.end).map(|stream| stream.side) else { return };
        let direction = |by: Side| if by == side { Direction::Sent } else { Direction::Received };
        let mut tell = |seen: Seen<'_>| give(&Entry { seen, end: entry.end, time: entry.time, order: entry.order });
        for heard in self.heard.drain(..) {
            match &heard {
                Heard::Secured { terms, secrets } => {
                    secrets.iter().for_each(|line| tell(Seen::Secret { line }));
                    tell(Seen::Secured { terms });
                }
                Heard::Shut { terms } => tell(Seen::Shut { terms }),
                Heard::Refused { by, why } => tell(Seen::Unsecured { direction: direction(*by), why }),
                Heard::Said { by, octets } => tell(Seen::Octets { direction: direction(*by), number: 1, octets }),
                Heard::Hole { by, length } => tell(Seen::Hole { direction: direction(*by), length: *length }),
            }
        }
    }
}

impl Stream {
    fn said(&mut self, by: Side, octets: &[u8], keys: &KeyLog, out: &mut Vec<Heard>) -> bool {
        // TLS begins with the client's word, and in mid-conversation after one of the server's.
        let may_begin = by == Side::Initiator && self.last != Some(Side::Initiator);
        self.last = Some(by);
        match &mut self.state {
            State::Secured(follower) => {
                follower.said(by, octets, keys, out);
                true
            }
            State::Unclear(held) if by == Side::Initiator => {
                let octets = [std::mem::take(held), octets.to_vec()].concat();
                self.state = State::Clear;
                self.judge(&octets, keys, out)
            }
            State::Unclear(_) => {
                self.flush(out);
                out.push(Heard::Said { by, octets: octets.to_vec() });
                true
            }
            State::Clear if may_begin => self.begin(octets, keys, out),
            State::Clear if self.joined_late => self.begin(octets, keys, out),
            State::Clear | State::Closed => false,
        }
    }

    fn begin(&mut self, octets: &[u8], keys: &KeyLog, out: &mut Vec<Heard>) -> bool {
        if std::mem::take(&mut self.joined_late) && is_in_the_middle(octets) {
            self.state = State::Closed;
            out.push(Heard::Shut { terms: "TLS: closed, its beginning is missing".to_owned() });
            out.push(Heard::Said { by: self.last.unwrap_or(Side::Initiator), octets: octets.to_vec() });
            return true;
        }
        let may_be_hello = self.last == Some(Side::Initiator) && is_client_hello(octets) != Some(false);
        may_be_hello && self.judge(octets, keys, out)
    }

    /// Settles whether octets of the initiator are a hello, and passes them on.
    fn judge(&mut self, octets: &[u8], keys: &KeyLog, out: &mut Vec<Heard>) -> bool {
        match is_client_hello(octets) {
            Some(true) => {
                let mut follower = Box::<Follower>::default();
                follower.said(Side::Initiator, octets, keys, out);
                self.state = State::Secured(follower);
            }
            Some(false) => out.push(Heard::Said { by: Side::Initiator, octets: octets.to_vec() }),
            None => self.state = State::Unclear(octets.to_vec()),
        }
        true
    }

    /// What was held is no hello.
    fn flush(&mut self, out: &mut Vec<Heard>) {
        if let State::Unclear(octets) = std::mem::replace(&mut self.state, State::Clear) {
            out.push(Heard::Said { by: Side::Initiator, octets });
        }
    }
}

/// Whether octets are sealed records, as far as they go.
fn is_in_the_middle(octets: &[u8]) -> bool {
    let Some([kind, major, minor, high, low]) = octets.first_chunk::<HEAD>().copied() else { return false };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let next = octets.get(HEAD + length..).unwrap_or_default();
    let follows =
        next.first().is_none_or(|kind| (20..=24).contains(kind)) && next.get(1).is_none_or(|major| *major == 3);
    minor == 3 && is_head(kind, [major, minor], length) && follows
}

/// At 10,000 a second those that were opened in six seconds; most hold a few octets.
const MOST_STREAMS: usize = 64 * 1024;

#[cfg(test)]
mod tests;
