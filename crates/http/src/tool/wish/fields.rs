//! Fields as they were typed.

use std::fs;

use clap::ArgMatches;

use super::line::Line;
use super::{condition, text};

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

pub(super) fn fields(matches: &ArgMatches, resumes: Option<u64>) -> Result<Vec<Line>, String> {
    let mut lines = typed_fields(matches)?;
    lines.extend(resumes.map(|offset| Line::Field("Range".into(), format!("bytes={offset}-"))));
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
