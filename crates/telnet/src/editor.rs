//! A line as it is typed: what keys do to it, and what is echoed.
//!
//! The echo needs nothing of a terminal but that a backspace moves the cursor to the left, so that it works
//! on all of them. A line that is wider than the window, or holds characters of two columns, is edited right and looks
//! wrong.

use crate::key::Key;

/// The line that is being typed, and those that were typed before.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    line: Vec<char>,
    at: usize,
    history: Vec<String>,
    /// Which line of the history is shown, and the one that was being typed before.
    recalled: Option<(usize, Vec<char>)>,
}

/// How what is typed is echoed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// By us, as it is typed.
    Shown,
    /// By us, and it is a secret: only its end shows, and it is not remembered.
    Hidden,
    /// By the client itself.
    Theirs,
    /// By the client itself, and it is a secret.
    TheirsHidden,
}

/// What came of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The line is whole.
    Line(String),
    /// It was given up.
    Interrupted,
    /// Nothing was typed, and no more will be.
    EndOfInput,
}

impl Echo {
    fn is_secret(self) -> bool {
        matches!(self, Echo::Hidden | Echo::TheirsHidden)
    }

    fn is_ours(self) -> bool {
        matches!(self, Echo::Shown | Echo::Hidden)
    }
}

impl Editor {
    /// Takes a key; what is to be seen of it is added to `shown`, where lines end with `\n`.
    pub fn press(&mut self, key: Key, echo: Echo, shown: &mut String) -> Option<Done> {
        let done = match key {
            Key::Enter => Some(self.enter(echo)),
            Key::Interrupt => {
                self.clear();
                Some(Done::Interrupted)
            }
            Key::EndOfInput => self.line.is_empty().then_some(Done::EndOfInput),
            key => {
                let mut drawn = String::new();
                self.edit(key, !echo.is_secret(), &mut drawn);
                if echo == Echo::Shown {
                    shown.push_str(&drawn);
                }
                None
            }
        };
        match &done {
            Some(Done::Interrupted) if echo.is_ours() => shown.push_str("^C\n"),
            Some(_) if echo.is_ours() => shown.push('\n'),
            Some(_) | None => {}
        }
        done
    }

    /// What is typed so far.
    pub fn text(&self) -> String {
        self.line.iter().collect()
    }

    /// Draws the line anew, with the cursor in its place.
    pub fn draw(&self, shown: &mut String) {
        shown.extend(&self.line);
        back(self.line.len() - self.at, shown);
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        self.line.len()
    }

    fn enter(&mut self, echo: Echo) -> Done {
        let text = self.text();
        self.clear();
        let is_new = self.history.last() != Some(&text);
        if !echo.is_secret() && !text.trim().is_empty() && is_new {
            if self.history.len() == REMEMBERED {
                self.history.remove(0);
            }
            self.history.push(text.clone());
        }
        Done::Line(text)
    }

    fn clear(&mut self) {
        self.line.clear();
        self.at = 0;
        self.recalled = None;
    }

    fn edit(&mut self, key: Key, recalls: bool, shown: &mut String) {
        match key {
            Key::Char(character) => self.insert(character, shown),
            Key::Backspace => self.erase(self.at.saturating_sub(1)..self.at, shown),
            Key::Delete => self.erase(self.at..(self.at + 1).min(self.line.len()), shown),
            Key::KillLine => self.erase(0..self.line.len(), shown),
            Key::KillWord => self.erase(self.word_before()..self.at, shown),
            Key::KillRest => self.erase(self.at..self.line.len(), shown),
            Key::Left => self.go(self.at.saturating_sub(1), shown),
            Key::Right => self.go((self.at + 1).min(self.line.len()), shown),
            Key::Home => self.go(0, shown),
            Key::End => self.go(self.line.len(), shown),
            Key::Up if recalls => self.recall(self.recalled_place().checked_sub(1), shown),
            Key::Down if recalls => self.recall(Some(self.recalled_place() + 1), shown),
            Key::Up | Key::Down | Key::Redraw => {}
            Key::Enter | Key::Interrupt | Key::EndOfInput => {}
        }
    }

    fn insert(&mut self, character: char, shown: &mut String) {
        if self.line.len() >= LONGEST {
            return shown.push('\x07');
        }
        self.line.insert(self.at, character);
        shown.extend(&self.line[self.at..]);
        self.at += 1;
        back(self.line.len() - self.at, shown);
    }

    fn erase(&mut self, range: std::ops::Range<usize>, shown: &mut String) {
        self.go(range.start, shown);
        let gone = range.len();
        self.line.drain(range);
        if gone > 0 {
            shown.extend(&self.line[self.at..]);
            shown.extend(std::iter::repeat_n(' ', gone));
            back(self.line.len() - self.at + gone, shown);
        }
    }

    fn go(&mut self, to: usize, shown: &mut String) {
        match to.checked_sub(self.at) {
            Some(_) => shown.extend(&self.line[self.at..to]),
            None => back(self.at - to, shown),
        }
        self.at = to;
    }

    fn word_before(&self) -> usize {
        let before = &self.line[..self.at];
        let word = before.iter().rposition(|character| *character != ' ').unwrap_or(0);
        before[..word].iter().rposition(|character| *character == ' ').map_or(0, |space| space + 1)
    }

    fn recalled_place(&self) -> usize {
        self.recalled.as_ref().map_or(self.history.len(), |(place, _)| *place)
    }

    /// Shows the line at `place` of the history; behind its end lies the one that was being typed.
    fn recall(&mut self, place: Option<usize>, shown: &mut String) {
        let Some(place) = place.filter(|place| *place <= self.history.len()) else { return };
        let typed = self.recalled.take().map_or_else(|| self.line.clone(), |(_, typed)| typed);
        let line = self.history.get(place).map_or_else(|| typed.clone(), |line| line.chars().collect());
        self.erase(0..self.line.len(), shown);
        shown.extend(&line);
        self.at = line.len();
        self.line = line;
        self.recalled = (place < self.history.len()).then_some((place, typed));
    }
}

fn back(columns: usize, shown: &mut String) {
    shown.extend(std::iter::repeat_n('\x08', columns));
}

/// In characters. The long ones are URLs; each key in the midst of a line draws what follows anew.
const LONGEST: usize = 512;
/// As many lines as people go back by pressing a key again and again.
const REMEMBERED: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::screen::Screen;

    #[test]
    fn erasing_works_anywhere_in_the_line() {
        assert_eq!(typed("helo wrld", &[Key::Left, Key::Left, Key::Left, Key::Char('o')]), "helo world");
        assert_eq!(typed("dig a bc", &[Key::KillWord]), "dig a ");
        assert_eq!(typed("dig a  ", &[Key::KillWord]), "dig ");
        assert_eq!(typed("abc", &[Key::Home, Key::Delete, Key::End, Key::Backspace]), "b");
        assert_eq!(typed("abc", &[Key::Left, Key::KillRest]), "ab");
        assert_eq!(typed("abc", &[Key::KillLine]), "");
    }

    #[test]
    fn lines_come_back_and_so_does_the_one_being_typed() {
        let mut editor = Editor::default();
        type_lines(&mut editor, &["one", "two", "two"]);
        press(&mut editor, &[Key::Char('x'), Key::Up, Key::Up, Key::Up]);
        assert_eq!(editor.text(), "one");
        press(&mut editor, &[Key::Down]);
        assert_eq!(editor.text(), "two");
        press(&mut editor, &[Key::Down, Key::Down]);
        assert_eq!(editor.text(), "x");
    }

    #[test]
    fn a_secret_is_neither_shown_nor_remembered() {
        let mut editor = Editor::default();
        let mut shown = String::new();
        for key in "pw".chars().map(Key::Char).chain([Key::Up]) {
            assert_eq!(editor.press(key, Echo::Hidden, &mut shown), None);
        }
        assert_eq!(editor.press(Key::Enter, Echo::Hidden, &mut shown), Some(Done::Line("pw".into())));
        assert_eq!(shown, "\n");
        press(&mut editor, &[Key::Up]);
        assert_eq!(editor.text(), "");
    }

    #[test]
    fn a_client_that_echoes_itself_is_echoed_nothing() {
        let (mut editor, mut shown) = (Editor::default(), String::new());
        for key in [Key::Char('a'), Key::Backspace, Key::Char('b'), Key::Enter] {
            editor.press(key, Echo::Theirs, &mut shown);
        }
        assert_eq!(shown, "");
    }

    #[test]
    fn a_line_has_an_end() {
        let mut editor = Editor::default();
        let mut shown = String::new();
        for _ in 0..2 * LONGEST {
            editor.press(Key::Char('x'), Echo::Shown, &mut shown);
        }
        assert_eq!(editor.width(), LONGEST);
        assert!(shown.ends_with('\x07'));
    }

    proptest! {
        #[test]
        fn what_is_seen_is_what_is_typed(keys in prop::collection::vec(key(), 0..80)) {
            let (mut editor, mut screen) = (Editor::default(), Screen::default());
            type_lines(&mut editor, &["first line", "second"]);
            for key in keys {
                let mut shown = String::new();
                let done = editor.press(key, Echo::Shown, &mut shown);
                prop_assert!(done.is_none());
                shown.chars().for_each(|character| drop(screen.put(character)));
                let (seen, typed) = (screen.text(), editor.text());
                prop_assert_eq!(seen.trim_end(), typed.trim_end());
            }
        }
    }

    fn key() -> impl Strategy<Value = Key> {
        let editing = [
            Key::Backspace,
            Key::Delete,
            Key::KillLine,
            Key::KillWord,
            Key::KillRest,
            Key::Left,
            Key::Right,
            Key::Home,
            Key::End,
            Key::Up,
            Key::Down,
        ];
        prop_oneof![
            prop::char::ranges(vec!['a'..='e', ' '..=' ', 'ä'..='ö'].into()).prop_map(Key::Char),
            prop::sample::select(editing.to_vec()),
        ]
    }

    fn typed(text: &str, keys: &[Key]) -> String {
        let mut editor = Editor::default();
        press(&mut editor, &text.chars().map(Key::Char).collect::<Vec<_>>());
        press(&mut editor, keys);
        editor.text()
    }

    fn type_lines(editor: &mut Editor, lines: &[&str]) {
        for line in lines {
            press(editor, &line.chars().map(Key::Char).chain([Key::Enter]).collect::<Vec<_>>());
        }
    }

    fn press(editor: &mut Editor, keys: &[Key]) {
        let mut shown = String::new();
        keys.iter().for_each(|key| drop(editor.press(*key, Echo::Shown, &mut shown)));
    }
}
