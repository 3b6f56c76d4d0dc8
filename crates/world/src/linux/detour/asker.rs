//! A process that waits for an answer, its memory and its sockets.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use libc::{c_int, pid_t};

use super::message::Plain;
use super::{notices, sockets};

/// Who asks.
pub struct Asker<'a> {
    listener: BorrowedFd<'a>,
    id: u64,
    thread: pid_t,
    replaced: &'a Replaced,
}

/// A socket that is its program's and, for as long as an answer takes, this process's.
pub struct Shared {
    socket: Arc<OwnedFd>,
    /// It is to take the place of the program's own, which has this number.
    replaces: Option<c_int>,
}

/// Sockets that have taken a program's place: for datagrams the sockets, since there is no other way to them;
/// streams by number, since whoever keeps one keeps it open.
#[derive(Default)]
pub struct Replaced {
    datagrams: Mutex<VecDeque<(u64, Arc<OwnedFd>)>>,
    streams: Mutex<VecDeque<u64>>,
}

/// What is answered, where nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The kernel is to do what was asked.
    GoOn,
    /// It has been done, with this result.
    Done(i64),
}

impl<'a> Asker<'a> {
    pub fn new(listener: BorrowedFd<'a>, notice: &libc::seccomp_notif, replaced: &'a Replaced) -> Self {
        Self { listener, id: notice.id, thread: notice.pid.cast_signed(), replaced }
    }

    /// Reads its memory.
    pub fn read(&self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut octets = vec![0; length];
        if length > 0 {
            notices::read_memory(self.thread, at, &mut octets)?;
            self.still_waits()?;
        }
        Ok(octets)
    }

    /// Reads values in its memory.
    pub fn read_values<T: Plain>(&self, at: u64, count: usize) -> io::Result<Vec<T>> {
        let values = notices::read_values(self.thread, at, count)?;
        self.still_waits()?;
        Ok(values)
    }

    /// Writes to its memory.
    pub fn write(&self, at: u64, octets: &[u8]) -> io::Result<()> {
        if octets.is_empty() {
            return Ok(());
        }
        self.still_waits()?;
        notices::write_memory(self.thread, at, octets)
    }

    /// Its socket of this number, or another in its place where the system does not let one have that: Docker's
    /// filter allows to read the memory of others, but not to have their descriptors. Nothing when that has been
    /// done before and the kernel can go on by itself.
    pub fn socket(&self, number: c_int) -> io::Result<Option<Shared>> {
        let process = notices::process(self.thread).or_else(|_| notices::process(self.first_thread()?))?;
        self.still_waits()?;
        match notices::descriptor(process.as_fd(), number) {
            Ok(socket) => Ok(Some(Shared { socket: Arc::new(socket), replaces: None })),
            Err(error) if error.raw_os_error() == Some(libc::EBADF) => Err(error),
            Err(_) => self.other_socket(number),
        }
    }

    /// Lets the program have a socket that has taken the place of its own.
    pub fn give(&self, shared: Shared) -> io::Result<()> {
        let Some(number) = shared.replaces else { return Ok(()) };
        let flags = self.flags(number)? & libc::O_CLOEXEC;
        notices::put(self.listener, self.id, shared.as_fd(), number, flags)?;
        self.replaced.keep(shared.socket);
        Ok(())
    }

    /// A new socket of the same kind, to take the place of the program's own. What was set on that is lost.
    pub fn stand_in(&self, number: c_int) -> io::Result<Shared> {
        let socket = Arc::new(sockets::of_kind(&sockets::kind(&self.path(number))?, self.blocks(number)?)?);
        self.still_waits()?;
        Ok(Shared { socket, replaces: Some(number) })
    }

    /// The number that its socket has among all sockets.
    pub fn number(&self, socket: c_int) -> Option<u64> {
        let name = fs::read_link(self.path(socket)).ok()?;
        name.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    }

    /// Whether its program waits on the socket itself.
    pub fn blocks(&self, socket: c_int) -> io::Result<bool> {
        Ok(self.flags(socket)? & libc::O_NONBLOCK == 0)
    }

    fn other_socket(&self, number: c_int) -> io::Result<Option<Shared>> {
        match self.number(number).map(|known| self.replaced.find(known)) {
            Some(Some(Found::Datagrams(socket))) => Ok(Some(Shared { socket, replaces: None })),
            Some(Some(Found::Stream)) => Ok(None),
            Some(None) | None => self.stand_in(number).map(Some),
        }
    }

    fn path(&self, number: c_int) -> PathBuf {
        PathBuf::from(format!("/proc/{}/fd/{number}", self.thread))
    }

    /// The flags that a descriptor was opened with (proc_pid_fdinfo(5)).
    fn flags(&self, number: c_int) -> io::Result<c_int> {
        let text = fs::read_to_string(format!("/proc/{}/fdinfo/{number}", self.thread))?;
        let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
        flags
            .and_then(|flags| c_int::from_str_radix(flags.trim(), 8).ok())
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// The process has the number of its first thread.
    fn first_thread(&self) -> io::Result<pid_t> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.thread))?;
        let number = text.lines().find_map(|line| line.strip_prefix("Tgid:")?.trim().parse().ok());
        number.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Whoever was killed may have left its number to another process, which must not be touched.
    fn still_waits(&self) -> io::Result<()> {
        if notices::is_waiting(self.listener, self.id) {
            Ok(())
        } else {
            Err(io::Error::from_raw_os_error(libc::ESRCH))
        }
    }
}

impl AsFd for Shared {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

enum Found {
    Datagrams(Arc<OwnedFd>),
    Stream,
}

impl Replaced {
    fn find(&self, number: u64) -> Option<Found> {
        let datagrams = self.datagrams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, socket)) = datagrams.iter().find(|(known, _)| *known == number) {
            return Some(Found::Datagrams(Arc::clone(socket)));
        }
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.contains(&number).then_some(Found::Stream)
    }

    fn keep(&self, socket: Arc<OwnedFd>) {
        let Some(number) = sockets::number(socket.as_fd()) else { return };
        if sockets::is_for_datagrams(socket.as_fd()) {
            push(&self.datagrams, (number, socket));
        } else {
            push(&self.streams, number);
        }
    }
}

fn push<T>(queue: &Mutex<VecDeque<T>>, one: T) {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    if queue.len() == MOST_REPLACED {
        queue.pop_front();
    }
    queue.push_back(one);
}

/// The oldest are forgotten, whose programs have most likely closed them; below the 1,024 descriptors that a process
/// may have open by default.
const MOST_REPLACED: usize = 512;
