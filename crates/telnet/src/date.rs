//! Dates, as people and mails have them.

use std::time::{Duration, UNIX_EPOCH};

use toynet_machine::Time;

/// A date as HTTP has it (RFC 9110 5.6.7), which people can read as well.
pub(crate) fn date(now: Time) -> String {
    // A clock that stands beyond the year 9999 has no such form.
    httpdate::HttpDate::from(UNIX_EPOCH + Duration::from_secs(now.secs().min(LAST_SECOND))).to_string()
}

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;
