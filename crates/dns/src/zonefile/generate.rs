//! `$GENERATE range owner [TTL] [class] type data`: one line for each number of a range, as BIND has it.

use crate::rdata::Word;

/// The lines that the words after `$GENERATE` stand for, or which word is wrong and why.
pub fn lines(words: &[Word<'_>]) -> Result<Vec<String>, (usize, &'static str)> {
    let [range, template @ ..] = words else { return Err((0, "$GENERATE needs a range")) };
    if template.len() < 3 {
        return Err((words.len() - 1, "$GENERATE needs an owner, a type and data"));
    }
    let (start, stop, step) = read_range(range.raw).ok_or((0, "the range is not START-STOP or START-STOP/STEP"))?;
    if (stop - start) / step >= MOST_LINES {
        return Err((0, "the range has more than 65536 numbers"));
    }
    let each = (start..=stop).step_by(step as usize);
    each.map(|number| line(template, number)).collect()
}

fn read_range(raw: &[u8]) -> Option<(i64, i64, i64)> {
    let text = std::str::from_utf8(raw).ok()?;
    let (range, step) = text.split_once('/').unwrap_or((text, "1"));
    let (start, stop) = range.split_once('-')?;
    let (start, stop, step) = (start.parse::<u32>().ok()?, stop.parse::<u32>().ok()?, step.parse::<u32>().ok()?);
    (start <= stop && step > 0).then_some((start.into(), stop.into(), step.into()))
}

fn line(template: &[Word<'_>], number: i64) -> Result<String, (usize, &'static str)> {
    let mut line = String::new();
    for (index, word) in (1..).zip(template) {
        let text = String::from_utf8_lossy(word.raw);
        let filled = fill(&text, number).ok_or((index, "`${}` takes offset, width and one of d, o, x, X, n, N"))?;
        let quote = if word.quoted { "\"" } else { "" };
        line.push_str(&format!("{quote}{filled}{quote} "));
    }
    Ok(line)
}

/// Puts the number in the place of each `$` or `${offset,width,base}`; `$$` and `\$` stand for a dollar sign.
fn fill(text: &str, number: i64) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '\\']) {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        if let Some(after) = from.strip_prefix("$$").or(from.strip_prefix("\\$")) {
            filled.push_str("\\$");
            rest = after;
        } else if let Some(after) = from.strip_prefix('\\') {
            filled.push('\\');
            let next = after.chars().next().map_or(0, char::len_utf8);
            filled.push_str(&after[..next]);
            rest = &after[next..];
        } else if let Some(after) = from.strip_prefix("${") {
            let (modifier, after) = after.split_once('}')?;
            filled.push_str(&modified(modifier, number)?);
            rest = after;
        } else {
            filled.push_str(&number.to_string());
            rest = &from[1..];
        }
    }
    filled.push_str(rest);
    Some(filled)
}

fn modified(modifier: &str, number: i64) -> Option<String> {
    let mut parts = modifier.split(',');
    let offset: i32 = parts.next()?.parse().ok()?;
    let width: usize = parts.next().unwrap_or("0").parse().ok().filter(|width| *width <= 255)?;
    let base = parts.next().unwrap_or("d");
    let value = number + i64::from(offset);
    if parts.next().is_some() || value < 0 {
        return None;
    }
    Some(match base {
        "d" => format!("{value:0width$}"),
        "o" => format!("{value:0width$o}"),
        "x" => format!("{value:0width$x}"),
        "X" => format!("{value:0width$X}"),
        "n" => nibbles(&format!("{value:x}"), width),
        "N" => nibbles(&format!("{value:X}"), width),
        _ => return None,
    })
}

/// Hexadecimal digits from the last to the first with dots between, as `ip6.arpa` has them.
fn nibbles(digits: &str, width: usize) -> String {
    let padded = format!("{digits:0>length$}", length = width.div_ceil(2));
    padded.chars().rev().map(String::from).collect::<Vec<_>>().join(".")
}

/// A /16 of addresses: more in one line is a slip of the finger.
const MOST_LINES: i64 = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_are_those_of_bind() {
        assert_eq!(fill("a-$-$$", 5).unwrap(), "a-5-\\$");
        assert_eq!(fill("${-1,3,d}.${0,2,X}", 11).unwrap(), "010.0B");
        assert_eq!(fill("${0,7,n}", 0x1a).unwrap(), "a.1.0.0");
        assert_eq!(fill("${0,1,q}", 1), None);
        assert_eq!(fill("${", 1), None);
    }

    #[test]
    fn ranges_have_an_end_and_a_step() {
        assert_eq!(read_range(b"1-10/3"), Some((1, 10, 3)));
        assert_eq!(read_range(b"10-1"), None);
        assert_eq!(read_range(b"1-2/0"), None);
    }
}
