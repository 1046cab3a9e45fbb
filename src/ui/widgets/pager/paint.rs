//! A pager on the screen: its lines with their folds and matches, and the search below them.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Pager;
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::Look;

struct Drawn {
    at: usize,
    line: usize,
    piece: Range<usize>,
    is_first: bool,
}

impl Pager {
    /// Draws the lines, and the search below them.
    pub fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let mut y = area.top();
        let mut at = self.top;
        let mut skip = self.skipped;
        let bottom = area.top() + u16::try_from(self.height).unwrap_or(u16::MAX).min(area.height);
        while y < bottom {
            let Some(&line) = self.visible.get(at) else { break };
            let line = line as usize;
            for piece in self.pieces(line).into_iter().skip(skip) {
                if y >= bottom {
                    break;
                }
                let is_first = piece.start == 0 || !self.wraps;
                self.render_row(
                    Rect::new(area.left(), y, area.width, 1),
                    buffer,
                    look,
                    Drawn { at, line, piece, is_first },
                );
                y += 1;
            }
            skip = 0;
            at += 1;
        }
        if area.height > 1 && (self.typing.is_some() || self.search.is_some() || self.complaint.is_some()) {
            self.render_search(Rect::new(area.left(), area.bottom() - 1, area.width, 1), buffer, look);
        }
    }

    fn render_row(&self, row: Rect, buffer: &mut Buffer, look: &Look<'_>, drawn: Drawn) {
        let Drawn { at, line, piece, is_first } = drawn;
        let selected = at == self.cursor;
        if selected {
            buffer.set_style(row, look.style.of(Role::Selection));
        }
        let style = |role: Role| {
            let style = look.style.of(role);
            // On the selection only what carries a state keeps its own colour.
            if selected { Style { bg: None, ..style }.patch(look.style.of(Role::Selection)) } else { style }
        };
        let mut x = row.left();
        if self.numbered {
            let number = if is_first { (line + 1).to_string() } else { String::new() };
            let number = text::fit(&number, self.number_cells(), text::Align::Right, look.ascii);
            x = text::put(buffer, row, x, row.top(), &format!("{number} "), style(Role::Dim));
        }
        let fold = self.document.fold(line);
        let is_folded = fold.is_some_and(|(key, _)| self.folded.contains(&key));
        let mark = match (is_folded, fold.is_some() && selected && is_first) {
            (true, _) => {
                if look.ascii {
                    "+ "
                } else {
                    "▸ "
                }
            }
            (false, true) => {
                if look.ascii {
                    "- "
                } else {
                    "▾ "
                }
            }
            (false, false) => "  ",
        };
        x = text::put(buffer, row, x, row.top(), mark, style(Role::Dim));
        let text_of_line = self.document.line(line);
        for (span, role) in self.document.spans(line) {
            let (start, end) = (span.start.max(piece.start), span.end.min(piece.end));
            if let Some(part) = text_of_line.get(start..end).filter(|part| !part.is_empty()) {
                x = text::put(buffer, row, x, row.top(), &glyphs(part, look.ascii), style(role));
            }
        }
        if let Some(search) = &self.search {
            let origin = row.left() + self.before_text();
            for found in search.matches(text_of_line) {
                let (start, end) = (found.start.max(piece.start), found.end.min(piece.end));
                let (Some(before), Some(part)) =
                    (text_of_line.get(piece.start..start), text_of_line.get(start..end))
                else {
                    continue;
                };
                let from = origin.saturating_add(text::width(before));
                let cells = text::width(part).min(row.right().saturating_sub(from));
                let place = Rect::new(from, row.top(), cells, 1).intersection(row);
                buffer.set_style(place, look.style.of(Role::Match));
            }
        }
        if let Some((_, last)) = fold.filter(|_| is_folded) {
            let lines = text::thousands((last - line) as u64);
            let word = if last - line == 1 { "line" } else { "lines" };
            let note = format!(" {} {lines} {word}", if look.ascii { "..." } else { "…" });
            text::put(buffer, row, x, row.top(), &note, style(Role::Dim));
        }
    }

    fn render_search(&self, row: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let blank = " ".repeat(usize::from(row.width));
        text::put(buffer, row, row.left(), row.top(), &blank, look.style.of(Role::Text));
        let x = text::put(buffer, row, row.left(), row.top(), "/", look.style.of(Role::Key));
        let x = match (&self.typing, &self.search) {
            (Some(typing), _) => typing.line.paint(row, x, row.top(), buffer, look),
            (None, Some(search)) => {
                let typed = text::escape(search.typed());
                text::put(buffer, row, x, row.top(), &typed, look.style.of(Role::Input))
            }
            (None, None) => x,
        };
        let (note, role) = match &self.complaint {
            Some(complaint) => (complaint.clone(), Role::Warning),
            None if self.search.is_none() => (String::new(), Role::Dim),
            None if self.found.is_empty() => ("not found".to_owned(), Role::Warning),
            None => (self.match_place(), Role::Dim),
        };
        text::put(buffer, row, x.saturating_add(2), row.top(), &text::escape(&note), look.style.of(role));
    }

    fn match_place(&self) -> String {
        let line = self.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(0);
        let before = self.found.partition_point(|&found| found < line);
        let of = text::thousands(self.found.len() as u64);
        if self.found.get(before) == Some(&line) {
            format!("line {} of {of} that match", text::thousands(before as u64 + 1))
        } else {
            format!("{of} lines match")
        }
    }
}

/// Our own glyphs, in ASCII where only that is wanted. Each stand-in is as wide as what it stands for.
pub(in crate::ui) fn glyphs(part: &str, ascii: bool) -> Cow<'_, str> {
    if !ascii || part.is_ascii() {
        return Cow::Borrowed(part);
    }
    let stand_in = |c: char| match c {
        '●' => 'o',
        '▲' => '!',
        '✖' => 'X',
        '◌' | '·' => '.',
        '○' => '?',
        '⊘' => '#',
        '◐' => '%',
        '–' => '-',
        '…' => '~',
        '█' | '▉' | '▊' | '▋' | '▌' => '#',
        '▍' | '▎' | '▏' => '-',
        '▒' => '=',
        '←' => '<',
        '→' | '▸' | '›' => '>',
        '▾' => 'v',
        '▁' => '1',
        '▄' => '4',
        other => other,
    };
    Cow::Owned(part.chars().map(stand_in).collect())
}
