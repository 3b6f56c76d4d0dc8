//! The words of a master file (RFC 1035 5.1), taken one after another.

use std::fmt;

use crate::name::{Name, next_octet};

/// One word of a master file: its octets with their escapes, without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// As it stands in the file.
    pub raw: &'a [u8],
    /// Whether quotes stood around it.
    pub quoted: bool,
    /// Its line, from 1.
    pub line: usize,
    /// Its first octet's column, from 1.
    pub column: usize,
}

/// What is wrong with a word, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The index of the word; one past the last when one is missing.
    pub word: usize,
    /// What is wrong.
    pub what: String,
    /// What to write instead, or nothing.
    pub advice: String,
}

/// Takes words and puts octets.
pub(super) struct Reader<'a> {
    words: &'a [Word<'a>],
    next: usize,
    pub(super) origin: Option<&'a Name>,
    pub(super) out: Vec<u8>,
}

impl<'a> Reader<'a> {
    /// Names without a final dot are relative to `origin`.
    pub(super) fn new(words: &'a [Word<'a>], origin: Option<&'a Name>) -> Self {
        Self { words, next: 0, origin, out: Vec::new() }
    }

    /// Whether words are left.
    pub(super) fn has_more(&self) -> bool {
        self.next < self.words.len()
    }

    /// How many words were taken.
    pub(super) fn taken(&self) -> usize {
        self.next
    }

    /// The next word, if there is one.
    pub(super) fn word(&mut self) -> Option<&'a Word<'a>> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    /// A mistake at the word that would come next.
    pub(super) fn mistake(&self, what: impl Into<String>, advice: impl Into<String>) -> Mistake {
        Mistake { word: self.next, what: what.into(), advice: advice.into() }
    }

    /// A mistake at the word that was just taken.
    pub(super) fn not(&self, expected: &str) -> Mistake {
        let word = self.next.saturating_sub(1);
        let shown = self.words.get(word).map(|word| String::from_utf8_lossy(word.raw).into_owned()).unwrap_or_default();
        Mistake { word, what: format!("`{shown}` is not {expected}"), advice: String::new() }
    }

    /// The next word, which must be there.
    pub(super) fn expect(&mut self, expected: &str) -> Result<&'a [u8], Mistake> {
        match self.word() {
            Some(word) => Ok(word.raw),
            None => Err(self.mistake(format!("{expected} is missing"), "")),
        }
    }

    /// The next word as `read` understands it.
    pub(super) fn mapped<T>(&mut self, expected: &str, read: impl Fn(&[u8]) -> Option<T>) -> Result<T, Mistake> {
        let raw = self.expect(expected)?;
        read(raw).ok_or_else(|| self.not(expected))
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self, expected: &str) -> Result<T, Mistake> {
        self.mapped(expected, |raw| std::str::from_utf8(raw).ok()?.parse().ok())
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn put(&mut self, octets: &[u8]) -> Result<(), Mistake> {
        self.out.extend_from_slice(octets);
        Ok(())
    }

    pub(super) fn counted(&mut self, octets: &[u8]) -> Result<(), Mistake> {
        let length = u8::try_from(octets.len()).map_err(|_| self.not("at most 255 octets"))?;
        self.out.push(length);
        self.put(octets)
    }

    pub(super) fn unescaped(&mut self) -> Result<Vec<u8>, Mistake> {
        let raw = self.expect("a text")?;
        unescape(raw)
            .ok_or_else(|| self.not(r"a text: a backslash goes before three digits up to 255 or another character"))
    }

    pub(super) fn text(&mut self, expected: &str) -> Result<(), Mistake> {
        let octets = self.unescaped()?;
        if octets.len() > 255 {
            let advice = "cut it into several quoted strings";
            return Err(Mistake { advice: advice.into(), ..self.not(&format!("{expected} of at most 255 octets")) });
        }
        self.counted(&octets)
    }

    pub(super) fn texts(&mut self) -> Result<(), Mistake> {
        self.text("a text")?;
        while self.has_more() {
            self.text("a text")?;
        }
        Ok(())
    }

    /// The words that are left, joined, as `read` understands them.
    pub(super) fn encoded(&mut self, expected: &str, read: fn(&[u8]) -> Option<Vec<u8>>) -> Result<(), Mistake> {
        let first = self.next;
        let joined: Vec<u8> = self.words[first..].iter().flat_map(|word| word.raw).copied().collect();
        self.next = (first + 1).min(self.words.len());
        let octets = read(&joined).ok_or_else(|| self.not(expected))?;
        self.next = self.words.len();
        self.put(&octets)
    }
}

/// A text without its escapes; nothing when one is wrong.
pub(super) fn unescape(raw: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(octet) = next_octet(rest).ok()? {
        octets.push(octet.value);
        rest = octet.after;
    }
    Some(octets)
}

/// Writes octets in quotes, with the escapes that [`unescape`] takes away.
pub(super) fn show_quoted(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    f.write_str("\"")?;
    octets.iter().try_for_each(|octet| match octet {
        b'"' | b'\\' => write!(f, "\\{}", char::from(*octet)),
        0x20..=0x7e => write!(f, "{}", char::from(*octet)),
        _ => write!(f, "\\{octet:03}"),
    })?;
    f.write_str("\"")
}
