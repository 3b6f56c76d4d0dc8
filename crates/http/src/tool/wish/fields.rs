//! Fields as they were typed.

use std::fs;

use clap::ArgMatches;

use super::{condition, is_token_octet, text};

/// A field that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// With its value, which may be empty.
    Field(String, String),
    /// Not to be sent.
    Without(String),
}

/// Those that are typed as such.
pub(super) fn typed_fields(matches: &ArgMatches) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for line in matches.get_many::<String>("header").into_iter().flatten() {
        match line.strip_prefix('@') {
            None => lines.push(Line::read(line)?),
            Some(file) => read_all(file, &mut lines)?,
        }
    }
    for (id, name) in [("user-agent", "User-Agent"), ("referer", "Referer")] {
        lines.extend(text(matches, id).map(|value| Line::Field(name.to_owned(), value.to_owned())));
    }
    Ok(lines)
}

/// A field a line; empty lines are none.
fn read_all(file: &str, lines: &mut Vec<Line>) -> Result<(), String> {
    let text = if file == "-" { std::io::read_to_string(std::io::stdin()) } else { fs::read_to_string(file) };
    let text = text.map_err(|error| format!("{file} cannot be read: {error}"))?;
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        lines.push(Line::read(line)?);
    }
    Ok(())
}

pub(super) fn fields(matches: &ArgMatches) -> Result<Vec<Line>, String> {
    let mut lines = typed_fields(matches)?;
    if let Some(range) = text(matches, "range") {
        let is_range =
            range.bytes().all(|octet| octet.is_ascii_digit() || b"-, ".contains(&octet)) && range.contains('-');
        if !is_range {
            return Err(format!("`{range}` is no range: say 0-499, 500- or -500 (RFC 9110 14.1.2)"));
        }
        lines.push(Line::Field("Range".into(), format!("bytes={range}")));
    }
    lines.extend(condition::condition(matches)?);
    Ok(lines)
}

impl Line {
    /// `Name: value`, `Name:` or `Name;`.
    fn read(text: &str) -> Result<Self, String> {
        let end = text.find([':', ';']).ok_or_else(|| format!("the field '{text}' has no colon: say 'Name: value'"))?;
        let (name, value) = (text[..end].to_owned(), text[end + 1..].trim().to_owned());
        if name.is_empty() || !name.bytes().all(is_token_octet) {
            return Err(format!("'{name}' is no field's name (RFC 9110 5.1)"));
        }
        if value.bytes().any(|octet| octet.is_ascii_control() && octet != b'\t') {
            return Err(format!("the field {name} holds a control character (RFC 9110 5.5); --raw sends anything"));
        }
        match (text.as_bytes()[end], value.is_empty()) {
            (b';', true) | (b':', false) => Ok(Line::Field(name, value)),
            (b':', true) => Ok(Line::Without(name)),
            _ => Err(format!("the field '{text}' has no colon: say 'Name: value'")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_set_left_out_or_sent_empty() {
        let field = |name: &str, value: &str| Ok(Line::Field(name.into(), value.into()));
        assert_eq!(Line::read("Accept: text/html"), field("Accept", "text/html"));
        assert_eq!(Line::read("X-Empty;"), field("X-Empty", ""));
        assert_eq!(Line::read("Accept:"), Ok(Line::Without("Accept".into())));
        for broken in ["Accept", "A b: c", ": c", "A: b\r\nC: d", "A; b"] {
            assert!(Line::read(broken).is_err(), "{broken}");
        }
    }
}
