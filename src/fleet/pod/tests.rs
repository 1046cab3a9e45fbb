//! Pods as API servers send them, whole and broken.

mod memory;
mod placement;
mod printed;
mod verdicts;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::fleet::Verdict;

/// The moment at which the verdicts are asked for.
fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T13:00:00Z")
}

fn pack(pod: &Value) -> Pod {
    pack_with(pod, &mut PodShared::default())
}

fn pack_with(pod: &Value, shared: &mut PodShared) -> Pod {
    let json = pod.to_string();
    let wire: PodWire<'_> = serde_json::from_str(&json).unwrap();
    Pod::pack(wire, shared)
}

/// A pod of Deployment `production/api` that runs and is ready, as the kubelet and the API server leave it.
fn running() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "api-58bc9599dd-j9zqr", "generateName": "api-58bc9599dd-", "namespace": "production",
            "uid": "6f97e097-2454-473c-b7e3-dbfa445c7b74", "resourceVersion": "1344", "generation": 1,
            "creationTimestamp": "2026-11-21T10:00:00Z",
            "labels": {"app.kubernetes.io/name": "api", "app.kubernetes.io/version": "1.8.1",
                "pod-template-hash": "58bc9599dd", "topology.kubernetes.io/zone": "us-east-1a"},
            "ownerReferences": [{"apiVersion": "apps/v1", "blockOwnerDeletion": true, "controller": true,
                "kind": "ReplicaSet", "name": "api-58bc9599dd", "uid": "804c0586-d357-492a-b7cd-77abf058e2c0"}],
            "managedFields": [{"manager": "kubelet", "fieldsV1": {"f:status": {}}}]
        },
        "spec": {
            "nodeName": "ip-10-1-11-40.ec2.internal", "serviceAccountName": "api", "restartPolicy": "Always",
            "containers": [{"name": "api", "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/myapp/api:1.8.1",
                "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}}}]
        },
        "status": {
            "phase": "Running", "podIP": "10.1.12.25", "podIPs": [{"ip": "10.1.12.25"}], "qosClass": "Burstable",
            "startTime": "2026-11-21T10:00:01Z",
            "conditions": [
                {"type": "PodReadyToStartContainers", "status": "True", "lastProbeTime": null},
                {"type": "Initialized", "status": "True"},
                {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-21T10:00:10Z"},
                {"type": "ContainersReady", "status": "True"},
                {"type": "PodScheduled", "status": "True"}],
            "containerStatuses": [{"name": "api", "ready": true, "started": true, "restartCount": 0, "lastState": {},
                "state": {"running": {"startedAt": "2026-11-21T10:00:05Z"}}, "image": "x", "imageID": "y"}]
        }
    })
}

/// Puts values at JSON pointers.
fn with<const N: usize>(mut pod: Value, changes: [(&str, Value); N]) -> Value {
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = pod.pointer_mut(parent).unwrap();
        match parent {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
            other => other[key] = value,
        }
    }
    pod
}

const CONTAINER: &str = "/status/containerStatuses/0";

/// The same pod with its only container in another state, and not ready.
fn container(state: Value, restarts: u32, last_state: Value) -> Value {
    with(
        running(),
        [
            (
                CONTAINER,
                json!({"name": "api", "ready": false, "restartCount": restarts, "state": state, "lastState": last_state}),
            ),
            ("/status/conditions/2/status", json!("False")),
            ("/status/conditions/2/lastTransitionTime", json!("2026-11-21T12:54:00Z")),
            ("/status/conditions/3/status", json!("False")),
        ],
    )
}

/// The same pod before a node was found for it.
fn pending() -> Value {
    let mut pod = with(
        running(),
        [
            ("/status", json!({"phase": "Pending", "qosClass": "Burstable"})),
            ("/metadata/creationTimestamp", json!("2026-11-21T12:55:00Z")),
        ],
    );
    pod["spec"].as_object_mut().unwrap().remove("nodeName");
    pod
}

#[test]
fn a_running_pod_is_read() {
    let pod = pack(&running());
    assert_eq!((pod.namespace(), pod.name()), (Some("production"), "api-58bc9599dd-j9zqr"));
    assert_eq!((pod.status(), pod.ready(), pod.restarts()), ("Running", (1, 1), 0));
    assert_eq!(pod.node(), Some("ip-10-1-11-40.ec2.internal"));
    assert_eq!(pod.ip().map(|ip| ip.to_string()).as_deref(), Some("10.1.12.25"));
    assert_eq!((pod.phase(), pod.qos()), (Phase::Running, Qos::Burstable));
    assert_eq!(pod.service_account(), "api");
    assert_eq!(pod.requests(), Resources { cpu: 100, memory: 128 << 20 });
    assert_eq!(pod.limits(), Resources { cpu: 0, memory: 256 << 20 });
    assert!(pod.conditions().has(Conditions::READY) && pod.conditions().has(Conditions::SCHEDULED));
    assert!(!pod.conditions().has(Conditions::DISRUPTION_TARGET));
    assert_eq!(
        pod.labels().find(|(key, _)| *key == "app.kubernetes.io/version"),
        Some(("app.kubernetes.io/version", "1.8.1"))
    );
    assert!(pod.unusual.is_none(), "an ordinary pod takes no extra room");
    assert_eq!(pod.standing(), Standing::Ok);
    assert_eq!(pod.judge(now()), (Verdict::Ok, "".into()));
}

#[test]
fn the_deployment_is_named_only_where_the_template_hash_proves_it() {
    let name = |pod: &Value| {
        let pod = pack(pod);
        pod.workload().map(|owner| format!("{}/{}", owner.kind, owner.name))
    };
    assert_eq!(name(&running()).as_deref(), Some("Deployment/api"));
    let mut bare = running();
    bare["metadata"]["labels"].as_object_mut().unwrap().remove("pod-template-hash");
    assert_eq!(name(&bare).as_deref(), Some("ReplicaSet/api-58bc9599dd"));
    let other = with(running(), [("/metadata/labels/pod-template-hash", json!("other"))]);
    assert_eq!(name(&other).as_deref(), Some("ReplicaSet/api-58bc9599dd"));
    assert_eq!(name(&with(running(), [("/metadata/ownerReferences", json!(null))])), None);
}

#[test]
fn the_controlling_owner_wins_over_the_others() {
    let owners =
        json!([{"kind": "Argo", "name": "x"}, {"kind": "Job", "name": "report-1", "controller": true}]);
    let pod = pack(&with(running(), [("/metadata/ownerReferences", owners)]));
    assert_eq!(pod.owner().map(|owner| &*owner.kind), Some("Job"));
}

#[test]
fn requests_are_what_the_scheduler_reckons_with() {
    let resources =
        |cpu: &str, memory: &str| json!({"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": cpu}});
    let spec = json!({
        "initContainers": [
            {"name": "big", "resources": resources("1", "64Mi")},
            {"name": "mesh", "restartPolicy": "Always", "resources": resources("100m", "32Mi")},
            {"name": "late", "resources": resources("950m", "16Mi")}],
        "containers": [{"name": "a", "resources": resources("200m", "128Mi")}, {"name": "b", "resources": resources("300m", "128Mi")}],
        "overhead": {"cpu": "10m", "memory": "1Mi"}
    });
    let pod = pack(&json!({"metadata": {"name": "x"}, "spec": spec}));
    // The last init container runs beside the sidecar: 950m + 100m is more than the main ones with it.
    assert_eq!(pod.requests(), Resources { cpu: 1060, memory: (128 + 128 + 32 + 1) << 20 });
    // Nothing limits memory, so the overhead does not either.
    assert_eq!(pod.limits(), Resources { cpu: 1060, memory: 0 });
    let pod_level = with(running(), [("/spec/resources", json!({"requests": {"cpu": "2"}}))]);
    assert_eq!(pack(&pod_level).requests(), Resources { cpu: 2000, memory: 128 << 20 });
}

#[test]
fn pods_of_one_owner_share_their_template() {
    let mut shared = PodShared::default();
    let first = pack_with(&running(), &mut shared);
    let second =
        pack_with(&with(running(), [("/metadata/name", json!("api-58bc9599dd-other"))]), &mut shared);
    let newer = pack_with(&with(running(), [("/spec/containers/0/image", json!("api:2"))]), &mut shared);
    assert!(Arc::ptr_eq(&first.template, &second.template));
    assert!(!Arc::ptr_eq(&first.template, &newer.template));
}

#[test]
fn labels_that_repeat_the_name_do_not_keep_pods_from_sharing() {
    let mut shared = PodShared::default();
    let mut member = |ordinal: u32, index: &str| {
        let name = format!("cache-{ordinal}");
        let labels = json!({"app": "cache", "apps.kubernetes.io/pod-index": index, "statefulset.kubernetes.io/pod-name": name});
        pack_with(
            &with(running(), [("/metadata/name", json!(name)), ("/metadata/labels", labels)]),
            &mut shared,
        )
    };
    let (first, second, odd) = (member(0, "0"), member(1, "1"), member(2, "7"));
    assert!(Arc::ptr_eq(&first.template, &second.template));
    let labels = |pod: &Pod| {
        let mut labels: Vec<String> = pod.labels().map(|(key, value)| format!("{key}={value}")).collect();
        labels.sort();
        labels.join(" ")
    };
    assert_eq!(
        labels(&second),
        "app=cache apps.kubernetes.io/pod-index=1 statefulset.kubernetes.io/pod-name=cache-1"
    );
    assert_eq!(
        labels(&odd),
        "app=cache apps.kubernetes.io/pod-index=7 statefulset.kubernetes.io/pod-name=cache-2"
    );
}

#[test]
fn the_containers_come_with_what_they_are_doing() {
    let pod = with(
        container(json!({"waiting": {"reason": "CrashLoopBackOff"}}), 3, json!({})),
        [
            (
                "/spec/initContainers",
                json!([{"name": "migrate", "image": "m"}, {"name": "mesh", "image": "s", "restartPolicy": "Always"}]),
            ),
            ("/spec/ephemeralContainers", json!([{"name": "debug", "image": "busybox"}])),
        ],
    );
    let pod = pack(&pod);
    let containers: Vec<(&str, ContainerRole, bool)> = pod
        .containers()
        .map(|(container, status)| (&*container.name, container.role, status.is_some()))
        .collect();
    assert_eq!(
        containers,
        [
            ("migrate", ContainerRole::Init, false),
            ("mesh", ContainerRole::Sidecar, false),
            ("api", ContainerRole::Main, true),
            ("debug", ContainerRole::Ephemeral, false),
        ]
    );
}

#[test]
fn an_update_that_shows_nothing_new_is_the_same() {
    let pod = pack(&running());
    let newer = with(
        running(),
        [
            ("/metadata/resourceVersion", json!("2000")),
            ("/metadata/managedFields", json!([])),
            ("/status/conditions/0/lastProbeTime", json!("2026-11-21T12:00:00Z")),
        ],
    );
    assert!(pod.same_as(&pack(&newer)));
    for change in [
        with(running(), [("/metadata/labels/app.kubernetes.io~1version", json!("2"))]),
        with(running(), [("/status/phase", json!("Failed"))]),
        with(running(), [("/status/podIPs/0/ip", json!("10.1.12.26"))]),
        container(json!({"running": {}}), 1, json!({})),
    ] {
        // `with` takes keys as they are; the first change therefore adds a label, which is a change too.
        assert!(!pod.same_as(&pack(&change)));
    }
}

#[test]
fn totals_join_by_namespace_node_and_workload_and_return_to_nothing() {
    let pull =
        json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image: not found"}});
    let mut shared = PodShared::default();
    let pods: Vec<Pod> = [
        running(),
        container(pull.clone(), 0, json!({})),
        with(container(pull, 0, json!({})), [("/metadata/name", json!("api-58bc9599dd-second"))]),
        pending(),
        with(running(), [("/status/phase", json!("Succeeded")), ("/metadata/namespace", json!("jobs"))]),
    ]
    .iter()
    .map(|pod| pack_with(pod, &mut shared))
    .collect();
    let mut tally = PodTally::default();
    for pod in &pods {
        pod.add_to(&mut tally);
    }
    assert_eq!(tally.total(), PodCounts { pods: 5, ok: 2, failing: 2 });
    assert_eq!(tally.namespace("production"), PodCounts { pods: 4, ok: 1, failing: 2 });
    assert_eq!(tally.namespace("nowhere"), PodCounts::default());
    let node = tally.node("ip-10-1-11-40.ec2.internal");
    assert_eq!((node.pods, node.requests), (3, Resources { cpu: 300, memory: 384 << 20 }));
    assert_eq!(
        tally.trouble("production", "Deployment", "api"),
        [("api: ImagePullBackOff, tag 1.8.1 not found", 2)]
    );
    assert!(tally.trouble("production", "Deployment", "web").is_empty());
    for pod in &pods {
        pod.take_from(&mut tally);
    }
    assert_eq!(tally, PodTally::default());
}

#[test]
fn what_is_missing_or_null_is_no_reason_to_fail() {
    for pod in [
        json!({}),
        json!({"metadata": null, "spec": null, "status": null}),
        json!({"metadata": {"name": "x", "labels": null, "ownerReferences": null, "creationTimestamp": null}}),
        json!({"spec": {"containers": null, "initContainers": null}, "status": {"conditions": null, "containerStatuses": null}}),
        json!({"spec": {"containers": [null, 7, {"name": null}]}, "status": {"containerStatuses": [null, {"state": null, "lastState": null}]}}),
        json!({"metadata": "no", "spec": [], "status": 7}),
        json!({"status": {"phase": 3, "podIPs": "x", "containerStatuses": [{"restartCount": "many", "ready": "yes"}]}}),
    ] {
        let pod = pack(&pod);
        let _ = (pod.judge(now()), pod.standing(), pod.labels().count(), pod.containers().count());
        pod.add_to(&mut PodTally::default());
    }
}

#[test]
fn absurd_sizes_are_cut_and_control_characters_kept_for_the_screen_to_escape() {
    let long = "x".repeat(1 << 20);
    let pod = with(
        container(json!({"waiting": {"reason": "Odd\u{1b}[31m", "message": long}}), u32::MAX, json!({})),
        [("/metadata/name", json!("evil\u{202e}\n\u{7}"))],
    );
    let pod = pack(&pod);
    assert_eq!(pod.name(), "evil\u{202e}\n\u{7}");
    assert_eq!(pod.status(), "Odd\u{1b}[31m");
    assert!(pod.judge(now()).1.len() < 1000);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("2026-11-21T12:00:00Z")),
        Just(json!("True")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// All places of a pod, as JSON pointers.
fn places(value: &Value, prefix: &str, into: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let place = format!("{prefix}/{key}");
        places(child, &place, into);
        into.push(place);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pod_with_anything_anywhere_is_still_a_row(at in any::<prop::sample::Index>(), value in any_json(), healthy in any::<bool>()) {
        let ended = json!({"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-11-21T12:00:00Z"}});
        let mut pod = if healthy { running() } else { container(json!({"waiting": {"reason": "X", "message": "y"}}), 2, ended) };
        let mut all = Vec::new();
        places(&pod, "", &mut all);
        *pod.pointer_mut(&all[at.index(all.len())]).unwrap() = value;
        let pod = pack(&pod);
        let mut tally = PodTally::default();
        pod.add_to(&mut tally);
        let _ = (pod.judge(now()), pod.status().len(), pod.labels().count());
        pod.take_from(&mut tally);
        prop_assert_eq!(tally, PodTally::default());
        prop_assert!(pod.same_as(&pod));
    }
}
