//! Octets to words: blanks, quotes, parentheses and comments (RFC 1035 5.1).

use crate::rdata::Word;

/// One entry: the words up to the end of its line, or of the last line that parentheses join to it.
#[derive(Debug)]
pub struct Line<'a> {
    /// Whether a blank stands before the first word: the owner is the last one's.
    pub blank_start: bool,
    /// The words.
    pub words: Vec<Word<'a>>,
}

/// What breaks the division into words, with line and column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    pub line: usize,
    pub column: usize,
    pub what: &'static str,
    pub advice: &'static str,
}

/// Divides a master file into lines.
pub struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    line_start: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text), at: 0, line: 1, line_start: 0 }
    }

    /// The next line that has words. After an error the next physical line follows.
    pub fn next_line(&mut self) -> Option<Result<Line<'a>, Torn>> {
        while self.at < self.text.len() {
            match self.read_line() {
                Ok(line) if line.words.is_empty() => {}
                Ok(line) => return Some(Ok(line)),
                Err(torn) => {
                    self.skip_line();
                    return Some(Err(torn));
                }
            }
        }
        None
    }

    fn read_line(&mut self) -> Result<Line<'a>, Torn> {
        let mut line = Line { blank_start: matches!(self.peek(), Some(b' ' | b'\t')), words: Vec::new() };
        let mut open: Option<Torn> = None;
        while let Some(octet) = self.peek() {
            match octet {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.newline();
                    if open.is_none() {
                        return Ok(line);
                    }
                }
                b';' => self.skip_comment(),
                b'(' => {
                    if open.is_some() {
                        return Err(self.torn("a parenthesis inside parentheses", "close the first one"));
                    }
                    open = Some(self.torn("a parenthesis that is never closed", "close it with )"));
                    self.at += 1;
                }
                b')' => {
                    if open.take().is_none() {
                        return Err(self.torn("a closing parenthesis without an opening one", "remove it"));
                    }
                    self.at += 1;
                }
                b'"' => line.words.push(self.quoted()?),
                _ => line.words.push(self.word()),
            }
        }
        open.map_or(Ok(line), Err)
    }

    fn word(&mut self) -> Word<'a> {
        let (start, column) = (self.at, self.column());
        let mut in_quotes = false;
        while let Some(octet) = self.peek() {
            match octet {
                b'\\' => self.at += 1 + usize::from(self.text.get(self.at + 1).is_some_and(|next| *next != b'\n')),
                b'\n' => break,
                // `key="a b"` is one word (RFC 9460 2.1).
                b'"' if in_quotes || self.text[start..self.at].ends_with(b"=") => {
                    in_quotes = !in_quotes;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' | b';' | b'(' | b')' | b'"' if !in_quotes => break,
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
        Word { raw: &self.text[start..self.at], quoted: false, line: self.line, column }
    }

    fn quoted(&mut self) -> Result<Word<'a>, Torn> {
        let opening = self.torn("a quote that is never closed", "close it with \" on the same line");
        self.at += 1;
        let start = self.at;
        while let Some(octet) = self.peek() {
            match octet {
                b'"' => {
                    let raw = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(Word { raw, quoted: true, line: opening.line, column: opening.column });
                }
                b'\\' => self.at += 2,
                b'\n' => break,
                _ => self.at += 1,
            }
        }
        Err(opening)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn column(&self) -> usize {
        self.at - self.line_start + 1
    }

    fn torn(&self, what: &'static str, advice: &'static str) -> Torn {
        Torn { line: self.line, column: self.column(), what, advice }
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line += 1;
        self.line_start = self.at;
    }

    fn skip_comment(&mut self) {
        let rest = &self.text[self.at.min(self.text.len())..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn skip_line(&mut self) {
        self.at = self.at.min(self.text.len());
        self.skip_comment();
        if self.peek().is_some() {
            self.newline();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_join_lines_and_comments_end_them() {
        let lines = lines("a ( b ; one\n  c ) d\n\te \"f g\" ; two\n\n");
        assert_eq!(lines[0], (false, vec!["a", "b", "c", "d"]));
        assert_eq!(lines[1], (true, vec!["e", "f g"]));
    }

    #[test]
    fn words_know_their_line_and_column() {
        let mut lexer = Lexer::new(b"\n  a (\n b)");
        let words = lexer.next_line().unwrap().unwrap().words;
        assert_eq!(words.iter().map(|word| (word.line, word.column)).collect::<Vec<_>>(), [(2, 3), (3, 2)]);
    }

    #[test]
    fn escapes_stay_and_hide_what_follows() {
        assert_eq!(lines(r#"a\ b\;c "d\"e""#), [(false, vec![r"a\ b\;c", r#"d\"e"#])]);
    }

    #[test]
    fn what_is_torn_is_told_and_the_next_line_follows() {
        let mut lexer = Lexer::new(b"a \"b\nc )\nd");
        let torn = |lexer: &mut Lexer<'_>| lexer.next_line().unwrap().unwrap_err();
        assert_eq!((torn(&mut lexer).column, torn(&mut lexer).line), (3, 2));
        assert_eq!(lexer.next_line().unwrap().unwrap().words[0].raw, b"d");
        assert!(lexer.next_line().is_none());
    }

    fn lines(text: &str) -> Vec<(bool, Vec<&str>)> {
        let mut lexer = Lexer::new(text.as_bytes());
        std::iter::from_fn(|| lexer.next_line().map(Result::unwrap))
            .map(|line| {
                (line.blank_start, line.words.iter().map(|word| std::str::from_utf8(word.raw).unwrap()).collect())
            })
            .collect()
    }
}
