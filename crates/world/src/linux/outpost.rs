//! The process that stays outside.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use libc::{c_int, pid_t};

use super::{guard, kernel, sockets};
use crate::Ended;
use crate::outpost::{ASK, Allowed, Ask, Kind, may_bind};

/// Splits a process off that answers on `line` until nobody holds its other end any more; says its number.
pub fn stay(line: UnixStream, allowed: Allowed) -> io::Result<pid_t> {
    if let Some(process) = kernel::split(0)? {
        return Ok(process);
    }
    kernel::end(u8::from(answer(&line, allowed).is_err()))
}

fn answer(line: &UnixStream, mut allowed: Allowed) -> io::Result<()> {
    withdraw(line.as_fd())?;
    kernel::die_with_parent(libc::SIGKILL)?;
    let mut ask = [0; ASK];
    while sockets::receive_with(line.as_fd(), &mut ask)?.0 == ask.len() {
        let done = obey(Ask::parse(ask), &mut allowed);
        let errno = done.as_ref().err().and_then(io::Error::raw_os_error).unwrap_or(0);
        let socket = done.as_ref().ok().and_then(|socket| Some(socket.as_ref()?.as_fd()));
        sockets::send_with(line.as_fd(), &errno.to_ne_bytes(), socket)?;
    }
    Ok(())
}

/// Leaves a process that was split off with nothing but its line.
pub fn withdraw(line: BorrowedFd<'_>) -> io::Result<()> {
    // Ctrl-C is for others, and nobody may wait for the end of output that comes from here.
    kernel::leave_terminal()?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    for stream in [libc::STDIN_FILENO, libc::STDOUT_FILENO, libc::STDERR_FILENO] {
        kernel::duplicate(null.as_fd(), stream)?;
    }
    drop(null);
    // The split copied every descriptor: with one's own copy of the other end nobody would ever hang up, and what
    // else is open is the lab's to close.
    kernel::close_all_but(line.as_raw_fd());
    Ok(())
}

/// Waits for the end of that process, whose line nobody holds any more; nothing when it has to be killed.
pub fn see_off(process: pid_t) -> Option<Ended> {
    guard::end(process, 0, LIMIT)
}

fn obey(ask: Option<Ask>, allowed: &mut Allowed) -> io::Result<Option<OwnedFd>> {
    let refused = |errno| Err(io::Error::from_raw_os_error(errno));
    match ask {
        Some(Ask::Connect(kind, to)) if allowed.to.contains(&to) => sockets::connecting(number(kind), to).map(Some),
        Some(Ask::Connect(..)) => refused(libc::ENETUNREACH),
        Some(Ask::Bind(kind, at)) if may_bind(allowed.at, at) => bound(kind, at).map(Some),
        Some(Ask::Bind(..)) => refused(libc::EADDRNOTAVAIL),
        Some(Ask::Allow(to)) => {
            allowed.to.insert(to);
            Ok(None)
        }
        Some(Ask::Forbid(to)) => {
            allowed.to.remove(&to);
            Ok(None)
        }
        None => refused(libc::EINVAL),
    }
}

/// A socket of this network that does not block, shares its port and is bound.
pub fn bound(kind: Kind, at: SocketAddr) -> io::Result<OwnedFd> {
    sockets::bound(number(kind), at)
}

fn number(kind: Kind) -> c_int {
    match kind {
        Kind::Stream => libc::SOCK_STREAM,
        Kind::Datagrams => libc::SOCK_DGRAM,
    }
}

/// Asks that process for something; a socket, if it answers with one.
pub fn ask(line: BorrowedFd<'_>, ask: &[u8; ASK]) -> io::Result<Option<OwnedFd>> {
    sockets::send_with(line, ask, None)?;
    let mut errno = [0; 4];
    match (sockets::receive_with(line, &mut errno)?, i32::from_ne_bytes(errno)) {
        ((0, _), _) => Err(io::ErrorKind::BrokenPipe.into()),
        ((_, socket), 0) => Ok(socket),
        (_, errno) => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// It has nothing to do then but to end.
const LIMIT: Duration = Duration::from_secs(1);
