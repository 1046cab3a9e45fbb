//! Server-side apply: a manager says what it wants, owns what it said, and may not contradict others unless it forces.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::managed::{self, Entry, Manager};
use super::paths::{self, Path};
use super::strategic;
use crate::simulator::api::status::Status;

/// `current` (nothing, for a new object) after `manager` has applied `wanted`.
pub(in crate::simulator::api) fn applied(
    current: Option<&Value>,
    wanted: &Value,
    manager: &Manager<'_>,
    force: bool,
) -> Result<Value, Status> {
    let nothing = json!({});
    let before = current.unwrap_or(&nothing);
    let said: BTreeSet<Path> = paths::of(wanted).into_iter().collect();
    let mut entries = managed::entries(before);
    let conflicts = conflicts(before, wanted, &said, &entries, manager);
    if !conflicts.is_empty() && !force {
        return Err(refusal(&conflicts));
    }
    let mut document = before.clone();
    strategic::merge(&mut document, wanted);
    let earlier: BTreeSet<Path> = entries
        .iter()
        .find(|entry| entry.is_of(manager))
        .map(|entry| entry.fields.clone())
        .unwrap_or_default();
    // What the manager said before and no longer says is gone, unless it holds what somebody else said. An element of a
    // list sorts before its fields and takes them along.
    for path in earlier.difference(&said) {
        let mut others = entries.iter().filter(|entry| !entry.is_of(manager));
        if !others.any(|entry| entry.fields.iter().any(|field| field.starts_with(path))) {
            paths::remove(&mut document, path);
        }
    }
    let taken: BTreeSet<&Path> = conflicts.iter().map(|conflict| &conflict.path).collect();
    for entry in entries.iter_mut().filter(|entry| !entry.is_of(manager)) {
        entry.fields.retain(|path| !taken.contains(path));
    }
    let same_claim = earlier == said && strip(&document) == strip(before);
    match entries.iter_mut().find(|entry| entry.is_of(manager)) {
        Some(_) if same_claim => {}
        Some(entry) => *entry = Entry::new(manager, said),
        None => entries.push(Entry::new(manager, said)),
    }
    managed::write(&mut document, &entries);
    Ok(document)
}

/// A document without its `managedFields`.
fn strip(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
    document
}

struct Conflict {
    with: String,
    path: Path,
}

/// The fields whose value another manager decided otherwise.
fn conflicts(
    before: &Value,
    wanted: &Value,
    said: &BTreeSet<Path>,
    entries: &[Entry],
    manager: &Manager<'_>,
) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.is_of(manager)) {
        let part = if entry.subresource.is_empty() {
            String::new()
        } else {
            format!(" with subresource {:?}", entry.subresource)
        };
        let when = if entry.operation == "Update" {
            format!(" using {} at {}", entry.api_version, entry.at)
        } else {
            String::new()
        };
        let with = format!("{:?}{part}{when}", entry.name);
        let is_element = |path: &Path| path.last().is_some_and(|step| step.starts_with("k:"));
        let differs = |path: &&Path| {
            !is_element(path) && paths::value_at(before, path) != paths::value_at(wanted, path)
        };
        let contested = said.intersection(&entry.fields).filter(differs);
        conflicts.extend(contested.map(|path| Conflict { with: with.clone(), path: path.clone() }));
    }
    conflicts
}

fn refusal(conflicts: &[Conflict]) -> Status {
    let message = match conflicts {
        [one] => format!(
            "Apply failed with 1 conflict: conflict with {}: {}",
            one.with,
            paths::readable(&one.path)
        ),
        many => {
            let managers: BTreeSet<&str> = many.iter().map(|conflict| conflict.with.as_str()).collect();
            let mut lines = Vec::new();
            for manager in managers {
                lines.push(format!("conflicts with {manager}:"));
                let of_manager = many.iter().filter(|conflict| conflict.with == manager);
                lines.extend(of_manager.map(|conflict| format!("- {}", paths::readable(&conflict.path))));
            }
            format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
        }
    };
    let mut status = Status::new(409, "Conflict", message);
    let causes: Vec<Value> = conflicts
        .iter()
        .map(|conflict| {
            json!({"reason": "FieldManagerConflict", "message": format!("conflict with {}", conflict.with),
                "field": paths::readable(&conflict.path)})
        })
        .collect();
    *status.details = json!({ "causes": causes });
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(name: &'static str) -> Manager<'static> {
        Manager {
            name,
            operation: "Apply",
            api_version: "apps/v1".to_owned(),
            subresource: "",
            at: "2026-11-21T10:00:00Z",
        }
    }

    fn web(replicas: i64, image: &str) -> Value {
        json!({"metadata": {"name": "web"}, "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "web", "image": image}]}}}})
    }

    #[test]
    fn another_managers_field_is_a_conflict_and_force_takes_it() {
        let first = applied(None, &web(3, "web:1"), &manager("helm"), false).unwrap();
        let scale = json!({"metadata": {"name": "web"}, "spec": {"replicas": 5}});
        let refused = applied(Some(&first), &scale, &manager("hand"), false).unwrap_err();
        assert_eq!(refused.message, "Apply failed with 1 conflict: conflict with \"helm\": .spec.replicas");
        assert_eq!(refused.to_json().pointer("/details/causes/0/reason").unwrap(), "FieldManagerConflict");
        let forced = applied(Some(&first), &scale, &manager("hand"), true).unwrap();
        assert_eq!(forced["spec"]["replicas"], 5);
        let refused = applied(Some(&forced), &web(3, "web:1"), &manager("helm"), false).unwrap_err();
        assert!(refused.message.contains("\"hand\""), "{refused}");
    }

    #[test]
    fn the_same_value_is_shared() {
        let first = applied(None, &web(3, "web:1"), &manager("helm"), false).unwrap();
        let second = applied(
            Some(&first),
            &json!({"metadata": {"name": "web"}, "spec": {"replicas": 3}}),
            &manager("hand"),
            false,
        )
        .unwrap();
        assert_eq!(second["metadata"]["managedFields"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_longer_said_is_gone() {
        let first = applied(
            None,
            &json!({"metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}}),
            &manager("helm"),
            false,
        )
        .unwrap();
        let second = applied(
            Some(&first),
            &json!({"metadata": {"name": "c"}, "data": {"a": "1"}}),
            &manager("helm"),
            false,
        )
        .unwrap();
        assert_eq!(second["data"], json!({"a": "1"}));
    }

    #[test]
    fn applying_the_same_again_changes_nothing() {
        let first = applied(None, &web(3, "web:1"), &manager("helm"), false).unwrap();
        let later = Manager { at: "2026-11-21T11:00:00Z", ..manager("helm") };
        assert_eq!(applied(Some(&first), &web(3, "web:1"), &later, false).unwrap(), first);
    }

    #[test]
    fn a_container_that_is_no_longer_said_is_gone_as_a_whole() {
        let two = json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "a", "image": "a"}, {"name": "b", "image": "b"}]}});
        let first = applied(None, &two, &manager("helm"), false).unwrap();
        let one = json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "b", "image": "b"}]}});
        assert_eq!(applied(Some(&first), &one, &manager("helm"), false).unwrap()["spec"], one["spec"]);
    }
}
