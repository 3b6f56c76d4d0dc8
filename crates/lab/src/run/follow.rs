//! The record of all workers as it grows, merged.

use std::time::Duration;

use futures_util::future::select_all;
use toynet_net::recorder::Taken;
use toynet_net::{Clock, Records};
use toynet_record::{Batch, Journal, Piece};

/// Follows a lab's record from the oldest entry that is kept.
#[derive(Debug)]
pub struct Follow {
    workers: Vec<Records>,
    /// Seen by one worker later than another worker has told of.
    early: Journal,
}

/// What came.
#[derive(Debug, Default)]
pub struct News {
    /// Entries in order.
    pub journal: Journal,
    /// Entries that were left out: forgotten before they were read, or too many at once.
    pub left_out: u64,
}

impl Follow {
    pub(super) fn new(workers: Vec<Records>) -> Self {
        Self { workers, early: Journal::default() }
    }

    /// What came since the last call, after waiting until there is something; nothing once the lab
    /// is gone. Calls follow each other no faster than forty times a second, so that a busy lab is read in
    /// large portions.
    pub async fn next(&mut self, clock: Clock) -> Option<News> {
        clock.sleep(PACE).await;
        if self.early.as_bytes().is_empty() {
            let waiting = self.workers.iter_mut().map(|worker| Box::pin(worker.next()));
            let (first, at, _) = select_all(waiting).await;
            return self.gather(Some((at, first?))).await;
        }
        self.gather(None).await
    }

    /// What there is now.
    pub async fn now(&mut self) -> Option<News> {
        self.gather(None).await
    }

    async fn gather(&mut self, first: Option<(usize, Taken)>) -> Option<News> {
        let mut taken = Vec::with_capacity(self.workers.len() + 1);
        for worker in &mut self.workers {
            taken.push(worker.take().await?);
        }
        // Entries that a worker has yet to tell of are later than what all have told up to now.
        let told = taken.iter().map(|taken| taken.as_of).min()?;
        let held = std::mem::take(&mut self.early).into_batch();
        let first = first.map(|(_, taken)| taken.batch);
        let mut batches: Vec<Batch> =
            [held].into_iter().chain(first).chain(taken.into_iter().map(|t| t.batch)).collect();
        let left_out = batches.iter().map(|batch| batch.missed).sum::<u64>() + shorten(&mut batches);
        let (journal, early) = Journal::merge(&batches).split(told);
        self.early = early;
        Some(News { journal, left_out })
    }
}

/// Drops the oldest pieces beyond [`PORTION`] octets and says how many entries that were.
fn shorten(batches: &mut [Batch]) -> u64 {
    let mut left = PORTION;
    let mut left_out = 0;
    for batch in batches.iter_mut().rev() {
        let keeps = batch.pieces.iter().rev().take_while(|piece| {
            left = left.saturating_sub(piece.octets.len());
            left > 0
        });
        let cut = batch.pieces.len() - keeps.count();
        left_out += batch.pieces.drain(..cut).map(|Piece { entries, .. }| entries).sum::<u64>();
    }
    left_out
}

/// Short enough to be called live.
const PACE: Duration = Duration::from_millis(25);
/// 4 MiB are some 30,000 entries: more than a reader can make sense of forty times a second.
const PORTION: usize = 4 * 1024 * 1024;
