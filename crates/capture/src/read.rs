//! Captures of others become a record.
//!
//! - `file`: pcap and pcapng, frame by frame
//! - `link`: what lies around IP; `ip`: IPv4 and IPv6, fragments put together
//! - `tcp`: segments become what each side said, in order
//! - `flows`: conversations become entries of a journal

mod file;
mod flows;
mod ip;
mod link;
mod tcp;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read};
use std::net::IpAddr;

use toynet_record::{Journal, Roster};

use crate::tls::{KeyLog, Opener};
use file::{File, Item};
use flows::Flows;

/// A capture that was read.
#[derive(Debug, Default)]
pub struct Recording {
    /// What passed. Each flow is told by its initiator's end.
    pub journal: Journal,
    /// The names that the capture has for addresses; what has none is called by its address.
    pub roster: Roster,
    /// Frames.
    pub frames: u64,
    /// Frames that are no TCP or UDP over IP, or are broken.
    pub others: u64,
    /// Whether the file ends in the middle of something.
    pub is_cut: bool,
}

/// Why a file is no capture.
#[derive(Debug)]
pub enum ReadError {
    /// It is something else.
    Other,
    /// It says of a part that it is longer than any is.
    Broken,
    /// It cannot be read.
    Io(io::Error),
}

/// Whether octets begin as a capture does, of whatever kind; four are enough.
pub fn is_capture(beginning: &[u8]) -> bool {
    file::is_capture(beginning)
}

/// Reads a whole capture: pcap or pcapng. TLS is opened with its own secrets and those of `keys`. It holds the record,
/// and a bounded amount besides.
///
/// # Errors
/// When it is none, or cannot be read.
pub fn read(input: impl Read, keys: &KeyLog) -> Result<Recording, ReadError> {
    let mut file = File::open(input)?;
    let mut reading = Reading { keys: keys.clone(), ..Reading::default() };
    while let Some(item) = file.next()? {
        reading.take(item);
    }
    Ok(reading.finish(file.is_cut()))
}

#[derive(Default)]
struct Reading {
    flows: Flows,
    fragments: ip::Fragments,
    names: BTreeMap<IpAddr, String>,
    seen: BTreeSet<IpAddr>,
    frames: u64,
    others: u64,
    keys: KeyLog,
}

impl Reading {
    fn take(&mut self, item: Item) {
        match item {
            Item::Frame(frame) => {
                self.frames += 1;
                self.others += u64::from(self.frame(&frame).is_none());
            }
            Item::Secrets(lines) => {
                self.keys.add(&lines);
            }
            Item::Name(address, name) => {
                if self.names.len() < ADDRESSES {
                    self.names.entry(address).or_insert(name);
                }
            }
        }
    }

    /// Nothing when the frame holds nothing that can be told.
    fn frame(&mut self, frame: &file::Frame) -> Option<()> {
        let packet = ip::parse(link::ip(frame.link, &frame.octets)?, frame.missing)?;
        let whole;
        let packet = match packet.fragment {
            None => packet,
            Some(fragment) => {
                let Some(octets) = self.fragments.add(&packet, fragment, frame.time) else { return Some(()) };
                whole = octets;
                ip::Packet { payload: &whole, missing: 0, fragment: None, ..packet }
            }
        };
        for address in [packet.from, packet.to] {
            if self.seen.len() < ADDRESSES {
                self.seen.insert(address);
            }
        }
        self.flows.packet(frame.time, &packet)
    }

    fn finish(self, is_cut: bool) -> Recording {
        let roster = self.roster();
        let journal = Opener::journal(&self.flows.finish(), &self.keys);
        Recording { journal, roster, frames: self.frames, others: self.others, is_cut }
    }

    /// Hosts in the order of their first address.
    fn roster(&self) -> Roster {
        let mut hosts: BTreeMap<&str, Vec<IpAddr>> = BTreeMap::new();
        let mut order = Vec::new();
        let texts: BTreeMap<IpAddr, String> = self.seen.iter().map(|address| (*address, address.to_string())).collect();
        for (address, text) in &texts {
            let name = self.names.get(address).unwrap_or(text);
            let addresses = hosts.entry(name).or_default();
            if addresses.is_empty() {
                order.push(name.as_str());
            }
            addresses.push(*address);
        }
        let mut roster = Roster::default();
        order.iter().for_each(|name| roster.add(name, hosts.remove(name).unwrap_or_default()));
        roster
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Other => f.write_str("is no packet capture"),
            ReadError::Broken => f.write_str("is a packet capture with a part that is longer than any can be"),
            ReadError::Io(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// As many as a network of /16 has.
const ADDRESSES: usize = 64 * 1024;

#[cfg(test)]
mod tests;
