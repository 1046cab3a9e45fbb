//! What is told in passing, in the bottom line.

use crate::fleet::Timestamp;
use crate::ui::message::Notice;
use crate::ui::role::Role;
use crate::ui::text::escape;

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
