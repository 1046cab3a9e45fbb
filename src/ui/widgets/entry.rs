//! One line that is being typed: a search, a filter.

use crate::ui::input::{Key, KeyCode};

/// A line of text under the cursor's hands.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    text: String,
    /// Byte offset, always at a character's start.
    cursor: usize,
}

/// What a key did to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text is different.
    Changed,
    /// Only the cursor moved, or nothing happened.
    Same,
    /// Enter.
    Accepted,
    /// Escape, or Backspace in an empty line.
    Abandoned,
}

impl Entry {
    /// A line that says something already, with the cursor at its end.
    pub fn with(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.len() }
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub fn before_cursor(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    /// Adds a pasted text; control characters are left out.
    pub fn paste(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            self.insert(c);
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Typed {
        match (key.code, key.ctrl) {
            (KeyCode::Enter, _) => Typed::Accepted,
            (KeyCode::Esc, _) => Typed::Abandoned,
            (KeyCode::Char('h'), true) | (KeyCode::Backspace, _) if self.text.is_empty() => Typed::Abandoned,
            (KeyCode::Char('h'), true) | (KeyCode::Backspace, false) => self.remove_from(self.previous()),
            (KeyCode::Char('w'), true) | (KeyCode::Backspace, true) => self.remove_from(self.word_start()),
            (KeyCode::Char('u'), true) => self.remove_from(0),
            (KeyCode::Delete, _) => {
                let at = self.cursor;
                self.cursor = self.next();
                self.remove_from(at)
            }
            (KeyCode::Left, _) => self.go(self.previous()),
            (KeyCode::Right, _) => self.go(self.next()),
            (KeyCode::Home, _) | (KeyCode::Char('a'), true) => self.go(0),
            (KeyCode::End, _) | (KeyCode::Char('e'), true) => self.go(self.text.len()),
            (KeyCode::Char(c), false) if !key.alt && !c.is_control() => {
                self.insert(c);
                Typed::Changed
            }
            _ => Typed::Same,
        }
    }

    fn insert(&mut self, c: char) {
        self.text.insert(self.cursor, c);
        self.cursor += c.len_utf8();
    }

    fn go(&mut self, to: usize) -> Typed {
        self.cursor = to;
        Typed::Same
    }

    fn remove_from(&mut self, start: usize) -> Typed {
        if start == self.cursor {
            return Typed::Same;
        }
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
        Typed::Changed
    }

    fn previous(&self) -> usize {
        self.before_cursor().char_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn next(&self) -> usize {
        let rest = self.text.get(self.cursor..).unwrap_or_default();
        self.cursor + rest.chars().next().map_or(0, char::len_utf8)
    }

    fn word_start(&self) -> usize {
        let before = self.before_cursor().trim_end();
        before.char_indices().rev().find(|(_, c)| c.is_whitespace()).map_or(0, |(at, c)| at + c.len_utf8())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(entry: &mut Entry, keys: &[Key]) -> Typed {
        keys.iter().map(|key| entry.key(*key)).last().unwrap()
    }

    #[test]
    fn typing_edits_at_the_cursor() {
        let mut entry = Entry::default();
        press(&mut entry, &[Key::char('ä'), Key::char('c'), Key::plain(KeyCode::Left), Key::char('b')]);
        assert_eq!(entry.text(), "äbc");
        assert_eq!(press(&mut entry, &[Key::plain(KeyCode::Backspace)]), Typed::Changed);
        press(&mut entry, &[Key::plain(KeyCode::Delete), Key::plain(KeyCode::Delete)]);
        assert_eq!(entry.text(), "ä");
        press(&mut entry, &[Key::ctrl('u')]);
        assert_eq!(entry.text(), "");
        assert_eq!(press(&mut entry, &[Key::plain(KeyCode::Backspace)]), Typed::Abandoned);
    }

    #[test]
    fn words_go_at_once_and_pastes_lose_their_controls() {
        let mut entry = Entry::with("one two");
        press(&mut entry, &[Key::ctrl('w')]);
        assert_eq!(entry.text(), "one ");
        entry.paste("a\u{1b}[31mb\n");
        assert_eq!(entry.text(), "one a[31mb");
        assert_eq!(entry.key(Key::plain(KeyCode::Enter)), Typed::Accepted);
    }
}
