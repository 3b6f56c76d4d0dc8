//! Which look-ups failed a moment ago, and are not tried again at once (RFC 2308 7.1, RFC 9520 3.2).

use std::collections::BTreeMap;
use std::time::Duration;

use toynet_machine::Time;

use super::Failure;
use crate::codes::RecordType;
use crate::name::Name;

/// Failures, each kept for a moment that grows while it stays. Bounded; when full it begins anew.
#[derive(Default)]
pub struct Failures(BTreeMap<(Name, RecordType), Kept>);

struct Kept {
    failure: Failure,
    since: Time,
    /// For how long it stands.
    lasts: Duration,
}

impl Failures {
    /// Why this was not found a moment ago, if it was not.
    pub fn find(&self, now: Time, sought: &(Name, RecordType)) -> Option<Failure> {
        let kept = self.0.get(sought).filter(|kept| now < kept.since + kept.lasts)?;
        Some(kept.failure.clone())
    }

    /// Keeps a failure, for twice as long as the last time.
    pub fn keep(&mut self, now: Time, sought: &(Name, RecordType), failure: &Failure) {
        if self.0.len() >= MOST && !self.0.contains_key(sought) {
            self.0.clear();
        }
        let before = self.0.get(sought).filter(|kept| now.since(kept.since) < RECENT);
        let lasts = before.map_or(FIRST, |kept| (kept.lasts * 2).min(LAST));
        self.0.insert(sought.clone(), Kept { failure: failure.clone(), since: now, lasts });
    }

    /// It was found after all.
    pub fn forget(&mut self, sought: &(Name, RecordType)) {
        self.0.remove(sought);
    }
}

/// The least that RFC 9520 3.2 demands.
const FIRST: Duration = Duration::from_secs(1);
/// What RFC 9520 3.2 begins with, and no more: who mends a lab's server wants to see it work.
const LAST: Duration = Duration::from_secs(5);
/// Failures further apart than this have nothing to do with one another.
const RECENT: Duration = Duration::from_secs(60);
/// A name takes 255 octets at the most, so half a megabyte; a lab has fewer names that fail.
const MOST: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_stands_for_a_moment_that_grows_up_to_a_limit() {
        let (mut failures, sought) = (Failures::default(), sought("www.test"));
        let mut now = Time::from_secs(1000);
        for lasts in [1, 2, 4, 5, 5] {
            failures.keep(now, &sought, &Failure::Limit);
            let just_before = now + Duration::from_millis(lasts * 1000 - 1);
            assert_eq!(failures.find(just_before, &sought), Some(Failure::Limit));
            now = now + Duration::from_secs(lasts);
            assert_eq!(failures.find(now, &sought), None);
        }
        failures.keep(now + RECENT, &sought, &Failure::Limit);
        assert_eq!(failures.find(now + RECENT + FIRST, &sought), None, "it began anew");
    }

    #[test]
    fn what_was_found_is_no_failure_and_another_type_is_another_matter() {
        let (mut failures, now) = (Failures::default(), Time::from_secs(1000));
        failures.keep(now, &sought("www.test"), &Failure::Limit);
        assert_eq!(failures.find(now, &("www.test".parse().unwrap(), RecordType::MX)), None);
        failures.forget(&sought("WWW.test"));
        assert_eq!(failures.find(now, &sought("www.test")), None);
    }

    #[test]
    fn many_failures_take_no_more_room() {
        let mut failures = Failures::default();
        for number in 0..5000 {
            failures.keep(Time::from_secs(1000), &sought(&format!("h{number}.test")), &Failure::Limit);
        }
        assert!(failures.0.len() <= MOST);
    }

    fn sought(name: &str) -> (Name, RecordType) {
        (name.parse().unwrap(), RecordType::A)
    }
}
