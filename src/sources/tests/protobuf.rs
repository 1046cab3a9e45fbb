//! The same lists as JSON and as protobuf, and what a table asks for.

use serde_json::Value;

use super::*;
use crate::fleet::Row as _;
use crate::gateway::body::Form;
use crate::gateway::protobuf::test_encoder;
use crate::sources::decode::{Decode as _, PageHead};

const MEDIA: &str = "application/vnd.kubernetes.protobuf";

/// What rows of a page say, and its head.
fn read<R: Packed>(form: Form, page: &[u8]) -> (Vec<PageHead>, Vec<String>) {
    let (mut heads, mut rows) = (Vec::new(), Vec::new());
    let mut row = |row: R| {
        let labels: Vec<_> = row.labels().map(|(key, value)| format!("{key}={value}")).collect();
        rows.push(format!("{:?}/{} {:?} {labels:?} {row:?}", row.namespace(), row.name(), row.uid()));
    };
    let now = crate::fleet::Timestamp::NEVER;
    let mut decoder = PackedDecoder::<R>::default();
    decoder.page(form, page, now, &mut |head| heads.push(head.clone()), &mut row).unwrap();
    (heads, rows)
}

/// Fails unless rows of both forms are the same. The encoder refuses fields that the schema has not.
fn same<R: Packed>(api_version: &str, kind: &str, items: Value, unread: &[&str]) {
    let count = items.as_array().unwrap().len();
    let metadata = json!({"resourceVersion": "9", "continue": "more", "remainingItemCount": 4});
    let list = json!({"metadata": metadata, "items": items});
    let page = test_encoder::answer(api_version, kind, &list, unread);
    let (heads, rows) = read::<R>(Form::Protobuf, &page);
    assert_eq!(heads, [PageHead { revision: "9".into(), next: "more".into(), remaining: Some(4) }]);
    assert_eq!(rows.len(), count);
    assert_eq!(rows, read::<R>(Form::Json, list.to_string().as_bytes()).1);
    assert_eq!(PageHead::peek(Form::Protobuf, &page[..page.len().min(90)]), heads.into_iter().next());
}

fn metadata(name: &str) -> Value {
    json!({
        "name": name, "namespace": "web", "uid": "6f97e097-2454-473c-b7e3-dbfa445c7b74", "resourceVersion": "1344",
        "generation": 2, "creationTimestamp": "2026-11-21T10:00:00Z", "deletionTimestamp": "2026-11-21T11:00:00Z",
        "deletionGracePeriodSeconds": 30, "finalizers": ["a/b"],
        "labels": {"app.kubernetes.io/name": "api", "app.kubernetes.io/version": "1.8", "pod-template-hash": "58bc"},
        "annotations": {"karpenter.sh/do-not-disrupt": "true", "deployment.kubernetes.io/revision": "7"},
        "ownerReferences": [{"kind": "Other", "name": "x", "controller": false},
            {"kind": "ReplicaSet", "name": "api-58bc", "controller": true}],
    })
}

/// A pod spec in which everything is said that a row looks at.
fn spec() -> Value {
    let security = json!({"privileged": true, "allowPrivilegeEscalation": false, "runAsNonRoot": true, "runAsUser": 0,
        "procMount": "Unmasked", "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
        "seccompProfile": {"type": "Unconfined"}});
    let resources = json!({"limits": {"memory": "256Mi", "nvidia.com/gpu": "1"},
        "requests": {"cpu": "100m", "memory": "128Mi", "nvidia.com/gpu": "1"}});
    let container = json!({"name": "api", "image": "example.org/api:1.8.1", "args": ["--a", "--b"], "resources": resources,
        "securityContext": security, "ports": [{"hostPort": 80}, {}],
        "env": [{"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::1:role/api"}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE",
            "value": "/token"}, {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "from-key"}}}],
        "envFrom": [{"secretRef": {"name": "from-all"}}]});
    let mut sidecar = container.clone();
    sidecar["name"] = json!("proxy");
    sidecar["restartPolicy"] = json!("Always");
    let expression = json!({"key": "k", "operator": "In", "values": ["a", "b"]});
    let selector = json!({"matchLabels": {"app": "api"}, "matchExpressions": [expression]});
    let term = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": selector, "namespaces": ["web"],
        "namespaceSelector": {}});
    let near = json!({"requiredDuringSchedulingIgnoredDuringExecution": [term],
        "preferredDuringSchedulingIgnoredDuringExecution": [{"podAffinityTerm": term}]});
    json!({
        "nodeName": "ip-10-1-11-40.ec2.internal", "serviceAccountName": "api", "priorityClassName": "high",
        "priority": -10, "schedulerName": "default-scheduler", "hostNetwork": true, "hostPID": true, "hostIPC": true,
        "securityContext": {"runAsUser": 0, "runAsNonRoot": false, "seccompProfile": {"type": "RuntimeDefault"}},
        "imagePullSecrets": [{"name": "pull"}], "nodeSelector": {"environment": "prod"},
        "containers": [container], "initContainers": [sidecar], "ephemeralContainers": [{"name": "debug", "image": "busybox"}],
        "overhead": {"cpu": "10m", "memory": "1Mi"}, "resources": resources,
        "readinessGates": [{"conditionType": "gate"}], "schedulingGates": [{"name": "gate"}],
        "tolerations": [{"key": "spot", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}, {"operator": "Exists"}],
        "topologySpreadConstraints": [{"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": selector, "minDomains": 3, "nodeAffinityPolicy": "Ignore", "nodeTaintsPolicy": "Honor",
            "matchLabelKeys": ["pod-template-hash"]}],
        "affinity": {"podAffinity": near, "podAntiAffinity": near, "nodeAffinity":
            {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [expression], "matchFields": [expression]}, {}]}}},
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-0"}}, {"name": "scratch", "ephemeral": {}},
            {"name": "host", "hostPath": {}}, {"name": "old", "nfs": {}}, {"name": "older", "vsphereVolume": {}},
            {"name": "secret", "secret": {"secretName": "mounted"}}, {"name": "tokens", "projected": {"sources": [
                {"secret": {"name": "projected"}}, {"serviceAccountToken": {"audience": "sts.amazonaws.com"}}]}}],
    })
}

fn status() -> Value {
    let ended = json!({"terminated": {"exitCode": 137, "signal": 9, "reason": "OOMKilled", "message": "m",
        "finishedAt": "2026-11-21T10:30:00Z"}});
    let container = json!({"name": "api", "ready": false, "started": true, "restartCount": 3, "lastState": ended,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}});
    let running = json!({"name": "proxy", "ready": true, "started": true, "restartCount": 0, "lastState": {},
        "state": {"running": {"startedAt": "2026-11-21T10:00:05Z"}}});
    json!({
        "phase": "Running", "reason": "Evicted", "message": "low on memory", "nominatedNodeName": "node-2",
        "podIP": "10.1.12.25", "podIPs": [{"ip": "10.1.12.25"}, {"ip": "fd00::1"}], "qosClass": "Burstable",
        "startTime": "2026-11-21T10:00:01Z", "containerStatuses": [container], "initContainerStatuses": [running],
        "ephemeralContainerStatuses": [running],
        "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "x",
            "lastTransitionTime": "2026-11-21T10:00:10Z"}, {"type": "PodScheduled", "status": "True"}],
    })
}

#[test]
fn pods_are_the_same_rows_in_both_forms() {
    let bound = json!({"metadata": metadata("bound"), "spec": spec(), "status": status()});
    let mut waiting = bound.clone();
    waiting["metadata"] = json!({"name": "waiting", "namespace": "web", "creationTimestamp": null});
    waiting["spec"].as_object_mut().unwrap().remove("nodeName");
    waiting["status"] = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "0/3 nodes are available", "lastTransitionTime": "2026-11-21T10:00:10Z"}]});
    let mut ended = bound.clone();
    ended["metadata"] = json!({"name": "ended", "namespace": "web"});
    ended["status"] = json!({"phase": "Succeeded", "containerStatuses": [{"name": "api", "ready": false, "restartCount": 0,
        "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}, "lastState": {}}]});
    same::<Pod>("v1", "PodList", json!([bound, waiting, ended, {}]), &[]);
}

#[test]
fn what_makes_pods_is_the_same_in_both_forms() {
    let template = json!({"metadata": {"labels": {"app": "api"}}, "spec": spec()});
    let selector = json!({"matchLabels": {"app": "api"}, "matchExpressions": [
        {"key": "tier", "operator": "In", "values": ["a", "b"]}, {"key": "canary", "operator": "DoesNotExist"}]});
    let conditions = json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "m",
        "lastTransitionTime": "2026-11-21T10:00:10Z"}]);
    let sets = json!([
        {"metadata": metadata("set"), "spec": {"replicas": 0, "selector": selector, "template": template},
            "status": {"replicas": 3, "observedGeneration": 2, "readyReplicas": 1, "availableReplicas": 1, "conditions": conditions}},
        {"metadata": {"name": "plain"}, "spec": {"replicas": 2, "selector": {}}, "status": {"replicas": 0}},
    ]);
    same::<Workload>("apps/v1", "ReplicaSetList", sets, &[]);
    let jobs = json!([
        {"metadata": metadata("job"), "spec": {"parallelism": 2, "completions": 5, "backoffLimit": 0, "suspend": false,
            "selector": selector, "template": template}, "status": {"active": 1, "succeeded": 2, "failed": 3,
            "startTime": "2026-11-21T10:00:10Z", "completionTime": "2026-11-21T10:10:10Z", "conditions": conditions}},
        {"metadata": {"name": "held"}, "spec": {"parallelism": 0, "suspend": true}, "status": {}},
    ]);
    same::<Workload>("batch/v1", "JobList", jobs, &[]);
}

#[test]
fn events_and_endpoint_slices_are_the_same_in_both_forms() {
    let about =
        json!({"kind": "Pod", "name": "api-0", "namespace": "web", "fieldPath": "spec.containers{api}"});
    let events = json!([
        {"metadata": metadata("old"), "count": 14, "eventTime": null, "firstTimestamp": "2026-11-21T12:36:37Z",
            "lastTimestamp": "2026-11-21T12:50:00Z", "involvedObject": about, "message": "Back-off", "reason": "BackOff",
            "source": {"component": "kubelet", "host": "ip-10-0-11-21"}, "type": "Warning", "reportingComponent": ""},
        {"metadata": metadata("new"), "eventTime": "2026-11-21T12:36:35.776063Z", "firstTimestamp": null,
            "lastTimestamp": null, "involvedObject": about, "message": "assigned", "reason": "Scheduled", "source": {},
            "reportingComponent": "default-scheduler", "type": "Normal",
            "series": {"count": 7, "lastObservedTime": "2026-11-21T12:40:00.000000Z"}},
    ]);
    same::<Event>("v1", "EventList", events, &[]);
    let mut slice = metadata("slice");
    slice["labels"]["kubernetes.io/service-name"] = json!("api");
    let slices = json!([
        {"metadata": slice, "endpoints": [{"conditions": {"ready": true}}, {"conditions": {"ready": false}}, {},
            {"conditions": {"ready": false, "terminating": true}}], "ports": [{"name": "http", "port": 8080}, {"name": ""}]},
        {"metadata": metadata("empty")},
    ]);
    same::<EndpointSlice>("discovery.k8s.io/v1", "EndpointSliceList", slices, &[]);
}

#[test]
fn an_empty_list_is_a_list_and_one_without_a_head_is_none() {
    let read = |list: &Value| {
        let page = test_encoder::answer("v1", "PodList", list, &[]);
        let now = crate::fleet::Timestamp::NEVER;
        PackedDecoder::<Pod>::default().page(Form::Protobuf, &page, now, &mut |_| {}, &mut |_| {})
    };
    assert!(read(&json!({"metadata": {"resourceVersion": "9"}})).is_ok());
    assert!(read(&json!({})).is_err());
}

fn pods(names: &[&str], metadata: &Value) -> Value {
    let pod = |name: &&str| json!({"metadata": {"name": name, "namespace": "web", "resourceVersion": "1"}});
    json!({"metadata": metadata, "items": names.iter().map(pod).collect::<Vec<_>>()})
}

fn packed(list: &Value) -> Reply {
    fake::answer(200, MEDIA, test_encoder::answer("v1", "PodList", list, &[]))
}

fn names(picture: &ClusterSnapshot) -> Vec<String> {
    let Some(table) = picture.table::<Pod>(&PODS) else { return Vec::new() };
    let mut names: Vec<_> = table.iter().map(|(_, pod)| pod.name().to_owned()).collect();
    names.sort();
    names
}

/// A server of two pages of pods, which answers lists with what `reply` makes of them, until the table is live.
async fn listed(reply: impl Fn(&Seen, &Value) -> Reply + Send + 'static) -> Vec<Seen> {
    let world = World::with(&[]);
    let mut watches = Vec::new();
    world.answer_first(move |seen| {
        let list = match seen.param("continue") {
            _ if seen.path != "/api/v1/pods" => return None,
            _ if seen.is_watch() => {
                let (sender, reply) = fake::stream();
                watches.push(sender);
                return Some(reply);
            }
            None => pods(
                &["a", "b"],
                &json!({"resourceVersion": "5", "continue": "two", "remainingItemCount": 1}),
            ),
            Some(_) => pods(&["c"], &json!({"resourceVersion": "5"})),
        };
        Some(reply(seen, &list))
    });
    let mut rig = Rig::new(&world);
    rig.want(&[PODS]);
    rig.until("live with all pods", |picture| {
        picture.freshness(&PODS) == Freshness::Live && names(picture) == ["a", "b", "c"]
    })
    .await;
    rig.fake.seen().into_iter().filter(|seen| seen.path == "/api/v1/pods").collect()
}

fn accepted(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.headers["accept"].to_str().unwrap()).collect()
}

const EITHER: &str = "application/vnd.kubernetes.protobuf, application/json";

#[tokio::test]
async fn pods_are_listed_in_protobuf_page_by_page_and_watched_as_json() {
    let seen = listed(|_, list| packed(list)).await;
    assert_eq!(accepted(&seen), [EITHER, EITHER, "application/json"]);
    assert!(seen[2].is_watch() && seen[2].param("resourceVersion") == Some("5"));
}

#[tokio::test]
async fn a_server_that_answers_json_is_understood_whatever_it_was_asked_for() {
    let seen = listed(|_, list| fake::json(list.clone())).await;
    assert_eq!(accepted(&seen), [EITHER, EITHER, "application/json"]);
}

#[tokio::test]
async fn protobuf_that_makes_no_sense_is_asked_for_again_as_json() {
    let seen = listed(|seen, list| match seen.headers["accept"].as_bytes() {
        b"application/json" => fake::json(list.clone()),
        _ if seen.param("continue").is_none() => packed(list),
        _ => fake::answer(200, MEDIA, &b"k8s\0nonsense"[..]),
    })
    .await;
    assert_eq!(accepted(&seen), [EITHER, EITHER, "application/json", "application/json"]);
    assert_eq!((seen[2].param("continue"), seen[2].is_watch()), (Some("two"), false));
}
