//! From when on: `5m`, `12:04`, `2026-01-01T12:04:05`.

use std::str::FromStr;
use std::time::Duration;

use time::{Date, Month, OffsetDateTime, Time as Clock};
use toynet_machine::Time;

/// A moment as a person names it. Times are in UTC, as the log writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// So long ago: `90s`, `5m`, `1h30m`, `2d`.
    Ago(Duration),
    /// The last time that it was so late: `12:04`, `12:04:05.123`.
    Clock(Clock),
    /// A date, with a time of day or from its beginning on: `2026-01-01T12:04`.
    At(OffsetDateTime),
}

impl Since {
    /// The moment itself, seen from `now`.
    pub fn seen_from(self, now: Time) -> Time {
        match self {
            Since::Ago(span) => Time::from_nanos(now.nanos().saturating_sub(nanos(span))),
            Since::Clock(clock) => {
                let since_midnight = nanos(clock.duration_since(Clock::MIDNIGHT).unsigned_abs());
                let today = now.nanos() / DAY * DAY + since_midnight;
                Time::from_nanos(if today <= now.nanos() { today } else { today.saturating_sub(DAY) })
            }
            Since::At(moment) => Time::from_nanos(moment.unix_timestamp_nanos().try_into().unwrap_or_default()),
        }
    }
}

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = ago(text).map(Since::Ago).or_else(|| clock(text).map(Since::Clock)).or_else(|| date(text));
        found
            .ok_or("a span (90s, 5m, 1h30m), a time of day (12:04, 12:04:05.123) or a date with one (2026-01-01T12:04)")
    }
}

fn ago(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut span = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|character: char| character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let number: u64 = number.parse().ok()?;
        let more = match unit {
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" | "min" => Duration::from_secs(number.checked_mul(60)?),
            "h" => Duration::from_secs(number.checked_mul(3600)?),
            "d" => Duration::from_secs(number.checked_mul(86_400)?),
            _ => return None,
        };
        span = span.checked_add(more)?;
        rest = after;
    }
    (!text.is_empty()).then_some(span)
}

fn clock(text: &str) -> Option<Clock> {
    let mut parts = text.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let (second, fraction) = parts.next().map(|second| second.split_once('.').unwrap_or((second, "0"))).unzip();
    let second = second.map_or(Some(0), number)?;
    let fraction = fraction.map_or(Some(0), nanos_of)?;
    parts.next().is_none().then(|| Clock::from_hms_nano(hour, minute, second, fraction).ok())?
}

fn date(text: &str) -> Option<Since> {
    let (day, time) = text.split_once(['T', 't', ' ']).unwrap_or((text, "00:00"));
    let mut parts = day.split('-');
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let month = Month::try_from(number(parts.next()?)?).ok()?;
    let date = Date::from_calendar_date(year, month, number(parts.next()?)?).ok()?;
    let time = clock(time.trim_end_matches(['Z', 'z']))?;
    parts.next().is_none().then(|| Since::At(date.with_time(time).assume_utc()))
}

/// One or two digits.
fn number(text: &str) -> Option<u8> {
    let is_number = matches!(text.len(), 1 | 2) && text.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// What stands after the point of a second.
fn nanos_of(digits: &str) -> Option<u32> {
    let is_fraction = matches!(digits.len(), 1..=9) && digits.bytes().all(|octet| octet.is_ascii_digit());
    is_fraction.then(|| format!("{digits:0<9}").parse().ok())?
}

fn nanos(span: Duration) -> u64 {
    span.as_nanos().try_into().unwrap_or(u64::MAX)
}

const DAY: u64 = 86_400 * 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rfc3339;

    #[test]
    fn a_moment_may_be_named_in_three_ways() {
        let now = Time::from_secs(1_767_225_600 + 12 * 3600);
        for (text, moment) in [
            ("90s", "2026-01-01T11:58:30.000000000Z"),
            ("1h30m", "2026-01-01T10:30:00.000000000Z"),
            ("250ms", "2026-01-01T11:59:59.750000000Z"),
            ("2d", "2025-12-30T12:00:00.000000000Z"),
            ("11:04", "2026-01-01T11:04:00.000000000Z"),
            ("13:04:05.5", "2025-12-31T13:04:05.500000000Z"),
            ("2025-12-24", "2025-12-24T00:00:00.000000000Z"),
            ("2025-12-24T18:30:01Z", "2025-12-24T18:30:01.000000000Z"),
        ] {
            let since: Since = text.parse().unwrap();
            assert_eq!(rfc3339(since.seen_from(now)), moment, "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["", "5", "m", "5x", "25:00", "12:61", "12:00:00.", "2025-13-01", "2025-02-30", "99999999999999999999d"]
        {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}
