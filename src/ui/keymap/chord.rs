//! Sequences of keys as they are written: `G`, `ctrl-r`, `v p`.

use std::borrow::Borrow;
use std::fmt;

use crate::ui::input::{Key, KeyCode};
use crate::ui::toml_text::nearest;

/// One or more keys, pressed one after the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord(pub(super) Vec<Key>);

/// Why a text is no chord.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChordError {
    /// There is no key in it.
    #[error("a key is missing")]
    Empty,
    /// A key or modifier that does not exist.
    #[error("there is no key \"{word}\"{}", hint(.near))]
    Unknown {
        /// What was written.
        word: String,
        /// What was probably meant.
        near: Option<&'static str>,
    },
    /// Terminals cannot tell it from another key.
    #[error("\"{0}\" cannot be told apart by a terminal: {1}")]
    Indistinct(String, &'static str),
}

fn hint(near: &Option<&'static str>) -> String {
    near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default()
}

const NAMED: [(&str, KeyCode); 17] = [
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("down", KeyCode::Down),
    ("end", KeyCode::End),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("home", KeyCode::Home),
    ("insert", KeyCode::Insert),
    ("left", KeyCode::Left),
    ("pagedown", KeyCode::PageDown),
    ("pageup", KeyCode::PageUp),
    ("right", KeyCode::Right),
    ("space", KeyCode::Char(' ')),
    ("tab", KeyCode::Tab),
    ("up", KeyCode::Up),
    ("minus", KeyCode::Char('-')),
    ("plus", KeyCode::Char('+')),
];

impl Chord {
    /// Reads `ctrl-r`, `shift-n`, `v p`.
    pub fn parse(text: &str) -> Result<Self, ChordError> {
        let keys: Vec<Key> = text.split_whitespace().map(parse_key).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(ChordError::Empty) } else { Ok(Self(keys)) }
    }

    /// The keys in their order.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// True when `other` goes on where this ends.
    pub fn begins(&self, other: &Self) -> bool {
        other.0.len() > self.0.len() && other.0.starts_with(&self.0)
    }

    /// Sorts the sequence a footer should show first: the shortest, then named keys and plain letters before
    /// modifiers and function keys.
    pub(super) fn plainness(&self) -> (usize, u8) {
        let strange = |key: &Key| match key.code {
            _ if key.ctrl || key.alt => 3,
            KeyCode::F(_) | KeyCode::Home | KeyCode::End => 2,
            KeyCode::Enter | KeyCode::Esc | KeyCode::Tab | KeyCode::Char(_) => 0,
            _ => 1,
        };
        (self.0.len(), self.0.iter().map(strange).max().unwrap_or(0))
    }

    /// As the screen shows it: `Enter`, `Ctrl-r`, `Shift-N`.
    pub fn label(&self) -> String {
        self.0.iter().map(key_label).collect::<Vec<_>>().join(" ")
    }
}

impl Borrow<[Key]> for Chord {
    fn borrow(&self) -> &[Key] {
        &self.0
    }
}

impl fmt::Display for Chord {
    /// As it is written in the keymap.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, key) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            write_key(f, key)?;
        }
        Ok(())
    }
}

fn write_key(f: &mut fmt::Formatter<'_>, key: &Key) -> fmt::Result {
    for (is_held, name) in [(key.ctrl, "ctrl-"), (key.alt, "alt-"), (key.shift, "shift-")] {
        if is_held {
            f.write_str(name)?;
        }
    }
    match key.code {
        KeyCode::F(number) => write!(f, "f{number}"),
        KeyCode::Char(c) if c != ' ' => write!(f, "{c}"),
        code => f.write_str(NAMED.iter().find(|(_, known)| *known == code).map_or("?", |(name, _)| *name)),
    }
}

/// One key as the screen shows it.
pub fn key_label(key: &Key) -> String {
    let mut label = String::new();
    for (is_held, name) in [(key.ctrl, "Ctrl-"), (key.alt, "Alt-"), (key.shift, "Shift-")] {
        if is_held {
            label.push_str(name);
        }
    }
    match key.code {
        KeyCode::F(number) => label.push_str(&format!("F{number}")),
        KeyCode::Char(c) if c.is_ascii_uppercase() && !key.ctrl => label.push_str(&format!("Shift-{c}")),
        KeyCode::Char(c) if c != ' ' => label.push(c),
        KeyCode::Up => label.push('↑'),
        KeyCode::Down => label.push('↓'),
        KeyCode::Left => label.push('←'),
        KeyCode::Right => label.push('→'),
        KeyCode::PageUp => label.push_str("PgUp"),
        KeyCode::PageDown => label.push_str("PgDn"),
        code => {
            let name = NAMED.iter().find(|(_, known)| *known == code).map_or("?", |(name, _)| *name);
            let mut letters = name.chars();
            label.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            label.push_str(letters.as_str());
        }
    }
    label
}

fn parse_key(word: &str) -> Result<Key, ChordError> {
    let mut key = Key::plain(KeyCode::Esc);
    let mut rest = word;
    // The last character is always the key itself, so that `ctrl--` and `-` work.
    while let Some((modifier, after)) =
        rest.split_once('-').filter(|(m, after)| !m.is_empty() && !after.is_empty())
    {
        match modifier {
            "ctrl" => key.ctrl = true,
            "alt" => key.alt = true,
            "shift" => key.shift = true,
            other => {
                let near = nearest(other, ["ctrl", "alt", "shift"]);
                return Err(ChordError::Unknown { word: other.to_owned(), near });
            }
        }
        rest = after;
    }
    let mut letters = rest.chars();
    key.code = match (letters.next(), letters.next()) {
        (Some(c), None) => KeyCode::Char(c),
        _ => match NAMED.iter().find(|(name, _)| *name == rest) {
            Some((_, code)) => *code,
            None => match rest.strip_prefix('f').and_then(|number| number.parse().ok()) {
                Some(number @ 1..=24) => KeyCode::F(number),
                _ => {
                    let near = nearest(rest, NAMED.iter().map(|(name, _)| *name));
                    return Err(ChordError::Unknown { word: rest.to_owned(), near });
                }
            },
        },
    };
    if let KeyCode::Char(c) = key.code {
        if key.ctrl && c.is_ascii_uppercase() {
            return Err(ChordError::Indistinct(word.to_owned(), "Control has no capitals"));
        }
        if key.shift {
            if key.ctrl {
                return Err(ChordError::Indistinct(word.to_owned(), "Control has no capitals"));
            }
            key.shift = false;
            key.code = KeyCode::Char(c.to_ascii_uppercase());
        }
        if key.ctrl && matches!(c, 'i' | 'm') {
            let same = if c == 'i' { "it is Tab" } else { "it is Enter" };
            return Err(ChordError::Indistinct(word.to_owned(), same));
        }
    }
    Ok(key)
}
