//! Addresses as the system writes them.

use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// Room for an address of either family.
pub(super) const ROOM: u32 = mem::size_of::<libc::sockaddr_in6>() as u32;
pub(super) const EMPTY: libc::sockaddr_in6 = libc::sockaddr_in6 {
    sin6_family: libc::AF_UNSPEC as u16,
    sin6_port: 0,
    sin6_flowinfo: 0,
    sin6_addr: libc::in6_addr { s6_addr: [0; 16] },
    sin6_scope_id: 0,
};

/// The address that the system wrote, in the form of either family.
pub(super) fn address(address: &libc::sockaddr_in6) -> SocketAddr {
    let port = u16::from_be(address.sin6_port);
    if i32::from(address.sin6_family) == libc::AF_INET6 {
        return SocketAddr::new(Ipv6Addr::from(address.sin6_addr.s6_addr).into(), port);
    }
    // An address of IPv4 stands where that of IPv6 has its flow information (netinet/in.h).
    let ip = Ipv4Addr::from(u32::from_be(address.sin6_flowinfo));
    SocketAddr::new(ip.into(), port)
}
