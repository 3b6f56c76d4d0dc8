//! Messages as programs have them in their memory, where pointers and lengths take eight octets.

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
