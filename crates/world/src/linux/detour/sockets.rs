//! Sockets that go another way than their program said, each call as a function.

use std::ffi::CString;
use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::ptr;
use std::time::Duration;

use libc::c_int;

use crate::linux::sockets::as_the_kernel_has_it;

/// An address as a program has it in its memory; nothing when it is of neither family of the internet.
pub fn address(octets: &[u8]) -> Option<SocketAddr> {
    let family = family(octets)?;
    let port = u16::from_be_bytes(octets.get(2..4)?.try_into().ok()?);
    let ip = match family {
        libc::AF_INET => IpAddr::from(<[u8; 4]>::try_from(octets.get(4..8)?).ok()?),
        libc::AF_INET6 => IpAddr::from(<[u8; 16]>::try_from(octets.get(8..24)?).ok()?),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// The same of whom something is sent to: over IPv4 an address of no family is one of IPv4 (udp_sendmsg in the kernel's
/// net/ipv4/udp.c).
pub fn addressee(octets: &[u8]) -> Option<SocketAddr> {
    match family(octets)? {
        libc::AF_UNSPEC => address(&[&(libc::AF_INET as u16).to_ne_bytes(), &octets[2..]].concat()),
        _ => address(octets),
    }
}

/// The family of an address.
pub fn family(octets: &[u8]) -> Option<c_int> {
    octets.first_chunk().map(|family| u16::from_ne_bytes(*family).into())
}

/// A socket of the kind that has this name in /proc/net/protocols.
pub fn of_kind(kind: &str, blocks: bool) -> io::Result<OwnedFd> {
    let (family, kind) = match kind {
        "TCP" | "MPTCP" => (libc::AF_INET, libc::SOCK_STREAM),
        "TCPv6" | "MPTCPv6" => (libc::AF_INET6, libc::SOCK_STREAM),
        "UDP" => (libc::AF_INET, libc::SOCK_DGRAM),
        "UDPv6" => (libc::AF_INET6, libc::SOCK_DGRAM),
        _ => return Err(io::ErrorKind::PermissionDenied.into()),
    };
    let flags = libc::SOCK_CLOEXEC | if blocks { 0 } else { libc::SOCK_NONBLOCK };
    // SAFETY: takes no pointer.
    let socket = unsafe { libc::socket(family, kind | flags, 0) };
    if socket == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made and is nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(socket) })
}

/// What the kernel calls the kind of a socket, which is the file at this path.
pub fn kind(path: &Path) -> io::Result<String> {
    let path = CString::new(path.as_os_str().as_encoded_bytes())?;
    let mut name = [0_u8; 32];
    let attribute = c"system.sockprotoname";
    // SAFETY: both strings end in NUL, and the pointer is valid for the length.
    let length = unsafe { libc::getxattr(path.as_ptr(), attribute.as_ptr(), name.as_mut_ptr().cast(), name.len()) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    Ok(String::from_utf8_lossy(&name[..length]).trim_end_matches('\0').to_owned())
}

/// Whether it is one for datagrams.
pub fn is_for_datagrams(socket: BorrowedFd<'_>) -> bool {
    option(socket, libc::SOL_SOCKET, libc::SO_TYPE) == Some(libc::SOCK_DGRAM)
}

/// Lets a socket speak from this address, unless its program has said from which; false when it cannot, and one that
/// stands in for it could: a stream's port cannot be given back, and no port that a program has chosen.
pub fn speak_from(socket: BorrowedFd<'_>, from: IpAddr) -> bool {
    let Some(own) = own_address(socket) else { return true };
    if !own.ip().to_canonical().is_unspecified() {
        return true;
    }
    let datagrams = is_for_datagrams(socket);
    if own.port() != 0 {
        if !datagrams {
            return option(socket, libc::SOL_SOCKET, libc::SO_ACCEPTCONN) == Some(1);
        }
        // A port that the kernel chose can be given back and taken again at another address.
        forget_peer(socket);
    }
    let six = is_six(socket);
    if six {
        // Doors have addresses of IPv4.
        set_option(socket, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 0);
    }
    if !datagrams {
        // A port is chosen when it is known for which peer, so that there are enough of them (ip(7)).
        set_option(socket, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, 1);
    }
    let (address, length) = as_the_kernel_has_it(SocketAddr::new(if six { mapped(from) } else { from }, own.port()));
    // Where that address cannot be had it speaks from wherever the kernel likes.
    // SAFETY: the pointer is valid for the length.
    let bound = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
    bound == 0 || own.port() == 0
}

/// Lets a new socket for datagrams speak from this address and from the port of another, whose place it is to take.
pub fn speak_in_place_of(other: BorrowedFd<'_>, socket: BorrowedFd<'_>, from: IpAddr) {
    let Some(own) = own_address(other).filter(|_| is_for_datagrams(other)) else { return };
    for one in [other, socket] {
        set_option(one, libc::SOL_SOCKET, libc::SO_REUSEADDR, 1);
    }
    let from = if own.is_ipv6() { mapped(from) } else { from };
    let (address, length) = as_the_kernel_has_it(SocketAddr::new(from, own.port()));
    // Where that cannot be had it speaks from another port.
    // SAFETY: the pointer is valid for the length.
    unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
}

/// What says beside a datagram from which address it goes (ip(7), ipv6(7)), in the form of cmsg(3).
pub fn speaking_from(socket: BorrowedFd<'_>, from: IpAddr) -> Vec<u8> {
    let interface = 0_u32.to_ne_bytes();
    let (level, kind, value) = match (is_six(socket), mapped(from)) {
        (true, IpAddr::V6(six)) => (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, [&six.octets()[..], &interface].concat()),
        (_, mapped) => {
            let four = match mapped.to_canonical() {
                IpAddr::V4(four) => four.octets(),
                IpAddr::V6(_) => return vec![],
            };
            (libc::IPPROTO_IP, libc::IP_PKTINFO, [interface, four, [0; 4]].concat())
        }
    };
    let header = mem::size_of::<libc::cmsghdr>();
    let mut octets = (header + value.len()).to_ne_bytes().to_vec();
    octets.extend([level.to_ne_bytes(), kind.to_ne_bytes()].concat());
    octets.extend(value);
    octets.resize(octets.len().next_multiple_of(mem::size_of::<usize>()), 0);
    octets
}

fn is_six(socket: BorrowedFd<'_>) -> bool {
    option(socket, libc::SOL_SOCKET, libc::SO_DOMAIN) == Some(libc::AF_INET6)
}

/// connect(2).
pub fn connect(socket: BorrowedFd<'_>, to: SocketAddr) -> io::Result<()> {
    let (address, length) = as_the_kernel_has_it(to);
    // SAFETY: the pointer is valid for the length.
    let connected = unsafe { libc::connect(socket.as_raw_fd(), (&raw const address).cast(), length) };
    if connected == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// sendmsg(2) of these octets to an address, or to whom the socket is connected to where that is empty, with what a
/// program says beside them.
pub fn send(socket: BorrowedFd<'_>, octets: &[u8], control: &[u8], flags: c_int, mut to: Vec<u8>) -> io::Result<usize> {
    let mut part = libc::iovec { iov_base: octets.as_ptr().cast_mut().cast(), iov_len: octets.len() };
    // SAFETY: zeros are a message without anything.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    if !to.is_empty() {
        message.msg_name = to.as_mut_ptr().cast();
        message.msg_namelen = to.len() as libc::socklen_t;
    }
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    if !control.is_empty() {
        message.msg_control = control.as_ptr().cast_mut().cast();
        message.msg_controllen = control.len() as _;
    }
    // SAFETY: all that the message points to outlives the call and is only read.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, flags | libc::MSG_NOSIGNAL) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// A datagram that came.
#[derive(Debug)]
pub struct Received {
    pub octets: Vec<u8>,
    /// How long it is, of which the octets may be the beginning.
    pub length: usize,
    pub from: Vec<u8>,
    pub control: Vec<u8>,
    pub flags: c_int,
}

/// recvmsg(2) of at most so many octets, and as many of what the kernel says beside them; without waiting.
pub fn receive(socket: BorrowedFd<'_>, most: usize, most_control: usize, flags: c_int) -> io::Result<Received> {
    let (mut octets, mut control) = (vec![0; most], vec![0; most_control]);
    let mut from = vec![0; mem::size_of::<libc::sockaddr_storage>()];
    let mut part = libc::iovec { iov_base: octets.as_mut_ptr().cast(), iov_len: octets.len() };
    // SAFETY: zeros are a message without anything.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_name = from.as_mut_ptr().cast();
    message.msg_namelen = from.len() as libc::socklen_t;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    if most_control > 0 {
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = control.len() as _;
    }
    // SAFETY: all that the message points to is valid for the lengths that it says.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags | libc::MSG_DONTWAIT) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    octets.truncate(length);
    from.truncate(message.msg_namelen as usize);
    #[allow(clippy::unnecessary_cast, reason = "C libraries differ in the type of this length")]
    control.truncate(message.msg_controllen as usize);
    Ok(Received { octets, length, from, control, flags: message.msg_flags })
}

/// Waits at most so long for something to read.
pub fn await_readable(socket: BorrowedFd<'_>, limit: Duration) {
    let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: the pointer is valid for one entry.
    unsafe { libc::poll(&raw mut poll, 1, limit.as_millis() as c_int) };
}

/// An address as programs have it in their memory.
pub fn octets(address: SocketAddr) -> Vec<u8> {
    let (address, length) = as_the_kernel_has_it(address);
    // SAFETY: the storage is as long as the kernel's longest address, and has been written whole.
    unsafe { std::slice::from_raw_parts((&raw const address).cast::<u8>(), length as usize) }.to_vec()
}

/// The number that a socket has among all sockets.
pub fn number(socket: BorrowedFd<'_>) -> Option<u64> {
    // SAFETY: zeros are a file's description, and the pointer is valid for one.
    let found = unsafe {
        let mut found: libc::stat = mem::zeroed();
        (libc::fstat(socket.as_raw_fd(), &raw mut found) == 0).then_some(found)
    };
    found.map(|found| found.st_ino)
}

fn own_address(socket: BorrowedFd<'_>) -> Option<SocketAddr> {
    let mut octets = [0_u8; mem::size_of::<libc::sockaddr_in6>()];
    let mut length = octets.len() as libc::socklen_t;
    // SAFETY: the pointer is valid for the length.
    let found = unsafe { libc::getsockname(socket.as_raw_fd(), octets.as_mut_ptr().cast(), &raw mut length) };
    if found == 0 { address(&octets) } else { None }
}

fn forget_peer(socket: BorrowedFd<'_>) {
    let nobody = libc::sockaddr { sa_family: libc::AF_UNSPEC as libc::sa_family_t, sa_data: [0; 14] };
    let length = mem::size_of::<libc::sockaddr>() as libc::socklen_t;
    // SAFETY: the pointer is valid for the length.
    unsafe { libc::connect(socket.as_raw_fd(), &raw const nobody, length) };
}

fn mapped(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(four) => four.to_ipv6_mapped().into(),
        IpAddr::V6(_) => ip,
    }
}

fn option(socket: BorrowedFd<'_>, level: c_int, name: c_int) -> Option<c_int> {
    let (mut value, mut length) = (0, mem::size_of::<c_int>() as libc::socklen_t);
    // SAFETY: the pointers are valid for an int and its length.
    let found =
        unsafe { libc::getsockopt(socket.as_raw_fd(), level, name, ptr::from_mut(&mut value).cast(), &raw mut length) };
    (found == 0).then_some(value)
}

fn set_option(socket: BorrowedFd<'_>, level: c_int, name: c_int, value: c_int) {
    let length = mem::size_of::<c_int>() as libc::socklen_t;
    // What cannot be set stays as it is, which the caller allows for.
    // SAFETY: the pointer is valid for an int.
    unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, ptr::from_ref(&value).cast(), length) };
}
