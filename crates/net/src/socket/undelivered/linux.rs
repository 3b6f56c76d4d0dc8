//! The queue of errors that Linux keeps for a socket (ip(7), IP_RECVERR).

use std::io;
use std::mem;
use std::net::{SocketAddr, UdpSocket as StdSocket};
use std::os::fd::AsRawFd;

use tokio::net::UdpSocket;

use super::super::sockaddr::{EMPTY, ROOM, address};

/// Asks the system to tell.
///
/// # Errors
/// As the system says.
#[allow(unsafe_code)]
pub(in crate::socket) fn hear(socket: &StdSocket, is_v4: bool) -> io::Result<()> {
    let (level, name) =
        if is_v4 { (libc::IPPROTO_IP, libc::IP_RECVERR) } else { (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) };
    let yes: libc::c_int = 1;
    let length = mem::size_of_val(&yes) as libc::socklen_t;
    // SAFETY: the pointer is to an integer of this length, which lives until the call returns and is only read.
    match unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const yes).cast(), length) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Whom a datagram did not reach, and why.
///
/// # Errors
/// `WouldBlock` when there is nothing to tell.
#[allow(unsafe_code)]
pub(super) fn undelivered(socket: &UdpSocket) -> io::Result<(SocketAddr, io::ErrorKind)> {
    let mut to = EMPTY;
    // Eight octets at a time, since headers must be aligned.
    let mut control = [0u64; CONTROL / 8];
    // SAFETY: msghdr is plain numbers and pointers, for all of which zero is valid.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_name = (&raw mut to).cast();
    header.msg_namelen = ROOM;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = CONTROL as _;
    // SAFETY: the header points to an address and to room for control messages, both of the length it says and alive
    // until the call returns; there is no room for what the datagram said, which is not wanted.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT) };
    if length < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has filled the control messages, and the header says how far.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    // SAFETY: what is not null is a header inside `control`.
    while let Some(message) = unsafe { next.as_ref() } {
        let is_error = matches!(
            (message.cmsg_level, message.cmsg_type),
            (libc::IPPROTO_IP, libc::IP_RECVERR) | (libc::IPPROTO_IPV6, libc::IPV6_RECVERR)
        );
        if is_error {
            // SAFETY: messages of this kind hold a sock_extended_err (ip(7)), which may stand unaligned.
            let why = unsafe { libc::CMSG_DATA(next).cast::<libc::sock_extended_err>().read_unaligned() };
            let why = io::Error::from_raw_os_error(why.ee_errno as i32);
            return Ok((address(&to), why.kind()));
        }
        // SAFETY: both point to what was used above.
        next = unsafe { libc::CMSG_NXTHDR(&raw const header, next) };
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// An error, the address of who tells of it, and their header.
const CONTROL: usize = 128;
