//! Reading small TOML files (themes, keymaps) so that every mistake is named with its line, its column and the nearest
//! valid word.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) use crate::settings::nearest;

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Line, from 1; 0 when the mistake has no place.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            f.write_str(&self.message)
        } else {
            write!(f, "{}:{}: {}", self.line, self.column, self.message)
        }
    }
}

/// A file's text and the mistakes found in it so far.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    text: &'t str,
    pub(super) complaints: Vec<Complaint>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, complaints: Vec::new() }
    }

    /// The whole file, or `None` when it is not TOML at all.
    pub(super) fn parse(&mut self) -> Option<Spanned<DeTable<'t>>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table),
            Err(error) => {
                let at = error.span().unwrap_or(0..0);
                self.complain(at, error.message().to_owned());
                None
            }
        }
    }

    pub(super) fn complain(&mut self, at: Range<usize>, message: impl Into<String>) {
        let (line, column) = place(self.text, at.start);
        self.complaints.push(Complaint { line, column, message: message.into() });
    }

    /// Line and column of a place.
    pub(super) fn place(&self, at: Range<usize>) -> (usize, usize) {
        place(self.text, at.start)
    }

    /// An unknown word, with the nearest one that is known.
    pub(super) fn unknown<'w>(
        &mut self,
        at: Range<usize>,
        what: &str,
        word: &str,
        known: impl Iterator<Item = &'w str>,
    ) {
        let message = match nearest(word, known) {
            Some(near) => format!("unknown {what} \"{word}\"; did you mean \"{near}\"?"),
            None => format!("unknown {what} \"{word}\""),
        };
        self.complain(at, message);
    }

    /// A text, or a complaint.
    pub(super) fn text<'v>(&mut self, what: &str, value: &'v Spanned<DeValue<'_>>) -> Option<&'v str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            let found = value.get_ref().type_str();
            self.complain(value.span(), format!("{what} must be a string, not {found}"));
        }
        text
    }

    /// A table, or a complaint.
    pub(super) fn table<'v>(
        &mut self,
        what: &str,
        value: &'v Spanned<DeValue<'t>>,
    ) -> Option<&'v DeTable<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            let found = value.get_ref().type_str();
            self.complain(value.span(), format!("{what} must be a table, not {found}"));
        }
        table
    }
}

fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_the_one_that_was_meant() {
        let known = ["warning", "critical", "selection"];
        assert_eq!(nearest("warnign", known.into_iter()), Some("warning"));
        assert_eq!(nearest("selectoin", known.into_iter()), Some("selection"));
        assert_eq!(nearest("banana", known.into_iter()), None);
    }

    #[test]
    fn a_mistake_has_a_line_and_a_column_in_characters() {
        let text = "a = 1\nä = [\n";
        let mut reader = Reader::new(text);
        assert!(reader.parse().is_none());
        assert_eq!(reader.complaints[0].line, 2);
        assert_eq!(place("ää = x", 5), (1, 4));
    }
}
