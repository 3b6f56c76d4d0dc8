//! A lab on the machine's loopback: each host has an address of its own in 127/8.
//!
//! A lab leases a /16 of 127/8. The host with number `n` is 127.x.(n / 256).(n % 256); what it
//! sends from an IPv6 address of the lab leaves from the same address plus 0.0.128.0, so that the
//! other side can tell both families apart though all sockets are IPv4.

mod lease;
mod relay;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use toynet_record::Direction;

use super::{Struck, cross, nobody};
use crate::link::Link;
use crate::socket::Role;
use crate::stream::carried::Io;
use crate::topology::{Topology, TopologyHost};
use crate::{Clock, Host, socket};

pub use lease::Lease;
pub(crate) use relay::relay;

/// Maps lab addresses and standard ports to loopback addresses and real ports.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    net: u8,
    offset: u16,
}

/// A connection that is about to be made, from a socket that is bound.
#[derive(Debug)]
pub(crate) struct Dialing {
    socket: TcpSocket,
    real: SocketAddr,
    clock: Clock,
    there: Option<Arc<Link>>,
    back: Option<Arc<Link>>,
}

impl Ports {
    /// Hosts in 127.`net`/16, ports raised by `offset`, which is 0 or [`RAISED`].
    pub const fn new(net: u8, offset: u16) -> Self {
        Self { net, offset }
    }

    /// The second octet of all addresses.
    pub const fn net(self) -> u8 {
        self.net
    }

    /// What is added to the ports of services.
    pub const fn offset(self) -> u16 {
        self.offset
    }

    /// Where a host's port is found from outside the lab.
    pub fn door(self, number: u16, port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(self.address(number, false)), self.real_port(port))
    }

    /// Where a host's socket for this port is found.
    pub(crate) fn at(self, host: &Host, port: u16) -> SocketAddr {
        SocketAddr::new(self.own(host, false).into(), self.real_port(port))
    }

    /// The other way round: the host and port that are found at a door.
    pub fn behind_door(self, topology: &Topology, door: SocketAddr) -> Option<SocketAddr> {
        let (number, six) = self.number(door.ip())?;
        Some(SocketAddr::new(pick(topology.numbered(number)?, six)?, self.lab_port(door.port())))
    }

    /// From where a host speaks on the loopback, over IPv4 or over IPv6.
    pub fn address(self, number: u16, six: bool) -> Ipv4Addr {
        let number = if six { number | SIX } else { number };
        Ipv4Addr::new(127, self.net, (number >> 8) as u8, number as u8)
    }

    /// Ports below 24,768 are raised, those up to 32,767 make room for them below, and those from
    /// which systems let clients speak stay as they are: so each lab port has one real port.
    fn real_port(self, port: u16) -> u16 {
        match port {
            0 | SIX.. => port,
            _ => (port + self.offset) % SIX,
        }
    }

    fn lab_port(self, real: u16) -> u16 {
        match real {
            SIX.. => real,
            _ => (real + SIX - self.offset) % SIX,
        }
    }

    /// The number and family of the host that has a loopback address.
    fn number(self, real: IpAddr) -> Option<(u16, bool)> {
        let IpAddr::V4(ip) = real else { return None };
        let [127, net, high, low] = ip.octets() else { return None };
        let number = u16::from_be_bytes([high, low]);
        (net == self.net).then_some((number & !SIX, number & SIX != 0))
    }

    /// The lab addresses of this end and of the peer, as told by the peer's real address. The family
    /// is IPv6 when the peer speaks from its IPv6 side or, with `six`, this end does.
    pub(crate) fn lab_addresses(
        self,
        host: &Host,
        port: u16,
        real_peer: SocketAddr,
        six: bool,
    ) -> (SocketAddr, SocketAddr) {
        let topology = host.network.topology();
        let peer = self.number(real_peer.ip()).and_then(|(number, from_six)| {
            let six = six || from_six;
            let ip = pick(topology.numbered(number)?, six)?;
            Some((six, SocketAddr::new(ip, self.lab_port(real_peer.port()))))
        });
        let (six, peer) = peer.unwrap_or((false, real_peer));
        let mine = pick(&host.me, six).unwrap_or(real_peer.ip());
        (SocketAddr::new(mine, port), peer)
    }

    pub(crate) fn listen(self, host: &Host, port: u16) -> io::Result<TcpListener> {
        socket::listen(self.at(host, port))
    }

    /// The port that a socket's own number stands for in the lab.
    pub(crate) fn own_port(self, socket: &tokio::net::UdpSocket) -> io::Result<u16> {
        Ok(self.lab_port(socket.local_addr()?.port()))
    }

    pub(crate) fn bind(self, host: &Host, port: u16, six: bool, role: Role) -> io::Result<tokio::net::UdpSocket> {
        socket::bind(SocketAddr::new(self.own(host, six).into(), self.real_port(port)), role)
    }

    /// Where a lab address is found on the loopback.
    pub(crate) fn real(self, host: &Host, to: SocketAddr) -> io::Result<SocketAddr> {
        let topology = host.network.topology();
        let number = topology.at(to.ip()).ok_or_else(|| nobody(to))?.number;
        // Services listen for both families at one address; clients speak from one for each.
        let six = to.is_ipv6() && to.port() >= SIX;
        Ok(SocketAddr::new(self.address(number, six).into(), self.real_port(to.port())))
    }

    pub(crate) fn dial(self, host: &Host, to: SocketAddr) -> io::Result<(SocketAddr, Dialing)> {
        let real = self.real(host, to)?;
        let lab = host.address_like(to.ip())?;
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(self.own(host, to.is_ipv6()).into(), 0))?;
        let local = SocketAddr::new(lab, self.lab_port(socket.local_addr()?.port()));
        let (there, back) = (host.link_out(to.ip()), host.link_back(to.ip()));
        Ok((local, Dialing { socket, real, clock: host.clock(), there, back }))
    }

    fn own(self, host: &Host, six: bool) -> Ipv4Addr {
        self.address(host.me.number, six)
    }
}

impl Dialing {
    pub async fn connect(self, struck: &mut Struck) -> io::Result<Io> {
        cross(self.clock, self.there.as_deref(), Direction::Sent, struck).await?;
        let stream = self.socket.connect(self.real).await?;
        stream.set_nodelay(true)?;
        cross(self.clock, self.back.as_deref(), Direction::Received, struck).await?;
        // The other side's end puts its own conditions on what it sends.
        Ok(Io::over(stream, self.clock, self.there, None))
    }
}

fn pick(host: &TopologyHost, six: bool) -> Option<IpAddr> {
    host.addresses.iter().copied().find(|address| address.is_ipv6() == six)
}

/// Marks the addresses that stand for a host's IPv6 side; also the first port from which Linux lets
/// clients speak (net.ipv4.ip_local_port_range).
const SIX: u16 = 0x8000;
/// Added to standard ports where those are reserved to the system: 53 becomes 8053.
pub const RAISED: u16 = 8000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_address_tells_number_and_family() {
        let ports = Ports::new(83, 0);
        for (number, six) in [(1, false), (300, true), (32_767, false)] {
            let real = IpAddr::V4(ports.address(number, six));
            assert_eq!(ports.number(real), Some((number, six)));
        }
        assert_eq!(ports.number(IpAddr::from([127, 84, 0, 1])), None);
        assert_eq!(ports.number(IpAddr::from([127, 0, 0, 1])), None);
    }

    #[test]
    fn doors_are_raised_where_standard_ports_are_reserved() {
        assert_eq!(Ports::new(83, RAISED).door(258, 53).to_string(), "127.83.1.2:8053");
        assert_eq!(Ports::new(83, 0).door(1, 80).to_string(), "127.83.0.1:80");
    }

    #[test]
    fn each_lab_port_has_a_real_port_of_its_own() {
        let ports = Ports::new(83, RAISED);
        for port in 1..=u16::MAX {
            let real = ports.real_port(port);
            assert_eq!(if real == 0 { port } else { ports.lab_port(real) }, port);
        }
    }
}
