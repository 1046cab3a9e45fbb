//! Choosing containers from a list.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::containers::Container;
use crate::ui::input::{Key, KeyCode};
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::Look;

/// A list of containers with a cursor and marks.
#[derive(Debug)]
pub(super) struct Picker {
    rows: Vec<String>,
    marked: Vec<bool>,
    cursor: usize,
    is_marking: bool,
}

/// What a key did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Picked {
    /// Still choosing.
    Nothing,
    /// Not after all.
    Abandoned,
    /// These, by their place.
    These(Vec<bool>),
}

impl Picker {
    /// Offers these containers, with those marked that are shown now.
    pub(super) fn new(containers: &[Container], chosen: &[bool]) -> Self {
        let widest = containers.iter().map(|c| text::width(&c.name)).max().unwrap_or(0);
        let row = |c: &Container| {
            let name = text::fit(&text::escape(&c.name), widest, text::Align::Left, false);
            let words: Vec<&str> =
                [c.kind.word(), c.state.as_str()].into_iter().filter(|w| !w.is_empty()).collect();
            format!("{name}  {}", text::escape(&words.join("  ")))
        };
        let cursor = chosen.iter().position(|chosen| *chosen).unwrap_or(0);
        Self {
            rows: containers.iter().map(row).collect(),
            marked: chosen.to_vec(),
            cursor,
            is_marking: false,
        }
    }

    /// Takes a key: Enter takes the one under the cursor, or those that were marked with the space bar.
    pub(super) fn key(&mut self, key: Key) -> Picked {
        let last = self.rows.len().saturating_sub(1);
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return Picked::Abandoned,
            KeyCode::Up | KeyCode::Char('k') => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.cursor = (self.cursor + 1).min(last),
            KeyCode::Char(' ') => {
                self.is_marking = true;
                if let Some(mark) = self.marked.get_mut(self.cursor) {
                    *mark = !*mark;
                }
            }
            KeyCode::Char('a') => return Picked::These(vec![true; self.rows.len()]),
            KeyCode::Enter if self.is_marking && self.marked.contains(&true) => {
                return Picked::These(self.marked.clone());
            }
            KeyCode::Enter => {
                return Picked::These((0..self.rows.len()).map(|at| at == self.cursor).collect());
            }
            _ => {}
        }
        Picked::Nothing
    }

    /// Draws the list over the top of the area.
    pub(super) fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let title = " CONTAINERS   space mark   a all   Enter show   Esc back";
        let widest = self.rows.iter().map(|row| text::width(row)).max().unwrap_or(0).saturating_add(7);
        let width = widest.max(text::width(title).saturating_add(1)).min(area.width);
        let room = usize::from(area.height.saturating_sub(2));
        let first = self.cursor.saturating_sub(room.saturating_sub(1));
        let line = |at: usize| {
            let y = u16::try_from(at).unwrap_or(u16::MAX).saturating_add(area.top()).saturating_add(1);
            Rect::new(area.left(), y, width, 1).intersection(area)
        };
        let draw = |buffer: &mut Buffer, at: usize, words: &str, role: Role| {
            let place = line(at);
            if place.height > 0 {
                let words = text::fit(words, width, text::Align::Left, look.ascii);
                let style = look.style.of(Role::Overlay).patch(look.style.of(role));
                text::put(buffer, place, place.left(), place.top(), &words, style);
            }
        };
        draw(buffer, 0, title, Role::OverlayTitle);
        for (at, (row, marked)) in self.rows.iter().zip(&self.marked).enumerate().skip(first).take(room) {
            let mark = if *marked { "[x]" } else { "[ ]" };
            let role = if at == self.cursor { Role::Selection } else { Role::Text };
            draw(buffer, at - first + 1, &format!(" {mark} {row}"), role);
        }
    }
}
