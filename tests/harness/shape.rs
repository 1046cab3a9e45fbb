//! The shape of a JSON answer: which fields there are and of what type, whatever they say.

use std::collections::BTreeSet;

use serde_json::Value;

/// Fields whose keys are data, not structure.
const FREE_KEYS: &[&str] = &[
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "selector",
    "data",
    "stringData",
    "binaryData",
    "capacity",
    "allocatable",
    "requests",
    "limits",
    "hard",
    "used",
    "usage",
    "matchFields",
];

/// Every path of a value with the type at its end: `.status.phase: string`. Elements of a list share one path, keys
/// that are data become `*`.
pub(crate) fn shape(value: &Value) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    walk(value, String::new(), false, &mut paths);
    paths
}

fn walk(value: &Value, path: String, free: bool, paths: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(elements) => {
            for element in elements {
                walk(element, format!("{path}[]"), false, paths);
            }
            "list"
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                // Who set which field, by the field's name: data, and the server's own business.
                if key == "managedFields" {
                    continue;
                }
                let name = if free { "*" } else { key.as_str() };
                let inner_free = FREE_KEYS.contains(&key.as_str()) && field.as_object().is_some_and(is_flat);
                walk(field, format!("{path}.{name}"), inner_free, paths);
            }
            "object"
        }
    };
    paths.insert(format!("{path}: {kind}"));
}

/// A map of scalars is a map of data; a `selector` with `matchLabels` in it is structure.
fn is_flat(fields: &serde_json::Map<String, Value>) -> bool {
    fields.values().all(|field| !field.is_object() && !field.is_array())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shape_forgets_what_is_said_and_keeps_where() {
        let one = json!({"metadata": {"labels": {"a": "1"}}, "items": [{"n": 1}, {"m": "x"}]});
        let other = json!({"metadata": {"labels": {"b": "2", "c": "3"}}, "items": [{"m": "y", "n": 2}]});
        assert_eq!(shape(&one), shape(&other));
        assert_ne!(shape(&one), shape(&json!({"metadata": {"labels": {"a": 1}}, "items": []})));
    }
}
