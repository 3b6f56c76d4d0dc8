//! When something is wanted at all (RFC 9110 13.1).

use std::fs;
use std::time::{Duration, SystemTime};

use clap::ArgMatches;

use super::line::Line;
use super::text;

/// What `-z` says: a date with or without a hyphen before it, or a file.
pub(super) fn condition(matches: &ArgMatches) -> Result<Option<Line>, String> {
    let Some(typed) = text(matches, "time-cond") else { return Ok(None) };
    let (name, rest) = match typed.strip_prefix('-') {
        Some(rest) => ("If-Unmodified-Since", rest),
        None => ("If-Modified-Since", typed),
    };
    let Some(time) = date(rest).or_else(|| changed(rest)) else {
        // Before it is there for the first time, it is wanted in any case.
        let is_first = matches.try_get_many::<String>("output").ok().flatten();
        return match is_first.is_some_and(|mut files| files.any(|file| file == rest)) {
            true => Ok(None),
            false => Err(format!(
                "`{rest}` is neither a date nor a file: say 2026-01-31, 2026-01-31T12:00:00Z, or as in Last-Modified"
            )),
        };
    };
    Ok(Some(Line::Field(name.to_owned(), httpdate::fmt_http_date(time))))
}

fn changed(file: &str) -> Option<SystemTime> {
    fs::metadata(file).and_then(|file| file.modified()).ok()
}

/// As HTTP has dates (RFC 9110 5.6.7), or RFC 3339 in UTC.
fn date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok().or_else(|| {
        let (day, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
        let [year, month, day] = numbers(day, '-')?;
        let [hour, minute, second] = numbers(clock.trim_end_matches('Z'), ':')?;
        let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
        let day = time::Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()?;
        let [hour, minute, second] = [hour, minute, second].map(|part| u8::try_from(part).unwrap_or(u8::MAX));
        let seconds = day.with_hms(hour, minute, second).ok()?.assume_utc().unix_timestamp();
        // Whoever writes HTTP dates has four digits for the year.
        let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds < YEAR_10000)?;
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    })
}

fn numbers(text: &str, between: char) -> Option<[u32; 3]> {
    let numbers: Option<Vec<u32>> = text.split(between).map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

const YEAR_10000: u64 = 253_402_300_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_http_and_as_calendars_have_them() {
        let written = |text: &str| date(text).map(httpdate::fmt_http_date);
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z", "1994-11-06 08:49:37"] {
            assert_eq!(written(text).as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"), "{text}");
        }
        assert_eq!(written("2024-02-29").as_deref(), Some("Thu, 29 Feb 2024 00:00:00 GMT"));
        for broken in ["", "2023-02-29", "2023-13-01", "1994-11", "1994-11-06T25:00:00Z", "page.html", "99999-01-01"] {
            assert_eq!(written(broken), None, "{broken}");
        }
    }
}
