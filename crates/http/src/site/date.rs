//! Dates as HTTP writes them (RFC 9110 5.6.7).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use toynet_machine::Time;

/// `time` as an IMF-fixdate.
pub fn format(time: Time) -> HeaderValue {
    let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(time.secs()));
    HeaderValue::from_str(&text).expect("a date is visible ASCII")
}

/// The time that a date in any of the three forms means, in whole seconds; nothing when it is none.
pub fn parse(value: &HeaderValue) -> Option<Time> {
    let date: SystemTime = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    Some(Time::default() + since)
}

/// The `Date` of a response, formatted once a second rather than once a response.
#[derive(Debug, Default)]
pub struct Today(Mutex<Option<(u64, HeaderValue)>>);

impl Today {
    /// `now` as an IMF-fixdate.
    pub fn at(&self, now: Time) -> HeaderValue {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some((second, value)) if *second == now.secs() => value.clone(),
            _ => held.insert((now.secs(), format(now))).1.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_comes_back_as_it_was() {
        let time = Time::from_secs(784_111_777);
        assert_eq!(format(time), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(parse(&format(time)), Some(time));
    }

    #[test]
    fn the_two_old_forms_are_read() {
        for old in ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parse(&HeaderValue::from_static(old)), Some(Time::from_secs(784_111_777)), "{old}");
        }
    }

    #[test]
    fn what_is_no_date_is_nothing() {
        for text in ["", "yesterday", "0", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(parse(&HeaderValue::from_static(text)), None, "{text}");
        }
    }

    #[test]
    fn the_end_of_time_is_still_a_date() {
        assert_eq!(format(Time::from_nanos(u64::MAX)), "Sun, 21 Jul 2554 23:34:33 GMT");
    }

    #[test]
    fn today_moves_with_the_second() {
        let today = Today::default();
        assert_eq!(today.at(Time::from_secs(1)), "Thu, 01 Jan 1970 00:00:01 GMT");
        assert_eq!(today.at(Time::from_secs(2)), "Thu, 01 Jan 1970 00:00:02 GMT");
    }
}
