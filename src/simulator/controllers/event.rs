//! Events: what components say about objects, in the two shapes the API knows.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;

/// Something that is said about an object.
#[derive(Clone, Debug)]
pub struct Remark<'a> {
    /// The object.
    pub about: &'a Value,
    /// `Normal` or `Warning`.
    pub kind: &'a str,
    /// Reason in one word.
    pub reason: &'a str,
    /// The sentence.
    pub message: String,
    /// Who says it.
    pub component: &'a str,
    /// On which node; empty for components that run nowhere in particular.
    pub host: &'a str,
}

/// A reference to an object as events carry it.
pub fn reference(object: &Value) -> Value {
    let mut reference = json!({"kind": field::kind(object)});
    for (key, value) in [
        ("namespace", field::namespace(object)),
        ("name", field::name(object)),
        ("uid", field::uid(object)),
        ("apiVersion", field::text(object, "apiVersion")),
        ("resourceVersion", field::text(object, "metadata.resourceVersion")),
    ] {
        if !value.is_empty() {
            field::put(&mut reference, key, json!(value));
        }
    }
    reference
}

/// The namespace an event about an object lives in.
pub fn home(object: &Value) -> &str {
    match field::namespace(object) {
        "" => "default",
        namespace => namespace,
    }
}

/// An Event that was seen `count` times between two instants. The scheduler writes the newer shape, all others the older.
pub fn event(remark: &Remark<'_>, first: Timestamp, last: Timestamp, count: i64) -> Value {
    let about = remark.about;
    let name = format!(
        "{}.{}",
        field::name(about),
        hex_of(&format!("{}/{}/{}/{first}", field::uid(about), remark.reason, remark.message), 16)
    );
    let mut involved = reference(about);
    if remark.component == "kubelet"
        && field::kind(about) == "Pod"
        && matches!(
            remark.reason,
            "Pulling" | "Pulled" | "Created" | "Started" | "BackOff" | "Failed" | "Killing" | "Unhealthy"
        )
    {
        let container = field::list(about, "spec.containers")
            .first()
            .map(|container| field::text(container, "name"))
            .unwrap_or_default();
        field::put(&mut involved, "fieldPath", json!(format!("spec.containers{{{container}}}")));
    }
    let metadata = json!({"name": name, "namespace": home(about), "creationTimestamp": field::stamp(first)});
    if remark.component == "default-scheduler" {
        return json!({
            "apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": involved, "reason": remark.reason, "message": remark.message, "source": {}, "type": remark.kind,
            "firstTimestamp": null, "lastTimestamp": null, "eventTime": field::micro_stamp(first), "action": "Scheduling", "reportingComponent": remark.component, "reportingInstance": "default-scheduler-ip-10-0-42-7.ec2.internal",
        });
    }
    let mut source = json!({"component": remark.component});
    if !remark.host.is_empty() {
        field::put(&mut source, "host", json!(remark.host));
    }
    json!({
        "apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": involved, "reason": remark.reason, "message": remark.message, "source": source, "type": remark.kind,
        "firstTimestamp": field::stamp(first), "lastTimestamp": field::stamp(last), "count": count, "eventTime": null, "reportingComponent": remark.component, "reportingInstance": remark.host,
    })
}
