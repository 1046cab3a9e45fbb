//! Config maps and secrets: the names and sizes of what they hold. A secret is only ever read as metadata, so that
//! there is no value to leak; what its annotations say of its keys is all that is known.

use serde_json::Value;

use super::read::{entries, is_true, text};
use super::section::{Cell, Line, Section};
use crate::fleet::Timestamp;
use crate::fleet::quantity::human_bytes;
use crate::ui::role::Role;

pub(super) fn config_map(config: &Value, _: Timestamp) -> Vec<Section> {
    let mut section = Section::new("KEYS");
    for (key, value) in entries(config, "/data") {
        let value = value.as_str().unwrap_or_default();
        let shown = match value.lines().count() {
            0 => "empty".to_owned(),
            1 => value.trim_end().to_owned(),
            lines => format!("{lines} lines, {}", human_bytes(value.len() as u64)),
        };
        section.push(Line::field(key, Cell::plain(shown)));
    }
    for (key, value) in entries(config, "/binaryData") {
        // Base64: four characters are three bytes.
        let bytes = value.as_str().unwrap_or_default().len() as u64 / 4 * 3;
        section.push(Line::field(key, Cell::dim(format!("binary, {}", human_bytes(bytes)))));
    }
    let mut sections = vec![section];
    if is_true(config, "/immutable") {
        let mut section = Section::new("CONFIG MAP");
        section.field("immutable", "yes");
        sections.insert(0, section);
    }
    sections
}

pub(super) fn secret(secret: &Value, _: Timestamp) -> Vec<Section> {
    let mut section = Section::new("SECRET");
    section.field("type", text(secret, "/type"));
    section.field_as("values", "never read", Role::Dim);
    // Should an answer carry data after all, its names are all that is looked at.
    let names: Vec<&str> = entries(secret, "/data").map(|(key, _)| key).collect();
    section.field("keys", names.join(", "));
    vec![section]
}
