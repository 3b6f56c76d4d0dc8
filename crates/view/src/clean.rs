//! What peers said, made safe to print: no escape codes, no line ends, nothing that turns or hides text.

/// The text with unsafe characters written as `\u{1b}`, and cut to `longest` characters.
pub(crate) fn clean(text: &str, longest: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(longest));
    let mut length = 0;
    for character in text.chars() {
        let safe = is_safe(character);
        length += if safe { 1 } else { character.escape_default().count() };
        if length > longest {
            return cut(shown, longest);
        }
        if safe {
            shown.push(character);
        } else {
            shown.extend(character.escape_default());
        }
    }
    shown
}

/// Whether a terminal shows the character and does nothing else.
///
/// Apart from the control characters: what is invisible, and what changes the direction of its
/// neighbours (Unicode TR 36 section 2.5).
pub(crate) fn is_safe(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

fn cut(mut shown: String, longest: usize) -> String {
    let whole = shown.char_indices().nth(longest.saturating_sub(1)).map_or(shown.len(), |(at, _)| at);
    shown.truncate(whole);
    shown.push('…');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_code_passes() {
        assert_eq!(clean("a\x1b[31m\r\n\u{9b}2J\x7f", 99), "a\\u{1b}[31m\\r\\n\\u{9b}2J\\u{7f}");
        assert_eq!(clean("exe\u{202e}gpj", 99), "exe\\u{202e}gpj");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(clean("äöüß", 4), "äöüß");
        assert_eq!(clean("äöüße", 4), "äöü…");
        assert_eq!(clean("ab\x1b", 4), "ab…");
        assert_eq!(clean("abc", 0), "…");
    }
}
