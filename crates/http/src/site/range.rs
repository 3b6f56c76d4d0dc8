//! Byte ranges (RFC 9110 14): which octets of a file a request asks for.

use http::HeaderMap;
use http::header::RANGE;

/// Octets of a file, by their first and last position, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// The first octet's position.
    pub first: u64,
    /// The last octet's position, inside the file.
    pub last: u64,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The whole file: there is no `Range`, or one that is to be ignored.
    Whole,
    /// These ranges, at least one, apart from each other, in the order asked for.
    Ranges(Vec<ByteRange>),
    /// Nothing that the file has: 416.
    Unsatisfiable,
}

impl ByteRange {
    /// How many octets it has.
    pub fn length(self) -> u64 {
        self.last - self.first + 1
    }
}

/// What `headers` ask for of a file of `length` octets.
///
/// Ignored, as RFC 9110 14.2 allows, are an unknown unit, a malformed or repeated field, and one with
/// more than [`MOST`] ranges. Ranges that overlap, or lie so near that a part's head would be longer than
/// the gap, are made one (15.3.7.2), so that no answer is longer than the file and the parts' heads (17.15).
pub fn wanted(headers: &HeaderMap, length: u64) -> Wanted {
    let mut lines = headers.get_all(RANGE).iter();
    match (lines.next(), lines.next()) {
        (Some(only), None) => only.to_str().map_or(Wanted::Whole, |text| of_field(text, length)),
        _ => Wanted::Whole,
    }
}

fn of_field(text: &str, length: u64) -> Wanted {
    let Some(specs) = parse(text) else { return Wanted::Whole };
    if length == 0 && specs.iter().any(|spec| matches!(spec, Spec::Suffix(1..))) {
        // Satisfiable (14.1.2), yet no Content-Range can tell of no octets.
        return Wanted::Whole;
    }
    let ranges: Vec<_> = specs.iter().filter_map(|spec| spec.within(length)).collect();
    if ranges.is_empty() { Wanted::Unsatisfiable } else { Wanted::Ranges(coalesce(ranges)) }
}

/// One `range-spec` (RFC 9110 14.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spec {
    From(u64),
    FromTo(u64, u64),
    Suffix(u64),
}

impl Spec {
    /// The octets that it means in a file of `length`; nothing when there are none.
    fn within(self, length: u64) -> Option<ByteRange> {
        let end = length.checked_sub(1)?;
        let (first, last) = match self {
            Spec::From(first) => (first, end),
            Spec::FromTo(first, last) => (first, last.min(end)),
            Spec::Suffix(0) => return None,
            Spec::Suffix(count) => (length.saturating_sub(count), end),
        };
        (first <= end).then_some(ByteRange { first, last })
    }
}

fn parse(text: &str) -> Option<Vec<Spec>> {
    let (unit, set) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    // An empty element of a list means nothing (RFC 9110 5.6.1.2).
    let specs = set.split(',').map(str::trim).filter(|spec| !spec.is_empty()).take(MOST + 1);
    let specs = specs.map(spec).collect::<Option<Vec<_>>>()?;
    (1..=MOST).contains(&specs.len()).then_some(specs)
}

fn spec(text: &str) -> Option<Spec> {
    let (first, last) = text.split_once('-')?;
    match (first, last) {
        ("", count) => Some(Spec::Suffix(position(count)?)),
        (first, "") => Some(Spec::From(position(first)?)),
        (first, last) => {
            let (first, last) = (position(first)?, position(last)?);
            (first <= last).then_some(Spec::FromTo(first, last))
        }
    }
}

/// A number, which may be longer than any file.
fn position(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Makes ranges that touch one, in the place of the first of them that was asked for.
fn coalesce(ranges: Vec<ByteRange>) -> Vec<ByteRange> {
    let mut sorted: Vec<_> = ranges.into_iter().enumerate().collect();
    sorted.sort_by_key(|(_, range)| range.first);
    let mut apart: Vec<(usize, ByteRange)> = Vec::with_capacity(sorted.len());
    for (place, range) in sorted {
        match apart.last_mut() {
            Some((at, before)) if range.first <= before.last.saturating_add(NEAR) => {
                *at = place.min(*at);
                before.last = before.last.max(range.last);
            }
            _ => apart.push((place, range)),
        }
    }
    apart.sort_by_key(|(place, _)| *place);
    apart.into_iter().map(|(_, range)| range).collect()
}

/// How many ranges one request may ask for: clients that read an index of a file ask for some dozens.
pub const MOST: usize = 64;
/// What the head of a part takes (RFC 9110 15.3.7.2 says around 80 octets).
const NEAR: u64 = 80;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_single_range_is_clamped_to_the_file() {
        for (field, first, last) in [
            ("bytes=0-0", 0, 0),
            ("bytes=2-5", 2, 5),
            ("bytes=7-", 7, 9),
            ("bytes=5-500", 5, 9),
            ("bytes=-3", 7, 9),
            ("bytes=-500", 0, 9),
            ("BYTES= 1-2", 1, 2),
            ("bytes=,1-2 ,", 1, 2),
            ("bytes=1-99999999999999999999999", 1, 9),
            ("bytes=20-30, 1-2", 1, 2),
        ] {
            assert_eq!(of_field(field, 10), Wanted::Ranges(vec![ByteRange { first, last }]), "{field}");
        }
    }

    #[test]
    fn what_lies_behind_the_end_is_unsatisfiable() {
        for field in ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(of_field(field, 10), Wanted::Unsatisfiable, "{field}");
        }
        assert_eq!(of_field("bytes=0-", 0), Wanted::Unsatisfiable);
    }

    #[test]
    fn what_cannot_be_understood_is_ignored() {
        for field in [
            "lines=1-2",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=5-2",
            "bytes=a-b",
            "bytes=1-2-3",
            "bytes=--1",
            "bytes=+1-2",
        ] {
            assert_eq!(of_field(field, 10), Wanted::Whole, "{field}");
        }
        assert_eq!(of_field("bytes=-5", 0), Wanted::Whole);
    }

    #[test]
    fn ranges_keep_the_order_that_was_asked_for() {
        let ranges = [(900, 909), (0, 9), (400, 409)].map(|(first, last)| ByteRange { first, last });
        assert_eq!(of_field("bytes=900-909,0-9,400-409", 1000), Wanted::Ranges(ranges.to_vec()));
    }

    #[test]
    fn ranges_that_overlap_or_nearly_touch_become_one() {
        let one = |first, last| Wanted::Ranges(vec![ByteRange { first, last }]);
        assert_eq!(of_field("bytes=0-,0-,0-,0-", 1000), one(0, 999));
        assert_eq!(of_field("bytes=50-99,0-60", 1000), one(0, 99));
        assert_eq!(
            of_field("bytes=0-9,90-99", 1000),
            Wanted::Ranges(vec![ByteRange { first: 0, last: 9 }, ByteRange { first: 90, last: 99 },])
        );
        assert_eq!(of_field("bytes=0-9,89-99", 1000), one(0, 99));
    }

    #[test]
    fn too_many_ranges_are_the_whole_file() {
        let many = |count: u64| {
            format!("bytes={}", (0..count).map(|n| format!("{0}-{0}", n * 100)).collect::<Vec<_>>().join(","))
        };
        assert!(matches!(of_field(&many(MOST as u64), 100_000), Wanted::Ranges(ranges) if ranges.len() == MOST));
        assert_eq!(of_field(&many(MOST as u64 + 1), 100_000), Wanted::Whole);
    }

    #[test]
    fn a_doubled_field_is_ignored() {
        let mut headers = HeaderMap::new();
        headers.append(RANGE, "bytes=0-1".parse().expect("a value"));
        headers.append(RANGE, "bytes=2-3".parse().expect("a value"));
        assert_eq!(wanted(&headers, 10), Wanted::Whole);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_stays_inside_the_file_and_apart(field in "bytes=[0-9,-]{0,30}", length in 0..2000u64) {
            if let Wanted::Ranges(ranges) = of_field(&field, length) {
                prop_assert!(ranges.iter().all(|range| range.first <= range.last && range.last < length));
                prop_assert!(ranges.iter().map(|range| range.length()).sum::<u64>() <= length);
            }
        }
    }
}
