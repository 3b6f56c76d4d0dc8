//! The lab's clock: the machine's, or the runtime's virtual one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use toynet_machine::Time;

/// Tells the lab's time. All workers of a lab hold the same clock.
///
/// It never goes backwards: it is a wall-clock reading taken once, plus the monotonic time since.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
    epoch: Time,
}

impl Clock {
    /// The machine's time.
    pub fn system() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { began: Instant::now(), epoch: Time::default() + since_epoch }
    }

    /// A clock that stands at `epoch` now and runs as the runtime's time does, which may be paused.
    pub fn starting_at(epoch: Time) -> Self {
        Self { began: Instant::now(), epoch }
    }

    /// How far this clock is ahead of the machine's, in nanoseconds.
    pub fn ahead(&self) -> i64 {
        self.now().nanos() as i64 - Self::system().epoch.nanos() as i64
    }

    /// The clock of another process that is `ahead` nanoseconds ahead of the machine's.
    pub fn as_ahead(ahead: i64) -> Self {
        let own = Self::system();
        Self { epoch: Time::from_nanos(own.epoch.nanos().saturating_add_signed(ahead)), ..own }
    }

    /// The time.
    #[inline]
    pub fn now(&self) -> Time {
        self.epoch + self.began.elapsed()
    }

    /// Waits for a span of the lab's time.
    pub async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    /// Waits for an instant of the lab's time.
    pub async fn sleep_until(&self, time: Time) {
        tokio::time::sleep_until(self.instant(time)).await;
    }

    /// Gives `work` up to `deadline`.
    ///
    /// # Errors
    /// [`std::io::ErrorKind::TimedOut`] when the deadline passes first.
    pub async fn until<T>(&self, deadline: Time, work: impl Future<Output = T>) -> std::io::Result<T> {
        let limited = tokio::time::timeout_at(self.instant(deadline), work).await;
        limited.map_err(|_| std::io::ErrorKind::TimedOut.into())
    }

    pub(crate) fn instant(&self, time: Time) -> Instant {
        self.began + time.since(self.epoch)
    }
}
