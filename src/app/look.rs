//! The theme and the keys of a session: what ships, with the user's files over it.

use std::path::Path;

use crate::config::Paths;
use crate::config::files::read_text;
use crate::fleet::{Problem, ProblemKind};
use crate::settings::Cockpit;
use crate::ui::keymap::Keymap;
use crate::ui::theme::{Depth, Theme};

/// The theme that the settings want on this background.
pub fn theme(
    settings: &Cockpit,
    paths: &Paths,
    depth: Depth,
    light_background: bool,
) -> Result<Theme, Problem> {
    let name = settings.screen.theme_on(light_background).value.as_str();
    named_theme(name, &paths.themes(), depth)
}

/// A theme by name, the user's own first.
pub fn named_theme(name: &str, own: &Path, depth: Depth) -> Result<Theme, Problem> {
    // The name becomes a part of a path: it must not lead out of the folder.
    let is_plain = !name.contains(['/', '\\']) && !name.starts_with('.');
    let text = |name: &str| is_plain.then(|| read_text(&own.join(format!("{name}.toml"))).ok()).flatten();
    Theme::load(name, depth, &text).map_err(|complaints| {
        let said: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        Problem::new(ProblemKind::User, said.join("; "))
            .with_hint("`pilothouse themes list` names the themes")
    })
}

/// The keys, with the user's file over them.
pub fn keymap(paths: &Paths) -> Result<Keymap, Problem> {
    let shipped = Keymap::shipped();
    let file = paths.keymap();
    if !file.exists() {
        return Ok(shipped);
    }
    let text = read_text(&file).map_err(Problem::from)?;
    shipped.with(&text).map_err(|complaints| {
        let said: Vec<String> = complaints
            .iter()
            .map(|complaint| {
                format!("{}:{}:{}: {}", file.display(), complaint.line, complaint.column, complaint.message)
            })
            .collect();
        Problem::new(ProblemKind::User, said.join("\n"))
    })
}
