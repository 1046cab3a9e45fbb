//! Reading an object's JSON: what is missing or of another type is empty.

use serde_json::Value;

use super::section::{Cell, Line, Section};
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::ui::role::Role;

/// A text at a JSON pointer; empty when there is none.
pub(super) fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// A text, number or truth at a JSON pointer, in words; empty when there is none.
pub(super) fn words(value: &Value, path: &str) -> String {
    value.pointer(path).map(scalar).unwrap_or_default()
}

/// A text, number or truth in words; empty for everything else.
pub(super) fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// A whole number at a JSON pointer.
pub(super) fn number(value: &Value, path: &str) -> Option<i64> {
    value.pointer(path).and_then(Value::as_i64)
}

/// True when a truth at a JSON pointer is.
pub(super) fn is_true(value: &Value, path: &str) -> bool {
    value.pointer(path).and_then(Value::as_bool).unwrap_or(false)
}

/// The elements of a list at a JSON pointer.
pub(super) fn list<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The entries of a map at a JSON pointer.
pub(super) fn entries<'v>(value: &'v Value, path: &str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    value.pointer(path).and_then(Value::as_object).into_iter().flatten().map(|(k, v)| (k.as_str(), v))
}

/// `key=value` of a map, comma separated.
pub(super) fn pairs(value: &Value, path: &str) -> String {
    entries(value, path).map(|(k, v)| format!("{k}={}", scalar(v))).collect::<Vec<_>>().join(", ")
}

/// The texts of a list, comma separated.
pub(super) fn joined(value: &Value, path: &str) -> String {
    list(value, path).iter().map(scalar).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

/// An instant at a JSON pointer.
pub(super) fn time(value: &Value, path: &str) -> Timestamp {
    Timestamp::parse(text(value, path))
}

/// `4d3h ago`; empty for *never*.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    at.known().map(|at| format!("{} ago", human_duration(at.seconds_before(now)))).unwrap_or_default()
}

/// `4d3h`; empty for *never*.
pub(super) fn age(at: Timestamp, now: Timestamp) -> String {
    at.known().map(|at| human_duration(at.seconds_before(now))).unwrap_or_default()
}

/// A label selector in kubectl's words: `app=web,tier in (a,b)`.
pub(super) fn selector(value: &Value, path: &str) -> String {
    let Some(selector) = value.pointer(path) else { return String::new() };
    let mut terms: Vec<String> =
        entries(selector, "/matchLabels").map(|(k, v)| format!("{k}={}", scalar(v))).collect();
    for expression in list(selector, "/matchExpressions") {
        let (key, values) = (text(expression, "/key"), joined(expression, "/values"));
        terms.push(match text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            other => format!("{key} {other} ({values})"),
        });
    }
    terms.join(", ")
}

/// Conditions that are good when they are false (Kubernetes' API conventions leave the polarity to the type).
const BAD_WHEN_TRUE: [&str; 10] = [
    "MemoryPressure",
    "DiskPressure",
    "PIDPressure",
    "NetworkUnavailable",
    "ReplicaFailure",
    "Failed",
    "FailureTarget",
    "DisruptionTarget",
    "ScalingLimited",
    "Degraded",
];
/// Conditions that only say what happens or happened.
const NEITHER: [&str; 8] = [
    "Suspended",
    "Complete",
    "SuccessCriteriaMet",
    "PodResizePending",
    "PodResizeInProgress",
    "Drifted",
    "Consolidatable",
    "ScalingActive",
];

/// How a condition is.
pub(super) fn condition_verdict(kind: &str, status: &str) -> Verdict {
    let is_bad_when_true = BAD_WHEN_TRUE.contains(&kind)
        || kind.ends_with("Pressure")
        || kind.ends_with("Failure")
        || kind.ends_with("Error");
    match status {
        "True" if is_bad_when_true => Verdict::Warning,
        "False" if is_bad_when_true || NEITHER.contains(&kind) => Verdict::Ok,
        "True" => Verdict::Ok,
        "False" => Verdict::Warning,
        _ => Verdict::Unknown,
    }
}

/// The table of an object's conditions: what, since when, why.
pub(super) fn conditions(object: &Value, now: Timestamp) -> Section {
    let mut section = Section::new("CONDITIONS");
    let all = list(object, "/status/conditions");
    if all.is_empty() {
        return section;
    }
    section.header(&["TYPE", "STATUS", "SINCE", "REASON", "MESSAGE"]);
    for condition in all {
        let (kind, status) = (text(condition, "/type"), text(condition, "/status"));
        let verdict = condition_verdict(kind, status);
        let role = if verdict == Verdict::Ok { Role::Text } else { super::section::glyph(verdict, true).1 };
        let since = age(time(condition, "/lastTransitionTime"), now);
        let row = vec![
            Cell::new(kind, role),
            Cell::new(status, role),
            Cell::dim(since),
            Cell::plain(text(condition, "/reason")),
            Cell::plain(text(condition, "/message")),
        ];
        section.row(row).judged(verdict);
    }
    section
}

/// A line for each entry of a map.
pub(super) fn map_lines(section: &mut Section, object: &Value, path: &str) {
    for (key, value) in entries(object, path) {
        section.push(Line::alone(vec![
            Cell::dim(key),
            Cell::plain(match value {
                Value::Array(_) | Value::Object(_) => value.to_string(),
                scalar_value => scalar(scalar_value),
            }),
        ]));
    }
}
