//! `metrics.k8s.io`: usage of pods and nodes, played from the pods' annotations.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::query::Query;
use super::representation::Form;
use super::route::Resource;
use super::status::Status;
use super::table::read::{list, text};
use crate::simulator::store::{Selection, Store, seconds};

/// The group that is played.
pub(super) const GROUP: &str = "metrics.k8s.io";

/// Over how long usage is averaged, as metrics-server does by default.
const WINDOW: &str = "15s";

#[derive(Clone, Copy, Default)]
struct Usage {
    /// Billionths of a core.
    nano_cores: u64,
    /// Bytes.
    memory: u64,
}

impl Usage {
    fn to_json(self) -> Value {
        json!({"cpu": format!("{}n", self.nano_cores), "memory": format!("{}Ki", self.memory / 1024)})
    }
}

/// Answers GET and list for pods and nodes.
pub(super) fn answer(store: &Store, resource: &Resource, form: Form, query: &Query) -> Result<Value, Status> {
    let selection = Selection::parse(query.get("labelSelector"), query.get("fieldSelector"))?;
    let kind = resource.spec.kind.as_str();
    let items = match kind {
        "PodMetrics" => pods(store, resource.namespace.as_deref(), &selection),
        _ => nodes(store, &selection),
    };
    let api_version = resource.spec.api_version();
    if let Some(name) = &resource.name {
        let found = items.into_iter().find(|item| text(item, "/metadata/name") == name);
        let Some(Value::Object(mut fields)) = found else { return Err(super::read::missing(resource)) };
        fields.insert("kind".to_owned(), kind.into());
        fields.insert("apiVersion".to_owned(), api_version.into());
        return Ok(Value::Object(fields));
    }
    if form == Form::Table {
        return Ok(table(&items));
    }
    Ok(json!({"kind": format!("{kind}List"), "apiVersion": api_version, "metadata": {}, "items": items}))
}

fn table(items: &[Value]) -> Value {
    let column = |name: &str, format: &str, description: &str| json!({"name": name, "type": "string", "format": format, "description": description, "priority": 0});
    let columns = [
        column("Name", "name", "Name of the resource"),
        column("cpu", "quantity", ""),
        column("memory", "quantity", ""),
        column("Window", "duration", ""),
    ];
    let rows = items.iter().map(|item| {
        let usage: Usage = match item.get("usage") {
            Some(_) => usage(item),
            None => list(item, "/containers").iter().map(usage).fold(Usage::default(), sum),
        };
        let cells = json!([text(item, "/metadata/name"), format!("{}n", usage.nano_cores), format!("{}Ki", usage.memory / 1024), WINDOW]);
        let object = json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item.get("metadata")});
        json!({"cells": cells, "object": object})
    });
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": columns, "rows": rows.collect::<Vec<_>>()})
}

fn usage(item: &Value) -> Usage {
    Usage { nano_cores: nano_cores(text(item, "/usage/cpu")), memory: bytes(text(item, "/usage/memory")) }
}

fn sum(left: Usage, right: Usage) -> Usage {
    Usage { nano_cores: left.nano_cores + right.nano_cores, memory: left.memory + right.memory }
}

/// Metrics of every running pod; those without annotations have none, as pods that were not measured yet.
fn pods(store: &Store, namespace: Option<&str>, selection: &Selection) -> Vec<Value> {
    let at = seconds(store.clock().now());
    let pods = store.list("pods", namespace, selection);
    let measured = pods.iter().filter(|pod| pod.field("status.phase") == Some("Running")).filter_map(|pod| {
        let document = pod.value();
        let usage = annotated(&document)?;
        let containers = list(&document, "/spec/containers");
        let count = u64::try_from(containers.len()).ok().filter(|count| *count > 0)?;
        let share = Usage { nano_cores: usage.nano_cores / count, memory: usage.memory / count };
        let containers: Vec<Value> =
            containers.iter().map(|it| json!({"name": text(it, "/name"), "usage": share.to_json()})).collect();
        let mut metadata = json!({"name": &*pod.key.name, "namespace": pod.key.namespace.as_deref(), "creationTimestamp": at});
        if let (Some(metadata), Some(labels)) = (metadata.as_object_mut(), document.pointer("/metadata/labels")) {
            metadata.insert("labels".to_owned(), labels.clone());
        }
        Some(json!({"metadata": metadata, "timestamp": at, "window": WINDOW, "containers": containers}))
    });
    measured.collect()
}

/// A node uses what its pods use, and a little for itself.
fn nodes(store: &Store, selection: &Selection) -> Vec<Value> {
    const OWN: Usage = Usage { nano_cores: 60_000_000, memory: 400 << 20 };
    let at = seconds(store.clock().now());
    let mut used: BTreeMap<String, Usage> = BTreeMap::new();
    for pod in store.list("pods", None, &Selection::all()) {
        if pod.field("status.phase") == Some("Running")
            && let (Some(usage), Some(node)) = (annotated(&pod.value()), pod.field("spec.nodeName"))
        {
            let total = used.entry(node.to_owned()).or_insert(OWN);
            *total = sum(*total, usage);
        }
    }
    let nodes = store.list("nodes", None, selection);
    let measured = nodes.iter().map(|node| {
        let usage = used.get(&*node.key.name).copied().unwrap_or(OWN);
        let labels: BTreeMap<&str, &str> =
            node.labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        json!({"metadata": {"name": &*node.key.name, "creationTimestamp": at, "labels": labels},
            "timestamp": at, "window": WINDOW, "usage": usage.to_json()})
    });
    measured.collect()
}

fn annotated(pod: &Value) -> Option<Usage> {
    let annotation =
        |name: &str| pod.pointer(&format!("/metadata/annotations/kwok.x-k8s.io~1{name}"))?.as_str();
    Some(Usage {
        nano_cores: nano_cores(annotation("usage-cpu")?),
        memory: bytes(annotation("usage-memory")?),
    })
}

/// `31m`, `2`, `1500n` in billionths of a core.
fn nano_cores(text: &str) -> u64 {
    scaled(text, &[("n", 1), ("u", 1_000), ("m", 1_000_000), ("", 1_000_000_000)])
}

/// `28Mi`, `1Gi`, `512` in bytes.
fn bytes(text: &str) -> u64 {
    scaled(
        text,
        &[
            ("Ki", 1 << 10),
            ("Mi", 1 << 20),
            ("Gi", 1 << 30),
            ("k", 1_000),
            ("M", 1_000_000),
            ("G", 1_000_000_000),
            ("", 1),
        ],
    )
}

fn scaled(text: &str, units: &[(&str, u64)]) -> u64 {
    let parsed =
        units.iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<u64>().ok()? * factor));
    parsed.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_in_their_units() {
        assert_eq!((nano_cores("31m"), nano_cores("2"), nano_cores("odd")), (31_000_000, 2_000_000_000, 0));
        assert_eq!((bytes("28Mi"), bytes("512")), (28 << 20, 512));
    }
}
