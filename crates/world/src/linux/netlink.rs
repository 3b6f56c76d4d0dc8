//! Requests to the kernel's routing, many in one message (rtnetlink(7)).

use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;

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
        let up = libc::IFF_UP.cast_unsigned();
        let mut body = vec![0; 4];
        [LOOPBACK, up, up].iter().for_each(|word| body.extend(word.to_ne_bytes()));
        self.request(libc::RTM_NEWLINK, 0, &body, &[]);
    }

    /// Gives the loopback an address, which is then also spoken from.
    pub fn address(&mut self, address: IpAddr) {
        let (family, whole) = family(address);
        let mut body = vec![family, whole, libc::IFA_F_NODAD as u8, libc::RT_SCOPE_UNIVERSE];
        body.extend(LOOPBACK.to_ne_bytes());
        let octets = octets(address);
        let attributes = [(libc::IFA_LOCAL, octets.as_slice()), (libc::IFA_ADDRESS, &octets)];
        self.request(libc::RTM_NEWADDR, NEW, &body, &attributes);
    }

    /// Makes an address one of this machine's; who connects to it speaks from `from`.
    pub fn own(&mut self, address: IpAddr, from: Option<IpAddr>) {
        let (family, whole) = family(address);
        let table = libc::RT_TABLE_LOCAL;
        let scope = if address.is_ipv4() { libc::RT_SCOPE_HOST } else { libc::RT_SCOPE_UNIVERSE };
        let mut body = vec![family, whole, 0, 0, table, libc::RTPROT_BOOT, scope, libc::RTN_LOCAL];
        body.extend([0; 4]);
        let (to, from) = (octets(address), from.map(octets));
        let mut attributes = vec![(libc::RTA_DST, to.as_slice()), (libc::RTA_OIF, &LOOPBACK_OCTETS)];
        attributes.extend(from.iter().map(|from| (libc::RTA_PREFSRC, from.as_slice())));
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
        let (family, whole) = family(address);
        let mut body = vec![family, whole, 0, 0, libc::RT_TABLE_LOCAL, 0, libc::RT_SCOPE_NOWHERE, libc::RTN_LOCAL];
        body.extend([0; 4]);
        let to = octets(address);
        self.request(libc::RTM_DELROUTE, 0, &body, &[(libc::RTA_DST, &to), (libc::RTA_OIF, &LOOPBACK_OCTETS)]);
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
        for (kind, value) in attributes {
            self.octets.extend((4 + value.len() as u16).to_ne_bytes());
            self.octets.extend(kind.to_ne_bytes());
            self.octets.extend(*value);
        }
        let length = (self.octets.len() - self.last) as u32;
        self.octets[self.last..self.last + 4].copy_from_slice(&length.to_ne_bytes());
    }
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

/// All lengths here are multiples of 4, so that attributes need no padding.
fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The number that the loopback has in every network.
const LOOPBACK: u32 = 1;
const LOOPBACK_OCTETS: [u8; 4] = LOOPBACK.to_ne_bytes();
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
        assert_eq!(batch.octets[32..36], (16_u32 + 12 + 3 * 8).to_ne_bytes());
        assert_eq!(batch.octets.len(), 32 + 52);
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
