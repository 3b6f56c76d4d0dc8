//! The system calls, each as a function.

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use libc::{c_int, c_ulong, pid_t};

/// Splits this process as fork(2) does, the child in new namespaces; nothing in the child.
pub fn split(namespaces: c_int) -> io::Result<Option<pid_t>> {
    let flags = c_ulong::from((namespaces | libc::SIGCHLD).cast_unsigned());
    // SAFETY: without CLONE_VM the child has its own copy of everything, and a stack of 0 is that copy's. The
    // callers see to it that there is one thread, so that the child finds no lock taken for ever.
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match checked_long(child)? {
        0 => Ok(None),
        child => Ok(Some(child as pid_t)),
    }
}

/// Moves this process into new namespaces (unshare(2)).
pub fn unshare(namespaces: c_int) -> io::Result<()> {
    // SAFETY: takes no pointer.
    checked(unsafe { libc::unshare(namespaces) })
}

/// Moves this process into a namespace (setns(2)).
pub fn enter(namespace: BorrowedFd<'_>, kind: c_int) -> io::Result<()> {
    // SAFETY: takes no pointer.
    checked(unsafe { libc::setns(namespace.as_raw_fd(), kind) })
}

/// The user and group that this process acts as.
pub fn user() -> (u32, u32) {
    // SAFETY: these take nothing and cannot fail.
    unsafe { (libc::geteuid(), libc::getegid()) }
}

/// Has this process killed when the one that made it ends (PR_SET_PDEATHSIG in prctl(2)).
pub fn die_with_parent(signal: c_int) -> io::Result<()> {
    // SAFETY: takes no pointer.
    checked(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, c_ulong::from(signal.cast_unsigned()), 0, 0, 0) })
}

/// Lets this user's other processes see what this one has, though it has gained rights (PR_SET_DUMPABLE in prctl(2)).
pub fn be_seen() -> io::Result<()> {
    // SAFETY: takes no pointer.
    checked(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) })
}

/// The number of an interface of this network.
pub fn interface(name: &CStr) -> io::Result<u32> {
    // SAFETY: the string ends in NUL.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        number => Ok(number),
    }
}

/// umount2(2), at once for who looks for it and later for who uses it.
pub fn unmount(target: &Path) -> io::Result<()> {
    let target = CString::new(target.as_os_str().as_bytes())?;
    // SAFETY: the string ends in NUL and outlives the call.
    checked(unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) })
}

/// Begins a session that has no terminal.
pub fn leave_terminal() -> io::Result<()> {
    // SAFETY: takes nothing.
    checked(unsafe { libc::setsid() })
}

/// Lets the kernel bury children, one's own and those left to the first process of a namespace.
pub fn bury_children() {
    // SAFETY: SIG_IGN is no function of ours that could run.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

/// Has the end of children be told, whatever the parent of this process thought of that.
pub fn hear_of_children() {
    // SAFETY: SIG_DFL is no function of ours that could run.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Sets the machine's name.
pub fn set_host_name(name: &str) -> io::Result<()> {
    // SAFETY: the pointer is valid for the length.
    checked(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) })
}

/// mount(2).
pub fn mount(source: &str, target: &Path, kind: &str, flags: c_ulong, data: &str) -> io::Result<()> {
    let [source, kind, data] = [source, kind, data].map(CString::new);
    let (source, kind, data, target) = (source?, kind?, data?, CString::new(target.as_os_str().as_bytes())?);
    let data = if data.is_empty() { ptr::null() } else { data.as_ptr().cast() };
    // SAFETY: the strings end in NUL and outlive the call.
    checked(unsafe { libc::mount(source.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, data) })
}

/// Moves descriptor `from` to the number `to`, over what is there.
pub fn duplicate(from: BorrowedFd<'_>, to: c_int) -> io::Result<()> {
    // SAFETY: takes no pointer; the callers replace standard streams, which nobody owns.
    checked(unsafe { libc::dup2(from.as_raw_fd(), to) })
}

/// Closes what a split copied, but for the standard streams and one descriptor (close_range(2)).
pub fn close_all_but(kept: c_int) {
    let kept = kept.cast_unsigned();
    for (first, last) in [(3, kept - 1), (kept + 1, u32::MAX)] {
        if first <= last {
            // SAFETY: takes no pointer; the callers leave by [`end`], so that nobody closes what then has such a
            // number. A kernel without this call closes nothing, and what is open ends with the process.
            unsafe { libc::syscall(libc::SYS_close_range, c_ulong::from(first), c_ulong::from(last), 0) };
        }
    }
}

/// Enters a folder; without an allocation, for a child that has yet to be another program.
pub fn go_to(folder: &CStr) -> io::Result<()> {
    // SAFETY: the string ends in NUL.
    checked(unsafe { libc::chdir(folder.as_ptr()) })
}

/// capset(2) for this process, of the first 32 capabilities; the others are given up.
pub fn set_capabilities(effective: u32, permitted: u32, inheritable: u32) -> io::Result<()> {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: c_int,
    }
    let header = Header { version: CAPABILITY_VERSION_3, pid: 0 };
    let data = [[effective, permitted, inheritable], [0; 3]];
    // SAFETY: version 3 reads one header and two triples of words.
    checked_long(unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) }).map(drop)
}

/// Keeps a capability that is permitted and inheritable over execve (PR_CAP_AMBIENT in prctl(2)).
pub fn raise_ambient(capability: u32) -> io::Result<()> {
    let raise = c_ulong::from(libc::PR_CAP_AMBIENT_RAISE.cast_unsigned());
    // SAFETY: takes no pointer.
    checked(unsafe { libc::prctl(libc::PR_CAP_AMBIENT, raise, c_ulong::from(capability), 0, 0) })
}

/// Sends a signal.
pub fn signal(process: pid_t, signal: c_int) -> io::Result<()> {
    // SAFETY: takes no pointer.
    checked(unsafe { libc::kill(process, signal) })
}

/// The status of a child that has ended or stopped (wait(2)); nothing when neither is so.
pub fn child(process: pid_t) -> io::Result<Option<c_int>> {
    let mut status = 0;
    // SAFETY: the pointer is valid for one int.
    let found = unsafe { libc::waitpid(process, &mut status, libc::WNOHANG | libc::WUNTRACED) };
    checked(found)?;
    Ok((found == process).then_some(status))
}

/// Whether a child has ended that is still to be waited for.
pub fn has_ended(child: pid_t) -> bool {
    how_ended(child).is_some()
}

/// Whether a child was ended by a signal, and is still to be waited for.
pub fn was_killed(child: pid_t) -> bool {
    how_ended(child).is_some_and(|how| how != libc::CLD_EXITED)
}

fn how_ended(child: pid_t) -> Option<c_int> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the pointer is valid, and is written or stays zeros, of which the child's number is 0.
    unsafe {
        let found = libc::waitid(libc::P_PID, child.cast_unsigned(), info.as_mut_ptr(), flags);
        let info = info.assume_init();
        (found == 0 && info.si_pid() == child).then_some(info.si_code)
    }
}

/// Buries children that have ended, until one of them is to be kept, which is somebody else's to wait for.
pub fn bury_orphans(is_kept: &dyn Fn(pid_t) -> bool) {
    loop {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: the pointer is valid, and is written or stays zeros, of which the child's number is 0.
        let child = unsafe {
            let found = libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), flags);
            if found == -1 { 0 } else { info.assume_init().si_pid() }
        };
        if child == 0 || is_kept(child) || self::child(child).is_err() {
            return;
        }
    }
}

/// Makes this process the parent of all descendants whose own has ended (PR_SET_CHILD_SUBREAPER in prctl(2)).
pub fn adopt_orphans() -> io::Result<()> {
    // SAFETY: takes no pointer.
    checked(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })
}

/// A set of signals.
pub fn signals(of: &[c_int]) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initializes the set, sigaddset changes one that is.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in of {
            libc::sigaddset(set.as_mut_ptr(), *signal);
        }
        set.assume_init()
    }
}

/// Holds signals back, so that they are waited for; says which were held back before.
pub fn hold(signals: &libc::sigset_t) -> io::Result<libc::sigset_t> {
    change_mask(libc::SIG_BLOCK, signals)
}

/// Holds signals back no longer.
pub fn release(signals: &libc::sigset_t) -> io::Result<()> {
    change_mask(libc::SIG_UNBLOCK, signals).map(drop)
}

/// Holds back exactly these.
pub fn hold_only(signals: &libc::sigset_t) -> io::Result<libc::sigset_t> {
    change_mask(libc::SIG_SETMASK, signals)
}

fn change_mask(how: c_int, signals: &libc::sigset_t) -> io::Result<libc::sigset_t> {
    let mut before = MaybeUninit::uninit();
    // SAFETY: both pointers are valid for a set; the second is written on success.
    unsafe {
        checked(libc::sigprocmask(how, signals, before.as_mut_ptr()))?;
        Ok(before.assume_init())
    }
}

/// A signal that came, and whether a process sent it rather than the terminal or the kernel.
pub fn next_signal(signals: &libc::sigset_t) -> io::Result<(c_int, bool)> {
    let mut info = MaybeUninit::<libc::siginfo_t>::uninit();
    loop {
        // SAFETY: both pointers are valid; the second is written on success.
        let signal = unsafe { libc::sigwaitinfo(signals, info.as_mut_ptr()) };
        if signal > 0 {
            // SAFETY: sigwaitinfo succeeded.
            let code = unsafe { info.assume_init() }.si_code;
            return Ok((signal, code <= 0));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Waits at most so long for one of these signals; false when none came.
pub fn signal_within(signals: &libc::sigset_t, limit: std::time::Duration) -> bool {
    let limit = libc::timespec {
        tv_sec: limit.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    };
    // SAFETY: the pointers are valid, and a null one is allowed for the details.
    unsafe { libc::sigtimedwait(signals, ptr::null_mut(), &limit) > 0 }
}

/// The process group of a process.
pub fn group_of(process: pid_t) -> pid_t {
    // SAFETY: takes no pointer.
    unsafe { libc::getpgid(process) }
}

/// Makes this process the first of a group of its own.
pub fn lead_group() -> io::Result<()> {
    // SAFETY: takes no pointer.
    checked(unsafe { libc::setpgid(0, 0) })
}

/// Gives the terminal to a process group.
pub fn give_terminal(terminal: c_int, group: pid_t) -> io::Result<()> {
    // SAFETY: takes no pointer.
    checked(unsafe { libc::tcsetpgrp(terminal, group) })
}

/// Which process group has the terminal.
pub fn terminal_group(terminal: c_int) -> pid_t {
    // SAFETY: takes no pointer.
    unsafe { libc::tcgetpgrp(terminal) }
}

/// How a terminal is set; nothing where there is none.
pub fn terminal_settings(terminal: c_int) -> Option<libc::termios> {
    let mut settings = MaybeUninit::uninit();
    // SAFETY: the pointer is valid and written on success.
    unsafe { (libc::tcgetattr(terminal, settings.as_mut_ptr()) == 0).then(|| settings.assume_init()) }
}

/// Sets a terminal.
pub fn set_terminal(terminal: c_int, settings: &libc::termios) -> io::Result<()> {
    // SAFETY: the pointer is valid.
    checked(unsafe { libc::tcsetattr(terminal, libc::TCSADRAIN, settings) })
}

/// A socket to the kernel's routing (rtnetlink(7)).
pub fn routing_socket() -> io::Result<OwnedFd> {
    // SAFETY: takes no pointer.
    let socket = unsafe { libc::socket(libc::AF_NETLINK, libc::SOCK_RAW | libc::SOCK_CLOEXEC, libc::NETLINK_ROUTE) };
    checked(socket)?;
    // SAFETY: the descriptor was just made and is nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(socket) })
}

/// Sends octets over a socket to whoever it speaks with, which for netlink is the kernel.
pub fn send(socket: BorrowedFd<'_>, octets: &[u8]) -> io::Result<()> {
    // SAFETY: the pointer is valid for the length.
    let sent = unsafe { libc::send(socket.as_raw_fd(), octets.as_ptr().cast(), octets.len(), 0) };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The next message of a socket.
pub fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the pointer is valid for the length.
    let length = unsafe { libc::recv(socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) };
    usize::try_from(length).map_err(|_| io::Error::last_os_error())
}

/// Whether nobody holds the other end of a socket any more.
pub fn is_hung_up(socket: BorrowedFd<'_>) -> bool {
    let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events: 0, revents: 0 };
    // SAFETY: the pointer is valid for one entry.
    unsafe { libc::poll(&mut poll, 1, 0) == 1 && poll.revents & libc::POLLHUP != 0 }
}

/// Gives back what this process has of its program's code, for as long as it does not run it: it is read from the file
/// again. Where that is not to be had, nothing changes.
pub fn forget_code() {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some("r-xp")) = (words.next(), words.next()) else { continue };
        let numbers = range.split_once('-').map(|(from, to)| [from, to].map(|text| usize::from_str_radix(text, 16)));
        // What is of no file ends in no path.
        if let (Some([Ok(from), Ok(to)]), true) = (numbers, line.contains(" /")) {
            // SAFETY: what is mapped privately from a file and cannot be written is the same when it is read again.
            unsafe { libc::madvise(from as *mut libc::c_void, to - from, libc::MADV_DONTNEED) };
        }
    }
}

/// Ends this process without running what was meant for the end of the one it was split from.
pub fn end(status: u8) -> ! {
    // SAFETY: takes no pointer.
    unsafe { libc::_exit(status.into()) }
}

fn checked(result: c_int) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn checked_long(result: libc::c_long) -> io::Result<libc::c_long> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// linux/capability.h
const CAPABILITY_VERSION_3: u32 = 0x2008_0522;
