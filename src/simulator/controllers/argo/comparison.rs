//! What differs between a manifest and the object that runs.

use serde_json::{Value, json};

use super::health;
use crate::simulator::world::field;

/// Whether an object has everything that its manifest says. What the manifest does not mention may be as it likes.
pub fn fulfils(manifest: &Value, live: &Value) -> bool {
    match (manifest, live) {
        (Value::Object(wanted), Value::Object(present)) => {
            wanted.iter().all(|(key, value)| present.get(key).is_some_and(|own| fulfils(value, own)))
        }
        (Value::Array(wanted), Value::Array(present)) => {
            wanted.len() == present.len()
                && wanted.iter().zip(present).all(|(value, own)| fulfils(value, own))
        }
        _ => manifest == live,
    }
}

/// Writes everything that a manifest says into an object.
pub fn apply(manifest: &Value, live: &mut Value) {
    match (manifest, &mut *live) {
        (Value::Object(wanted), Value::Object(present)) => {
            for (key, value) in wanted {
                apply(value, present.entry(key.as_str()).or_insert(Value::Null));
            }
        }
        (Value::Array(wanted), Value::Array(present)) if wanted.len() == present.len() => {
            for (value, own) in wanted.iter().zip(present) {
                apply(value, own);
            }
        }
        _ => *live = manifest.clone(),
    }
}

/// One row of `status.resources`: an object of the application, whether it is as committed, and how it fares.
pub fn resource(manifest: &Value, live: Option<&Value>) -> Value {
    let mut row = identity(manifest);
    let is_synced = live.is_some_and(|live| fulfils(manifest, live));
    let health = match live {
        None => Some(("Missing", String::new())),
        Some(live) => health::of(live),
    };
    field::put(&mut row, "status", json!(if is_synced { "Synced" } else { "OutOfSync" }));
    if let Some((status, message)) = health {
        field::put(&mut row, "health", json!({"status": status}));
        if !message.is_empty() && status != "Healthy" {
            field::put(&mut row, "health.message", json!(message));
        }
    }
    row
}

/// A row for an object that runs although it is no longer committed.
pub fn superfluous(live: &Value) -> Value {
    let mut row = identity(live);
    field::put(&mut row, "status", json!("OutOfSync"));
    field::put(&mut row, "requiresPruning", json!(true));
    if let Some((status, _)) = health::of(live) {
        field::put(&mut row, "health", json!({"status": status}));
    }
    row
}

/// Group, version, kind, namespace and name of an object, as rows carry them.
pub fn identity(object: &Value) -> Value {
    let api_version = field::text(object, "apiVersion");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let mut row = json!({"kind": field::kind(object), "name": field::name(object), "version": version});
    for (part, value) in [("group", group), ("namespace", field::namespace(object))] {
        if !value.is_empty() {
            field::put(&mut row, part, json!(value));
        }
    }
    row
}

/// Whether two rows are about the same object.
pub fn is_same(one: &Value, other: &Value) -> bool {
    ["group", "kind", "namespace", "name"]
        .iter()
        .all(|part| field::text(one, part) == field::text(other, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_manifest_does_not_mention_is_no_difference() {
        let manifest = json!({"spec": {"replicas": 2, "containers": [{"name": "a", "image": "x:1"}]}});
        let mut live = json!({"spec": {"replicas": 2, "paused": false, "containers": [{"name": "a", "image": "x:1", "env": []}]}, "status": {}});
        assert!(fulfils(&manifest, &live));
        live["spec"]["containers"][0]["image"] = json!("x:2");
        assert!(!fulfils(&manifest, &live));
        apply(&manifest, &mut live);
        assert!(fulfils(&manifest, &live));
        assert_eq!(live["spec"]["paused"], json!(false), "and nothing else is touched");
    }

    #[test]
    fn a_missing_object_is_out_of_sync_and_missing() {
        let manifest = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "n"}});
        assert_eq!(
            resource(&manifest, None),
            json!({"kind": "Deployment", "name": "web", "version": "v1", "group": "apps", "namespace": "n", "status": "OutOfSync", "health": {"status": "Missing"}})
        );
    }
}
