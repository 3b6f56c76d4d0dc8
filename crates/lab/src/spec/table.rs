//! Reading a table as far as it can be read: what serde refuses is noted, taken out, and the rest read again.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Error, ValueDeserializer};
use toynet_service::Mistake;
use toynet_service::near;

/// Reads `value` into a `T`; nothing when a part that `T` cannot do without is wrong or missing.
pub(super) fn read<T: DeserializeOwned>(value: Spanned<DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> Option<T> {
    read_with(value, mistakes, |value| T::deserialize(ValueDeserializer::from(value)))
}

/// The same for any function that reads.
pub(super) fn read_with<'i, T>(
    mut value: Spanned<DeValue<'i>>,
    mistakes: &mut Vec<Mistake>,
    read: impl Fn(Spanned<DeValue<'i>>) -> Result<T, Error>,
) -> Option<T> {
    let mut removed = Vec::new();
    loop {
        let error = match read(value.clone()) {
            Ok(whole) => return Some(whole),
            Err(error) => error,
        };
        let span = error.span().unwrap_or(value.span());
        if !removed.iter().any(|key| error.message() == format!("missing field `{key}`")) {
            mistakes.push(in_words(&error, span.clone()));
        }
        let is_there = |at: &Range<usize>| *at == span;
        let is_around = |at: &Range<usize>| at.start <= span.start && span.end <= at.end;
        let key = remove(value.get_mut(), &is_there).or_else(|| remove(value.get_mut(), &is_around));
        removed.push(key?);
    }
}

/// A table's entries in the order of the file.
pub(super) fn in_order<'i>(table: DeTable<'i>) -> Vec<(Spanned<Cow<'i, str>>, Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// A table of tables: its entries in the order of the file.
pub(super) fn entries<'i>(
    value: Spanned<DeValue<'i>>,
    wanted: &str,
    mistakes: &mut Vec<Mistake>,
) -> Vec<(Spanned<Cow<'i, str>>, Spanned<DeValue<'i>>)> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Table(table) => in_order(table),
        other => {
            mistakes.push(Mistake::new(span, format!("expected {wanted}, found {}", a_kind(other.type_str()))));
            Vec::new()
        }
    }
}

/// What serde or TOML refused, in words for a person. A message's second line is its advice.
pub(super) fn in_words(error: &Error, otherwise: Range<usize>) -> Mistake {
    let span = error.span().unwrap_or(otherwise);
    let message = error.message();
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return unknown_key(rest, span);
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        return unknown_word(rest, span);
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        return Mistake::new(span, format!("{rest} is missing"));
    }
    let refused = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = refused.and_then(|rest| rest.split_once(", expected ")) {
        return Mistake::new(span, format!("expected {}, found {}", a_type(expected), a_kind(found)));
    }
    match message.split_once('\n') {
        Some((what, advice)) => Mistake::new(span, what).advise(advice),
        None => Mistake::new(span, plain(message)),
    }
}

/// Other people's words for what a person meets.
fn plain(message: &str) -> &str {
    match message {
        "wanted string or table" => "expected a word in quotes",
        _ if message.starts_with("wanted exactly 1 element") => "expected a word in quotes, found a table",
        "invalid IPv4 address syntax" => "this is no IPv4 address",
        "invalid IPv6 address syntax" => "this is no IPv6 address",
        "invalid IP address syntax" => "this is no address",
        _ => message,
    }
}

fn unknown_key(message: &str, span: Range<usize>) -> Mistake {
    let mut words = message.split('`').skip(1).step_by(2);
    let key = words.next().unwrap_or_default();
    let mistake = Mistake::new(span, format!("unknown key `{key}`"));
    match near::advice(key, &words.collect::<Vec<_>>()) {
        Some(advice) => mistake.advise(advice),
        None => mistake,
    }
}

fn unknown_word(message: &str, span: Range<usize>) -> Mistake {
    let mut words = message.split('`').skip(1).step_by(2);
    let word = words.next().unwrap_or_default();
    let mistake = Mistake::new(span, format!("`{word}` is not known here"));
    match near::advice(word, &words.collect::<Vec<_>>()) {
        Some(advice) => mistake.advise(advice),
        None => mistake,
    }
}

/// Rust's words for a type in a person's.
fn a_type(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number up to 255",
        "u16" => "a whole number up to 65535",
        "u32" | "u64" | "usize" => "a whole number from 0 up",
        "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "a map" => "a table",
        _ if expected.starts_with("struct ") => "a table",
        _ => expected,
    }
}

fn a_kind(found: &str) -> String {
    match found {
        "map" | "table" => "a table".to_owned(),
        "sequence" | "array" => "a list".to_owned(),
        "integer" => "an integer".to_owned(),
        "float" | "string" | "boolean" | "datetime" => format!("a {found}"),
        _ => match found.split_once(' ') {
            Some(("integer", rest)) => format!("the integer {rest}"),
            Some(("floating", rest)) => format!("the number {}", rest.trim_start_matches("point ")),
            Some((kind, rest)) => format!("the {kind} {rest}"),
            None => found.to_owned(),
        },
    }
}

/// Takes the innermost entry out whose key or value stands where `is_it` says, and tells its key.
fn remove(value: &mut DeValue<'_>, is_it: &dyn Fn(&Range<usize>) -> bool) -> Option<String> {
    match value {
        DeValue::Table(table) => {
            let inner = table.iter_mut().find_map(|(_, value)| remove(value.get_mut(), is_it));
            inner.or_else(|| {
                let found = table.iter().find(|(key, value)| is_it(&key.span()) || is_it(&value.span()));
                let key = found.map(|(key, _)| key.get_ref().to_string())?;
                table.remove(key.as_str()).map(|_| key)
            })
        }
        DeValue::Array(list) => {
            let inner = list.iter_mut().find_map(|value| remove(value.get_mut(), is_it));
            inner.or_else(|| {
                let place = list.iter().position(|value| is_it(&value.span()))?;
                let all = std::mem::replace(list, DeArray::new()).into_iter().enumerate();
                *list = all.filter(|(at, _)| *at != place).map(|(_, value)| value).collect();
                Some(String::new())
            })
        }
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Site {
        root: String,
        #[serde(default)]
        names: Vec<String>,
        port: Option<u16>,
    }

    #[test]
    fn every_mistake_of_a_table_is_told_and_the_rest_is_read() {
        let (site, told) = try_to_read("{ root = 'a', prot = 1, names = [1, 'b', 2], port = 'x' }");
        let site = site.unwrap();
        assert_eq!((site.root.as_str(), site.names.as_slice(), site.port), ("a", ["b".to_owned()].as_slice(), None));
        assert_eq!(
            told,
            [
                "expected a string, found the integer `1`",
                "expected a string, found the integer `2`",
                "expected a whole number up to 65535, found the string \"x\"",
                "unknown key `prot` (did you mean `port`?)",
            ]
        );
    }

    #[test]
    fn what_was_wrong_is_not_told_again_as_missing() {
        let (site, told) = try_to_read("{ root = 1 }");
        assert!(site.is_none());
        assert_eq!(told, ["expected a string, found the integer `1`"]);
    }

    #[test]
    fn what_is_missing_is_told() {
        let (_, told) = try_to_read("{ nonsense = 2 }");
        assert_eq!(told, ["unknown key `nonsense` (known here: `root`, `names`, `port`)", "`root` is missing"]);
    }

    #[test]
    fn what_is_no_table_at_all_is_told_once() {
        assert_eq!(try_to_read("'site'").1, ["expected a table, found the string \"site\""]);
    }

    fn try_to_read(text: &str) -> (Option<Site>, Vec<String>) {
        let mut mistakes = Vec::new();
        let site = read(DeValue::parse(text).unwrap(), &mut mistakes);
        let told = mistakes.into_iter().map(|mistake| match mistake.advice {
            Some(advice) => format!("{} ({advice})", mistake.what),
            None => mistake.what,
        });
        (site, told.collect())
    }
}
