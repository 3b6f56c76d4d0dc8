//! When a request is sent once more, because it may go better then.

use std::time::Duration;

use clap::ArgMatches;
use toynet_machine::Time;

use crate::client::answer::AnswerHead;
use crate::client::failure::Failure;

/// What is left of the person's patience.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retry {
    left: u32,
    done: u32,
    delay: Option<Duration>,
    longest: Option<Duration>,
}

impl Retry {
    pub fn read(matches: &ArgMatches) -> Self {
        Self {
            left: matches.get_one("retry").copied().unwrap_or_default(),
            done: 0,
            delay: matches.get_one("retry-delay").copied(),
            longest: matches.get_one("retry-max-time").copied(),
        }
    }

    /// How long to wait before the request is sent again after this answer, if it is.
    pub fn after_answer(&mut self, head: &AnswerHead, spent: Duration, now: Time) -> Option<Duration> {
        let is_passing = matches!(head.status, 408 | 429 | 500 | 502 | 503 | 504);
        let said = head.text("retry-after").and_then(|text| read_after(text, now));
        if is_passing { self.again(said, spent) } else { None }
    }

    /// The same where there was no answer.
    pub fn after_failure(&mut self, failure: &Failure, spent: Duration) -> Option<Duration> {
        let is_passing = match failure {
            Failure::Name { error, .. } => error.kind() != std::io::ErrorKind::NotFound,
            Failure::Connect { .. } | Failure::Network(_) | Failure::Silent | Failure::PeerSilent => true,
            Failure::PeerTwo(_) | Failure::Late { .. } => true,
            _ => false,
        };
        if is_passing { self.again(None, spent) } else { None }
    }

    /// How many times it will be sent again at most.
    pub fn left(&self) -> u32 {
        self.left
    }

    fn again(&mut self, said: Option<Duration>, spent: Duration) -> Option<Duration> {
        let doubled = FIRST.saturating_mul(1 << self.done.min(MOST_DOUBLINGS)).min(LONGEST);
        let wait = said.or(self.delay).unwrap_or(doubled);
        let is_in_time = self.longest.is_none_or(|longest| spent.saturating_add(wait) < longest);
        if self.left == 0 || !is_in_time {
            return None;
        }
        (self.left, self.done) = (self.left - 1, self.done + 1);
        Some(wait)
    }
}

/// Seconds, or a date (RFC 9110 10.2.3).
fn read_after(text: &str, now: Time) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = httpdate::parse_http_date(text).ok()?.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    Some(Time::from_secs(then.as_secs()) - now)
}

/// As curl begins, and where it stops doubling.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(600);
/// Beyond this the longest time is reached anyhow.
const MOST_DOUBLINGS: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_last_unless_the_server_says_when() {
        let head = |status, after: Option<&str>| AnswerHead {
            status,
            fields: after.map(|after| ("Retry-After".to_owned(), after.as_bytes().to_vec())).into_iter().collect(),
            ..AnswerHead::default()
        };
        let now = Time::from_secs(784_111_777);
        let mut retry = Retry { left: 6, longest: Some(Duration::from_secs(60)), ..Retry::default() };
        let mut after = |status, said| {
            let wait = retry.after_answer(&head(status, said), Duration::from_secs(50), now);
            wait.map(|wait| wait.as_secs())
        };
        assert_eq!((after(503, None), after(500, None)), (Some(1), Some(2)));
        assert_eq!((after(200, None), after(404, Some("1")), after(501, None)), (None, None, None));
        assert_eq!((after(429, Some("7")), after(503, Some("Sun, 06 Nov 1994 08:49:40 GMT"))), (Some(7), Some(3)));
        assert_eq!((after(503, Some("10")), after(503, None)), (None, None), "that is too late");
        assert_eq!((after(503, Some("0")), after(503, Some("Sun, 06 Nov 1994 08:00:00 GMT"))), (Some(0), Some(0)));
        assert_eq!(after(503, Some("0")), None, "six times is enough");
    }
}
