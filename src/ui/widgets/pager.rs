//! Reading a [`Document`]: a cursor, scrolling, folding, wrapping and searching. Only visible lines are looked at.

mod paint;

use std::collections::HashSet;
use std::ops::Range;

use ratatui::layout::Size;
use unicode_segmentation::UnicodeSegmentation;

pub(in crate::ui) use self::paint::glyphs;
use super::document::{Document, FoldKey};
use super::pattern::Pattern;
use crate::fleet::ObjectRef;
use crate::ui::input::{Key, Mouse, MouseAction};
use crate::ui::line::{Line, Prompted};
use crate::ui::text;

/// The commands of a text that folds, handled by [`Pager::command`].
pub const COMMANDS: &[&str] = &[
    "search",
    "search-next",
    "search-previous",
    "fold",
    "fold-all",
    "unfold-all",
    "wrap",
    "line-numbers",
    "up",
    "down",
    "left",
    "right",
    "page-up",
    "page-down",
    "half-page-up",
    "half-page-down",
    "top",
    "bottom",
];

/// How many lines around the cursor stay visible.
const MARGIN: usize = 2;
/// How far one step to the side goes, in cells.
const SIDEWAYS: u16 = 8;
/// The cells before a line: the fold's mark and a blank.
const GUTTER: u16 = 2;

/// A document that is being read.
#[derive(Debug, Default)]
pub struct Pager {
    document: Document,
    folded: HashSet<FoldKey>,
    /// The lines that are not folded away.
    visible: Vec<u32>,
    /// The line under the cursor, as a place in `visible`.
    cursor: usize,
    top: usize,
    /// How many screen rows of the top line are above the screen; only with wrapping.
    skipped: usize,
    left: u16,
    wraps: bool,
    numbered: bool,
    search: Option<Pattern>,
    /// Lines of the document that the search matches.
    found: Vec<u32>,
    typing: Option<Typing>,
    complaint: Option<String>,
    height: usize,
    width: u16,
}

#[derive(Debug)]
struct Typing {
    line: Line,
    /// Where the cursor was, to return to when the search is abandoned.
    from: usize,
}

impl Pager {
    /// A pager that wraps long lines, or lets them leave the screen.
    pub fn wrapping(wraps: bool) -> Self {
        Self { wraps, ..Self::default() }
    }

    /// Shows another document. What was folded stays folded, and the cursor stays on its line as well as it can.
    pub fn set_document(&mut self, document: Document) {
        let line = self.line();
        let text = line.map(|line| self.document.line(line).to_owned());
        self.document = document;
        self.refold();
        self.refind();
        if let (Some(line), Some(text)) = (line, text) {
            // The same text nearest to where it was: lines above may have come or gone.
            let same = (0..self.visible.len()).filter(|&at| {
                self.visible.get(at).is_some_and(|&line| self.document.line(line as usize) == text)
            });
            let nearest = same.min_by_key(|&at| at.abs_diff(self.cursor));
            let top_to_cursor = self.cursor.saturating_sub(self.top);
            match nearest {
                Some(at) => self.cursor = at,
                None => self.go_to_line(line),
            }
            self.top = self.cursor.saturating_sub(top_to_cursor);
        }
    }

    /// The document that is read.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The line of the document under the cursor.
    pub fn line(&self) -> Option<usize> {
        self.visible.get(self.cursor).map(|&line| line as usize)
    }

    /// What copying the line under the cursor gives.
    pub fn value(&self) -> Option<&str> {
        Some(self.document.value(self.line()?)).filter(|value| !value.is_empty())
    }

    /// Where the line under the cursor leads.
    pub fn link(&self) -> Option<&ObjectRef> {
        self.document.link(self.line()?)
    }

    /// Puts the cursor on a line of the document, unfolding what hides it.
    pub fn go_to_line(&mut self, line: usize) {
        let mut hidden = false;
        let mut at = line;
        while let Some(parent) = self.document.parent(at) {
            if let Some((key, _)) = self.document.fold(parent) {
                hidden |= self.folded.remove(&key);
            }
            at = parent;
        }
        if hidden {
            self.refold();
        }
        self.cursor = self.visible.partition_point(|&shown| (shown as usize) < line);
        self.cursor = self.cursor.min(self.visible.len().saturating_sub(1));
    }

    /// Folds what is named, as if a person had done so.
    pub fn fold_at_first(&mut self, keys: impl IntoIterator<Item = FoldKey>) {
        self.folded.extend(keys);
        self.refold();
    }

    /// Runs one of [`COMMANDS`]; false when it is none of them.
    pub fn command(&mut self, id: &str) -> bool {
        let page = self.height.saturating_sub(MARGIN).max(1);
        match id {
            "up" => self.step_up(),
            "down" => self.step_down(),
            "page-up" => self.jump(-(page as isize)),
            "page-down" => self.jump(page as isize),
            "half-page-up" => self.jump(-((self.height / 2).max(1) as isize)),
            "half-page-down" => self.jump((self.height / 2).max(1) as isize),
            "top" => (self.cursor, self.skipped) = (0, 0),
            "bottom" => self.cursor = self.visible.len().saturating_sub(1),
            "left" => self.left = self.left.saturating_sub(SIDEWAYS),
            "right" if !self.wraps => self.left = self.left.saturating_add(SIDEWAYS).min(self.longest()),
            "right" => {}
            "fold" => self.toggle_fold(),
            "fold-all" => self.fold_all(),
            "unfold-all" => self.unfold_all(),
            "wrap" => (self.wraps, self.left, self.skipped) = (!self.wraps, 0, 0),
            "line-numbers" => self.numbered = !self.numbered,
            "search" => self.begin_search(),
            "search-next" => self.next_match(true),
            "search-previous" => self.next_match(false),
            _ => return false,
        }
        true
    }

    /// Why a command of [`COMMANDS`] does nothing now.
    pub fn disabled(&self, id: &str) -> Option<String> {
        match id {
            "search-next" | "search-previous" if self.search.is_none() => {
                Some("nothing is searched for".to_owned())
            }
            "left" | "right" if self.wraps => Some("long lines are wrapped".to_owned()),
            _ => None,
        }
    }

    /// True while a search is typed.
    pub fn takes_text(&self) -> bool {
        self.typing.is_some()
    }

    /// A key while a search is typed.
    pub fn key(&mut self, key: Key) {
        let Some(typing) = &mut self.typing else { return };
        match typing.line.prompt_key(key) {
            Prompted::Same => {}
            Prompted::Changed => self.search_as_typed(),
            Prompted::Accepted => self.typing = None,
            Prompted::Abandoned => {
                let from = typing.from;
                self.typing = None;
                self.forget_search();
                self.go_to_line(from);
            }
        }
    }

    /// A text was pasted while a search is typed.
    pub fn paste(&mut self, text: &str) {
        if let Some(typing) = &mut self.typing {
            typing.line.insert(text);
            self.search_as_typed();
        }
    }

    /// The mouse, in cells from the top left corner of what was drawn. True when it was for the text.
    pub fn mouse(&mut self, mouse: Mouse) -> bool {
        match mouse.action {
            MouseAction::WheelUp => (0..3).for_each(|_| self.scroll(false)),
            MouseAction::WheelDown => (0..3).for_each(|_| self.scroll(true)),
            MouseAction::Click | MouseAction::DoubleClick | MouseAction::RightClick => {
                let Some(at) = self.at_row(usize::from(mouse.row)) else { return false };
                self.cursor = at;
                let on_mark =
                    mouse.column < GUTTER && self.line().is_some_and(|l| self.document.fold(l).is_some());
                if on_mark && mouse.action == MouseAction::Click {
                    self.toggle_fold();
                }
            }
        }
        true
    }

    /// Ends the search. False when there was none.
    pub fn unwind(&mut self) -> bool {
        let had = self.search.is_some() || self.typing.is_some();
        self.typing = None;
        self.forget_search();
        had
    }

    /// Where the reader is: `120 of 4,312`, and how many matches there are.
    pub fn place(&self) -> String {
        let line = self.line().map_or(0, |line| line + 1) as u64;
        format!("{} of {}", text::thousands(line), text::thousands(self.document.len() as u64))
    }

    /// Fits what is shown to the room there is.
    pub fn prepare(&mut self, size: Size) {
        self.width = size.width;
        let searching = self.typing.is_some() || self.search.is_some() || self.complaint.is_some();
        self.height = usize::from(size.height).saturating_sub(usize::from(searching && size.height > 1));
        self.cursor = self.cursor.min(self.visible.len().saturating_sub(1));
        self.follow_cursor();
    }

    /// The parts of a line that take a screen row each.
    fn pieces(&self, line: usize) -> Vec<Range<usize>> {
        let room = self.width.saturating_sub(self.before_text()).max(1);
        let line = self.document.line(line);
        if self.wraps {
            return wrapped(line, room, self.height.max(1) * 4);
        }
        let start = text::head(line, self.left).len();
        let end = start + text::head(line.get(start..).unwrap_or_default(), room).len();
        std::iter::once(start..end).collect()
    }

    fn before_text(&self) -> u16 {
        GUTTER + if self.numbered { self.number_cells() + 1 } else { 0 }
    }

    fn number_cells(&self) -> u16 {
        text::width(&self.document.len().to_string())
    }

    fn longest(&self) -> u16 {
        let shown = self.visible.iter().skip(self.top).take(self.height.max(1));
        let longest = shown.map(|&line| text::width(self.document.line(line as usize))).max().unwrap_or(0);
        longest.saturating_sub(self.width / 2)
    }

    fn at_row(&self, row: usize) -> Option<usize> {
        if row >= self.height {
            return None;
        }
        let mut left = row + self.skipped;
        let mut at = self.top;
        loop {
            let rows = self.pieces(*self.visible.get(at)? as usize).len();
            if left < rows {
                return Some(at);
            }
            left -= rows;
            at += 1;
        }
    }

    fn rows_of(&self, at: usize) -> usize {
        if !self.wraps {
            return 1;
        }
        self.visible.get(at).map_or(0, |&line| self.pieces(line as usize).len())
    }

    /// Scrolls as little as shows the cursor's line.
    fn follow_cursor(&mut self) {
        let margin = MARGIN.min(self.height.saturating_sub(1) / 2);
        let wanted_top = self.cursor.saturating_sub(margin);
        if self.top > wanted_top {
            (self.top, self.skipped) = (wanted_top, 0);
        }
        if self.top == self.cursor {
            let rows = self.rows_of(self.cursor);
            self.skipped = self.skipped.min(rows.saturating_sub(self.height.min(rows)));
            return;
        }
        // Walk up from the last line that must be visible until the screen is full.
        let end = (self.cursor + margin).min(self.visible.len().saturating_sub(1));
        let mut rows = 0;
        let mut at = end;
        loop {
            rows += self.rows_of(at);
            if rows > self.height {
                let hidden = rows - self.height;
                let lowest = match at {
                    at if at >= self.cursor => (self.cursor, 0),
                    at if hidden < self.rows_of(at) => (at, hidden),
                    at => (at + 1, 0),
                };
                if (self.top, self.skipped) < lowest {
                    (self.top, self.skipped) = lowest;
                }
                break;
            }
            if at == 0 || at <= self.top {
                break;
            }
            at -= 1;
        }
        self.skipped = self.skipped.min(self.rows_of(self.top).saturating_sub(1));
    }

    fn step_down(&mut self) {
        // A wrapped line that is taller than the screen is read to its end first.
        if self.wraps && self.top == self.cursor && self.rows_of(self.cursor) > self.skipped + self.height {
            self.skipped += 1;
        } else {
            self.jump(1);
        }
    }

    fn step_up(&mut self) {
        if self.wraps && self.top == self.cursor && self.skipped > 0 {
            self.skipped -= 1;
        } else {
            self.jump(-1);
        }
    }

    fn scroll(&mut self, down: bool) {
        let last = self.visible.len().saturating_sub(1);
        if down {
            if self.top + self.height <= last || self.wraps {
                self.top = (self.top + 1).min(last);
                self.cursor = self.cursor.max(self.top + MARGIN.min(self.height / 2)).min(last);
            }
        } else {
            self.top = self.top.saturating_sub(1);
            let lowest = self.top + self.height.saturating_sub(1 + MARGIN.min(self.height / 2));
            self.cursor = self.cursor.min(lowest);
        }
        self.skipped = 0;
    }

    fn jump(&mut self, by: isize) {
        let last = self.visible.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    fn toggle_fold(&mut self) {
        let Some(line) = self.line() else { return };
        let at = if self.document.fold(line).is_some() { Some(line) } else { self.document.parent(line) };
        let Some((at, (key, _))) = at.and_then(|at| Some((at, self.document.fold(at)?))) else { return };
        if !self.folded.remove(&key) {
            self.folded.insert(key);
        }
        self.refold();
        self.cursor = self.visible.partition_point(|&shown| (shown as usize) < at);
    }

    /// Folds everything below the outermost lines, and those too when they stand alone.
    fn fold_all(&mut self) {
        let line = self.line();
        let document = &self.document;
        self.folded = (0..document.len()).filter_map(|at| document.fold(at)).map(|(key, _)| key).collect();
        self.refold();
        let mut at = line;
        while let Some(parent) = at.and_then(|at| self.document.parent(at)) {
            at = Some(parent);
        }
        if let Some(line) = at {
            self.cursor = self.visible.partition_point(|&shown| (shown as usize) < line);
        }
    }

    fn unfold_all(&mut self) {
        let line = self.line().unwrap_or(0);
        self.folded.clear();
        self.refold();
        self.go_to_line(line);
    }

    fn refold(&mut self) {
        self.visible.clear();
        let mut at = 0;
        while at < self.document.len() {
            self.visible.push(u32::try_from(at).unwrap_or(u32::MAX));
            at = match self.document.fold(at) {
                Some((key, last)) if self.folded.contains(&key) => last + 1,
                _ => at + 1,
            };
        }
        self.cursor = self.cursor.min(self.visible.len().saturating_sub(1));
    }

    fn begin_search(&mut self) {
        self.typing = Some(Typing { line: Line::default(), from: self.line().unwrap_or(0) });
    }

    fn search_as_typed(&mut self) {
        let Some(typing) = &self.typing else { return };
        let from = typing.from;
        match Pattern::parse(typing.line.text().trim_start_matches('!')) {
            Ok(search) => (self.search, self.complaint) = (search, None),
            Err(complaint) => self.complaint = Some(complaint),
        }
        self.refind();
        let next = self.found.partition_point(|&line| (line as usize) < from);
        let line = self.found.get(next).or(self.found.first()).map_or(from, |&line| line as usize);
        self.go_to_line(line);
    }

    fn forget_search(&mut self) {
        (self.search, self.complaint) = (None, None);
        self.found.clear();
    }

    fn refind(&mut self) {
        self.found.clear();
        if let Some(search) = &self.search {
            let lines = (0..self.document.len()).filter(|&line| search.accepts(self.document.line(line)));
            self.found.extend(lines.filter_map(|line| u32::try_from(line).ok()));
        }
    }

    fn next_match(&mut self, forward: bool) {
        let line = self.line().unwrap_or(0);
        let next = if forward {
            let at = self.found.partition_point(|&found| found as usize <= line);
            self.found.get(at).or(self.found.first())
        } else {
            let at = self.found.partition_point(|&found| (found as usize) < line);
            at.checked_sub(1).and_then(|at| self.found.get(at)).or(self.found.last())
        };
        if let Some(&line) = next {
            self.go_to_line(line as usize);
        }
    }
}

/// The parts of an escaped line that take a row of so many cells each; at most so many rows, the last of which then
/// holds all the rest.
pub fn wrapped(line: &str, cells: u16, most: usize) -> Vec<Range<usize>> {
    let cells = cells.max(1);
    let mut rows = Vec::new();
    let mut start = 0;
    if line.is_ascii() {
        let step = usize::from(cells);
        while line.len() - start > step && rows.len() + 1 < most {
            rows.push(start..start + step);
            start += step;
        }
    } else {
        let mut taken = 0;
        for (at, grapheme) in line.grapheme_indices(true) {
            let wide = text::width(grapheme);
            if taken + wide > cells && at > start {
                rows.push(start..at);
                (start, taken) = (at, 0);
                if rows.len() + 1 >= most {
                    break;
                }
            }
            taken = taken.saturating_add(wide);
        }
    }
    rows.push(start..line.len());
    rows
}

#[cfg(test)]
#[path = "pager/tests.rs"]
mod tests;
