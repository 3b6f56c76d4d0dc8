//! Who holds a port that is taken.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A program that holds a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The address that it is bound to, which may be all of the machine's.
    pub address: SocketAddr,
    /// Its process and the process's name, when this user may know them.
    pub process: Option<(u32, String)>,
}

/// Who keeps `address` from being bound, as far as the system tells.
pub fn find(address: SocketAddr) -> Option<Holder> {
    ["/proc/net/tcp", "/proc/net/udp"].iter().find_map(|table| {
        let table = fs::read_to_string(table).ok()?;
        table.lines().skip(1).find_map(|line| taken(line, address))
    })
}

/// Reads a line of the system's table: number, local address, peer, state, ..., inode.
fn taken(line: &str, wanted: SocketAddr) -> Option<Holder> {
    let mut fields = line.split_ascii_whitespace();
    let address = parse_address(fields.nth(1)?)?;
    let peer = fields.next()?;
    let inode = fields.nth(6)?;
    let held = address.port() == wanted.port() && (address.ip() == wanted.ip() || address.ip().is_unspecified());
    (held && peer.ends_with(":0000")).then(|| Holder { address, process: process(inode) })
}

/// `0100007F:0035`: the address as the machine keeps it, the port in order.
fn parse_address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let ip = u32::from_str_radix(ip, 16).ok()?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(ip.to_ne_bytes())), port))
}

fn process(inode: &str) -> Option<(u32, String)> {
    let link = format!("socket:[{inode}]");
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let id: u32 = entry.file_name().to_str()?.parse().ok()?;
        let mut descriptors = fs::read_dir(entry.path().join("fd")).ok()?.flatten();
        descriptors.find(|descriptor| fs::read_link(descriptor.path()).is_ok_and(|to| to.as_os_str() == &*link))?;
        let name = fs::read_to_string(entry.path().join("comm")).ok()?;
        Some((id, name.trim_end().to_owned()))
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_names_its_process() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let holder = find(socket.local_addr().unwrap()).unwrap();
        assert_eq!(holder.process.unwrap().0, std::process::id());
    }
}
