//! Strategic merge patches, and the merging half of server-side apply.

use serde_json::{Map, Value};

use super::paths::{is_set, keys, same};

/// Merges a patch into a document: maps by field, known lists by their keys, the rest is replaced.
pub(super) fn merge(document: &mut Value, patch: &Value) {
    let Some(changes) = patch.as_object() else {
        document.clone_from(patch);
        return;
    };
    if !document.is_object() || changes.get("$patch").and_then(Value::as_str) == Some("replace") {
        *document = Value::Object(Map::new());
    }
    let Some(fields) = document.as_object_mut() else { return };
    if let Some(kept) = changes.get("$retainKeys").and_then(Value::as_array) {
        fields.retain(|name, _| kept.iter().any(|one| one.as_str() == Some(name)));
    }
    for (name, change) in changes {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = change.as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(Value::Array(elements)) = fields.get_mut(list) {
                elements.retain(|element| !gone.contains(element));
            }
        } else if name.starts_with('$') {
            // The order of elements and directives that are already obeyed.
        } else if change.is_null() {
            fields.shift_remove(name);
        } else if let Value::Array(changes) = change {
            merge_list(name, fields.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new())), changes);
        } else if change.is_object() {
            merge(fields.entry(name.clone()).or_insert(Value::Null), change);
        } else {
            fields.insert(name.clone(), change.clone());
        }
    }
}

fn merge_list(field: &str, list: &mut Value, changes: &[Value]) {
    let directive =
        |change: &Value, wanted: &str| change.get("$patch").and_then(Value::as_str) == Some(wanted);
    let replaces = changes.iter().any(|change| directive(change, "replace"));
    let sample = changes.iter().find(|change| change.is_object());
    let keys = sample.and_then(|change| keys(field, change).or_else(|| deleted_keys(field)));
    let Value::Array(elements) = list else {
        *list = Value::Array(changes.to_vec());
        return;
    };
    if is_set(field) {
        for change in changes.iter().filter(|change| !change.is_null()) {
            if !elements.contains(change) {
                elements.push(change.clone());
            }
        }
        return;
    }
    let Some(keys) = keys.filter(|_| !replaces) else {
        let plain = changes.iter().filter(|change| !directive(change, "replace"));
        *elements = plain.cloned().collect();
        return;
    };
    for change in changes {
        let named = |element: &Value| match elements_name(change, keys) {
            1.. if directive(change, "delete") => {
                keys.iter().all(|key| change.get(key).is_none_or(|it| element.get(key) == Some(it)))
            }
            _ => same(element, change, keys),
        };
        if directive(change, "delete") {
            elements.retain(|element| !named(element));
        } else if let Some(element) = elements.iter_mut().find(|element| named(element)) {
            merge(element, change);
        } else {
            let mut element = Value::Null;
            merge(&mut element, change);
            elements.push(element);
        }
    }
}

/// How many of the keys an element names.
fn elements_name(change: &Value, keys: &[&str]) -> usize {
    keys.iter().filter(|key| change.get(**key).is_some()).count()
}

/// The keys of lists that are recognised by their elements, for elements that only name what is to be deleted.
fn deleted_keys(field: &str) -> Option<&'static [&'static str]> {
    (field == "conditions" || field == "addresses").then_some(&["type"] as &[&str])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(mut document: Value, patch: Value) -> Value {
        merge(&mut document, &patch);
        document
    }

    #[test]
    fn containers_are_merged_by_name_and_their_arguments_replaced() {
        let before = json!({"containers": [{"name": "web", "image": "web:1", "args": ["-a"], "env": [{"name": "A", "value": "1"}]}, {"name": "proxy"}]});
        let patch = json!({"$setElementOrder/containers": [{"name": "web"}],
            "containers": [{"name": "web", "image": "web:2", "args": ["-b"], "env": [{"name": "B", "value": "2"}]}]});
        let after = json!({"containers": [{"name": "web", "image": "web:2", "args": ["-b"],
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}, {"name": "proxy"}]});
        assert_eq!(merged(before, patch), after);
    }

    #[test]
    fn null_removes_a_field_and_a_directive_an_element() {
        let before = json!({"a": 1, "containers": [{"name": "web"}, {"name": "proxy"}]});
        let patch = json!({"a": null, "containers": [{"name": "proxy", "$patch": "delete"}]});
        assert_eq!(merged(before, patch), json!({"containers": [{"name": "web"}]}));
    }

    #[test]
    fn finalizers_are_a_set() {
        let before = json!({"finalizers": ["a", "b"]});
        let patch = json!({"finalizers": ["b", "c"], "$deleteFromPrimitiveList/finalizers": ["a"]});
        assert_eq!(merged(before, patch)["finalizers"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_list_without_keys_is_replaced() {
        assert_eq!(merged(json!({"rules": [1, 2]}), json!({"rules": [3]})), json!({"rules": [3]}));
    }
}
