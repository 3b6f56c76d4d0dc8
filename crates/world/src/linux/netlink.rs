//! Requests to the kernel's routing, many in one message (rtnetlink(7)).

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use super::kernel;

/// Requests that are sent together.
#[derive(Debug, Default)]
pub struct Batch {
    octets: Vec<u8>,
    /// Where the last request begins.
    last: usize,
    count: u32,
}

impl Batch {
    /// Turns the loopback on.
    pub fn loopback_up(&mut self) {
        self.up(LOOPBACK);
    }

    /// Gives the loopback an address, which is then also spoken from.
    pub fn address(&mut self, address: IpAddr) {
        self.address_of(LOOPBACK, address);
    }

    /// Gives an interface an address.
    pub fn address_of(&mut self, interface: u32, address: IpAddr) {
        let (family, whole) = family(address);
        let mut body = vec![family, whole, libc::IFA_F_NODAD as u8, libc::RT_SCOPE_UNIVERSE];
        body.extend(interface.to_ne_bytes());
        let octets = octets(address);
        let attributes = [(libc::IFA_LOCAL, octets.as_slice()), (libc::IFA_ADDRESS, &octets)];
        self.request(libc::RTM_NEWADDR, NEW, &body, &attributes);
    }

    /// Makes an address one of this machine's; who connects to it speaks from `from`.
    pub fn own(&mut self, address: IpAddr, from: Option<IpAddr>) {
        let scope = if address.is_ipv4() { libc::RT_SCOPE_HOST } else { libc::RT_SCOPE_UNIVERSE };
        let from = from.map(octets);
        let source: Vec<_> = from.iter().map(|from| (libc::RTA_PREFSRC, from.as_slice())).collect();
        self.route(address, LOOPBACK, (libc::RTN_LOCAL, scope, LATER), &source);
    }

    /// Has an address be found at the other end of an interface, though it is one of this machine's else.
    pub fn beyond(&mut self, address: IpAddr, interface: u32) {
        let scope = if address.is_ipv4() { libc::RT_SCOPE_LINK } else { libc::RT_SCOPE_UNIVERSE };
        self.route(address, interface, (libc::RTN_UNICAST, scope, SOONER), &[]);
    }

    /// Has an address be reached by way of `gateway`; who connects to it speaks from `from`, or from an address that
    /// the kernel chooses.
    pub fn by_way_of(&mut self, address: IpAddr, interface: u32, gateway: IpAddr, from: Option<IpAddr>) {
        let (gateway, from) = (octets(gateway), from.map(octets));
        let mut further = vec![(libc::RTA_GATEWAY, gateway.as_slice())];
        further.extend(from.iter().map(|from| (libc::RTA_PREFSRC, from.as_slice())));
        self.route(address, interface, (libc::RTN_UNICAST, libc::RT_SCOPE_UNIVERSE, SOONER), &further);
    }

    /// Whoever speaks from a local address finds routes in the local table first, those with the least priority before
    /// others.
    fn route(&mut self, to: IpAddr, interface: u32, (kind, scope, priority): (u8, u8, u32), further: &[(u16, &[u8])]) {
        let (family, whole) = family(to);
        let mut body = vec![family, whole, 0, 0, libc::RT_TABLE_LOCAL, libc::RTPROT_BOOT, scope, kind];
        let (to, interface, priority) = (octets(to), interface.to_ne_bytes(), priority.to_ne_bytes());
        let mut attributes: Vec<(u16, &[u8])> =
            vec![(libc::RTA_DST, &to), (libc::RTA_OIF, &interface), (libc::RTA_PRIORITY, &priority)];
        attributes.extend_from_slice(further);
        // A gateway is at the interface's other end, though no address tells so.
        let has_gateway = attributes.iter().any(|(kind, _)| *kind == libc::RTA_GATEWAY);
        body.extend(if has_gateway { RTNH_F_ONLINK } else { 0 }.to_ne_bytes());
        self.request(libc::RTM_NEWROUTE, NEW, &body, &attributes);
    }

    /// Takes an address away from the loopback.
    pub fn no_address(&mut self, address: IpAddr) {
        let (family, whole) = family(address);
        let mut body = vec![family, whole, 0, libc::RT_SCOPE_UNIVERSE];
        body.extend(LOOPBACK.to_ne_bytes());
        self.request(libc::RTM_DELADDR, 0, &body, &[(libc::IFA_LOCAL, &octets(address))]);
    }

    /// Makes an address nobody's any more.
    pub fn disown(&mut self, address: IpAddr) {
        self.no_route(address, LOOPBACK, libc::RTN_LOCAL);
    }

    /// Has an address be reached no longer by way of others.
    pub fn no_way_to(&mut self, address: IpAddr, interface: u32) {
        self.no_route(address, interface, libc::RTN_UNICAST);
    }

    fn no_route(&mut self, to: IpAddr, interface: u32, kind: u8) {
        let (family, whole) = family(to);
        let mut body = vec![family, whole, 0, 0, libc::RT_TABLE_LOCAL, 0, libc::RT_SCOPE_NOWHERE, kind];
        body.extend([0; 4]);
        let (to, interface) = (octets(to), interface.to_ne_bytes());
        self.request(libc::RTM_DELROUTE, 0, &body, &[(libc::RTA_DST, &to), (libc::RTA_OIF, &interface)]);
    }

    /// Makes a cable (veth(4)): one end here, the other, at interface 2, in another network.
    pub fn cable(&mut self, name: &str, hardware: [u8; 6], there: BorrowedFd<'_>, their_hardware: [u8; 6]) {
        let network = there.as_raw_fd().to_ne_bytes();
        let mut peer = interface(FIRST, 0);
        for (kind, value) in [
            (libc::IFLA_IFNAME, b"eth0\0".as_slice()),
            (libc::IFLA_ADDRESS, &their_hardware),
            (libc::IFLA_NET_NS_FD, &network),
        ] {
            put(&mut peer, kind, value);
        }
        let (mut data, mut info, mut label) = (vec![], vec![], name.as_bytes().to_vec());
        label.push(0);
        put(&mut data, VETH_INFO_PEER, &peer);
        put(&mut info, libc::IFLA_INFO_KIND, b"veth");
        put(&mut info, libc::IFLA_INFO_DATA, &data);
        let attributes =
            [(libc::IFLA_IFNAME, label.as_slice()), (libc::IFLA_ADDRESS, &hardware), (libc::IFLA_LINKINFO, &info)];
        let only_new = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
        self.request(libc::RTM_NEWLINK, only_new, &interface(0, libc::IFF_UP.cast_unsigned()), &attributes);
    }

    /// Turns an interface on.
    pub fn up(&mut self, index: u32) {
        self.request(libc::RTM_NEWLINK, 0, &interface(index, libc::IFF_UP.cast_unsigned()), &[]);
    }

    /// Says which hardware an address has beyond an interface, so that nobody need ask.
    pub fn neighbour(&mut self, interface: u32, address: IpAddr, hardware: [u8; 6]) {
        let mut body = vec![family(address).0, 0, 0, 0];
        body.extend(interface.to_ne_bytes());
        body.extend(NUD_PERMANENT.to_ne_bytes());
        body.extend([0; 2]);
        let octets = octets(address);
        self.request(libc::RTM_NEWNEIGH, NEW, &body, &[(NDA_DST, octets.as_slice()), (NDA_LLADDR, &hardware)]);
    }

    /// Has all of it done.
    ///
    /// # Errors
    /// The first that the kernel has against it; the rest is done nevertheless.
    pub fn send(mut self) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        // Failures are answered in any case; that the last succeeded is the sign that all were seen.
        self.octets[self.last + 6] |= libc::NLM_F_ACK as u8;
        let socket = kernel::routing_socket()?;
        kernel::send(socket.as_fd(), &self.octets)?;
        let mut buffer = vec![0; ANSWERS];
        let mut result = Ok(());
        loop {
            let length = kernel::receive(socket.as_fd(), &mut buffer)?;
            for (number, error) in answers(&buffer[..length]) {
                if error != 0 && result.is_ok() {
                    result = Err(io::Error::from_raw_os_error(-error));
                }
                if number == self.count {
                    return result;
                }
            }
        }
    }

    /// Whether the kernel takes no more in one message.
    pub fn is_full(&self) -> bool {
        self.octets.len() > FULL
    }

    fn request(&mut self, kind: u16, flags: i32, body: &[u8], attributes: &[(u16, &[u8])]) {
        self.count += 1;
        self.last = self.octets.len();
        let flags = (libc::NLM_F_REQUEST | flags) as u16;
        self.octets.extend([0; 4]);
        self.octets.extend(kind.to_ne_bytes());
        self.octets.extend(flags.to_ne_bytes());
        self.octets.extend(self.count.to_ne_bytes());
        self.octets.extend([0; 4]);
        self.octets.extend(body);
        attributes.iter().for_each(|(kind, value)| put(&mut self.octets, *kind, value));
        let length = (self.octets.len() - self.last) as u32;
        self.octets[self.last..self.last + 4].copy_from_slice(&length.to_ne_bytes());
    }
}

/// An attribute, rounded up to four octets.
fn put(octets: &mut Vec<u8>, kind: u16, value: &[u8]) {
    octets.extend((4 + value.len() as u16).to_ne_bytes());
    octets.extend(kind.to_ne_bytes());
    octets.extend(value);
    octets.resize(octets.len().next_multiple_of(4), 0);
}

/// An interface with these flags set, in a request's form (rtnetlink(7), ifinfomsg).
fn interface(index: u32, flags: u32) -> Vec<u8> {
    [0, index, flags, flags].iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// The number of each request that is answered, and the error or 0 (netlink(7), NLMSG_ERROR).
fn answers(mut octets: &[u8]) -> Vec<(u32, i32)> {
    let word = |octets: &[u8], at: usize| octets.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    let mut answers = Vec::new();
    while let (Some(length), Some(number), Some(error)) = (word(octets, 0), word(octets, 8), word(octets, 16)) {
        answers.push((number, error.cast_signed()));
        let length = (length as usize).next_multiple_of(4).max(HEADER);
        octets = octets.get(length..).unwrap_or_default();
    }
    answers
}

fn family(address: IpAddr) -> (u8, u8) {
    match address {
        IpAddr::V4(_) => (libc::AF_INET as u8, 32),
        IpAddr::V6(_) => (libc::AF_INET6 as u8, 128),
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The number that the loopback has in every network.
const LOOPBACK: u32 = 1;
/// The number of the first interface besides.
pub const FIRST: u32 = 2;
/// Priorities of routes to the same address.
const SOONER: u32 = 1;
const LATER: u32 = 1024;
/// linux/rtnetlink.h, linux/veth.h, linux/neighbour.h
const RTNH_F_ONLINK: u32 = 4;
const VETH_INFO_PEER: u16 = 1;
const NUD_PERMANENT: u16 = 0x80;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
/// What is there already is replaced.
const NEW: i32 = libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
const HEADER: usize = 16;
/// Half of what a socket may send at once by default (net.core.wmem_default is 208 KiB).
const FULL: usize = 96 * 1024;
/// Of answers in one read; the kernel gives one at a time.
const ANSWERS: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_numbered_and_measured() {
        let mut batch = Batch::default();
        batch.loopback_up();
        batch.own([198, 18, 0, 1].into(), Some([198, 19, 0, 1].into()));
        assert_eq!(batch.octets[..4], 32_u32.to_ne_bytes());
        assert_eq!((batch.last, batch.count), (32, 2));
        assert_eq!(batch.octets[32..36], (16_u32 + 12 + 4 * 8).to_ne_bytes());
        assert_eq!(batch.octets.len(), 32 + 60);
    }

    #[test]
    fn answers_say_which_request_failed() {
        let mut octets = Vec::new();
        for (number, error) in [(1_u32, 0_i32), (2, -17)] {
            [36_u32, 0, number, 0].iter().for_each(|word| octets.extend(word.to_ne_bytes()));
            octets.extend(error.to_ne_bytes());
            octets.extend([0; 16]);
        }
        assert_eq!(answers(&octets), [(1, 0), (2, -17)]);
        assert_eq!(answers(&octets[..50]), [(1, 0)]);
        assert_eq!(answers(&[]), []);
    }
}
