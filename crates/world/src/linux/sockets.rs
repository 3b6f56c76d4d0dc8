//! The system calls for sockets that change hands, each as a function.

use std::io;
use std::mem::{self, MaybeUninit};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

use libc::c_int;

/// A socket that does not block and has begun to connect.
pub fn connecting(kind: c_int, to: SocketAddr) -> io::Result<OwnedFd> {
    let (address, length) = as_the_kernel_has_it(to);
    let socket = new(address.ss_family, kind)?;
    // SAFETY: the pointer is valid for the length.
    let connected = unsafe { libc::connect(socket.as_raw_fd(), (&raw const address).cast(), length) };
    match io::Error::last_os_error() {
        error if connected == -1 && error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(socket),
    }
}

/// A server's socket that does not block, shares its port and is bound.
pub fn bound(kind: c_int, at: SocketAddr) -> io::Result<OwnedFd> {
    let (address, length) = as_the_kernel_has_it(at);
    let socket = new(address.ss_family, kind)?;
    if kind == libc::SOCK_STREAM {
        turn_on(&socket, libc::SO_REUSEADDR)?;
    }
    turn_on(&socket, libc::SO_REUSEPORT)?;
    // SAFETY: the pointer is valid for the length.
    match unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(socket),
    }
}

fn new(family: libc::sa_family_t, kind: c_int) -> io::Result<OwnedFd> {
    let flags = kind | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: takes no pointer.
    let socket = unsafe { libc::socket(family.into(), flags, 0) };
    if socket == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made and is nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(socket) })
}

fn turn_on(socket: &OwnedFd, option: c_int) -> io::Result<()> {
    let on: c_int = 1;
    let length = mem::size_of::<c_int>() as libc::socklen_t;
    // SAFETY: the pointer is valid for the length.
    let set = unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, (&raw const on).cast(), length) };
    if set == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// An address and its length.
pub fn as_the_kernel_has_it(address: SocketAddr) -> (libc::sockaddr_storage, libc::socklen_t) {
    // SAFETY: zeros are an address of no family.
    let mut storage: libc::sockaddr_storage = unsafe { mem::zeroed() };
    let length = match address {
        SocketAddr::V4(address) => {
            let four = libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: address.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(address.ip().octets()) },
                sin_zero: [0; 8],
            };
            // SAFETY: the storage has room for an address of any family, and is aligned for all of them.
            unsafe { (&raw mut storage).cast::<libc::sockaddr_in>().write(four) };
            mem::size_of::<libc::sockaddr_in>()
        }
        SocketAddr::V6(address) => {
            let six = libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as libc::sa_family_t,
                sin6_port: address.port().to_be(),
                sin6_flowinfo: 0,
                sin6_addr: libc::in6_addr { s6_addr: address.ip().octets() },
                sin6_scope_id: address.scope_id(),
            };
            // SAFETY: as above.
            unsafe { (&raw mut storage).cast::<libc::sockaddr_in6>().write(six) };
            mem::size_of::<libc::sockaddr_in6>()
        }
    };
    (storage, length as libc::socklen_t)
}

/// Sends octets, at least one, and a descriptor with them if there is one (SCM_RIGHTS in unix(7)).
pub fn send_with(socket: BorrowedFd<'_>, octets: &[u8], descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
    send_flagged(socket, octets, descriptor, libc::MSG_NOSIGNAL)
}

/// The same with other flags (sendmsg(2)). Allocates nothing.
pub fn send_flagged(
    socket: BorrowedFd<'_>,
    octets: &[u8],
    descriptor: Option<BorrowedFd<'_>>,
    flags: c_int,
) -> io::Result<()> {
    let mut control = Control::default();
    let mut part = libc::iovec { iov_base: octets.as_ptr().cast_mut().cast(), iov_len: octets.len() };
    let mut message = control.message(&mut part);
    match descriptor {
        None => message.msg_controllen = 0,
        // SAFETY: the message's room for control is valid and large enough for one descriptor.
        Some(descriptor) => unsafe {
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(ONE_DESCRIPTOR) as _;
            libc::CMSG_DATA(header).cast::<c_int>().write_unaligned(descriptor.as_raw_fd());
        },
    }
    // SAFETY: all that the message points to outlives the call; the octets are only read.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, flags) };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The next octets, and the descriptor that came with them. None when the other side is gone.
pub fn receive_with(socket: BorrowedFd<'_>, octets: &mut [u8]) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut control = Control::default();
    let mut part = libc::iovec { iov_base: octets.as_mut_ptr().cast(), iov_len: octets.len() };
    let mut message = control.message(&mut part);
    // SAFETY: all that the message points to is valid for the length that it says.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_CMSG_CLOEXEC) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    // SAFETY: the kernel has written a header there, or said that it has not; what it handed over is nobody else's.
    let descriptor = unsafe {
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        let is_one = !header.is_null()
            && (*header).cmsg_level == libc::SOL_SOCKET
            && (*header).cmsg_type == libc::SCM_RIGHTS
            && (*header).cmsg_len as usize >= libc::CMSG_LEN(ONE_DESCRIPTOR) as usize;
        is_one.then(|| OwnedFd::from_raw_fd(libc::CMSG_DATA(header).cast::<c_int>().read_unaligned()))
    };
    Ok((length, descriptor))
}

/// Room for one descriptor beside a message, aligned as its header must be.
#[derive(Default)]
#[repr(C, align(8))]
struct Control([u8; CONTROL]);

impl Control {
    fn message(&mut self, part: &mut libc::iovec) -> libc::msghdr {
        // SAFETY: zeros are a message without anything.
        let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
        message.msg_name = ptr::null_mut();
        message.msg_iov = part;
        message.msg_iovlen = 1;
        message.msg_control = self.0.as_mut_ptr().cast();
        message.msg_controllen = CONTROL as _;
        message
    }
}

const ONE_DESCRIPTOR: u32 = mem::size_of::<c_int>() as u32;
/// A header and one descriptor, each rounded up to eight octets.
// SAFETY: CMSG_SPACE only counts.
const CONTROL: usize = unsafe { libc::CMSG_SPACE(ONE_DESCRIPTOR) } as usize;
