//! Programs that are led by a detour, on Linux.
//!
//! - `filter`: what the kernel asks about; `notices`: the system calls by which it does
//! - `supervisor`: who hears of it; `asker`: who waits for an answer, its memory and sockets; `answers`: which one
//! - `message`: what such a call is told; `peers`: who has been written to by a detour, and `receipts`: what answers tell
//! - `sockets`: the system calls for sockets that go another way than their program said
//! - `leftovers`: the end of what a command leaves running; `watcher`: also when this process was killed

mod answers;
mod asker;
mod filter;
mod leftovers;
mod message;
mod notices;
mod peers;
mod receipts;
mod sockets;
mod supervisor;
mod watcher;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use libc::pid_t;

use super::sockets::{receive_with, send_flagged};
use super::{enter, guard, kernel};
use crate::detour::{Detour, NotRun};
use crate::{Ended, Visit};

/// Runs a command whose connections take a detour.
pub(crate) fn run_detoured(detour: Detour, visit: &Visit, lab: Option<pid_t>) -> Result<Ended, NotRun> {
    let (here, there) = UnixStream::pair().map_err(NotRun::Refused)?;
    let mut command = enter::command(visit);
    let program = filter::program(there.as_fd()).map_err(NotRun::Refused)?;
    let terminal = guard::Terminal::new();
    kernel::hear_of_children();
    kernel::adopt_orphans().map_err(NotRun::Refused)?;
    let _watched = watcher::watch(&mut command).map_err(NotRun::Refused)?;
    let held = kernel::hold(&guard::followed()).map_err(NotRun::Refused)?;
    let ask = move || {
        kernel::die_with_parent(libc::SIGHUP)?;
        kernel::hold_only(&held)?;
        hand_over(&there, &program)
    };
    // SAFETY: between fork and exec only system calls are made; nothing is allocated, no lock is taken.
    let child = unsafe { command.pre_exec(ask) }.spawn();
    // With it goes this process's copy of the line's other end, which nobody would hang up otherwise.
    drop(command);
    if let Some(beside) = detour.beside.clone() {
        // Begun here, where the signals that are followed are held back, so that none is lost to it.
        thread::Builder::new().name("beside".into()).spawn(move || beside()).map_err(NotRun::Refused)?;
    }
    let listener = receive_with(here.as_fd(), &mut [0]).ok().and_then(|(_, listener)| listener);
    let ended = match (child, listener) {
        (Ok(child), Some(listener)) => supervisor::answer(listener, detour)
            .and_then(|()| guard::follow_among(child.id() as pid_t, lab))
            .map_err(NotRun::Refused),
        (Ok(_), None) => Err(NotRun::Refused(io::ErrorKind::BrokenPipe.into())),
        (Err(error), Some(_)) => Err(NotRun::Program(error)),
        (Err(error), None) => Err(NotRun::Refused(error)),
    };
    leftovers::end(lab, LEFTOVERS_LIMIT);
    // What cannot be set back is the mask of a process that is about to end.
    let _ = kernel::hold_only(&held);
    if let Ok(ended) = ended {
        terminal.take_back(Some(ended));
    }
    ended
}

/// Connects by a detour that leads to where one listens: in a process of its own, since a filter is for good.
pub(crate) fn try_detour() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let door = listener.local_addr()?;
    let (here, there) = UnixStream::pair()?;
    let program = filter::program(there.as_fd())?;
    let Some(child) = kernel::split(0)? else {
        let tried = hand_over(&there, &program).and_then(|()| TcpStream::connect(EXAMPLE).map(drop));
        kernel::end(tried.err().map_or(0, |error| error.raw_os_error().unwrap_or(libc::EIO) as u8));
    };
    drop(there);
    let asked = receive_with(here.as_fd(), &mut [0])?.1.map(|listener| {
        let me = [Some(Ipv4Addr::LOCALHOST); 2];
        supervisor::answer(listener, Detour { door: Arc::new(move |_| Some(door)), resolver: None, me, beside: None })
    });
    kernel::hear_of_children();
    let ended = guard::end(child, 0, TRIAL_LIMIT);
    match (asked.transpose()?, ended) {
        (Some(()), Some(Ended::Exited(0))) => Ok(()),
        (_, Some(Ended::Exited(errno))) => Err(io::Error::from_raw_os_error(errno.into())),
        (_, Some(Ended::Killed(_)) | None) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Puts this process under a filter and hands over who is asked.
fn hand_over(line: &UnixStream, program: &[libc::sock_filter]) -> io::Result<()> {
    let listener: OwnedFd = notices::install(program)?;
    send_flagged(line.as_fd(), &[0], Some(listener.as_fd()), filter::HANDOVER)
}

/// Of the block set aside for tests (RFC 2544).
const EXAMPLE: SocketAddr = SocketAddr::V4(std::net::SocketAddrV4::new(Ipv4Addr::new(198, 18, 1, 1), 80));
/// What was killed is gone at once, unless the kernel waits for a disk.
const LEFTOVERS_LIMIT: Duration = Duration::from_secs(1);
/// A connection over the loopback takes microseconds; a machine that does other work may be slow.
const TRIAL_LIMIT: Duration = Duration::from_secs(5);
