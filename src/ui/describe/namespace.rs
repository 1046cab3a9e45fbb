//! A namespace: its phase, and what it enforces on pods.

use serde_json::Value;

use super::read::{ago, conditions, entries, joined, scalar, text, time};
use super::section::Section;
use crate::fleet::Timestamp;
use crate::ui::role::Role;

pub(super) fn describe(namespace: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("NAMESPACE");
    let phase = text(namespace, "/status/phase");
    section.field_as("phase", phase, if phase == "Terminating" { Role::Warning } else { Role::Text });
    section.field_as("deleted", ago(time(namespace, "/metadata/deletionTimestamp"), now), Role::Warning);
    if phase == "Terminating" {
        section.field_as("held by", joined(namespace, "/spec/finalizers"), Role::Warning);
    }
    let modes = entries(namespace, "/metadata/labels")
        .filter_map(|(key, value)| Some((key.strip_prefix("pod-security.kubernetes.io/")?, value)))
        .filter(|(mode, _)| !mode.ends_with("-version"));
    let modes: Vec<String> = modes.map(|(mode, level)| format!("{mode} {}", scalar(level))).collect();
    section.field("pod security", modes.join(", "));
    vec![section, conditions(namespace, now)]
}
