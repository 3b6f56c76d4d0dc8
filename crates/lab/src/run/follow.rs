//! The record of all workers as it grows, merged.

use std::net::SocketAddr;
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
    /// Taken from the first workers and not handed out: to wait may be given up at any point.
    taken: Vec<Taken>,
    first: Option<Taken>,
    /// A port that is told as an address of another.
    stands_for: Option<(u16, SocketAddr)>,
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
        Self { workers, early: Journal::default(), taken: Vec::new(), first: None, stands_for: None }
    }

    /// Tells that whoever accepts at the port `seen` does so at the address `told`.
    pub(super) fn standing_for(self, seen: u16, told: SocketAddr) -> Self {
        Self { stands_for: Some((seen, told)), ..self }
    }

    /// The same, once every worker knows of it; what they have told so far is handed out first.
    pub(super) async fn begun(mut self) -> Self {
        for worker in &mut self.workers {
            self.taken.extend(worker.take().await);
        }
        self
    }

    /// What came since the last call, after waiting until there is something; nothing once the lab
    /// is gone. Calls follow each other no faster than forty times a second, so that a busy lab is read in
    /// large portions.
    pub async fn next(&mut self, clock: Clock) -> Option<News> {
        self.next_of(clock, PORTION).await
    }

    /// The same, whatever it costs: nothing is left out but what the workers have forgotten.
    pub async fn next_whole(&mut self, clock: Clock) -> Option<News> {
        self.next_of(clock, usize::MAX).await
    }

    /// All that there is now.
    pub async fn now(&mut self) -> Option<News> {
        self.gather(usize::MAX).await
    }

    /// All that there is now, also what another worker might still have to say something about.
    pub async fn rest(&mut self) -> Option<News> {
        let News { journal, left_out } = self.gather(usize::MAX).await?;
        let early = std::mem::take(&mut self.early);
        let journal = self.told(Journal::merge(&[journal.into_batch(), early.into_batch()]));
        Some(News { journal, left_out })
    }

    async fn next_of(&mut self, clock: Clock, portion: usize) -> Option<News> {
        if self.taken.is_empty() && self.first.is_none() {
            clock.sleep(PACE).await;
            if self.early.as_bytes().is_empty() {
                let waiting = self.workers.iter_mut().map(|worker| Box::pin(worker.next()));
                let (first, _, _) = select_all(waiting).await;
                self.first = Some(first?);
            }
        }
        self.gather(portion).await
    }

    async fn gather(&mut self, portion: usize) -> Option<News> {
        for worker in self.workers.iter_mut().skip(self.taken.len()) {
            self.taken.push(worker.take().await?);
        }
        let (taken, first) = (std::mem::take(&mut self.taken), self.first.take());
        // Entries that a worker has yet to tell of are later than what all have told up to now.
        let told = taken.iter().map(|taken| taken.as_of).min()?;
        let held = std::mem::take(&mut self.early).into_batch();
        let first = first.map(|taken| taken.batch);
        let mut batches: Vec<Batch> =
            [held].into_iter().chain(first).chain(taken.into_iter().map(|t| t.batch)).collect();
        let left_out = batches.iter().map(|batch| batch.missed).sum::<u64>() + shorten(&mut batches, portion);
        let (journal, early) = Journal::merge(&batches).split(told);
        self.early = early;
        Some(News { journal: self.told(journal), left_out })
    }

    fn told(&self, journal: Journal) -> Journal {
        match self.stands_for {
            Some((seen, told)) => journal.accepted_at(seen, told),
            None => journal,
        }
    }
}

/// Drops what is beyond `portion` octets and says how many entries that were: long pieces before short
/// ones, since long ones are of the services that speak most, and older before younger.
fn shorten(batches: &mut [Batch], portion: usize) -> u64 {
    let mut octets: usize = batches.iter().flat_map(|batch| &batch.pieces).map(|piece| piece.octets.len()).sum();
    let mut left_out = 0;
    for shortest in [LONG, 0] {
        for batch in batches.iter_mut() {
            batch.pieces.retain(|Piece { octets: piece, entries }| {
                let goes = octets > portion && piece.len() >= shortest;
                if goes {
                    octets -= piece.len();
                    left_out += entries;
                }
                !goes
            });
        }
    }
    left_out
}

/// Short enough to be called live.
const PACE: Duration = Duration::from_millis(25);
/// Some 4,000 entries, forty times a second: a lab in a flood has better to do than to be read whole.
const PORTION: usize = 512 * 1024;
/// Half of what a ledger keeps in one piece.
const LONG: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_little_is_heard_in_a_flood() {
        let piece = |length: usize| Piece { octets: vec![0; length].into(), entries: 1 };
        let mut batches = [
            Batch { pieces: vec![piece(10), piece(LONG), piece(LONG)], missed: 0 },
            Batch { pieces: vec![piece(20), piece(LONG)], missed: 0 },
        ];
        assert_eq!(shorten(&mut batches, LONG + 30), 2);
        let lengths = batches.map(|batch| batch.pieces.iter().map(|piece| piece.octets.len()).collect::<Vec<_>>());
        assert_eq!(lengths, [vec![10], vec![20, LONG]]);
        assert_eq!(shorten(&mut [Batch { pieces: vec![piece(LONG)], missed: 0 }], usize::MAX), 0);
    }
}
