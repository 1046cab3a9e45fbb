//! The theme and the keys of a session: what ships, with the user's files over it.

use std::path::Path;

use crate::config::files::read_text;
use crate::config::{Paths, Unusable};
use crate::fleet::{Problem, ProblemKind};
use crate::settings::Cockpit;
use crate::ui::keymap::Keymap;
use crate::ui::theme::{Depth, Theme};
use crate::ui::toml_text::Complaint;

/// The theme that the settings choose: by the terminal's background where they leave it open.
pub fn theme(
    settings: &Cockpit,
    paths: &Paths,
    depth: Depth,
    light_background: bool,
) -> Result<Theme, Vec<Problem>> {
    named_theme(&settings.screen.theme_on(light_background).value, &paths.themes(), depth)
}

/// A theme by name, the user's own first.
pub fn named_theme(name: &str, own: &Path, depth: Depth) -> Result<Theme, Vec<Problem>> {
    // The name becomes a part of a path: it must not lead out of the folder.
    if name.contains(['/', '\\']) || name.starts_with('.') {
        let message = format!("\"{name}\" cannot be the name of a theme");
        return Err(vec![Problem::new(ProblemKind::User, message)]);
    }
    let file = |name: &str| own.join(format!("{name}.toml"));
    let text = |name: &str| read_text(&file(name)).ok();
    Theme::load(name, depth, &text).map_err(|complaints| {
        complaints
            .iter()
            .map(|of| {
                let own = file(&of.theme);
                let shown =
                    if own.exists() { own.display().to_string() } else { format!("theme {}", of.theme) };
                told(&shown, &of.complaint)
            })
            .collect()
    })
}

/// The shipped keys with the user's file over them, where there is one.
pub fn keymap(file: &Path) -> Result<Keymap, Vec<Problem>> {
    let shipped = Keymap::shipped();
    match read_text(file) {
        Ok(text) => shipped.with(&text).map_err(|complaints| {
            complaints.iter().map(|complaint| told(&file.display().to_string(), complaint)).collect()
        }),
        Err(Unusable::Missing(_)) => Ok(shipped),
        Err(unusable) => Err(vec![unusable.into()]),
    }
}

/// Several problems as one, for where there is room for one.
pub fn together(problems: Vec<Problem>) -> Problem {
    let mut problems = problems.into_iter();
    let first = problems
        .next()
        .unwrap_or_else(|| Problem::new(ProblemKind::Bug, "something is wrong, and nothing says what"));
    problems.fold(first, |first, other| first.with_hint(other.message()))
}

/// A mistake in a keymap or a theme, told like one in the settings.
fn told(file: &str, complaint: &Complaint) -> Problem {
    let (message, hint) = match complaint.message.split_once("; ") {
        Some((message, hint)) => (message, Some(hint)),
        None => (complaint.message.as_str(), None),
    };
    let place = match complaint.line {
        0 => file.to_owned(),
        line => format!("{file}:{line}:{}", complaint.column),
    };
    let problem = Problem::new(ProblemKind::User, format!("{place}: {message}"));
    hint.into_iter().fold(problem, Problem::with_hint)
}
