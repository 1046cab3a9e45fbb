//! One frame, to be read like a person reads it, and cell by cell.

use std::fmt;

use pilothouse::ui::theme::Theme;
use pilothouse::ui::view::Styles;
use pilothouse::ui::{picture, role::Role};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Style;

/// One frame.
#[derive(Clone)]
pub(crate) struct Screen {
    buffer: Buffer,
    text: String,
}

impl Screen {
    pub(crate) fn new(buffer: Buffer) -> Self {
        let text = picture::as_text(&buffer);
        Self { buffer, text }
    }

    /// Every line, without what is blank at its end.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.text.lines().collect()
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The first line that has all of these words.
    pub(crate) fn line_with(&self, words: &[&str]) -> Option<&str> {
        self.text.lines().find(|line| words.iter().all(|word| line.contains(word)))
    }

    /// All lines that have this text.
    pub(crate) fn lines_with(&self, text: &str) -> Vec<&str> {
        self.text.lines().filter(|line| line.contains(text)).collect()
    }

    pub(crate) fn top(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    pub(crate) fn bottom(&self) -> &str {
        self.text.lines().nth(usize::from(self.buffer.area.height) - 1).unwrap_or_default()
    }

    /// Column and row of the first cell of a text.
    pub(crate) fn find(&self, text: &str) -> Option<(u16, u16)> {
        (0..self.buffer.area.height).find_map(|y| {
            let mut line = String::new();
            let mut starts = Vec::new();
            for x in 0..self.buffer.area.width {
                starts.push((line.len(), x));
                line.push_str(self.buffer[(x, y)].symbol());
            }
            let at = line.find(text)?;
            let column = starts.iter().rev().find(|(start, _)| *start <= at)?.1;
            Some((column, y))
        })
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.buffer.content
    }

    pub(crate) fn style(&self, (x, y): (u16, u16)) -> Style {
        self.buffer[(x, y)].style()
    }

    /// The text of the lines that carry the selection of this theme.
    pub(crate) fn selected(&self, theme: &Theme) -> Vec<String> {
        let background = theme.of(Role::Selection).bg;
        let lines = (0..self.buffer.area.height).filter(|y| {
            background.is_some() && (0..self.buffer.area.width).any(|x| self.style((x, *y)).bg == background)
        });
        lines.filter_map(|y| self.text.lines().nth(usize::from(y)).map(str::to_owned)).collect()
    }

    /// One letter for each way in which cells are drawn, in order of appearance: whatever the colours are, a highlight
    /// that is lost or moves is seen.
    pub(crate) fn styles(&self) -> String {
        let mut known: Vec<Style> = Vec::new();
        let mut plane = String::new();
        for y in 0..self.buffer.area.height {
            let mut line = String::new();
            for x in 0..self.buffer.area.width {
                let style = self.style((x, y));
                let at = known.iter().position(|one| *one == style).unwrap_or_else(|| {
                    known.push(style);
                    known.len() - 1
                });
                let letter =
                    u8::try_from(at).ok().and_then(|at| u8::checked_add(b'a', at - u8::from(at > 0)));
                line.push(if at == 0 { ' ' } else { char::from(letter.unwrap_or(b'?')) });
            }
            plane.push_str(line.trim_end());
            plane.push('\n');
        }
        plane
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.text)
    }
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
