//! What is told in passing, in the bottom line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::fleet::Timestamp;
use crate::ui::message::Notice;
use crate::ui::role::Role;
use crate::ui::text::{cut, escape, put, wrap};
use crate::ui::view::Look;

/// Seconds that a notice stays.
const INFO: i64 = 4;
const PROBLEM: i64 = 10;

/// The notice on screen; a newer one takes its place.
#[derive(Debug, Default)]
pub(super) struct Notices {
    current: Option<(Notice, Timestamp)>,
}

impl Notices {
    pub(super) fn tell(&mut self, notice: Notice, now: Timestamp) {
        let stays = match notice {
            Notice::Info(_) => INFO,
            Notice::Problem(_) => PROBLEM,
        };
        self.current = Some((notice, Timestamp::from_seconds(now.seconds() + stays)));
    }

    pub(super) fn clear(&mut self) {
        self.current = None;
    }

    /// Forgets what has been shown long enough.
    pub(super) fn expire(&mut self, now: Timestamp) {
        if self.until().is_some_and(|until| until <= now) {
            self.current = None;
        }
    }

    pub(super) fn until(&self) -> Option<Timestamp> {
        self.current.as_ref().map(|(_, until)| *until)
    }

    pub(super) fn shown(&self) -> Option<(String, Role)> {
        let (notice, _) = self.current.as_ref()?;
        Some(match notice {
            Notice::Info(text) => (escape(text).into_owned(), Role::Strong),
            Notice::Problem(problem) => {
                let hint = problem.hints().first().map(|hint| format!("  ({hint})")).unwrap_or_default();
                (escape(&format!("{}{hint}", problem.message())).into_owned(), Role::Critical)
            }
        })
    }
}

/// Rows that a notice takes at most.
const NOTICE: usize = 4;

/// What is said at the bottom. What is too long for the line takes rows of the view: the end of a sentence is where it
/// says what to do.
pub(super) fn paint(text: &str, role: Role, line: Rect, buffer: &mut Buffer, look: &Look<'_>) {
    let room = line.width.saturating_sub(2).max(1);
    let mut rows = wrap(text, room);
    let most = NOTICE.min(usize::from(line.y / 3) + 1);
    if rows.len() > most {
        let rest = rows.split_off(most - 1).join(" ");
        rows.push(cut(&rest, room, look.ascii).into_owned());
    }
    let above = u16::try_from(rows.len().saturating_sub(1)).unwrap_or(0);
    for (y, row) in (line.y.saturating_sub(above)..=line.y).zip(&rows) {
        let area = Rect { y, ..line };
        put(buffer, area, area.x, y, &" ".repeat(usize::from(area.width)), look.style.of(Role::Text));
        put(buffer, area, area.x + 1, y, row, look.style.of(role));
    }
}
