//! A line as it is typed: what keys do to it, and what is echoed.
//!
//! The echo needs nothing of a terminal but that a backspace moves the cursor to the left, so that it works
//! on all of them. Of a line that is wider than the window the part around the cursor is seen.
//!
//! - `view`: what is seen of the line
//! - `complete`: words that need not be typed to their end

mod complete;
mod view;

use crate::key::Key;
pub use complete::Words;
pub use view::columns;
use view::{View, is_mark};

/// The line that is being typed, and those that were typed before.
#[derive(Clone, Debug)]
pub struct Editor {
    line: Vec<char>,
    at: usize,
    view: View,
    /// Columns that the line may take.
    room: usize,
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

impl Default for Editor {
    fn default() -> Self {
        let (line, at, view, room) = (Vec::new(), 0, View::default(), usize::MAX);
        Self { line, at, view, room, history: Vec::new(), recalled: None }
    }
}

impl Editor {
    /// Takes a key; what is to be seen of it is added to `shown`, where lines end with `\n`.
    pub fn press(&mut self, key: Key, echo: Echo, shown: &mut String) -> Option<Done> {
        let done = match key {
            Key::Enter => {
                self.at = self.line.len();
                self.echo(echo, shown);
                Some(self.enter(echo))
            }
            Key::Interrupt => {
                self.clear();
                Some(Done::Interrupted)
            }
            Key::EndOfInput => self.line.is_empty().then_some(Done::EndOfInput),
            key => {
                if !self.edit(key, !echo.is_secret()) && echo == Echo::Shown {
                    shown.push(BELL);
                }
                self.echo(echo, shown);
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

    /// Ends the word before the cursor as far as it is certain; gives what it can be when it can be several.
    pub fn complete(&mut self, words: &Words, shown: &mut String) -> Vec<String> {
        let line: String = self.line[..self.at].iter().collect();
        let completion = words.complete(&line);
        if completion.certain.is_empty() {
            shown.push(BELL);
            return completion.choice;
        }
        for character in completion.certain.chars() {
            self.insert(character);
        }
        self.echo(Echo::Shown, shown);
        Vec::new()
    }

    /// What is typed so far.
    pub fn text(&self) -> String {
        self.line.iter().collect()
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// How many columns the line may take from here on.
    pub fn fit(&mut self, room: usize) {
        self.room = room.max(LEAST_ROOM);
    }

    /// Draws the line anew, with the cursor in its place.
    pub fn draw(&mut self, shown: &mut String) {
        self.view = View::default();
        self.echo(Echo::Shown, shown);
    }

    /// How many columns it takes on the terminal.
    pub fn width(&self) -> usize {
        self.view.width()
    }

    fn echo(&mut self, echo: Echo, shown: &mut String) {
        if echo == Echo::Shown {
            self.view.show(&self.line, self.at, self.room, shown);
        }
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
        self.view = View::default();
    }

    /// Whether the key could be taken.
    fn edit(&mut self, key: Key, recalls: bool) -> bool {
        match key {
            Key::Char(character) => return self.insert(character),
            Key::Tab => return self.insert(' '),
            Key::Backspace => self.erase(self.before(self.at)..self.at),
            Key::Delete => self.erase(self.at..self.after(self.at)),
            Key::KillLine => self.erase(0..self.line.len()),
            Key::KillWord => self.erase(self.word_before()..self.at),
            Key::KillRest => self.erase(self.at..self.line.len()),
            Key::Left => self.at = self.before(self.at),
            Key::Right => self.at = self.after(self.at),
            Key::Home => self.at = 0,
            Key::End => self.at = self.line.len(),
            Key::Up if recalls => self.recall(self.recalled_place().checked_sub(1)),
            Key::Down if recalls => self.recall(Some(self.recalled_place() + 1)),
            Key::Up | Key::Down | Key::Redraw | Key::Clear => {}
            Key::Enter | Key::Interrupt | Key::EndOfInput => {}
        }
        true
    }

    fn insert(&mut self, character: char) -> bool {
        let size = self.at - self.before(self.at);
        let stands = !is_mark(Some(&character)) || (1..=MOST_MARKS).contains(&size);
        let is_taken = stands && self.line.len() < LONGEST;
        if is_taken {
            self.line.insert(self.at, character);
            self.at += 1;
        }
        is_taken
    }

    fn erase(&mut self, range: std::ops::Range<usize>) {
        self.at = range.start;
        self.line.drain(range);
    }

    /// Where the character before a place begins, whose marks belong to it.
    fn before(&self, at: usize) -> usize {
        (0..at).rev().find(|place| !is_mark(self.line.get(*place))).unwrap_or(0)
    }

    /// Where the character at a place ends.
    fn after(&self, at: usize) -> usize {
        (at + 1..self.line.len()).find(|place| !is_mark(self.line.get(*place))).unwrap_or(self.line.len())
    }

    fn word_before(&self) -> usize {
        let before = &self.line[..self.at];
        let word = before.iter().rposition(|character| *character != ' ').unwrap_or(0);
        before[..word].iter().rposition(|character| *character == ' ').map_or(0, |space| self.after(space))
    }

    fn recalled_place(&self) -> usize {
        self.recalled.as_ref().map_or(self.history.len(), |(place, _)| *place)
    }

    /// Takes the line at `place` of the history; behind its end lies the one that was being typed.
    fn recall(&mut self, place: Option<usize>) {
        let Some(place) = place.filter(|place| *place <= self.history.len()) else { return };
        let typed = self.recalled.take().map_or_else(|| self.line.clone(), |(_, typed)| typed);
        self.line = self.history.get(place).map_or_else(|| typed.clone(), |line| line.chars().collect());
        self.at = self.line.len();
        self.recalled = (place < self.history.len()).then_some((place, typed));
    }
}

/// On one character; scripts have two or three, and terminals show no more.
const MOST_MARKS: usize = 4;
/// Where a key can do nothing.
const BELL: char = '\x07';
/// A window that is narrower still is no terminal's.
const LEAST_ROOM: usize = 4;
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
        assert_eq!(editor.text().len(), LONGEST);
        assert!(shown.ends_with('\x07'));
    }

    #[test]
    fn a_wide_character_takes_two_backspaces_and_a_mark_none() {
        let (mut editor, mut shown) = (Editor::default(), String::new());
        for key in [Key::Char('数'), Key::Backspace, Key::Char('e'), Key::Char('\u{301}'), Key::Left, Key::Right] {
            editor.press(key, Echo::Shown, &mut shown);
        }
        assert_eq!(shown, "数\x08\x08  \x08\x08e\x08e\u{301}\x08e\u{301}");
        editor.press(Key::Backspace, Echo::Shown, &mut shown);
        assert!(editor.is_empty());
        press(&mut editor, &[Key::Char('\u{301}')]);
        assert!(editor.is_empty());
        press(&mut editor, &[&[Key::Char('e')][..], &[Key::Char('\u{301}'); 9]].concat());
        assert_eq!(editor.text().chars().count(), 1 + MOST_MARKS);
    }

    #[test]
    fn a_line_that_is_too_wide_is_seen_around_the_cursor() {
        let (mut editor, mut screen) = (Editor::default(), Screen::default());
        editor.fit(10);
        let mut see = |editor: &mut Editor, key| {
            let mut shown = String::new();
            editor.press(key, Echo::Shown, &mut shown);
            shown.chars().for_each(|character| drop(screen.put(character)));
            screen.text().trim_end().to_owned()
        };
        "abcdefghijklmn".chars().for_each(|letter| drop(see(&mut editor, Key::Char(letter))));
        assert_eq!(see(&mut editor, Key::Char('o')), "ghijklmno");
        assert_eq!(see(&mut editor, Key::Home), "abcdefghij");
        assert_eq!(see(&mut editor, Key::End), "klmno");
        assert_eq!(editor.text(), "abcdefghijklmno");
    }

    proptest! {
        #[test]
        fn what_is_seen_is_a_part_of_what_is_typed(
            keys in prop::collection::vec(key(), 0..80), room in 4usize..30,
        ) {
            let (mut editor, mut screen) = (Editor::default(), Screen::default());
            editor.fit(room);
            type_lines(&mut editor, &["first line", "second"]);
            for key in keys {
                let mut shown = String::new();
                editor.press(key, Echo::Shown, &mut shown);
                shown.chars().for_each(|character| drop(screen.put(character)));
                let (seen, typed) = (screen.text(), editor.text());
                prop_assert!(typed.contains(seen.trim_end()), "{:?} in {:?}", seen, typed);
                prop_assert!(editor.width() <= room);
            }
        }

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
            prop::char::ranges(vec!['a'..='e', ' '..=' ', 'ä'..='ö', '数'..='数', '\u{301}'..='\u{302}'].into())
                .prop_map(Key::Char),
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
