//! `demo --list`.

use std::io::Write;

use super::Outcome;
use super::exit::Exit;
use crate::app::fleet::scenarios;

pub(super) fn list(stdout: &mut dyn Write) -> Outcome {
    let width = scenarios().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, about) in scenarios() {
        writeln!(stdout, "{name:width$}  {about}")?;
    }
    Ok(Exit::Done)
}
