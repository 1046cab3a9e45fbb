//! A pod through its life: made from a template, placed on a node, started, failed, finished.
//!
//! Pure changes of JSON. Controllers call them at the instants they decide; the world at rest calls them with instants
//! of the past, so that a pod that was always there looks like one that was started a moment ago.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::world::chance::{Chance, hex_of};
use crate::simulator::world::field;
use crate::simulator::world::object::controller_reference;

/// What a new pod is made from.
#[derive(Clone, Copy, Debug)]
pub struct Birth<'a> {
    /// The object whose template it follows and that will control it.
    pub owner: &'a Value,
    /// The pod template.
    pub template: &'a Value,
    /// Its full name.
    pub name: &'a str,
    /// The prefix its name was generated from; empty where the name is fixed.
    pub generate_name: &'a str,
}

/// A pod as the API server keeps it right after creation: pending, with all defaults of admission.
pub fn from_template(birth: Birth<'_>) -> Value {
    let mut metadata = json!({"name": birth.name});
    if !birth.generate_name.is_empty() {
        field::put(&mut metadata, "generateName", json!(birth.generate_name));
    }
    field::put(&mut metadata, "namespace", json!(field::namespace(birth.owner)));
    for part in ["labels", "annotations", "finalizers"] {
        if let Some(value) = field::at(birth.template, "metadata").get(part) {
            field::put(&mut metadata, part, value.clone());
        }
    }
    field::put(&mut metadata, "ownerReferences", json!([controller_reference(birth.owner)]));
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": field::at(birth.template, "spec")});
    admit(&mut pod, birth.name);
    let class = quality_of_service(&pod);
    field::put(&mut pod, "status", json!({"phase": "Pending", "qosClass": class}));
    pod
}

/// What admission adds to a pod's spec: links, priority, tolerations, the service account's token.
fn admit(pod: &mut Value, name: &str) {
    field::put(pod, "spec.enableServiceLinks", json!(true));
    field::put(pod, "spec.preemptionPolicy", json!("PreemptLowerPriority"));
    let priority = match field::text(pod, "spec.priorityClassName") {
        "system-node-critical" => 2_000_001_000,
        "system-cluster-critical" => 2_000_000_000,
        _ => 0,
    };
    field::put(pod, "spec.priority", json!(priority));
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let there = field::list(pod, "spec.tolerations").iter().any(|toleration| {
            field::text(toleration, "key") == key
                || (field::at(toleration, "key").is_null() && field::text(toleration, "operator") == "Exists")
        });
        if !there {
            field::push(
                pod,
                "spec.tolerations",
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
            );
        }
    }
    if field::is_true(pod, "spec.hostNetwork") {
        for container in field::list_mut(pod, "spec.containers") {
            for port in field::list_mut(container, "ports") {
                let number = field::at(port, "containerPort").clone();
                field::put(port, "hostPort", number);
            }
        }
    }
    if field::at(pod, "spec.automountServiceAccountToken") != &json!(false) {
        mount_token(pod, &format!("kube-api-access-{}", Chance::of(name).suffix()));
    }
}

fn mount_token(pod: &mut Value, volume: &str) {
    field::push(
        pod,
        "spec.volumes",
        json!({"name": volume, "projected": {"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
        ]}}),
    );
    for list in ["spec.containers", "spec.initContainers"] {
        for container in field::list_mut(pod, list) {
            field::push(
                container,
                "volumeMounts",
                json!({"name": volume, "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}),
            );
        }
    }
}

/// What the DaemonSet controller adds: the pod goes to one node, whatever happens to it.
pub fn pin_to_node(pod: &mut Value, node: &str) {
    field::put(
        pod,
        "spec.affinity",
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]}}}),
    );
    for (condition, effect) in [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ] {
        field::push(
            pod,
            "spec.tolerations",
            json!({"key": format!("node.kubernetes.io/{condition}"), "operator": "Exists", "effect": effect}),
        );
    }
    if field::is_true(pod, "spec.hostNetwork") {
        field::push(
            pod,
            "spec.tolerations",
            json!({"key": "node.kubernetes.io/network-unavailable", "operator": "Exists", "effect": "NoSchedule"}),
        );
    }
}

/// Guaranteed, Burstable or BestEffort, by the requests and limits of all containers.
pub fn quality_of_service(pod: &Value) -> &'static str {
    let containers =
        || field::list(pod, "spec.containers").iter().chain(field::list(pod, "spec.initContainers"));
    let is_empty = |container: &Value| {
        ["requests", "limits"].iter().all(|part| {
            field::at(container, "resources")
                .get(part)
                .and_then(Value::as_object)
                .is_none_or(|map| map.is_empty())
        })
    };
    let is_fixed = |container: &Value| {
        ["cpu", "memory"].iter().all(|resource| {
            let limit = field::at(container, "resources.limits").get(resource);
            let request = field::at(container, "resources.requests").get(resource);
            limit.is_some() && (request.is_none() || request == limit)
        })
    };
    if containers().all(is_empty) {
        "BestEffort"
    } else if containers().all(is_fixed) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

/// Whether the pod has reached the end of its life.
pub fn is_finished(pod: &Value) -> bool {
    matches!(field::text(pod, "status.phase"), "Succeeded" | "Failed")
}

/// Whether the pod is being deleted.
pub fn is_terminating(pod: &Value) -> bool {
    !field::at(pod, "metadata.deletionTimestamp").is_null()
}

/// Whether the pod serves: its `Ready` condition is true.
pub fn is_ready(pod: &Value) -> bool {
    field::condition_is_true(pod, "Ready")
}

/// The scheduler's decision.
pub fn assign(pod: &mut Value, node: &str, at: Timestamp) {
    field::put(pod, "spec.nodeName", json!(node));
    field::set_condition(
        pod,
        json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": field::stamp(at)}),
    );
}

/// The scheduler's refusal.
pub fn refuse(pod: &mut Value, why: &str, at: Timestamp) {
    field::set_condition(
        pod,
        json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why, "lastProbeTime": null, "lastTransitionTime": field::stamp(at)}),
    );
}

/// Where a pod's network lives.
#[derive(Clone, Debug)]
pub struct Address {
    /// Address of its node.
    pub host: String,
    /// Its own address.
    pub pod: String,
}

/// The kubelet has accepted the pod: sandbox up, containers about to be created.
pub fn creating(pod: &mut Value, address: Option<&Address>, at: Timestamp) {
    let stamp = field::stamp(at);
    field::put(pod, "status.phase", json!("Pending"));
    field::put(pod, "status.startTime", json!(stamp));
    if let Some(address) = address {
        place(pod, address);
    }
    let waiting: Vec<Value> = field::list(pod, "spec.containers")
        .iter()
        .map(|container| waiting_status(container, "ContainerCreating", None))
        .collect();
    field::put(pod, "status.containerStatuses", Value::Array(waiting));
    conditions(pod, at);
}

fn place(pod: &mut Value, address: &Address) {
    field::put(pod, "status.hostIP", json!(address.host));
    field::put(pod, "status.hostIPs", json!([{"ip": address.host}]));
    field::put(pod, "status.podIP", json!(address.pod));
    field::put(pod, "status.podIPs", json!([{"ip": address.pod}]));
}

fn waiting_status(container: &Value, reason: &str, message: Option<&str>) -> Value {
    let mut waiting = json!({"reason": reason});
    if let Some(message) = message {
        field::put(&mut waiting, "message", json!(message));
    }
    json!({
        "name": field::text(container, "name"), "state": {"waiting": waiting}, "lastState": {}, "ready": false, "restartCount": 0,
        "image": field::text(container, "image"), "imageID": "", "started": false,
    })
}

/// Every container runs since an instant. Ready comes later, with [`ready`].
pub fn running(pod: &mut Value, address: &Address, at: Timestamp) {
    place(pod, address);
    field::put(pod, "status.phase", json!("Running"));
    if field::at(pod, "status.startTime").is_null() {
        field::put(pod, "status.startTime", json!(field::stamp(at)));
    }
    let uid = field::uid(pod).to_owned();
    let statuses: Vec<Value> = field::list(pod, "spec.containers")
        .iter()
        .map(|container| {
            let name = field::text(container, "name");
            let restarts = status_of(pod, name).map_or(0, |status| field::number(status, "restartCount"));
            json!({
                "name": name, "state": {"running": {"startedAt": field::stamp(at)}},
                "lastState": status_of(pod, name).map_or_else(|| json!({}), |status| field::at(status, "lastState").clone()),
                "ready": false, "restartCount": restarts, "image": field::text(container, "image"), "imageID": image_id(field::text(container, "image")),
                "containerID": container_id(&uid, name, restarts), "started": true,
            })
        })
        .collect();
    field::put(pod, "status.containerStatuses", Value::Array(statuses));
    conditions(pod, at);
}

/// Every container that runs serves from now on.
pub fn ready(pod: &mut Value, at: Timestamp) {
    for status in field::list_mut(pod, "status.containerStatuses") {
        if field::at(status, "state").get("running").is_some() {
            field::put(status, "ready", json!(true));
        }
    }
    conditions(pod, at);
}

/// Every container waits for a reason: an image that cannot be pulled, a configuration that is missing.
pub fn waiting(pod: &mut Value, reason: &str, message: &str, at: Timestamp) {
    let statuses: Vec<Value> = field::list(pod, "spec.containers")
        .iter()
        .map(|container| waiting_status(container, reason, Some(message)))
        .collect();
    field::put(pod, "status.containerStatuses", Value::Array(statuses));
    conditions(pod, at);
}

/// How a container ended.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// Exit code.
    pub code: i64,
    /// `Completed`, `Error` or `OOMKilled`.
    pub reason: &'a str,
    /// When.
    pub at: Timestamp,
}

/// A container has ended and is about to be restarted, or not.
pub fn ended(pod: &mut Value, container: &str, ending: Ending<'_>) {
    for status in field::list_mut(pod, "status.containerStatuses") {
        if field::text(status, "name") != container {
            continue;
        }
        let started = field::at(status, "state.running.startedAt").clone();
        let started = if started.is_null() { json!(field::stamp(ending.at)) } else { started };
        let terminated = json!({
            "exitCode": ending.code, "reason": ending.reason, "startedAt": started, "finishedAt": field::stamp(ending.at), "containerID": field::at(status, "containerID"),
        });
        field::put(status, "state", json!({"terminated": terminated}));
        field::put(status, "ready", json!(false));
        field::put(status, "started", json!(false));
    }
    conditions(pod, ending.at);
}

/// The kubelet waits before it restarts a container that failed again.
pub fn backing_off(pod: &mut Value, container: &str, delay: &str, at: Timestamp) {
    let message = format!(
        "back-off {delay} restarting failed container={container} pod={}_{}({})",
        field::name(pod),
        field::namespace(pod),
        field::uid(pod)
    );
    for status in field::list_mut(pod, "status.containerStatuses") {
        if field::text(status, "name") == container {
            let last = field::at(status, "state").clone();
            field::put(status, "lastState", last);
            field::put(
                status,
                "state",
                json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}}),
            );
        }
    }
    conditions(pod, at);
}

/// A container that ended runs again.
pub fn restarted(pod: &mut Value, container: &str, at: Timestamp) {
    let uid = field::uid(pod).to_owned();
    for status in field::list_mut(pod, "status.containerStatuses") {
        if field::text(status, "name") != container {
            continue;
        }
        if field::at(status, "state").get("terminated").is_some() {
            let last = field::at(status, "state").clone();
            field::put(status, "lastState", last);
        }
        let restarts = field::number(status, "restartCount") + 1;
        field::put(status, "restartCount", json!(restarts));
        field::put(status, "state", json!({"running": {"startedAt": field::stamp(at)}}));
        field::put(status, "containerID", json!(container_id(&uid, container, restarts)));
        field::put(status, "started", json!(true));
    }
    conditions(pod, at);
}

/// The pod has finished its work.
pub fn succeeded(pod: &mut Value, at: Timestamp) {
    let names: Vec<String> = field::list(pod, "spec.containers")
        .iter()
        .map(|container| field::text(container, "name").to_owned())
        .collect();
    for name in names {
        ended(pod, &name, Ending { code: 0, reason: "Completed", at });
    }
    field::put(pod, "status.phase", json!("Succeeded"));
    conditions(pod, at);
}

fn status_of<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    field::list(pod, "status.containerStatuses")
        .iter()
        .find(|status| field::text(status, "name") == container)
}

fn container_id(uid: &str, name: &str, restarts: i64) -> String {
    format!("containerd://{}", hex_of(&format!("{uid}/{name}/{restarts}"), 64))
}

/// The digest an image resolves to.
pub fn image_id(image: &str) -> String {
    let repository = image.rsplit_once(':').map_or(image, |(repository, _)| repository);
    format!("{repository}@sha256:{}", hex_of(image, 64))
}

/// Works out the pod's conditions from its containers, as the kubelet does.
pub fn conditions(pod: &mut Value, at: Timestamp) {
    let stamp = field::stamp(at);
    let finished = field::text(pod, "status.phase") == "Succeeded";
    let has_sandbox = !field::text(pod, "status.podIP").is_empty() && !finished;
    let unready: Vec<String> = field::list(pod, "status.containerStatuses")
        .iter()
        .filter(|status| !field::is_true(status, "ready"))
        .map(|status| field::text(status, "name").to_owned())
        .collect();
    let condition = |kind: &str, status: bool| json!({"type": kind, "status": if status { "True" } else { "False" }, "lastProbeTime": null, "lastTransitionTime": stamp});
    let with_reason = |kind: &str| {
        let mut value = condition(kind, unready.is_empty());
        if finished {
            field::put(&mut value, "reason", json!("PodCompleted"));
        } else if !unready.is_empty() {
            field::put(&mut value, "reason", json!("ContainersNotReady"));
            field::put(
                &mut value,
                "message",
                json!(format!("containers with unready status: [{}]", unready.join(" "))),
            );
        }
        value
    };
    let mut initialized = condition("Initialized", true);
    if finished {
        field::put(&mut initialized, "reason", json!("PodCompleted"));
    }
    let wanted = [
        condition("PodReadyToStartContainers", has_sandbox),
        initialized,
        with_reason("Ready"),
        with_reason("ContainersReady"),
    ];
    let scheduled = field::condition(pod, "PodScheduled").clone();
    for value in wanted {
        field::set_condition(pod, value);
    }
    if !scheduled.is_null() {
        field::set_condition(pod, scheduled);
    }
    // The kubelet lists its own conditions first.
    let mut all = field::list(pod, "status.conditions").to_vec();
    all.sort_by_key(|condition| match field::text(condition, "type") {
        "PodReadyToStartContainers" => 0,
        "Initialized" => 1,
        "Ready" => 2,
        "ContainersReady" => 3,
        "PodScheduled" => 4,
        _ => 5,
    });
    field::put(pod, "status.conditions", Value::Array(all));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn born() -> Value {
        let owner = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-1", "namespace": "staging", "uid": "u"}});
        let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "r/web:1", "resources": {"requests": {"cpu": "1"}}}]}});
        from_template(Birth {
            owner: &owner,
            template: &template,
            name: "web-1-abcde",
            generate_name: "web-1-",
        })
    }

    fn address() -> Address {
        Address { host: "10.0.11.40".to_owned(), pod: "10.0.11.99".to_owned() }
    }

    #[test]
    fn a_new_pod_waits_for_the_scheduler_with_the_defaults_of_admission() {
        let pod = born();
        assert_eq!(field::text(&pod, "status.phase"), "Pending");
        assert_eq!(field::text(&pod, "status.qosClass"), "Burstable");
        assert_eq!(field::list(&pod, "spec.tolerations").len(), 2);
        assert_eq!(field::list(&pod, "spec.volumes").len(), 1);
        assert_eq!(field::controller_of(&pod), Some(("ReplicaSet", "web-1", "u")));
    }

    #[test]
    fn a_pod_is_ready_only_when_its_containers_are() {
        let mut pod = born();
        let at = Timestamp::UNIX_EPOCH;
        assign(&mut pod, "node", at);
        creating(&mut pod, None, at);
        running(&mut pod, &address(), at);
        assert!(!is_ready(&pod));
        assert_eq!(
            field::text(field::condition(&pod, "Ready"), "message"),
            "containers with unready status: [web]"
        );
        ready(&mut pod, at);
        assert!(is_ready(&pod) && field::condition(&pod, "Ready").get("message").is_none());
    }

    #[test]
    fn a_crash_keeps_how_the_last_run_ended_and_counts_the_restart() {
        let mut pod = born();
        let at = Timestamp::UNIX_EPOCH;
        running(&mut pod, &address(), at);
        ended(&mut pod, "web", Ending { code: 1, reason: "Error", at });
        backing_off(&mut pod, "web", "10s", at);
        assert_eq!(
            field::text(&field::list(&pod, "status.containerStatuses")[0], "state.waiting.reason"),
            "CrashLoopBackOff"
        );
        restarted(&mut pod, "web", at);
        let status = &field::list(&pod, "status.containerStatuses")[0];
        assert_eq!(field::number(status, "restartCount"), 1);
        assert_eq!(field::number(status, "lastState.terminated.exitCode"), 1);
    }
}
