//! Who hears of calls and has them answered.
//!
//! Each call is answered by the thread that heard of it, since it may take a while: a program that waits for a
//! connection waits in there. As long as there may be more threads, one is free to hear of the next call.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::answers;
use super::asker::{Answer, Asker, Replaced};
use super::notices;
use super::peers::Peers;
use crate::detour::Detour;
use crate::linux::kernel;

struct Supervisor {
    listener: OwnedFd,
    detour: Detour,
    replaced: Replaced,
    peers: Peers,
    threads: AtomicUsize,
    free: AtomicUsize,
}

/// Begins to answer, until all who could ask have ended.
pub fn answer(listener: OwnedFd, detour: Detour) -> io::Result<()> {
    let (threads, free) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (replaced, peers) = (Replaced::default(), Peers::default());
    Arc::new(Supervisor { listener, detour, replaced, peers, threads, free }).begin()
}

impl Supervisor {
    fn begin(self: Arc<Self>) -> io::Result<()> {
        self.threads.fetch_add(1, Ordering::Relaxed);
        self.free.fetch_add(1, Ordering::AcqRel);
        thread::Builder::new().name("detour".into()).stack_size(STACK).spawn(move || self.hear()).map(drop)
    }

    fn hear(self: Arc<Self>) {
        loop {
            match notices::next(self.listener.as_fd()) {
                Ok(Some(notice)) => {
                    if self.free.fetch_sub(1, Ordering::AcqRel) == 1
                        && self.threads.load(Ordering::Relaxed) < MOST_THREADS
                    {
                        // Without another thread calls are answered one after the other.
                        let _ = Arc::clone(&self).begin();
                    }
                    self.answer(&notice);
                    self.free.fetch_add(1, Ordering::AcqRel);
                }
                Ok(None) if kernel::is_hung_up(self.listener.as_fd()) => return,
                Ok(None) => {}
                Err(_) => return,
            }
        }
    }

    fn answer(&self, notice: &libc::seccomp_notif) {
        let listener = self.listener.as_fd();
        let asker = Asker::new(listener, notice, &self.replaced);
        match answers::to(&asker, &self.detour, &self.peers, notice.data.nr.into(), notice.data.args) {
            Ok(Answer::GoOn) => notices::let_go_on(listener, notice.id),
            Ok(Answer::Done(value)) => notices::answer(listener, notice.id, value, 0),
            Err(error) => notices::answer(listener, notice.id, 0, error.raw_os_error().unwrap_or(libc::EIO)),
        }
    }
}

/// As many programs may wait at once, each for a connection that nobody accepts; a seventy-first waits for one of them.
const MOST_THREADS: usize = 70;
/// Room for whoever is asked for a door and asks others; what is not used costs nothing.
const STACK: usize = 1024 * 1024;
