//! The system calls by which a process is asked about those of others (seccomp_unotify(2)), each as a function.

use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use libc::{c_int, c_ulong, pid_t, seccomp_notif, seccomp_notif_resp};

use super::message::Plain;

/// Puts this thread, and all that it will start, under a filter for good. Who listens is asked. Allocates nothing.
pub fn install(program: &[libc::sock_filter]) -> io::Result<OwnedFd> {
    // SAFETY: takes no pointer.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } == -1 {
        return Err(io::Error::last_os_error());
    }
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_ptr().cast_mut() };
    let listen = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // Linux before 5.19 cannot be told to let only deadly signals interrupt a call that is being answered.
    let listener = seccomp(listen | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program).or_else(|error| {
        if error.raw_os_error() == Some(libc::EINVAL) { seccomp(listen, &program) } else { Err(error) }
    })?;
    // SAFETY: the descriptor was just made and is nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(listener) })
}

fn seccomp(flags: c_ulong, program: &libc::sock_fprog) -> io::Result<c_int> {
    let set = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel reads the program, which is as long as it says.
    let listener = unsafe { libc::syscall(libc::SYS_seccomp, set, flags, &raw const *program) };
    if listener == -1 { Err(io::Error::last_os_error()) } else { Ok(listener as c_int) }
}

/// The next call that somebody waits to have answered; nothing when whoever made it is gone.
pub fn next(listener: BorrowedFd<'_>) -> io::Result<Option<seccomp_notif>> {
    // SAFETY: zeros are a notice of nothing, and what the kernel wants to find there.
    let mut notice: seccomp_notif = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: the pointer is valid for a notice.
    let got = unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut notice) };
    match io::Error::last_os_error() {
        _ if got == 0 => Ok(Some(notice)),
        error if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINTR)) => Ok(None),
        error => Err(error),
    }
}

/// Whether the call still waits: whoever made it was not killed, so that the process is no other one.
pub fn is_waiting(listener: BorrowedFd<'_>, id: u64) -> bool {
    // SAFETY: the pointer is valid for the number.
    unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const id) == 0 }
}

/// Lets the call return this value or, with an error above 0, fail.
pub fn answer(listener: BorrowedFd<'_>, id: u64, value: i64, errno: c_int) {
    send(listener, seccomp_notif_resp { id, val: value, error: -errno, flags: 0 });
}

/// Lets the kernel do the call as if nobody had been asked.
pub fn let_go_on(listener: BorrowedFd<'_>, id: u64) {
    send(listener, seccomp_notif_resp { id, val: 0, error: 0, flags: libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32 });
}

fn send(listener: BorrowedFd<'_>, mut answer: seccomp_notif_resp) {
    // Whoever was killed meanwhile needs no answer.
    // SAFETY: the pointer is valid for an answer.
    unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut answer) };
}

/// Puts a copy of a descriptor in the place of one that whoever made the call has.
pub fn put(
    listener: BorrowedFd<'_>,
    id: u64,
    from: BorrowedFd<'_>,
    over: c_int,
    close_on_exec: c_int,
) -> io::Result<()> {
    let order = libc::seccomp_notif_addfd {
        id,
        flags: libc::SECCOMP_ADDFD_FLAG_SETFD as u32,
        srcfd: from.as_raw_fd().cast_unsigned(),
        newfd: over.cast_unsigned(),
        newfd_flags: close_on_exec.cast_unsigned(),
    };
    // SAFETY: the pointer is valid for an order.
    let done = unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ADDFD, &raw const order) };
    if done == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Reads the memory of a process; all of it, or nothing.
pub fn read_memory(process: pid_t, at: u64, into: &mut [u8]) -> io::Result<()> {
    let here = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    let there = libc::iovec { iov_base: at as *mut _, iov_len: into.len() };
    // SAFETY: the kernel writes to the part that is here, which is valid for its length, and checks the other one.
    let length = unsafe { libc::process_vm_readv(process, &raw const here, 1, &raw const there, 1, 0) };
    whole(length, into.len())
}

/// Writes to the memory of a process.
pub fn write_memory(process: pid_t, at: u64, from: &[u8]) -> io::Result<()> {
    let here = libc::iovec { iov_base: from.as_ptr().cast_mut().cast(), iov_len: from.len() };
    let there = libc::iovec { iov_base: at as *mut _, iov_len: from.len() };
    // SAFETY: the kernel reads the part that is here, which is valid for its length, and checks the other one.
    let length = unsafe { libc::process_vm_writev(process, &raw const here, 1, &raw const there, 1, 0) };
    whole(length, from.len())
}

fn whole(length: isize, wanted: usize) -> io::Result<()> {
    match usize::try_from(length) {
        Ok(length) if length == wanted => Ok(()),
        Ok(_) => Err(io::Error::from_raw_os_error(libc::EFAULT)),
        Err(_) => Err(io::Error::last_os_error()),
    }
}

/// A handle of a process; only the first thread of one has it.
pub fn process(number: pid_t) -> io::Result<OwnedFd> {
    // SAFETY: takes no pointer.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_open, number, 0) })
}

/// A copy of another process's descriptor, for the same socket.
pub fn descriptor(process: BorrowedFd<'_>, number: c_int) -> io::Result<OwnedFd> {
    // SAFETY: takes no pointer.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), number, 0) })
}

fn owned(descriptor: libc::c_long) -> io::Result<OwnedFd> {
    if descriptor == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made and is nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as c_int) })
}

/// Reads values that a process has in its memory.
pub fn read_values<T: Plain>(process: pid_t, at: u64, count: usize) -> io::Result<Vec<T>> {
    let mut values = Vec::with_capacity(count);
    if count == 0 {
        return Ok(values);
    }
    let mut octets = vec![0; count * mem::size_of::<T>()];
    read_memory(process, at, &mut octets)?;
    for value in octets.chunks_exact(mem::size_of::<T>()) {
        // SAFETY: the chunk is as long as the value, and any octets are one.
        values.push(unsafe { value.as_ptr().cast::<T>().read_unaligned() });
    }
    Ok(values)
}
