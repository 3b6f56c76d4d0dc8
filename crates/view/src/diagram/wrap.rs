//! Long texts in several lines.

/// A text in lines of a length that pictures by others are made of.
pub(super) fn lines(text: &str) -> Vec<String> {
    wrap(text, COLUMNS, LINES, |text| text.chars().count())
}

/// Breaks a text into at most `most` lines of at most `room`, as `width` measures; what does not fit is cut.
/// Lines break at blanks where there are any, or else after what parts the words of an address. Last words that are held
/// together by blanks at which no line breaks are not cut: how long it took is said even of what was said at length.
pub(super) fn wrap(text: &str, room: usize, most: usize, width: impl Fn(&str) -> usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.trim();
    let held = rest.rsplit(' ').next().filter(|last| last.contains('\u{a0}'));
    let ending = held.map(|last| format!("… {last}")).filter(|ending| 2 * width(ending) <= room);
    let ending = ending.as_deref().unwrap_or("…");
    while width(rest) > room {
        let last = lines.len() + 1 >= most;
        let room = if last { room.saturating_sub(width(ending)) } else { room };
        let fits =
            rest.char_indices().map(|(at, one)| at + one.len_utf8()).take_while(|end| width(&rest[..*end]) <= room);
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = fits.last().unwrap_or(first);
        if last {
            lines.push(format!("{}{ending}", rest[..end].trim_end()));
            return lines;
        }
        let in_reach = |at: &usize| *at * 2 > end;
        let at_blank = if rest[end..].starts_with(' ') { Some(end) } else { rest[..end].rfind(' ').filter(in_reach) };
        let at_mark = || rest[..end].rfind(MARKS).map(|at| at + 1).filter(in_reach);
        let (line, after) = rest.split_at(at_blank.or_else(at_mark).unwrap_or(end));
        lines.push(line.trim_end().to_owned());
        rest = after.trim_start();
    }
    lines.push(rest.to_owned());
    lines
}

/// Reads well beside other arrows.
const COLUMNS: usize = 56;
/// More is cut.
const LINES: usize = 5;
/// Each is one octet long.
const MARKS: [char; 9] = ['@', ':', '/', ',', ';', '.', '-', '=', '&'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_the_last_is_cut() {
        let wrapped = |text, most| wrap(text, 10, most, |text| text.chars().count());
        assert_eq!(wrapped("one two three", 3), ["one two", "three"]);
        assert_eq!(wrapped("0123456789abcdef", 3), ["0123456789", "abcdef"]);
        assert_eq!(wrapped("<alice@shop.test>", 3), ["<alice@", "shop.test>"]);
        assert_eq!(wrapped("one two three four five", 2), ["one two", "three fou…"]);
        assert_eq!(wrapped("one two three four 1\u{a0}s", 2), ["one two", "three… 1\u{a0}s"]);
        assert_eq!(wrapped("one two three four (12345\u{a0}s)", 2), ["one two", "three fou…"]);
        assert_eq!(wrapped("", 2), [""]);
        assert_eq!(wrap("abc", 0, 2, |text| text.chars().count()), ["a", "b…"]);
    }
}
