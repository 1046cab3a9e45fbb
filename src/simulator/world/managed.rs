//! `metadata.managedFields`: who wrote which field, in the form server-side apply keeps it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::simulator::world::field;

/// The managed fields of an object that one writer wrote and controllers gave a status.
pub fn managed_fields(object: &Value, writer: &str, at: Timestamp) -> Value {
    let time = field::stamp(at);
    let mut spec = Map::new();
    for (key, value) in object.as_object().into_iter().flatten() {
        match key.as_str() {
            "apiVersion" | "kind" | "status" => {}
            "metadata" => {
                let meta: Map<String, Value> = value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(key, _)| {
                        matches!(
                            key.as_str(),
                            "annotations" | "labels" | "ownerReferences" | "finalizers" | "generateName"
                        )
                    })
                    .map(|(key, value)| (format!("f:{key}"), fields(key, value)))
                    .collect();
                if !meta.is_empty() {
                    spec.insert("f:metadata".to_owned(), Value::Object(meta));
                }
            }
            _ => {
                spec.insert(format!("f:{key}"), fields(key, value));
            }
        }
    }
    let operation = if matches!(writer, "helm" | "argocd-controller" | "terraform" | "eks-addon") {
        "Apply"
    } else {
        "Update"
    };
    let mut entries = vec![json!({
        "manager": writer, "operation": operation, "apiVersion": field::text(object, "apiVersion"), "time": time, "fieldsType": "FieldsV1", "fieldsV1": spec,
    })];
    if let Some(status) = object.get("status") {
        entries.push(json!({
            "manager": status_writer(field::kind(object)), "operation": "Update", "apiVersion": field::text(object, "apiVersion"), "time": time,
            "fieldsType": "FieldsV1", "fieldsV1": {"f:status": fields("status", status)}, "subresource": "status",
        }));
    }
    Value::Array(entries)
}

fn status_writer(kind: &str) -> &'static str {
    match kind {
        "Pod" | "Node" => "kubelet",
        "Ingress" => "nginx-ingress-controller",
        "NodePool" | "NodeClaim" | "EC2NodeClass" => "karpenter",
        "Certificate" => "cert-manager-certificates-readiness",
        "ClusterIssuer" => "cert-manager-clusterissuers",
        "ExternalSecret" | "ClusterSecretStore" => "external-secrets",
        "Application" => "argocd-application-controller",
        "ApplicationSet" => "argocd-applicationset-controller",
        _ => "kube-controller-manager",
    }
}

/// The field set of one value: lists that merge by a key become keyed members, all other lists are one field.
fn fields(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut out: Map<String, Value> =
                map.iter().map(|(key, value)| (format!("f:{key}"), fields(key, value))).collect();
            if matches!(name, "labels" | "annotations" | "requests" | "limits") {
                out.insert(".".to_owned(), json!({}));
            }
            Value::Object(out)
        }
        Value::Array(items) => match merge_keys(name) {
            [] => json!({}),
            keys => {
                let mut out = Map::from_iter([(".".to_owned(), json!({}))]);
                for item in items {
                    let key: Map<String, Value> = keys
                        .iter()
                        .filter_map(|key| Some(((*key).to_owned(), item.get(*key)?.clone())))
                        .collect();
                    let mut member = fields("", item);
                    if let Value::Object(map) = &mut member {
                        map.insert(".".to_owned(), json!({}));
                    }
                    out.insert(format!("k:{}", Value::Object(key)), member);
                }
                Value::Object(out)
            }
        },
        _ => json!({}),
    }
}

fn merge_keys(list: &str) -> &'static [&'static str] {
    match list {
        "containers" | "initContainers" | "env" | "volumes" => &["name"],
        "ports" => &["containerPort", "port", "protocol"],
        "volumeMounts" => &["mountPath"],
        "conditions" => &["type"],
        "ownerReferences" => &["uid"],
        "podIPs" | "hostIPs" => &["ip"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_keyed_by_name_and_status_has_an_entry_of_its_own() {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "web", "image": "x"}]}, "status": {"phase": "Running"}});
        let managed = managed_fields(&object, "kube-controller-manager", Timestamp::UNIX_EPOCH);
        assert!(
            managed[0]["fieldsV1"]["f:spec"]["f:containers"]["k:{\"name\":\"web\"}"]["f:image"].is_object(),
            "{managed}"
        );
        assert_eq!(managed[1]["subresource"], "status");
    }
}
