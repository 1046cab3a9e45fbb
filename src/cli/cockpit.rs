//! No command: the cockpit, on clusters or on the embedded world.

use super::Outcome;
use super::exit::Exit;
use crate::app::{self, Opening};
use crate::terminal::Ending;

pub(super) fn run(opening: Opening) -> Outcome {
    Ok(match app::cockpit::run(opening)? {
        Some(Ending::Interrupted) => Exit::Interrupted,
        None | Some(Ending::Terminated | Ending::TerminalClosed) => Exit::Done,
    })
}
