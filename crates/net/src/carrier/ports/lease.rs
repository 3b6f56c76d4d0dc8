//! Each running lab has a /16 of 127/8 to itself.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};

use toynet_machine::Random;

/// A network of the loopback that no other lab of this machine has, for as long as the value lives.
///
/// What is held is a socket on the network's last address. Unlike a file it holds against all users
/// of the machine, and however the process ends the system takes it back.
#[derive(Debug)]
pub struct Lease {
    net: u8,
    _held: UdpSocket,
}

impl Lease {
    /// Takes a network. The same name tries the same one first, so that a lab's addresses stay as
    /// they are from run to run.
    ///
    /// # Errors
    /// When all are taken, or the system has no such addresses.
    pub fn take(lab: &str) -> io::Result<Self> {
        let first = Random::new(0, lab, "lease").below(NETS);
        for attempt in 0..NETS {
            let net = FIRST_NET + ((first + attempt) % NETS) as u8;
            match UdpSocket::bind((Ipv4Addr::new(127, net, 255, 255), PORT)) {
                Ok(held) => return Ok(Self { net, _held: held }),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AddrInUse, "all networks from 127.16 to 127.239 are leased to other labs"))
    }

    /// The second octet of the lease.
    pub fn net(&self) -> u8 {
        self.net
    }
}

/// Below it lie the addresses that people and programs pick by hand: 127.0.0.1, 127.0.1.1, 127.0.0.53, 127.2.
const FIRST_NET: u8 = 16;
/// Up to 127.239.
const NETS: usize = 224;
/// The last port that no system gives to clients by itself (RFC 6335 section 6).
const PORT: u16 = 49_151;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_labs_never_share_a_network_and_a_name_keeps_its_own() {
        let first = Lease::take("a lab of this test").unwrap();
        let second = Lease::take("a lab of this test").unwrap();
        assert_ne!(first.net(), second.net());
        let net = first.net();
        drop(first);
        assert_eq!(Lease::take("a lab of this test").unwrap().net(), net);
    }
}
