//! From settings to the screen's first state.

use super::fleet::Fleet;
use super::opening::Opening;
use crate::config::Paths;
use crate::config::files::read_text;
use crate::settings::{Cockpit, ViewColumns};
use crate::ui::cockpit::{ReadOnly, Setup, Ui};
use crate::ui::preferences::{LogPreferences, Preferences};
use crate::ui::table_view::Glyphs;
use crate::ui::theme::{Depth, Theme};
use crate::ui::view::Scope;

/// The screen as the settings want it first.
pub fn ui(opening: &Opening, fleet: &Fleet, theme: Theme, depth: Depth) -> Ui {
    let settings = &opening.settings;
    let namespace = settings.start.namespace.as_ref().map(|namespace| namespace.value.as_str().into());
    Ui::new(Setup {
        theme,
        depth,
        themes: own_themes(&opening.paths),
        keymap: opening.keymap.clone(),
        environments: fleet.environments.clone(),
        clusters: fleet.clusters.iter().map(|member| member.id.clone()).collect(),
        scope: Scope { clusters: fleet.selected.clone(), namespace },
        read_only: if settings.read_only { ReadOnly::Yes } else { ReadOnly::No },
        glyphs: glyphs(settings),
        view: settings.start.view.value.clone(),
        view_place: settings.start.view.place.as_ref().map(ToString::to_string),
        preferences: preferences(settings),
        favourites: settings.favourite_namespaces.iter().map(|name| name.value.clone()).collect(),
    })
}

/// Which glyphs the settings want.
pub fn glyphs(settings: &Cockpit) -> Glyphs {
    if settings.screen.ascii { Glyphs::Ascii } else { Glyphs::Unicode }
}

/// What the settings say about views.
pub fn preferences(settings: &Cockpit) -> Preferences {
    let named = |of: &ViewColumns| {
        let columns = of.columns.iter().map(|column| column.value.clone()).collect();
        (of.view.value.clone(), columns)
    };
    Preferences {
        wide: settings.screen.wide,
        columns: settings.columns.iter().map(named).collect(),
        logs: LogPreferences {
            tail: u32::try_from(settings.logs.tail).unwrap_or(u32::MAX),
            bytes: usize::try_from(settings.logs.buffer).unwrap_or(usize::MAX),
            times: settings.logs.timestamps,
            wraps: settings.logs.wrap,
        },
    }
}

/// The user's own themes: name and text. What cannot be read is not on offer; `config check` says why.
pub fn own_themes(paths: &Paths) -> Vec<(String, String)> {
    let files = std::fs::read_dir(paths.themes()).into_iter().flatten().filter_map(Result::ok);
    files
        .filter_map(|entry| {
            let path = entry.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            let is_theme = path.extension().is_some_and(|extension| extension == "toml");
            is_theme.then(|| read_text(&path).ok()).flatten().map(|text| (name, text))
        })
        .collect()
}
