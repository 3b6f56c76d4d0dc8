//! Which system calls the kernel asks about, as a program of seccomp(2): BPF over the call's number and arguments.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_int, c_long, sock_filter};

/// Asks about connecting and sending to an address, and about who has sent a datagram. A handover over `line` passes unasked:
/// it happens before anybody could answer.
pub fn program(line: BorrowedFd<'_>) -> io::Result<Vec<sock_filter>> {
    let arch = ARCH.ok_or(io::ErrorKind::Unsupported)?;
    let mut program = vec![load(ARCHITECTURE), jump(libc::BPF_JEQ, arch, 1, 0), end(DENY), load(NUMBER)];
    // On x86-64 the calls of x32 bear other numbers.
    program.extend([jump(libc::BPF_JGE, X32, 0, 1), end(DENY)]);
    // What is asked of a ring is done without a call.
    program.extend([jump(libc::BPF_JEQ, number(libc::SYS_io_uring_setup), 0, 1), end(DENY)]);
    for call in [libc::SYS_connect, libc::SYS_sendmmsg, libc::SYS_recvmsg] {
        program.extend([jump(libc::BPF_JEQ, number(call), 0, 1), end(libc::SECCOMP_RET_USER_NOTIF)]);
    }
    // Without an address it goes to whom the socket is connected to, or nobody wants to know from whom it comes.
    for call in [libc::SYS_sendto, libc::SYS_recvfrom] {
        program.extend(ask_unless(call, [(argument(4), 0), (argument(4) + HIGH, 0)]));
    }
    let line = line.as_raw_fd().cast_unsigned();
    program.extend(ask_unless(libc::SYS_sendmsg, [(argument(0), line), (argument(2), HANDOVER.cast_unsigned())]));
    program.push(end(libc::SECCOMP_RET_ALLOW));
    Ok(program)
}

/// The flags of a handover, which no program combines: most of them mean nothing to a socket in the file system.
pub const HANDOVER: c_int = libc::MSG_NOSIGNAL | libc::MSG_CONFIRM | libc::MSG_DONTROUTE | libc::MSG_EOR;

/// Asks about a call unless both words are these.
fn ask_unless(call: c_long, [(first, is), (second, also)]: [(u32, u32); 2]) -> [sock_filter; 7] {
    [
        jump(libc::BPF_JEQ, number(call), 0, 6),
        load(first),
        jump(libc::BPF_JEQ, is, 0, 2),
        load(second),
        jump(libc::BPF_JEQ, also, 1, 0),
        end(libc::SECCOMP_RET_USER_NOTIF),
        end(libc::SECCOMP_RET_ALLOW),
    ]
}

fn load(from: u32) -> sock_filter {
    sock_filter { code: (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16, jt: 0, jf: 0, k: from }
}

/// Goes on after so many instructions, if the word loaded last compares so to `with` or if it does not.
fn jump(comparing: u32, with: u32, then: u8, otherwise: u8) -> sock_filter {
    sock_filter { code: (libc::BPF_JMP | libc::BPF_K | comparing) as u16, jt: then, jf: otherwise, k: with }
}

fn end(with: u32) -> sock_filter {
    sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k: with }
}

fn number(call: c_long) -> u32 {
    call as u32
}

/// The low word of an argument of the call: struct seccomp_data of linux/seccomp.h, on a little-endian machine.
const fn argument(at: u32) -> u32 {
    16 + 8 * at
}

const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
/// From an argument's low word to its high one.
const HIGH: u32 = 4;
/// Programs of other architectures, whose calls bear other numbers, find that there are no such calls.
const DENY: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
/// The mark of x32 in a call's number; no call of other architectures is as high.
const X32: u32 = 0x4000_0000;
/// AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h.
const ARCH: Option<u32> = if cfg!(target_arch = "x86_64") {
    Some(0xc000_003e)
} else if cfg!(target_arch = "aarch64") {
    Some(0xc000_00b7)
} else {
    None
};
