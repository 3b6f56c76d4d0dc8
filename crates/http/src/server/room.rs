//! How many connections a host has, on all its ports and workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts a host's connections for all who accept them.
#[derive(Debug, Default)]
pub(crate) struct Room {
    taken: AtomicUsize,
    wanted: Notify,
}

/// One connection's part of it, until that is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Room>);

impl Room {
    /// A place, if fewer than `most` are taken.
    pub fn take(self: &Arc<Self>, most: usize) -> Option<Place> {
        let one_more = |taken| (taken < most).then_some(taken + 1);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        Some(Place(Arc::clone(self)))
    }

    /// A place more than there are: another is about to be free.
    pub fn take_beyond(self: &Arc<Self>) -> Place {
        self.taken.fetch_add(1, Ordering::Relaxed);
        Place(Arc::clone(self))
    }

    /// Whether `most` places are taken.
    pub fn is_full(&self, most: usize) -> bool {
        self.taken.load(Ordering::Relaxed) >= most
    }

    /// Asks all who accept connections to let go of one on which nothing is asked.
    pub fn ask(&self) {
        self.wanted.notify_waiters();
    }

    /// Comes back when somebody asks.
    pub fn asked(&self) -> impl Future<Output = ()> {
        self.wanted.notified()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}
