//! When a mail that was deferred is tried again, and when it is given up (RFC 5321 4.5.4.1).

use std::time::Duration;

use toynet_machine::Time;

/// How long to wait, and for how long in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// After the first attempt; the second waits as long.
    pub first: Duration,
    /// The longest wait: each is twice the one before until then.
    pub longest: Duration,
    /// When the last attempt is made, after the mail arrived.
    pub give_up: Duration,
}

/// What comes after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another one, then.
    At(Time),
    /// Nothing: its time is over.
    GiveUp,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { first: FIRST, longest: LONGEST, give_up: GIVE_UP }
    }
}

impl Schedule {
    /// What comes after attempt number `attempts`, from 1, on a mail that arrived at `arrived`.
    pub fn next(&self, arrived: Time, attempts: u32, now: Time) -> Next {
        let end = arrived + self.give_up;
        if now >= end {
            return Next::GiveUp;
        }
        let doublings = attempts.saturating_sub(2).min(31);
        let wait = self.first.saturating_mul(1 << doublings).min(self.longest);
        // The last attempt is made when the time is over, not some hours before.
        Next::At((now + wait).min(end))
    }
}

/// At least 30 minutes, says RFC 5321 4.5.4.1, and two attempts in the first hour.
const FIRST: Duration = Duration::from_secs(30 * 60);
/// Then "once every two or three hours".
const LONGEST: Duration = Duration::from_secs(3 * 3600);
/// "At least 4-5 days."
const GIVE_UP: Duration = Duration::from_secs(5 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_three_hours_and_end_after_five_days() {
        let (schedule, arrived) = (Schedule::default(), Time::from_secs(1000));
        let (mut now, mut attempts, mut minutes) = (arrived, 1, Vec::new());
        while let Next::At(next) = schedule.next(arrived, attempts, now) {
            minutes.push((next - now).as_secs() / 60);
            (now, attempts) = (next, attempts + 1);
        }
        assert_eq!(minutes[..6], [30, 30, 60, 120, 180, 180]);
        assert_eq!(now - arrived, GIVE_UP);
        assert!(attempts < 50);
    }
}
