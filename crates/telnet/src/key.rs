//! What a person presses, from what a terminal sends: UTF-8, control characters, escape sequences.

use crate::nvt::{LineEnds, Typed};
use crate::utf8::Utf8;

/// One press of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character that can be seen.
    Char(char),
    /// The end of the line.
    Enter,
    /// Erase the character before the cursor.
    Backspace,
    /// Erase the character under the cursor.
    Delete,
    /// Erase the line (`^U`, EL).
    KillLine,
    /// Erase the word before the cursor (`^W`).
    KillWord,
    /// Erase what follows the cursor (`^K`).
    KillRest,
    /// One character to the left.
    Left,
    /// One character to the right.
    Right,
    /// To the beginning of the line.
    Home,
    /// To the end of the line.
    End,
    /// The line before in the history.
    Up,
    /// The line after in the history.
    Down,
    /// Show the line again (`^R`).
    Redraw,
    /// Show it on a clear screen (`^L`).
    Clear,
    /// End the word as far as it is certain.
    Tab,
    /// Give up (`^C`, IP, BRK).
    Interrupt,
    /// There is no more to come (`^D`, EOF).
    EndOfInput,
}

/// Takes typed octets apart. However they are split, the same octets give the same keys.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    ends: LineEnds,
    utf8: Utf8,
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Plain,
    Escape,
    /// ESC [ and a number (ECMA-48 section 5.4).
    Sequence(u8),
    /// ESC O: cursor keys in application mode.
    Single,
}

impl Keys {
    /// Takes an octet of data and pushes what it completes to `out`.
    pub fn take(&mut self, octet: u8, out: &mut Vec<Key>) {
        let mut characters = Vec::new();
        let typed = self.ends.take(octet);
        match typed {
            None => return,
            Some(Typed::LineEnd) => self.utf8.end(&mut characters),
            Some(Typed::Octet(octet)) => self.utf8.take(octet, &mut characters),
        }
        for character in characters {
            self.state = self.step(character, out);
        }
        if typed == Some(Typed::LineEnd) {
            self.state = State::Plain;
            out.push(Key::Enter);
        }
    }

    fn step(&self, character: char, out: &mut Vec<Key>) -> State {
        match (self.state, character) {
            (_, '\x1b') => return State::Escape,
            (State::Plain, _) | (_, '\0'..='\x1f') => out.extend(plain(character)),
            (State::Escape, '[') => return State::Sequence(0),
            (State::Escape, 'O') => return State::Single,
            (State::Escape, _) => {}
            (State::Sequence(number), '0'..='9') => {
                let digit = character as u8 - b'0';
                return State::Sequence(number.saturating_mul(10).saturating_add(digit));
            }
            (State::Sequence(number), '@'..='~') => out.extend(sequence(number, character)),
            (State::Sequence(number), _) => return State::Sequence(number),
            (State::Single, _) => out.extend(sequence(0, character)),
        }
        State::Plain
    }
}

fn plain(character: char) -> Option<Key> {
    match character {
        '\0'..='\x1f' => control(character as u8),
        '\x7f' => Some(Key::Backspace),
        character => (!character.is_control()).then_some(Key::Char(character)),
    }
}

fn control(octet: u8) -> Option<Key> {
    Some(match octet {
        0x01 => Key::Home,
        0x02 => Key::Left,
        0x03 => Key::Interrupt,
        0x04 => Key::EndOfInput,
        0x05 => Key::End,
        0x06 => Key::Right,
        0x08 => Key::Backspace,
        b'\t' => Key::Tab,
        0x0b => Key::KillRest,
        0x0c => Key::Clear,
        0x12 => Key::Redraw,
        0x0e => Key::Down,
        0x10 => Key::Up,
        0x15 => Key::KillLine,
        0x17 => Key::KillWord,
        _ => return None,
    })
}

fn sequence(number: u8, last: char) -> Option<Key> {
    Some(match (number, last) {
        (_, 'A') => Key::Up,
        (_, 'B') => Key::Down,
        (_, 'C') => Key::Right,
        (_, 'D') => Key::Left,
        (_, 'H') | (1 | 7, '~') => Key::Home,
        (_, 'F') | (4 | 8, '~') => Key::End,
        (3, '~') => Key::Delete,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_may_be_of_any_script() {
        assert_eq!(chars("Zoë 数 🦀".as_bytes()), "Zoë 数 🦀");
    }

    #[test]
    fn what_is_no_utf_8_is_latin_1_and_hides_nothing() {
        assert_eq!(chars(b"Zo\xeb!"), "Zoë!");
        assert_eq!(chars(b"\xe2\x82A"), "âA");
        assert_eq!(keys(b"\xc3\r"), [Key::Char('Ã'), Key::Enter]);
    }

    #[test]
    fn cursor_keys_come_in_both_forms() {
        assert_eq!(keys(b"\x1b[A\x1bOB\x1b[3~\x1b[1;5C"), [Key::Up, Key::Down, Key::Delete, Key::Right]);
        assert_eq!(keys(b"\x1b\r\x1b[\r"), [Key::Enter, Key::Enter]);
    }

    #[test]
    fn unknown_sequences_are_nothing() {
        assert_eq!(keys(b"\x1b[38;5;1m\x1bx\x00\x07a"), [Key::Char('a')]);
    }

    proptest! {
        #[test]
        fn any_octets_are_taken_and_every_line_end_is_found(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut ends = LineEnds::default();
            let lines = octets.iter().filter(|octet| ends.take(**octet) == Some(Typed::LineEnd)).count();
            prop_assert_eq!(keys(&octets).iter().filter(|key| **key == Key::Enter).count(), lines);
        }
    }

    fn keys(octets: &[u8]) -> Vec<Key> {
        let (mut keys, mut out) = (Keys::default(), Vec::new());
        octets.iter().for_each(|octet| keys.take(*octet, &mut out));
        out
    }

    fn chars(octets: &[u8]) -> String {
        let pressed = keys(octets).into_iter();
        pressed.map(|key| if let Key::Char(character) = key { character } else { '?' }).collect()
    }
}
