//! Conditional requests in the order that RFC 9110 13.2.2 sets.

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderName, HeaderValue};
use toynet_machine::Time;

use super::date;

/// What the current representation is told by.
#[derive(Clone, Copy, Debug)]
pub struct Validators<'a> {
    /// Its strong entity tag.
    pub etag: &'a HeaderValue,
    /// When it was last changed, in whole seconds.
    pub modified: Time,
}

/// What becomes of a request after its conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is carried out.
    Proceed,
    /// The client has it already: 304.
    NotModified,
    /// It was meant for another version: 412.
    Failed,
}

/// Judges the conditions of a GET or HEAD, which would otherwise be answered 200.
pub fn judge(headers: &HeaderMap, current: Validators<'_>) -> Verdict {
    if !is_as_wanted(headers, current) {
        Verdict::Failed
    } else if is_known(headers, current) {
        Verdict::NotModified
    } else {
        Verdict::Proceed
    }
}

/// Whether a `Range` counts (RFC 9110 13.1.5): without `If-Range` it does, and with one only when its
/// validator is strong and the current one.
pub fn range_counts(headers: &HeaderMap, current: Validators<'_>, now: Time) -> bool {
    let mut values = headers.get_all(IF_RANGE).iter();
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(only), None) if only.as_bytes().first() == Some(&b'"') => only == current.etag,
        (Some(only), None) => date::parse(only) == Some(current.modified) && is_strong(current.modified, now),
        _ => false,
    }
}

/// A date is a strong validator once its second is over (RFC 9110 8.8.2.2).
fn is_strong(modified: Time, now: Time) -> bool {
    modified.secs() < now.secs()
}

/// Steps 1 and 2: `If-Match`, or in its absence `If-Unmodified-Since`.
fn is_as_wanted(headers: &HeaderMap, current: Validators<'_>) -> bool {
    if headers.contains_key(IF_MATCH) {
        lists(headers, IF_MATCH, |tag| tag == current.etag.as_bytes())
    } else {
        single_date(headers, IF_UNMODIFIED_SINCE).is_none_or(|date| current.modified <= date)
    }
}

/// Steps 3 and 4: `If-None-Match`, or in its absence `If-Modified-Since`.
fn is_known(headers: &HeaderMap, current: Validators<'_>) -> bool {
    if headers.contains_key(IF_NONE_MATCH) {
        lists(headers, IF_NONE_MATCH, |tag| opaque(tag) == current.etag.as_bytes())
    } else {
        single_date(headers, IF_MODIFIED_SINCE).is_some_and(|date| current.modified <= date)
    }
}

/// The tag without the mark of weakness: all that a weak comparison looks at (RFC 9110 8.8.3.2).
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// The one valid date of a field; a field that is doubled or no date is ignored (RFC 9110 13.1.3, 13.1.4).
fn single_date(headers: &HeaderMap, name: HeaderName) -> Option<Time> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(only), None) => date::parse(only),
        _ => None,
    }
}

/// Whether the field is `*` or lists a tag that `is_it`.
fn lists(headers: &HeaderMap, name: HeaderName, is_it: impl Fn(&[u8]) -> bool) -> bool {
    headers.get_all(name).iter().any(|value| {
        let value = value.as_bytes().trim_ascii();
        value == b"*" || tags(value).any(&is_it)
    })
}

/// The entity tags of a list (RFC 9110 8.8.3), which may hold commas themselves.
fn tags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = &rest[rest.iter().position(|octet| !b" \t,".contains(octet))?..];
        let open = if rest.starts_with(b"W/\"") { 3 } else { usize::from(rest.starts_with(b"\"")) };
        let close = if open == 0 { None } else { rest[open..].iter().position(|octet| *octet == b'"') };
        let (tag, after) = rest.split_at(open + close? + 1);
        rest = after;
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MODIFIED: Time = Time::from_secs(784_111_777);
    const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    #[test]
    fn if_match_compares_strongly() {
        for (value, verdict) in [
            ("\"now\"", Verdict::Proceed),
            ("\"old\", \"now\"", Verdict::Proceed),
            ("*", Verdict::Proceed),
            ("W/\"now\"", Verdict::Failed),
            ("\"old\"", Verdict::Failed),
            ("now", Verdict::Failed),
        ] {
            assert_eq!(verdict_of(&[("if-match", value)]), verdict, "{value}");
        }
    }

    #[test]
    fn if_none_match_compares_weakly() {
        for (value, verdict) in [
            ("\"now\"", Verdict::NotModified),
            ("W/\"now\"", Verdict::NotModified),
            ("\"a,b\", W/\"now\"", Verdict::NotModified),
            ("*", Verdict::NotModified),
            ("\"old\"", Verdict::Proceed),
            ("\"now", Verdict::Proceed),
        ] {
            assert_eq!(verdict_of(&[("if-none-match", value)]), verdict, "{value}");
        }
    }

    #[test]
    fn a_list_may_go_on_over_several_lines() {
        assert_eq!(verdict_of(&[("if-none-match", "\"old\""), ("if-none-match", "\"now\"")]), Verdict::NotModified);
    }

    #[test]
    fn dates_are_compared_by_the_second() {
        assert_eq!(verdict_of(&[("if-modified-since", SAME)]), Verdict::NotModified);
        assert_eq!(verdict_of(&[("if-modified-since", BEFORE)]), Verdict::Proceed);
        assert_eq!(verdict_of(&[("if-unmodified-since", SAME)]), Verdict::Proceed);
        assert_eq!(verdict_of(&[("if-unmodified-since", BEFORE)]), Verdict::Failed);
    }

    #[test]
    fn what_is_no_date_or_two_dates_is_ignored() {
        assert_eq!(verdict_of(&[("if-modified-since", "soon")]), Verdict::Proceed);
        assert_eq!(verdict_of(&[("if-unmodified-since", "soon")]), Verdict::Proceed);
        assert_eq!(verdict_of(&[("if-modified-since", SAME), ("if-modified-since", SAME)]), Verdict::Proceed);
    }

    #[test]
    fn tags_go_before_dates_and_preconditions_before_both() {
        assert_eq!(verdict_of(&[("if-match", "\"now\""), ("if-unmodified-since", BEFORE)]), Verdict::Proceed);
        assert_eq!(verdict_of(&[("if-none-match", "\"old\""), ("if-modified-since", AFTER)]), Verdict::Proceed);
        assert_eq!(verdict_of(&[("if-match", "\"old\""), ("if-none-match", "\"now\"")]), Verdict::Failed);
    }

    #[test]
    fn if_range_takes_the_current_strong_validator_only() {
        let counts = |value, now| range_counts(&headers(&[("if-range", value)]), current(), Time::from_secs(now));
        assert!(range_counts(&HeaderMap::new(), current(), MODIFIED));
        assert!(counts("\"now\"", 0));
        assert!(counts(SAME, MODIFIED.secs() + 1));
        assert!(!counts(SAME, MODIFIED.secs()));
        for value in ["W/\"now\"", "\"old\"", AFTER, BEFORE, "soon"] {
            assert!(!counts(value, MODIFIED.secs() + 1), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_field_value_is_judged(name in 0..5usize, value in "[ -~]{0,30}") {
            let name = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"][name];
            let headers = headers(&[(name, &value)]);
            judge(&headers, current());
            range_counts(&headers, current(), MODIFIED);
        }
    }

    fn verdict_of(fields: &[(&'static str, &str)]) -> Verdict {
        judge(&headers(fields), current())
    }

    fn current() -> Validators<'static> {
        static ETAG: HeaderValue = HeaderValue::from_static("\"now\"");
        Validators { etag: &ETAG, modified: MODIFIED }
    }

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().expect("a value"));
        }
        headers
    }
}
