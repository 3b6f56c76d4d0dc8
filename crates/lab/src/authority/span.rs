//! How long a certificate holds.

use time::OffsetDateTime;
use toynet_machine::Time;

/// From and to so many seconds after `now`.
pub(super) fn span(now: Time, from: i64, to: i64) -> (OffsetDateTime, OffsetDateTime) {
    let now = i64::try_from(now.secs()).unwrap_or(i64::MAX);
    let at = |after: i64| {
        let second = OffsetDateTime::from_unix_timestamp(now.saturating_add(after));
        second.unwrap_or(OffsetDateTime::UNIX_EPOCH)
    };
    (at(from), at(to))
}

pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;
