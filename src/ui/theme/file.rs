//! A theme file as it is written.

use std::collections::BTreeMap;

use ratatui::style::Modifier;
use toml::Spanned;
use toml::de::DeValue;

use super::colour::{Paint, ansi_index};
use super::{ROLES, role_name};
use crate::ui::toml_text::{Complaint, Reader};

/// What one file says, before it is joined with the one it inherits.
#[derive(Debug, Default)]
pub(super) struct ThemeFile {
    pub(super) help: String,
    pub(super) inherits: Option<String>,
    pub(super) is_light: Option<bool>,
    pub(super) palette: BTreeMap<String, Paint>,
    pub(super) roles: BTreeMap<String, RoleLook>,
}

/// What a file says of one role. Colours are names of the palette, `#rrggbb`, or one of the sixteen.
#[derive(Debug, Default)]
pub(super) struct RoleLook {
    pub(super) fg: Option<Named>,
    pub(super) bg: Option<Named>,
    pub(super) fg16: Option<Named>,
    pub(super) bg16: Option<Named>,
    pub(super) add: Modifier,
    pub(super) mono: Option<Modifier>,
}

/// A colour's name and where it stands, for the complaint that it is not in the palette.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) column: usize,
}

const TOP: [&str; 5] = ["appearance", "help", "inherits", "palette", "roles"];
const ROLE: [&str; 6] = ["add", "bg", "bg16", "fg", "fg16", "mono"];
const MODIFIERS: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("crossed-out", Modifier::CROSSED_OUT),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("reverse", Modifier::REVERSED),
    ("underline", Modifier::UNDERLINED),
];

impl ThemeFile {
    pub(super) fn parse(text: &str) -> Result<Self, Vec<Complaint>> {
        let mut reader = Reader::new(text);
        let mut file = Self::default();
        if let Some(document) = reader.parse() {
            for (key, value) in document.get_ref() {
                match key.get_ref().as_ref() {
                    "help" => file.help = reader.text("help", value).unwrap_or_default().to_owned(),
                    "inherits" => file.inherits = reader.text("inherits", value).map(str::to_owned),
                    "appearance" => match reader.text("appearance", value) {
                        Some("light") => file.is_light = Some(true),
                        Some("dark") => file.is_light = Some(false),
                        Some(other) => {
                            reader.unknown(value.span(), "appearance", other, ["dark", "light"].into_iter());
                        }
                        None => {}
                    },
                    "palette" => file.read_palette(&mut reader, value),
                    "roles" => file.read_roles(&mut reader, value),
                    other => reader.unknown(key.span(), "setting", other, TOP.into_iter()),
                }
            }
        }
        reader.complaints.sort_by_key(|complaint| (complaint.line, complaint.column));
        if reader.complaints.is_empty() { Ok(file) } else { Err(reader.complaints) }
    }

    fn read_palette<'t>(&mut self, reader: &mut Reader<'t>, value: &Spanned<DeValue<'t>>) {
        for (name, colour) in reader.table("palette", value).into_iter().flatten() {
            let paint = match colour.get_ref() {
                DeValue::Table(parts) => {
                    let mut hex = None;
                    let mut ansi = None;
                    for (key, part) in parts {
                        match key.get_ref().as_ref() {
                            "hex" => hex = reader.text("hex", part).and_then(Paint::parse),
                            "ansi" => {
                                let word = reader.text("ansi", part).unwrap_or_default();
                                ansi = ansi_index(word);
                                if ansi.is_none() {
                                    reader
                                        .complain(part.span(), format!("\"{word}\" is none of the sixteen"));
                                }
                            }
                            other => {
                                reader.unknown(
                                    key.span(),
                                    "part of a colour",
                                    other,
                                    ["ansi", "hex"].into_iter(),
                                );
                            }
                        }
                    }
                    hex.map(|paint| Paint::new(paint.rgb(), ansi))
                }
                _ => reader.text("a colour", colour).and_then(Paint::parse),
            };
            match paint {
                Some(paint) => {
                    self.palette.insert(name.get_ref().to_string(), paint);
                }
                None => {
                    reader.complain(colour.span(), "a colour is \"#rrggbb\" or one of the sixteen by name")
                }
            }
        }
    }

    fn read_roles<'t>(&mut self, reader: &mut Reader<'t>, value: &Spanned<DeValue<'t>>) {
        let names: Vec<String> = ROLES.iter().map(|role| role_name(*role)).collect();
        for (name, look) in reader.table("roles", value).into_iter().flatten() {
            if !names.iter().any(|known| known == name.get_ref()) {
                reader.unknown(name.span(), "role", name.get_ref(), names.iter().map(String::as_str));
                continue;
            }
            let mut role = RoleLook::default();
            if let Some(parts) = look.get_ref().as_table() {
                for (key, part) in parts {
                    match key.get_ref().as_ref() {
                        "fg" => role.fg = named(reader, part),
                        "bg" => role.bg = named(reader, part),
                        "fg16" => role.fg16 = named(reader, part),
                        "bg16" => role.bg16 = named(reader, part),
                        "add" => role.add = modifiers(reader, part),
                        "mono" => role.mono = Some(modifiers(reader, part)),
                        other => reader.unknown(key.span(), "part of a role", other, ROLE.into_iter()),
                    }
                }
            } else {
                role.fg = named(reader, look);
            }
            self.roles.insert(name.get_ref().to_string(), role);
        }
    }
}

fn named(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Named> {
    let name = reader.text("a colour", value)?.to_owned();
    let (line, column) = reader.place(value.span());
    Some(Named { name, line, column })
}

fn modifiers(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Modifier {
    let mut all = Modifier::empty();
    let Some(words) = value.get_ref().as_array() else {
        reader.complain(value.span(), "modifiers are a list, for example [\"bold\"]");
        return all;
    };
    for word in words {
        let Some(text) = reader.text("a modifier", word) else { continue };
        match MODIFIERS.iter().find(|(name, _)| *name == text) {
            Some((_, modifier)) => all |= *modifier,
            None => reader.unknown(word.span(), "modifier", text, MODIFIERS.iter().map(|(name, _)| *name)),
        }
    }
    all
}
