//! Volumes and what provides them, printed as `kubectl get` shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::read::{age, claim, list, text};

fn access_modes(it: &Value, path: &str) -> String {
    let short = |mode: &Value| match mode.as_str().unwrap_or_default() {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => "",
    };
    list(it, path).iter().map(short).collect::<Vec<_>>().join(",")
}

fn or_unset(text: &str) -> Value {
    if text.is_empty() { "<unset>".into() } else { text.into() }
}

pub(super) fn claim_of_volume(it: &Value, now: Timestamp) -> Vec<Value> {
    let bound = !text(it, "/spec/volumeName").is_empty();
    let phase = match it.pointer("/metadata/deletionTimestamp") {
        Some(_) => "Terminating",
        None => text(it, "/status/phase"),
    };
    let (capacity, modes) = match bound {
        true => (text(it, "/status/capacity/storage"), access_modes(it, "/status/accessModes")),
        false => ("", String::new()),
    };
    vec![
        text(it, "/metadata/name").into(),
        phase.into(),
        text(it, "/spec/volumeName").into(),
        capacity.into(),
        modes.into(),
        text(it, "/spec/storageClassName").into(),
        or_unset(text(it, "/spec/volumeAttributesClassName")),
        age(it, now),
        or_unset(text(it, "/spec/volumeMode")),
    ]
}

pub(super) fn volume(it: &Value, now: Timestamp) -> Vec<Value> {
    let claim = match it.pointer("/spec/claimRef").filter(|it| !it.is_null()) {
        None => String::new(),
        Some(claim) => format!("{}/{}", text(claim, "/namespace"), text(claim, "/name")),
    };
    let phase = match it.pointer("/metadata/deletionTimestamp") {
        Some(_) => "Terminating",
        None => text(it, "/status/phase"),
    };
    vec![
        text(it, "/metadata/name").into(),
        text(it, "/spec/capacity/storage").into(),
        access_modes(it, "/spec/accessModes").into(),
        text(it, "/spec/persistentVolumeReclaimPolicy").into(),
        phase.into(),
        claim.into(),
        text(it, "/spec/storageClassName").into(),
        or_unset(text(it, "/spec/volumeAttributesClassName")),
        text(it, "/status/reason").into(),
        age(it, now),
        or_unset(text(it, "/spec/volumeMode")),
    ]
}

pub(super) fn class(it: &Value, now: Timestamp) -> Vec<Value> {
    let name = text(it, "/metadata/name");
    let annotation = it.pointer("/metadata/annotations/storageclass.kubernetes.io~1is-default-class");
    let is_default = annotation.and_then(Value::as_str) == Some("true");
    let name = if is_default { format!("{name} (default)") } else { name.to_owned() };
    let or = |path: &str, default: &str| match text(it, path) {
        "" => Value::from(default),
        text => text.into(),
    };
    vec![
        name.into(),
        text(it, "/provisioner").into(),
        or("/reclaimPolicy", "Delete"),
        or("/volumeBindingMode", "Immediate"),
        claim(it, "/allowVolumeExpansion").into(),
        age(it, now),
    ]
}

pub(super) fn attachment(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        text(it, "/metadata/name").into(),
        text(it, "/spec/attacher").into(),
        text(it, "/spec/source/persistentVolumeName").into(),
        text(it, "/spec/nodeName").into(),
        claim(it, "/status/attached").into(),
        age(it, now),
    ]
}

pub(super) fn attributes_class(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![text(it, "/metadata/name").into(), text(it, "/driverName").into(), age(it, now)]
}

pub(super) fn driver(it: &Value, now: Timestamp) -> Vec<Value> {
    let required = it.pointer("/spec/attachRequired").and_then(Value::as_bool).unwrap_or(true);
    let requests: Vec<&str> =
        list(it, "/spec/tokenRequests").iter().map(|request| text(request, "/audience")).collect();
    let modes: Vec<&str> = list(it, "/spec/volumeLifecycleModes").iter().filter_map(Value::as_str).collect();
    let modes = if modes.is_empty() { "<none>".to_owned() } else { modes.join(",") };
    vec![
        text(it, "/metadata/name").into(),
        required.into(),
        claim(it, "/spec/podInfoOnMount").into(),
        claim(it, "/spec/storageCapacity").into(),
        or_unset(&requests.join(",")),
        claim(it, "/spec/requiresRepublish").into(),
        modes.into(),
        age(it, now),
    ]
}

pub(super) fn node_drivers(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![text(it, "/metadata/name").into(), json!(list(it, "/spec/drivers").len()), age(it, now)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unbound_claim_shows_no_capacity() {
        let it = json!({"metadata": {"name": "data"}, "spec": {"storageClassName": "gp3", "accessModes": ["ReadWriteOnce"]}, "status": {"phase": "Pending"}});
        let cells = claim_of_volume(&it, "2026-11-21T11:00:00Z".parse().unwrap());
        assert_eq!(cells[1..6], [json!("Pending"), json!(""), json!(""), json!(""), json!("gp3")]);
    }
}
