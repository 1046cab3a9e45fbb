//! Other colours, keys and preferences for a cockpit that runs.

use super::Ui;
use crate::ui::keymap::Keymap;
use crate::ui::preferences::Preferences;
use crate::ui::table_view::Glyphs;
use crate::ui::theme::Theme;

impl Ui {
    /// Takes another theme, other keys, glyphs and preferences; views that are open keep their columns.
    pub fn restyle(&mut self, theme: Theme, keymap: Keymap, glyphs: Glyphs, preferences: Preferences) {
        self.theme = theme;
        self.glyphs = glyphs;
        self.history.each(|view| view.take_glyphs(glyphs));
        self.keymap = keymap;
        self.preferences = preferences;
        self.is_dirty = true;
    }

    /// Takes other keys.
    pub fn rebind(&mut self, keymap: Keymap) {
        self.pending.clear();
        self.keymap = keymap;
        self.is_dirty = true;
    }

    /// Offers these themes of the user's own: name and text.
    pub fn take_themes(&mut self, themes: Vec<(String, String)>) {
        self.own_themes = themes;
    }

    /// The name of the theme on screen.
    pub fn theme(&self) -> &str {
        &self.theme.name
    }

    /// Takes another theme.
    pub fn recolour(&mut self, theme: Theme) {
        self.theme = theme;
        self.is_dirty = true;
    }
}
