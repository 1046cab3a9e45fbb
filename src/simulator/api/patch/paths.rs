//! Which lists are merged by what, and the paths of fields that result from it.
//!
//! A path is written with the elements of `fieldsV1`: `f:name` for a field, `k:{...}` for an element of a list with
//! keys, `v:...` for an element of a set. Lists that are not named here are replaced as a whole.

use serde_json::{Map, Value};

/// The path of a field.
pub(super) type Path = Vec<String>;

/// The fields that identify the elements of a list; the first one is what strategic patches merge by.
pub(super) fn keys(field: &str, element: &Value) -> Option<&'static [&'static str]> {
    let has = |name: &str| element.get(name).is_some();
    Some(match field {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "volumes"
        | "env"
        | "imagePullSecrets"
        | "webhooks" => &["name"],
        "ports" if has("containerPort") => &["containerPort", "protocol"],
        "ports" if has("port") => &["port", "protocol"],
        "conditions" if has("type") => &["type"],
        "addresses" if has("type") => &["type"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "hostAliases" | "podIPs" | "hostIPs" => &["ip"],
        "ownerReferences" => &["uid"],
        "topologySpreadConstraints" => &["topologyKey", "whenUnsatisfiable"],
        "taints" => &["key", "effect"],
        "secrets" if has("name") => &["name"],
        _ => return None,
    })
}

/// Whether a list is a set of plain values.
pub(super) fn is_set(field: &str) -> bool {
    field == "finalizers"
}

/// The value by which an element is identified; a port is TCP unless it says otherwise.
fn key_value<'a>(element: &'a Value, key: &str) -> Value {
    let value: Option<&'a Value> = element.get(key);
    match value {
        None if key == "protocol" => "TCP".into(),
        value => value.cloned().unwrap_or_default(),
    }
}

/// Whether two elements of a list are the same one.
pub(super) fn same(left: &Value, right: &Value, keys: &[&str]) -> bool {
    keys.iter().all(|key| key_value(left, key) == key_value(right, key))
}

fn element_name(element: &Value, keys: &[&str]) -> String {
    let fields: Map<String, Value> =
        keys.iter().map(|key| ((*key).to_owned(), key_value(element, key))).collect();
    format!("k:{}", Value::Object(fields))
}

/// The paths of everything a document says, apart from what the server alone decides.
pub(super) fn of(document: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        match name.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => {
                const SERVERS: [&str; 10] = [
                    "name",
                    "namespace",
                    "uid",
                    "resourceVersion",
                    "generation",
                    "creationTimestamp",
                    "managedFields",
                    "selfLink",
                    "deletionTimestamp",
                    "deletionGracePeriodSeconds",
                ];
                let fields = value.as_object().into_iter().flatten();
                for (name, value) in fields.filter(|(name, _)| !SERVERS.contains(&name.as_str())) {
                    walk(name, value, &["f:metadata".to_owned(), format!("f:{name}")], &mut paths);
                }
            }
            _ => walk(name, value, &[format!("f:{name}")], &mut paths),
        }
    }
    paths
}

fn walk(field: &str, value: &Value, path: &[String], paths: &mut Vec<Path>) {
    let below = |name: String| {
        let mut path = path.to_vec();
        path.push(name);
        path
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                walk(name, value, &below(format!("f:{name}")), paths);
            }
        }
        Value::Array(elements) if is_set(field) => {
            paths.extend(elements.iter().map(|element| below(format!("v:{element}"))));
        }
        Value::Array(elements) => {
            let Some(keys) = elements.first().and_then(|element| keys(field, element)) else {
                paths.push(path.to_vec());
                return;
            };
            for element in elements {
                let path = below(element_name(element, keys));
                paths.push(path.clone());
                for (name, value) in element.as_object().into_iter().flatten() {
                    let mut path = path.clone();
                    path.push(format!("f:{name}"));
                    walk(name, value, &path, paths);
                }
            }
        }
        _ => paths.push(path.to_vec()),
    }
}

/// The value at a path.
pub(super) fn value_at<'a>(document: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(document, |value, step| match step.split_once(':')? {
        ("f", name) => value.get(name),
        ("k", keys) => {
            let wanted: Value = serde_json::from_str(keys).ok()?;
            value.as_array()?.iter().find(|element| is_named(element, &wanted))
        }
        ("v", text) => {
            let wanted: Value = serde_json::from_str(text).ok()?;
            value.as_array()?.iter().find(|element| **element == wanted)
        }
        _ => None,
    })
}

/// Removes what is at a path.
pub(super) fn remove(document: &mut Value, path: &[String]) {
    let Some((step, rest)) = path.split_first() else { return };
    let Some((sort, name)) = step.split_once(':') else { return };
    let wanted: Value =
        if sort == "f" { Value::Null } else { serde_json::from_str(name).unwrap_or_default() };
    match (sort, document) {
        ("f", Value::Object(fields)) if rest.is_empty() => {
            fields.shift_remove(name);
        }
        ("f", Value::Object(fields)) => {
            if let Some(value) = fields.get_mut(name) {
                remove(value, rest);
            }
        }
        ("k", Value::Array(elements)) if rest.is_empty() => {
            elements.retain(|element| !is_named(element, &wanted))
        }
        ("k", Value::Array(elements)) => {
            if let Some(element) = elements.iter_mut().find(|element| is_named(element, &wanted)) {
                remove(element, rest);
            }
        }
        ("v", Value::Array(elements)) => elements.retain(|element| *element != wanted),
        _ => {}
    }
}

fn is_named(element: &Value, wanted: &Value) -> bool {
    let mut fields = wanted.as_object().into_iter().flatten();
    fields.all(|(key, value)| key_value(element, key) == *value)
}

/// A path as a person reads it: `.spec.template.spec.containers[name="web"].image`.
pub(super) fn readable(path: &[String]) -> String {
    let step = |step: &String| match step.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("k", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("[{}]", keys.join(","))
        }
        Some(("v", text)) => format!("[={text}]"),
        _ => step.clone(),
    };
    path.iter().map(step).collect()
}

/// Paths as a `fieldsV1` tree.
pub(super) fn tree<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Value {
    let mut root = Map::new();
    for path in paths {
        plant(&mut root, path);
    }
    Value::Object(root)
}

fn plant(tree: &mut Map<String, Value>, path: &[String]) {
    let Some((step, rest)) = path.split_first() else { return };
    let below = tree.entry(step.clone()).or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(below) = below else { return };
    if rest.is_empty() && step.starts_with("k:") {
        // An element of a list is owned itself, apart from its fields.
        below.insert(".".to_owned(), Value::Object(Map::new()));
    }
    plant(below, rest);
}

/// The paths of a `fieldsV1` tree.
pub(super) fn from_tree(tree: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    gather(tree, &mut Vec::new(), &mut paths);
    paths
}

fn gather(tree: &Value, here: &mut Path, paths: &mut Vec<Path>) {
    let Some(fields) = tree.as_object() else { return };
    let own = fields.is_empty()
        || (fields.contains_key(".") && here.last().is_some_and(|step| step.starts_with("k:")));
    if own && !here.is_empty() {
        paths.push(here.clone());
    }
    for (step, below) in fields.iter().filter(|(step, _)| *step != ".") {
        here.push(step.clone());
        gather(below, here, paths);
        here.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_name_elements_by_their_keys_and_make_a_tree_and_back() {
        let document = json!({"kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}, "finalizers": ["a/b"]},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "web", "args": ["-v"], "ports": [{"containerPort": 80}]}]}}}});
        let paths = of(&document);
        let names: Vec<String> = paths.iter().map(|path| readable(path)).collect();
        assert!(names.contains(&".metadata.finalizers[=\"a/b\"]".to_owned()), "{names:?}");
        assert!(names.contains(&".spec.template.spec.containers[name=\"web\"].ports[containerPort=80,protocol=\"TCP\"].containerPort".to_owned()), "{names:?}");
        let mut back = from_tree(&tree(&paths));
        let mut paths = paths;
        back.sort();
        paths.sort();
        assert_eq!(back, paths);
        for path in &paths {
            assert!(value_at(&document, path).is_some(), "{}", readable(path));
        }
    }

    #[test]
    fn what_is_at_a_path_can_be_removed() {
        let mut document = json!({"spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b"}]}});
        let step = |text: &str| text.to_owned();
        remove(
            &mut document,
            &[step("f:spec"), step("f:containers"), step("k:{\"name\":\"a\"}"), step("f:image")],
        );
        remove(&mut document, &[step("f:spec"), step("f:containers"), step("k:{\"name\":\"b\"}")]);
        assert_eq!(document, json!({"spec": {"containers": [{"name": "a"}]}}));
    }
}
