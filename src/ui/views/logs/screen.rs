//! A log on the screen: which entries are visible, and how each becomes rows. Only visible entries are looked at.

use std::ops::Range;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use crate::fleet::Timestamp;
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::Look;
use crate::ui::views::yaml::emit;
use crate::ui::widgets::ansi;
use crate::ui::widgets::log_ring::{Entry, EntryKind, LogRing};
use crate::ui::widgets::pager::wrapped;
use crate::ui::widgets::pattern::Pattern;

/// How lines are shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    /// With the time of each.
    pub(super) times: bool,
    /// Long lines on several rows.
    pub(super) wraps: bool,
    /// Lines that are JSON as an indented tree.
    pub(super) pretty: bool,
    /// With the container's name, so many cells wide; 0 without.
    pub(super) sources: u16,
    /// How many cells of a line are left of the screen.
    pub(super) left: u16,
}

/// One row of the screen.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The entry's number.
    pub(super) number: u64,
    prefix: Vec<(String, Role)>,
    /// The whole line: its rows share it, for a line may be 64 KiB and fill the screen.
    line: Arc<Drawn>,
    /// What this row shows of it.
    piece: Range<usize>,
    role: Role,
}

#[derive(Debug)]
struct Drawn {
    text: String,
    paint: Vec<(Range<usize>, Paint)>,
    matches: Vec<Range<usize>>,
}

/// An escaped text, and which of its bytes look different from plain.
type Words = (String, Vec<(Range<usize>, Paint)>);

#[derive(Clone, Copy, Debug)]
enum Paint {
    Role(Role),
    Program(Style),
}

/// Where the screen begins: an entry among those that are shown, and how many of its rows are above.
pub(super) type Top = (usize, usize);

/// Makes rows of entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout<'a> {
    /// The log.
    pub(super) ring: &'a LogRing,
    /// How lines are shown.
    pub(super) lines: Lines,
    /// What is marked as found.
    pub(super) found: Option<&'a Pattern>,
    /// The screen's width in cells.
    pub(super) width: u16,
    /// Its height in rows.
    pub(super) height: usize,
    /// The present moment, to leave out today's date.
    pub(super) now: Timestamp,
}

impl Layout<'_> {
    /// The first entry and the rows of it that are left out, so that this entry's end is the screen's end.
    pub(super) fn ending_at(&self, last: usize) -> Top {
        let mut rows = 0;
        let mut at = last;
        loop {
            rows += self.rows_of(at);
            if rows >= self.height || at == 0 {
                return (at, rows.saturating_sub(self.height));
            }
            at -= 1;
        }
    }

    /// The screen moved as little as shows the entry under the cursor.
    pub(super) fn showing(&self, top: Top, cursor: usize) -> Top {
        if cursor < top.0 || (cursor == top.0 && self.rows_of(cursor) <= self.height) {
            return (cursor, 0);
        }
        if cursor == top.0 {
            return top;
        }
        top.max(self.ending_at(cursor)).min((cursor, 0))
    }

    /// The rows of the screen.
    pub(super) fn rows(&self, top: Top) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.height);
        let (mut at, mut skip) = top;
        while rows.len() < self.height {
            let Some(number) = self.ring.nth(at) else { break };
            let Some(entry) = self.ring.get(number) else { break };
            rows.extend(self.rows_of_entry(number, entry).into_iter().skip(skip));
            (at, skip) = (at + 1, 0);
        }
        rows.truncate(self.height);
        rows
    }

    fn rows_of(&self, at: usize) -> usize {
        let entry = self.ring.nth(at).and_then(|number| Some((number, self.ring.get(number)?)));
        entry.map_or(0, |(number, entry)| match entry.kind {
            EntryKind::Line | EntryKind::Mark if !self.lines.wraps && !self.lines.pretty => 1,
            _ => self.rows_of_entry(number, entry).len(),
        })
    }

    fn rows_of_entry(&self, number: u64, entry: &Entry) -> Vec<Row> {
        let (prefix, role) = self.prefix(entry);
        let taken: u16 = prefix.iter().map(|(part, _)| text::width(part)).fold(0, u16::saturating_add);
        let room = self.width.saturating_sub(taken).max(1);
        let mut rows = Vec::new();
        for (text, paint) in self.texts(entry) {
            // A note is a sentence: nobody scrolls sideways for its end.
            let pieces = if self.lines.wraps || entry.kind == EntryKind::Note {
                // The rows after the first have the same place, so that times and names stay a column of their own.
                wrapped(&text, room, self.height.max(1) * 8)
            } else {
                let start = text::head(&text, self.lines.left).len();
                let end = start + text::head(text.get(start..).unwrap_or_default(), room).len();
                std::iter::once(start..end).collect()
            };
            let matches: Vec<Range<usize>> = match self.found {
                Some(found) if entry.kind == EntryKind::Line => found.matches(&text).collect(),
                _ => Vec::new(),
            };
            let line = Arc::new(Drawn { text, paint, matches });
            for piece in pieces {
                let prefix = if rows.is_empty() {
                    prefix.clone()
                } else {
                    vec![(" ".repeat(usize::from(taken)), Role::Text)]
                };
                rows.push(Row { number, prefix, line: Arc::clone(&line), piece, role });
            }
        }
        rows
    }

    fn prefix(&self, entry: &Entry) -> (Vec<(String, Role)>, Role) {
        match entry.kind {
            EntryKind::Note => return (vec![("· ".to_owned(), Role::LogNote)], Role::LogNote),
            EntryKind::Mark => return (vec![("──── ".to_owned(), Role::LogNote)], Role::LogNote),
            EntryKind::Line => {}
        }
        let mut prefix = Vec::new();
        if self.lines.times {
            prefix.push((format!("{} ", clock(entry.at, self.now)), Role::LogTime));
        }
        if self.lines.sources > 0 {
            let name = text::fit(&text::escape(&entry.source), self.lines.sources, text::Align::Left, false);
            prefix.push((format!("{name} "), Role::LogSource));
        }
        (prefix, Role::Text)
    }

    fn texts(&self, entry: &Entry) -> Vec<Words> {
        if self.lines.pretty
            && entry.kind == EntryKind::Line
            && let Some(tree) = tree(&entry.text)
        {
            return tree;
        }
        let painted = ansi::paint(&entry.text);
        let paint = painted.runs.into_iter().map(|(range, style)| (range, Paint::Program(style))).collect();
        vec![(painted.text, paint)]
    }
}

/// A line that is a JSON object, as the lines of its YAML.
fn tree(line: &str) -> Option<Vec<Words>> {
    let plain = ansi::strip(line);
    let json = plain.trim();
    if !json.starts_with('{') {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    let document = emit::document(&value);
    let lines = (0..document.len()).map(|at| {
        let paint = document.spans(at).map(|(range, role)| (range, Paint::Role(role))).collect();
        (document.line(at).to_owned(), paint)
    });
    Some(lines.collect())
}

/// `10:42:07`, or `11-20 10:42:07` on another day; in UTC.
pub(super) fn clock(at: Timestamp, now: Timestamp) -> String {
    let text = at.rfc3339();
    let (day, time) = text.split_once('T').unwrap_or(("", "        "));
    let time = time.trim_end_matches('Z');
    let is_today = now.rfc3339().split_once('T').is_some_and(|(today, _)| today == day);
    if is_today || day.is_empty() {
        time.to_owned()
    } else {
        format!("{} {time}", day.get(5..).unwrap_or(day))
    }
}

impl Row {
    /// Draws the row.
    pub(super) fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>, is_selected: bool) {
        let selection = look.style.of(Role::Selection);
        if is_selected {
            buffer.set_style(area, selection);
        }
        let over = |style: Style| {
            if is_selected { Style { bg: None, ..style }.patch(selection) } else { style }
        };
        let mut x = area.left();
        for (part, role) in &self.prefix {
            let part = if look.ascii { part.replace('─', "-").replace('·', "*") } else { part.clone() };
            x = text::put(buffer, area, x, area.top(), &part, over(look.style.of(*role)));
        }
        let origin = x;
        let base = look.style.of(self.role);
        // A theme without colours has none for states either; then a program's colours would only disturb.
        let is_coloured = !matches!(look.style.of(Role::Critical).fg, None | Some(Color::Reset));
        let mut at = self.piece.start;
        for (range, paint) in &self.line.paint {
            let (start, end) = (range.start.max(at), range.end.min(self.piece.end));
            if start >= end {
                continue;
            }
            x = self.put(area, buffer, x, at..start, over(base));
            let style = match paint {
                Paint::Role(role) => look.style.of(*role),
                Paint::Program(style) if is_coloured => base.patch(*style),
                Paint::Program(style) => base.patch(Style { fg: None, bg: None, ..*style }),
            };
            x = self.put(area, buffer, x, start..end, over(style));
            at = end;
        }
        self.put(area, buffer, x, at..self.piece.end, over(base));
        for found in &self.line.matches {
            let (start, end) = (found.start.max(self.piece.start), found.end.min(self.piece.end));
            let (Some(before), Some(part)) =
                (self.line.text.get(self.piece.start..start), self.line.text.get(start..end))
            else {
                continue;
            };
            let from = origin.saturating_add(text::width(before));
            let place = Rect::new(from, area.top(), text::width(part), 1).intersection(area);
            buffer.set_style(place, look.style.of(Role::Match));
        }
    }

    fn put(&self, area: Rect, buffer: &mut Buffer, x: u16, bytes: Range<usize>, style: Style) -> u16 {
        text::put(buffer, area, x, area.top(), self.line.text.get(bytes).unwrap_or_default(), style)
    }
}
