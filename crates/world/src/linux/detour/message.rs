//! Messages as programs have them in their memory, where pointers and lengths take eight octets.

use std::io;

/// struct user_msghdr of linux/socket.h.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Message {
    pub name: u64,
    pub name_length: u32,
    _gap: u32,
    pub parts: u64,
    pub part_count: u64,
    pub control: u64,
    pub control_length: u64,
    pub flags: u32,
    _end: u32,
}

/// struct mmsghdr.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Counted {
    pub message: Message,
    /// How many octets of it were sent.
    pub sent: u32,
    _end: u32,
}

/// struct iovec.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Part {
    pub at: u64,
    pub length: u64,
}

/// A value of which every pattern of bits is one.
pub trait Plain: Copy {}
impl Plain for Message {}
impl Plain for Counted {}
impl Plain for Part {}

/// As many octets as a datagram may have.
pub fn at_most(size: u64) -> io::Result<usize> {
    if size > MOST_OCTETS { Err(io::Error::from_raw_os_error(libc::EMSGSIZE)) } else { Ok(size as usize) }
}

/// The longest datagram (RFC 768); a stream whose first octets go with its beginning sends no more of them.
const MOST_OCTETS: u64 = 65_535;
/// UIO_MAXIOV of linux/uio.h, also the most messages of one call.
pub const MOST_PARTS: u64 = 1024;
/// A program says in a few dozen octets what it wants done with a datagram, and is told in as many (cmsg(3)).
pub const MOST_CONTROL: u64 = 4096;
