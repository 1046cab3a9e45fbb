//! A line that is being typed: the filter, the palette, a search.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use unicode_segmentation::UnicodeSegmentation;

use super::input::{Key, KeyCode};
use super::role::Role;
use super::text::{escape, put, width};
use super::view::Look;

/// A text and where the next letter goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    text: String,
    /// In bytes, always between two graphemes.
    at: usize,
}

/// What a key did to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text is another one.
    Changed,
    /// The text is the same.
    Moved,
    /// Not a key of a line.
    Ignored,
}

/// What a key did to a line that stands for itself: a search, a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompted {
    /// The text is another one.
    Changed,
    /// The text is the same.
    Same,
    /// Enter.
    Accepted,
    /// Esc, or Backspace in an empty line.
    Abandoned,
}

impl Line {
    /// A line with a text in it, and the cursor at its end.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), at: text.len() }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when the next letter goes behind the last.
    pub fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Another text, with the cursor at its end.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// Puts a pasted text in, without its line ends and other control characters.
    pub fn insert(&mut self, text: &str) {
        let clean: String = text.chars().filter(|c| !c.is_control()).collect();
        self.text.insert_str(self.at, &clean);
        self.at += clean.len();
    }

    /// Takes a key, with what fingers know from a shell: `ctrl-a ctrl-e ctrl-b ctrl-f ctrl-w ctrl-u ctrl-k ctrl-h`.
    pub fn key(&mut self, key: Key) -> Typed {
        let before = self.text.len();
        match (key.code, key.ctrl, key.alt) {
            (KeyCode::Char(c), false, false) if !c.is_control() => {
                self.text.insert(self.at, c);
                self.at += c.len_utf8();
            }
            (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, _) => {
                self.remove(self.left(), self.at)
            }
            (KeyCode::Delete, ..) => self.remove(self.at, self.right()),
            (KeyCode::Char('w'), true, _) | (KeyCode::Backspace, ..) => self.remove(self.word(), self.at),
            (KeyCode::Char('u'), true, _) => self.remove(0, self.at),
            (KeyCode::Char('k'), true, _) => self.remove(self.at, self.text.len()),
            (KeyCode::Left, ..) | (KeyCode::Char('b'), true, _) => self.at = self.left(),
            (KeyCode::Right, ..) | (KeyCode::Char('f'), true, _) => self.at = self.right(),
            (KeyCode::Home, ..) | (KeyCode::Char('a'), true, _) => self.at = 0,
            (KeyCode::End, ..) | (KeyCode::Char('e'), true, _) => self.at = self.text.len(),
            _ => return Typed::Ignored,
        }
        if self.text.len() == before { Typed::Moved } else { Typed::Changed }
    }

    /// Takes a key where Enter accepts what was typed, and Esc or Backspace in an empty line gives it up.
    pub fn prompt_key(&mut self, key: Key) -> Prompted {
        match (key.code, key.ctrl) {
            (KeyCode::Enter, _) => Prompted::Accepted,
            (KeyCode::Esc, _) => Prompted::Abandoned,
            (KeyCode::Backspace, _) | (KeyCode::Char('h'), true) if self.text.is_empty() => {
                Prompted::Abandoned
            }
            _ if self.key(key) == Typed::Changed => Prompted::Changed,
            _ => Prompted::Same,
        }
    }

    /// Draws it from `x` on, with the cursor as a reversed cell, and returns the column after it.
    pub fn paint(&self, area: Rect, x: u16, y: u16, buffer: &mut Buffer, look: &Look<'_>) -> u16 {
        let style = look.style.of(Role::Input);
        let (before, after) = self.text.split_at_checked(self.at).unwrap_or((&self.text, ""));
        let (before, after) = (escape(before), escape(after));
        // The cursor stays in sight: what is far to the left of it is not drawn.
        let room = area.right().saturating_sub(x + 1);
        let mut start = 0;
        while width(before.get(start..).unwrap_or_default()) > room {
            start += before.get(start..).and_then(|rest| rest.graphemes(true).next()).map_or(1, str::len);
        }
        let x = put(buffer, area, x, y, before.get(start..).unwrap_or_default(), style);
        let end = put(buffer, area, x, y, &after, style);
        if x < area.right() && y < area.bottom() {
            if after.is_empty() {
                put(buffer, area, x, y, " ", style);
            }
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_style(style.add_modifier(Modifier::REVERSED));
            }
        }
        end.max(x + 1)
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.at = from;
    }

    fn left(&self) -> usize {
        let before = self.text.get(..self.at).unwrap_or_default();
        before.grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        let after = self.text.get(self.at..).unwrap_or_default();
        self.at + after.graphemes(true).next().map_or(0, str::len)
    }

    fn word(&self) -> usize {
        let before = self.text.get(..self.at).unwrap_or_default();
        let mut spaces = before.trim_end().char_indices().rev().filter(|(_, c)| c.is_whitespace());
        spaces.next().map_or(0, |(at, c)| at + c.len_utf8())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_edits_like_a_shell() {
        let mut line = Line::new("web api");
        line.key(Key::ctrl('w'));
        assert_eq!(line.text(), "web ");
        line.key(Key::ctrl('a'));
        line.key(Key::char('X'));
        assert_eq!(line.text(), "Xweb ");
        line.key(Key::ctrl('k'));
        assert_eq!(line.text(), "X");
        line.insert("a\nb\u{1b}");
        assert_eq!(line.text(), "Xab");
        assert_eq!(line.key(Key::plain(KeyCode::Up)), Typed::Ignored);
    }

    #[test]
    fn a_prompt_is_accepted_or_given_up() {
        let mut line = Line::default();
        for key in [Key::char('ä'), Key::char('c'), Key::plain(KeyCode::Left), Key::char('b')] {
            line.prompt_key(key);
        }
        assert_eq!(line.text(), "äbc");
        assert_eq!(line.prompt_key(Key::plain(KeyCode::Backspace)), Prompted::Changed);
        assert_eq!(line.prompt_key(Key::plain(KeyCode::Right)), Prompted::Same);
        assert_eq!(line.prompt_key(Key::plain(KeyCode::Enter)), Prompted::Accepted);
        assert_eq!(line.prompt_key(Key::plain(KeyCode::Esc)), Prompted::Abandoned);
        assert_eq!(line.prompt_key(Key::ctrl('u')), Prompted::Changed);
        assert_eq!(line.prompt_key(Key::plain(KeyCode::Backspace)), Prompted::Abandoned);
    }

    proptest! {
        #[test]
        fn no_sequence_of_keys_breaks_a_line(text in ".{0,12}", keys in proptest::collection::vec(0..9u8, 0..40)) {
            let mut line = Line::new(&text);
            for key in keys {
                let key = match key {
                    0 => Key::plain(KeyCode::Left),
                    1 => Key::plain(KeyCode::Right),
                    2 => Key::plain(KeyCode::Backspace),
                    3 => Key::plain(KeyCode::Delete),
                    4 => Key::ctrl('w'),
                    5 => Key::plain(KeyCode::Home),
                    6 => Key::char('e'),
                    7 => Key::char('\u{301}'),
                    _ => Key::char('日'),
                };
                line.key(key);
                prop_assert!(line.text().is_char_boundary(line.at));
            }
        }
    }
}
