//! Words that a person begins and need not end.

/// What can be completed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The first words of a line.
    pub commands: Vec<String>,
    /// The others.
    pub names: Vec<String>,
}

/// How a word goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Completion {
    /// What is certain of it.
    pub certain: String,
    /// What it can be, when it can be several.
    pub choice: Vec<String>,
}

impl Words {
    /// How the line that ends so goes on.
    pub(super) fn complete(&self, line: &str) -> Completion {
        let (before, begun) = line.rsplit_once(' ').map_or(("", line), |(before, begun)| (before, begun));
        let words = if before.trim().is_empty() { &self.commands } else { &self.names };
        let found: Vec<&String> = words.iter().filter(|word| word.starts_with(begun)).take(MOST).collect();
        match found[..] {
            [] => Completion { certain: String::new(), choice: Vec::new() },
            [word] => Completion { certain: format!("{} ", &word[begun.len()..]), choice: Vec::new() },
            [first, ..] => {
                let shared = found.iter().map(|word| shared(first, word)).min().unwrap_or(0);
                let certain = first.get(begun.len()..shared).unwrap_or_default().to_owned();
                Completion { certain, choice: found.into_iter().cloned().collect() }
            }
        }
    }
}

/// How many octets two words have in common, in whole characters.
fn shared(one: &str, other: &str) -> usize {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other);
    same.map(|(character, _)| character.len_utf8()).sum()
}

/// What fits on a screen; who wants more types another letter.
const MOST: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_goes_on_as_far_as_it_is_certain() {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let words =
            Words { commands: list(&["who", "whoami", "help"]), names: list(&["www.shop.test", "www.club.test"]) };
        let certain = |line| words.complete(line).certain;
        assert_eq!((certain("h"), certain("w")), ("elp ".to_owned(), "ho".to_owned()));
        assert_eq!(words.complete("who").choice, ["who", "whoami"]);
        assert_eq!((certain("get www.s"), certain("get w")), ("hop.test ".to_owned(), "ww.".to_owned()));
        assert_eq!(words.complete("x"), Completion { certain: String::new(), choice: vec![] });
    }
}
