//! The rest of what is half there (RFC 9110 14): nothing but that is put behind it.

use crate::client::answer::AnswerHead;
use crate::client::failure::Failure;

/// What there is from an octet on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Comes,
    /// All of it is there already.
    IsEmpty,
}

/// What an answer to `Range: bytes=OFFSET-` brings.
///
/// # Errors
/// When it is something other than the rest.
pub(super) fn rest(offset: u64, head: &AnswerHead) -> Result<Rest, Failure> {
    let range = head.text("content-range").and_then(|value| value.strip_prefix("bytes "));
    let first = range.and_then(|range| range.split_once('-')).and_then(|(first, _)| first.trim().parse().ok());
    let length = range.and_then(|range| range.strip_prefix("*/")).and_then(|length| length.parse().ok());
    let why = match head.status {
        206 if first == Some(offset) => return Ok(Rest::Comes),
        416 if length == Some(offset) => return Ok(Rest::IsEmpty),
        206 => format!("other octets came than those from {offset} on"),
        416 => length.map_or_else(
            || format!("there is no octet {offset}"),
            |length: u64| format!("there is no octet {offset}, but {length} octets in all"),
        ),
        200 => format!("the server sends all of it, and not what is from octet {offset} on: leave out -C"),
        status => format!("the server answered {status}"),
    };
    Err(Failure::PeerRest(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_where_it_shall_is_the_rest() {
        let answer = |status, range: &str| AnswerHead {
            status,
            fields: vec![("Content-Range".into(), range.into())],
            ..AnswerHead::default()
        };
        assert_eq!(rest(5, &answer(206, "bytes 5-9/10")).unwrap(), Rest::Comes);
        assert_eq!(rest(5, &answer(416, "bytes */5")).unwrap(), Rest::IsEmpty);
        for (status, range) in [
            (206, "bytes 4-9/10"),
            (206, "lines 5-9/10"),
            (206, ""),
            (416, "bytes */4"),
            (416, ""),
            (200, ""),
            (404, ""),
        ] {
            assert!(rest(5, &answer(status, range)).is_err(), "{status} {range}");
        }
    }
}
