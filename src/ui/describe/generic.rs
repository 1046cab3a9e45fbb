//! What every object has: labels, annotations, finalizers; and for kinds without a summary of their own the plain parts
//! of spec and status.

use serde_json::Value;

use super::read::{ago, conditions, entries, joined, map_lines, scalar, time};
use super::section::{Cell, Line, Section};
use crate::fleet::Timestamp;

/// The deepest level of an unknown object that is shown; what is deeper is counted.
const DEEPEST: u16 = 3;
/// The most entries of one list or map that are shown.
const MOST: usize = 40;

pub(super) fn describe(object: &Value, now: Timestamp) -> Vec<Section> {
    let mut sections = vec![conditions(object, now)];
    for (key, value) in object.as_object().into_iter().flatten() {
        if matches!(key.as_str(), "apiVersion" | "kind" | "metadata") {
            continue;
        }
        let mut section = Section::new(&key.to_uppercase());
        match value {
            Value::Object(_) | Value::Array(_) => condensed(&mut section, value, 0, key == "status"),
            scalar_value => {
                section.field(key, scalar(scalar_value));
            }
        }
        sections.push(section);
    }
    sections
}

/// Scalars as they are, lists of scalars on one line, everything else deeper.
fn condensed(section: &mut Section, value: &Value, depth: u16, without_conditions: bool) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => return,
    };
    for (key, value) in children.iter().take(MOST) {
        if without_conditions && key == "conditions" {
            continue;
        }
        let line = match value {
            Value::Object(map) if map.is_empty() => Line::field(key, Cell::dim("{}")),
            Value::Array(list) if list.is_empty() => Line::field(key, Cell::dim("[]")),
            Value::Array(list) if list.iter().all(|v| !v.is_object() && !v.is_array()) => {
                Line::field(key, Cell::plain(list.iter().map(scalar).collect::<Vec<_>>().join(", ")))
            }
            Value::Object(_) | Value::Array(_) if depth >= DEEPEST => {
                let parts =
                    value.as_object().map(|m| m.len()).or(value.as_array().map(Vec::len)).unwrap_or(0);
                Line::field(key, Cell::dim(format!("{parts} parts, see the YAML")))
            }
            Value::Object(_) | Value::Array(_) => {
                section.push(Line::alone(vec![Cell::dim(key.clone())]).at_depth(depth));
                condensed(section, value, depth + 1, false);
                continue;
            }
            Value::Null => Line::field(key, Cell::dim("null")),
            scalar_value => Line::field(key, Cell::plain(scalar(scalar_value))),
        };
        section.push(line.at_depth(depth));
    }
    if let Some(more) = children.len().checked_sub(MOST).filter(|more| *more > 0) {
        section.push(Line::alone(vec![Cell::dim(format!("and {more} more, see the YAML"))]).at_depth(depth));
    }
}

/// Labels, annotations, finalizers and the like, folded at first.
pub(super) fn metadata(object: &Value, now: Timestamp) -> Vec<Section> {
    let mut labels = Section::new("LABELS").folded();
    map_lines(&mut labels, object, "/metadata/labels");
    let mut annotations = Section::new("ANNOTATIONS").folded();
    for (key, value) in entries(object, "/metadata/annotations") {
        // The whole object again, and with it what may have been a secret when it was applied.
        if key != "kubectl.kubernetes.io/last-applied-configuration" {
            annotations.push(Line::alone(vec![Cell::dim(key), Cell::plain(scalar(value))]));
        }
    }
    let mut rest = Section::new("METADATA").folded();
    rest.field("created", scalar(object.pointer("/metadata/creationTimestamp").unwrap_or(&Value::Null)));
    rest.field("deleted", ago(time(object, "/metadata/deletionTimestamp"), now));
    rest.field("finalizers", joined(object, "/metadata/finalizers"));
    for (label, path) in [("uid", "uid"), ("version", "resourceVersion"), ("generation", "generation")] {
        let value = object.pointer(&format!("/metadata/{path}")).unwrap_or(&Value::Null);
        rest.field(label, scalar(value));
    }
    vec![labels, annotations, rest]
}
