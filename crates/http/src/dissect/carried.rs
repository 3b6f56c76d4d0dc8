//! All that a head says, for those who want a message in full.

use std::ops::Range;

use toynet_record::dissect::{Carried, Field};

use super::draft::{Fields, OF_ANSWER, OF_REQUEST, Shown, user_information};

/// What stands in place of a head for a message of WebSocket: its opcode.
pub(crate) const OPCODE: &str = ":opcode";

/// A head: what its start line says, by the names that HTTP/2 has for it, and its fields. It took `octets`.
pub(super) fn of(start: &[(&str, &[u8])], fields: &Fields<'_>, octets: u64) -> Box<Carried> {
    let start = start.iter().map(|(name, value)| field(name.as_bytes(), value));
    let fields = start.chain(fields.iter().map(|(name, value)| field(name, value)));
    Box::new(Carried::new(fields.collect(), octets))
}

/// The fields that stand behind a content.
pub(super) fn trailers<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<Field> {
    fields.map(|(name, value)| field(name, value)).collect()
}

fn field(name: &[u8], value: &[u8]) -> Field {
    let [name, value] = [name, value].map(|octets| String::from_utf8_lossy(octets).into_owned());
    let secrets = secrets(&name, &value);
    Field { name, value, secrets }
}

/// What is hidden of a field where only a part of it is wanted, and of what else a head holds.
fn secrets(name: &str, value: &str) -> Vec<Range<usize>> {
    let known = OF_REQUEST.iter().chain(&OF_ANSWER).find(|(known, _)| known.eq_ignore_ascii_case(name));
    let secrets = match known {
        Some((_, Shown::Openly)) => Vec::new(),
        Some((_, Shown::SchemeOnly)) => {
            let token = value.find(' ').map_or(0, |blank| blank + 1)..value.len();
            Some(token).into_iter().collect()
        }
        Some((_, Shown::Hidden)) => pairs(value).map(after_equals(value)).collect(),
        Some((_, Shown::NameOnly)) => pairs(value).take(1).map(after_equals(value)).collect(),
        None if name == ":path" || name.eq_ignore_ascii_case("referer") => {
            user_information(value).into_iter().collect()
        }
        None => Vec::new(),
    };
    secrets.into_iter().filter(|secret| !secret.is_empty()).collect()
}

/// What stands between semicolons.
fn pairs(value: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    value.split(';').map(move |pair| {
        let range = from..from + pair.len();
        from = range.end + 1;
        range
    })
}

/// The value of a pair; all of it when it has no name.
fn after_equals(value: &str) -> impl Fn(Range<usize>) -> Range<usize> {
    |pair| value[pair.clone()].find('=').map_or(pair.start, |equals| pair.start + equals + 1)..pair.end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_marked_where_they_stand() {
        for (name, value, shown) in [
            ("authorization", "Basic YTpi", "Basic •••"),
            ("Proxy-Authorization", "token", "•••"),
            ("Cookie", "a=1; b=2=3; c", "a=•••; b=•••;•••"),
            ("Set-Cookie", "id=1; Path=/; Secure", "id=•••; Path=/; Secure"),
            (":path", "http://me:pw@a.test/?x=y@z", "http://•••@a.test/?x=y@z"),
            ("Accept", "a=b", "a=b"),
        ] {
            assert_eq!(field(name.as_bytes(), value.as_bytes()).redacted(), shown);
        }
    }
}
