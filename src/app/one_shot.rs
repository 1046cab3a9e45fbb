//! A stage that is looked at once: for `get` and `screenshot`.

use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::fleet::{Fleet, Pace};
use super::opening::Opening;
use super::setup;
use super::stage::Stage;
use crate::fleet::{Problem, ProblemKind};
use crate::ui::theme::{Depth, Theme};

/// How long a server that asks for patience is waited for.
const HELD_OFF: Duration = Duration::from_secs(5);

/// A stage that is looked at once.
#[derive(Debug)]
pub struct OneShot {
    stage: Stage,
}

impl OneShot {
    /// Starts to listen to what the view of the settings shows.
    pub fn open(opening: Opening, theme: Theme, depth: Depth) -> Result<Self, Problem> {
        let fleet = Fleet::open(&opening, Pace::Still)?;
        let ui = setup::ui(&opening, &fleet, theme, depth);
        Ok(Self { stage: Stage::open(fleet, ui, opening.paths.saved())? })
    }

    /// The stage behind it.
    pub fn stage(&mut self) -> &mut Stage {
        &mut self.stage
    }

    /// Waits until everything that the view wants is there, or known not to be had; says whether it all came in time.
    /// A view that does not exist is a problem.
    pub fn settle(&mut self, patience: Duration) -> Result<bool, Problem> {
        let deadline = Instant::now() + patience;
        // Draws once in a while: a view may find out what it wants only when it has seen the rows before.
        let mut scratch = Buffer::empty(Rect::new(0, 0, 120, 40));
        let acquainted = self.stage.until(deadline, |stage| stage.is_acquainted());
        if let Some(problem) = self.stage.ui().missing_view() {
            return Err(Problem::new(ProblemKind::User, problem));
        }
        let settled = self.stage.until(deadline, |stage| {
            stage.draw(&mut scratch);
            stage.is_settled()
        });
        // Servers that have just started, or have much to do, mean seconds when they ask to come back later.
        let held_off = deadline.min(Instant::now() + HELD_OFF);
        self.stage.until(held_off, |stage| {
            stage.draw(&mut scratch);
            stage.is_settled() && !stage.is_held_off()
        });
        Ok(acquainted && settled && self.stage.is_complete())
    }

    /// Draws the screen as it is now, as if it had just been opened: the same rows give the same picture.
    pub fn draw(&mut self, buffer: &mut Buffer) {
        // Columns only grow while one looks at them. On a screen of another size they begin anew.
        let Rect { width, height, .. } = buffer.area;
        self.stage.draw(&mut Buffer::empty(Rect::new(0, 0, width.saturating_add(1), height)));
        self.stage.draw(buffer);
    }
}
