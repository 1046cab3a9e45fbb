//! Config maps and secrets: the names and sizes of what they hold. A secret is only ever read as metadata, so that
//! there is no value to leak; what its annotations say of its keys is all that is known.

use serde_json::Value;

use super::read::{entries, is_true, text};
use super::section::{Cell, Line, Section};
use crate::fleet::Timestamp;
use crate::fleet::quantity::human_bytes;
use crate::planes::autoscaler;
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
    if text(config, "/metadata/name") == autoscaler::STATUS
        && let Some(status) = autoscaler::read(text(config, "/data/status"))
    {
        sections.insert(0, cluster_autoscaler(&status));
    }
    if is_true(config, "/immutable") {
        let mut section = Section::new("CONFIG MAP");
        section.field("immutable", "yes");
        sections.insert(0, section);
    }
    sections
}

/// What Cluster Autoscaler says of its node groups.
fn cluster_autoscaler(status: &autoscaler::Status) -> Section {
    let mut section = Section::new("CLUSTER AUTOSCALER");
    section.field("state", status.state.as_str());
    section.field("said at", status.time.as_str());
    let number = |number: Option<u32>| number.map_or_else(|| "–".to_owned(), |number| number.to_string());
    section.header(&["GROUP", "READY", "TARGET", "MIN", "MAX", "UP", "DOWN", "WHY"]);
    let whole = autoscaler::Group { name: "the whole cluster".to_owned(), ..status.cluster.clone() };
    for group in std::iter::once(&whole).chain(&status.groups) {
        let (verdict, why) = group.verdict();
        let row = vec![
            Cell::new(group.name.as_str(), Role::Strong),
            Cell::plain(number(group.ready)),
            Cell::plain(number(group.target)),
            Cell::plain(number(group.least)),
            Cell::plain(number(group.most)),
            Cell::plain(group.scale_up.as_str()),
            Cell::plain(group.scale_down.as_str()),
            Cell::plain(why),
        ];
        section.row(row).judged(verdict);
    }
    section
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
