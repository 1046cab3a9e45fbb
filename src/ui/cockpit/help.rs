//! Every key that works here, made from the keymap and what the view offers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::overlay::{Ask, Overlay, panel};
use crate::ui::command::{COMMANDS, Group};
use crate::ui::input::{Key, KeyCode, Mouse, MouseAction};
use crate::ui::keymap::{Binding, Keymap, SECTIONS};
use crate::ui::role::Role;
use crate::ui::text::{cut, put, width};
use crate::ui::view::{Look, Offer, View};

/// A line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Chapter(&'static str),
    Key { keys: String, help: String, disabled: Option<String> },
    Blank,
}

pub(super) struct Help {
    entries: Vec<Entry>,
    top: usize,
}

impl Help {
    pub(super) fn new(keymap: &Keymap, sections: &[&str], offers: &[Offer], view: &dyn View) -> Self {
        let mut chapters: Vec<(Group, Vec<Entry>)> = Vec::new();
        for command in COMMANDS {
            let Some(offer) = offers.iter().find(|offer| offer.id == command.id) else { continue };
            let keys: Vec<String> = keymap.keys_of(sections, command.id).iter().map(|c| c.label()).collect();
            // Nine numbers without a namespace say nothing.
            let is_idle = command.id.starts_with("favourite-") && offer.disabled.is_some();
            if keys.is_empty() || is_idle {
                continue;
            }
            let entry = Entry::Key {
                keys: keys.join("  "),
                help: view.explain(command.id).unwrap_or_else(|| command.help.to_owned()),
                disabled: offer.disabled.clone(),
            };
            match chapters.iter_mut().find(|(group, _)| *group == command.group) {
                Some((_, entries)) => entries.push(entry),
                None => chapters.push((command.group, vec![entry])),
            }
        }
        chapters.sort_by_key(|(group, _)| *group);
        let mut entries = Vec::new();
        for (group, own) in chapters {
            entries.push(Entry::Chapter(group.title()));
            entries.extend(own);
            entries.push(Entry::Blank);
        }
        let lines = sections.iter().flat_map(|section| keymap.section(section));
        let mut shortcuts: Vec<Entry> = lines
            .filter_map(|(chord, binding)| match binding {
                Binding::Line(line) => {
                    Some(Entry::Key { keys: chord.label(), help: line.clone(), disabled: None })
                }
                Binding::Command(_) => None,
            })
            .collect();
        if !shortcuts.is_empty() {
            entries.push(Entry::Chapter("SHORTCUTS"));
            entries.append(&mut shortcuts);
        }
        Self { entries, top: 0 }
    }

    fn moved(&mut self, step: isize) -> Ask {
        self.top = self.top.saturating_add_signed(step).min(self.entries.len().saturating_sub(1));
        Ask::Nothing
    }
}

impl Overlay for Help {
    fn key(&mut self, key: Key) -> Ask {
        match (key.code, key.ctrl) {
            (KeyCode::Down | KeyCode::Char('j'), _) => self.moved(1),
            (KeyCode::Up | KeyCode::Char('k'), _) => self.moved(-1),
            (KeyCode::PageDown | KeyCode::Char(' '), _) | (KeyCode::Char('f' | 'd'), true) => self.moved(15),
            (KeyCode::PageUp, _) | (KeyCode::Char('b' | 'u'), true) => self.moved(-15),
            (KeyCode::Home | KeyCode::Char('g'), _) => self.moved(isize::MIN / 2),
            _ => Ask::Close,
        }
    }

    fn mouse(&mut self, mouse: Mouse, _: Rect) -> Ask {
        match mouse.action {
            MouseAction::WheelUp => self.moved(-3),
            MouseAction::WheelDown => self.moved(3),
            _ => Ask::Close,
        }
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let whole = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let body = panel(whole, "help", "↑ ↓ scroll   any other key closes", buffer, look);
        // Two columns where they fit.
        let columns: u16 = if body.width >= 130 { 2 } else { 1 };
        let column_width = body.width / columns.max(1);
        let rows = usize::from(body.height).max(1);
        let keys_width = self.entries.iter().filter_map(|entry| match entry {
            Entry::Key { keys, .. } => Some(width(keys)),
            _ => None,
        });
        let keys_width = keys_width.max().unwrap_or(0).min(column_width / 3);
        let shown = self.entries.iter().skip(self.top).take(rows * usize::from(columns));
        for (at, entry) in shown.enumerate() {
            let column = u16::try_from(at / rows).unwrap_or(0);
            let x = body.x + 1 + column * column_width;
            let y = body.y + u16::try_from(at % rows).unwrap_or(0);
            let column_area = Rect { x, width: column_width.saturating_sub(2), ..body };
            match entry {
                Entry::Blank => {}
                Entry::Chapter(title) => {
                    put(buffer, column_area, x, y, title, look.style.of(Role::Header));
                }
                Entry::Key { keys, help, disabled } => {
                    let role = if disabled.is_some() { Role::KeyDisabled } else { Role::Key };
                    put(buffer, column_area, x, y, &cut(keys, keys_width, look.ascii), look.style.of(role));
                    let text = match disabled {
                        Some(why) => format!("{help} ({why})"),
                        None => help.clone(),
                    };
                    let role = if disabled.is_some() { Role::Dim } else { Role::KeyHelp };
                    let at = x + keys_width + 2;
                    let room = column_area.right().saturating_sub(at);
                    put(buffer, column_area, at, y, &cut(&text, room, look.ascii), look.style.of(role));
                }
            }
        }
    }
}

/// The help's chapters for the documentation: section title, keys, help.
pub fn documented(keymap: &Keymap) -> Vec<(&'static str, String, &'static str)> {
    let mut lines = Vec::new();
    for (section, title) in SECTIONS {
        for command in COMMANDS {
            let keys: Vec<String> = keymap
                .section(section)
                .filter(|(_, binding)| **binding == Binding::Command(command.id))
                .map(|(chord, _)| chord.label())
                .collect();
            if !keys.is_empty() {
                lines.push((title, keys.join(", "), command.help));
            }
        }
    }
    lines
}
