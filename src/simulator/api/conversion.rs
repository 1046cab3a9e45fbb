//! Objects that are stored once and served in two shapes: events by two groups, autoscalers in two versions.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::table::read::{list, text};
use crate::simulator::store::{KindSpec, Object};

/// Pairs of an event's field in the core group and the same field in `events.k8s.io`.
const EVENT_FIELDS: [(&str, &str); 6] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

/// The resource under which objects of a served kind are stored.
pub(super) fn stored_as(spec: &KindSpec) -> String {
    if spec.group == "events.k8s.io" { "events".to_owned() } else { spec.resource() }
}

/// Whether objects of a served kind are stored in another shape; such kinds are only read and deleted here.
pub(super) fn is_converted(spec: &KindSpec) -> bool {
    spec.group == "events.k8s.io" || (spec.group == "autoscaling" && spec.version == "v1")
}

/// The body of an object in the shape of the served kind; `None` when it is stored in that shape.
pub(super) fn converted(spec: &KindSpec, object: &Object) -> Option<Bytes> {
    if !is_converted(spec) {
        return None;
    }
    let body: Map<String, Value> = serde_json::from_slice(object.body()).ok()?;
    let body = if spec.group == "autoscaling" { old_autoscaler(body) } else { new_event(body) };
    serde_json::to_vec(&body).ok().map(Bytes::from)
}

fn new_event(body: Map<String, Value>) -> Map<String, Value> {
    let renamed = body.into_iter().map(|(name, value)| {
        let new = EVENT_FIELDS.iter().find(|(core, _)| *core == name).map(|(_, new)| (*new).to_owned());
        (new.unwrap_or(name), value)
    });
    renamed.collect()
}

/// Version 1 knows the CPU alone, as one number.
fn old_autoscaler(mut body: Map<String, Value>) -> Map<String, Value> {
    let cpu = |part: Option<&Value>, all: &str, value: &str| {
        let metrics = part.map(|part| list(part, all)).unwrap_or_default();
        let cpu = metrics.iter().find(|metric| text(metric, "/resource/name") == "cpu");
        cpu.and_then(|metric| metric.pointer(value)).cloned()
    };
    let target = cpu(body.get("spec"), "/metrics", "/resource/target/averageUtilization");
    let current = cpu(body.get("status"), "/currentMetrics", "/resource/current/averageUtilization");
    let mut rewrite = |part: &str, gone: &[&str], name: &str, value: Option<Value>| {
        if let Some(part) = body.get_mut(part).and_then(Value::as_object_mut) {
            part.retain(|field, _| !gone.contains(&field.as_str()));
            part.extend(value.map(|value| (name.to_owned(), value)));
        }
    };
    rewrite("spec", &["metrics", "behavior"], "targetCPUUtilizationPercentage", target);
    rewrite("status", &["currentMetrics", "conditions"], "currentCPUUtilizationPercentage", current);
    body
}
