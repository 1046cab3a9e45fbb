//! Which keys do what, by place. `config/keymap.toml` is the default and the source of the help; a user's file lies
//! over it.
//!
//! Sections nest: a key is looked up in the section of the view's name, then in that of its family, then in
//! `cockpit`. A key that begins a longer sequence waits for the rest, and the screen shows what may follow.

mod chord;

use std::collections::BTreeMap;

use toml::de::DeValue;

pub use self::chord::{Chord, ChordError, key_label};
use super::command::{self, COMMANDS};
use super::input::{Key, KeyCode};
use super::toml_text::{Complaint, Reader};
use super::views;

const SHIPPED: &str = include_str!("../../../config/keymap.toml");

/// The sections that are no view's name, with their title in the help.
pub const SECTIONS: [(&str, &str); 3] =
    [("cockpit", "everywhere"), ("table", "in tables"), ("text", "in texts")];

/// What a key does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Runs a command.
    Command(&'static str),
    /// Runs a line of the palette.
    Line(String),
}

/// What a sequence of keys means so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'k> {
    /// Nothing.
    Nothing,
    /// It is the beginning of longer ones.
    Prefix,
    /// This.
    Bound(&'k Binding),
}

/// Every binding, by section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    sections: BTreeMap<String, Section>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Section {
    bindings: BTreeMap<Chord, Binding>,
    labels: BTreeMap<Chord, String>,
}

/// One key that may follow a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continuation {
    /// The key.
    pub key: Key,
    /// What it does, in words.
    pub title: String,
    /// The command it ends in, when it does.
    pub command: Option<&'static str>,
}

impl Keymap {
    /// The default.
    pub fn shipped() -> Self {
        // A mistake in the shipped file would only drop its own line; a test holds that there is none.
        let (keymap, _) = Self::default().overlaid(SHIPPED);
        keymap
    }

    /// This keymap with a user's file over it, or every mistake in that file.
    pub fn with(&self, text: &str) -> Result<Self, Vec<Complaint>> {
        let (keymap, complaints) = self.overlaid(text);
        if complaints.is_empty() { Ok(keymap) } else { Err(complaints) }
    }

    fn overlaid(&self, text: &str) -> (Self, Vec<Complaint>) {
        let mut reader = Reader::new(text);
        let mut keymap = self.clone();
        let Some(document) = reader.parse() else { return (keymap, reader.complaints) };
        for (name, value) in document.get_ref() {
            let known = || {
                let views = views::VIEWS.iter().map(|view| view.about().name);
                SECTIONS.iter().map(|(name, _)| *name).chain(views::DETAILS.iter().copied()).chain(views)
            };
            if !known().any(|section| section == name.get_ref()) {
                reader.unknown(name.span(), "section", name.get_ref(), known());
                continue;
            }
            let mut own: BTreeMap<Chord, Option<Binding>> = BTreeMap::new();
            let mut labels = BTreeMap::new();
            let mut lines: Vec<_> = reader.table("a section", value).into_iter().flatten().collect();
            lines.sort_by_key(|(keys, _)| keys.span().start);
            for (keys, value) in lines {
                let chord = match Chord::parse(keys.get_ref()) {
                    Ok(chord) => chord,
                    Err(error) => {
                        reader.complain(keys.span(), error.to_string());
                        continue;
                    }
                };
                if let DeValue::Table(parts) = value.get_ref() {
                    for (key, part) in parts {
                        match key.get_ref().as_ref() {
                            "label" => {
                                let label = reader.text("a label", part).unwrap_or_default();
                                labels.insert(chord.clone(), label.to_owned());
                            }
                            other => reader.unknown(key.span(), "part", other, ["label"].into_iter()),
                        }
                    }
                    continue;
                }
                let Some(word) = reader.text("a command", value) else { continue };
                let binding = match (word, command::find(word)) {
                    ("none", _) => None,
                    (_, Some(command)) => Some(Binding::Command(command.id)),
                    (line, None) if line.starts_with(':') => Some(Binding::Line(line.to_owned())),
                    (other, None) => {
                        let known = COMMANDS.iter().map(|command| command.id);
                        reader.unknown(value.span(), "command", other, known);
                        continue;
                    }
                };
                let clash = own.iter().find(|(other, there)| {
                    let hides = there.is_some() && binding.is_some();
                    **other == chord || (hides && (other.begins(&chord) || chord.begins(other)))
                });
                match clash {
                    Some((other, _)) if *other == chord => {
                        reader.complain(
                            keys.span(),
                            format!("\"{chord}\" is bound twice in [{}]", name.get_ref()),
                        );
                    }
                    Some((other, _)) => reader.complain(
                        keys.span(),
                        format!("\"{chord}\" and \"{other}\" cannot both be bound: one begins the other"),
                    ),
                    None => {
                        own.insert(chord, binding);
                    }
                }
            }
            let section = keymap.sections.entry(name.get_ref().to_string()).or_default();
            section.labels.extend(labels);
            for (chord, binding) in own {
                match binding {
                    // What the file below had under a longer or shorter sequence gives way.
                    Some(binding) => {
                        section.bindings.retain(|other, _| !other.begins(&chord) && !chord.begins(other));
                        section.bindings.insert(chord, binding);
                    }
                    None => {
                        section.bindings.remove(&chord);
                    }
                }
            }
        }
        reader.complaints.sort_by_key(|complaint| (complaint.line, complaint.column));
        (keymap, reader.complaints)
    }

    /// What a sequence of keys means in these sections, the narrowest first.
    pub fn look_up(&self, sections: &[&str], keys: &[Key]) -> Found<'_> {
        for section in self.named(sections) {
            if let Some(binding) = section.bindings.get(keys) {
                return Found::Bound(binding);
            }
            if section.begins_with(keys).next().is_some() {
                return Found::Prefix;
            }
        }
        Found::Nothing
    }

    /// The sequences that run a command in these sections, those of the narrowest first and no hidden ones.
    pub fn keys_of(&self, sections: &[&str], id: &str) -> Vec<&Chord> {
        let mut found = Vec::new();
        for section in self.named(sections) {
            for (chord, binding) in &section.bindings {
                let runs = matches!(binding, Binding::Command(command) if *command == id);
                if runs && self.look_up(sections, chord.keys()) == Found::Bound(binding) {
                    found.push(chord);
                }
            }
        }
        // The shortest and plainest first: it is the one the footer shows.
        found.sort_by_key(|chord| chord.plainness());
        found
    }

    /// The key that leads back, as the screen shows it: Esc where it does.
    pub fn escape(&self, sections: &[&str]) -> Option<String> {
        let keys = self.keys_of(sections, "back");
        let is_escape = |chord: &&&Chord| chord.keys() == [Key::plain(KeyCode::Esc)];
        keys.iter().find(is_escape).or(keys.first()).map(|chord| chord.label())
    }

    /// What may follow these keys.
    pub fn continuations(&self, sections: &[&str], prefix: &[Key]) -> Vec<Continuation> {
        let mut all: Vec<Continuation> = Vec::new();
        for section in self.named(sections) {
            for (chord, binding) in section.begins_with(prefix) {
                let Some(key) = chord.keys().get(prefix.len()) else { continue };
                if all.iter().any(|known| known.key == *key) {
                    continue;
                }
                let ends = chord.keys().len() == prefix.len() + 1;
                let label = chord.keys().get(..=prefix.len()).and_then(|keys| section.labels.get(keys));
                let (title, command) = match (ends, binding) {
                    (true, Binding::Command(id)) => {
                        (command::find(id).map_or(*id, |command| command.title).to_owned(), Some(*id))
                    }
                    (true, Binding::Line(line)) => (line.clone(), None),
                    (false, _) => (label.cloned().unwrap_or_else(|| "…".to_owned()), None),
                };
                all.push(Continuation { key: *key, title, command });
            }
        }
        all
    }

    /// The label of a prefix.
    pub fn label(&self, sections: &[&str], prefix: &[Key]) -> Option<&str> {
        self.named(sections).find_map(|section| section.labels.get(prefix)).map(String::as_str)
    }

    /// Every binding of a section, for the help and the documentation.
    pub fn section(&self, name: &str) -> impl Iterator<Item = (&Chord, &Binding)> {
        self.sections.get(name).into_iter().flat_map(|section| &section.bindings)
    }

    /// True when some key in some section runs the command.
    pub fn binds(&self, id: &str) -> bool {
        self.sections
            .values()
            .flat_map(|section| section.bindings.values())
            .any(|binding| matches!(binding, Binding::Command(command) if *command == id))
    }

    fn named<'k>(&'k self, sections: &[&str]) -> impl Iterator<Item = &'k Section> {
        sections.iter().filter_map(|name| self.sections.get(*name))
    }
}

impl Section {
    fn begins_with<'s>(&'s self, prefix: &[Key]) -> impl Iterator<Item = (&'s Chord, &'s Binding)> {
        let prefix = prefix.to_vec();
        self.bindings
            .range::<[Key], _>((std::ops::Bound::Excluded(prefix.as_slice()), std::ops::Bound::Unbounded))
            .take_while({
                let prefix = prefix.clone();
                move |(chord, _)| chord.keys().starts_with(&prefix)
            })
            .collect::<Vec<_>>()
            .into_iter()
    }
}

#[cfg(test)]
mod tests;
