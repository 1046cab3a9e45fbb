//! What a query has found, as a table: columns that fit, a cursor, a filter.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use crate::fleet::aws::log_query::{POINTER, QueryAnswer};
use crate::ui::role::Role;
use crate::ui::text::{self, Align};
use crate::ui::view::Look;
use crate::ui::widgets::document::{Document, FoldKey};
use crate::ui::widgets::pattern::Pattern;

/// Cells between two columns.
const GAP: u16 = 2;
/// No column is made narrower than this for another one.
const NARROWEST: u16 = 8;
/// A column that would be wider than this is as good as endless: its cells are not measured any further.
const WIDEST: u16 = 400;

/// Rows with a cursor.
#[derive(Debug, Default)]
pub(super) struct Rows {
    answer: Arc<QueryAnswer>,
    /// Which of the answer's columns are shown, each with what its widest cell takes.
    columns: Vec<(usize, u16)>,
    filter: Option<Pattern>,
    /// The rows that pass the filter.
    shown: Vec<usize>,
    cursor: usize,
    top: usize,
    /// The first column on the screen.
    left: usize,
    height: usize,
}

impl Rows {
    /// Shows another answer; the cursor stays where it is.
    pub(super) fn set(&mut self, answer: Arc<QueryAnswer>) {
        let measure = |at: usize, name: &str| {
            let cells = answer.rows.iter().filter_map(|row| row.get(at));
            let widest = cells.map(|cell| text::width(&shortened(cell))).max().unwrap_or(0);
            widest.max(text::width(&text::escape(name))).min(WIDEST)
        };
        let columns = answer.columns.iter().enumerate();
        self.columns = columns
            .filter(|(_, name)| &***name != POINTER)
            .map(|(at, name)| (at, measure(at, name)))
            .collect();
        self.answer = answer;
        self.left = self.left.min(self.columns.len().saturating_sub(1));
        self.sift();
    }

    pub(super) fn filter(&self) -> Option<&Pattern> {
        self.filter.as_ref()
    }

    pub(super) fn set_filter(&mut self, filter: Option<Pattern>) {
        self.filter = filter;
        self.sift();
    }

    fn sift(&mut self) {
        let passes = |row: &[Box<str>]| match &self.filter {
            Some(filter) => filter.accepts(&self.joined(row)),
            None => true,
        };
        let rows = self.answer.rows.iter().enumerate();
        self.shown = rows.filter(|(_, row)| passes(row)).map(|(at, _)| at).collect();
        self.cursor = self.cursor.min(self.shown.len().saturating_sub(1));
    }

    /// How many rows there are, and how many pass the filter.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.answer.rows.len(), self.shown.len())
    }

    /// Rows that there was no room for.
    pub(super) fn left_out(&self) -> u64 {
        self.answer.left_out
    }

    pub(super) fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// Moves by so many half screens.
    pub(super) fn half_pages(&mut self, by: isize) {
        let half = isize::try_from(self.height.saturating_sub(1) / 2).unwrap_or(1).max(1);
        self.step(half.saturating_mul(by));
    }

    /// Moves the first column on the screen.
    pub(super) fn shift(&mut self, by: isize) {
        let last = self.columns.len().saturating_sub(1);
        self.left = self.left.saturating_add_signed(by).min(last);
    }

    /// Chooses the row on this line below the header; false when there is none.
    pub(super) fn click(&mut self, line: usize) -> bool {
        let at = self.top + line;
        let is_row = at < self.shown.len();
        if is_row {
            self.cursor = at;
        }
        is_row
    }

    fn current(&self) -> Option<&[Box<str>]> {
        self.row(self.cursor)
    }

    fn row(&self, place: usize) -> Option<&[Box<str>]> {
        Some(self.answer.rows.get(*self.shown.get(place)?)?.as_slice())
    }

    fn cells<'r>(&'r self, row: &'r [Box<str>]) -> impl Iterator<Item = &'r str> {
        self.columns.iter().map(move |(at, _)| row.get(*at).map_or("", |cell| &**cell))
    }

    fn titles(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(at, _)| self.answer.columns.get(*at).map_or("", |name| &**name))
    }

    fn joined(&self, row: &[Box<str>]) -> String {
        self.cells(row).collect::<Vec<_>>().join("\t")
    }

    /// The row under the cursor as text, its cells with tabs between.
    pub(super) fn line(&self) -> Option<String> {
        Some(self.joined(self.current()?))
    }

    /// All rows that are shown as text, under their header.
    pub(super) fn lines(&self) -> String {
        let rows = (0..self.shown.len()).filter_map(|place| self.row(place));
        let header = self.titles().collect::<Vec<_>>().join("\t");
        std::iter::once(header).chain(rows.map(|row| self.joined(row))).collect::<Vec<_>>().join("\n")
    }

    /// All rows that are shown, as comma-separated values (RFC 4180).
    pub(super) fn csv(&self) -> String {
        let mut csv = String::new();
        let mut record = |cells: &mut dyn Iterator<Item = &str>| {
            let cells: Vec<String> = cells.map(quoted).collect();
            csv.push_str(&cells.join(","));
            csv.push_str("\r\n");
        };
        record(&mut self.titles());
        for row in (0..self.shown.len()).filter_map(|place| self.row(place)) {
            record(&mut self.cells(row));
        }
        csv
    }

    /// All fields of the row under the cursor, those that are JSON as a tree.
    pub(super) fn fields(&self) -> Option<Document> {
        let row = self.current()?;
        let mut document = Document::default();
        for (name, value) in self.answer.columns.iter().zip(row) {
            write_field(&mut document, name, value);
        }
        Some(document.finished())
    }

    /// Fits what is shown to the room there is; one line of it is the header.
    pub(super) fn prepare(&mut self, height: usize) {
        self.height = height.saturating_sub(1);
        self.top = self.top.min(self.shown.len().saturating_sub(self.height));
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top + self.height.max(1) {
            self.top = (self.cursor + 1).saturating_sub(self.height.max(1));
        }
    }

    pub(super) fn paint(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let natural: Vec<u16> = self.columns.iter().skip(self.left).map(|(_, width)| *width).collect();
        let widths = fitted(&natural, area.width.saturating_sub(2));
        let draw = |buffer: &mut Buffer, y: u16, cells: &mut dyn Iterator<Item = &str>, role: Role| {
            let mut x = area.left() + 1;
            for (cell, width) in cells.skip(self.left).zip(&widths) {
                let cell = text::fit(&shortened(cell), *width, Align::Left, look.ascii);
                let row = Rect::new(area.left(), y, area.width, 1);
                text::put(buffer, row, x, y, &cell, look.style.of(role));
                x = x.saturating_add(*width).saturating_add(GAP);
                if x >= area.right() {
                    break;
                }
            }
        };
        if area.height == 0 {
            return;
        }
        draw(buffer, area.top(), &mut self.titles(), Role::Header);
        for (place, y) in (self.top..self.shown.len()).zip(area.top() + 1..area.bottom()) {
            let Some(row) = self.row(place) else { continue };
            draw(buffer, y, &mut self.cells(row), Role::Text);
            if place == self.cursor {
                let line = Rect::new(area.left(), y, area.width, 1);
                buffer.set_style(line, look.style.of(Role::Selection));
                let cursor = if look.ascii { ">" } else { "▸" };
                let style = look.style.of(Role::Mark).patch(look.style.of(Role::Selection));
                text::put(buffer, line, line.left(), y, cursor, style);
            }
        }
    }
}

/// What a cell can show of a value: its beginning, escaped. A value may be 64 KiB, a screen is not.
fn shortened(value: &str) -> String {
    text::escape(value.get(..value.floor_char_boundary(usize::from(WIDEST))).unwrap_or(value)).into_owned()
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Widths that fit: narrow columns keep what they need, wide ones share the rest, and the last takes what is left.
fn fitted(natural: &[u16], room: u16) -> Vec<u16> {
    let count = u16::try_from(natural.len()).unwrap_or(u16::MAX);
    let room = room.saturating_sub(GAP.saturating_mul(count.saturating_sub(1)));
    let mut sorted = natural.to_vec();
    sorted.sort_unstable();
    let (mut left, mut most) = (room, u16::MAX);
    for (at, width) in (0..count).zip(&sorted) {
        let share = left / (count - at);
        if *width > share {
            most = share.max(NARROWEST);
            break;
        }
        left -= *width;
    }
    let mut widths: Vec<u16> = natural.iter().map(|width| (*width).min(most)).collect();
    let taken: u16 = widths.iter().fold(0, |sum, width| sum.saturating_add(*width));
    if let Some(last) = widths.last_mut() {
        *last = last.saturating_add(room.saturating_sub(taken));
    }
    widths
}

fn write_field(document: &mut Document, name: &str, value: &str) {
    let tree = value.parse::<Value>().ok().filter(|value| value.is_object() || value.is_array());
    let printed = tree.and_then(|tree| serde_json::to_string_pretty(&tree).ok());
    let lines: Vec<&str> = printed.as_deref().unwrap_or(value).lines().collect();
    document.begin(0);
    document.push(name, Role::YamlKey);
    document.push(": ", Role::Dim);
    if let [only] = lines.as_slice() {
        document.value_begins();
        document.push(only, Role::Text);
    } else {
        document.copies(value);
        document.folds_as(FoldKey::default().child(name));
        for line in lines {
            document.begin(1);
            document.blanks(2);
            document.value_begins();
            document.push(line, Role::Text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(columns: &[&str], rows: &[&[&str]]) -> Arc<QueryAnswer> {
        let boxed = |texts: &[&str]| texts.iter().map(|text| Box::from(*text)).collect::<Vec<Box<str>>>();
        let rows = rows.iter().map(|row| boxed(row)).collect();
        Arc::new(QueryAnswer { columns: boxed(columns), rows, left_out: 0 })
    }

    fn rows() -> Rows {
        let mut rows = Rows::default();
        rows.set(answer(
            &["level", "@message", "@ptr"],
            &[&["error", "a, \"b\"", "x"], &["info", "two\nlines", "y"], &["info", "{\"a\": [1]}", "z"]],
        ));
        rows
    }

    #[test]
    fn narrow_columns_keep_what_they_need_and_wide_ones_share() {
        assert_eq!(fitted(&[5, 100, 100], 44), [5, 17, 18]);
        assert_eq!(fitted(&[5, 10], 40), [5, 33]);
        assert_eq!(fitted(&[100, 100, 100], 10), [NARROWEST; 3]);
        assert_eq!(fitted(&[], 10), Vec::<u16>::new());
        assert_eq!(fitted(&[400], 0), [NARROWEST]);
    }

    #[test]
    fn the_pointer_is_no_column_and_still_a_field() {
        let rows = rows();
        assert_eq!(rows.lines(), "level\t@message\nerror\ta, \"b\"\ninfo\ttwo\nlines\ninfo\t{\"a\": [1]}");
        let fields = rows.fields().unwrap();
        let lines: Vec<&str> = (0..fields.len()).map(|line| fields.line(line)).collect();
        assert_eq!(lines, ["level: error", "@message: a, \"b\"", "@ptr: x"]);
    }

    #[test]
    fn json_among_the_fields_is_a_tree_that_is_copied_as_it_was() {
        let mut rows = rows();
        rows.step(9);
        let fields = rows.fields().unwrap();
        assert_eq!(fields.line(1).trim_end(), "@message:");
        assert!(fields.len() > 5 && fields.line(3).contains("\"a\": ["), "{}", fields.line(3));
        assert_eq!(fields.value(1), "{\"a\": [1]}");
    }

    #[test]
    fn a_saved_table_is_quoted_where_it_must_be_and_holds_only_what_is_shown() {
        let mut rows = rows();
        assert!(
            rows.csv().starts_with("level,@message\r\nerror,\"a, \"\"b\"\"\"\r\ninfo,\"two\nlines\"\r\n")
        );
        rows.set_filter(Pattern::parse("error").unwrap());
        assert_eq!(rows.counts(), (3, 1));
        assert_eq!(rows.csv().lines().count(), 2);
        assert_eq!(rows.line().as_deref(), Some("error\ta, \"b\""));
    }

    #[test]
    fn an_answer_without_rows_or_with_ragged_ones_is_no_trouble() {
        let mut rows = Rows::default();
        rows.prepare(0);
        rows.step(1);
        rows.shift(5);
        assert_eq!((rows.line(), rows.fields().is_none()), (None, true));
        rows.set(answer(&["a", "b"], &[&["1"], &[]]));
        rows.prepare(3);
        assert_eq!(rows.lines(), "a\tb\n1\t\n\t");
    }
}
