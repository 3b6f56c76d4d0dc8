//! The sockets that a process holds, as the kernel lists them.

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A socket's two addresses.
#[derive(Debug, PartialEq, Eq)]
pub struct Socket {
    pub local: IpAddr,
    pub peer: IpAddr,
}

impl Socket {
    /// Whether nothing that this socket sends or receives can pass outside this machine.
    pub fn is_local(&self) -> bool {
        self.local.is_loopback() && (self.peer.is_loopback() || self.peer.is_unspecified())
    }
}

/// The internet sockets of the process `pid` (proc(5), /proc/PID/net).
pub fn of(pid: u32) -> Vec<Socket> {
    let held = inodes(pid);
    assert!(!held.is_empty(), "a running lab holds sockets");
    let tables = ["tcp", "tcp6", "udp", "udp6"].map(|table| format!("/proc/{pid}/net/{table}"));
    let texts = tables.iter().filter_map(|table| fs::read_to_string(table).ok());
    texts.flat_map(|text| text.lines().skip(1).filter_map(|line| socket(line, &held)).collect::<Vec<_>>()).collect()
}

fn inodes(pid: u32) -> BTreeSet<String> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("a process of ours has descriptors");
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let sockets = targets
        .filter_map(|target| Some(target.to_string_lossy().strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()));
    sockets.collect()
}

fn socket(line: &str, held: &BTreeSet<String>) -> Option<Socket> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (local, peer, inode) = (words.get(1)?, words.get(2)?, words.get(9)?);
    let socket = || Some(Socket { local: address(local)?, peer: address(peer)? });
    held.contains(*inode).then(socket)?
}

/// Hexadecimal words of 32 bits, each in the machine's byte order.
fn address(text: &str) -> Option<IpAddr> {
    let digits = text.split(':').next()?;
    let words = (0..digits.len()).step_by(8).map(|at| u32::from_str_radix(digits.get(at..at + 8)?, 16).ok());
    let bytes: Vec<u8> = words.collect::<Option<Vec<_>>>()?.into_iter().flat_map(u32::to_ne_bytes).collect();
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes.as_slice()) {
        return Some(Ipv4Addr::from(bytes).into());
    }
    Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?).into())
}
