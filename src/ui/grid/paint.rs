//! Drawing what [`frame`](super::frame) prepared.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Grid;
use super::cell::{verdict_glyph, verdict_role};
use super::frame::{FrameCell, FrameRow};
use super::layout::{BAR, FrameColumn, LEAD};
use super::notes::{Empty, Note};
use crate::ui::listing::Listing;
use crate::ui::role::Role;
use crate::ui::text::{self, Align, cut, cut_keeping, put};
use crate::ui::view::Look;

impl<L: Listing> Grid<L> {
    /// Draws the prepared frame.
    pub fn paint(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let mut y = area.y;
        self.paint_header(area, y, buffer, look);
        y += 1;
        for note in &self.frame.notes {
            paint_note(note, area, y, buffer, look);
            y += 1;
        }
        for row in &self.frame.rows {
            if y >= area.bottom() {
                break;
            }
            paint_row(row, &self.frame.columns, area, y, buffer, look);
            y += 1;
        }
        if let Some(empty) = &self.frame.empty {
            paint_empty(empty, area, y, buffer, look);
        }
        self.paint_reason(area, y, buffer, look);
    }

    /// Why the selected row is not well, below all rows, where its column has no room for it.
    fn paint_reason(&self, area: Rect, rows_end: u16, buffer: &mut Buffer, look: &Look<'_>) {
        let lines = u16::try_from(self.frame.reason.len()).unwrap_or(0);
        let Some(selected) = self.frame.rows.iter().find(|row| row.is_selected) else { return };
        let top = area.bottom().saturating_sub(lines);
        if lines == 0 || top < rows_end {
            return;
        }
        let role = if selected.is_stale { Role::Stale } else { verdict_role(selected.verdict) };
        put(buffer, area, area.x + 1, top, verdict_glyph(selected.verdict, look.ascii), look.style.of(role));
        for (y, line) in (top..).zip(&self.frame.reason) {
            put(buffer, area, area.x + LEAD, y, line, look.style.of(Role::Text));
        }
    }

    fn paint_header(&self, area: Rect, y: u16, buffer: &mut Buffer, look: &Look<'_>) {
        for column in &self.frame.columns {
            let mut title = column.title.clone();
            if column.is_sorted {
                title.push_str(match (self.sort.descending, look.ascii) {
                    (false, false) => "↑",
                    (true, false) => "↓",
                    (false, true) => "^",
                    (true, true) => "v",
                });
            }
            let role = if column.is_sorted { Role::HeaderSorted } else { Role::Header };
            let title = cut(&title, column.width, look.ascii);
            let x = area.x + column.x + pad(column, &title);
            put(buffer, area, x, y, &title, look.style.of(role));
        }
    }
}

fn pad(column: &FrameColumn, text: &str) -> u16 {
    match column.align {
        Align::Left => 0,
        Align::Right => column.width.saturating_sub(text::width(text)),
    }
}

fn paint_row(
    row: &FrameRow,
    columns: &[FrameColumn],
    area: Rect,
    y: u16,
    buffer: &mut Buffer,
    look: &Look<'_>,
) {
    let mark = match (row.is_marked, row.is_selected) {
        (true, _) => "*",
        (false, true) if look.ascii => ">",
        (false, true) => "▸",
        (false, false) => " ",
    };
    put(buffer, area, area.x, y, mark, look.style.of(Role::Mark));
    let glyph_role = if row.is_stale { Role::Stale } else { verdict_role(row.verdict) };
    put(buffer, area, area.x + 1, y, verdict_glyph(row.verdict, look.ascii), look.style.of(glyph_role));
    for column in columns {
        let Some(cell) = row.cells.get(column.cell) else { continue };
        let role = match cell.role {
            _ if row.is_stale => Role::Stale,
            _ if row.is_marked => Role::Mark,
            role => role,
        };
        paint_cell(cell, column, look.style.of(role), area, y, buffer, look);
    }
    if row.is_selected {
        let line = Rect { y, height: 1, ..area };
        buffer.set_style(line, look.style.of(Role::Selection));
    }
}

fn paint_cell(
    cell: &FrameCell,
    column: &FrameColumn,
    style: Style,
    area: Rect,
    y: u16,
    buffer: &mut Buffer,
    look: &Look<'_>,
) {
    if let Some(bar) = cell.bar.filter(|_| column.has_bars) {
        let place = Rect { x: area.x + column.x, y, width: BAR, height: 1 };
        bar.render(place.intersection(area), buffer, look);
    }
    let shown = match column.tail {
        Some(tail) => cut_keeping(&cell.text, column.width, tail, look.ascii),
        None => cut(&cell.text, column.width, look.ascii),
    };
    let x = area.x + column.x + pad(column, &shown);
    put(buffer, area, x, y, &shown, style);
    // What was cut has moved; only a whole text is highlighted.
    let whole = shown.len() == cell.text.len();
    if let Some((from, to)) = cell.hit.filter(|_| whole)
        && let (Some(before), Some(hit)) = (shown.get(..from), shown.get(from..to))
    {
        put(buffer, area, x + text::width(before), y, hit, style.patch(look.style.of(Role::Match)));
    }
}

fn paint_note(note: &Note, area: Rect, y: u16, buffer: &mut Buffer, look: &Look<'_>) {
    if y >= area.bottom() {
        return;
    }
    let style = look.style.of(note.role);
    put(buffer, area, area.x + 1, y, note.glyph, style);
    let x = put(buffer, area, area.x + 3, y, &note.cluster, look.style.of(Role::Strong));
    let room = area.right().saturating_sub(x + 2);
    put(buffer, area, x + 2, y, &cut(&note.text, room, look.ascii), style);
}

fn paint_empty(empty: &Empty, area: Rect, top: u16, buffer: &mut Buffer, look: &Look<'_>) {
    let room = area.bottom().saturating_sub(top);
    let cells = area.width.saturating_sub(6).clamp(1, 96);
    let title = text::wrap(&empty.title, cells);
    let hints: Vec<String> = empty.hints.iter().flat_map(|hint| text::wrap(hint, cells)).collect();
    let height = u16::try_from(title.len() + hints.len()).unwrap_or(room);
    let start = top + room.saturating_sub(height) / 3;
    let widest = title.iter().chain(&hints).map(|line| text::width(line)).max().unwrap_or(0);
    let x = area.x + (area.width.saturating_sub(widest + 2)) / 2;
    put(buffer, area, x, start, empty.glyph, look.style.of(empty.role));
    let lines = title.iter().map(|line| (line, empty.role)).chain(hints.iter().map(|line| (line, Role::Dim)));
    for (y, (line, role)) in (start..area.bottom()).zip(lines) {
        put(buffer, area, x + 2, y, line, look.style.of(role));
    }
}
