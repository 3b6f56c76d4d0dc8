//! Numbers, spans and instants as people write them.

use std::time::Duration;

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use toynet_machine::Time;

/// `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0.03 ms`, `1.9 ms`, `240 ms`, `2.1 s`, `3 min 5 s`, `2 h 0 min`.
pub(crate) fn span(span: Duration) -> String {
    let (seconds, millis) = (span.as_secs(), span.as_secs_f64() * 1000.0);
    match seconds {
        0 if millis < 0.095 => format!("{millis:.2} ms"),
        0 if millis < 9.95 => format!("{millis:.1} ms"),
        0 if millis < 999.5 => format!("{millis:.0} ms"),
        0..10 => format!("{:.1} s", millis / 1000.0),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `12:04:05.123`, in UTC.
pub(crate) fn clock(time: Time) -> String {
    format(time, format_description!("[hour]:[minute]:[second].[subsecond digits:3]"))
}

/// `12:04:05.123456`, in UTC.
pub(crate) fn clock_micros(time: Time) -> String {
    format(time, format_description!("[hour]:[minute]:[second].[subsecond digits:6]"))
}

/// RFC 3339 in UTC, always with nine digits after the second.
pub(crate) fn rfc3339(time: Time) -> String {
    format(time, format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:9]Z"))
}

/// The day in UTC.
pub(crate) fn day(time: Time) -> Date {
    moment(time).date()
}

fn format(time: Time, form: &[BorrowedFormatItem<'_>]) -> String {
    moment(time).format(form).expect("a date and a time of day hold all that the form asks for")
}

fn moment(time: Time) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.nanos())).expect("2^64 nanoseconds end in 2554")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_or_three_digits() {
        for (nanos, text) in [
            (0, "0.00 ms"),
            (30_000, "0.03 ms"),
            (300_000, "0.3 ms"),
            (9_960_000, "10 ms"),
            (240_000_000, "240 ms"),
            (999_900_000, "1.0 s"),
            (2_100_000_000, "2.1 s"),
            (59_000_000_000, "59 s"),
            (185_000_000_000, "3 min 5 s"),
            (7_200_000_000_000, "2 h 0 min"),
        ] {
            assert_eq!(span(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn instants_are_in_utc() {
        let time = Time::from_nanos(1_767_225_845_123_456_789);
        assert_eq!(rfc3339(time), "2026-01-01T00:04:05.123456789Z");
        assert_eq!(clock(time), "00:04:05.123");
        assert_eq!(rfc3339(Time::from_nanos(u64::MAX)), "2554-07-21T23:34:33.709551615Z");
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
