//! From settings to the screen's first state.

use super::fleet::Fleet;
use super::opening::Opening;
use crate::settings::Cockpit as Settings;
use crate::ui::cockpit::{Setup, Ui};
use crate::ui::theme::Theme;
use crate::ui::view::Scope;

/// The screen as the settings want it first.
pub fn ui(opening: &Opening, fleet: &Fleet, theme: Theme) -> Ui {
    let settings = &opening.settings;
    let namespace = settings.start.namespace.as_ref().map(|namespace| namespace.value.as_str().into());
    Ui::new(Setup {
        theme,
        keymap: opening.keymap.clone(),
        environments: fleet.environments.clone(),
        clusters: fleet.clusters.iter().map(|member| member.id.clone()).collect(),
        scope: Scope { clusters: fleet.selected.clone(), namespace },
        read_only: settings.read_only,
        ascii: settings.screen.ascii,
        view: settings.start.view.value.clone(),
    })
}

/// Takes over settings that were read again.
pub fn apply(settings: &Settings, ui: &mut Ui) {
    let _ = (settings, ui);
}
